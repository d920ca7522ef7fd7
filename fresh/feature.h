/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a calculator is, what it may read of a series, and the list of them all. */
#ifndef FRESH_FEATURE_H
#define FRESH_FEATURE_H

#include <math.h>

#include <ml/fresh.h>

/* What is worked out once per series for the calculators that ask: bit, name of the step, arrays of
 * n doubles it fills, bits it builds on. A step only builds on earlier lines. */
#define FRESH_SHARED_MAP(X)                                                       \
  X(MEAN, mean, 0, 0)                    /* sum, mean */                          \
  X(SPREAD, spread, 1, FRESH_MEAN)       /* centered, variance, deviation */      \
  X(EXTREMES, extremes, 0, 0)            /* min, max and where they are */        \
  X(SQUARES, squares, 1, 0)              /* squares, energy */                    \
  X(CHANGES, changes, 1, 0)              /* changes */                            \
  X(SORTED, sorted, 1, 0)                /* sorted, n_nan */                      \
  X(DISTINCT, distinct, 2, FRESH_SORTED) /* distinct, repeats, n_distinct, ... */ \
  X(SPECTRUM, fresh__spectrum, 3, 0)     /* re, im, magnitude, n_bins */          \
  X(WELCH, fresh__welch, 1, 0)           /* density, n_density */                 \
  X(LAGS, fresh__lags, 1, FRESH_SPREAD)  /* lag_sums, up to n_lags */             \
  X(ORDER, order, 1, FRESH_SORTED)       /* order */

enum {
#define FRESH_INDEX(bit, step, arrays, builds_on) FRESH_INDEX_##bit,
  FRESH_SHARED_MAP(FRESH_INDEX)
#undef FRESH_INDEX
};

enum {
#define FRESH_BIT(bit, step, arrays, builds_on) FRESH_##bit = 1u << FRESH_INDEX_##bit,
  FRESH_SHARED_MAP(FRESH_BIT)
#undef FRESH_BIT
};

/* A series and what was worked out of it. A calculator reads x, n, and what its `needs` name; it
 * may write to `work` alone. NaN and infinities go through every step without harm. */
typedef struct fresh_series {
  const double *x;
  size_t n;             /* at least 1 */
  const int64_t *times; /* n, ascending, nanoseconds since 1970; NULL: there are no dates */
  bool has_nulls;       /* NaN is among the values; known to plans, for KX's functions alone */
  bool is_modern;       /* newer dependencies of the reference: ML_COMPAT_MODERN */
  bool is_by_name;      /* columns were asked for one by one, and do not depend on one another */
  double *work;         /* fresh_feature.n_work arrays of n, and work_size() doubles behind them */
  const void *state;    /* of the calculator that is called: what its open() made */

  double sum, mean;
  double *centered; /* x - mean */
  double variance, deviation;
  double min, max; /* NaN when there is one; it is the place of both then */
  size_t first_min, last_min, first_max, last_max;
  double *squares;
  double energy;   /* sum of the squares */
  double *changes; /* x[i + 1] - x[i], n - 1 values */
  double *sorted;  /* ascending, NaN last */
  size_t n_nan;
  uint32_t *order; /* places of the sorted values, ascending where they are equal; NaN last */
  double *distinct, *repeats; /* distinct values ascending, and how often each is there */
  size_t n_distinct;          /* all NaN are one value */
  size_t n_repeated;          /* distinct values that are there more than once */

  /* What steps work with, from fresh__transforms_open(); NULL where no step needs it. */
  struct fresh_fft *transform, *welch_transform, *lag_transform;
  const struct fresh_window *window;
  double *re, *im, *magnitude; /* of the Fourier transform, at frequencies 0..n / 2 */
  size_t n_bins;               /* n / 2 + 1 */
  double *density;             /* of the power, by Welch's method */
  size_t n_density;
  double *lag_sums; /* sum centered[i] centered[i + lag], n - lag terms, for lag < n_lags */
  size_t n_lags;    /* at most n; as many as the calculators of the plan ask for */
} fresh_series;

/* One set of parameters, in the order of the table: numbers, 0 or 1, or the index of a choice. What
 * was not given has its fallback; None is NaN. */
typedef struct fresh_args {
  double v[ML_FRESH_MAX_PARAMS];
  const double
      *list; /* of the parameter that is a list of numbers; NULL: None, or no such parameter */
  size_t n_list;
} fresh_args;

typedef double fresh_value(const fresh_series *s);

/* out[k] belongs to args[k]. */
typedef void fresh_values(const fresh_series *s, const fresh_args *args, size_t n_args,
                          double *out);

/* Settings that have a calculator with its default grid. */
enum {
  FRESH_IN_COMPREHENSIVE = 1,
  FRESH_IN_EFFICIENT = 2,
  FRESH_IN_MINIMAL = 4,
  FRESH_IN_INDEX = 8,
  FRESH_IN_TIME = 16,
  FRESH_IN_KX = 32,
  FRESH_IN_KX_STRICT = 64
};
/* What most have. */
#define FRESH_IN_MOST (FRESH_IN_COMPREHENSIVE | FRESH_IN_EFFICIENT)

