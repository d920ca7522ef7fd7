/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Steps of preprocessing on small tables, as text. */
#ifndef TESTS_PREP_CASES_H
#define TESTS_PREP_CASES_H

#include <ml/prep.h>
#include <ml/xval.h>

/** The steps of a text that must be right; free with ml_prep_free(). */
ml_prep *prep_parse(const char *text);

/** What n rows teach, of all rows when rows is NULL and n is 0; free with ml_prepared_free(). */
ml_prepared *prep_fit(const char *text, const ml_dataset *data, const uint32_t *rows, size_t n);

/** Learn from the first n rows, do all of them, and show names and rows. */
void expect_prepared(const char *text, const ml_dataset *data, size_t n, const char *want);

/** 4 rows of learning, and one behind them. */
ml_dataset five_rows(void);

/** The steps cannot be for this table. */
void expect_unfit(const char *text, const ml_dataset *data, const char *want);

/** The first n rows teach nothing. */
void expect_no_fit(const char *text, const ml_dataset *data, size_t n, const char *want);

#endif
