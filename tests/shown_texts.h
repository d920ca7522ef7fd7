/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the tests of shown results share: the texts that are written of a case. */
#ifndef TESTS_SHOWN_TEXTS_H
#define TESTS_SHOWN_TEXTS_H

#include "shown_cases.h"
#include "support.h"

#include <jansson.h>

/* What a function writes of the case of that name, as a string; free() it. */
char *shown_text(void (*put)(const xval_shown *, ml_buf *), const char *name);
char *shown_picture(ml_status (*put)(const xval_shown *, ml_buf *, ml_error *), const char *name);

/* How often a text has these words. */
size_t count_of(const char *text, const char *what);

/* Words that the text of a case must have. */
typedef struct expected {
  const char *name, *words;
} expected;

/* Fails the test when a text of n cases has not its words. */
void expect_words(const expected *cases, size_t n, void (*put)(const xval_shown *, ml_buf *));

/* A value of JSON by the path of keys and indices to it, "folds.0.n_train"; fails the test when
 * there is none. */
json_t *shown_at(json_t *json, const char *path);

#endif
