/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Data and helpers for the tests of pipelines. */
#ifndef TESTS_PIPELINE_CASES_H
#define TESTS_PIPELINE_CASES_H

#include "support.h"

/* Write a file of the test's folder. @return its path, until some calls later */
const char *pipeline_file(const char *name, const char *text);
const char *pipeline_path(const char *name);

typedef enum pipeline_table {
  PIPELINE_WEIGHTS = 1, /* column w */
  PIPELINE_TEXTS = 2,   /* column colour */
  PIPELINE_MISSING = 4, /* a cell in eight of column c is empty, some of colour */
  PIPELINE_IDS = 8      /* column name */
} pipeline_table;

/* Rows of numbers a to e, with a target `kind` of three classes and another, `size`, that depends
 * on some of them; as CSV. free() it. */
char *pipeline_csv(size_t n_rows, unsigned traits, uint64_t seed);

/* The dataset of such a file, for one of the targets. */
ml_dataset *pipeline_data(const char *path, const char *target, unsigned traits);

/* Fit, or fail the test. @param prep  NULL: no steps */
ml_pipeline *pipeline_fit(const ml_dataset *data, const char *model, const char *prep);

/* The same with parameters NAME=VALUE, NULL behind the last. */
ml_pipeline *pipeline_fit_set(const ml_dataset *data, const char *model, const char *prep,
                              const char *const *settings);

/* Its JSON, with a NUL behind it; free() it. */
char *pipeline_json(const ml_pipeline *p, size_t *n);

/* What its JSON says, or fail the test. */
ml_pipeline *pipeline_reload(const ml_pipeline *p);

/* Outputs for all rows; free() them. */
double *pipeline_predict(const ml_pipeline *p, const ml_dataset *data, size_t *n);

/* Both predict the same bits for a dataset. */
void pipeline_expect_same(const char *label, const ml_pipeline *a, const ml_pipeline *b,
                          const ml_dataset *data);

/* Parsing a text fails with a message: `m.json: ...`. */
void pipeline_expect_refused(const char *text, ml_status status, const char *message);

#endif
