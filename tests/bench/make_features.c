/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Write a large CSV file of features, for measurements, whose last columns are targets: `label` of
 * two classes and `score` of real numbers: make_features N_ROWS N_COLUMNS [MISSING] >FILE, where
 * one value in MISSING is NaN or infinite. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "tests/support.h"

/* Mostly normal, some with few distinct values, some binary; each fourth has a signal. */
static double feature(size_t j, double score, uint64_t *seed) {
  double x = 0;
  for (int k = 0; k < 4; k++) x += (double)(int64_t)next_random(seed) * 0x1p-63;
  if (j % 4 == 0) x += score * (double)(j % 7) / 7;
  if (j % 16 == 3) return round(x * 4);
  return j % 16 == 9 ? x > 0 : x;
}

int main(int argc, char **argv) {
  if (argc < 3) return fputs("usage: make_features N_ROWS N_COLUMNS [MISSING] >FILE\n", stderr), 2;
  size_t n_rows = strtoul(argv[1], NULL, 10), n_columns = strtoul(argv[2], NULL, 10);
  size_t missing = argc > 3 ? strtoul(argv[3], NULL, 10) : 0;
  static const double odd[] = {NAN, INFINITY, -INFINITY};
  uint64_t seed = 1;
  char number[ML_NUMBER_MAX];
  fputs("id", stdout);
  for (size_t j = 0; j < n_columns; j++) printf(",v%zu__mean", j);
  puts(",label,score");
  for (size_t i = 0; i < n_rows; i++) {
    double score = (double)(int64_t)next_random(&seed) * 0x1p-63;
    printf("%zu", i);
    for (size_t j = 0; j < n_columns; j++) {
      double x = feature(j, score, &seed);
      if (missing && next_random(&seed) % missing == 0) x = odd[next_random(&seed) % 3];
      ml_number_format(x, number);
      putchar(',');
      fputs(number, stdout);
    }
    ml_number_format(score, number);
    printf(",%s,%s\n", score > 0 ? "yes" : "no", number);
  }
  return ferror(stdout) || fclose(stdout) != 0;
}
