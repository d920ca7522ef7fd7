/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Logistic regression: the loops over a block of rows. Each logit is a sum over the columns in
 * their order, each sum over rows has LOGIT_LANES lanes, so that all paths give the same bits,
 * whatever is computed beside. */
#include <math.h>
#include <ml/vector.h>

#include "exp.h"
#include "logistic_internal.h"

enum { LANES = LOGIT_LANES, AT_ONCE = 4 };
typedef double lanes
    __attribute__((vector_size(LANES * sizeof(double)), aligned(sizeof(double)), may_alias));

/* Written once for one vector and for AT_ONCE of them: n is a constant where it is inlined. Of each
 * column as much is read at a time as registers hold. */
enum { RUN = 4 };

__attribute__((always_inline)) static inline void products(const double *x, size_t n_columns,
                                                           const double *b, size_t n, double *z) {
  for (size_t i = 0; i < LOGIT_BLOCK; i += RUN * LANES) {
    lanes sum[AT_ONCE][RUN] = {{{0}}};
    for (size_t j = 0; j < n_columns; j++)
      for (size_t r = 0; r < RUN; r++) {
        const lanes column = *(const lanes *)(x + j * LOGIT_BLOCK + i + r * LANES);
        for (size_t c = 0; c < n; c++) sum[c][r] += column * b[c * n_columns + j];
      }
    for (size_t c = 0; c < n; c++)
      for (size_t r = 0; r < RUN; r++) *(lanes *)(z + c * LOGIT_BLOCK + i + r * LANES) = sum[c][r];
  }
}

ML_VECTOR_PATHS
static void products_of_all(const double *x, size_t n_columns, const double *b, size_t n,
                            double *z) {
  size_t c = 0;
  for (; c + AT_ONCE <= n; c += AT_ONCE)
    products(x, n_columns, b + c * n_columns, AT_ONCE, z + c * LOGIT_BLOCK);
  for (; c < n; c++) products(x, n_columns, b + c * n_columns, 1, z + c * LOGIT_BLOCK);
}

void logit__products(const double *x, size_t n_columns, const double *b, size_t n, double *z) {
  products_of_all(x, n_columns, b, n, z);
}

__attribute__((always_inline)) static inline void add_sums(const double *x, size_t n_columns,
                                                           const double *r, size_t n,
                                                           double *sums) {
  for (size_t j = 0; j < n_columns; j++) {
    lanes sum[AT_ONCE];
    for (size_t c = 0; c < n; c++) sum[c] = *(lanes *)(sums + (c * n_columns + j) * LANES);
    for (size_t i = 0; i < LOGIT_BLOCK; i += LANES) {
      const lanes column = *(const lanes *)(x + j * LOGIT_BLOCK + i);
      for (size_t c = 0; c < n; c++) sum[c] += column * *(const lanes *)(r + c * LOGIT_BLOCK + i);
    }
    for (size_t c = 0; c < n; c++) *(lanes *)(sums + (c * n_columns + j) * LANES) = sum[c];
  }
}

ML_VECTOR_PATHS
static void add_all_sums(const double *x, size_t n_columns, const double *r, size_t n,
                         double *sums) {
  size_t c = 0;
  for (; c + AT_ONCE <= n; c += AT_ONCE)
    add_sums(x, n_columns, r + c * LOGIT_BLOCK, AT_ONCE, sums + c * n_columns * LANES);
  for (; c < n; c++) add_sums(x, n_columns, r + c * LOGIT_BLOCK, 1, sums + c * n_columns * LANES);
}

void logit__add_sums(const double *x, size_t n_columns, const double *r, size_t n, double *sums) {
  add_all_sums(x, n_columns, r, n, sums);
}

void logit__end_sums(const double *sums, size_t n, double *out) {
  for (size_t i = 0; i < n; i++) {
    const double *s = sums + i * LANES;
    out[i] = ((s[0] + s[4]) + (s[1] + s[5])) + ((s[2] + s[6]) + (s[3] + s[7]));
  }
}

/* Of the margin m = y z the loss is log(1 + exp(-m)); what is small is computed as such, not as a
 * difference from 1. */
ML_VECTOR_PATHS
static void binary(const double *z, const double *y, const double *w, double *r, double *d) {
  for (size_t i = 0; i < LOGIT_BLOCK; i++) {
    double m = y[i] * z[i], e = exp__below_0(-fabs(m)), all = 1 + e;
    double share = 1 / all, wrong = (m < 0 ? 1 : e) * share;
    r[i] = -y[i] * w[i] * wrong;
    d[i] = w[i] * (e * share) * share;
  }
}

void logit__binary(const double *z, const double *y, const double *w, double *r, double *d) {
  binary(z, y, w, r, d);
}

ML_VECTOR_PATHS
static void sigmoid(const double *z, double *out) {
  for (size_t i = 0; i < LOGIT_BLOCK; i++) {
    double e = exp__below_0(-fabs(z[i]));
    out[i] = (z[i] < 0 ? e : 1) / (1 + e);
  }
}

void logit__sigmoid(const double *z, double *out) {
  sigmoid(z, out);
}

ML_VECTOR_PATHS
static void softmax(const double *z, const double *y, const double *w, size_t n_classes, double *r,
                    double *p) {
  double most[LOGIT_BLOCK], all[LOGIT_BLOCK] = {0}, others[LOGIT_BLOCK] = {0};
  for (size_t i = 0; i < LOGIT_BLOCK; i++) most[i] = z[i];
  for (size_t c = 1; c < n_classes; c++)
    for (size_t i = 0; i < LOGIT_BLOCK; i++) {
      double other = z[c * LOGIT_BLOCK + i];
      most[i] = other > most[i] ? other : most[i];
    }
  for (size_t c = 0; c < n_classes; c++)
    for (size_t i = 0; i < LOGIT_BLOCK; i++) {
      double e = exp__below_0(z[c * LOGIT_BLOCK + i] - most[i]);
      p[c * LOGIT_BLOCK + i] = e;
      all[i] += e;
      others[i] += y[i] == (double)c ? 0 : e;
    }
  for (size_t c = 0; c < n_classes; c++)
    for (size_t i = 0; i < LOGIT_BLOCK; i++) {
      double e = p[c * LOGIT_BLOCK + i];
      r[c * LOGIT_BLOCK + i] = w[i] * ((y[i] == (double)c ? -others[i] : e) / all[i]);
      p[c * LOGIT_BLOCK + i] = e / all[i];
    }
}

void logit__softmax(const double *z, const double *y, const double *w, size_t n_classes, double *r,
                    double *p) {
  softmax(z, y, w, n_classes, r, p);
}
