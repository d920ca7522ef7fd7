/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Scores and out-of-fold predictions of the reference; leakage. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "golden_xval.h"

/* ---- comparison ------------------------------------------------------------------------------ */

static void expect_oof(const ml_xval_result *r, const char *file) {
  char name[200];
  snprintf(name, sizeof name, "xval/%s", file);
  ml_table *t = golden_table(name, SIZE_MAX);
  if (!t) fail_msg("%s is not there", name);
  const ml_predicted *p = r->predicted;
  assert_non_null(p);
  assert_int_equal(p->n, t->n_rows);
  for (size_t i = 0; i < p->n; i++) {
    size_t at = 0; /* the file may have another order */
    while (at < p->n && (p->row[at] != (uint32_t)atoi(golden_label(t, i, 0)) ||
                         p->fold[at] != (uint32_t)atoi(golden_label(t, i, 1))))
      at++;
    if (at == p->n)
      fail_msg("%s: row %s of fold %s is missing", name, golden_label(t, i, 0),
               golden_label(t, i, 1));
    if (p->values)
      expect_close(name, p->values[at], strtod(golden_label(t, i, 3), NULL), 1e-8, 1e-8);
    if (p->classes)
      assert_string_equal(r->data->classes.labels[p->classes[at]], golden_label(t, i, 3));
    for (size_t k = 0; p->scores && k < r->data->classes.n; k++)
      expect_close(name, p->scores[at * r->data->classes.n + k],
                   strtod(golden_label(t, i, 4 + k), NULL), 1e-6, 1e-6);
  }
  ml_table_free(t);
}

/* ---- scores ---------------------------------------------------------------------------------- */

static void score_case(const json_t *manifest, const json_t *one) {
  asked a;
  ask(manifest, one, field(one, "folds"), &a);
  a.opts.keep_predictions = field(one, "oof") != NULL;
  ml_xval_result *r = run(&a, NULL);
  expect_candidate(r, 0, field(one, "folds"), field(one, "mean"), field(one, "std"),
                   field(one, "pooled"));
  if (field(one, "oof")) expect_oof(r, text_of(one, "oof"));
  ml_xval_free(r);
  release(&a);
}

static void scores(void **state) {
  (void)state;
  static const char *const models[] = {"dummy_regressor",
                                       "dummy_classifier",
                                       "ols",
                                       "ridge",
                                       "lasso",
                                       "elastic_net",
                                       "logistic",
                                       "gaussian_nb",
                                       "knn_classifier",
                                       "knn_regressor",
                                       "decision_tree_classifier",
                                       "decision_tree_regressor"};
  json_t *manifest = golden_json("xval/manifest.json");
  size_t n = 0;
  for (size_t i = 0; i < sizeof models / sizeof *models; i++) {
    char name[100];
    snprintf(name, sizeof name, "xval/scores/%s.json", models[i]);
    json_t *root = golden_json(name);
    const json_t *cases = field(root, "cases");
    for (size_t k = 0; k < json_array_size(cases); k++, n++)
      score_case(manifest, json_array_get(cases, k));
    json_decref(root);
  }
  print_message("%zu cases of scores\n", n);
  json_decref(manifest);
}

/* ---- leakage --------------------------------------------------------------------------------- */

static void selection_within_folds_does_not_leak(void **state) {
  (void)state;
  json_t *manifest = golden_json("xval/manifest.json"),
         *root = golden_json("xval/scores/leakage.json");
  const json_t *cases = field(root, "cases");
  for (size_t i = 0; i < json_array_size(cases); i++) {
    const json_t *one = json_array_get(cases, i);
    char text[40];
    asked a;
    ml_error err = {0};
    ask(manifest, one, NULL, &a);
    /* The file says alpha 20, and its scores are those of alpha 1: scores/ridge.json has them. */
    ml_model_defaults(a.model, a.fixed);
    snprintf(text, sizeof text, "select-corr=%lld",
             (long long)json_integer_value(field(one, "select")));
    assert_int_equal(ml_prep_parse(text, &a.prep, &err), ML_OK);
    assert_int_equal(ml_metric_parse("r2", a.metrics, &err), ML_OK);
    a.opts.n_metrics = 1;
    a.opts.prep = a.prep;
    ml_xval_result *r = run(&a, NULL);
    for (size_t f = 0; f < r->n_folds; f++)
      expect_number("r2", r->candidates[0].folds[f].scores[0],
                    json_array_get(field(one, "r2_inside_folds"), f));
    ml_xval_free(r);
    release(&a);
  }
  json_decref(root);
  json_decref(manifest);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(scores),
      cmocka_unit_test(selection_within_folds_does_not_leak),
  };
  return cmocka_run_group_tests_name("golden/xval", tests, NULL, NULL);
}
