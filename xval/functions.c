/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The module xval: which rows are trained on and which are tested, by schemes without chance. */
#include <stdio.h>
#include <stdlib.h>

#include <ml/functions.h>
#include <ml/number.h>
#include <ml/xval.h>

#include "xval_internal.h"

typedef struct request {
  size_t n, k, reps;
  double pc;
} request;

typedef struct scheme {
  const char *name;
  bool by_share; /* takes "pc" and not "k"; then k is 1 */
  size_t fewer;  /* folds than k */
} scheme;

/* ---- requests -------------------------------------------------------------------------------- */

/* Row numbers stay below this, and so do all that one call gives. */
#define ROWS_MAX ((int64_t)1 << 28)

static ml_status read_count(const ml_value *x, const char *name, int64_t low, int64_t high,
                            size_t *out, ml_error *err) {
  const ml_value *v = ml_value_find(x, name);
  int64_t i;
  if (!v) return ml_error_set(err, ML_ERR_USAGE, "'%s' is missing", name);
  if (!ml_value_as_int(v, &i) || i < low || i > high)
    return ml_error_set(err, ML_ERR_USAGE, "'%s' must be an integer from %lld to %lld", name,
                        (long long)low, (long long)high);
  *out = (size_t)i;
  return ML_OK;
}

static ml_status read_share(const ml_value *x, request *r, ml_error *err) {
  const ml_value *v = ml_value_find(x, "pc");
  if (!v) return ml_error_set(err, ML_ERR_USAGE, "'pc' is missing");
  if (!ml_value_as_real(v, &r->pc) || !(r->pc > 0 && r->pc < 1))
    return ml_error_set(err, ML_ERR_USAGE, "'pc' must be between 0 and 1");
  if ((double)r->n * (1 - r->pc) < 1)
    return ml_error_set(err, ML_ERR_USAGE, "no row of %zu is left to train on", r->n);
  return ML_OK;
}

static ml_status check_names(const ml_value *x, const scheme *s, ml_error *err) {
  const char *const known[] = {"n", s->by_share ? "pc" : "k", "reps"};
  size_t n_known = 0;
  if (x->type != ML_TYPE_DICT)
    return ml_error_set(err, ML_ERR_USAGE, "expected a dictionary such as {\"n\":10,%s}",
                        s->by_share ? "\"pc\":0.2" : "\"k\":3");
  for (size_t i = 0; i < sizeof known / sizeof *known; i++)
    n_known += ml_value_find(x, known[i]) != NULL;
  if (n_known == x->as.l.n) return ML_OK;
  return ml_error_set(err, ML_ERR_USAGE, "takes 'n', '%s' and 'reps' only", known[1]);
}

static ml_status read_request(const ml_value *x, const scheme *s, request *r, ml_error *err) {
  *r = (request){.reps = 1, .k = 1};
  ml_status status = check_names(x, s, err);
  if (status == ML_OK) status = read_count(x, "n", 2, ROWS_MAX, &r->n, err);
  if (status == ML_OK && s->by_share) status = read_share(x, r, err);
  if (status == ML_OK && !s->by_share) status = read_count(x, "k", 2, (int64_t)r->n, &r->k, err);
  if (status == ML_OK && ml_value_find(x, "reps"))
    status = read_count(x, "reps", 1, ROWS_MAX, &r->reps, err);
  if (status != ML_OK) return status;
  if ((double)r->reps * (double)(r->k - s->fewer) * (double)r->n > (double)ROWS_MAX)
    return ml_error_set(err, ML_ERR_USAGE, "more than %lld row numbers in all",
                        (long long)ROWS_MAX);
  return ML_OK;
}

/* The scheme as ml_split() reads it. */
static void put_scheme(const scheme *s, const request *r, char *text, size_t size) {
  char number[ML_NUMBER_MAX];
  ml_number_format(s->by_share ? r->pc : (double)r->k, number);
  snprintf(text, size, "%s:%s", s->name, number);
}

/* ---- results --------------------------------------------------------------------------------- */

static bool put_rows(ml_arena *arena, const uint32_t *rows, size_t n, ml_value *out) {
  int64_t *to = ml_value_new_vector(arena, ML_DTYPE_I64, n, out);
  for (size_t i = 0; to && i < n; i++) to[i] = rows[i];
  return to != NULL;
}

/* @param scratch  room for all rows */
static bool put_fold(ml_arena *arena, const ml_folds *folds, size_t i, uint32_t *scratch,
                     ml_value *out) {
  ml_value *pair = ml_value_new_list(arena, 2, out);
  size_t n_test;
  const uint32_t *test = ml_folds_test(folds, i, &n_test);
  ml_folds_train(folds, i, scratch);
  return pair && put_rows(arena, scratch, ml_folds_n_train(folds, i), &pair[0]) &&
         put_rows(arena, test, n_test, &pair[1]);
}

/* Repeats are the same folds again. */
static ml_status put_folds(ml_arena *arena, const ml_folds *folds, const request *r, ml_value *out,
                           ml_error *err) {
  uint32_t *scratch = malloc(r->n * sizeof *scratch);
  ml_value *list = scratch ? ml_value_new_list(arena, r->reps * folds->n, out) : NULL;
  bool ok = list != NULL;
  for (size_t i = 0; ok && i < r->reps * folds->n; i++)
    ok = put_fold(arena, folds, i % folds->n, scratch, &list[i]);
  free(scratch);
  return ok ? ML_OK : ml_error_memory(err);
}

static ml_status split(ml_call *call, const ml_value *x, ml_value *out, ml_error *err) {
  const scheme *s = call->ctx;
  request r;
  ml_folds *folds = NULL;
  char text[64];
  ml_status status = read_request(x, s, &r, err);
  if (status != ML_OK) return status;
  put_scheme(s, &r, text, sizeof text);
  status = ml_split(text, &(ml_dataset){.n_rows = r.n}, NULL, 0, NULL, &folds, err);
  if (status == ML_OK) status = put_folds(call->arena, folds, &r, out, err);
  ml_folds_free(folds);
  return status;
}

const ml_module *ml_xval_module(void) {
  static scheme kf = {"kfSplit", false, 0}, rolls = {"tsRolls", false, 1},
                chain = {"tsChain", false, 1}, share = {"pcSplit", true, 0};
  static const ml_function functions[] = {
      {"kfSplit", "k folds of n rows in order, the last tested first", split, &kf, NULL},
      {"tsRolls", "train on each of k chunks, test the one behind it", split, &rolls, NULL},
      {"tsChain", "train on all chunks up to one, test the one behind it", split, &chain, NULL},
      {"pcSplit", "train on the first rows, test the last share of them", split, &share, NULL}};
  static const ml_module module = {.abi = ML_MODULE_ABI,
                                   .name = "xval",
                                   .version = ML_VERSION,
                                   .tasks = xval__tasks,
                                   .n_tasks = XVAL_N_TASKS,
                                   .functions = functions,
                                   .n_functions = sizeof functions / sizeof *functions};
  return &module;
}
