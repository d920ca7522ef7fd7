/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Columns of a matrix with mean 0 and length 1. */
#include "standardised.h"

#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <ml/matrix_internal.h>

enum {
  GROUP = 64, /* neighbouring columns that are read together */
  LANES = 8
};

/* ---- values of some columns, each together ---- */

typedef struct chunk {
  size_t from, n; /* rows */
} chunk;

static chunk chunk_at(const ml_matrix *m, size_t from) {
  return (chunk){from, m->n_rows - from < SELECT_CHUNK ? m->n_rows - from : SELECT_CHUNK};
}

static void read_columns(const ml_matrix *m, chunk c, const size_t *columns, size_t n,
                         double *out) {
  if (!m->by_column) {
    matrix__columns(m->values + c.from * m->n_columns, c.n, m->n_columns, columns, n, out,
                    SELECT_CHUNK);
    return;
  }
  for (size_t j = 0; j < n; j++)
    memcpy(out + j * SELECT_CHUNK, m->values + columns[j] * m->n_rows + c.from, c.n * sizeof *out);
}

/* ---- what standardises a column ---- */

/* What is known of a column before all of its rows were read. */
typedef struct spread {
  double min, max;
  double n, mean, m2; /* of scaled values: how many, and the squares about their mean */
} spread;

static void extend(spread *s, const double *x, size_t n) {
  double min = s->min, max = s->max;
  for (size_t i = 0; i < n; i++) {
    min = x[i] < min ? x[i] : min;
    max = x[i] > max ? x[i] : max;
  }
  *s = (spread){.min = min, .max = max};
}

static double add_lanes(const double *r) {
  return ((r[0] + r[1]) + (r[2] + r[3])) + ((r[4] + r[5]) + (r[6] + r[7]));
}

/* The squares of a chunk about its own mean, and then of all before it (Chan, Golub and LeVeque
 * 1983). */
static void add_squares(spread *s, const select_column *c, double *x, size_t n) {
  double sum[LANES] = {0}, squares[LANES] = {0};
  for (size_t i = 0; i < n; i++) x[i] = (x[i] - c->centre) * c->scale;
  for (size_t i = 0; i < n; i++) sum[i % LANES] += x[i];
  double mean = add_lanes(sum) / (double)n;
  for (size_t i = 0; i < n; i++) squares[i % LANES] += (x[i] - mean) * (x[i] - mean);
  double all = s->n + (double)n, apart = mean - s->mean;
  s->m2 += add_lanes(squares) + apart * apart * (s->n * (double)n / all);
  s->mean += apart * ((double)n / all);
  s->n = all;
}

/* Of a column that is not finite nothing is used: its squares are NaN. */
static void find_scale(const spread *s, select_column *c) {
  double half = s->max / 2 - s->min / 2; /* of the range: cannot overflow */
  int exponent = 0;
  if (isfinite(half)) frexp(fmax(half, DBL_MIN), &exponent);
  c->centre = s->min / 2 + s->max / 2;
  c->scale = ldexp(1, -exponent); /* rounds nothing */
}

/* Twice through all rows of some columns: for the range, then for the squares. */
static ml_status look_at_group(const ml_matrix *m, select_column *group, size_t n, double *x,
                               spread *spreads, const ml_watch *watch, ml_error *err) {
  size_t columns[GROUP];
  for (size_t j = 0; j < n; j++) {
    columns[j] = group[j].column;
    spreads[j] = (spread){.min = INFINITY, .max = -INFINITY};
  }
  for (int pass = 0; pass < 2; pass++) {
    for (size_t from = 0; from < m->n_rows; from += SELECT_CHUNK) {
      chunk c = chunk_at(m, from);
      if (ml_watch_cancelled(watch)) return ml_error_set(err, ML_ERR_CANCELLED, "interrupted");
      read_columns(m, c, columns, n, x);
      for (size_t j = 0; j < n; j++) {
        double *values = x + j * SELECT_CHUNK;
        if (pass == 0)
          extend(&spreads[j], values, c.n);
        else
          add_squares(&spreads[j], &group[j], values, c.n);
      }
    }
    for (size_t j = 0; j < n && pass == 0; j++) find_scale(&spreads[j], &group[j]);
  }
  for (size_t j = 0; j < n; j++) {
    group[j].mean = spreads[j].mean;
    group[j].inverse = spreads[j].min < spreads[j].max ? 1 / sqrt(spreads[j].m2) : NAN;
  }
  return ML_OK;
}

