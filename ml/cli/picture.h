/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the pictures of a selection have in common: texts of known width, axes, words. Pictures are
 * SVG. Their colours are attributes, which any style sheet outranks: a page repaints them by class.
 */
#ifndef ML_CLI_PICTURE_H
#define ML_CLI_PICTURE_H

#include "selection.h"

/* Colours of Okabe and Ito, and of Tol: told apart by those, too, who do not see red or green. */
#define PICTURE_INK       "class=\"ink\" fill=\"#1c2128\""
#define PICTURE_DIM       "class=\"dim\" fill=\"#57606a\""
#define PICTURE_GRID      "class=\"grid\" fill=\"none\" stroke=\"#d9dee4\""
#define PICTURE_AXIS      "class=\"axis\" fill=\"none\" stroke=\"#57606a\""
#define PICTURE_SELECTED  "class=\"selected\" fill=\"none\" stroke=\"#0072b2\""
#define PICTURE_REDUNDANT "class=\"redundant\" fill=\"none\" stroke=\"#aa3377\""
#define PICTURE_REST      "class=\"rest\" fill=\"none\" stroke=\"#83898f\""
#define PICTURE_LINE      "class=\"line\" fill=\"none\" stroke=\"#d55e00\""

/* ---- picture.c ----------------------------------------------------------------------------- */

/** Append the head of an SVG document without its final ">". */
void picture__begin(ml_buf *out, const char *name, double top, double width, double height);

/** Append a coordinate, to a tenth. */
void picture__at(ml_buf *out, double coordinate);

/** Append "X,Y" behind a letter of a path; '\0': none. */
void picture__point(ml_buf *out, char letter, double x, double y);

/** @return what a text takes at most in the usual fonts, at a size */
double picture__width(const char *text, double size);

/** Append a text, escaped; an ellipsis replaces its middle where it takes more than the room. */
void picture__name(ml_buf *out, const char *text, double room, double size);

/** Append a <text>. @param how  further attributes */
void picture__text(ml_buf *out, double x, double y, const char *how, const char *text);

/** Append a p-value in three digits. */
void picture__p(ml_buf *out, double p);

enum { PICTURE_TICKS = 12 };

typedef struct picture_ticks {
  size_t n;
  double at[PICTURE_TICKS];
  char labels[PICTURE_TICKS][ML_NUMBER_MAX];
} picture_ticks;

/** Round values in [lo, hi], about as many as are wanted. */
void picture__ticks(double lo, double hi, size_t wanted, picture_ticks *out);

/* Two numbers, in as many digits as tell them apart. */
typedef struct picture_pair {
  char lo[ML_NUMBER_MAX], hi[ML_NUMBER_MAX];
} picture_pair;

picture_pair picture__pair(double lo, double hi);

/** Sort ascending; there is no NaN. */
void picture__sort(double *values, size_t n);

/** @return a quantile of n > 0 ascending values, linear between the two that are nearest */
double picture__quantile(const double *values, size_t n, double share);

/** @return where in [0, 1] a value lies between lo and hi, however large they are */
double picture__share(double value, double lo, double hi);

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

/* ---- select_rows.c: small plots with a row for each group --------------------------------------
 */

enum { PICTURE_GLIMPSE = 330, /* width of a small plot */ PICTURE_GROUPS = 8 };

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

/* ---- select_glimpse.c: small plots of a feature against the target ----------------------------
 */

typedef struct glimpses glimpses;

/** @param[out] out  free it with glimpse__free() */
ml_status glimpse__new(const cli_pictured *p, glimpses **out, ml_error *err);

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

/* ---- select.html, with select.css and select.js in it ---------------------------------------- */

extern const char picture__page[];

#endif
