/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the tests of datasets share: files, and what is expected of reading them. */
#ifndef TESTS_DATASET_CASES_H
#define TESTS_DATASET_CASES_H

#include "support.h"

/* A path in the temporary folder; four of them may be in use at a time. */
const char *in_dir(const char *name);

/* A new file there; put() calls it d.csv. @return its path */
const char *put_as(const char *name, const char *text);
const char *put(const char *text);

/* A dataset that must be readable. */
ml_dataset *read_ok(const char *path, const ml_dataset_opts *opts);
ml_dataset *read_text(const char *text, const ml_dataset_opts *opts);

/* It must not be readable; the message is `want`, behind the name of a file that ends in .csv. */
void expect_error_of(const char *path, const ml_dataset_opts *opts, ml_status status,
                     const char *want);
void expect_error(const char *text, const ml_dataset_opts *opts, ml_status status,
                  const char *want);

/* Levels as "a,b: 0 1 -": the labels, then the code of each row. */
void expect_levels(const ml_levels *levels, size_t n_rows, const char *want);

#endif
