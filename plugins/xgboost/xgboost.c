/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Gradient-boosted trees by XGBoost's C library. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <xgboost/c_api.h>

#include <ml/exec.h>
#include <ml/model.h>
#include <ml/number.h>

#include "booster_json.h"
#include "held.h"
#include "params.h"

/* A booster that has learnt. */
typedef struct boosted {
  BoosterHandle booster;
  size_t n_classes; /* 0: regression */
  size_t n_rounds;  /* that predict */
  size_t patience;  /* 0: all rounds do */
  double *losses;   /* n_losses: of the rows held out, after each round; NULL without patience */
  size_t n_losses;
} boosted;

/* "[time] file:line: Check failed: condition: words.", and perhaps a stack trace behind them. */
static ml_status fail(ml_error *err) {
  static const char *const before[] = {"] ", "Check failed: ", ": "};
  const char *line = XGBGetLastError();
  line += strspn(line, "\n ");
  size_t n = strcspn(line, "\n");
  for (size_t i = 0; i < sizeof before / sizeof *before; i++) {
    const char *at = strstr(line, before[i]);
    if (!at || at >= line + n) break;
    at += strlen(before[i]);
    n -= (size_t)(at - line);
    line = at;
  }
  while (n > 0 && (line[n - 1] == '.' || line[n - 1] == ' ')) n--;
  return ml_error_set(err, ML_ERR_NUMERIC, "xgboost: %.*s", n < 300 ? (int)n : 300, line);
}

/* XGBoost prints what it thinks of parameters: libraries do not. */
static void be_quiet(const char *words) {
  (void)words;
}

/* ---- data ------------------------------------------------------------------------------------ */

/* Row-major floats: XGBoost works with those. */
static float *gather(const ml_view *view) {
  if (view->n > SIZE_MAX / sizeof(float) / (view->n_columns ? view->n_columns : 1)) return NULL;
  float *x = malloc(view->n * view->n_columns * sizeof *x + 1);
  if (!x) return NULL;
  enum { BLOCK = 256 }; /* rows whose destination stays in the cache */
  for (size_t from = 0; from < view->n; from += BLOCK) {
    size_t to = from + BLOCK < view->n ? from + BLOCK : view->n;
    for (size_t j = 0; j < view->n_columns; j++) {
      const double *column = view->x + j * view->stride;
      for (size_t i = from; i < to; i++)
        x[i * view->n_columns + j] = (float)column[ml_view_row(view, i)];
    }
  }
  return x;
}

static ml_status make_matrix(const ml_view *view, DMatrixHandle *out, ml_error *err) {
  float *x = gather(view);
  if (!x) return ml_error_memory(err);
  int failed = XGDMatrixCreateFromMat_omp(x, view->n, view->n_columns, NAN, out, 1);
  free(x);
  return failed ? fail(err) : ML_OK;
}

/* Labels and weights of the rows that are trained on. */
static ml_status label_matrix(const ml_view *view, DMatrixHandle matrix, ml_error *err) {
  float *values = malloc(view->n * sizeof *values + 1);
  if (!values) return ml_error_memory(err);
  for (size_t i = 0; i < view->n; i++) {
    size_t row = ml_view_row(view, i);
    values[i] = view->n_classes ? (float)view->classes[row] : (float)view->y[row];
  }
  int failed = XGDMatrixSetFloatInfo(matrix, "label", values, view->n);
  if (!failed && view->weights) {
    for (size_t i = 0; i < view->n; i++) values[i] = (float)view->weights[ml_view_row(view, i)];
    failed = XGDMatrixSetFloatInfo(matrix, "weight", values, view->n);
  }
  free(values);
  return failed ? fail(err) : ML_OK;
}

/* ---- training -------------------------------------------------------------------------------- */

static bool set(BoosterHandle booster, const char *name, const char *value) {
  return XGBoosterSetParam(booster, name, value) == 0;
}

static bool set_number(BoosterHandle booster, const char *name, double value) {
  char text[32];
  snprintf(text, sizeof text, "%.17g", value);
  return set(booster, name, text);
}

static ml_status set_up(BoosterHandle booster, const double *values, size_t n_classes,
                        uint64_t seed, ml_error *err) {
  bool ok = set(booster, "verbosity", "0") && set(booster, "nthread", "1") &&
            set_number(booster, "seed", (double)(seed % INT32_MAX)) &&
            set(booster, "objective", booster_objective(n_classes));
  if (ok && n_classes > 2) ok = set_number(booster, "num_class", (double)n_classes);
  for (size_t i = N_ROUNDS + 1; i < PATIENCE && ok; i++) {
    ml_buf text = {0};
    ml_model_param_format(&xgboost__params[i], values[i], &text);
    ml_buf_put(&text, "", 1);
    ok = !text.failed && set(booster, xgboost__params[i].name, text.data);
    ml_buf_release(&text);
  }
  return ok ? ML_OK : fail(err);
}

