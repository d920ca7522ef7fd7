/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Files of features, and what is expected of reading them. */
#ifndef TESTS_FEATURES_CASES_H
#define TESTS_FEATURES_CASES_H

#include "support.h"

/* A path in the temporary folder; four of them may be in use at a time. */
const char *in_dir(const char *name);

/* A new file there. @return its path */
const char *put_bytes(const char *name, const void *bytes, size_t n);

/* Features that must be readable. */
ml_matrix *read_ok(const char *path, const ml_features_opts *opts, ml_target **target);

/* As a CSV of "row: value value" and header, for comparing by eye. */
void expect_matrix(const char *path, const ml_features_opts *opts, const char *want);

/* "line:column: message", as far as there is a place. */
void show_error(const ml_error *err, char *buf, size_t size);

/* They must not be readable, with this as of show_error(), and the results stay as they are. */
void expect_error_of(const char *path, const ml_features_opts *opts, ml_status status,
                     const char *want);

#endif
