/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the pictures of a selection have in common, beside what all pictures have. */
#ifndef ML_CLI_SELECT_PICTURE_H
#define ML_CLI_SELECT_PICTURE_H

#include "picture.h"
#include "selection.h"

/* ---- select_words.c ------------------------------------------------------------------------ */

/* "3 of 100 features selected" */
void picture__headline(const cli_pictured *p, ml_buf *out);

/* "classification, 3 classes" */
void picture__problem(const cli_pictured *p, ml_buf *out);

/* "Benjamini-Yekutieli, FDR 0.05, for 2 of 3 classes" */
void picture__rule(const cli_pictured *p, ml_buf *out);

/* The rule, and what was dropped after it. */
void picture__method(const cli_pictured *p, ml_buf *out);

/* By ml_feature_type. */
extern const char *const picture__types[];

/* Of the false discovery rate. */
double picture__level(const ml_select_opts *opts);

typedef enum picture_fate {
  PICTURE_IS_REST,
  PICTURE_IS_REDUNDANT,
  PICTURE_IS_SELECTED
} picture_fate;

picture_fate picture__fate(const ml_relevance *feature);

/** @return features that have a p-value; they come first */
size_t picture__n_tested(const ml_selection *s);

/** @return whether all features that have a p-value have one threshold */
bool picture__has_one_threshold(const ml_selection *s);

/* ---- select_plot.c ------------------------------------------------------------------------- */

/** Append the plot; without its title where a page says the same. */
void picture__plot(const cli_pictured *p, bool has_title, ml_buf *out);

/* ---- select_rows.c: small plots with a row for each group ------------------------------------ */

enum { PICTURE_GROUPS = 8 };

typedef struct picture_group {
  const char *label; /* borrowed */
  uint32_t class;
  size_t n; /* rows of the data */
} picture_group;

typedef struct picture_rows {
  const picture_group *groups; /* n_groups, at most PICTURE_GROUPS */
  size_t n_groups;
  const double *values;     /* n */
  const uint32_t *group_of; /* n: n_groups and above are not shown */
  size_t n;
} picture_rows;

/** Append box plots. @param room  for n numbers. @return values that are marks at the edge */
size_t picture__boxes(const picture_rows *of, double *room, ml_buf *out);

/** Append shares of two values, lo < hi. */
void picture__shares(const picture_rows *of, double lo, double hi, ml_buf *out);

/* ---- select_glimpse.c: small plots of a feature against the target --------------------------- */

typedef struct glimpses glimpses;

/** @param[out] out  free it with glimpse__free() */
ml_status glimpse__new(const cli_pictured *p, glimpses **out, ml_error *err);

/** Append what all of them show, in words. */
void glimpse__legend(const cli_pictured *p, ml_buf *out);

/** Append a <figure> of one feature. */
void glimpse__draw(glimpses *g, const ml_relevance *feature, ml_buf *out);

/** NULL is allowed. */
void glimpse__free(glimpses *g);

/* ---- select_table.c: the table of a page
 * --------------------------------------------------------- */

extern const char *const picture__tests[]; /* names of tests; the first is none, NULL ends them */

void picture__table_heads(const cli_pictured *p, ml_buf *out);

/** Append the first rows. */
void picture__table_rows(const cli_pictured *p, ml_buf *out);

/** Append all rows as JSON, in which nothing is HTML. */
void picture__table_data(const cli_pictured *p, ml_buf *out);

/* ---- select.html, with page.css, page.js and select.js in it --------------------------------- */

extern const char select__page[];

#endif
