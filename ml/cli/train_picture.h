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

/* ---- train.html, with page.css, page.js and train.js in it ---------------------------------- */

extern const char train__page[];

#endif
