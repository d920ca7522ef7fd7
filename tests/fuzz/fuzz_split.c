/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Bytes as the text of a scheme: refused with one line, or folds that are sound and survive being
 * packed; and as packed folds: refused, or safe to use. */
#include <stdlib.h>
#include <string.h>

#include <ml/ml.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n);

enum { ROWS = 24 };

static void check(bool holds) {
  if (!holds) abort();
}

/* Every row that a fold gives is a row, and nothing is written behind them. */
static void use(const ml_folds *folds) {
  enum { LONGEST = 1 << 16 };
  for (size_t f = 0; f < folds->n && f < 64; f++) {
    size_t n_test, n = ml_folds_n_train(folds, f);
    const uint32_t *test = ml_folds_test(folds, f, &n_test);
    for (size_t i = 0; i < n_test; i++) check(test[i] < folds->n_rows);
    if (n > LONGEST) continue; /* rows of which none is listed */
    uint32_t *train = malloc((n + 1) * sizeof *train);
    check(train != NULL);
    train[n] = 77;
    ml_folds_train(folds, f, train);
    for (size_t i = 0; i < n; i++) check(train[i] < folds->n_rows);
    check(train[n] == 77);
    free(train);
  }
}

static void check_packed(const ml_folds *folds) {
  size_t n = ml_folds_packed_size(folds);
  char *first = malloc(n), *second = malloc(n);
  ml_folds back;
  check(first && second);
  ml_folds_pack(folds, first);
  check(ml_folds_unpack(first, n, &back, NULL) == ML_OK);
  check(ml_folds_packed_size(&back) == n);
  ml_folds_pack(&back, second);
  check(memcmp(first, second, n) == 0);
  free(first);
  free(second);
}

static void check_scheme(const char *text) {
  static char *labels[] = {"-1", "0", "1", "2"};
  static uint32_t codes[ROWS], groups[ROWS];
  static double start[ROWS], end[ROWS];
  for (size_t i = 0; i < ROWS; i++) {
    codes[i] = (uint32_t)(i * i % 4);
    groups[i] = (uint32_t)(i % 7 % 4);
    start[i] = (double)(i * 5 % ROWS);
    end[i] = start[i] + (double)(i % 3);
  }
  const ml_levels classes = {labels, 4, codes};
  const ml_dataset data = {.n_rows = ROWS,
                           .classes = classes,
                           .groups = {labels, 4, groups},
                           .predefined = classes,
                           .start = start,
                           .end = end};
  ml_error err = {0};
  ml_folds *folds = NULL;
  if (ml_split(text, &data, NULL, 0, NULL, &folds, &err) != ML_OK) {
    check(err.status == ML_ERR_USAGE && err.message[0] && !strchr(err.message, '\n'));
    return;
  }
  for (size_t f = 0; f < folds->n; f++)
    check(folds->folds[f].test.n > 0 && ml_folds_n_train(folds, f) > 0);
  use(folds);
  check_packed(folds);
  ml_folds_free(folds);
}

static void check_bytes(const uint8_t *bytes, size_t n) {
  ml_folds folds;
  uint8_t *aligned = malloc(n + 1);
  check(aligned != NULL);
  memcpy(aligned, bytes, n);
  if (ml_folds_unpack(aligned, n, &folds, NULL) == ML_OK) use(&folds);
  free(aligned);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n) {
  char *text = malloc(n + 1);
  check(text != NULL);
  if (n) memcpy(text, bytes, n);
  text[n] = '\0';
  check_scheme(text);
  free(text);
  if (n) check_bytes(bytes, n);
  return 0;
}
