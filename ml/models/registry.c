/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The models that are built in, in the order of the catalogue. */
#include "models.h"

static const ml_model *const built_in[] = {
    &models__decision_tree, &models__dummy, &models__ols,
    &models__ridge,         &models__lasso, &models__elastic_net,
    &models__dummy,
    &models__ols,
    &models__ridge,
    &models__logistic,
    &models__gaussian_nb,
    &models__knn,
    &models__decision_tree,
    &models__random_forest,
};

const ml_model *ml_model_at(size_t i) {
  return i < sizeof built_in / sizeof *built_in ? built_in[i] : NULL;
}
