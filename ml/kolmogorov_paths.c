/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Exact law of the two-sample Kolmogorov-Smirnov statistic. */
#include <ml/kolmogorov.h>

#include <stdlib.h>

double kolmogorov__touches(uint64_t n1, uint64_t n2, uint64_t gap, double *spare) {
  int64_t a = (int64_t)n1, b = (int64_t)n2;
  for (int64_t j = 0; j <= b; j++) {
    for (int64_t i = 0; i <= a; i++) {
      double below = j > 0 ? spare[i] : 0.0, left = i > 0 ? spare[i - 1] : 0.0;
      bool is_out = (uint64_t)llabs(i * b - j * a) >= gap;
      spare[i] = is_out       ? 1.0
                 : i + j == 0 ? 0.0
                              : ((double)i * left + (double)j * below) / (double)(i + j);
    }
  }
  return spare[a];
}
