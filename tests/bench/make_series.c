/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Write a long CSV file of random walks, for measurements: make_series N_IDS N >FILE. */
#include <stdio.h>
#include <stdlib.h>

#include "tests/support.h"

int main(int argc, char **argv) {
  if (argc != 3) return fputs("usage: make_series N_IDS N >FILE\n", stderr), 2;
  size_t n_ids = strtoul(argv[1], NULL, 10), n = strtoul(argv[2], NULL, 10);
  uint64_t seed = 1;
  char number[ML_NUMBER_MAX];
  puts("id,time,value");
  for (size_t i = 0; i < n_ids; i++) {
    double walk = 0;
    for (size_t t = 0; t < n; t++) {
      walk += (double)(int64_t)next_random(&seed) * 0x1p-63;
      ml_number_format(walk, number);
      printf("%zu,%zu,%s\n", i, t, number);
    }
  }
  return ferror(stdout) || fclose(stdout) != 0;
}
