/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Which values steps and a model take; never installed. */
#ifndef ML_PREP_TAKES_H
#define ML_PREP_TAKES_H

#include <ml/model.h>
#include <ml/prep.h>

/* Are all values numbers that are not infinite? */
bool prep__are_finite(const double *x, size_t n);

/* Are values missing or infinite that the model does not take, and no step replaces?
 * @retval ML_ERR_PARSE  they are: the first feature and how many */
ml_status prep__check_values(const ml_prep *prep, const ml_model *model, const ml_dataset *data,
                             ml_error *err);

/* The same of what functions of Python have made: columns `stride` numbers apart.
 * @retval ML_ERR_NUMERIC */
ml_status prep__check_made(const ml_prepared *prepared, const ml_model *model, const double *x,
                           size_t n, size_t stride, ml_error *err);

#endif
