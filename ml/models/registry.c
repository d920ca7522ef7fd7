/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The models that are built in, in the order of the catalogue. */
#include "models.h"

/* clang-format off */
static const ml_model *const built_in[] = {
    &models__dummy,
    &models__ols,
    &models__ridge,
    &models__lasso,
    &models__elastic_net,
    &models__logistic,
    &models__gaussian_nb,
    &models__knn,
    &models__decision_tree,
    &models__random_forest,
};
/* clang-format on */

const ml_model *ml_model_at(size_t i) {
  return i < sizeof built_in / sizeof *built_in ? built_in[i] : NULL;
}
