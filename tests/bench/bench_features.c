/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Milliseconds per series for all calculators together, and the share of each, as CSV. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>

#include <ml/stats_internal.h>

#include "fresh/plan.h"

enum { MOST = 100000, ROUNDS = 7 };

static const size_t sizes[] = {100, 1000, 5000, MOST};
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

/* What is measured: the whole of a plan, its shared steps, or the calls of one calculator. */
typedef struct subject {
  const fresh_plan *plan;
  fresh_series series;
  double *arena, *out;
  const fresh_group *group; /* NULL: the steps */
} subject;

static void run_whole(const subject *s) {
  static fresh_scratch scratch;
  const fresh_input input = {.x = s->series.x, .n = s->series.n};
  if (fresh__plan_run(s->plan, &input, &scratch, s->out, NULL) != ML_OK) exit(1);
}

static void run_steps(const subject *s) {
  fresh_series series = s->series;
  fresh__prepare(&series, s->plan->needs, s->arena);
}

static void run_group(const subject *s) {
  const fresh_setting *setting = s->group->setting;
  fresh_series series = s->series;
  series.state = s->group->state;
  fresh__compute(setting->feature, &series, s->group->args, setting->n_args, s->out);
}

/* Nanoseconds of a call: the best of some rounds of about 1 ms each; of a long one, the first. */
static double measure(void (*run)(const subject *), const subject *s) {
  double best = INFINITY, start = now();
  run(s);
  double first = now() - start + 1;
  size_t calls = (size_t)(1e6 / first) + 1;
  if (first > 1e8) return first;
  for (int round = 0; round < ROUNDS; round++) {
    start = now();
    for (size_t i = 0; i < calls; i++) run(s);
    best = fmin(best, (now() - start) / (double)calls);
    sink += s->out[0];
  }
  return best;
}

static void print(const char *name, const char *shape, size_t n, const char *unit, double value) {
  printf("%s %s n=%zu,%s,%.4g\n", name, shape, n, unit, value);
}

/* A series as a whole; then the share of the shared steps and of each calculator in it. */
static void measure_plan(const fresh_plan *plan, const char *shape, const double *x, size_t n) {
  static fresh_transforms transforms;
  subject s = {.plan = plan,
               .series = {.x = x, .n = n, .n_lags = plan->n_lags < n ? plan->n_lags : n}};
  size_t work_size = n;
  for (size_t i = 0; i < plan->n_groups; i++) {
    const fresh_group *group = &plan->groups[i];
    size_t size = fresh__work_size(group->setting->feature, n, group->args, group->setting->n_args);
    if (size > work_size) work_size = size;
  }
  s.arena = calloc(fresh__arena_size(plan->needs, work_size, n), sizeof *s.arena);
  s.out = calloc(plan->n_columns, sizeof *s.out);
  if (!s.arena || !s.out) exit(1);
  if (fresh__transforms_open(&transforms, plan->needs, &s.series, NULL) != ML_OK) exit(1);
  double whole = measure(run_whole, &s);
  print("all", shape, n, "ms", whole / 1e6);
  print("shared steps", shape, n, "%", 100 * measure(run_steps, &s) / whole);
  fresh__prepare(&s.series, plan->needs, s.arena);
  for (size_t i = 0; i < plan->n_groups; i++) {
    s.group = &plan->groups[i];
    const char *name = s.group->setting->feature->info.name;
    print(name, shape, n, "%", 100 * measure(run_group, &s) / whole);
  }
  free(s.arena);
  free(s.out);
}

static void measure_core(const double *x, size_t n) {
  static double copy[MOST], spare[MOST];
  double sort = INFINITY, sum = INFINITY;
  for (size_t round = 0; round < 1 + 1000000 / n; round++) {
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
  ml_fresh_settings *settings = NULL;
  fresh_plan plan;
  if (ml_fresh_settings_named("comprehensive", &settings, NULL) != ML_OK ||
      fresh__plan_init(&plan, &settings->defaults, false, false, NULL) != ML_OK)
    return 1;
  puts("name,unit,value");
  for (size_t k = 0; k < sizeof sizes / sizeof *sizes; k++) {
    for (size_t i = 0; i < sizeof shapes / sizeof *shapes; i++) {
      fill(shapes[i], x, sizes[k]);
      if (i == 0) measure_core(x, sizes[k]);
      measure_plan(&plan, shapes[i], x, sizes[k]);
    }
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    printf("peak n=%zu,MB,%.1f\n", sizes[k], (double)usage.ru_maxrss / 1024);
  }
  fresh__plan_release(&plan);
  ml_fresh_settings_free(settings);
  return isnan(sink);
}