/* Calculators allocate nothing and cannot fail, once they are open; NaN is the value of what is not
 * defined. */
typedef struct fresh_feature {
  ml_fresh_feature info; /* first: a pointer to one is a pointer to the other */
  unsigned presets;      /* FRESH_IN_COMPREHENSIVE | ... */
  unsigned needs;        /* FRESH_MEAN | ... */
  size_t min_n;          /* shorter series give NaN without a call */
  size_t n_work;         /* arrays of n doubles in work */
  /* Doubles of work behind those arrays; NULL: none. */
  size_t (*work_size)(size_t n, const fresh_args *args, size_t n_args);
  /* Of lag_sums, for as many lags as this; NULL: none. It may be more than a series has. */
  size_t (*n_lags)(const fresh_args *args, size_t n_args);
  /* What depends on the parameters alone (filters, tables), once a plan and not once a series; NULL
   * when there is none. The only function here that may fail. */
  ml_status (*open)(const fresh_args *args, size_t n_args, bool is_modern, void **state,
                    ml_error *err);
  void (*close)(void *state);
  /* What is wrong with parameters that are each in their range; NULL when nothing is, or always. */
  const char *(*check)(const ml_param_value *values);
  /* Computes what this one computes, whose needs, scratch and functions hold then; its parameters
   * have the same places. NULL: what is said here holds. */
  const struct fresh_feature *same_as;
  bool
      wants_ascending; /* has one parameter, and gives each set its own value only if they ascend */
  bool is_expanded;    /* one of several values of a function of KX: its column comes behind */
  fresh_value *value;  /* without parameters */
  fresh_values *values; /* with parameters: many sets in one call */
} fresh_feature;

/* Parts of the tables. */
#define FRESH_INT(number) \
  { .v = (number), .form = ML_FORM_INT }
#define FRESH_REAL(number) \
  { .v = (number), .form = ML_FORM_REAL }
#define FRESH_BOOL(truth) \
  { .v = (truth), .form = ML_FORM_BOOL }
#define FRESH_CHOICE(index) \
  { .v = (index), .form = ML_FORM_CHOICE }
#define FRESH_NONE \
  { .v = NAN, .form = ML_FORM_NONE }
#define FRESH_ABSENT \
  { .form = ML_FORM_ABSENT }
/* list: an array of ml_param_value */
#define FRESH_TUPLE(list) \
  { .v = NAN, .form = ML_FORM_TUPLE, .items = (list), .n_items = sizeof(list) / sizeof *(list) }
#define FRESH_ANY       .lo = -INFINITY, .hi = INFINITY
#define FRESH_NO_PARAMS .n_grid = 1
#define FRESH_PARAMS(list, sets)                                               \
  .params = (list), .n_params = sizeof(list) / sizeof *(list), .grid = (sets), \
  .n_grid = sizeof(sets) / sizeof *(sets) / (sizeof(list) / sizeof *(list))

/* Every calculator, in the order of the columns: those without parameters come first. */
#define FRESH_FEATURE_MAP(X)                                \
  X(variance_larger_than_standard_deviation)                \
  X(has_duplicate_max)                                      \
  X(has_duplicate_min)                                      \
  X(has_duplicate)                                          \
  X(sum_values)                                             \
  X(abs_energy)                                             \
  X(mean_abs_change)                                        \
  X(mean_change)                                            \
  X(mean_second_derivative_central)                         \
  X(median)                                                 \
  X(mean)                                                   \
  X(length)                                                 \
  X(standard_deviation)                                     \
  X(variation_coefficient)                                  \
  X(variance)                                               \
  X(skewness)                                               \
  X(kurtosis)                                               \
  X(root_mean_square)                                       \
  X(absolute_sum_of_changes)                                \
  X(longest_strike_below_mean)                              \
  X(longest_strike_above_mean)                              \
  X(count_above_mean)                                       \
  X(count_below_mean)                                       \
  X(last_location_of_maximum)                               \
  X(first_location_of_maximum)                              \
  X(last_location_of_minimum)                               \
  X(first_location_of_minimum)                              \
  X(percentage_of_reoccurring_values_to_all_values)         \
  X(percentage_of_reoccurring_datapoints_to_all_datapoints) \
  X(sum_of_reoccurring_values)                              \
  X(sum_of_reoccurring_data_points)                         \
  X(ratio_value_number_to_time_series_length)               \
  X(sample_entropy)                                         \
  X(maximum)                                                \
  X(absolute_maximum)                                       \
  X(minimum)                                                \
  X(benford_correlation)                                    \
  X(time_reversal_asymmetry_statistic)                      \
  X(c3)                                                     \
  X(cid_ce)                                                 \
  X(symmetry_looking)                                       \
  X(large_standard_deviation)                               \
  X(quantile)                                               \
  X(autocorrelation)                                        \
  X(agg_autocorrelation)                                    \
  X(partial_autocorrelation)                                \
  X(number_cwt_peaks)                                       \
  X(number_peaks)                                           \
  X(binned_entropy)                                         \
  X(index_mass_quantile)                                    \
  X(cwt_coefficients)                                       \
  X(spkt_welch_density)                                     \
  X(ar_coefficient)                                         \
  X(change_quantiles)                                       \
  X(fft_coefficient)                                        \
  X(fft_aggregated)                                         \
  X(value_count)                                            \
  X(range_count)                                            \
  X(approximate_entropy)                                    \
  X(friedrich_coefficients)                                 \
  X(max_langevin_fixed_point)                               \
  X(linear_trend)                                           \
  X(agg_linear_trend)                                       \
  X(augmented_dickey_fuller)                                \
  X(number_crossing_m)                                      \
  X(energy_ratio_by_chunks)                                 \
  X(ratio_beyond_r_sigma)                                   \
  X(linear_trend_timewise)                                  \
  X(count_above)                                            \
  X(count_below)                                            \
  X(lempel_ziv_complexity)                                  \
  X(fourier_entropy)                                        \
  X(permutation_entropy)                                    \
  X(query_similarity_count)                                 \
  X(matrix_profile)                                         \
  X(mean_n_absolute_max)

