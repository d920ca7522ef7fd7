/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Cases of cross-validation of the reference: what they ask for, and how scores are compared. */
#include "golden_xval.h"

#include <jansson.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- files ----------------------------------------------------------------------------------- */

const json_t *field(const json_t *one, const char *name) {
  return json_object_get(one, name);
}

const char *text_of(const json_t *one, const char *name) {
  return json_string_value(field(one, name));
}

ml_dataset *read_data(const json_t *manifest, const char *name) {
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

char *scheme_of(const json_t *cv) {
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

char *value_text(const json_t *value) {
  if (json_is_null(value)) return strdup("none");
  return json_is_string(value) ? strdup(json_string_value(value))
                               : json_dumps(value, JSON_ENCODE_ANY | JSON_REAL_PRECISION(17));
}

void set_params(const ml_model *model, const json_t *params, double *out) {
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

size_t parse_metrics(const json_t *by_name, ml_metric *out) {
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

const char *current;
double tolerance;

void expect_number(const char *what, double got, const json_t *want) {
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

void expect_candidate(const ml_xval_result *r, size_t c, const json_t *folds, const json_t *mean,
                      const json_t *std, const json_t *pooled) {
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

void ask(const json_t *manifest, const json_t *one, const json_t *metrics, asked *a) {
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

void release(asked *a) {
  ml_prep_free(a->prep);
  ml_dataset_free(a->data);
}

ml_xval_result *run(const asked *a, const ml_candidates *candidates) {
  ml_xval_result *r = NULL;
  ml_error err = {0};
  if (ml_xval(a->data, a->model, candidates, a->fixed, &a->opts, NULL, NULL, &r, &err) != ML_OK)
    fail_msg("%s: %s", current, err.message);
  return r;
}
