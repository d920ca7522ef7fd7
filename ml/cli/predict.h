/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The parts of mltool predict. */
#ifndef ML_CLI_PREDICT_H
#define ML_CLI_PREDICT_H

#include "cli.h"

typedef struct cli_predict {
  const char *output, *id;
  char delimiter;
  bool proba, trust;
} cli_predict;

/* What was predicted, and of what. */
typedef struct predicted {
  const char *input, *model_file; /* paths */
  const ml_pipeline *pipeline;
  const ml_dataset *data;
  const double *values; /* as ml_pipeline_predict() gives them */
  const uint32_t *best; /* of classes: that of the greatest; else NULL */
  bool has_proba;       /* probabilities or scores of all classes are written, too */
} predicted;

/** How columns of single classes begin: "proba", or "score" for what are no probabilities. */
const char *predict__share(const predicted *p);

/** Write the predictions as the end of the name says. @param is_json  standard output is JSON */
ml_status predict__write(const predicted *p, const char *path, bool is_json, ml_error *err);

#endif
