/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Boosters as XGBoost's own JSON that came from a file. */
#ifndef PLUGINS_XGBOOST_BOOSTER_JSON_H
#define PLUGINS_XGBOOST_BOOSTER_JSON_H

#include <ml/buffer.h>
#include <ml/saved.h>

/* What the booster has to be like. */
typedef struct booster_shape {
  size_t n_rounds, n_columns, n_classes; /* n_classes 0: regression */
} booster_shape;

const char *booster_objective(size_t n_classes);

/**
 * Write the JSON of a booster anew. XGBoost believes what it reads, so it gets only what was
 * checked: the trees, node by node, with nothing that no prediction depends on.
 *
 * @param loader  of the dictionary with the entry "booster"; says what is wrong with it
 */
void booster_rewrite(ml_loader *loader, const booster_shape *shape, ml_buf *out);

#endif