#define FRESH_DECLARE(name) extern const fresh_feature fresh__##name;
FRESH_FEATURE_MAP(FRESH_DECLARE)
#undef FRESH_DECLARE

/* ---- series.c: the shared steps ---- */

/* The bits and all that they build on. */
unsigned fresh__all_needs(unsigned needs);

/* Doubles that fresh__prepare() lays out for n values: the arrays of all needs, then work. */
size_t fresh__arena_size(unsigned all_needs, size_t work_size, size_t n);

/* Work out what is needed. s->x, n, times, is_modern, n_lags and the transforms are set; arena has
 * fresh__arena_size() doubles. */
void fresh__prepare(fresh_series *s, unsigned all_needs, double *arena);

/* The same; the seconds of each step are added to those of its number. */
void fresh__prepare_timed(fresh_series *s, unsigned all_needs, double *arena, double *seconds);

/* Names of the steps by number, as in FRESH_SHARED_MAP. */
extern const char *const fresh__steps[];
extern const size_t fresh__n_steps;

/* Seconds of a clock that only goes forward. */
double fresh__now(void);

/* ---- spectrum.c, lags.c: steps that take transforms ---- */

void fresh__spectrum(fresh_series *s, double *arena);
void fresh__welch(fresh_series *s, double *arena);
void fresh__lags(fresh_series *s, double *arena);

/* Sums of earlier lags never come from a transform. */
enum { FRESH_DIRECT_LAGS = 257 };

/* Whether so many lags take s->lag_transform. */
bool fresh__lags_by_transform(size_t n, size_t n_lags);

/* sum d[i] d[i + lag], i < n - lag; as in lag_sums, but for any lag up to n. */
double fresh__lag_sum(const double *d, size_t n, size_t lag);

/* ---- spectral.c ---- */

enum { FRESH_MOMENTS = 5 };

/* moments[p]: mean of frequency^p over 0, 1, ..., each as heavy as its magnitude; moments[0] is the
 * sum of the magnitudes. Needs the spectrum. */
void fresh__spectral_moments(const fresh_series *s, double *moments);

/* ---- correlation.c ---- */

/* Reflection coefficients for lags 0..last, all of them in lag_sums, by the recursion of Levinson
 * and Durbin; phi takes as many. Adjusted autocovariances need not be positive definite, so
 * everything may come out. */
void fresh__reflect(const fresh_series *s, size_t last, double *phi, double *reflection);

/* How many of n ascending numbers are below v; NaN is above all of them. */
static inline size_t fresh__place_of(const double *sorted, size_t n, double v) {
  if (isnan(v)) return n;
  const double *at = sorted;
  for (size_t half; n > 1; n -= half) { /* a step without a branch, so that searches overlap */
    half = n / 2;
    at += half & -(size_t)(at[half - 1] < v);
  }
  return (size_t)(at - sorted) + (n == 1 && *at < v);
}

/* ---- registry.c ---- */

extern const fresh_feature *const fresh__features[];
extern const size_t fresh__n_features;

/* The calculator that does the work: the one that it is the same as, or else itself. */
const fresh_feature *fresh__worker(const fresh_feature *feature);

/* Doubles of work that a call takes; at least n, since the shared steps work there, too. */
size_t fresh__work_size(const fresh_feature *feature, size_t n, const fresh_args *args,
                        size_t n_args);

/* The value of every set of parameters; n_args is 1 for a calculator that has none. */
void fresh__compute(const fresh_feature *feature, const fresh_series *s, const fresh_args *args,
                    size_t n_args, double *out);

#endif
