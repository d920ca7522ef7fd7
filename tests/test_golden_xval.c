/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Scores, grids, nested searches and out-of-fold predictions of the reference. */
#include <jansson.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include "golden.h"

/* ---- files ----------------------------------------------------------------------------------- */

static json_t *read_json(const char *name) {
  static char text[1 << 22];
  json_error_t error;
  const char *path = golden_path(name);
  if (!path) fail_msg("%s is not there", name);
  gzFile file = gzopen(path, "rb");
  assert_non_null(file);
  int n = gzread(file, text, sizeof text);
  gzclose(file);
  assert_true(n > 0 && (size_t)n < sizeof text);
  json_t *root = json_loadb(text, (size_t)n, 0, &error);
  if (!root) fail_msg("%s: %s", name, error.text);
  return root;
}

static const json_t *field(const json_t *one, const char *name) {
  return json_object_get(one, name);
}

static const char *text_of(const json_t *one, const char *name) {
  return json_string_value(field(one, name));
}

static ml_dataset *read_data(const json_t *manifest, const char *name) {
  char file[100];
  const json_t *about = field(field(manifest, "datasets"), name);
  const char *task = text_of(about, "task"), *column;
  json_t *role;
  ml_dataset_opts opts = {
      .target = text_of(about, "target"),
      .problem = strcmp(task, "regression") == 0 ? ML_REGRESSION : ML_CLASSIFICATION};
  ml_dataset *data = NULL;
  ml_error err = {0};
  json_object_foreach((json_t *)field(about, "roles"), column, role) {
    if (strcmp(json_string_value(role), "weight") == 0) opts.weights = column;
    if (strcmp(json_string_value(role), "group") == 0) opts.groups = column;
  }
  snprintf(file, sizeof file, "xval/%s", text_of(about, "file"));
  const char *path = golden_path(file);
  if (!path) fail_msg("%s is not there", file);
  if (ml_dataset_read(path, &opts, NULL, &data, &err) != ML_OK)
    fail_msg("%s: %s", file, err.message);
  assert_int_equal(data->n_features, json_integer_value(field(about, "features")));
  return data;
}

/* ---- what a case asks for -------------------------------------------------------------------- */

static const struct {
  const char *reference, *ours;
} schemes[] = {{"KFold", "kfold"},
               {"StratifiedKFold", "stratified"},
               {"GroupKFold", "group"},
               {"StratifiedGroupKFold", "stratified-group"},
               {"TimeSeriesSplit", "timeseries"},
               {"LeaveOneOut", "loo"},
               {"LeaveOneGroupOut", "logo"}},
  arguments[] = {{"gap", "gap"}, {"max_train_size", "max-train"}, {"test_size", "test"}};

static char *scheme_of(const json_t *cv) {
  static char text[200];
  const char *name = text_of(cv, "scheme");
  for (size_t i = 0; i < sizeof schemes / sizeof *schemes; i++)
    if (strcmp(name, schemes[i].reference) == 0) name = schemes[i].ours;
  int n = snprintf(text, sizeof text, "%s", name);
  if (field(cv, "k"))
    n += snprintf(text + n, sizeof text - (size_t)n, ":%lld",
                  (long long)json_integer_value(field(cv, "k")));
  if (field(cv, "pc"))
    n += snprintf(text + n, sizeof text - (size_t)n, ":%g", json_number_value(field(cv, "pc")));
  for (size_t i = 0; i < sizeof arguments / sizeof *arguments; i++)
    if (json_is_integer(field(cv, arguments[i].reference)))
      n += snprintf(text + n, sizeof text - (size_t)n, ",%s=%lld", arguments[i].ours,
                    (long long)json_integer_value(field(cv, arguments[i].reference)));
  return text;
}

static const struct {
  const char *reference, *ours;
} steps[] = {{"impute_mean", "impute=mean"},
             {"impute_median", "impute=median"},
             {"onehot", "one-hot"},
             {"select_corr:", "select-corr="}};

/* NULL: there are none. */
static ml_prep *prep_of(const json_t *list) {
  char text[300] = "";
  ml_prep *prep = NULL;
  ml_error err = {0};
  for (size_t i = 0; i < json_array_size(list); i++) {
    const char *step = json_string_value(json_array_get(list, i)), *rest = "";
    for (size_t k = 0; k < sizeof steps / sizeof *steps; k++) {
      size_t n = strlen(steps[k].reference);
      if (strncmp(step, steps[k].reference, n) != 0) continue;
      rest = step + n;
      step = steps[k].ours;
      break;
    }
    snprintf(text + strlen(text), sizeof text - strlen(text), "%s%s%s", i ? "," : "", step, rest);
  }
  if (*text && ml_prep_parse(text, &prep, &err) != ML_OK) fail_msg("%s: %s", text, err.message);
  return prep;
}

static char *value_text(const json_t *value) {
  if (json_is_null(value)) return strdup("none");
  return json_is_string(value) ? strdup(json_string_value(value))
                               : json_dumps(value, JSON_ENCODE_ANY | JSON_REAL_PRECISION(17));
}

static void set_params(const ml_model *model, const json_t *params, double *out) {
  const char *name;
  json_t *value;
  ml_error err = {0};
  ml_model_defaults(model, out);
  json_object_foreach((json_t *)params, name, value) {
    char assignment[200], *text = value_text(value);
    snprintf(assignment, sizeof assignment, "%s=%s", name, text);
    if (ml_model_set(model, assignment, out, &err) != ML_OK) fail_msg("%s", err.message);
    free(text);
  }
}

