/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Decision trees against their definition, and what they promise. */
#include <float.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <ml/exec_internal.h>
#include <ml/models/models.h>
#include <ml/models/tree.h>

#include "tree_cases.h"
#include "tree_twin.h"

/* ---- against the definition ------------------------------------------------------------------ */

static twin_rules draw_rules(ml_rng *rng, bool are_classes) {
  static const double shares[] = {0, 0, 0.03, 0.1}, decreases[] = {0, 0, 0, 0.013};
  twin_rules rules = {.max_depth = ml_rng_below(rng, 2) ? SIZE_MAX : ml_rng_below(rng, 5) + 1,
                      .min_split = ml_rng_below(rng, 2) ? 2 : ml_rng_below(rng, 9) + 2,
                      .min_leaf = ml_rng_below(rng, 2) ? 1 : ml_rng_below(rng, 6) + 1,
                      .min_weight = shares[ml_rng_below(rng, 4)],
                      .is_entropy = are_classes && ml_rng_below(rng, 2)};
  double unit = are_classes ? 1 : 12000; /* of variance */
  rules.min_decrease = decreases[ml_rng_below(rng, 4)] * unit;
  rules.alpha = ml_rng_below(rng, 3) ? 0 : 0.0173 * unit * ml_rng_real(rng);
  return rules;
}

static void set_rules(const twin_rules *rules, bool are_classes, double *params) {
  const ml_model *model = &models__decision_tree;
  ml_model_defaults(model, params);
  if (are_classes) param(model, params, "criterion", rules->is_entropy ? 2 : 1);
  param(model, params, "max_depth",
        rules->max_depth == SIZE_MAX ? INFINITY : (double)rules->max_depth);
  param(model, params, "min_samples_split", (double)rules->min_split);
  param(model, params, "min_samples_leaf", (double)rules->min_leaf);
  param(model, params, "min_weight_fraction_leaf", rules->min_weight);
  param(model, params, "min_impurity_decrease", rules->min_decrease);
  param(model, params, "ccp_alpha", rules->alpha);
}

static void check_twin(void **state) {
  (void)state;
  ml_rng rng = ml_rng_seeded(1);
  for (size_t k = 0; k < 600; k++) {
    table t;
    double params[MAX_PARAMS], got[MAX_ROWS * MAX_CLASSES], want[MAX_CLASSES];
    size_t n_classes = k % 4 ? k % 4 + 1 : 0, n_values = n_classes ? n_classes : 1;
    draw_table(&rng, ml_rng_below(&rng, 40) + 1, n_classes, (int)(k % 3), &t);
    twin_rules rules = draw_rules(&rng, n_classes > 0);
    set_rules(&rules, n_classes > 0, params);
    ml_view rows = all_rows(&t);
    fit_predict(&models__decision_tree, params, &t.view, &rows, k, got);
    twin *root = twin_grow(&t.view, &rules);
    for (size_t i = 0; i < rows.n; i++) {
      char label[64];
      snprintf(label, sizeof label, "table %zu, row %zu", k, i);
      twin_predict(root, &rows, i, want);
      for (size_t c = 0; c < n_values; c++)
        expect_close(label, got[i * n_values + c], want[c], 1e-12, 1e-12);
    }
    twin_free(root);
  }
}

/* ---- by hand --------------------------------------------------------------------------------- */

/* One column 0 1 2 3, y 1 1 5 7: the first split is behind 1, at 1.5; its left part is pure; the
 * other is divided at 2.5. A value at the threshold goes to the left. */
static void check_by_hand(void **state) {
  (void)state;
  const double x[] = {0, 1, 2, 3, 1.5, 1.75, 2.5, -INFINITY, INFINITY}, y[] = {1, 1, 5, 7};
  const double want[] = {1, 1, 5, 7, 1, 5, 5, 1, 7}, want_stump[] = {1, 1, 6, 6, 1, 6, 6, 1, 6};
  const ml_model *model = &models__decision_tree;
  ml_view train = {.n = 4, .n_columns = 1, .x = x, .stride = 9, .y = y}, rows = train;
  double params[MAX_PARAMS], got[9];
  rows.n = 9;
  ml_model_defaults(model, params);
  fit_predict(model, params, &train, &rows, 0, got);
  for (size_t i = 0; i < 9; i++) expect_same("a tree", got[i], want[i]);
  param(model, params, "max_depth", 1);
  fit_predict(model, params, &train, &rows, 0, got);
  for (size_t i = 0; i < 9; i++) expect_same("a stump", got[i], want_stump[i]);
}

