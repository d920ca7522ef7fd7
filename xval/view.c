/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Rows of a dataset as models see them, and any function over folds. */
#include <stdlib.h>

#include "xval_internal.h"

ml_view ml_dataset_view(const ml_dataset *data) {
  bool has_classes = data->problem == ML_CLASSIFICATION;
  return (ml_view){.n = data->n_rows,
                   .n_columns = data->n_features,
                   .x = data->x,
                   .stride = data->n_rows,
                   .y = has_classes ? NULL : data->y,
                   .classes = has_classes ? data->classes.codes : NULL,
                   .n_classes = has_classes ? data->classes.n : 0,
                   .weights = data->weights};
}

ml_status ml_xv_apply(const ml_folds *folds, const ml_dataset *data,
                      ml_status (*fn)(void *ctx, size_t fold, const ml_view *train,
                                      const ml_view *test, ml_error *err),
                      void *ctx, ml_error *err) {
  size_t most = 0;
  for (size_t i = 0; i < folds->n; i++) {
    size_t n = ml_folds_n_train(folds, i);
    if (n > most) most = n;
  }
  uint32_t *rows = malloc((most + 1) * sizeof *rows);
  if (!rows) return ml_error_memory(err);
  const ml_cv cv = {.all = ml_dataset_view(data), .folds = folds};
  ml_status status = ML_OK;
  for (size_t i = 0; i < folds->n && status == ML_OK; i++) {
    const ml_view train = ml_cv_train(&cv, i, rows), test = ml_cv_test(&cv, i);
    status = fn(ctx, i, &train, &test, err);
  }
  free(rows);
  return status;
}