/* ---- when to stop -----------------------------------------------------------------------------
 */

/* Rows that boost, and those held out, also as XGBoost has them; the latter may be NULL. */
typedef struct parts {
  held_parts of;
  DMatrixHandle matrices[2];
} parts;

static void release_parts(parts *p) {
  for (size_t i = 0; i < 2; i++)
    if (p->matrices[i]) XGDMatrixFree(p->matrices[i]);
  held__release(&p->of);
}

static ml_status make_parts(const double *values, const ml_view *train, uint64_t seed, parts *p,
                            ml_error *err) {
  p->of.boost = *train;
  ml_status status =
      values[PATIENCE] > 0 ? held__draw(train, values[SHARE], seed, &p->of, err) : ML_OK;
  const ml_view *const views[] = {&p->of.boost, &p->of.held};
  for (size_t i = 0; i < (values[PATIENCE] > 0 ? 2 : 1) && status == ML_OK; i++) {
    status = make_matrix(views[i], &p->matrices[i], err);
    if (status == ML_OK) status = label_matrix(views[i], p->matrices[i], err);
  }
  return status;
}

/* How many of the first `most` rounds predict: those up to the best before patience ends. */
static size_t rounds_of(const boosted *b, size_t most) {
  size_t best = 0;
  if (b->patience == 0) return most;
  for (size_t i = 1; i < most && i < b->n_losses && i - best <= b->patience; i++)
    if (b->losses[i] < b->losses[best] || isnan(b->losses[best])) best = i;
  return best + 1;
}

/* The loss that belongs to the objective, from "[12]\theld-logloss:0.5". */
static ml_status add_loss(boosted *b, DMatrixHandle held, ml_error *err) {
  const char *text, *name = "held";
  double loss = NAN;
  if (XGBoosterEvalOneIter(b->booster, (int)b->n_losses, &held, &name, 1, &text) != 0)
    return fail(err);
  const char *colon = strrchr(text, ':');
  if (colon && !ml_number_parse(colon + 1, text + strlen(text), &loss)) loss = NAN;
  b->losses[b->n_losses++] = loss;
  return ML_OK;
}

/* ---- rounds -----------------------------------------------------------------------------------
 */

static ml_status boost(const double *values, size_t n_rounds, const parts *p, uint64_t seed,
                       const void *cancel, boosted *b, ml_error *err) {
  const DMatrixHandle held = p->matrices[1];
  if (XGBoosterCreate(p->matrices, held ? 2 : 1, &b->booster) != 0) return fail(err);
  ml_status status = set_up(b->booster, values, b->n_classes, seed, err);
  for (size_t i = 0; i < n_rounds && status == ML_OK; i++) {
    if (ml_item_cancelled(cancel)) return ml_error_set(err, ML_ERR_CANCELLED, "interrupted");
    if (XGBoosterUpdateOneIter(b->booster, (int)i, p->matrices[0]) != 0) return fail(err);
    if (!held) continue;
    status = add_loss(b, held, err);
    if (i + 1 >= rounds_of(b, n_rounds) + b->patience) break;
  }
  return status;
}

static void free_boosted(void *fitted) {
  boosted *b = fitted;
  if (!b) return;
  if (b->booster) XGBoosterFree(b->booster);
  free(b->losses);
  free(b);
}

static ml_status learn(const double *values, size_t n_rounds, const ml_view *train, uint64_t seed,
                       const void *cancel, boosted **out, ml_error *err) {
  parts p = {0};
  boosted *b = calloc(1, sizeof *b);
  if (!b) return ml_error_memory(err);
  b->n_classes = train->n_classes;
  b->patience = (size_t)values[PATIENCE];
  XGBRegisterLogCallback(be_quiet);
  ml_status status = ML_OK;
  if (b->patience > 0 && !(b->losses = calloc(n_rounds + 1, sizeof *b->losses)))
    status = ml_error_memory(err);
  if (status == ML_OK) status = make_parts(values, train, seed, &p, err);
  if (status == ML_OK) status = boost(values, n_rounds, &p, seed, cancel, b, err);
  release_parts(&p);
  b->n_rounds = rounds_of(b, n_rounds);
  if (status == ML_OK)
    *out = b;
  else
    free_boosted(b);
  return status;
}

static ml_status fit(const double *values, const ml_view *train, uint64_t seed, const void *cancel,
                     void **fitted, ml_error *err) {
  boosted *b;
  ml_status status = learn(values, (size_t)values[N_ROUNDS], train, seed, cancel, &b, err);
  if (status == ML_OK) *fitted = b;
  return status;
}

/* ---- predictions ----------------------------------------------------------------------------- */

