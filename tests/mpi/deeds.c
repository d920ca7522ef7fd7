/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A module of functions for the tests of ranks: some take their time, fail, or end their process,
 * and some tell where they are. */
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include <ml/ml.h>

/* Items differ, so that their order does not come by itself. */
static ml_status nap(ml_call *call, const ml_value *x, ml_value *out, ml_error *err) {
  (void)call, (void)err;
  usleep((useconds_t)(x->as.i * 7919 % 40) * 1000);
  *out = *x;
  return ML_OK;
}

/* The number of the item: its seed follows it. */
static ml_status seed(ml_call *call, const ml_value *x, ml_value *out, ml_error *err) {
  (void)x, (void)err;
  *out = ml_value_int((int64_t)(call->seed >> 1) ^ (int64_t)call->item);
  return ML_OK;
}

static ml_status bad(ml_call *call, const ml_value *x, ml_value *out, ml_error *err) {
  (void)call;
  if (x->as.i % 10 == 5)
    return ml_error_set(err, ML_ERR_FUNCTION, "no root of %lld", (long long)x->as.i);
  *out = *x;
  return ML_OK;
}

static ml_status die(ml_call *call, const ml_value *x, ml_value *out, ml_error *err) {
  (void)call, (void)err;
  if (x->as.i == 5) raise(SIGKILL);
  *out = *x;
  return ML_OK;
}

/* How many variables of a launcher there are. */
static ml_status launched(ml_call *call, const ml_value *x, ml_value *out, ml_error *err) {
  static const char *const starts[] = {"OMPI_", "PMIX_", "PMI_"};
  int64_t n = 0;
  (void)call, (void)x, (void)err;
  for (char **at = environ; *at; at++)
    for (size_t i = 0; i < sizeof starts / sizeof *starts; i++)
      n += strncmp(*at, starts[i], strlen(starts[i])) == 0;
  *out = ml_value_int(n);
  return ML_OK;
}

/* The process that this worker belongs to. */
static ml_status parent(ml_call *call, const ml_value *x, ml_value *out, ml_error *err) {
  (void)call, (void)x, (void)err;
  usleep(20000);
  *out = ml_value_int(getppid());
  return ML_OK;
}

static ml_status host(ml_call *call, const ml_value *x, ml_value *out, ml_error *err) {
  (void)x;
  char *name = ml_arena_alloc(call->arena, 256);
  if (!name) return ml_error_memory(err);
  usleep(20000);
  gethostname(name, 255);
  *out = ml_value_string(name);
  return ML_OK;
}

static const ml_function functions[] = {
    {.name = "nap", .doc = "sleep up to 39 ms", .call = nap},
    {.name = "seed", .doc = "of the item", .call = seed},
    {.name = "bad", .doc = "fail when x ends in 5", .call = bad},
    {.name = "die", .doc = "a signal for 5", .call = die},
    {.name = "launched", .doc = "variables of a launcher", .call = launched},
    {.name = "parent", .doc = "the process above", .call = parent},
    {.name = "host", .doc = "its name", .call = host}};

ML_API const ml_module ML_MODULE_SYMBOL = {.abi = ML_MODULE_ABI,
                                           .name = "deeds",
                                           .version = "1",
                                           .functions = functions,
                                           .n_functions = sizeof functions / sizeof *functions};
