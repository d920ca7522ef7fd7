/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Data and helpers for the tests of pipelines. */
#include "pipeline_cases.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const char *pipeline_path(const char *name) {
  static char paths[8][512];
  static int next;
  char *path = paths[next++ % 8];
  snprintf(path, sizeof paths[0], "%s/%s", temp_dir(), name);
  return path;
}

const char *pipeline_file(const char *name, const char *text) {
  const char *path = pipeline_path(name);
  FILE *f = fopen(path, "wb");
  assert_non_null(f);
  assert_true(fputs(text, f) >= 0);
  assert_int_equal(fclose(f), 0);
  return path;
}

static double uniform(uint64_t *state) {
  return (double)(next_random(state) >> 11) * 0x1p-53;
}

static void put_row(ml_buf *out, size_t i, unsigned traits, uint64_t *state) {
  static const char *const colours[] = {"red", "deep, blue", "green"}, *const kinds[] = {"calm",
                                                                                         "storm",
                                                                                         "worse"};
  double x[5];
  for (size_t j = 0; j < 5; j++) x[j] = uniform(state) * 4 - 2;
  const size_t colour = next_random(state) % 3;
  const double score = x[0] - 2 * x[1] + (colour == 1) + 0.3 * uniform(state);
  const size_t kind = score < -1 ? 0 : score < 1.5 ? 1 : 2;
  const bool missing = traits & PIPELINE_MISSING && next_random(state) % 8 == 0;
  if (traits & PIPELINE_IDS) ml_buf_printf(out, "row %zu,", i);
  for (size_t j = 0; j < 5; j++) {
    if (j == 2 && missing)
      ml_buf_puts(out, ",");
    else
      ml_buf_printf(out, "%.9g,", x[j]);
  }
  if (traits & PIPELINE_TEXTS) {
    ml_buf_csv_cell(out, missing ? "" : colours[colour]);
    ml_buf_puts(out, ",");
  }
  if (traits & PIPELINE_WEIGHTS) ml_buf_printf(out, "%d,", (int)(next_random(state) % 4));
  ml_buf_printf(out, "%s,%.9g\n", kinds[kind], score);
}

char *pipeline_csv(size_t n_rows, unsigned traits, uint64_t seed) {
  ml_buf out = {0};
  ml_buf_printf(&out, "%sa,b,c,d,e,%s%skind,size\n", traits & PIPELINE_IDS ? "name," : "",
                traits & PIPELINE_TEXTS ? "colour," : "", traits & PIPELINE_WEIGHTS ? "w," : "");
  for (size_t i = 0; i < n_rows; i++) put_row(&out, i, traits, &seed);
  ml_buf_put(&out, "", 1);
  assert_false(out.failed);
  return out.data;
}

ml_dataset *pipeline_data(const char *path, const char *target, unsigned traits) {
  ml_dataset *data = NULL;
  ml_error err = {0};
  const ml_dataset_opts opts = {.target = target,
                                .id = traits & PIPELINE_IDS ? "name" : "",
                                .exclude = strcmp(target, "kind") == 0 ? "size" : "kind",
                                .weights = traits & PIPELINE_WEIGHTS ? "w" : NULL};
  if (ml_dataset_read(path, &opts, NULL, &data, &err) != ML_OK) fail_msg("%s", err.message);
  return data;
}

ml_pipeline *pipeline_fit_set(const ml_dataset *data, const char *name, const char *steps,
                              const char *const *settings) {
  const ml_model *model;
  ml_prep *prep = NULL;
  ml_pipeline *p = NULL;
  ml_error err = {0};
  double params[64];
  ml_status status = ml_model_find(name, NULL, &model, &err);
  if (status == ML_OK) {
    ml_model_defaults(model, params);
    for (size_t i = 0; settings && settings[i] && status == ML_OK; i++)
      status = ml_model_set(model, settings[i], params, &err);
  }
  if (status == ML_OK && steps) status = ml_prep_parse(steps, &prep, &err);
  const ml_pipeline_opts opts = {
      .prep = prep, .model = status == ML_OK ? model : NULL, .params = params, .seed = 7};
  if (status == ML_OK) status = ml_pipeline_fit(data, &opts, &p, &err);
  if (status != ML_OK) fail_msg("%s: %s", name, err.message);
  ml_prep_free(prep);
  return p;
}

ml_pipeline *pipeline_fit(const ml_dataset *data, const char *model, const char *prep) {
  return pipeline_fit_set(data, model, prep, NULL);
}

char *pipeline_json(const ml_pipeline *p, size_t *n) {
  ml_buf out = {0};
  ml_error err = {0};
  if (ml_pipeline_json(p, &out, &err) != ML_OK) fail_msg("%s", err.message);
  if (n) *n = out.n;
  ml_buf_put(&out, "", 1);
  assert_false(out.failed);
  return out.data;
}

ml_pipeline *pipeline_reload(const ml_pipeline *p) {
  size_t n;
  char *text = pipeline_json(p, &n), shown[1024];
  ml_pipeline *out = NULL;
  ml_error err = {0};
  if (ml_pipeline_parse(text, n, "m.json", &out, &err) != ML_OK) {
    ml_error_format(&err, shown, sizeof shown);
    fail_msg("%s\n%.2000s", shown, text);
  }
  free(text);
  return out;
}

double *pipeline_predict(const ml_pipeline *p, const ml_dataset *data, size_t *n) {
  size_t n_classes;
  ml_error err = {0};
  ml_pipeline_classes(p, &n_classes);
  const size_t width = n_classes ? n_classes : 1;
  double *out = calloc(data->n_rows * width + 1, sizeof *out);
  assert_non_null(out);
  if (ml_pipeline_predict(p, data, out, &err) != ML_OK) fail_msg("%s", err.message);
  if (n) *n = data->n_rows * width;
  return out;
}

void pipeline_expect_same(const char *label, const ml_pipeline *a, const ml_pipeline *b,
                          const ml_dataset *data) {
  size_t n, m;
  double *x = pipeline_predict(a, data, &n), *y = pipeline_predict(b, data, &m);
  assert_int_equal(n, m);
  for (size_t i = 0; i < n; i++)
    if (memcmp(&x[i], &y[i], sizeof *x) != 0)
      fail_msg("%s: prediction %zu is %.17g and %.17g", label, i, x[i], y[i]);
  free(x);
  free(y);
}

void pipeline_expect_refused(const char *text, ml_status status, const char *message) {
  ml_pipeline *p = (ml_pipeline *)1;
  ml_error err = {0};
  char shown[1024];
  const ml_status got = ml_pipeline_parse(text, strlen(text), "m.json", &p, &err);
  ml_error_format(&err, shown, sizeof shown);
  if (got == ML_OK) fail_msg("not refused: %s", message);
  assert_string_equal(shown, message);
  assert_int_equal(got, status);
  assert_int_equal(err.status, status);
  assert_ptr_equal(p, (ml_pipeline *)1);
}
