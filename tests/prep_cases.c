/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "prep_cases.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "support.h"

ml_prep *prep_parse(const char *text) {
  ml_prep *prep = NULL;
  ml_error err = {0};
  if (ml_prep_parse(text, &prep, &err) != ML_OK) fail_msg("%s: %s", text, err.message);
  return prep;
}

ml_prepared *prep_fit(const char *text, const ml_dataset *data, const uint32_t *rows, size_t n) {
  ml_prep *prep = prep_parse(text);
  ml_prepared *prepared = NULL;
  ml_error err = {0};
  if (ml_prep_check(prep, data, &err) != ML_OK || ml_prep_fit(prep, data, rows, n, &prepared, &err))
    fail_msg("%s: %s", text, err.message);
  ml_prep_free(prep);
  return prepared;
}

void expect_prepared(const char *text, const ml_dataset *data, size_t n, const char *want) {
  char got[2048] = "";
  ml_error err = {0};
  uint32_t rows[64];
  for (size_t i = 0; i < n; i++) rows[i] = (uint32_t)i;
  ml_prepared *p = prep_fit(text, data, rows, n);
  const size_t n_columns = ml_prepared_n_columns(p), stride = data->n_rows + 3;
  double *out = calloc(n_columns * stride, sizeof *out);
  assert_int_equal(ml_prepared_apply(p, data, NULL, data->n_rows, out, stride, &err), ML_OK);
  for (size_t j = 0; j < n_columns; j++)
    snprintf(got + strlen(got), sizeof got - strlen(got), "%s%s", j ? " " : "",
             ml_prepared_name(p, j));
  for (size_t i = 0; i < data->n_rows; i++)
    for (size_t j = 0; j < n_columns; j++)
      snprintf(got + strlen(got), sizeof got - strlen(got), "%s%.6g", j ? " " : "; ",
               out[j * stride + i]);
  assert_string_equal(got, want);
  free(out);
  ml_prepared_free(p);
}

ml_dataset five_rows(void) {
  static const double x[] = {1,  2, NAN, 6,   100, /* a */
                             1,  0, 1,   NAN, 2,   /* colour */
                             -4, 0, 4,   0,   8};  /* b */
  static char *names[] = {"a", "colour", "b"}, *labels[] = {"blue", "red", "white"};
  static ml_levels categories[] = {{0}, {.labels = labels, .n = 3}, {0}};
  static double y[] = {1, 2, 3, 4, 5};
  return (ml_dataset){.n_rows = 5,
                      .n_features = 3,
                      .x = x,
                      .names = names,
                      .categories = categories,
                      .problem = ML_REGRESSION,
                      .y = y};
}

void expect_unfit(const char *text, const ml_dataset *data, const char *want) {
  ml_prep *prep = prep_parse(text);
  ml_error err = {0};
  assert_int_equal(ml_prep_check(prep, data, &err), ML_ERR_USAGE);
  assert_string_equal(err.message, want);
  ml_prep_free(prep);
}

void expect_no_fit(const char *text, const ml_dataset *data, size_t n, const char *want) {
  static const uint32_t rows[] = {0, 1, 2, 3, 4};
  ml_prep *prep = prep_parse(text);
  ml_prepared *p = (ml_prepared *)1;
  ml_error err = {0};
  assert_int_equal(ml_prep_fit(prep, data, rows, n, &p, &err), ML_ERR_NUMERIC);
  assert_string_equal(err.message, want);
  assert_ptr_equal(p, (ml_prepared *)1);
  ml_prep_free(prep);
}
