/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The parts of the page of mltool train. */
#ifndef ML_CLI_TRAIN_PICTURE_H
#define ML_CLI_TRAIN_PICTURE_H

#include "picture_sheet.h"
#include "train.h"

/** Begin and end a section. @param name  of its heading, also within the page */
void train__begin_section(ml_buf *out, const char *name, const char *heading);
void train__end_section(ml_buf *out);

/** Append a table to sort and search, with all of its rows as data.
 * @param name     of its section
 * @param only     what a mark at its side leaves: "chosen only"; NULL: there is none */
void train__put_sheet(ml_buf *out, const char *name, const char *only, const sheet_rows *rows);

/* ---- train_report_importance.c: how much features count -------------------------------------- */

typedef struct train_importance train_importance;

/** @param[out] out  free it with importance__free() */
ml_status importance__new(const trained *t, train_importance **out, ml_error *err);

/** NULL is allowed. */
void importance__free(train_importance *im);

bool importance__is_known(const train_importance *im);

/** That of n features by their names, which are in the order of the data; NaN: none.
 * @param[out] out  n */
void importance__find(const train_importance *im, const char *const *names, size_t n, double *out);

/** Append its section. */
ml_status importance__put(const train_importance *im, ml_buf *out, ml_error *err);

/* ---- train_report_features.c: features, their p-values and small plots ----------------------- */

typedef struct train_features train_features;

/** @param importance  NULL: not asked for
 * @param[out] out  free it with features__free() */
ml_status features__new(const trained *t, const train_importance *importance, train_features **out,
                        ml_error *err);

/** NULL is allowed. */
void features__free(train_features *f);

/** Append those that the model needs, as JSON, with their p-values where a step selects by them. */
void features__json(const train_features *f, ml_buf *out);

/** Append their sections. */
ml_status features__put(const train_features *f, ml_buf *out, ml_error *err);

/* ---- train_report_data.c: what the data are -------------------------------------------------- */

/** Append the section of the data. */
ml_status train__put_data(const trained *t, ml_buf *out, ml_error *err);

/* ---- train_report_times.c -------------------------------------------------------------------- */

/** Append the section of times. */
ml_status train__put_times(const trained *t, ml_buf *out, ml_error *err);

/* ---- train.html, with page.css, page.js and train.js in it ---------------------------------- */

extern const char train__page[];

#endif
