/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a pipeline's file says beside what was learnt: nothing that differs when the same is done
 * again, such as times. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include <ml/series_internal.h>
#include <ml/version.h>

#include "pipeline.h"

static ml_value text_value(ml_pipeline *p, const char *text) {
  const char *copy = text ? pipeline__text(p, text) : NULL;
  return copy ? ml_value_string(copy) : ml_value_null();
}

/* Numbers that JSON has no word for are null. */
static ml_value number_value(double x) {
  return isfinite(x) ? ml_value_real(x) : ml_value_null();
}

/* A seed beyond 63 bits is no integer of ours. */
static ml_value seed_value(ml_pipeline *p, uint64_t seed) {
  char text[24];
  if (seed <= INT64_MAX) return ml_value_int((int64_t)seed);
  snprintf(text, sizeof text, "%llu", (unsigned long long)seed);
  return text_value(p, text);
}

/* ---- the training data ------------------------------------------------------------------------
 */

static ml_status make_classes(ml_pipeline *p, const ml_levels *classes, size_t n_rows,
                              ml_value *out, ml_error *err) {
  const char **names = pipeline__alloc(p, classes->n, sizeof *names);
  ml_value *counts = names ? ml_value_new_dict(p->arena, names, classes->n, out) : NULL;
  if (!counts) return ml_error_memory(err);
  for (size_t k = 0; k < classes->n; k++) {
    if (!(names[k] = pipeline__text(p, classes->labels[k]))) return ml_error_memory(err);
    counts[k] = ml_value_int(0);
  }
  for (size_t i = 0; i < n_rows; i++) counts[classes->codes[i]].as.i++;
  return ML_OK;
}

static ml_status make_values(ml_pipeline *p, const double *y, size_t n, ml_value *out,
                             ml_error *err) {
  static const char *const names[] = {"min", "mean", "max"};
  ml_value *values = ml_value_new_dict(p->arena, names, 3, out);
  double least = n ? y[0] : NAN, greatest = least, sum = 0;
  if (!values) return ml_error_memory(err);
  for (size_t i = 0; i < n; i++) {
    least = fmin(least, y[i]);
    greatest = fmax(greatest, y[i]);
    sum += y[i] / (double)n;
  }
  values[0] = number_value(least);
  values[1] = number_value(sum);
  values[2] = number_value(greatest);
  return ML_OK;
}

static ml_status make_data(ml_pipeline *p, const ml_dataset *data, const char *file, bool weighted,
                           ml_value *out, ml_error *err) {
  static const char *const names[] = {"file", "rows", "features", "weighted", "classes", "values"};
  ml_value *values = ml_value_new_dict(p->arena, names, 6, out);
  if (!values) return ml_error_memory(err);
  values[0] = text_value(p, file);
  values[1] = ml_value_int((int64_t)data->n_rows);
  values[2] = ml_value_int((int64_t)data->n_features);
  values[3] = ml_value_bool(weighted);
  return data->problem == ML_CLASSIFICATION
             ? make_classes(p, &data->classes, data->n_rows, &values[4], err)
             : make_values(p, data->y, data->n_rows, &values[5], err);
}

/* ---- cross-validation -------------------------------------------------------------------------
 */

/* @return n_candidates: none has these parameters */
static size_t find_candidate(const ml_xval_result *r, const double *params) {
  const size_t size = r->model->n_params * sizeof *params;
  size_t c = 0;
  while (c < r->n_candidates && size && memcmp(r->candidates[c].params, params, size) != 0) c++;
  return c;
}

static ml_status make_metric(ml_pipeline *p, const ml_metric *metric, const double *scores[3],
                             size_t k, ml_value *out, ml_error *err) {
  static const char *const names[] = {"name", "mean", "sd", "pooled"};
  ml_value *values = ml_value_new_dict(p->arena, names, 4, out);
  ml_buf name = {0};
  ml_metric_format(metric, &name);
  ml_buf_put(&name, "", 1);
  if (values && !name.failed) values[0] = text_value(p, name.data);
  ml_buf_release(&name);
  if (!values || values[0].type == ML_TYPE_NULL) return ml_error_memory(err);
  for (size_t i = 0; i < 3; i++) values[1 + i] = number_value(scores[i] ? scores[i][k] : NAN);
  return ML_OK;
}

static ml_status make_validation(ml_pipeline *p, const ml_xval_result *r, const double *params,
                                 ml_value *out, ml_error *err) {
  static const char *const names[] = {"cv", "seed", "folds", "repeats", "candidates", "metrics"};
  const size_t c = r ? find_candidate(r, params) : 0;
  if (!r || c == r->n_candidates) return ML_OK;
  const ml_candidate_result *best = &r->candidates[c];
  const double *scores[] = {best->mean, best->sd, best->pooled};
  ml_value *values = ml_value_new_dict(p->arena, names, 6, out), *metrics;
  if (!values) return ml_error_memory(err);
  values[0] = text_value(p, r->cv);
  values[1] = seed_value(p, r->seed);
  values[2] = ml_value_int((int64_t)r->n_folds);
  values[3] = ml_value_int((int64_t)r->n_repeats);
  values[4] = ml_value_int((int64_t)r->n_candidates);
  if (!(metrics = ml_value_new_list(p->arena, r->n_metrics, &values[5])))
    return ml_error_memory(err);
  ml_status status = ML_OK;
  for (size_t k = 0; k < r->n_metrics && status == ML_OK; k++)
    status = make_metric(p, &r->metrics[k], scores, k, &metrics[k], err);
  return status;
}

/* ---- all of it --------------------------------------------------------------------------------
 */

ml_status about__make(ml_pipeline *p, const ml_dataset *data, const ml_pipeline_opts *opts,
                      ml_error *err) {
  static const char *const names[] = {"mltool", "data", "importance", "seed", "validation"};
  ml_value *values = ml_value_new_dict(p->arena, names, 5, &p->about);
  if (!values) return ml_error_memory(err);
  values[0] = text_value(p, ml_version());
  values[3] = seed_value(p, opts->seed);
  const char *file = data->source ? data->source : opts->set ? opts->set->source : NULL;
  ml_status status =
      make_data(p, data, file, data->weights && !opts->fit_unweighted, &values[1], err);
  if (status == ML_OK) status = importance__make(p, &values[2], err);
  return status == ML_OK ? make_validation(p, opts->validation, p->params, &values[4], err)
                         : status;
}
