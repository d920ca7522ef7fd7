/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Memory that runs out while a pipeline is fitted, saved, loaded and asked. */
#include "memory.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static char table_path[128], series_path[128], json_path[128];

static void write_file(const char *path, const char *text) {
  FILE *f = fopen(path, "wb");
  assert_non_null(f);
  assert_true(fputs(text, f) >= 0);
  assert_int_equal(fclose(f), 0);
}

/* ---- a table ----------------------------------------------------------------------------------
 */

static ml_dataset *data;      /* of the table */
static ml_pipeline *pipeline; /* of one of both */

static ml_status fit_table(ml_error *err) {
  const ml_model *model = NULL;
  ml_prep *prep = NULL;
  ml_pipeline *p = NULL;
  ml_status status = ml_model_find("decision_tree", NULL, &model, err);
  if (status == ML_OK)
    status = ml_prep_parse("impute=median,one-hot=colour,select=k:2", &prep, err);
  if (status == ML_OK) {
    const ml_pipeline_opts opts = {.prep = prep, .model = model};
    status = ml_pipeline_fit(data, &opts, &p, err);
  }
  if (status != ML_OK) assert_null(p);
  ml_prep_free(prep);
  if (pipeline || status != ML_OK)
    ml_pipeline_free(p);
  else
    pipeline = p;
  return status;
}

static ml_status save(ml_error *err) {
  return ml_pipeline_save(pipeline, json_path, err);
}

static ml_status load(ml_error *err) {
  ml_pipeline *p = NULL;
  ml_status status = ml_pipeline_load(json_path, &p, err);
  if (status != ML_OK) assert_null(p);
  ml_pipeline_free(p);
  return status;
}

static ml_status predict_from(const char *path, ml_error *err) {
  ml_dataset *new = NULL;
  double out[64];
  ml_status status = ml_pipeline_read(pipeline, path, NULL, NULL, &new, err);
  if (status == ML_OK)
    status = ml_pipeline_predict(pipeline, new, out, err);
  else
    assert_null(new);
  ml_dataset_free(new);
  return status;
}

/* The same as they come. */
static ml_status stream_from(const char *path, ml_error *err) {
  ml_pipeline_stream *stream = NULL;
  ml_dataset *new = NULL;
  double out[64];
  bool is_end = false;
  ml_status status = ml_pipeline_stream_open(pipeline, path, NULL, 1, &stream, err);
  while (status == ML_OK) {
    status = ml_pipeline_stream_wait(stream, &is_end, err);
    if (status != ML_OK || is_end) break;
    status = ml_pipeline_stream_read(stream, NULL, &new, err);
    if (status != ML_OK) assert_null(new);
    if (status == ML_OK) status = ml_pipeline_predict(pipeline, new, out, err);
    ml_dataset_free(new);
    new = NULL;
  }
  ml_pipeline_stream_close(stream);
  return status;
}

static ml_status stream_table(ml_error *err) {
  return stream_from(table_path, err);
}

static ml_status predict_table(ml_error *err) {
  return predict_from(table_path, err);
}

static void table(void **state) {
  (void)state;
  const ml_dataset_opts opts = {.target = "y"};
  ml_error err = {0};
  write_file(table_path, "id,a,colour,y\nr,1,red,a\ns,2,blue,b\nt,,red,a\nu,4,,b\n");
  assert_int_equal(ml_dataset_read(table_path, &opts, NULL, &data, &err), ML_OK);
  assert_int_equal(fit_table(&err), ML_OK);
  assert_int_equal(save(&err), ML_OK);
  fail_each("fit a table", fit_table, 0);
  fail_each("save", save, 2); /* to sync the folder, to look for an older pickle */
  fail_each("load", load, 0);
  fail_each("predict of a table", predict_table, 0);
  fail_each("rows of a table as they come", stream_table, 0);
  ml_pipeline_free(pipeline);
  pipeline = NULL;
  ml_dataset_free(data);
}

/* ---- importance -------------------------------------------------------------------------------
 */

static ml_status fit_wide(ml_error *err) {
  const ml_model *model = NULL;
  ml_pipeline *p = NULL;
  ml_status status = ml_model_find("decision_tree", NULL, &model, err);
  if (status == ML_OK) status = ml_pipeline_fit(data, &(ml_pipeline_opts){.model = model}, &p, err);
  if (status != ML_OK) assert_null(p);
  if (pipeline || status != ML_OK)
    ml_pipeline_free(p);
  else
    pipeline = p;
  return status;
}

/* The file with a long text in place of what importance is. */
static void write_long(void) {
  enum { LENGTH = 2 << 20 };
  static char filler[LENGTH + 1];
  ml_buf json = {0}, text = {0};
  assert_int_equal(ml_pipeline_json(pipeline, &json, NULL), ML_OK);
  ml_buf_put(&json, "", 1);
  assert_false(json.failed);
  const char *at = strstr(json.data, "\"is\":\"");
  assert_non_null(at);
  memset(filler, 'x', LENGTH);
  ml_buf_put(&text, json.data, (size_t)(at + 6 - json.data));
  ml_buf_puts(&text, filler);
  ml_buf_puts(&text, at + 6);
  ml_buf_put(&text, "", 1);
  assert_false(text.failed);
  write_file(json_path, text.data);
  ml_buf_release(&json);
  ml_buf_release(&text);
}

