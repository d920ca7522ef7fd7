/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the tests of trees and forests share. */
#include "tree_cases.h"

double param(const ml_model *model, double *params, const char *name, double value) {
  size_t i;
  assert_int_equal(ml_model_find_param(model, name, &i, NULL), ML_OK);
  return params[i] = value;
}

void draw_table(ml_rng *rng, size_t n, size_t n_classes, int weights, table *t) {
  size_t p = ml_rng_below(rng, MAX_COLUMNS) + 1, n_values = ml_rng_below(rng, 30) + 1;
  for (size_t i = 0; i < MAX_COLUMNS * MAX_ROWS; i++)
    t->x[i] = (double)ml_rng_below(rng, n_values) / 4 - 2;
  for (size_t i = 0; i < MAX_ROWS; i++) {
    t->classes[i] = n_classes ? (uint32_t)ml_rng_below(rng, n_classes) : 0;
    t->y[i] = 1e4 + (double)ml_rng_below(rng, 1000) * 0.37;
    t->weights[i] = weights == WHOLE_WEIGHTS ? (double)ml_rng_below(rng, 4) : ml_rng_real(rng);
  }
  t->weights[0] = 1;
  t->view = (ml_view){.n = n,
                      .n_columns = p,
                      .x = t->x,
                      .stride = MAX_ROWS,
                      .n_classes = n_classes,
                      .classes = n_classes ? t->classes : NULL,
                      .y = n_classes ? NULL : t->y,
                      .weights = weights == UNWEIGHTED ? NULL : t->weights};
}

ml_view all_rows(const table *t) {
  ml_view view = t->view;
  view.n = MAX_ROWS;
  return view;
}

void fit_predict(const ml_model *model, const double *params, const ml_view *train,
                 const ml_view *rows, uint64_t seed, double *out) {
  void *fitted;
  ml_error err = {0};
  assert_int_equal(model->fit(params, train, seed, NULL, &fitted, &err), ML_OK);
  assert_int_equal(model->predict(fitted, rows, out, &err), ML_OK);
  model->free(fitted);
}
