/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The hyper-parameters of the model xgboost. */
#ifndef ML_PLUGIN_XGBOOST_PARAMS_H
#define ML_PLUGIN_XGBOOST_PARAMS_H

#include <ml/model.h>

/* XGBoost itself knows those between the first and PATIENCE. */
enum { N_ROUNDS, PATIENCE = 13, SHARE, N_PARAMS };

extern const ml_model_param xgboost__params[N_PARAMS];

#endif
