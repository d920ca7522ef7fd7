/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Predictions: the steps are done, and the model is asked. Nothing of the pipeline changes, so that
 * several threads may use it. */
#include <assert.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <ml/csv_internal.h>

#include "pipeline.h"

/* ---- are these the features? ------------------------------------------------------------------
 */

static ml_status check_type(const ml_pipeline *p, const ml_dataset *data, size_t j, ml_error *err) {
  const bool is_text = data->categories && data->categories[j].n > 0;
  if (is_text == p->are_texts[j]) return ML_OK;
  /* A column without any value has no text either. */
  const double *x = data->x + j * data->n_rows;
  size_t n = 0;
  while (!is_text && n < data->n_rows && isnan(x[n])) n++;
  if (!is_text && n == data->n_rows) return ML_OK;
  return ml_error_at(err, ML_ERR_USAGE, data->source, 0, 0,
                     "feature '%.100s' has %s, but the model has learnt from %s", p->names[j],
                     is_text ? "texts" : "numbers", is_text ? "numbers" : "texts");
}

ml_status pipeline__check_features(const ml_pipeline *p, const ml_dataset *data, ml_error *err) {
  ml_status status = ML_OK;
  if (data->n_features != p->n_features)
    return ml_error_at(err, ML_ERR_USAGE, data->source, 0, 0,
                       "%zu features, but the model has learnt from %zu", data->n_features,
                       p->n_features);
  for (size_t j = 0; j < p->n_features && status == ML_OK; j++) {
    if (data->names && strcmp(data->names[j], p->names[j]) != 0)
      return ml_error_at(err, ML_ERR_USAGE, data->source, 0, 0,
                         "feature %zu is '%.100s', but the model has learnt from '%.100s'", j + 1,
                         data->names[j], p->names[j]);
    status = check_type(p, data, j, err);
  }
  return status;
}

/* ---- are there values that the model does not take? -------------------------------------------
 */

static ml_status fail_value(const ml_pipeline *p, const ml_dataset *data, size_t row, size_t column,
                            double value, ml_error *err) {
  char shown[CSV_QUOTE_MAX], where[CSV_QUOTE_MAX + 24];
  const char *name = p->prepared ? ml_prepared_name(p->prepared, column) : p->names[column];
  if (data->ids)
    snprintf(where, sizeof where, "id \"%s\"",
             csv__quote(data->ids[row], strlen(data->ids[row]), shown));
  else
    snprintf(where, sizeof where, "row %zu", row + 1);
  return ml_error_at(err, ML_ERR_PARSE, data->source, 0, 0,
                     "feature '%.100s' is %s for %s, which model %s does not take: it was trained "
                     "without a step that replaces such values",
                     name, isnan(value) ? "missing" : "infinite", where, p->model->name);
}

static ml_status check_values(const ml_pipeline *p, const ml_dataset *data, const ml_view *view,
                              ml_error *err) {
  const bool takes_missing = p->model->traits & ML_MODEL_MISSING;
  for (size_t j = 0; j < view->n_columns; j++) {
    const double *x = view->x + j * view->stride;
    for (size_t i = 0; i < view->n; i++)
      if (!isfinite(x[i]) && !(takes_missing && isnan(x[i])))
        return fail_value(p, data, i, j, x[i], err);
  }
  return ML_OK;
}

/* ---- the whole --------------------------------------------------------------------------------
 */

static ml_status apply_steps(const ml_pipeline *p, const ml_dataset *data, ml_view *view,
                             double **x, ml_error *err) {
  size_t size;
  if (!p->prepared) return ML_OK;
  view->n_columns = ml_prepared_n_columns(p->prepared);
  if (__builtin_mul_overflow(view->n, view->n_columns, &size) ||
      __builtin_mul_overflow(size, sizeof **x, &size))
    return ml_error_memory(err);
  if (!(*x = malloc(size + 1))) return ml_error_memory(err);
  view->x = *x;
  return ml_prepared_apply(p->prepared, data, NULL, view->n, *x, view->n, err);
}

ml_status ml_pipeline_predict(const ml_pipeline *pipeline, const ml_dataset *data, double *out,
                              ml_error *err) {
  assert(pipeline && data && (out || data->n_rows == 0));
  const ml_pipeline *p = pipeline;
  double *x = NULL;
  ml_view view = {.n = data->n_rows,
                  .n_columns = data->n_features,
                  .x = data->x,
                  .stride = data->n_rows,
                  .n_classes = p->n_classes};
  ml_status status = pipeline__check_features(p, data, err);
  if (status == ML_OK && data->n_rows > UINT32_MAX)
    status = ml_error_at(err, ML_ERR_USAGE, data->source, 0, 0, "too many rows");
  if (status == ML_OK && data->n_rows > 0) {
    status = apply_steps(p, data, &view, &x, err);
    if (status == ML_OK) status = check_values(p, data, &view, err);
    if (status == ML_OK) status = p->model->predict(p->fitted, &view, out, err);
  }
  free(x);
  return status;
}
