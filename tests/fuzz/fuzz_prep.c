/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Steps of preprocessing as text: what is read has a text that says the same, and does to a small
 * dataset what it says or fails with words. */
#include <stdlib.h>
#include <string.h>

#include <ml/ml.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n);

static void check(bool holds) {
  if (!holds) abort();
}

static void check_error(ml_status status, const ml_error *err) {
  check(status == ML_ERR_USAGE || status == ML_ERR_NUMERIC);
  check(err->status == status && err->message[0] && !strchr(err->message, '\n'));
}

static void use(const ml_prep *prep) {
  static const double x[] = {1, 2, 3, 4, 0, 1, 1, 0, 7, 7, 7, 7};
  static const double y[] = {2, 1, 4, 3};
  static char *names[] = {"a", "colour", "b,c"}, *labels[] = {"blue", "red"};
  static ml_levels categories[] = {{0}, {.labels = labels, .n = 2}, {0}};
  const ml_dataset data = {.n_rows = 4,
                           .n_features = 3,
                           .x = x,
                           .names = names,
                           .categories = categories,
                           .problem = ML_REGRESSION,
                           .y = (double *)(uintptr_t)y};
  ml_error err = {0};
  ml_prepared *p = NULL;
  ml_status status = ml_prep_check(prep, &data, &err);
  if (status == ML_OK) status = ml_prep_fit(prep, &data, NULL, 0, &p, &err);
  if (status != ML_OK) {
    check_error(status, &err);
    return;
  }
  const size_t n = ml_prepared_n_columns(p);
  double *out = calloc(n + 1, 4 * sizeof *out);
  check(out && n > 0);
  for (size_t j = 0; j < n; j++) check(ml_prepared_name(p, j)[0]);
  check(ml_prepared_apply(p, &data, NULL, 4, out, 4, &err) == ML_OK);
  for (size_t i = 0; i < 4 * n; i++) check(out[i] == out[i]);
  free(out);
  ml_prepared_free(p);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n) {
  char *text = malloc(n + 1);
  ml_prep *prep = NULL, *again = NULL;
  ml_error err = {0};
  if (!text) abort();
  if (n > 0) memcpy(text, bytes, n);
  text[n] = 0;
  ml_status status = ml_prep_parse(text, &prep, &err);
  free(text);
  if (status != ML_OK) {
    check_error(status, &err);
    return 0;
  }
  check(ml_prep_parse(ml_prep_text(prep), &again, &err) == ML_OK);
  check(strcmp(ml_prep_text(prep), ml_prep_text(again)) == 0);
  use(prep);
  ml_prep_free(prep);
  ml_prep_free(again);
  return 0;
}