/* Neighbours, and numbers whose mean is none: the threshold is the lower value. */
static void check_thresholds(void **state) {
  (void)state;
  const double x[] = {1, nextafter(1, 2), -INFINITY, INFINITY, -DBL_MAX, DBL_MAX, -0.0, 0.0};
  const double y[] = {3, 4, 3, 4, 3, 4, 3, 4};
  const ml_model *model = &models__decision_tree;
  double params[MAX_PARAMS], got[2];
  ml_model_defaults(model, params);
  for (size_t i = 0; i < 8; i += 2) {
    ml_view view = {.n = 2, .n_columns = 1, .x = x + i, .stride = 8, .y = y};
    fit_predict(model, params, &view, &view, 0, got);
    expect_same("the lower", got[0], i == 6 ? 3.5 : 3); /* -0 and 0 are one value */
    expect_same("the upper", got[1], i == 6 ? 3.5 : 4);
  }
}

/* Of two columns that say the same, or the mirror image of it, the first is taken. */
static void check_equal_columns(void **state) {
  (void)state;
  ml_rng rng = ml_rng_seeded(9);
  for (size_t k = 0; k < 30; k++) {
    table t;
    size_t n_classes = k % 3 ? k % 3 + 1 : 0;
    draw_table(&rng, 50, n_classes, k % 2 ? REAL_WEIGHTS : UNWEIGHTED, &t);
    t.view.n_columns = 3;
    for (size_t i = 0; i < MAX_ROWS; i++) {
      t.x[MAX_ROWS + i] = k % 2 ? t.x[i] : -t.x[i];
      t.x[2 * MAX_ROWS + i] = exp(t.x[i]);
    }
    tree_sample sample;
    tree_grower *grower;
    tree grown = {0};
    const tree_limits limits = {.criterion = n_classes ? TREE_GINI : TREE_SQUARED_ERROR,
                                .max_depth = SIZE_MAX,
                                .min_split = 2,
                                .min_leaf = 1,
                                .n_drawn = 3};
    assert_int_equal(tree__sample(&t.view, &sample, NULL), ML_OK);
    assert_int_equal(tree__grower_new(&sample, &limits, true, &grower, NULL), ML_OK);
    assert_int_equal(tree__grow(grower, NULL, 0, NULL, &grown, NULL), ML_OK);
    for (size_t i = 0; i < grown.n_nodes; i++)
      if (grown.nodes[i].left) assert_int_equal(grown.nodes[i].column, 0);
    tree__grower_free(grower);
    tree__sample_release(&sample);
    tree__release(&grown);
  }
}

/* ---- weights --------------------------------------------------------------------------------- */

/* A row of weight 3 is three rows; one of weight 0 is none. */
static void check_weights_repeat(void **state) {
  (void)state;
  ml_rng rng = ml_rng_seeded(2);
  for (size_t k = 0; k < 100; k++) {
    table t;
    size_t n_classes = k % 4 ? k % 4 + 1 : 0, n_values = n_classes ? n_classes : 1, n = 0;
    draw_table(&rng, 40, n_classes, WHOLE_WEIGHTS, &t);
    double params[MAX_PARAMS], got[MAX_ROWS * MAX_CLASSES], want[MAX_ROWS * MAX_CLASSES];
    uint32_t rows[4 * MAX_ROWS];
    for (uint32_t i = 0; i < t.view.n; i++)
      for (size_t times = (size_t)t.weights[i]; times-- > 0;) rows[n++] = i;
    ml_model_defaults(&models__decision_tree, params);
    ml_view all = all_rows(&t), repeated = t.view;
    repeated.weights = NULL;
    repeated.rows = rows;
    repeated.n = n;
    fit_predict(&models__decision_tree, params, &t.view, &all, 0, got);
    fit_predict(&models__decision_tree, params, &repeated, &all, 0, want);
    for (size_t i = 0; i < all.n * n_values; i++)
      expect_close("weights", got[i], want[i], n_classes ? 0 : 1e-14, 0);
  }
}

/* The order of the rows does not matter, not even in the last bit: sums have the order of the data,
 * and so have the rows that a forest draws. */
static void check_order(void **state) {
  (void)state;
  const ml_model *models[] = {&models__decision_tree, &models__random_forest};
  ml_rng rng = ml_rng_seeded(6);
  for (size_t k = 0; k < 80; k++) {
    const ml_model *model = models[k % 2];
    table t;
    uint32_t rows[MAX_ROWS];
    double params[MAX_PARAMS], got[MAX_ROWS * MAX_CLASSES], want[MAX_ROWS * MAX_CLASSES];
    size_t n_classes = k % 3 ? k % 3 + 1 : 0, n_values = n_classes ? n_classes : 1;
    draw_table(&rng, 40, n_classes, REAL_WEIGHTS, &t);
    ml_model_defaults(model, params);
    if (k % 2) param(model, params, "n_estimators", 5);
    param(model, params, "min_samples_leaf", 5);
    for (uint32_t i = 0; i < MAX_ROWS; i++) rows[i] = i;
    ml_rng_shuffle(&rng, rows, t.view.n);
    ml_view all = all_rows(&t), shuffled = t.view;
    shuffled.rows = rows;
    fit_predict(model, params, &t.view, &all, 3, want);
    fit_predict(model, params, &shuffled, &all, 3, got);
    for (size_t i = 0; i < all.n * n_values; i++) expect_same("in any order", got[i], want[i]);
  }
}

