/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Random forests: what they are of, what is drawn, and hyper-parameters that contradict the data.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <ml/models/models.h>
#include <ml/models/tree.h>

#include "tree_cases.h"

/* Without drawing rows, and with one column, each tree is the tree. */
static void check_forest_of_equals(void **state) {
  (void)state;
  ml_rng rng = ml_rng_seeded(5);
  for (size_t k = 0; k < 40; k++) {
    table t;
    size_t n_classes = k % 4 ? k % 4 + 1 : 0, n_values = n_classes ? n_classes : 1;
    draw_table(&rng, 40, n_classes, (int)(k % 3), &t);
    t.view.n_columns = 1;
    double of_tree[MAX_PARAMS], of_forest[MAX_PARAMS], got[MAX_ROWS * MAX_CLASSES],
        want[MAX_ROWS * MAX_CLASSES];
    ml_model_defaults(&models__decision_tree, of_tree);
    ml_model_defaults(&models__random_forest, of_forest);
    param(&models__random_forest, of_forest, "bootstrap", 0);
    param(&models__random_forest, of_forest, "max_features", INFINITY);
    param(&models__random_forest, of_forest, "n_estimators", 4);
    ml_view all = all_rows(&t);
    fit_predict(&models__decision_tree, of_tree, &t.view, &all, 0, want);
    fit_predict(&models__random_forest, of_forest, &t.view, &all, k, got);
    for (size_t i = 0; i < all.n * n_values; i++) expect_same("forest", got[i], want[i]);
  }
}

/* A forest of stumps on one column: each is a tree of a bootstrap, so that their mean has the law
 * of it. y is 0 in half of the rows and 1 in the others, and the only split divides them: a row is
 * predicted by its half, unless the bootstrap lacks one of the halves, with 2 of 2 rows half of the
 * time. */
static void check_bootstrap(void **state) {
  (void)state;
  const double x[] = {0, 1}, y[] = {0, 1};
  const ml_model *model = &models__random_forest;
  ml_view view = {.n = 2, .n_columns = 1, .x = x, .stride = 2, .y = y};
  double params[MAX_PARAMS], got[2];
  ml_model_defaults(model, params);
  param(model, params, "n_estimators", 20000);
  fit_predict(model, params, &view, &view, 7, got);
  /* row 0 is 0 with probability 3/4; the deviation of the mean is 0.0031 */
  expect_close("of row 0", got[0], 0.25, 0, 0.015);
  expect_close("of row 1", got[1], 0.75, 0, 0.015);
  param(model, params, "max_samples", 0.5); /* one row */
  fit_predict(model, params, &view, &view, 7, got);
  expect_close("of one row", got[0], 0.5, 0, 0.018);
  expect_same("whichever is asked for", got[0], got[1]);
}

/* Of columns of which one is as good as the others, each is taken as often, whether one is looked
 * at or all are in any order. */
static void check_drawn(size_t n_looked_at) {
  enum { P = 5, TREES = 4000 };
  double x[2 * P], y[] = {0, 1};
  size_t n_drawn[P] = {0};
  for (size_t j = 0; j < P; j++) {
    x[2 * j] = 0;
    x[2 * j + 1] = j == 3 ? 0 : 1; /* one is constant: then another is drawn */
  }
  ml_view view = {.n = 2, .n_columns = P, .x = x, .stride = 2, .y = y};
  const tree_limits limits = {.criterion = TREE_SQUARED_ERROR,
                              .max_depth = SIZE_MAX,
                              .min_split = 2,
                              .min_leaf = 1,
                              .n_drawn = n_looked_at,
                              .shuffles = n_looked_at == P};
  tree_sample sample;
  tree_grower *grower;
  tree grown = {0};
  assert_int_equal(tree__sample(&view, &sample, NULL), ML_OK);
  assert_int_equal(tree__grower_new(&sample, &limits, false, &grower, NULL), ML_OK);
  for (uint64_t t = 0; t < TREES; t++) {
    assert_int_equal(tree__grow(grower, NULL, t, NULL, &grown, NULL), ML_OK);
    assert_int_equal(grown.n_nodes, 3);
    n_drawn[grown.nodes[0].column]++;
  }
  for (size_t j = 0; j < P; j++)
    expect_close("drawn", (double)n_drawn[j], j == 3 ? 0 : TREES / 4.0, 0, j == 3 ? 0 : 137);
  tree__grower_free(grower);
  tree__sample_release(&sample);
  tree__release(&grown);
}

static void check_drawn_columns(void **state) {
  (void)state;
  check_drawn(1);
  check_drawn(5);
}

/* ---- hyper-parameters ------------------------------------------------------------------------ */

static void check_params(void **state) {
  (void)state;
  static const struct {
    const char *set;
    size_t n_classes;
    const char *message;
  } cases[] = {
      {"criterion=gini", 0, "'criterion' for numbers is squared_error"},
      {"criterion=squared_error", 3, "'criterion' for classes is gini, entropy or log_loss"},
      {"max_features=3", 2, "'max_features' is 3, of 2 features"},
      {"max_features=1.5", 2, "'max_features' is a share of at most 1, or an integer"},
      {"max_samples=1.5", 2, "'max_samples' is a share of at most 1, or an integer"},
      {"max_features=2", 2, ""},
      {"max_features=sqrt", 2, ""},
      {"max_features=0.3", 2, ""},
      {"criterion=log_loss", 2, ""},
  };
  const ml_model *model = &models__random_forest;
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    ml_view all = {.n = 4, .n_columns = 2, .n_classes = cases[i].n_classes};
    double params[MAX_PARAMS];
    ml_error err = {0};
    ml_model_defaults(model, params);
    assert_int_equal(ml_model_set(model, cases[i].set, params, &err), ML_OK);
    ml_status status = model->check(params, &all, &err);
    assert_int_equal(status, *cases[i].message ? ML_ERR_USAGE : ML_OK);
    assert_string_equal(err.message, cases[i].message);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(check_forest_of_equals),
      cmocka_unit_test(check_bootstrap),
      cmocka_unit_test(check_drawn_columns),
      cmocka_unit_test(check_params),
  };
  return cmocka_run_group_tests_name("forest", tests, NULL, NULL);
}
