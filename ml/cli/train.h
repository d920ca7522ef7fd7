/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The parts of mltool train. */
#ifndef ML_CLI_TRAIN_H
#define ML_CLI_TRAIN_H

#include "xval.h"

/* What was trained. */
typedef struct trained {
  const char *input; /* path */
  const char *output;
  const xval_shown *shown; /* of the cross-validation; without one (--cv none) its result has no
                              candidates */
  const ml_pipeline *pipeline;
  size_t n_bytes, n_workers; /* of the file; that took part */
  double seconds;
} trained;

/** What xval would print, in short, and where the model is. */
void train__text(const trained *t, ml_buf *out);

/** One JSON object. */
void train__json(const trained *t, ml_buf *out);

#endif
