/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The models that are built in; never installed. */
#ifndef ML_MODELS_H
#define ML_MODELS_H

#include <ml/model.h>

extern const ml_model models__dummy, models__ols, models__ridge, models__lasso, models__elastic_net,
    models__logistic, models__gaussian_nb, models__knn, models__decision_tree,
    models__random_forest;

#endif
