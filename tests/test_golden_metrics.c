/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Every metric of every case of the reference. */
#include <jansson.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "golden.h"

enum { MOST = 4096 };

/* A case with the memory of its numbers. */
typedef struct scored_case {
  const json_t *json;
  const char *name;
  ml_scored scored;
  double y[MOST], y_pred[MOST], weights[MOST], scores[MOST];
  uint32_t classes[MOST], predicted[MOST];
} scored_case;

static bool get_numbers(const json_t *one, const char *name, double *out, size_t *n) {
  const json_t *list = json_object_get(one, name), *x;
  size_t i;
  if (!list) return false;
  assert_true(json_array_size(list) <= MOST);
  json_array_foreach(list, i, x) out[i] = json_number_value(x);
  *n = json_array_size(list);
  return true;
}

static void get_classes(scored_case *c) {
  const json_t *labels = json_object_get(c->json, "labels"), *label, *y;
  size_t i, k;
  json_array_foreach(json_object_get(c->json, "y_true"), i, y)
      json_array_foreach(labels, k, label) if (json_equal(label, y)) c->classes[i] = (uint32_t)k;
  c->scored.n = i;
  c->scored.n_classes = json_array_size(labels);
}

/* The score of the last class: that of the first is what is missing to 1. */
static void get_binary(scored_case *c) {
  const json_t *score;
  size_t i;
  double threshold = json_number_value(json_object_get(c->json, "threshold"));
  json_array_foreach(json_object_get(c->json, "y_score"), i, score) {
    c->scores[2 * i + 1] = json_number_value(score);
    c->scores[2 * i] = 1 - c->scores[2 * i + 1];
    c->predicted[i] = c->scores[2 * i + 1] > threshold;
  }
}

static void get_multiclass(scored_case *c) {
  const json_t *row, *p;
  size_t i, k, n = c->scored.n_classes;
  json_array_foreach(json_object_get(c->json, "y_prob"), i, row) json_array_foreach(row, k, p)
      c->scores[i * n + k] = json_number_value(p);
  ml_predict_classes(c->scores, c->scored.n, n, c->predicted);
}

static void get_case(scored_case *c, const json_t *json) {
  const char *kind = json_string_value(json_object_get(json, "kind"));
  size_t n;
  memset(c, 0, sizeof *c);
  c->json = json;
  c->name = json_string_value(json_object_get(json, "name"));
  c->scored = (ml_scored){.problem = ML_REGRESSION, .y = c->y, .y_pred = c->y_pred};
  if (strcmp(kind, "regression") == 0) {
    assert_true(get_numbers(json, "y_true", c->y, &c->scored.n));
    assert_true(get_numbers(json, "y_pred", c->y_pred, &n) && n == c->scored.n);
  } else {
    c->scored = (ml_scored){.problem = ML_CLASSIFICATION,
                            .classes = c->classes,
                            .predicted = c->predicted,
                            .scores = c->scores,
                            .are_probabilities = true};
    get_classes(c);
    strcmp(kind, "binary") == 0 ? get_binary(c) : get_multiclass(c);
  }
  if (get_numbers(json, "sample_weight", c->weights, &n)) c->scored.weights = c->weights;
}

/* ---- comparisons --------------------------------------------------------------------------- */

static double expected_of(const json_t *json) {
  if (!json_is_string(json)) return json_number_value(json);
  assert_string_equal(json_string_value(json), "undefined");
  return NAN;
}

/* The name without what it says of zero denominators. */
static void compare_value(scored_case *c, const char *key, const json_t *want,
                          golden_comparison *all) {
  char name[64], why[ML_WHY_MAX];
  double value;
  ml_metric metric;
  ml_error err = {0};
  size_t n = strlen(key);
  bool has_rule = n > 4 && strncmp(key + n - 4, "_zd", 3) == 0;
  c->scored.zero_division = has_rule && key[n - 1] == '1';
  snprintf(name, sizeof name, "%.*s", (int)(has_rule ? n - 4 : n), key);
  if (ml_metric_parse(name, &metric, &err) != ML_OK) fail_msg("%s", err.message);
  if (ml_metric_compute(&metric, &c->scored, &value, why, &err) != ML_OK)
    fail_msg("%s: %s: %s", c->name, key, err.message);
  golden_compare(all, c->name, key, expected_of(want), value);
  assert_int_equal(isnan(value), why[0] != '\0');
}

static void compare_list(const scored_case *c, const char *key, const json_t *want,
                         const double *got, golden_comparison *all) {
  const json_t *x;
  size_t i;
  json_array_foreach(want, i, x) {
    if (json_is_array(x))
      compare_list(c, key, x, got + i * json_array_size(x), all);
    else
      golden_compare(all, c->name, key, json_number_value(x), got[i]);
  }
}

static void compare_case(scored_case *c, golden_comparison *all) {
  const char *key;
  json_t *want;
  double table[64];
  json_object_foreach(json_object_get(c->json, "expected"), key, want) {
    if (!json_is_array(want)) {
      compare_value(c, key, want, all);
      continue;
    }
    c->scored.zero_division = 0;
    if (strcmp(key, "f1_per_class_zd0") == 0)
      ml_class_scores(&c->scored, NULL, NULL, table, NULL);
    else
      ml_confusion_matrix(&c->scored, table);
    compare_list(c, key, want, table, all);
  }
}

static void test_metrics(void **state) {
  (void)state;
  static scored_case one;
  json_t *all = golden_json("xval/metrics/metrics.json"), *json;
  golden_comparison comparison = {.rtol = json_number_value(json_object_get(all, "rel_tol"))};
  size_t i;
  json_array_foreach(json_object_get(all, "cases"), i, json) {
    get_case(&one, json);
    compare_case(&one, &comparison);
  }
  golden_conclude("metrics", &comparison);
  json_decref(all);
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(test_metrics)};
  return cmocka_run_group_tests_name("golden metrics", tests, NULL, NULL);
}
