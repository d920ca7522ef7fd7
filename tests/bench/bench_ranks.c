/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Nanoseconds per value of what selection does with a column: its order, its classes, its pairs
 * with a target; as CSV. */
#include <float.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include <ml/hypothesis.h>

enum { MOST = 100000, ROUNDS = 50, COLUMNS = 64, VALUES_A_ROUND = MOST };

typedef struct sample {
  size_t n, n_columns; /* of n values each, so that no branch is learnt by heart */
  double *x;
  uint32_t *order, *class_of, *rank, *y_order;
  ranks_target target;
  void *spare;
} sample;

static uint64_t sink;

static uint64_t next_random(void) {
  static uint64_t state = 88172645463325252;
  state ^= state >> 12, state ^= state << 25, state ^= state >> 27;
  return state * 0x2545F4914F6CDD1DULL;
}

static double uniform(void) {
  return ((double)(next_random() >> 11) + 0.5) * 0x1p-53;
}

static double normal(void) {
  return sqrt(-2 * log(uniform())) * cos(2 * 3.14159265358979 * uniform());
}

static double seconds(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

static double normal_at(size_t i) {
  (void)i;
  return normal();
}
static double tied_at(size_t i) {
  (void)i;
  return round(normal() * 3);
}
static double sorted_at(size_t i) {
  return (double)i + 0.1;
}
static double mostly_constant_at(size_t i) {
  (void)i;
  return next_random() % 50 == 0 ? normal() : 1.5;
}
static double close_at(size_t i) {
  (void)i;
  return 1 + normal() * 1e-12;
}

static void run_order(const sample *s, size_t j) {
  ranks__order(s->x + j * s->n, s->n, s->order, s->spare);
  sink += s->order[0];
}

static void run_classes(const sample *s, size_t j, size_t n_classes) {
  ranks_counts counts[4];
  double ties;
  ranks__classes(s->x + j * s->n, s->order + j * s->n, s->n, s->class_of + (n_classes > 2) * s->n,
                 n_classes, counts, &ties);
  sink += counts[0].gap;
}
static void run_two_classes(const sample *s, size_t j) {
  run_classes(s, j, 2);
}
static void run_four_classes(const sample *s, size_t j) {
  run_classes(s, j, 4);
}

static void run_pairs(const sample *s, size_t j) {
  kendall_counts counts;
  ranks__pairs(s->x + j * s->n, &s->target, &counts, s->spare);
  sink += counts.discordant;
}

/* Best of some rounds: the one least disturbed. */
static double best(const sample *s, void (*run)(const sample *, size_t)) {
  double least = DBL_MAX;
  size_t n_calls = VALUES_A_ROUND / s->n;
  for (int round = 0; round < ROUNDS; round++) {
    double start = seconds();
    for (size_t k = 0; k < n_calls; k++) run(s, k % s->n_columns);
    double t = seconds() - start;
    if (t < least) least = t;
  }
  return least / (double)(n_calls * s->n) * 1e9;
}

static void fill(sample *s, size_t n, double (*at)(size_t)) {
  s->n = n;
  s->n_columns = n == MOST ? 2 : COLUMNS;
  for (size_t i = 0; i < n; i++) s->x[i] = normal();
  ranks__order(s->x, n, s->y_order, s->spare);
  ranks__target(s->x, s->y_order, n, s->rank, &s->target);
  for (size_t i = 0; i < 2 * n; i++) s->class_of[i] = next_random() % (i < n ? 2 : 4);
  for (size_t i = 0; i < n * s->n_columns; i++) s->x[i] = at(i);
}

int main(void) {
  static const struct {
    const char *name;
    double (*at)(size_t);
  } shapes[] = {{"normal", normal_at},
                {"tied", tied_at},
                {"sorted", sorted_at},
                {"mostly_constant", mostly_constant_at},
                {"close", close_at}};
  static const size_t sizes[] = {88, 1000, MOST};
  static double x[2 * MOST];
  static uint32_t order[2 * MOST], class_of[2 * MOST], rank[MOST], y_order[MOST];
  sample s = {.x = x, .order = order, .class_of = class_of, .rank = rank, .y_order = y_order};
  s.spare = malloc(ranks__n_spare(MOST));
  if (!s.spare) return 1;
  puts("name,unit,value");
  for (size_t k = 0; k < sizeof shapes / sizeof *shapes; k++)
    for (size_t j = 0; j < sizeof sizes / sizeof *sizes; j++) {
      size_t n = sizes[j];
      fill(&s, n, shapes[k].at);
      printf("order_%s_%zu,ns,%.2f\n", shapes[k].name, n, best(&s, run_order));
      printf("pairs_%s_%zu,ns,%.2f\n", shapes[k].name, n, best(&s, run_pairs));
      for (size_t c = 0; c < s.n_columns; c++) ranks__order(x + c * n, n, order + c * n, s.spare);
      printf("two_classes_%s_%zu,ns,%.2f\n", shapes[k].name, n, best(&s, run_two_classes));
      printf("four_classes_%s_%zu,ns,%.2f\n", shapes[k].name, n, best(&s, run_four_classes));
    }
  free(s.spare);
  return sink == 0; /* keeps the work alive */
}
