/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Files of pipelines: what is taken predicts, reads a file, and writes one that is taken again and
 * says the same; else there are words. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <ml/ml.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n);

static void check(bool holds) {
  if (!holds) abort();
}

static void check_error(ml_status status, const ml_error *err) {
  check(status == ML_ERR_PARSE || status == ML_ERR_USAGE || status == ML_ERR_NUMERIC);
  check(err->status == status && err->message[0] && !strchr(err->message, '\n'));
}

/* Rows of zeros, ones and what is missing. */
static void predict(const ml_pipeline *p) {
  enum { ROWS = 3 };
  size_t n_features, n_classes;
  ml_pipeline_features(p, &n_features);
  ml_pipeline_classes(p, &n_classes);
  double *x = calloc(ROWS * n_features + 1, sizeof *x),
         *out = calloc(ROWS * (n_classes + 1), sizeof *out);
  check(x && out && n_features > 0 && ml_pipeline_target(p) && ml_pipeline_model(p));
  for (size_t j = 0; j < n_features; j++) {
    x[j * ROWS + 1] = 1;
    x[j * ROWS + 2] = (double)j - 1e300;
  }
  const ml_dataset data = {.n_rows = ROWS, .n_features = n_features, .x = x};
  ml_error err = {0};
  const ml_status status = ml_pipeline_predict(p, &data, out, &err);
  if (status != ML_OK) check_error(status, &err);
  free(x);
  free(out);
}

static void check_importance(const ml_pipeline *p) {
  size_t n, n_columns = 0;
  const double *importance = ml_pipeline_importance(p, &n);
  check(!importance == !ml_pipeline_importance_is(p));
  if (!importance) return;
  while (ml_pipeline_column(p, n_columns)) n_columns++;
  check(n == n_columns);
  for (size_t j = 0; j < n; j++) check(isfinite(importance[j]) && importance[j] >= 0);
}

static void write_again(const ml_pipeline *p) {
  ml_pipeline *again = NULL;
  ml_buf text = {0}, text_again = {0};
  ml_error err = {0};
  check(ml_pipeline_json(p, &text, &err) == ML_OK);
  check(ml_pipeline_parse(text.data, text.n, "again", &again, &err) == ML_OK);
  check(ml_pipeline_json(again, &text_again, &err) == ML_OK);
  check(text.n == text_again.n && memcmp(text.data, text_again.data, text.n) == 0);
  ml_buf_release(&text);
  ml_buf_release(&text_again);
  ml_pipeline_free(again);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n) {
  ml_pipeline *p = NULL;
  ml_error err = {0};
  const ml_status status = ml_pipeline_parse((const char *)bytes, n, "file", &p, &err);
  if (status != ML_OK) {
    check_error(status, &err);
    check(strcmp(err.source, "file") == 0);
    return 0;
  }
  check_importance(p);
  predict(p);
  write_again(p);
  ml_pipeline_free(p);
  return 0;
}
