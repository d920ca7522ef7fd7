/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Nanoseconds per number read and written, against the C library in the same run; as CSV. */
#include <float.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <ml/ml.h>

enum { N = 200000, ROUNDS = 7, ROOM = 32 };

typedef struct sample {
  char *text; /* N lines of at most ROOM bytes, one behind the other, each ended by a comma */
  size_t size;
  double values[N];
} sample;

typedef double run_fn(const sample *s);

static double sink;

static uint64_t next_random(void) {
  static uint64_t state = 88172645463325252;
  state ^= state >> 12, state ^= state << 25, state ^= state >> 27;
  return state * 0x2545F4914F6CDD1DULL;
}

static double seconds(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

/* Best of some rounds, in nanoseconds per number: the one least disturbed. */
static double best(run_fn *run, const sample *s) {
  double least = DBL_MAX;
  for (int round = 0; round < ROUNDS; round++) {
    double start = seconds();
    sink += run(s);
    double t = seconds() - start;
    if (t < least) least = t;
  }
  return least / N * 1e9;
}

static double parse_ours(const sample *s) {
  double sum = 0, v = 0;
  const char *end = s->text + s->size;
  for (const char *p = s->text; p && p < end; p++) {
    p = ml_number_parse(p, end, &v);
    if (!p) abort();
    sum += v;
  }
  return sum;
}

static double parse_libc(const sample *s) {
  double sum = 0;
  const char *end = s->text + s->size;
  for (char *p = s->text; p < end; p++) sum += strtod(p, &p);
  return sum;
}

static double format_ours(const sample *s) {
  char buf[ML_NUMBER_MAX];
  size_t sum = 0;
  for (size_t i = 0; i < N; i++) sum += ml_number_format(s->values[i], buf);
  return (double)sum;
}

static double repr_ours(const sample *s) {
  char buf[ML_NUMBER_MAX];
  size_t sum = 0;
  for (size_t i = 0; i < N; i++) sum += ml_number_repr(s->values[i], buf);
  return (double)sum;
}

static double format_libc(const sample *s) {
  char buf[64];
  int sum = 0;
  for (size_t i = 0; i < N; i++) sum += snprintf(buf, sizeof buf, "%.17g", s->values[i]);
  return sum;
}

static double uniform(void) {
  return (double)(next_random() >> 11) * 0x1p-53;
}

/* What the numbers are like: a text, which is then read to get the value. */
static void one_digit(char *at) {
  snprintf(at, ROOM, "%d", (int)(next_random() % 10));
}
static void some_digits(char *at) {
  snprintf(at, ROOM, "%d", (int)(next_random() % 100000));
}
static void five_decimals(char *at) {
  snprintf(at, ROOM, "%.5f", uniform());
}
static void seventeen(char *at) {
  snprintf(at, ROOM, "%.17f", uniform());
}
static void any_double(char *at) {
  double v;
  do {
    uint64_t bits = next_random();
    memcpy(&v, &bits, sizeof v);
  } while (!(v - v == 0));
  snprintf(at, ROOM, "%.17g", v);
}

static void fill(sample *s, void (*write)(char *)) {
  s->size = 0;
  for (size_t i = 0; i < N; i++) {
    char *at = s->text + s->size;
    write(at);
    s->values[i] = strtod(at, NULL);
    s->size += strlen(at);
    s->text[s->size++] = ',';
  }
  s->text[s->size] = 0;
}

static void report(const char *what, const char *sample_name, double ours, double libc) {
  printf("%s_%s,ns,%.2f\n", what, sample_name, ours);
  printf("%s_%s_libc,ns,%.2f\n", what, sample_name, libc);
  printf("%s_%s_gain,ratio,%.2f\n", what, sample_name, libc / ours);
}

int main(void) {
  static const struct {
    const char *name;
    void (*write)(char *);
  } shapes[] = {{"1_digit", one_digit},
                {"1_to_5_digits", some_digits},
                {"5_decimals", five_decimals},
                {"17_decimals", seventeen},
                {"any_double", any_double}};
  static sample s;
  s.text = malloc((size_t)N * ROOM + 1);
  if (!s.text) return 1;
  puts("name,unit,value");
  for (size_t i = 0; i < sizeof shapes / sizeof shapes[0]; i++) {
    fill(&s, shapes[i].write);
    report("parse", shapes[i].name, best(parse_ours, &s), best(parse_libc, &s));
    report("format", shapes[i].name, best(format_ours, &s), best(format_libc, &s));
    printf("repr_%s,ns,%.2f\n", shapes[i].name, best(repr_ours, &s));
  }
  free(s.text);
  return sink == 0; /* keeps the sums alive */
}
