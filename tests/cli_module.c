/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A module for the cases of the command line: functions that behave, and functions that do not. */
#include <ml/functions.h>

#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static ml_status wants(ml_error *err, const char *what, const ml_value *x) {
  char buf[64];
  return ml_error_set(err, ML_ERR_FUNCTION, "expected %s, not a %s", what,
                      ml_value_describe(x, buf, sizeof buf));
}

static void sleep_for(double seconds) {
  struct timespec t = {(time_t)seconds, (long)((seconds - (double)(time_t)seconds) * 1e9)};
  while (nanosleep(&t, &t) != 0) continue;
}

/* Five evenly spaced numbers from 0 to x. */
static ml_status spread(ml_call *call, const ml_value *x, ml_value *out, ml_error *err) {
  double to;
  if (!ml_value_as_real(x, &to)) return wants(err, "a number", x);
  double *v = ml_value_new_vector(call->arena, ML_DTYPE_F64, 5, out);
  if (!v) return ml_error_memory(err);
  for (int i = 0; i < 5; i++) v[i] = to * i / 4;
  return ML_OK;
}

static ml_status same(ml_call *call, const ml_value *x, ml_value *out, ml_error *err) {
  (void)call, (void)err;
  *out = *x;
  return ML_OK;
}

static ml_status nap(ml_call *call, const ml_value *x, ml_value *out, ml_error *err) {
  (void)call;
  double seconds;
  if (!ml_value_as_real(x, &seconds)) return wants(err, "seconds", x);
  sleep_for(seconds);
  *out = *x;
  return ML_OK;
}

static ml_status item(ml_call *call, const ml_value *x, ml_value *out, ml_error *err) {
  (void)x, (void)err;
  *out = ml_value_int((int64_t)call->item);
  return ML_OK;
}

/* 3 odd numbers are refused with a trace. */
static ml_status even(ml_call *call, const ml_value *x, ml_value *out, ml_error *err) {
  int64_t i;
  if (!ml_value_as_int(x, &i)) return wants(err, "a whole number", x);
  *out = *x;
  if (i % 2 == 0) return ML_OK;
  if (call->trace) ml_buf_printf(call->trace, "at line %" PRId64 "\nin a module\n", i);
  return ml_error_set(err, ML_ERR_FUNCTION, "%" PRId64 " is odd", i);
}

/* {"signal": 11} ends the process by it; anything else is given back. */
static ml_status end(ml_call *call, const ml_value *x, ml_value *out, ml_error *err) {
  (void)call, (void)err;
  int64_t number;
  const ml_value *given = ml_value_find(x, "signal");
  *out = *x;
  if (!given || !ml_value_as_int(given, &number)) return ML_OK;
  fputs("these are my last words\n", stderr);
  signal((int)number, SIG_DFL);
  raise((int)number);
  return ML_OK;
}

static ml_status chat(ml_call *call, const ml_value *x, ml_value *out, ml_error *err) {
  (void)call, (void)err;
  puts("printed by a function");
  fflush(stdout);
  *out = *x;
  return ML_OK;
}

static ml_value kept;

static ml_status keep(ml_call *call, const ml_value *x, ml_value *out, ml_error *err) {
  (void)call, (void)out;
  int64_t i;
  if (!ml_value_as_int(x, &i)) return wants(err, "a whole number", x);
  kept = ml_value_int(i);
  return ML_OK;
}

static ml_status recall(ml_call *call, const ml_value *x, ml_value *out, ml_error *err) {
  (void)call, (void)x, (void)err;
  *out = kept;
  return ML_OK;
}

static ml_status leave(ml_call *call, const ml_value *x, ml_value *out, ml_error *err) {
  (void)call, (void)x, (void)out, (void)err;
  exit(0);
}

static ml_status mute(ml_call *call, const ml_value *x, ml_value *out, ml_error *err) {
  (void)call, (void)x, (void)out, (void)err;
  return ML_ERR_FUNCTION;
}

static const ml_function functions[] = {
    {.name = "spread", .doc = "five evenly spaced numbers from 0 to x", .call = spread},
    {.name = "same", .doc = "what it is given", .call = same},
    {.name = "nap", .doc = "sleeps for x seconds", .call = nap},
    {.name = "item", .doc = "the index of its argument", .call = item},
    {.name = "even", .doc = "refuses odd numbers", .call = even},
    {.name = "end", .doc = "ends its process by a signal", .call = end},
    {.name = "chat", .doc = "prints", .call = chat},
    {.name = "keep", .doc = "keeps a whole number", .call = keep},
    {.name = "recall", .call = recall},
    {.name = "leave", .doc = "calls exit(0)", .call = leave},
    {.name = "mute", .doc = "fails without a word", .call = mute}};

ML_API const ml_module ML_MODULE_SYMBOL = {.abi = ML_MODULE_ABI,
                                           .name = "cases",
                                           .version = "1",
                                           .functions = functions,
                                           .n_functions = sizeof functions / sizeof functions[0]};
