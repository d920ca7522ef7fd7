/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the tests of cross-validation share: data, runs, comparison of results. */
#ifndef TESTS_XVAL_CASES_H
#define TESTS_XVAL_CASES_H

#include "support.h"

/* Rows of chance: regression when n_classes is 0. */
ml_dataset made_data(size_t n_rows, size_t n_features, size_t n_classes, uint64_t seed);
void free_made(ml_dataset *data);

/* 14 candidates of ridge: with and without an intercept, seven penalties. */
ml_candidates *ridge_candidates(const ml_model *model);

/* A model that fails as its parameter mood says, tests/modules/moody_model.c, and its candidates:
 * "mood=good,fails". */
const ml_model *moody(void);
ml_candidates *moods(const ml_model *model, const char *spec);

/* A run that must succeed. */
ml_xval_result *run_xval(const ml_dataset *data, const ml_model *model,
                         const ml_candidates *candidates, const ml_xval_opts *opts, ml_exec *exec);

/* A run that must fail in this way, with these words in its message. */
void expect_no_xval(const ml_dataset *data, const ml_model *model, const ml_candidates *candidates,
                    const ml_xval_opts *opts, ml_status status, const char *words);

/* All but times and what was resumed. */
void expect_same_result(const ml_xval_result *got, const ml_xval_result *want);

/* Functions of an executor of tests: each item alone, the last first, in copies of what a worker
 * would have. */
size_t three_workers(const ml_exec *exec);
ml_status run_backwards(ml_exec *exec, const ml_job *job, ml_error *err);

/* An executor of these. */
extern ml_exec backwards;

#endif
