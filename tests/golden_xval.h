/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Cases of cross-validation of the reference: what they ask for, and how scores are compared. */
#ifndef TESTS_GOLDEN_XVAL_H
#define TESTS_GOLDEN_XVAL_H

#include "golden.h"

/* A member of an object; NULL when it has none. */
const json_t *field(const json_t *one, const char *name);
const char *text_of(const json_t *one, const char *name);

/* The scheme of a case as --cv takes it; borrowed until the next call. */
char *scheme_of(const json_t *cv);

/* A value as --set takes it; free() it. */
char *value_text(const json_t *value);

/* The defaults, but for the parameters that are named. @param[out] out  n_params of the model */
void set_params(const ml_model *model, const json_t *params, double *out);

/* Metrics by the names of an object. @return how many */
size_t parse_metrics(const json_t *by_name, ml_metric *out);

/* Fails the test when a number is not within the tolerance of the case: null is not compared, a
 * text says that there is no number. */
void expect_number(const char *what, double got, const json_t *want);

/* Compare all scores of a candidate, by the names of metrics. @param pooled  NULL: none */
void expect_candidate(const ml_xval_result *r, size_t c, const json_t *folds, const json_t *mean,
                      const json_t *std, const json_t *pooled);

typedef struct asked {
  ml_dataset *data;
  const ml_model *model;
  ml_prep *prep;
  double fixed[64];
  ml_metric metrics[32];
  ml_xval_opts opts;
} asked;

/* Name and tolerance of the case that is compared; set by ask(). */
extern const char *current;
extern double tolerance;

/* Read what a case asks for. @param metrics  an object whose names they are; NULL: the defaults */
void ask(const json_t *manifest, const json_t *one, const json_t *metrics, asked *a);
void release(asked *a);

/* The run that is asked for; it must succeed. */
ml_xval_result *run(const asked *a, const ml_candidates *candidates);

/* A dataset of the reference with its roles. */
ml_dataset *read_data(const json_t *manifest, const char *name);

#endif