/* So many columns, and so long a text, that an arena has no room left for them. */
static void importance(void **state) {
  (void)state;
  enum { COLUMNS = 600 };
  const ml_dataset_opts opts = {.target = "y"};
  ml_error err = {0};
  ml_buf text = {0};
  for (size_t i = 0; i < 5; i++) {
    for (size_t j = 0; j < COLUMNS; j++)
      ml_buf_printf(&text, "%s%zu,", i ? "" : "c", i ? i * (j + 1) % 7 : j);
    ml_buf_printf(&text, "%s\n", i ? i % 2 ? "a" : "b" : "y");
  }
  ml_buf_put(&text, "", 1);
  assert_false(text.failed);
  write_file(table_path, text.data);
  ml_buf_release(&text);
  assert_int_equal(ml_dataset_read(table_path, &opts, NULL, &data, &err), ML_OK);
  assert_int_equal(fit_wide(&err), ML_OK);
  write_long();
  fail_each("fit a wide table", fit_wide, 0);
  fail_each("load importance", load, 0);
  ml_pipeline_free(pipeline);
  pipeline = NULL;
  ml_dataset_free(data);
}

/* ---- series -----------------------------------------------------------------------------------
 */

static const ml_series_opts columns = {.target = "y"};

static ml_status fit_series(ml_error *err) {
  ml_series_set *set = NULL;
  ml_fresh_settings *settings = NULL;
  ml_matrix *matrix = NULL;
  ml_target *target = NULL;
  ml_dataset *made = NULL;
  ml_pipeline *p = NULL;
  const ml_model *model = NULL;
  ml_status status = ml_series_read(series_path, &columns, &set, err);
  if (status == ML_OK) status = ml_fresh_settings_features("mean,maximum", &settings, err);
  if (status == ML_OK) status = ml_fresh_extract(set, settings, NULL, NULL, &matrix, err);
  if (status == ML_OK) status = ml_target_of_series(set, ML_CLASSIFICATION, &target, err);
  if (status == ML_OK) status = ml_dataset_of_matrix(matrix, target, NULL, &made, err);
  if (status == ML_OK) status = ml_model_find("gaussian_nb", NULL, &model, err);
  if (status == ML_OK) {
    const ml_pipeline_opts opts = {
        .model = model, .set = set, .settings = settings, .columns = &columns};
    status = ml_pipeline_fit(made, &opts, &p, err);
  }
  ml_dataset_free(made);
  ml_target_free(target);
  ml_matrix_free(matrix);
  ml_fresh_settings_free(settings);
  ml_series_free(set);
  if (pipeline || status != ML_OK)
    ml_pipeline_free(p);
  else
    pipeline = p;
  return status;
}

static ml_status predict_series(ml_error *err) {
  return predict_from(series_path, err);
}

static ml_status stream_series(ml_error *err) {
  return stream_from(series_path, err);
}

static void series(void **state) {
  (void)state;
  ml_error err = {0};
  write_file(series_path,
             "id,time,v,y\n1,0,1,a\n1,1,2,a\n2,0,5,b\n2,1,6,b\n3,0,2,a\n3,1,1,a\n"
             "4,0,7,b\n4,1,4,b\n");
  assert_int_equal(fit_series(&err), ML_OK);
  assert_int_equal(save(&err), ML_OK);
  fail_each("fit series", fit_series, 0);
  fail_each("load a pipeline of series", load, 0);
  fail_each("predict of series", predict_series, 0);
  fail_each("series as they come", stream_series, 0);
  ml_pipeline_free(pipeline);
  pipeline = NULL;
}

/* Some ids lack a kind: the model takes no missing values, which is as far as it gets. */
static ml_status stream_kinds(ml_error *err) {
  const ml_status status = stream_from(series_path, err);
  return status == ML_ERR_PARSE && strstr(err->message, "is missing") ? ML_OK : status;
}

static void kinds(void **state) {
  (void)state;
  ml_error err = {0};
  write_file(series_path,
             "id,time,kind,value,y\n1,0,u,1,a\n1,0,v,2,a\n2,0,u,5,b\n2,0,v,6,b\n"
             "3,0,u,2,a\n3,0,v,1,a\n4,0,u,7,b\n4,0,v,4,b\n");
  assert_int_equal(fit_series(&err), ML_OK);
  write_file(series_path, "id,time,kind,value\n1,0,u,1\n1,0,v,2\n2,0,u,5\n");
  assert_int_equal(stream_from(series_path, &err), ML_ERR_PARSE);
  fail_each("series without a kind", stream_kinds, 0);
  ml_pipeline_free(pipeline);
  pipeline = NULL;
}

int main(void) {
  snprintf(table_path, sizeof table_path, "%s/table.csv", temp_dir());
  snprintf(series_path, sizeof series_path, "%s/series.csv", temp_dir());
  snprintf(json_path, sizeof json_path, "%s/model.json", temp_dir());
  const struct CMUnitTest tests[] = {cmocka_unit_test(table), cmocka_unit_test(importance),
                                     cmocka_unit_test(series), cmocka_unit_test(kinds)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
