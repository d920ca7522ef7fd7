/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The parts of mltool predict. */
#ifndef ML_CLI_PREDICT_H
#define ML_CLI_PREDICT_H

#include "cli.h"

typedef struct cli_predict {
  const char *output, *id;
  char delimiter;
  bool proba, drift;
} cli_predict;

/* How far each feature is from the training data. */
typedef struct drift_list {
  const char *const *names; /* n */
  ml_drift *items;          /* n; NULL: it was not asked for */
  size_t *order;            /* n: the largest first, once it was shown */
  size_t n;
} drift_list;

/* What was predicted, and of what. */
typedef struct predicted {
  const char *input, *model_file; /* paths */
  const ml_pipeline *pipeline;
  const ml_dataset *data;
  const double *values; /* as ml_pipeline_predict() gives them */
  const uint32_t *best; /* of classes: that of the greatest; else NULL */
  bool has_proba;       /* probabilities or scores of all classes are written, too */
  drift_list *drift;    /* with JSON; NULL: it is not asked for */
} predicted;

/** How columns of single classes begin: "proba", or "score" for what are no probabilities. */
const char *predict__share(const predicted *p);

/** Write the predictions as the end of the name says. @param is_json  standard output is JSON */
ml_status predict__write(const predicted *p, const char *path, bool is_json, ml_error *err);

/** @param[out] out  zero-initialised; release it with predict__release_drift() */
ml_status predict__drift(const ml_pipeline *pipeline, const ml_dataset *data, drift_list *out,
                         ml_error *err);
void predict__release_drift(drift_list *drift);

/** A table on standard error. */
ml_status predict__print_drift(cli_call *cli, drift_list *drift, ml_error *err);

/** Append an array. */
void predict__drift_json(drift_list *drift, ml_buf *out);

#endif