static int by_column(const void *left, const void *right) {
  const select_column *a = left, *b = right;
  return (a->column > b->column) - (a->column < b->column);
}

static int by_place(const void *left, const void *right) {
  const select_column *a = left, *b = right;
  return (a->place > b->place) - (a->place < b->place);
}

ml_status select__find_standard(const ml_matrix *matrix, const size_t *columns, size_t n,
                                const ml_watch *watch, select_column *out, size_t *n_out,
                                ml_error *err) {
  double *x = reallocarray(NULL, GROUP * SELECT_CHUNK, sizeof *x);
  spread *spreads = reallocarray(NULL, GROUP, sizeof *spreads);
  ml_status status = x && spreads ? ML_OK : ml_error_memory(err);
  for (size_t j = 0; j < n; j++) out[j] = (select_column){.column = columns[j], .place = j};
  /* Neighbours share lines of the cache where the matrix is row-major. */
  qsort(out, n, sizeof *out, by_column);
  for (size_t j = 0; j < n && status == ML_OK; j += GROUP)
    status = look_at_group(matrix, out + j, n - j < GROUP ? n - j : GROUP, x, spreads, watch, err);
  qsort(out, n, sizeof *out, by_place);
  size_t n_kept = 0;
  for (size_t j = 0; j < n && status == ML_OK; j++)
    if (isfinite(out[j].inverse)) out[n_kept++] = out[j];
  *n_out = n_kept;
  free(x);
  free(spreads);
  return status;
}

/* ---- standardised values, correlations ---- */

size_t select__standardise(const ml_matrix *matrix, const select_column *columns,
                           const size_t *places, size_t n, size_t from, double *out) {
  size_t some[GROUP];
  chunk rows = chunk_at(matrix, from);
  for (size_t at = 0; at < n; at += GROUP) {
    size_t n_some = n - at < GROUP ? n - at : GROUP;
    for (size_t j = 0; j < n_some; j++) some[j] = columns[places[at + j]].column;
    read_columns(matrix, rows, some, n_some, out + at * SELECT_CHUNK);
    for (size_t j = 0; j < n_some; j++) {
      const select_column c = columns[places[at + j]];
      double *x = out + (at + j) * SELECT_CHUNK;
      for (size_t i = 0; i < rows.n; i++) x[i] = ((x[i] - c.centre) * c.scale - c.mean) * c.inverse;
    }
  }
  return rows.n;
}

static long double scaled(const ml_matrix *m, const select_column *c, size_t i) {
  double x = m->values[m->by_column ? c->column * m->n_rows + i : i * m->n_columns + c->column];
  return ((long double)x - c->centre) * c->scale;
}

double select__correlation(const ml_matrix *matrix, const select_column *a,
                           const select_column *b) {
  size_t n = matrix->n_rows;
  long double mean_a = 0, mean_b = 0, aa = 0, bb = 0, ab = 0;
  for (size_t i = 0; i < n; i++) mean_a += scaled(matrix, a, i), mean_b += scaled(matrix, b, i);
  mean_a /= (long double)n, mean_b /= (long double)n;
  for (size_t i = 0; i < n; i++) {
    long double x = scaled(matrix, a, i) - mean_a, y = scaled(matrix, b, i) - mean_b;
    aa += x * x, bb += y * y, ab += x * y;
  }
  return (double)(ab / sqrtl(aa * bb));
}
