/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Nanoseconds per series for all calculators together and for each alone, as CSV. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <ml/stats_internal.h>

#include "fresh/plan.h"

enum { MOST = 5000, ROUNDS = 7 };

static const size_t sizes[] = {100, 1000, 5000};
static double sink;

static uint64_t next_random(void) {
  static uint64_t state = 88172645463325252;
  state ^= state >> 12, state ^= state << 25, state ^= state >> 27;
  return state * 0x2545F4914F6CDD1DULL;
}

static double noise(void) {
  double sum = 0;
  for (int k = 0; k < 12; k++) sum += (double)(next_random() >> 11) * 0x1p-53;
  return sum - 6;
}

static void fill(const char *shape, double *x, size_t n) {
  double walk = 0;
  for (size_t i = 0; i < n; i++) {
    double e = noise();
    walk += e;
    x[i] = shape[0] == 'n' ? e : shape[0] == 'w' ? walk : sin((double)i / 10) + 0.1 * e;
  }
}

static double now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

/* Best of some rounds of about 3 ms each. */
static double measure(const fresh_plan *plan, const double *x, size_t n, double *arena,
                      double *out) {
  double best = INFINITY, start = now();
  fresh__plan_run(plan, x, n, arena, out);
  size_t calls = (size_t)(3e6 / (now() - start + 1)) + 1;
  for (int round = 0; round < ROUNDS; round++) {
    start = now();
    for (size_t i = 0; i < calls; i++) fresh__plan_run(plan, x, n, arena, out);
    best = fmin(best, (now() - start) / (double)calls);
    sink += out[0];
  }
  return best;
}

/* What a plan takes for names separated by commas; NULL: all. */
static double measure_features(const char *names, const double *x, size_t n) {
  ml_fresh_settings *settings = NULL;
  fresh_plan plan = {0};
  ml_status status = names ? ml_fresh_settings_features(names, &settings, NULL)
                           : ml_fresh_settings_named("comprehensive", &settings, NULL);
  if (status == ML_OK) status = fresh__plan_init(&plan, &settings->defaults, NULL);
  double *arena = calloc(fresh__plan_arena(&plan, n), sizeof *arena);
  double *out = calloc(plan.n_columns + 1, sizeof *out);
  if (status != ML_OK || !arena || !out) exit(1);
  double time = measure(&plan, x, n, arena, out);
  fresh__plan_release(&plan);
  ml_fresh_settings_free(settings);
  free(arena);
  free(out);
  return time;
}

static void measure_core(const double *x, size_t n) {
  static double copy[MOST], spare[MOST];
  double sort = INFINITY, sum = INFINITY;
  for (int round = 0; round < 50 * ROUNDS; round++) {
    memcpy(copy, x, n * sizeof *x);
    double start = now();
    sink += stats__sum(copy, n);
    double middle = now();
    stats__sort(copy, n, spare);
    sum = fmin(sum, middle - start);
    sort = fmin(sort, now() - middle);
  }
  printf("sum n=%zu,ns,%.0f\nsort n=%zu,ns,%.0f\n", n, sum, n, sort);
}

int main(void) {
  static const char *const shapes[] = {"noise", "walk", "sine"};
  static double x[MOST];
  puts("name,unit,value");
  for (size_t k = 0; k < sizeof sizes / sizeof *sizes; k++) {
    size_t n = sizes[k];
    for (size_t s = 0; s < sizeof shapes / sizeof *shapes; s++) {
      fill(shapes[s], x, n);
      printf("all %s n=%zu,ns,%.0f\n", shapes[s], n, measure_features(NULL, x, n));
    }
    fill("noise", x, n);
    measure_core(x, n);
    for (size_t i = 0; i < fresh__n_features; i++) {
      const char *name = fresh__features[i]->info.name;
      printf("%s n=%zu,ns,%.0f\n", name, n, measure_features(name, x, n));
    }
  }
  return isnan(sink);
}