static size_t parse_metrics(const json_t *by_name, ml_metric *out) {
  size_t n = 0;
  const char *name;
  json_t *value;
  ml_error err = {0};
  json_object_foreach((json_t *)by_name, name, value) {
    if (ml_metric_parse(name, &out[n++], &err) != ML_OK) fail_msg("%s", err.message);
  }
  return n;
}

/* ---- comparison ------------------------------------------------------------------------------ */

static const char *current; /* case */
static double tolerance;

static void expect_number(const char *what, double got, const json_t *want) {
  if (!want || json_is_null(want)) return; /* not applicable */
  if (json_is_string(want)) {
    if (!isnan(got)) fail_msg("%s: %s: expected no number, got %.17g", current, what, got);
    return;
  }
  double w = json_number_value(want);
  if (!(fabs(got - w) <= tolerance * (1 + fabs(w))))
    fail_msg("%s: %s: expected %.17g, got %.17g (off by %.3g)", current, what, w, got,
             fabs(got - w));
}

static void expect_candidate(const ml_xval_result *r, size_t c, const json_t *folds,
                             const json_t *mean, const json_t *std, const json_t *pooled) {
  size_t k = 0;
  const char *name;
  json_t *scores;
  const ml_candidate_result *candidate = &r->candidates[c];
  json_object_foreach((json_t *)folds, name, scores) {
    assert_int_equal(json_array_size(scores), r->n_folds);
    for (size_t f = 0; f < r->n_folds; f++) {
      const ml_fold_result *fold = &candidate->folds[f];
      if (fold->state != ML_FOLD_DONE) fail_msg("%s: fold %zu: %s", current, f, fold->error);
      expect_number(name, fold->scores[k], json_array_get(scores, f));
      if (isnan(fold->scores[k])) assert_true(fold->why[k][0] != 0);
    }
    expect_number(name, candidate->mean[k], field(mean, name));
    expect_number(name, candidate->sd[k], field(std, name));
    if (pooled) expect_number(name, candidate->pooled[k], field(pooled, name));
    k++;
  }
}

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

typedef struct asked {
  ml_dataset *data;
  const ml_model *model;
  ml_prep *prep;
  double fixed[64];
  ml_metric metrics[32];
  ml_xval_opts opts;
} asked;

static void ask(const json_t *manifest, const json_t *one, const json_t *metrics, asked *a) {
  ml_error err = {0};
  bool is_null_fit = json_is_null(field(one, "fit_weight")) || !field(one, "fit_weight");
  bool is_null_score = json_is_null(field(one, "score_weight")) || !field(one, "score_weight");
  current = text_of(one, "name");
  tolerance = json_number_value(field(one, "rel_tol"));
  a->data = read_data(manifest, text_of(one, "dataset"));
  if (ml_model_find(text_of(one, "model"), NULL, &a->model, &err) != ML_OK)
    fail_msg("%s", err.message);
  assert_true(a->model->n_params <= 64);
  set_params(a->model, field(one, "params"), a->fixed);
  a->prep = prep_of(field(one, "preprocess"));
  a->opts = (ml_xval_opts){.cv = field(one, "cv") ? scheme_of(field(one, "cv")) : NULL,
                           .metrics = a->metrics,
                           .n_metrics = metrics ? parse_metrics(metrics, a->metrics) : 0,
                           .prep = a->prep,
                           .fit_unweighted = is_null_fit,
                           .score_unweighted = is_null_score};
}

static void release(asked *a) {
  ml_prep_free(a->prep);
  ml_dataset_free(a->data);
}

static ml_xval_result *run(const asked *a, const ml_candidates *candidates) {
  ml_xval_result *r = NULL;
  ml_error err = {0};
  if (ml_xval(a->data, a->model, candidates, a->fixed, &a->opts, NULL, NULL, &r, &err) != ML_OK)
    fail_msg("%s: %s", current, err.message);
  return r;
}

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
  json_t *manifest = read_json("xval/manifest.json");
  size_t n = 0;
  for (size_t i = 0; i < sizeof models / sizeof *models; i++) {
    char name[100];
    snprintf(name, sizeof name, "xval/scores/%s.json", models[i]);
    json_t *root = read_json(name);
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
  json_t *manifest = read_json("xval/manifest.json"), *root = read_json("xval/scores/leakage.json");
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
  json_t *manifest = read_json("xval/manifest.json"), *root = read_json("xval/grid/grid.json");
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
  json_t *manifest = read_json("xval/manifest.json"), *root = read_json("xval/grid/nested.json");
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
  json_t *manifest = read_json("xval/manifest.json"), *root = read_json("xval/grid/ridge_loo.json");
  const json_t *cases = field(root, "cases");
  for (size_t i = 0; i < json_array_size(cases); i++) loo_case(manifest, json_array_get(cases, i));
  json_decref(root);
  json_decref(manifest);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(scores),        cmocka_unit_test(selection_within_folds_does_not_leak),
      cmocka_unit_test(grids),         cmocka_unit_test(nested_searches),
      cmocka_unit_test(leave_one_out),
  };
  return cmocka_run_group_tests_name("golden/xval", tests, NULL, NULL);
}
