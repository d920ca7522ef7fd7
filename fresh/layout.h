/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The columns that settings give for some kinds: their names, and how a row is put in order. */
#ifndef FRESH_LAYOUT_H
#define FRESH_LAYOUT_H

#include "order.h"
#include "plan.h"

typedef struct fresh_layout {
  const ml_fresh_settings *settings;
  size_t n_kinds, n_columns;
  size_t *starts; /* n_kinds + 1: kind by kind, those of kind k are starts[k] .. starts[k + 1] */
  char **names;   /* n_columns, as they are written */
  fresh_order order;
  fresh_plan *plans; /* one a kind */
  bool has_tails;    /* rows of calculators are not in order kind by kind */
  double *spare;     /* a row */
} fresh_layout;

/**
 * @param settings   borrowed
 * @param kinds      n_kinds, borrowed for the call
 * @param has_times  the series have dates
 * @retval ML_ERR_USAGE   there is no column, or one that is wanted by name cannot be there
 * @retval ML_ERR_MEMORY
 */
ml_status fresh__layout_init(fresh_layout *layout, const ml_fresh_settings *settings,
                             char *const *kinds, size_t n_kinds, bool has_times, ml_error *err);

/* Columns of a kind, kind by kind. */
static inline size_t fresh__layout_width(const fresh_layout *layout, size_t k) {
  return layout->starts[k + 1] - layout->starts[k];
}

/* Put n rows that are kind by kind in order, and replace what is to be replaced. */
ml_status fresh__layout_rows(const fresh_layout *layout, double *rows, size_t n, ml_error *err);

/* How many columns each kind has. @param[out] starts  n_kinds + 1: 0, then the sums */
ml_status fresh__layout_widths(const ml_fresh_settings *settings, char *const *kinds,
                               size_t n_kinds, bool has_times, size_t *starts, ml_error *err);

/* All zero is allowed. */
void fresh__layout_release(fresh_layout *layout);

#endif
