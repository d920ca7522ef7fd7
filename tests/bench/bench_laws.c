/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Microseconds per p-value of Fisher's and Kolmogorov-Smirnov's laws; as CSV. */
#include <float.h>
#include <math.h>
#include <stdio.h>
#include <time.h>

#include <ml/hypothesis.h>

enum { MOST = 10000, ROUNDS = 9 };

static double spare[4 * MOST + 16], sink;

static double seconds(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

typedef double law_fn(uint64_t n1, uint64_t n2, double far);

/* The gap that is so many standard deviations of the middle of a path. */
static double two_sample(uint64_t n1, uint64_t n2, double far) {
  double m1 = (double)n1, m2 = (double)n2, gap = far / 2.0 * sqrt(m1 * m2 * (m1 + m2));
  bool is_exact;
  return kolmogorov__p(n1, n2, (uint64_t)gap, ML_RULES_TSFRESH, spare, &is_exact);
}

static double one_sample(uint64_t n1, uint64_t n2, double far) {
  (void)n2;
  return ml_kolmogorov_sf(n1, far / 2.0 / sqrt((double)n1));
}

/* Four even cells, but for so many standard deviations. */
static double fisher(uint64_t n1, uint64_t n2, double far) {
  double width = sqrt((double)n1 * (double)n2 / (double)(n1 + n2)) / 2.0;
  uint64_t more = (uint64_t)(far * width);
  return fisher__p(n1 / 2 + more, n1 - n1 / 2 - more, n2 / 2, n2 - n2 / 2);
}

/* Best of some rounds of enough calls to take a while. */
static void measure(const char *name, law_fn *law, uint64_t n1, uint64_t n2, double far) {
  double least = DBL_MAX, p = 0.0;
  for (int round = 0; round < ROUNDS; round++) {
    double start = seconds(), t = 0.0;
    int calls = 0;
    while (t < 2e-3) {
      sink += p = law(n1, n2, far);
      calls++;
      t = seconds() - start;
    }
    if (t / calls < least) least = t / calls;
  }
  printf("%s,%ju,%ju,%g,%.3g,%.2f\n", name, (uintmax_t)n1, (uintmax_t)n2, far, p, least * 1e6);
}

int main(void) {
  static const double far[] = {0.5, 1.0, 2.0, 4.0, 6.0, 12.0, 30.0};
  static const uint64_t pairs[][2] = {{30, 40},      {300, 700},    {1000, 999},   {100, 10000},
                                      {5000, 10000}, {9999, 10000}, {10000, 10000}};
  static const uint64_t counts[] = {10, 50, 100, 1000, 5000, 100000, 1000000000};
  printf("law,n1,n2,deviations,p_value,us\n");
  for (size_t k = 0; k < sizeof far / sizeof far[0]; k++) {
    for (size_t i = 0; i < sizeof pairs / sizeof pairs[0]; i++)
      measure("two_sample", two_sample, pairs[i][0], pairs[i][1], far[k]);
    for (size_t i = 0; i < sizeof counts / sizeof counts[0]; i++) {
      measure("one_sample", one_sample, counts[i], 0, far[k]);
      if (far[k] * far[k] < (double)counts[i] / 4.0)
        measure("fisher", fisher, counts[i], counts[i], far[k]);
    }
  }
  return sink < 0.0;
}
