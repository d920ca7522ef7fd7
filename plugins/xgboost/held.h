/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Training rows that are held out, to tell when boosting is to stop. */
#ifndef ML_PLUGIN_XGBOOST_HELD_H
#define ML_PLUGIN_XGBOOST_HELD_H

#include <ml/model.h>

typedef struct held_parts {
  ml_view boost, held;
  uint32_t *rows; /* of both */
} held_parts;

/* Split the rows of a view: round(share * n) of the n rows whose weight is not 0, but 1 or more and
 * not all, are held out. They are the first of those rows after ml_rng_shuffle() with the seed
 * ml_rng_derive(seed, 1). Both parts keep the order of the rows.
 * @param[out] out  zero-initialised; release it, also after a failure
 * @retval ML_ERR_NUMERIC  there are not two rows */
ml_status held__draw(const ml_view *train, double share, uint64_t seed, held_parts *out,
                     ml_error *err);
void held__release(held_parts *p);

#endif
