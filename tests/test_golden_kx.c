/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The settings of KX against values that were computed from its definitions alone. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "golden.h"

/* Columns that the golden files do not have. */
static bool is_beside(const char *column) {
  return strstr(column, "_augFuller_") || strstr(column, "_numCwtPeaks_");
}

/* The golden transform is a plain sum of sines, exact to some 1e-15 of the largest coefficient; the
 * angle of a coefficient that small is arbitrary. */
static double noise_of(const ml_table *expected, size_t i, const char *column) {
  static const char part[] = "_fftCoeff_coeff_10_coeff_";
  const char *at = strstr(column, part);
  double largest = 0, size = 0;
  if (!at) return 0;
  for (size_t j = 1; j < expected->n_columns; j++) {
    const char *name = expected->columns[j].name, *abs = strstr(name, part);
    if (!abs || !strstr(abs, "_abs")) continue;
    double value = expected->columns[j].number[i];
    if (value > largest) largest = value;
    if (abs[sizeof part - 1] == at[sizeof part - 1]) size = value;
  }
  bool is_angle = strstr(at, "_angle") != NULL;
  return 1e-13 * largest * (is_angle ? 180 / (M_PI * size) : 1);
}

static size_t row_of(const ml_matrix *matrix, const char *id) {
  size_t row = 0;
  while (row < matrix->n_rows && strcmp(matrix->rows[row], id) != 0) row++;
  if (row == matrix->n_rows) fail_msg("there is no row of id %s", id);
  return row;
}

static void compare_row(golden_comparison *c, const ml_table *expected, size_t i,
                        const ml_matrix *matrix) {
  const char *id = golden_label(expected, i, 0);
  const double *values = matrix->values + row_of(matrix, id) * matrix->n_columns;
  size_t j = 1;
  for (size_t k = 0; k < matrix->n_columns; k++) {
    const char *column = matrix->columns[k];
    if (is_beside(column)) continue;
    if (j == expected->n_columns || strcmp(column, expected->columns[j].name) != 0)
      fail_msg("column %zu is %s", k, column);
    double want = expected->columns[j++].number[i], noise = noise_of(expected, i, column);
    double off = fabs(values[k] - want);
    /* Angles of -180 and 180 degrees are neighbours. */
    if (noise > 0 && (off <= noise || fabs(off - 360) <= noise || noise >= 180))
      golden_compare(c, id, column, want, want);
    else
      golden_compare(c, id, column, want, values[k]);
  }
  assert_int_equal(j, expected->n_columns);
}

static ml_matrix *extract(const char *input, const char *settings_name) {
  ml_error err = {0};
  ml_series_set *series = NULL;
  ml_fresh_settings *settings = NULL;
  ml_matrix *matrix = NULL;
  assert_int_equal(ml_fresh_settings_named(settings_name, &settings, &err), ML_OK);
  if (ml_series_read(golden_path(input), NULL, &series, &err) != ML_OK)
    fail_msg("%s: %s", input, err.message);
  if (ml_fresh_extract(series, settings, NULL, NULL, &matrix, &err) != ML_OK)
    fail_msg("%s: %s", input, err.message);
  ml_series_free(series);
  ml_fresh_settings_free(settings);
  return matrix;
}

static void check_set(const char *input, const char *name) {
  if (!golden_path(input) || !golden_path(name)) {
    print_message("%s: the reference is not there\n", name);
    skip();
  }
  ml_table *expected = golden_table(name, 1);
  ml_matrix *matrix = extract(input, "kx-strict");
  golden_comparison c = {0};
  assert_int_equal(matrix->n_columns, 283);
  for (size_t i = 0; i < expected->n_rows; i++) compare_row(&c, expected, i, matrix);
  golden_conclude(name, &c);
  ml_matrix_free(matrix);
  ml_table_free(expected);
}

static void random_series(void **state) {
  (void)state;
  check_set("inputs/random.csv", "kx/random.kx-strict.csv");
}

static void gunpoint(void **state) {
  (void)state;
  check_set("inputs/gunpoint.csv", "kx/gunpoint.kx-strict.csv");
}

static const char *const mended[] = {"_eRatioByChunk_", "_fftAggreg_kurtosis", "_changeQuant_",
                                     "_indexMassQuantile_"};

/* What is mended differs, and nothing else: names are the same. */
static void mended_and_strict(void **state) {
  (void)state;
  if (!golden_path("inputs/random.csv")) skip();
  ml_matrix *kx = extract("inputs/random.csv", "kx");
  ml_matrix *strict = extract("inputs/random.csv", "kx-strict");
  assert_int_equal(kx->n_columns, strict->n_columns);
  for (size_t j = 0; j < kx->n_columns; j++) {
    bool is_mended = false;
    assert_string_equal(kx->columns[j], strict->columns[j]);
    for (size_t k = 0; k < sizeof mended / sizeof *mended; k++)
      is_mended |= strstr(kx->columns[j], mended[k]) != NULL;
    for (size_t i = 0; i < kx->n_rows && !is_mended; i++)
      expect_same(kx->columns[j], kx->values[i * kx->n_columns + j],
                  strict->values[i * kx->n_columns + j]);
  }
  ml_matrix_free(kx);
  ml_matrix_free(strict);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(random_series),
      cmocka_unit_test(gunpoint),
      cmocka_unit_test(mended_and_strict),
  };
  return cmocka_run_group_tests_name("golden/kx", tests, NULL, NULL);
}
