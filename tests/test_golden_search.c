/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Grids, nested searches, leave-one-out and generalised cross-validation of the reference. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "golden_xval.h"

/* ---- grids ----------------------------------------------------------------------------------- */

static ml_candidates *candidates_of(const asked *a, const json_t *grid) {
  enum { KEYS = 8 };
  char specs[KEYS][1000];
  const char *texts[KEYS];
  ml_candidates *c = NULL;
  ml_error err = {0};
  size_t n = json_array_size(grid);
  for (size_t k = 0; k < n && k < KEYS; k++) {
    const json_t *values = json_array_get(json_array_get(grid, k), 1);
    int at = snprintf(specs[k], sizeof specs[k],
                      "%s=", json_string_value(json_array_get(json_array_get(grid, k), 0)));
    for (size_t i = 0; i < json_array_size(values); i++) {
      char *text = value_text(json_array_get(values, i));
      at += snprintf(specs[k] + at, sizeof specs[k] - (size_t)at, "%s%s", i ? "," : "", text);
      free(text);
    }
    texts[k] = specs[k];
  }
  if (ml_candidates_make(a->model, a->fixed, texts, n, NULL, &c, &err) != ML_OK)
    fail_msg("%s: %s", current, err.message);
  return c;
}

static void expect_same_params(const asked *a, const ml_candidates *c, const json_t *want) {
  assert_int_equal(c->n, json_array_size(want));
  for (size_t i = 0; i < c->n; i++) {
    double params[64];
    set_params(a->model, json_array_get(want, i), params);
    assert_memory_equal(params, c->values + i * c->n_params, c->n_params * sizeof *params);
  }
}

static void check_holdout(const json_t *one, const asked *a, const ml_candidates *candidates) {
  const json_t *holdout = field(one, "holdout");
  const char *name;
  json_t *score;
  size_t k = 0;
  asked all = *a;
  if (!holdout) return;
  /* The first metric decides here as well, and all others of the holdout are wanted. */
  ml_metric first = a->metrics[0];
  all.metrics[0] = first;
  all.opts.metrics = all.metrics;
  all.opts.n_metrics = 1 + parse_metrics(field(holdout, "scores"), all.metrics + 1);
  ml_xval_result *r = run(&all, candidates);
  assert_non_null(r->holdout);
  assert_int_equal(r->holdout->best, json_integer_value(field(one, "best_index")));
  assert_int_equal(r->holdout->n_train, json_integer_value(field(holdout, "train_rows")));
  assert_int_equal(r->holdout->n_test, json_integer_value(field(holdout, "test_rows")));
  json_object_foreach((json_t *)field(holdout, "scores"), name, score) {
    expect_number(name, r->holdout->scores[1 + k++], score);
  }
  ml_xval_free(r);
}

static void check_one_se(const json_t *one, asked *a, const ml_candidates *candidates) {
  if (!field(one, "one_se")) return;
  a->opts.pick = ML_PICK_1SE;
  ml_xval_result *r = run(a, candidates);
  assert_int_equal(r->best, json_integer_value(field(field(one, "one_se"), "index")));
  assert_int_equal(r->best_by_mean, json_integer_value(field(one, "best_index")));
  ml_xval_free(r);
}

static void grid_case(const json_t *manifest, const json_t *one) {
  asked a;
  const json_t *expected = field(one, "scores");
  ask(manifest, one, json_array_get(expected, 0), &a);
  if (field(one, "holdout"))
    a.opts.holdout = json_number_value(field(field(one, "holdout"), "size"));
  ml_candidates *candidates = candidates_of(&a, field(one, "grid"));
  expect_same_params(&a, candidates, field(one, "candidates"));
  ml_xval_result *r = run(&a, candidates);
  assert_int_equal(r->n_candidates, json_array_size(expected));
  for (size_t c = 0; c < r->n_candidates; c++) {
    /* Means are lists over candidates, of the first metric. */
    expect_candidate(r, c, json_array_get(expected, c), NULL, NULL, NULL);
    expect_number("mean", r->candidates[c].mean[0], json_array_get(field(one, "mean"), c));
    expect_number("std", r->candidates[c].sd[0], json_array_get(field(one, "std"), c));
    assert_int_equal(r->candidates[c].rank,
                     json_integer_value(json_array_get(field(one, "rank"), c)));
  }
  assert_int_equal(r->best, json_integer_value(field(one, "best_index")));
  ml_xval_free(r);
  check_holdout(one, &a, candidates);
  check_one_se(one, &a, candidates);
  ml_candidates_free(candidates);
  release(&a);
}

static void grids(void **state) {
  (void)state;
  json_t *manifest = golden_json("xval/manifest.json"), *root = golden_json("xval/grid/grid.json");
  const json_t *cases = field(root, "cases");
  for (size_t i = 0; i < json_array_size(cases); i++) grid_case(manifest, json_array_get(cases, i));
  json_decref(root);
  json_decref(manifest);
}

