/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The pictures of a cross-validation: panels of one size, alone on a page or together in a plot. */
#ifndef ML_CLI_XVAL_PICTURE_H
#define ML_CLI_XVAL_PICTURE_H

#include "picture_sheet.h"
#include "xval.h"

enum {
  PANEL_WIDTH = PICTURE_GLIMPSE,
  PANEL_HEIGHT = 198,
  PANEL_LEFT = 52, /* of the field */
  PANEL_RIGHT = PANEL_WIDTH - 10,
  PANEL_TOP = 8,
  PANEL_BOTTOM = 176
};

typedef struct panels panels;

/** @param[out] out  free it with panels__free() */
ml_status panels__new(const xval_shown *s, panels **out, ml_error *err);

/** NULL is allowed. */
void panels__free(panels *p);

size_t panels__n(const panels *p);

/** Append what panel i shows, as plain text. */
void panels__title(const panels *p, size_t i, ml_buf *out);

/** Append panel i: an <svg>. @param place  further attributes; "": none */
void panels__draw(const panels *p, size_t i, const char *place, ml_buf *out);

/* ---- xval_panel.c: the field of a panel ---------------------------------------------------- */

typedef struct panel_field {
  double lo, hi; /* upwards */
  double left;   /* of the field */
  ml_buf *out;
} panel_field;

/** Begin a panel of which nothing is known yet. */
void panel__begin(const char *place, const char *label, ml_buf *out);
void panel__end(ml_buf *out);

/** The axis upwards, for values between lo and hi. */
panel_field panel__field(double lo, double hi, ml_buf *out);

double panel__y(const panel_field *f, double value);

/** Append a line from (x1, y1) to (x2, y2). */
void panel__line(const panel_field *f, const char *how, double x1, double y1, double x2, double y2);

/** Labels below the axis, leaving out those that would overlap. */
void panel__x_labels(const panel_field *f, const double *at, const char *const *labels, size_t n);

/* ---- xval_panel_search.c, xval_panel_classes.c ---------------------------------------------- */

/** Scores of candidates by their value of a parameter. @param order  candidates by rank
 * @param room  for n_candidates numbers */
void panel__search(const xval_shown *s, size_t param, const size_t *order, double *room,
                   const char *place, ml_buf *out);

/** Curves of true and false positive rates. @param order  room for the number of predictions */
void panel__roc(const xval_shown *s, size_t *order, const char *place, ml_buf *out);

/* Curves of rates, of the last of two classes or the first of several. */
enum { MOST_CURVES = 5 };
size_t panel__n_curves(const xval_shown *s);
const char *panel__curve_colour(const xval_shown *s, size_t class);

/** Begin a panel of rates from 0 to 1 with its diagonal. */
panel_field panel__begin_rates(const char *place, const char *label, ml_buf *out);
double panel__rate_x(double rate);

/** Append whose the curves are: above left, or below right. */
void panel__curve_names(const xval_shown *s, const panel_field *f, bool is_above);

/** True classes downwards, predicted ones across. */
void panel__confusion(const xval_shown *s, const char *place, ml_buf *out);

/* ---- xval_panel_calibration.c --------------------------------------------------------------- */

/** Shares of true rows by tenths of the predicted probability, which there is. */
void panel__calibration(const xval_shown *s, const char *place, ml_buf *out);

/* ---- xval.html, with page.css, page.js and xval.js in it ------------------------------------ */

extern const char xval__page[];

/* ---- xval_report_parts.c: what pages of trainings have, too --------------------------------- */

/** Facts, as entries of a <dl>. Without a cross-validation, those of data and model. */
void report__facts(const xval_shown *s, ml_buf *out);

/** Rows of a table: mean, deviation and pooled score of each metric. */
void report__scores(const xval_shown *s, ml_buf *out);

/** What xval__put_remarks() says, as paragraphs. */
void report__remarks(const xval_shown *s, ml_buf *out);

/** All panels, as figures. */
void report__panels(const panels *p, ml_buf *out);

/* ---- xval_report_table.c: the table of a page ----------------------------------------------- */

/** Append it in a form: its heads, its rows, its data, or all of it. */
void report__table(const xval_shown *s, void (*form)(const sheet_rows *rows, ml_buf *out),
                   ml_buf *out);

/** The folds of the winner alike. */
void report__folds(const xval_shown *s, void (*form)(const sheet_rows *rows, ml_buf *out),
                   ml_buf *out);

/** "Candidates", "Folds" or "Outer folds": what its rows are. */
const char *report__rows_are(const xval_shown *s);

#endif
