/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Files as datasets: what is read is whole, and what is not fails with words. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <ml/ml.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n);

static void check(bool holds) {
  if (!holds) abort();
}

static void check_levels(const ml_levels *levels, size_t n_rows) {
  for (size_t k = 0; k < levels->n; k++) check(levels->labels[k] != NULL);
  for (size_t i = 0; levels->codes && i < n_rows; i++) check(levels->codes[i] < levels->n);
}

static void check_features(const ml_dataset *d) {
  for (size_t j = 0; j < d->n_features; j++) {
    const ml_levels *levels = d->categories ? &d->categories[j] : NULL;
    check(d->names[j][0]);
    for (size_t i = 0; i < d->n_rows; i++) {
      const double x = d->x[j * d->n_rows + i];
      check(!isinf(x));
      if (levels && levels->n && !isnan(x)) check(x >= 0 && x < (double)levels->n && x == trunc(x));
    }
  }
}

static void check_dataset(const ml_dataset *d, const ml_dataset_opts *opts) {
  check(d->n_rows > 0 && d->n_features > 0);
  check_features(d);
  check_levels(&d->classes, d->n_rows);
  check_levels(&d->groups, d->n_rows);
  check((d->groups.n > 0) == (opts->groups != NULL));
  check((d->weights != NULL) == (opts->weights != NULL));
  if (opts->target) check((d->problem == ML_CLASSIFICATION) == (d->classes.n >= 2));
  for (size_t i = 0; d->y && i < d->n_rows; i++) check(isfinite(d->y[i]));
  for (size_t i = 0; d->weights && i < d->n_rows; i++) check(d->weights[i] >= 0);
  for (size_t i = 0; d->start && d->end && i < d->n_rows; i++) check(d->start[i] <= d->end[i]);
}

static void read_as(const char *path, const ml_dataset_opts *opts) {
  ml_dataset *d = NULL;
  ml_error err = {0};
  ml_status status = ml_dataset_read(path, opts, NULL, &d, &err);
  if (status == ML_OK) {
    check_dataset(d, opts);
  } else {
    check(status == ML_ERR_PARSE || status == ML_ERR_USAGE);
    check(err.status == status && err.message[0] && !strchr(err.message, '\n'));
  }
  ml_dataset_free(d);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n) {
  static const ml_dataset_opts features = {.id = ""}, target = {.target = "y"},
                               all = {.target = "y",
                                      .weights = "w",
                                      .groups = "g",
                                      .start = "s",
                                      .end = "e",
                                      .problem = ML_REGRESSION};
  char path[64];
  const int fd = memfd_create("fuzz", 0);
  check(fd >= 0 && write(fd, bytes, n) == (ssize_t)n);
  snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
  read_as(path, &features);
  read_as(path, &target);
  read_as(path, &all);
  close(fd);
  return 0;
}
