/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What each column means to a model: how much it counts, and its coefficient. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "inspect.h"

/* ---- coefficients ---------------------------------------------------------------------------- */

typedef enum coef_shape {
  BY_ROW,   /* "coef" is a row, or rows, of a number for each column; the intercept is last */
  BY_COLUMN /* "coef" has a row for each column */
} coef_shape;

/* Linear models, as they save what they have learnt. */
static const struct {
  const char *model;
  coef_shape shape;
} linear[] = {{"ols", BY_ROW},          {"ridge", BY_ROW},    {"lasso", BY_ROW},
              {"elastic_net", BY_ROW},  {"logistic", BY_ROW}, {"linear_svc", BY_COLUMN},
              {"linear_svr", BY_COLUMN}};

/* Of several coefficients that of the greatest size stands for a column. */
static void take_coefficient(inspect_column *item, double value, size_t row) {
  if (row > 0 && !(fabs(value) > fabs(item->coefficient))) return;
  item->coefficient = value;
  item->row = row;
}

static void take_coefficients(const ml_value *coef, coef_shape shape, inspect_columns *out) {
  if (!coef || (coef->type != ML_TYPE_VECTOR && coef->type != ML_TYPE_MATRIX) ||
      coef->dtype != ML_DTYPE_F64)
    return;
  const double *x = coef->as.a.data;
  const bool is_row = coef->type == ML_TYPE_VECTOR;
  const size_t n_rows = is_row ? 1 : coef->as.a.n_rows;
  const size_t n_cols = is_row ? coef->as.a.n_rows : coef->as.a.n_cols;
  const size_t n_of_column = shape == BY_ROW ? n_rows : n_cols;
  if ((shape == BY_ROW ? n_cols : n_rows) < out->n || n_of_column == 0) return;
  out->n_rows = n_of_column;
  for (size_t j = 0; j < out->n; j++)
    for (size_t r = 0; r < out->n_rows; r++)
      take_coefficient(&out->items[j], shape == BY_ROW ? x[r * n_cols + j] : x[j * n_cols + r], r);
}

/* Which classes the coefficients are of. Of two there is one row: ours is of the second one, that
 * of liblinear of its first. */
static ml_status name_classes(const ml_pipeline *pipeline, coef_shape shape, const ml_value *learnt,
                              inspect_columns *out, ml_error *err) {
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

static ml_status find_coefficients(const ml_pipeline *pipeline, inspect_columns *out,
                                   ml_error *err) {
  const char *name = ml_pipeline_model(pipeline)->name;
  size_t i = 0;
  while (i < sizeof linear / sizeof *linear && strcmp(linear[i].model, name) != 0) i++;
  if (i == sizeof linear / sizeof *linear) return ML_OK;
  ml_value learnt;
  ml_arena *arena = ml_arena_new();
  ml_status status =
      arena ? ml_pipeline_learnt(pipeline, arena, &learnt, err) : ml_error_memory(err);
  if (status == ML_OK) take_coefficients(ml_value_find(&learnt, "coef"), linear[i].shape, out);
  if (status == ML_OK && out->n_rows > 0)
    status = name_classes(pipeline, linear[i].shape, &learnt, out, err);
  ml_arena_free(arena);
  return status;
}

/* ---- all of it ------------------------------------------------------------------------------- */

/* By importance, and then as the columns stand. */
static int by_importance(const void *a, const void *b) {
  const inspect_column *x = a, *y = b;
  if (x->importance != y->importance) return x->importance > y->importance ? -1 : 1;
  return (x->place > y->place) - (x->place < y->place);
}

ml_status inspect__columns(const ml_pipeline *pipeline, inspect_columns *out, ml_error *err) {
  const double *importance = ml_pipeline_importance(pipeline, &out->n);
  if (!importance) return ML_OK;
  out->is = ml_pipeline_importance_is(pipeline);
  out->items = calloc(out->n + 1, sizeof *out->items);
  if (!out->items) return ml_error_memory(err);
  for (size_t j = 0; j < out->n; j++)
    out->items[j] = (inspect_column){
        .name = ml_pipeline_column(pipeline, j), .importance = importance[j], .place = j};
  ml_status status = find_coefficients(pipeline, out, err);
  if (status == ML_OK) qsort(out->items, out->n, sizeof *out->items, by_importance);
  return status;
}

void inspect__release(inspect_columns *columns) {
  free(columns->items);
  free((void *)columns->classes);
}
