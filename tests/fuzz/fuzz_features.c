/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a matrix of features and its target are read from: the header of a .npy file, the names
 * beside it, the cells of a target, one a line. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <ml/labels.h>
#include <ml/ml.h>

#include "ml/features_internal.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n);

static void check(bool holds) {
  if (!holds) abort();
}

static void check_error(ml_status status, const ml_error *err) {
  check(status == ML_ERR_PARSE && err->status == status);
  check(err->message[0] && !strchr(err->message, '\n'));
}

/* The values that a header speaks of are those that follow it in the file. */
static void read_header(const char *bytes, size_t n, uint64_t file_size) {
  npy_header h;
  ml_error err = {0};
  ml_status status = features__npy_header(bytes, n, file_size, "fuzz", &h, &err);
  if (status != ML_OK) {
    check_error(status, &err);
    return;
  }
  check(h.n_bytes <= n && h.n_bytes <= file_size);
  check((unsigned __int128)h.n_rows * h.n_columns * sizeof(double) == file_size - h.n_bytes);
}

static void read_names(const char *bytes, size_t n) {
  npy_names names;
  ml_error err = {0};
  ml_status status = features__npy_names(bytes, n, "fuzz", &names, &err);
  if (status != ML_OK) {
    check_error(status, &err);
    return;
  }
  for (size_t i = 0; i < names.n_rows; i++) check(names.rows[i] != NULL);
  for (size_t j = 0; j < names.n_columns; j++) check(names.columns[j] != NULL);
  features__npy_names_release(&names);
}

static void check_target(const ml_target *t, size_t n) {
  check(t->n == n && n >= 2);
  check(t->problem == ML_CLASSIFICATION || t->problem == ML_REGRESSION);
  check((t->values == NULL) == (t->type == ML_TARGET_TEXT));
  for (size_t i = 0; t->values && i < n; i++) check(isfinite(t->values[i]));
  check(t->classes ? t->n_classes >= 2 : t->problem == ML_REGRESSION && t->n_classes == 0);
  for (size_t i = 0; t->classes && i < n; i++) check(t->classes[i] < t->n_classes);
  labels seen = {0};
  for (size_t k = 0; k < t->n_classes; k++)
    check(labels__put(&seen, t->labels[k], strlen(t->labels[k])) == k);
  labels__release(&seen);
}

static void make_target(char *text, size_t n_bytes) {
  size_t n = 0;
  const char **cells = malloc((n_bytes + 1) * sizeof *cells);
  if (!cells) abort();
  for (char *line = text; line; n++) {
    cells[n] = line;
    if ((line = strchr(line, '\n'))) *line++ = 0;
  }
  for (ml_problem problem = ML_PROBLEM_AUTO; problem <= ML_REGRESSION; problem++) {
    ml_target *t = NULL;
    ml_error err = {0};
    ml_status status = ml_target_from_texts("y", cells, n, NULL, problem, "fuzz", &t, &err);
    if (status == ML_OK)
      check_target(t, n);
    else
      check_error(status, &err);
    ml_target_free(t);
  }
  free(cells);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n) {
  char *text = malloc(n + 1);
  if (!text) abort();
  if (n > 0) memcpy(text, bytes, n);
  text[n] = 0;
  read_header(text, n, n);
  read_header(text, n, (uint64_t)n << 40);
  read_names(text, n);
  make_target(text, n);
  free(text);
  return 0;
}
