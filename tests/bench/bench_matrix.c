/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Nanoseconds per value written, in every format, to a temporary file; as CSV. */
#include "../support.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

enum { N_ROWS = 2000, N_COLUMNS = 783, ROUNDS = 3 };

static double seconds(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

static char *name(const char *kind, size_t i) {
  char text[64];
  snprintf(text, sizeof text, "%s%zu", kind, i);
  return strdup(text);
}

static ml_matrix *new_matrix(void) {
  ml_matrix *m = NULL;
  uint64_t seed = 1;
  if (ml_matrix_new(NULL, N_ROWS, N_COLUMNS, &m, NULL) != ML_OK) abort();
  for (size_t i = 0; i < N_ROWS; i++) m->rows[i] = name("", i);
  for (size_t j = 0; j < N_COLUMNS; j++) m->columns[j] = name("value__feature__n_", j);
  for (size_t i = 0; i < (size_t)N_ROWS * N_COLUMNS; i++)
    m->values[i] = (double)(next_random(&seed) >> 11) * 0x1p-53;
  return m;
}

static void run(const ml_matrix *m, const char *format, const char *path) {
  double least = 1e9, size = 0;
  struct stat st;
  for (int round = 0; round < ROUNDS; round++) {
    ml_error err = {0};
    double start = seconds();
    if (ml_matrix_write(m, path, ML_FORMAT_AUTO, NULL, &err) != ML_OK) {
      fprintf(stderr, "%s: %s\n", err.source, err.message);
      exit(1);
    }
    double t = seconds() - start;
    if (t < least) least = t;
  }
  if (stat(path, &st) == 0) size = (double)st.st_size;
  printf("write_%s,ns,%.2f\n", format, least / ((double)N_ROWS * N_COLUMNS) * 1e9);
  if (size > 0) printf("write_%s_size,bytes,%.0f\n", format, size);
}

int main(void) {
  static const char *formats[] = {"csv", "json", "npy", "csv.gz"};
  ml_matrix *m = new_matrix();
  puts("name,unit,value");
  run(m, "csv_discarded", "/dev/null");
  for (size_t i = 0; i < sizeof formats / sizeof formats[0]; i++) {
    char path[512];
    snprintf(path, sizeof path, "%s/bench.%s", temp_dir(), formats[i]);
    run(m, formats[i], path);
  }
  ml_matrix_free(m);
  return 0;
}
