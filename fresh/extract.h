/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The task of a worker and the job that hands it out, and what they agree on. */
#ifndef FRESH_EXTRACT_H
#define FRESH_EXTRACT_H

#include <ml/exec.h>
#include <ml/fresh.h>

/* Blocks of a job, in this order. */
enum {
  FRESH_VALUES,  /* doubles of all series */
  FRESH_SPANS,   /* series_span of every id and kind */
  FRESH_TIMES,   /* int64_t: of value v times[v % n]; empty without dates */
  FRESH_REQUEST, /* fresh_request, names of the kinds each with a NUL, settings as JSON */
  FRESH_N_BLOCKS
};

typedef struct fresh_request {
  uint64_t n_kinds, is_modern, has_times;
  uint64_t first, n; /* the result has the rows of n ids from the first on */
  uint64_t
      is_by_name;    /* the settings have an order of columns, of which workers know nothing else */
  uint64_t is_timed; /* an item gives back the seconds of each shared step and calculator */
  uint64_t is_raw;   /* rows stay kind by kind */
} fresh_request;

/* Argument of an item: some neighbouring ids. */
typedef struct fresh_item {
  uint64_t first, n;
} fresh_item;

/* Told of rows as they are made. */
typedef struct fresh_slices {
  /* @param values  of n ids from the first on, kind by kind in the order of the set; borrowed */
  ml_status (*take)(void *ctx, size_t first, size_t n, const double *values, ml_error *err);
  void *ctx;
} fresh_slices;

/**
 * Compute the rows of a set, so many at a time as fit into some memory, and one at least. They are
 * kind by kind, and nothing is put in order or replaced: fresh__layout_rows() does that.
 *
 * @param n_columns  of all kinds together: fresh__layout_widths(); none is allowed
 * @param seconds    of fresh__costs_begin(): what this has cost is added; NULL: nobody wants to
 * know
 */
ml_status fresh__extract_slices(const ml_series_set *set, const ml_fresh_settings *settings,
                                size_t n_columns, size_t memory, ml_exec *exec,
                                const ml_watch *watch, const fresh_slices *to, double *seconds,
                                ml_error *err);

/* ---- costs.c ---- */

/* Seconds of each shared step and calculator, all 0. @param[out] seconds  from malloc() */
ml_status fresh__costs_begin(double **seconds, ml_error *err);

/* Series that are there: not every id has each kind. */
size_t fresh__n_series(const ml_series_set *set);

/* @param n_series  that it was for */
ml_status fresh__costs_list(const double *seconds, size_t n_series, ml_fresh_costs *out,
                            ml_error *err);

#endif
