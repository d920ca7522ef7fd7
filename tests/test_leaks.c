/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Risks of leakage: what is told, and what is not. */
#include "support.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "xval/xval_internal.h"

/* All lines, each with a newline. */
static char *leaks(const ml_dataset *data, const ml_folds *folds) {
  char **lines = NULL;
  size_t n = 0;
  ml_error err = {0};
  ml_buf text = {0};
  assert_int_equal(xval__leaks(data, folds, &lines, &n, &err), ML_OK);
  for (size_t i = 0; i < n; i++) {
    ml_buf_printf(&text, "%s\n", lines[i]);
    free(lines[i]);
  }
  free(lines);
  ml_buf_put(&text, "", 1);
  return text.data;
}

static void expect(const ml_dataset *data, const char *scheme, const char *want) {
  ml_folds *folds = NULL;
  ml_error err = {0};
  if (ml_split(scheme, data, NULL, 0, NULL, &folds, &err) != ML_OK) fail_msg("%s", err.message);
  char *got = leaks(data, folds);
  assert_string_equal(got, want);
  free(got);
  ml_folds_free(folds);
}

enum { N = 12 };

static void features_that_tell(void **state) {
  (void)state;
  double x[5 * N], y[N];
  uint64_t seed = 3;
  for (size_t i = 0; i < N; i++) {
    y[i] = (double)(next_random(&seed) >> 11) * 0x1p-50;
    x[i] = y[i];
    x[N + i] = 1e6 - 0.3 * y[i];
    x[2 * N + i] = y[i] * (1 + 1e-5 * (double)(i % 3)); /* 1 - 1e-10: not told */
    x[3 * N + i] = i == 5 ? NAN : y[i];
    x[4 * N + i] = 7;
  }
  static char *names[] = {"same", "scaled", "near", "gap", "constant"};
  ml_dataset data = {
      .n_rows = N, .n_features = 5, .x = x, .names = names, .problem = ML_REGRESSION, .y = y};
  expect(&data, "kfold:3",
         "feature \"same\" equals the target\n"
         "feature \"scaled\" is the target on another scale\n");
  for (size_t i = 0; i < N; i++) y[i] = 1;
  data.n_features = 1;
  for (size_t i = 0; i < N; i++) x[i] = (double)i;
  expect(&data, "kfold:3", "");
}

static void features_that_tell_classes(void **state) {
  (void)state;
  double x[4 * N];
  uint32_t codes[N];
  for (size_t i = 0; i < N; i++) {
    codes[i] = (uint32_t)(i % 3);
    x[i] = codes[i] == 1 ? -5 : 10 * (double)codes[i];
    x[N + i] = codes[i] == 1; /* tells one of three */
    x[2 * N + i] = i == 11 ? 0 : codes[i];
    x[3 * N + i] = (double)i;
  }
  static char *labels[] = {"a", "b", "c"}, *names[] = {"code", "one", "wrong", "row"};
  const ml_dataset data = {.n_rows = N,
                           .n_features = 4,
                           .x = x,
                           .names = names,
                           .problem = ML_CLASSIFICATION,
                           .classes = {.labels = labels, .n = 3, .codes = codes}};
  expect(&data, "kfold:3",
         "feature \"code\" has a value of its own for each class: it tells the target\n");
}

static void equal_rows(void **state) {
  (void)state;
  /* Rows 1 and 7 are equal, and 2 and 3 are, which share a fold of kfold:6; 4 and 10 differ in the
   * target, 5 and 11 in a feature. */
  double x[2 * N], y[N];
  for (size_t i = 0; i < N; i++) {
    x[i] = (double)i;
    x[N + i] = i == 8 ? NAN : 2;
    y[i] = (double)(i * i % 7);
  }
  x[7] = 1, y[7] = y[1];
  x[3] = 2, y[3] = y[2];
  x[10] = 4, y[10] = y[4] + 1;
  x[11] = 5, y[11] = y[5], x[N + 11] = 3;
  ml_dataset data = {.n_rows = N, .n_features = 2, .x = x, .problem = ML_REGRESSION, .y = y};
  static const char one[] =
      "2 rows are tested while an equal one is trained on, in 2 folds, such as rows 1 and 7; "
      "--groups keeps rows together\n";
  expect(&data, "kfold:6", one);
  expect(&data, "loo",
         "4 rows are tested while an equal one is trained on, in 4 folds, such as rows 1 and 7; "
         "--groups keeps rows together\n");
  expect(&data, "kfold:2",
         "2 rows are tested while an equal one is trained on, in 2 folds, such as rows 1 and 7; "
         "--groups keeps rows together\n");
  expect(&data, "tsChain:6",
         "1 row is tested while an equal one is trained on, in 1 fold, such as rows 1 and 7; "
         "--groups keeps rows together\n");
  x[N + 1] = x[N + 7] = NAN; /* missing equals missing, and -0 equals 0 */
  x[1] = 0, x[7] = -0.0;
  static char *ids[] = {"a", "b", "c", "d", "e", "f", "g", "h", "i", "j", "k", "l"};
  data.ids = ids;
  expect(&data, "kfold:6",
         "2 rows are tested while an equal one is trained on, in 2 folds, such as ids \"b\" and "
         "\"h\"; --groups keeps rows together\n");
}

