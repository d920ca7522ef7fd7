/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A module of functions that take their time, fail, or kill their process: for the tests of
 * futures. */
#include <signal.h>
#include <unistd.h>

#include <ml/ml.h>

static ml_status twice(ml_call *call, const ml_value *x, ml_value *out, ml_error *err) {
  (void)call;
  double d;
  if (!ml_value_as_real(x, &d)) return ml_error_set(err, ML_ERR_USAGE, "expected a number");
  *out = ml_value_real(2 * d);
  return ML_OK;
}

/* Sleep for x ms, and give it back. */
static ml_status nap(ml_call *call, const ml_value *x, ml_value *out, ml_error *err) {
  (void)call, (void)err;
  usleep((useconds_t)x->as.i * 1000);
  *out = *x;
  return ML_OK;
}

static ml_status die(ml_call *call, const ml_value *x, ml_value *out, ml_error *err) {
  (void)call, (void)out, (void)err;
  raise((int)x->as.i);
  return ML_OK;
}

static ml_status until_cancelled(ml_call *call, const ml_value *x, ml_value *out, ml_error *err) {
  (void)x, (void)out, (void)err;
  while (!ml_item_cancelled(call->cancel)) usleep(1000);
  return ML_OK;
}

static ml_status for_ever(ml_call *call, const ml_value *x, ml_value *out, ml_error *err) {
  (void)call, (void)x, (void)out, (void)err;
  while (usleep(1000) <= 0) {
  }
  return ML_OK;
}

static const ml_function functions[] = {
    {.name = "twice", .doc = "2 x", .call = twice},
    {.name = "nap", .doc = "sleep", .call = nap},
    {.name = "die", .doc = "a signal", .call = die},
    {.name = "wait", .doc = "end early", .call = until_cancelled},
    {.name = "ever", .doc = "never end", .call = for_ever}};

ML_API const ml_module ML_MODULE_SYMBOL = {.abi = ML_MODULE_ABI,
                                           .name = "calls",
                                           .version = "1",
                                           .functions = functions,
                                           .n_functions = sizeof functions / sizeof *functions};
