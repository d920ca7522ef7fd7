/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The parts of mltool predict. */
#ifndef ML_CLI_PREDICT_H
#define ML_CLI_PREDICT_H

#include "cli.h"

typedef struct cli_predict {
  const char *output, *id;
  const char *model; /* shared object */
  char delimiter;
  bool proba, drift, follow, trust;
  cli_int batch;
} cli_predict;

typedef struct schema_names {
  char **items;
  size_t n;
} schema_names;

/* What new data have and the model does not use. */
typedef struct drift_schema {
  bool is_known; /* the file could be looked at twice */
  schema_names columns, kinds;
} drift_schema;

/* How far each feature is from the training data. */
typedef struct drift_list {
  const char *const *names; /* n */
  ml_drift *items;          /* n; NULL: it was not asked for */
  size_t *order;            /* n: the largest first, once it was shown */
  size_t n;
  drift_schema schema;
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

/* ---- predict_write.c ------------------------------------------------------------------------ */

typedef struct predict_writer predict_writer;

/** Predictions are written as the end of the name says. @param is_json  standard output is JSON
 * @param[out] out  end it with predict__commit() or predict__abort() */
ml_status predict__open(const ml_pipeline *pipeline, const char *path, bool is_json,
                        predict_writer **out, ml_error *err);

/** Write predictions behind those that were written. @param p  borrowed for the call */
ml_status predict__put(predict_writer *writer, const predicted *p, ml_error *err);

/** Let readers have all of them. */
ml_status predict__flush(predict_writer *writer, ml_error *err);

ml_status predict__commit(predict_writer *writer, ml_error *err); /* frees it in every case */
void predict__abort(predict_writer *writer);                      /* NULL is allowed */

/* ---- predict_latency.c ---------------------------------------------------------------------- */

enum { LATENCY_BINS = 1200 };

/* How long each of many took, in bins of 2% each. Zero-initialise it. */
typedef struct latencies {
  size_t bins[LATENCY_BINS], n;
  double longest;
} latencies;

void latency__add(latencies *l, double seconds);

/** Seconds that a share of them did not exceed: the upper end of a bin, and at most the longest. */
double latency__quantile(const latencies *l, double share);

/* ---- predict_drift.c ------------------------------------------------------------------------ */

/** @param path, id, delimiter  of the new data, as they were read
 * @param[out] out  zero-initialised; release it with predict__release_drift() */
ml_status predict__drift(const ml_pipeline *pipeline, const ml_dataset *data, const char *path,
                         const char *id, char delimiter, drift_list *out, ml_error *err);
void predict__release_drift(drift_list *drift);

/** A table on standard error. */
ml_status predict__print_drift(cli_call *cli, const predicted *p, ml_error *err);

/** Append `"drift": [...]` and the members that belong to it. */
void predict__drift_json(const predicted *p, ml_buf *out);

/* ---- predict_schema.c ----------------------------------------------------------------------- */

/** @param[out] out  zero-initialised; release it with predict__release_schema() */
ml_status predict__schema(const ml_pipeline *pipeline, const char *path, const char *id,
                          char delimiter, drift_schema *out, ml_error *err);
void predict__release_schema(drift_schema *schema);

void predict__schema_text(const ml_pipeline *pipeline, const ml_dataset *data,
                          const drift_schema *schema, ml_buf *out);
void predict__schema_json(const drift_schema *schema, ml_buf *out);

/** Append what is said of a feature of texts. */
void predict__categories_json(const ml_pipeline *pipeline, const ml_dataset *data, size_t j,
                              ml_buf *out);

#endif
