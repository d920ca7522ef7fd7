/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What each column means to a model: the coefficients of linear models, the splits of trees. */
#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <ml/saved.h>

#include "inspect.h"

/* ---- where models keep it -------------------------------------------------------------------- */

typedef enum weight_shape {
  BY_ROW,    /* "coef" is a row, or rows, of a number for each column; the intercept is last */
  BY_COLUMN, /* "coef" has a row for each column */
  BY_SPLIT,  /* "columns" are those that nodes split by; below 0: a leaf */
  BY_GAIN    /* the JSON of XGBoost */
} weight_shape;

static const struct {
  const char *model;
  weight_shape shape;
} shapes[] = {{"ols", BY_ROW},
              {"ridge", BY_ROW},
              {"lasso", BY_ROW},
              {"elastic_net", BY_ROW},
              {"logistic", BY_ROW},
              {"linear_svc", BY_COLUMN},
              {"linear_svr", BY_COLUMN},
              {"xgboost", BY_GAIN},
              {"decision_tree", BY_SPLIT},
              {"random_forest", BY_SPLIT}};

static size_t n_columns(const ml_pipeline *pipeline) {
  size_t n = 0;
  while (ml_pipeline_column(pipeline, n)) n++;
  return n;
}

/* ---- reading it ------------------------------------------------------------------------------ */

/* Of several coefficients that of the greatest size stands for a column. */
static void take_coefficient(inspect_weight *item, double value, size_t row) {
  if (row > 0 && !(fabs(value) > fabs(item->value))) return;
  item->value = value;
  item->row = row;
}

static void take_coefficients(const ml_value *coef, weight_shape shape, inspect_weights *out) {
  if (!coef || (coef->type != ML_TYPE_VECTOR && coef->type != ML_TYPE_MATRIX) ||
      coef->dtype != ML_DTYPE_F64)
    return;
  const double *x = coef->as.a.data;
  const bool is_row = coef->type == ML_TYPE_VECTOR;
  const size_t n_rows = is_row ? 1 : coef->as.a.n_rows;
  const size_t n_cols = is_row ? coef->as.a.n_rows : coef->as.a.n_cols;
  out->n_rows = shape == BY_ROW ? n_rows : n_cols;
  if ((shape == BY_ROW ? n_cols : n_rows) < out->n || out->n_rows == 0) return;
  out->kind = INSPECT_COEFFICIENTS;
  for (size_t j = 0; j < out->n; j++)
    for (size_t r = 0; r < out->n_rows; r++)
      take_coefficient(&out->items[j], shape == BY_ROW ? x[r * n_cols + j] : x[j * n_cols + r], r);
}

static void take_splits(const ml_value *columns, inspect_weights *out) {
  if (!columns || columns->type != ML_TYPE_VECTOR || columns->dtype != ML_DTYPE_I64) return;
  const int64_t *column = columns->as.a.data;
  out->kind = INSPECT_SPLITS;
  for (size_t i = 0; i < columns->as.a.n_rows; i++)
    if (column[i] >= 0 && (size_t)column[i] < out->n) out->items[column[i]].value++;
}

static ml_status take_gains(const ml_value *learnt, inspect_weights *out, ml_error *err) {
  static const ml_saved_range any = {-DBL_MAX, DBL_MAX};
  ml_loader root = ml_loader_begin(learnt, err);
  ml_loader booster = ml_loader_within(&root, "booster");
  ml_loader learner = ml_loader_within(&booster, "learner");
  ml_loader boosted = ml_loader_within(&learner, "gradient_booster");
  ml_loader model = ml_loader_within(&boosted, "model");
  const size_t n_trees = ml_loader_length(&model, "trees");
  out->kind = INSPECT_GAINS;
  for (size_t t = 0; t < n_trees && model.status == ML_OK; t++) {
    ml_loader tree = ml_loader_nth(&model, "trees", t);
    const size_t n = ml_loader_length(&tree, "left_children");
    const int64_t *left = ml_loader_ints(&tree, "left_children", n, INT64_MIN, INT64_MAX);
    const int64_t *column = ml_loader_ints(&tree, "split_indices", n, INT64_MIN, INT64_MAX);
    const double *gain = ml_loader_reals(&tree, "loss_changes", n, any);
    for (size_t i = 0; gain && i < n; i++)
      if (left[i] >= 0 && column[i] >= 0 && (size_t)column[i] < out->n)
        out->items[column[i]].value += gain[i];
  }
  return ml_loader_end(&root);
}

/* ---- making it comparable -------------------------------------------------------------------- */

