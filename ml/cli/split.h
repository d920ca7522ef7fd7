/* SPDX-License-Identifier: GPL-3.0-or-later */
/* mltool split: folds, and the forms they are written in. */
#ifndef ML_CLI_SPLIT_H
#define ML_CLI_SPLIT_H

#include "cli.h"

typedef enum split_form {
  SPLIT_TABLE, /* CSV: a line for each row, with the fold that tests it */
  SPLIT_LONG,  /* CSV: a line for each row in each part of each fold */
  SPLIT_JSON
} split_form;

typedef struct split_result {
  const char *scheme; /* as it was used */
  uint64_t seed;
  const ml_dataset *data;
  const ml_folds *folds;
} split_result;

/** Write folds. @retval as ml_output_write(), ML_ERR_CANCELLED */
ml_status cli__write_folds(const split_result *result, split_form form, const char *path,
                           const ml_watch *watch, ml_error *err);

#endif