/* Of the first n_rounds rounds. */
static ml_status predict_rounds(const boosted *b, size_t n_rounds, DMatrixHandle matrix, size_t n,
                                double *out, ml_error *err) {
  char config[160];
  const bst_ulong *shape;
  bst_ulong n_dims, n_values = 1;
  const float *result;
  snprintf(config, sizeof config,
           "{\"type\": 0, \"training\": false, \"iteration_begin\": 0, \"iteration_end\": %zu, "
           "\"strict_shape\": true}",
           n_rounds);
  if (XGBoosterPredictFromDMatrix(b->booster, matrix, config, &shape, &n_dims, &result) != 0)
    return fail(err);
  for (bst_ulong i = 0; i < n_dims; i++) n_values *= shape[i];
  if (n_values != n * (b->n_classes > 2 ? b->n_classes : 1))
    return ml_error_set(err, ML_ERR_NUMERIC, "xgboost: %llu predictions for %zu rows",
                        (unsigned long long)n_values, n);
  for (size_t i = 0; i < n_values; i++) {
    double p = (double)result[i];
    if (b->n_classes != 2) {
      out[i] = p;
      continue;
    }
    out[2 * i] = 1 - p;
    out[2 * i + 1] = p;
  }
  return ML_OK;
}

static ml_status predict(const void *fitted, const ml_view *rows, double *out, ml_error *err) {
  const boosted *b = fitted;
  DMatrixHandle matrix = NULL;
  ml_status status = make_matrix(rows, &matrix, err);
  if (status == ML_OK) status = predict_rounds(b, b->n_rounds, matrix, rows->n, out, err);
  if (matrix) XGDMatrixFree(matrix);
  return status;
}

/* ---- importance -------------------------------------------------------------------------------
 */

/* "f12" is column 12; columns that no split has are left out. */
static ml_status add_gains(BoosterHandle booster, size_t n_columns, double *out, ml_error *err) {
  bst_ulong n, n_dims;
  const char **names;
  const bst_ulong *shape;
  const float *gains;
  double sum = 0;
  if (XGBoosterFeatureScore(booster, "{\"importance_type\": \"total_gain\"}", &n, &names, &n_dims,
                            &shape, &gains) != 0)
    return fail(err);
  for (bst_ulong i = 0; i < n; i++) {
    char *end;
    unsigned long column = strtoul(names[i] + 1, &end, 10);
    if (names[i][0] != 'f' || *end || column >= n_columns)
      return ml_error_set(err, ML_ERR_NUMERIC, "xgboost: a feature '%.40s' of %zu", names[i],
                          n_columns);
    out[column] = fmax((double)gains[i], 0);
    sum += out[column];
  }
  for (size_t j = 0; j < n_columns && sum > 0; j++) out[j] /= sum;
  return ML_OK;
}

static ml_status importance(const void *fitted, const ml_view *train, double *out, ml_error *err) {
  const boosted *b = fitted;
  BoosterHandle best; /* without the rounds behind the best one */
  memset(out, 0, train->n_columns * sizeof *out);
  if (XGBoosterSlice(b->booster, 0, (int)b->n_rounds, 1, &best) != 0) return fail(err);
  ml_status status = add_gains(best, train->n_columns, out, err);
  XGBoosterFree(best);
  return status;
}

/* ---- files ------------------------------------------------------------------------------------
 */

static ml_status save(const void *fitted, ml_arena *arena, ml_value *out, ml_error *err) {
  const boosted *b = fitted;
  ml_saver saver = ml_saver_begin(arena, err);
  BoosterHandle best; /* without the rounds behind the best one */
  ml_value json;
  bst_ulong n;
  const char *text;
  ml_error why = {0};
  if (XGBoosterSlice(b->booster, 0, (int)b->n_rounds, 1, &best) != 0) return fail(err);
  ml_status status = ML_OK;
  if (XGBoosterSaveModelToBuffer(best, "{\"format\":\"json\"}", &n, &text) != 0)
    status = fail(err);
  else
    status = ml_value_from_json(text, n, "xgboost", arena, &json, &why);
  XGBoosterFree(best);
  if (why.status == ML_ERR_PARSE) /* it writes NaN as such */
    return ml_error_set(err, ML_ERR_NUMERIC, "xgboost has learnt what is no number: %s",
                        why.message);
  if (status != ML_OK) return why.status ? ml_error_memory(err) : status;
  if (b->patience > 0) ml_saver_put(&saver, "n_rounds", ml_value_int((int64_t)b->n_rounds));
  ml_saver_put(&saver, "booster", json);
  return ml_saver_end(&saver, out);
}

