/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What models of users may say of their columns, and what pipelines keep of it. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "pipeline_cases.h"

/* What a user's model may say of its columns in place of two numbers. */
static double second;
static ml_status said;

static ml_status say(const void *fitted, const ml_view *train, double *out, ml_error *err) {
  (void)fitted;
  assert_int_equal(train->n_columns, 2);
  out[0] = 1;
  out[1] = second;
  return said == ML_OK ? ML_OK : ml_error_set(err, said, "it does not know");
}

static ml_status fit_saying(const ml_dataset *data, const char *is, double value, ml_status status,
                            ml_pipeline **out) {
  static ml_model model; /* which the pipeline refers to */
  const ml_model *ols;
  ml_error err = {0};
  assert_int_equal(ml_model_find("ols", NULL, &ols, NULL), ML_OK);
  model = *ols;
  model.importance = say;
  model.importance_is = is;
  second = value;
  said = status;
  const ml_status got = ml_pipeline_fit(data, &(ml_pipeline_opts){.model = &model}, out, &err);
  if (status != ML_ERR_MEMORY) assert_int_equal(err.status, ML_OK);
  return got;
}

static void expect_unsaid(const ml_pipeline *p) {
  size_t n = 1;
  assert_null(ml_pipeline_importance(p, &n));
  assert_int_equal(n, 0);
  assert_null(ml_pipeline_importance_is(p));
}

/* Nothing else depends on it: the model is fitted, and the file is one that can be read. */
static void importance_that_is_none(void **state) {
  (void)state;
  static const struct {
    const char *is;
    double value;
    ml_status status;
  } cases[] = {{"luck", NAN, ML_OK},        {"luck", INFINITY, ML_OK}, {"luck", -1e-300, ML_OK},
               {"luck", 1, ML_ERR_NUMERIC}, {"l\xff", 1, ML_OK},       {NULL, 1, ML_OK}};
  static const ml_dataset_opts opts = {.target = "y"};
  ml_dataset *data;
  assert_int_equal(ml_dataset_read(pipeline_file("d.csv", "a,b,y\n1,2,3.5\n2,1,4\n3,2,7\n"), &opts,
                                   NULL, &data, NULL),
                   ML_OK);
  ml_pipeline *p = NULL, *again;
  size_t n;
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    assert_int_equal(fit_saying(data, cases[i].is, cases[i].value, cases[i].status, &p), ML_OK);
    expect_unsaid(p);
    char *json = pipeline_json(p, NULL);
    assert_non_null(strstr(json, "},\"importance\":null,\"seed\""));
    free(json);
    again = pipeline_reload(p);
    expect_unsaid(again);
    ml_pipeline_free(p);
    ml_pipeline_free(again);
  }
  p = NULL;
  assert_int_equal(fit_saying(data, "luck", 1, ML_ERR_MEMORY, &p), ML_ERR_MEMORY);
  assert_null(p);
  assert_int_equal(fit_saying(data, "luck", 0.1, ML_OK, &p), ML_OK);
  again = pipeline_reload(p);
  expect_same("it says it", ml_pipeline_importance(again, &n)[1], 0.1);
  assert_string_equal(ml_pipeline_importance_is(again), "luck"); /* not what ols says now */
  ml_pipeline_free(p);
  ml_pipeline_free(again);
  ml_dataset_free(data);
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(importance_that_is_none)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
