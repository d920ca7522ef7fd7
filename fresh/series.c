/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What calculators share: worked out once per series, and only what is needed. */
#include <math.h>
#include <string.h>
#include <time.h>

#include <ml/stats_internal.h>

#include "feature.h"

static void mean(fresh_series *s, double *arena) {
  (void)arena;
  s->sum = stats__sum(s->x, s->n);
  s->mean = s->sum / (double)s->n;
}

static void spread(fresh_series *s, double *arena) {
  s->centered = arena;
  for (size_t i = 0; i < s->n; i++) s->centered[i] = s->x[i] - s->mean;
  s->variance = stats__variance(s->x, s->n, s->mean, s->work);
  s->deviation = sqrt(s->variance);
}

/* NaN is above and below everything, and the first one is where both extremes are. */
static bool find_nan(fresh_series *s) {
  size_t i = 0, j = s->n;
  while (i < s->n && !isnan(s->x[i])) i++;
  if (i == s->n) return false;
  while (!isnan(s->x[j - 1])) j--;
  s->min = s->max = NAN;
  s->first_min = s->first_max = i;
  s->last_min = s->last_max = j - 1;
  return true;
}

static size_t first_of(const fresh_series *s, double value) {
  size_t i = 0;
  while (s->x[i] != value) i++;
  return i;
}

static size_t last_of(const fresh_series *s, double value) {
  size_t i = s->n - 1;
  while (s->x[i] != value) i--;
  return i;
}

static void extremes(fresh_series *s, double *arena) {
  enum { LANES = 8 }; /* chains of their own, which vector registers take side by side */
  double low[LANES], high[LANES];
  size_t i = 0;
  (void)arena;
  if (find_nan(s)) return;
  for (size_t k = 0; k < LANES; k++) low[k] = high[k] = s->x[0];
  for (; i + LANES <= s->n; i += LANES)
    for (size_t k = 0; k < LANES; k++) {
      double x = s->x[i + k];
      low[k] = x < low[k] ? x : low[k];
      high[k] = x > high[k] ? x : high[k];
    }
  for (; i < s->n; i++) {
    low[0] = fmin(low[0], s->x[i]);
    high[0] = fmax(high[0], s->x[i]);
  }
  for (size_t k = 1; k < LANES; k++) {
    low[0] = fmin(low[0], low[k]);
    high[0] = fmax(high[0], high[k]);
  }
  s->first_min = first_of(s, low[0]);
  s->last_min = last_of(s, low[0]);
  s->first_max = first_of(s, high[0]);
  s->last_max = last_of(s, high[0]);
  /* Of 0 and -0, which are equal, every build would find another: the first one stands for both. */
  s->min = s->x[s->first_min];
  s->max = s->x[s->first_max];
}

static void squares(fresh_series *s, double *arena) {
  s->squares = arena;
  for (size_t i = 0; i < s->n; i++) s->squares[i] = s->x[i] * s->x[i];
  s->energy = stats__sum(s->squares, s->n);
}

static void changes(fresh_series *s, double *arena) {
  s->changes = arena;
  for (size_t i = 0; i + 1 < s->n; i++) s->changes[i] = s->x[i + 1] - s->x[i];
}

static void sorted(fresh_series *s, double *arena) {
  s->sorted = arena;
  memcpy(s->sorted, s->x, s->n * sizeof *s->x);
  s->n_nan = stats__sort(s->sorted, s->n, s->work);
}

static void distinct(fresh_series *s, double *arena) {
  size_t n = s->n - s->n_nan, m = 0;
  s->distinct = arena;
  s->repeats = arena + s->n;
  s->n_repeated = 0;
  for (size_t i = 0; i < n;) {
    size_t start = i;
    while (i < n && s->sorted[i] == s->sorted[start]) i++;
    s->distinct[m] = s->sorted[start];
    s->repeats[m++] = (double)(i - start);
    s->n_repeated += i - start > 1;
  }
  if (s->n_nan) {
    s->distinct[m] = NAN;
    s->repeats[m++] = (double)s->n_nan;
    s->n_repeated += s->n_nan > 1;
  }
  s->n_distinct = m;
}

/* Each value takes the next free place of those that equal it. */
static void order(fresh_series *s, double *arena) {
  size_t n = s->n - s->n_nan;
  uint32_t *taken = (uint32_t *)s->work;
  s->order = (uint32_t *)arena;
  memset(taken, 0, (n + 1) * sizeof *taken);
  for (size_t i = 0; i < s->n; i++) {
    size_t first = fresh__place_of(s->sorted, n, s->x[i]);
    s->order[first + taken[first]++] = (uint32_t)i;
  }
}

static const struct {
  void (*step)(fresh_series *s, double *arena);
  unsigned arrays, builds_on;
} steps[] = {
#define STEP(bit, step, arrays, builds_on) {step, arrays, builds_on},
    FRESH_SHARED_MAP(STEP)
#undef STEP
};

enum { N_STEPS = sizeof steps / sizeof *steps };

unsigned fresh__all_needs(unsigned needs) {
  for (size_t i = N_STEPS; i-- > 0;)
    if (needs >> i & 1) needs |= steps[i].builds_on;
  return needs;
}

size_t fresh__arena_size(unsigned all_needs, size_t work_size, size_t n) {
  size_t arrays = 0;
  for (size_t i = 0; i < N_STEPS; i++)
    if (all_needs >> i & 1) arrays += steps[i].arrays;
  return arrays * n + work_size;
}

const char *const fresh__steps[] = {
#define NAME(bit, step, arrays, builds_on) #step,
    FRESH_SHARED_MAP(NAME)
#undef NAME
};

const size_t fresh__n_steps = N_STEPS;

double fresh__now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

/* @param seconds  NULL: they are not asked for */
static void prepare(fresh_series *s, unsigned all_needs, double *arena, double *seconds) {
  size_t kept = 0;
  for (size_t i = 0; i < N_STEPS; i++)
    if (all_needs >> i & 1) kept += steps[i].arrays;
  s->work = arena + kept * s->n;
  for (size_t i = 0; i < N_STEPS; i++) {
    if (!(all_needs >> i & 1)) continue;
    double start = seconds ? fresh__now() : 0;
    steps[i].step(s, arena);
    if (seconds) seconds[i] += fresh__now() - start;
    arena += steps[i].arrays * s->n;
  }
}

void fresh__prepare(fresh_series *s, unsigned all_needs, double *arena) {
  prepare(s, all_needs, arena, NULL);
}

void fresh__prepare_timed(fresh_series *s, unsigned all_needs, double *arena, double *seconds) {
  prepare(s, all_needs, arena, seconds);
}