/* Into shares of the whole. */
static void share_out(inspect_weights *out) {
  double sum = 0;
  for (size_t j = 0; j < out->n; j++) sum += out->items[j].value;
  for (size_t j = 0; j < out->n && sum > 0; j++) out->items[j].value /= sum;
}

static void scale(const ml_pipeline *pipeline, inspect_weights *out) {
  const ml_value *spread = ml_value_find(ml_pipeline_about(pipeline), "spread");
  for (size_t j = 0; j < out->n; j++) {
    double sd = NAN;
    if (spread && spread->type == ML_TYPE_LIST && j < spread->as.l.n)
      (void)ml_value_as_real(&spread->as.l.values[j], &sd);
    out->items[j].scaled = out->items[j].value * sd;
  }
}

static double size_of(const inspect_weight *w) {
  return fabs(isnan(w->scaled) ? w->value : w->scaled);
}

/* By size, and then as the columns stand. */
static int by_size(const void *a, const void *b) {
  const inspect_weight *x = a, *y = b;
  const double p = size_of(x), q = size_of(y);
  if (p != q) return p > q ? -1 : 1;
  return (x->place > y->place) - (x->place < y->place);
}

/* Which classes the coefficients are of. Of two there is one row: ours is of the second one, that
 * of liblinear of its first. */
static ml_status name_classes(const ml_pipeline *pipeline, weight_shape shape,
                              const ml_value *learnt, inspect_weights *out, ml_error *err) {
  size_t n;
  const char *const *classes = ml_pipeline_classes(pipeline, &n);
  const ml_value *list = ml_value_find(learnt, shape == BY_ROW ? "classes" : "labels");
  if (n == 0 || !list || list->type != ML_TYPE_VECTOR || list->dtype != ML_DTYPE_I64) return ML_OK;
  const int64_t *codes = list->as.a.data;
  const size_t n_codes = list->as.a.n_rows, first = n_codes == 2 && shape == BY_ROW;
  if (n_codes != out->n_rows && !(n_codes == 2 && out->n_rows == 1)) return ML_OK;
  out->classes = calloc(n_codes + 1, sizeof *out->classes);
  if (!out->classes) return ml_error_memory(err);
  for (size_t r = 0; r < out->n_rows; r++)
    out->classes[r] = classes[(size_t)codes[out->n_rows == 1 ? first : r] % n];
  return ML_OK;
}

static ml_status take(const ml_pipeline *pipeline, weight_shape shape, const ml_value *learnt,
                      inspect_weights *out, ml_error *err) {
  ml_status status = ML_OK;
  for (size_t j = 0; j < out->n; j++)
    out->items[j] =
        (inspect_weight){.column = ml_pipeline_column(pipeline, j), .place = j, .scaled = NAN};
  if (shape == BY_SPLIT)
    take_splits(ml_value_find(learnt, "columns"), out);
  else if (shape == BY_GAIN)
    status = take_gains(learnt, out, err);
  else
    take_coefficients(ml_value_find(learnt, "coef"), shape, out);
  if (out->kind == INSPECT_COEFFICIENTS) {
    scale(pipeline, out);
    status = name_classes(pipeline, shape, learnt, out, err);
  } else {
    share_out(out);
  }
  return status;
}

static ml_status weigh(const ml_pipeline *pipeline, weight_shape shape, inspect_weights *out,
                       ml_error *err) {
  ml_arena *arena = ml_arena_new();
  ml_value learnt;
  out->n = n_columns(pipeline);
  out->items = calloc(out->n + 1, sizeof *out->items);
  ml_status status = arena && out->items ? ML_OK : ml_error_memory(err);
  if (status == ML_OK) status = ml_pipeline_learnt(pipeline, arena, &learnt, err);
  if (status == ML_OK) status = take(pipeline, shape, &learnt, out, err);
  if (status == ML_OK) qsort(out->items, out->n, sizeof *out->items, by_size);
  ml_arena_free(arena);
  return status;
}

ml_status inspect__weigh(const ml_pipeline *pipeline, inspect_weights *out, ml_error *err) {
  const char *name = ml_pipeline_model(pipeline)->name;
  for (size_t i = 0; i < sizeof shapes / sizeof *shapes; i++)
    if (strcmp(shapes[i].model, name) == 0) return weigh(pipeline, shapes[i].shape, out, err);
  return ML_OK;
}

const char *inspect__kind_name(inspect_kind kind) {
  static const char *const names[] = {NULL, "coefficients", "splits", "gains"};
  return names[kind];
}

void inspect__release(inspect_weights *weights) {
  free(weights->items);
  free((void *)weights->classes);
}
