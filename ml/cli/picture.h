/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What pictures have in common: texts of known width, axes, scatter plots, pages. Pictures are SVG.
 * Their colours are attributes, which any style sheet outranks: a page repaints them by class. */
#ifndef ML_CLI_PICTURE_H
#define ML_CLI_PICTURE_H

#include "cli.h"

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

/** The same for a log scale: powers of ten, and 2 and 5 times those where there are few. lo > 0. */
void picture__log_ticks(double lo, double hi, size_t wanted, picture_ticks *out);

/* Two numbers, in as many digits as tell them apart. */
typedef struct picture_pair {
  char lo[ML_NUMBER_MAX], hi[ML_NUMBER_MAX];
} picture_pair;

picture_pair picture__pair(double lo, double hi);

/** Sort ascending; there is no NaN. */
void picture__sort(double *values, size_t n);

/** @return a quantile of n > 0 ascending values, linear between the two that are nearest */
double picture__quantile(const double *values, size_t n, double share);

typedef struct picture_range {
  double lo, hi;
} picture_range;

/** What is shown of an axis: all of n numbers, but for those that would press the others flat.
 * Sorts them; there is no NaN. */
picture_range picture__range(double *values, size_t n);

/** @return where in [0, 1] a value lies between lo and hi, however large they are */
double picture__share(double value, double lo, double hi);

/* ---- picture_scatter.c --------------------------------------------------------------------- */

enum { PICTURE_GLIMPSE = 330 /* width of a small plot */ };

typedef enum picture_scatter_kind {
  PICTURE_FREE,
  PICTURE_SQUARE,  /* both axes show the same values, with a line where x is y */
  PICTURE_RESIDUAL /* with a line where y is 0 */
} picture_scatter_kind;

typedef struct picture_scatter {
  const double *x, *y; /* n; where one is not finite there is no point */
  size_t n;
  const char *label; /* of the picture, for those who do not see it */
  picture_scatter_kind kind;
} picture_scatter;

/* More points are a sample. */
enum { PICTURE_MOST_POINTS = 1000 };

/** Append a scatter plot. @param place  further attributes; "": none. @param room  for 2 n numbers.
 * @return points that are marks at the edge */
size_t picture__scatter(const picture_scatter *of, const char *place, double *room, ml_buf *out);

/* ---- picture_page.c ------------------------------------------------------------------------ */

/* A place in a page, @@name@@, and what puts a text there. */
typedef struct picture_mark {
  const char *name;
  void (*put)(void *ctx);
} picture_mark;

/** Append a page with its n marks replaced. */
void picture__fill(const char *page, const picture_mark *marks, size_t n, void *ctx, ml_buf *out);

/** Begin and end a fact: a term with its description. */
void picture__begin_fact(ml_buf *out, const char *name, bool is_wide);
void picture__end_fact(ml_buf *out);

/** Append a JSON string in which there is nothing that HTML might read. */
void picture__json_string(ml_buf *out, const char *text);

#endif
