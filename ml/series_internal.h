/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a set of series is made of; for libml's own folders, never installed. */
#ifndef ML_SERIES_INTERNAL_H
#define ML_SERIES_INTERNAL_H

#include <ml/series.h>

/* Series (i, k) is values[start .. start + n] of spans[i * n_kinds + k]. */
typedef struct series_span {
  size_t start, n;
} series_span;

struct ml_series_set {
  size_t n_ids, n_kinds, n_rows;
  ml_clock clock;
  bool ids_are_numbers;
  char *id_name;
  char **ids;
  char **kinds;
  double *values;
  size_t n_values;
  series_span *spans; /* n_ids * n_kinds */
};

#endif
