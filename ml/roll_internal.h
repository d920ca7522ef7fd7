/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The rows of a file that is rolled; never installed. */
#ifndef ML_ROLL_INTERNAL_H
#define ML_ROLL_INTERNAL_H

#include <ml/csv_internal.h>
#include <ml/roll.h>
#include <ml/series_internal.h>

/* Rows as text, and in which order they come. Group g is the rows of an id and a kind. */
typedef struct roll_rows {
  size_t n_rows, capacity;
  ml_buf text;     /* a row after the other, without its id, as it is written */
  size_t *starts;  /* n_rows + 1: row i is text[starts[i] .. starts[i + 1]) */
  uint32_t *split; /* the id stands behind so many bytes of a row */
  ml_buf header;   /* the whole line, without its end */
  ml_table *table; /* holds the ids */
  char **ids;      /* n_ids, in order */
  size_t n_ids, n_kinds;
  series_id_form form;
  ml_clock clock;
  bool is_whole;
  int64_t *key;       /* of each place of the order: time, or without a clock the row */
  series_order order; /* n_ids * n_kinds groups */
  size_t longest;     /* rows of the longest group */
  size_t value;       /* forecasts: column of the file with the values */
  size_t irregular;   /* group whose steps are not equal; SIZE_MAX: none */
} roll_rows;

ml_status roll__read(const char *input, const ml_roll_opts *opts, roll_rows *rows, ml_error *err);
void roll__release(roll_rows *rows);

#endif