/* Weights and targets of any size: their units do not matter. */
static void check_units(void **state) {
  (void)state;
  const double units[] = {1e-300, 1e-9, 1, 1e150, 1e300};
  ml_rng rng = ml_rng_seeded(3);
  table t;
  draw_table(&rng, MAX_ROWS, 0, REAL_WEIGHTS, &t);
  double params[MAX_PARAMS], want[MAX_ROWS], got[MAX_ROWS], y[MAX_ROWS], w[MAX_ROWS];
  ml_model_defaults(&models__decision_tree, params);
  param(&models__decision_tree, params, "min_samples_leaf", 4);
  fit_predict(&models__decision_tree, params, &t.view, &t.view, 0, want);
  for (size_t k = 0; k < 25; k++) {
    ml_view view = t.view;
    view.y = y;
    view.weights = w;
    for (size_t i = 0; i < MAX_ROWS; i++) {
      y[i] = t.y[i] * units[k % 5];
      w[i] = t.weights[i] * units[k / 5];
    }
    fit_predict(&models__decision_tree, params, &view, &view, 0, got);
    for (size_t i = 0; i < MAX_ROWS; i++)
      expect_close("in other units", got[i] / units[k % 5], want[i], 1e-12, 0);
  }
}

static void check_no_rows(void **state) {
  (void)state;
  const double x[] = {1, 2}, y[] = {1, 2}, weights[] = {0, 0};
  const ml_model *models[] = {&models__decision_tree, &models__random_forest};
  ml_view view = {.n = 2, .n_columns = 1, .x = x, .stride = 2, .y = y, .weights = weights};
  for (size_t m = 0; m < 2; m++) {
    double params[MAX_PARAMS], got[2];
    void *fitted;
    ml_error err = {0};
    ml_model_defaults(models[m], params);
    assert_int_equal(models[m]->fit(params, &view, 0, NULL, &fitted, &err), ML_ERR_NUMERIC);
    assert_string_equal(err.message, "no row of weight above 0 to learn from");
    ml_view one = view; /* one row; and no column */
    one.weights = NULL;
    one.n = 1;
    fit_predict(models[m], params, &one, &view, 0, got);
    expect_same("one row", got[1], 1);
    one.n = 2;
    one.n_columns = 0;
    param(models[m], params, "min_samples_split", 2);
    fit_predict(&models__decision_tree, params, &one, &one, 0, got);
    expect_same("no column", got[0], 1.5);
  }
}

/* ---- shape ----------------------------------------------------------------------------------- */

/* Each split takes off the greatest y alone: as deep as a tree can be. */
static void check_depth(void **state) {
  (void)state;
  enum { N = 900 };
  static double x[N], y[N], got[N], params[MAX_PARAMS];
  for (size_t i = 0; i < N; i++) {
    x[i] = (double)i;
    y[i] = ldexp(1, (int)i - 450);
  }
  ml_view view = {.n = N, .n_columns = 1, .x = x, .stride = N, .y = y};
  ml_model_defaults(&models__decision_tree, params);
  fit_predict(&models__decision_tree, params, &view, &view, 0, got);
  for (size_t i = 0; i < N; i++) expect_same("each has a leaf", got[i], y[i]);
}

static bool asks(const exec_cancel *cancel) {
  (void)cancel;
  return true;
}

static void check_cancel(void **state) {
  (void)state;
  const exec_cancel cancel = {asks};
  ml_rng rng = ml_rng_seeded(4);
  table t;
  double params[MAX_PARAMS];
  void *fitted = NULL;
  draw_table(&rng, MAX_ROWS, 2, UNWEIGHTED, &t);
  ml_model_defaults(&models__random_forest, params);
  assert_int_equal(models__random_forest.fit(params, &t.view, 0, &cancel, &fitted, NULL),
                   ML_ERR_CANCELLED);
  assert_null(fitted);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(check_twin),           cmocka_unit_test(check_by_hand),
      cmocka_unit_test(check_thresholds),     cmocka_unit_test(check_equal_columns),
      cmocka_unit_test(check_weights_repeat), cmocka_unit_test(check_units),
      cmocka_unit_test(check_no_rows),        cmocka_unit_test(check_order),
      cmocka_unit_test(check_depth),          cmocka_unit_test(check_cancel),
  };
  return cmocka_run_group_tests_name("trees", tests, NULL, NULL);
}
