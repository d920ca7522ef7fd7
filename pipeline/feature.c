/* SPDX-License-Identifier: GPL-3.0-or-later */
/* How the values of a feature are distributed where it is learnt from, so that new data can be held
 * against it. */
#include <math.h>
#include <string.h>

#include <ml/stats_internal.h>

#include "pipeline.h"

size_t feature__bin(const pipeline_feature *f, double x) {
  size_t bin = 0;
  while (bin + 1 < PIPELINE_BINS && x > f->edges[bin + 1]) bin++;
  return bin;
}

/* Edge k is the least value that has k tenths of them up to it: a value of the column itself. */
static ml_status learn_numbers(ml_pipeline *p, const double *x, size_t n, double *spare,
                               pipeline_feature *f, ml_error *err) {
  size_t m = 0;
  for (size_t i = 0; i < n; i++)
    if (!isnan(x[i])) spare[m++] = x[i] == 0 ? 0 : x[i];
  f->n_missing = (int64_t)(n - m);
  f->n_bins = PIPELINE_BINS;
  int64_t *counts = pipeline__alloc(p, PIPELINE_BINS, sizeof *counts);
  double *edges = pipeline__alloc(p, PIPELINE_BINS + 1, sizeof *edges);
  if (!counts || !edges) return ml_error_memory(err);
  f->counts = counts;
  if (m == 0) return ML_OK;
  f->edges = edges;
  stats__sort(spare, m, spare + n);
  for (size_t k = 0; k <= PIPELINE_BINS; k++) {
    const size_t rank = (k * m + PIPELINE_BINS - 1) / PIPELINE_BINS;
    edges[k] = spare[rank ? rank - 1 : 0];
  }
  for (size_t i = 0; i < m; i++) counts[feature__bin(f, spare[i])]++;
  return ML_OK;
}

static ml_status learn_texts(ml_pipeline *p, const double *x, size_t n, const ml_levels *levels,
                             pipeline_feature *f, ml_error *err) {
  int64_t *counts = pipeline__alloc(p, levels->n, sizeof *counts);
  const char **labels = pipeline__alloc(p, levels->n, sizeof *labels);
  if (!counts || !labels) return ml_error_memory(err);
  f->counts = counts;
  f->labels = labels;
  f->n_bins = levels->n;
  for (size_t k = 0; k < levels->n; k++)
    if (!(labels[k] = pipeline__text(p, levels->labels[k]))) return ml_error_memory(err);
  for (size_t i = 0; i < n; i++) {
    if (isnan(x[i]))
      f->n_missing++;
    else
      counts[(size_t)x[i]]++;
  }
  return ML_OK;
}

ml_status feature__learn(ml_pipeline *p, const ml_dataset *data, size_t column, double *spare,
                         pipeline_feature *out, ml_error *err) {
  const double *x = data->x + column * data->n_rows;
  const ml_levels *levels = data->categories ? &data->categories[column] : NULL;
  out->is_text = levels && levels->n > 0;
  return out->is_text ? learn_texts(p, x, data->n_rows, levels, out, err)
                      : learn_numbers(p, x, data->n_rows, spare, out, err);
}
