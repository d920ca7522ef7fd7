/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the files of metrics share; never installed. */
#ifndef ML_METRICS_INTERNAL_H
#define ML_METRICS_INTERNAL_H

#include <math.h>

#include <ml/metrics.h>

typedef struct metrics_def metrics_def;

/* One computation, of at least one row with a weight above 0. */
typedef struct metrics_call {
  const ml_scored *scored;
  const metrics_def *def;
  double argument;
  double total;  /* sum of weights */
  size_t n_rows; /* those of a weight above 0 */
  char *why;     /* room for ML_WHY_MAX */
  ml_error *err;
} metrics_call;

typedef ml_status metrics_compute(const metrics_call *call, double *value);

typedef enum metrics_average {
  METRICS_PLAIN, /* of the positive class */
  METRICS_MACRO,
  METRICS_MICRO,
  METRICS_WEIGHTED
} metrics_average;

struct metrics_def {
  ml_metric_info info; /* first: a pointer to it is one to the definition */
  metrics_compute *compute;
  int which;               /* of those that share a function; each file has its own */
  metrics_average average; /* over classes */
  bool is_whole;           /* the argument is an integer */
  bool (*takes)(double);   /* which arguments in the range there are; NULL: all */
};

/* Tables, ended by a name that is NULL. */
extern const metrics_def metrics__of_values[], metrics__of_rows[], metrics__of_classes[],
    metrics__of_scores[], metrics__of_ranks[];

/** The value is not defined, for a reason. @return ML_OK */
ml_status metrics__undefined(const metrics_call *call, double *value, const char *format, ...)
    ML_PRINTF(3, 4);

static inline double metrics__weight(const ml_scored *scored, size_t i) {
  return scored->weights ? scored->weights[i] : 1;
}

/* A sum whose error does not grow with the number of terms (Neumaier 1974). */
typedef struct metrics_sum {
  double sum, lost;
} metrics_sum;

static inline void metrics__add(metrics_sum *s, double x) {
  double sum = s->sum + x;
  s->lost += fabs(s->sum) >= fabs(x) ? (s->sum - sum) + x : (x - sum) + s->sum;
  s->sum = sum;
}

static inline double metrics__total(const metrics_sum *s) {
  return s->sum + s->lost;
}

/* ---- metrics_sums.c ------------------------------------------------------------------------ */

/* Sums over rows of d = y_pred - y, weighted. */
typedef struct metrics_errors {
  double absolute; /* |d| */
  double plain;    /* d */
  double squared;  /* (d - d0)^2 */
  double spread;   /* (y - y0)^2 */
} metrics_errors;

/* The same bits on every machine, to about n / 4096 units in the last place. */
metrics_errors metrics__errors(const ml_scored *scored, double d0, double y0);

/* Weighted mean of n values; exact when all are equal. */
double metrics__mean(const double *x, const double *weights, size_t n, double total);

double metrics__sum_all(const double *x, size_t n);

bool metrics__all_finite(const double *x, size_t n);

#endif
