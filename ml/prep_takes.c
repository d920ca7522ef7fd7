/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Which values steps and a model take. */
#include <math.h>
#include <string.h>

#include <ml/prep_takes.h>
#include <ml/vector.h>

#include "prep_internal.h"

/* In eight parts, side by side. */
ML_VECTOR_PATHS static bool all_are_finite(const double *x, size_t n) {
  bool are[8] = {true, true, true, true, true, true, true, true};
  size_t i = 0;
  for (; i + 8 <= n; i += 8)
    for (size_t k = 0; k < 8; k++) are[k] &= fabs(x[i + k]) <= 0x1.fffffffffffffp1023;
  for (; i < n; i++) are[0] &= isfinite(x[i]) != 0;
  for (size_t k = 1; k < 8; k++) are[0] &= are[k];
  return are[0];
}

bool prep__are_finite(const double *x, size_t n) {
  return all_are_finite(x, n);
}

static void count_odd(const double *x, size_t n, size_t *n_missing, size_t *n_infinite) {
  *n_missing = *n_infinite = 0;
  for (size_t i = 0; i < n; i++) {
    *n_missing += isnan(x[i]) != 0;
    *n_infinite += isinf(x[i]) != 0;
  }
}

ml_status prep__check_values(const ml_prep *prep, const ml_model *model, const ml_dataset *data,
                             ml_error *err) {
  /* What a function of Python makes of them is seen when it has been called. */
  const bool takes_missing = model->traits & ML_MODEL_MISSING ||
                             ml_prep_has(prep, "impute", NULL) ||
                             ml_prep_has(prep, PREP_PYTHON, NULL);
  /* Of infinite values no other step could learn. */
  const bool takes_infinite =
      prep && prep->n > 0 && strcmp(prep->steps[0].kind->name, "impute") == 0;
  for (size_t j = 0; j < data->n_features; j++) {
    const double *x = data->x + j * data->n_rows;
    size_t n_missing, n_infinite;
    char number[PREP_NUMBER_MAX];
    if ((data->categories && data->categories[j].n > 0) || prep__are_finite(x, data->n_rows))
      continue;
    count_odd(x, data->n_rows, &n_missing, &n_infinite);
    if (n_infinite && !takes_infinite)
      return ml_error_at(err, ML_ERR_PARSE, data->source, 0, 0,
                         "feature '%s' has %zu infinite value%s: --prep impute=median as the "
                         "first step replaces them",
                         prep__name(data, j, number), n_infinite, n_infinite == 1 ? "" : "s");
    if (n_missing && !takes_missing)
      return ml_error_at(err, ML_ERR_PARSE, data->source, 0, 0,
                         "feature '%s' has %zu missing value%s, which model %s does not take: "
                         "--prep impute=median replaces them",
                         prep__name(data, j, number), n_missing, n_missing == 1 ? "" : "s",
                         model->name);
  }
  return ML_OK;
}

ml_status prep__check_made(const ml_prepared *prepared, const ml_model *model, const double *x,
                           size_t n, size_t stride, ml_error *err) {
  if (prepared->n_functions == 0 || model->traits & ML_MODEL_MISSING) return ML_OK;
  for (size_t j = 0; j < prepared->n; j++) {
    size_t n_missing, n_infinite;
    count_odd(x + j * stride, n, &n_missing, &n_infinite);
    if (n_missing > 0)
      return ml_error_set(err, ML_ERR_NUMERIC,
                          "py:%.100s has left %zu missing value%s in column '%.60s', which model "
                          "%s does not take: impute=median behind it replaces them",
                          prepared->functions[prepared->n_functions - 1].name, n_missing,
                          n_missing == 1 ? "" : "s", prepared->columns[j].name, model->name);
  }
  return ML_OK;
}