/* ---- nested ---------------------------------------------------------------------------------- */

static void nested_case(const json_t *manifest, const json_t *one) {
  asked a;
  ml_error err = {0};
  ask(manifest, one, NULL, &a);
  char *outer = strdup(scheme_of(field(one, "outer")));
  a.opts.cv = scheme_of(field(one, "inner"));
  a.opts.nested = outer;
  assert_int_equal(ml_metric_parse(text_of(one, "scoring"), a.metrics, &err), ML_OK);
  a.opts.n_metrics = 1;
  ml_candidates *candidates = candidates_of(&a, field(one, "grid"));
  ml_xval_result *r = run(&a, candidates);
  const json_t *folds = field(one, "outer_folds");
  double mean = 0;
  assert_int_equal(r->n_outer, json_array_size(folds));
  for (size_t o = 0; o < r->n_outer; o++) {
    const json_t *want = json_array_get(folds, o);
    for (size_t c = 0; c < candidates->n; c++)
      expect_number("inner mean", r->outer[o].inner_mean[c],
                    json_array_get(field(want, "inner_mean"), c));
    assert_int_equal(r->outer[o].best, json_integer_value(field(want, "best_index")));
    expect_number("outer score", r->outer[o].scores[0], field(want, "outer_score"));
    mean += r->outer[o].scores[0] / (double)r->n_outer;
  }
  expect_number("mean", mean, field(one, "mean"));
  ml_xval_free(r);
  ml_candidates_free(candidates);
  free(outer);
  release(&a);
}

static void nested_searches(void **state) {
  (void)state;
  json_t *manifest = golden_json("xval/manifest.json"),
         *root = golden_json("xval/grid/nested.json");
  const json_t *cases = field(root, "cases");
  for (size_t i = 0; i < json_array_size(cases); i++)
    nested_case(manifest, json_array_get(cases, i));
  json_decref(root);
  json_decref(manifest);
}

/* ---- leave-one-out and generalised cross-validation ------------------------------------------ */

static void loo_case(const json_t *manifest, const json_t *one) {
  ml_error err = {0};
  asked a;
  char spec[1000] = "alpha=";
  const char *const specs[] = {spec};
  const json_t *alphas = field(one, "alphas");
  ml_candidates *candidates = NULL;
  current = text_of(one, "name");
  tolerance = json_number_value(field(one, "rel_tol"));
  a.data = read_data(manifest, text_of(one, "dataset"));
  assert_int_equal(ml_model_find("ridge", NULL, &a.model, &err), ML_OK);
  ml_model_defaults(a.model, a.fixed);
  for (size_t i = 0; i < json_array_size(alphas); i++)
    snprintf(spec + strlen(spec), sizeof spec - strlen(spec), "%s%.17g", i ? "," : "",
             json_number_value(json_array_get(alphas, i)));
  assert_int_equal(ml_candidates_make(a.model, a.fixed, specs, 1, NULL, &candidates, &err), ML_OK);
  assert_int_equal(ml_metric_parse("mse", a.metrics, &err), ML_OK);
  a.opts = (ml_xval_opts){.cv = "loo",
                          .metrics = a.metrics,
                          .n_metrics = 1,
                          .fit_unweighted = true,
                          .score_unweighted = true};
  ml_xval_result *r = run(&a, candidates);
  for (size_t c = 0; c < r->n_candidates; c++)
    expect_number("loo", r->candidates[c].mean[0], json_array_get(field(one, "loo_mse"), c));
  assert_int_equal(r->best, json_integer_value(field(one, "best_index")));
  ml_xval_free(r);
  a.opts = (ml_xval_opts){.cv = "gcv", .fit_unweighted = true};
  r = run(&a, candidates);
  assert_int_equal(r->n_folds, 1);
  assert_string_equal(r->metrics[0].info->name, "gcv");
  for (size_t c = 0; c < r->n_candidates; c++)
    expect_number("gcv", r->candidates[c].mean[0], json_array_get(field(one, "gcv"), c));
  ml_xval_free(r);
  ml_candidates_free(candidates);
  ml_dataset_free(a.data);
}

static void leave_one_out(void **state) {
  (void)state;
  json_t *manifest = golden_json("xval/manifest.json"),
         *root = golden_json("xval/grid/ridge_loo.json");
  const json_t *cases = field(root, "cases");
  for (size_t i = 0; i < json_array_size(cases); i++) loo_case(manifest, json_array_get(cases, i));
  json_decref(root);
  json_decref(manifest);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(grids),
      cmocka_unit_test(nested_searches),
      cmocka_unit_test(leave_one_out),
  };
  return cmocka_run_group_tests_name("golden/search", tests, NULL, NULL);
}