static void groups(void **state) {
  (void)state;
  double x[N], y[N];
  uint32_t codes[N];
  static char *labels[] = {"g1", "g2", "g3"};
  for (size_t i = 0; i < N; i++) {
    x[i] = (double)(i * i % 11 + i);
    y[i] = (double)(i % 5);
    codes[i] = (uint32_t)(i / 5);
  }
  const ml_dataset data = {.n_rows = N,
                           .n_features = 1,
                           .x = x,
                           .problem = ML_REGRESSION,
                           .y = y,
                           .groups = {.labels = labels, .n = 3, .codes = codes}};
  expect(&data, "group:3", "");
  expect(&data, "logo", "");
  expect(&data, "kfold:3",
         "10 rows are tested while others of the same group are trained on, in 3 folds, such as "
         "group \"g1\"; --cv group keeps groups together\n");
}

/* ---- against a twin ---- */

enum { M = 60 };

/* Rows that are tested while one of their part is trained on, and folds, by looking at all pairs.
 */
static void count(const ml_folds *folds, const uint32_t *part, size_t *n_rows, size_t *n_folds) {
  bool is_told[M] = {false};
  *n_rows = *n_folds = 0;
  for (size_t f = 0; f < folds->n; f++) {
    uint32_t train[M];
    size_t n_test, n_before = *n_folds;
    const uint32_t *test = ml_folds_test(folds, f, &n_test);
    ml_folds_train(folds, f, train);
    for (size_t i = 0; i < n_test; i++)
      for (size_t k = 0; k < ml_folds_n_train(folds, f); k++) {
        if (part[train[k]] != part[test[i]]) continue;
        *n_rows += !is_told[test[i]];
        is_told[test[i]] = true;
        *n_folds = n_before + 1;
      }
  }
}

static void twins(void **state) {
  (void)state;
  static const char *const schemes[] = {"kfold:7",   "shuffled:4", "loo",          "kfSplit:5",
                                        "tsRolls:6", "tsChain:4",  "timeseries:5", "mcSplit:0.3"};
  uint64_t seed = 8;
  for (int round = 0; round < 80; round++) {
    double x[5 * M], y[M];
    uint32_t part[M];
    char want[128];
    for (size_t i = 0; i < M; i++) {
      part[i] = (uint32_t)(next_random(&seed) % 45);
      /* The first features and the target may tell nothing: the last one does. */
      const bool is_plain = round % 3 == 0;
      for (size_t j = 0; j < 5; j++) x[j * M + i] = is_plain && j < 4 ? 1 : part[i];
      y[i] = is_plain ? 1 : part[i] % 7;
    }
    const ml_dataset data = {
        .n_rows = M, .n_features = 5, .x = x, .problem = ML_REGRESSION, .y = y};
    uint32_t members[M];
    size_t n_members = 0, n_rows, n_folds;
    for (size_t i = 0; i < M; i++)
      if (next_random(&seed) % 4) members[n_members++] = (uint32_t)i;
    ml_folds *folds = NULL;
    ml_error err = {0};
    const char *scheme = schemes[round % 8];
    const bool is_random = strcmp(scheme, "shuffled:4") == 0 || strcmp(scheme, "mcSplit:0.3") == 0;
    const ml_split_opts opts = {.repeats = is_random ? 3 : 1, .seed = (uint64_t)round};
    if (ml_split(scheme, &data, round / 8 % 2 ? members : NULL, n_members, &opts, &folds, &err))
      fail_msg("%s", err.message);
    count(folds, part, &n_rows, &n_folds);
    snprintf(want, sizeof want, "%zu row%s tested while an equal one is trained on, in %zu fold%s,",
             n_rows, n_rows == 1 ? " is" : "s are", n_folds, n_folds == 1 ? "" : "s");
    char *got = leaks(&data, folds);
    if (n_folds == 0)
      assert_string_equal(got, "");
    else
      assert_ptr_equal(strstr(got, want), got);
    free(got);
    ml_folds_free(folds);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(features_that_tell),
      cmocka_unit_test(features_that_tell_classes),
      cmocka_unit_test(equal_rows),
      cmocka_unit_test(groups),
      cmocka_unit_test(twins),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
