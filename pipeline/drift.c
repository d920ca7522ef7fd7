/* SPDX-License-Identifier: GPL-3.0-or-later */
/* How far new data are from those that were learnt from: the population stability index. */
#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "pipeline.h"

/* Behind the bins of a feature: */
enum { BIN_UNSEEN, BIN_MISSING, N_MORE_BINS };

/* Where a value is; categories are matched by their labels. */
static size_t bin_of(const pipeline_feature *f, const size_t *bins, double x) {
  if (isnan(x)) return f->n_bins + BIN_MISSING;
  if (f->is_text) return bins[(size_t)x];
  return f->edges ? feature__bin(f, x) : f->n_bins + BIN_UNSEEN;
}

/* Bins of the labels of a dataset. @return NULL when memory ran out */
static size_t *match_labels(const pipeline_feature *f, const ml_levels *levels) {
  const size_t n = levels ? levels->n : 0;
  size_t *bins = calloc(n + 1, sizeof *bins);
  for (size_t k = 0; bins && k < n; k++) {
    size_t j = 0;
    while (j < f->n_bins && strcmp(f->labels[j], levels->labels[k]) != 0) j++;
    bins[k] = j < f->n_bins ? j : f->n_bins + BIN_UNSEEN;
  }
  return bins;
}

/* A bin that only one side has would be infinitely far away. */
static double share(double count, double n) {
  const double least = 1e-4;
  return fmax(count / n, least);
}

static double sum_bins(const pipeline_feature *f, const double *now, double n_now) {
  double n_then = (double)f->n_missing, sum = 0;
  for (size_t k = 0; k < f->n_bins; k++) n_then += (double)f->counts[k];
  if (n_then == 0 || n_now == 0) return NAN;
  for (size_t k = 0; k < f->n_bins + N_MORE_BINS; k++) {
    const double then = k < f->n_bins                  ? (double)f->counts[k]
                        : k == f->n_bins + BIN_MISSING ? (double)f->n_missing
                                                       : 0;
    if (now[k] == 0 && then == 0) continue;
    const double a = share(now[k], n_now), e = share(then, n_then);
    sum += (a - e) * log(a / e);
  }
  return sum;
}

static ml_status measure(const pipeline_feature *f, const ml_dataset *data, size_t j, ml_drift *out,
                         ml_error *err) {
  const ml_levels *levels = data->categories ? &data->categories[j] : NULL;
  const double *x = data->x + j * data->n_rows, n = (double)data->n_rows;
  double *now = calloc(f->n_bins + N_MORE_BINS, sizeof *now);
  size_t *bins = f->is_text ? match_labels(f, levels) : NULL;
  const bool ok = now && (bins || !f->is_text);
  for (size_t i = 0; ok && i < data->n_rows; i++) now[bin_of(f, bins, x[i])]++;
  if (ok) {
    double then = (double)f->n_missing;
    for (size_t k = 0; k < f->n_bins; k++) then += (double)f->counts[k];
    *out = (ml_drift){.psi = sum_bins(f, now, n),
                      .missing = now[f->n_bins + BIN_MISSING] / n,
                      .missing_then = (double)f->n_missing / then,
                      .unseen = now[f->n_bins + BIN_UNSEEN] / n};
  }
  free(now);
  free(bins);
  return ok ? ML_OK : ml_error_memory(err);
}

ml_status ml_pipeline_drift(const ml_pipeline *pipeline, const ml_dataset *data, ml_drift *out,
                            ml_error *err) {
  assert(pipeline && data && out);
  ml_status status = pipeline__check_features(pipeline, data, err);
  for (size_t j = 0; j < pipeline->n_features && status == ML_OK; j++)
    status = measure(&pipeline->features[j], data, j, &out[j], err);
  return status;
}
