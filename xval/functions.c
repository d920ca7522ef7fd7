/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The module xval: which rows are trained on and which are tested, by schemes without chance. */
#include <math.h>

#include <ml/functions.h>
#include <ml/xval.h>

/* Rows [first, end). */
typedef struct range {
  size_t first, end;
} range;

typedef struct fold {
  range train[2], test; /* the second range of train follows the first */
} fold;

typedef struct request {
  size_t n, k, reps;
  double pc;
} request;

typedef struct scheme {
  size_t (*n_folds)(const request *r);
  fold (*fold)(const request *r, size_t i);
  bool by_share; /* takes "pc" and not "k" */
} scheme;

/* Where chunk f begins. */
static size_t bound(const request *r, size_t f) {
  return f * r->n / r->k;
}

static size_t one_a_chunk(const request *r) {
  return r->k;
}

static size_t one_a_neighbour(const request *r) {
  return r->k - 1;
}

static size_t just_one(const request *r) {
  (void)r;
  return 1;
}

static fold kf_split(const request *r, size_t i) {
  size_t f = r->k - 1 - i;
  return (fold){{{bound(r, f + 1), r->n}, {0, bound(r, f)}}, {bound(r, f), bound(r, f + 1)}};
}

static fold ts_rolls(const request *r, size_t i) {
  return (fold){{{bound(r, i), bound(r, i + 1)}}, {bound(r, i + 1), bound(r, i + 2)}};
}

static fold ts_chain(const request *r, size_t i) {
  return (fold){{{0, bound(r, i + 1)}}, {bound(r, i + 1), bound(r, i + 2)}};
}

static fold pc_split(const request *r, size_t i) {
  (void)i;
  size_t m = (size_t)floor((double)r->n * (1 - r->pc));
  return (fold){{{0, m}}, {m, r->n}};
}

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
  if ((double)r->reps * (double)s->n_folds(r) * (double)r->n > (double)ROWS_MAX)
    return ml_error_set(err, ML_ERR_USAGE, "more than %lld row numbers in all",
                        (long long)ROWS_MAX);
  return ML_OK;
}

/* ---- results --------------------------------------------------------------------------------- */

static int64_t *put_range(int64_t *to, range rows) {
  for (size_t i = rows.first; i < rows.end; i++) *to++ = (int64_t)i;
  return to;
}

static size_t length(range rows) {
  return rows.end - rows.first;
}

static bool put_fold(ml_arena *arena, const fold *f, ml_value *out) {
  ml_value *pair = ml_value_new_list(arena, 2, out);
  size_t n_train = length(f->train[0]) + length(f->train[1]);
  int64_t *train = pair ? ml_value_new_vector(arena, ML_DTYPE_I64, n_train, &pair[0]) : NULL;
  if (!train) return false;
  put_range(put_range(train, f->train[0]), f->train[1]);
  int64_t *test = ml_value_new_vector(arena, ML_DTYPE_I64, length(f->test), &pair[1]);
  if (test) put_range(test, f->test);
  return test != NULL;
}

static ml_status split(ml_call *call, const ml_value *x, ml_value *out, ml_error *err) {
  const scheme *s = call->ctx;
  request r;
  ml_status status = read_request(x, s, &r, err);
  if (status != ML_OK) return status;
  size_t n_folds = s->n_folds(&r);
  ml_value *folds = ml_value_new_list(call->arena, r.reps * n_folds, out);
  for (size_t i = 0; folds && i < r.reps * n_folds; i++) {
    fold f = s->fold(&r, i % n_folds);
    if (!put_fold(call->arena, &f, &folds[i])) return ml_error_memory(err);
  }
  return folds ? ML_OK : ml_error_memory(err);
}

const ml_module *ml_xval_module(void) {
  static scheme kf = {one_a_chunk, kf_split, false}, rolls = {one_a_neighbour, ts_rolls, false},
                chain = {one_a_neighbour, ts_chain, false}, share = {just_one, pc_split, true};
  static const ml_function functions[] = {
      {"kfSplit", "k folds of n rows in order, the last tested first", split, &kf, NULL},
      {"tsRolls", "train on each of k chunks, test the one behind it", split, &rolls, NULL},
      {"tsChain", "train on all chunks up to one, test the one behind it", split, &chain, NULL},
      {"pcSplit", "train on the first rows, test the last share of them", split, &share, NULL}};
  static const ml_module module = {.abi = ML_MODULE_ABI,
                                   .name = "xval",
                                   .version = ML_VERSION,
                                   .functions = functions,
                                   .n_functions = sizeof functions / sizeof *functions};
  return &module;
}
