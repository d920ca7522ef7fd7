/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The parts of mltool train. */
#ifndef ML_CLI_TRAIN_H
#define ML_CLI_TRAIN_H

#include "xval.h"

/* What took how long. */
typedef struct train_step {
  const char *name;
  double seconds;
} train_step;

/* What was trained. */
typedef struct trained {
  const char *input; /* path */
  const char *output;
  const xval_shown *shown; /* of the cross-validation; without one (--cv none) its result has no
                              candidates */
  const ml_pipeline *pipeline;
  size_t n_bytes, n_workers; /* of the file; that took part */
  double seconds;

  /* For the page; what it says depends on none of it but the times, which are shown if
   * shown->has_times. */
  ml_exec *exec;           /* NULL: serial */
  const ml_watch *watch;   /* may be NULL */
  const ml_buf *pool;      /* what ml_mproc_describe() said of the workers; NULL: there were none */
  const train_step *steps; /* n_steps; NULL: not known */
  size_t n_steps;
} trained;

/** What xval would print, in short, and where the model is. */
void train__text(const trained *t, ml_buf *out);

/** One JSON object. */
void train__json(const trained *t, ml_buf *out);

/** A self-contained page of HTML about the whole run. Predictions are in it if the cross-validation
 * has kept them (ml_xval_opts.keep_predictions).
 * @retval ML_ERR_MEMORY, ML_ERR_CANCELLED, ML_ERR_WORKER */
ml_status train__report(const trained *t, ml_buf *out, ml_error *err);

#endif