static ml_status load_booster(const ml_buf *json, boosted *b, ml_error *err) {
  XGBRegisterLogCallback(be_quiet);
  if (XGBoosterCreate(NULL, 0, &b->booster) != 0 || !set(b->booster, "verbosity", "0") ||
      !set(b->booster, "nthread", "1") ||
      XGBoosterLoadModelFromBuffer(b->booster, json->data, json->n) != 0) {
    fail(err);
    if (err) err->status = ML_ERR_PARSE;
    return ML_ERR_PARSE;
  }
  return ML_OK;
}

static ml_status load(const double *values, const ml_value *saved, size_t n_columns,
                      size_t n_classes, void **fitted, ml_error *err) {
  booster_shape shape = {(size_t)values[N_ROUNDS], n_columns, n_classes};
  ml_buf json = {0};
  ml_loader loader = ml_loader_begin(saved, err);
  if (values[PATIENCE] > 0)
    shape.n_rounds = (size_t)ml_loader_int(&loader, "n_rounds", 1, (int64_t)shape.n_rounds);
  booster_rewrite(&loader, &shape, &json);
  ml_status status = ml_loader_end(&loader);
  boosted *b = status == ML_OK ? calloc(1, sizeof *b) : NULL;
  if (status == ML_OK && !b) status = ml_error_memory(err);
  if (status == ML_OK) {
    b->n_classes = n_classes;
    b->n_rounds = shape.n_rounds;
    b->patience = (size_t)values[PATIENCE];
    status = load_booster(&json, b, err);
  }
  ml_buf_release(&json);
  if (status == ML_OK)
    *fitted = b;
  else
    free_boosted(b);
  return status;
}

/* ---- one fold ---------------------------------------------------------------------------------
 */

/* The rounds of a candidate are the first of those of any with more, also where it stops early:
 * what it sees of the losses are their first. */
static size_t most_rounds(const ml_cv *cv, const size_t *candidates, size_t n) {
  double most = 0;
  for (size_t i = 0; i < n; i++)
    most = fmax(most, cv->candidates[candidates[i] * N_PARAMS + N_ROUNDS]);
  return (size_t)most;
}

static ml_status predict_each(const ml_cv *cv, const boosted *b, const ml_view *test,
                              const size_t *candidates, size_t n, ml_take *take, void *ctx,
                              ml_error *err) {
  DMatrixHandle matrix = NULL;
  double *out = calloc(test->n * (b->n_classes ? b->n_classes : 1) + 1, sizeof *out);
  ml_status status = out ? make_matrix(test, &matrix, err) : ml_error_memory(err);
  for (size_t i = 0; i < n && status == ML_OK; i++) {
    size_t rounds = rounds_of(b, (size_t)cv->candidates[candidates[i] * N_PARAMS + N_ROUNDS]);
    status = predict_rounds(b, rounds, matrix, test->n, out, err);
    if (status == ML_OK) status = take(ctx, candidates[i], out, NULL, err);
  }
  if (matrix) XGDMatrixFree(matrix);
  free(out);
  return status;
}

static ml_status fold(const ml_cv *cv, const void *shared, size_t k, const size_t *candidates,
                      size_t n, ml_take *take, void *ctx, ml_error *err) {
  (void)shared;
  boosted *b = NULL;
  ml_error why = {0};
  uint32_t *rows = malloc(ml_folds_n_train(cv->folds, k) * sizeof *rows + 1);
  if (!rows) return ml_error_memory(err);
  const ml_view train = ml_cv_train(cv, k, rows), test = ml_cv_test(cv, k);
  ml_status status =
      learn(cv->candidates + candidates[0] * N_PARAMS, most_rounds(cv, candidates, n), &train,
            ml_cv_seed(cv, k), cv->cancel, &b, &why);
  free(rows);
  if (status == ML_ERR_NUMERIC) {
    status = ML_OK;
    for (size_t i = 0; i < n && status == ML_OK; i++)
      status = take(ctx, candidates[i], NULL, &why, err);
    return status;
  }
  if (status != ML_OK) {
    if (err) *err = why;
    return status;
  }
  status = predict_each(cv, b, &test, candidates, n, take, ctx, err);
  free_boosted(b);
  return status;
}

ML_API const ml_model ml_model_table[] = {
    {.abi = ML_MODEL_ABI,
     .name = "xgboost",
     .summary = "gradient-boosted trees",
     .source = "XGBoost: Chen and Guestrin (2016), KDD",
     .traits = ML_MODEL_CLASSIFIES | ML_MODEL_REGRESSES | ML_MODEL_WEIGHTS | ML_MODEL_MISSING |
               ML_MODEL_RANDOM,
     .params = xgboost__params,
     .n_params = N_PARAMS,
     .fit = fit,
     .predict = predict,
     .free = free_boosted,
     .fold = fold,
     .save = save,
     .load = load,
     .importance_is = "share of the gain that splits of the column have had",
     .importance = importance},
    {0}};
