/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Tables of windows: every series of a CSV file cut into windows, each a series of its own. */
#ifndef ML_ROLL_H
#define ML_ROLL_H

#include <ml/series.h>
#include <ml/status.h>
#include <ml/watch.h>

ML_BEGIN_DECLS

typedef enum ml_roll_kind {
  ML_ROLL_SHIFT,    /* tsfresh's roll_time_series */
  ML_ROLL_WINDOW,   /* the windows of ml_series_opts.window */
  ML_ROLL_PACKAGES, /* tsfresh's add_sub_time_series_index: each row once */
  ML_ROLL_FORECAST  /* tsfresh's make_forecasting_frame: shifts, and what follows each */
} ml_roll_kind;

typedef struct ml_roll_opts {
  ml_roll_kind how;
  const char *id, *sort, *kind; /* columns, as in ml_series_opts */
  char delimiter;               /* of the input; 0: detected */
  /* ML_ROLL_SHIFT and ML_ROLL_FORECAST */
  long direction;   /* rows from window to window, not 0. Positive: windows end at row T, T -
                       direction, ... of the longest series. Negative: they start at the rows 1, 1 -
                       direction, ... */
  size_t max_shift; /* a window has at most one row more; 0: no bound */
  size_t min_shift; /* and at least one row more */
  ml_window window; /* ML_ROLL_WINDOW */
  size_t length;    /* ML_ROLL_PACKAGES: rows of a package, which is numbered from 0 */
  /* ML_ROLL_FORECAST: the file is one series. */
  const char *value;     /* column of the values; NULL: value, or the only one that is left */
  const char *kind_name; /* what the column kind says; NULL: the name of the column of the values */
  const ml_watch *watch;
} ml_roll_opts;

/* What was written. */
typedef struct ml_roll_counts {
  size_t n_ids, n_rows;         /* of the input */
  size_t n_windows, n_out_rows; /* of the output */
  bool is_numbered;             /* the column sort, which the file has not, was added */
  char irregular[64];           /* id of the first series whose steps of time are not equal; "" */
} ml_roll_counts;

/**
 * Read a CSV file and write the rows of its windows, sorted by id and time. The column of the ids
 * is called id and holds pairs as Python prints them, "(1, 3)": id and time of the last row of the
 * window (of the first, where the direction is negative; package and id for packages). Other
 * columns are copied as text. Without a time the place of the row stands for it, and shifts have a
 * further column, sort, with the number of the row.
 *
 * The output is made row by row: only the input is held in memory.
 *
 * @param input   CSV file, also gzip or Zstandard; "-" is standard input
 * @param output  "-" is standard output; ".gz" is compressed
 * @param answers ML_ROLL_FORECAST: the file for what follows each window: id, y. NULL otherwise.
 * @param[out] counts  may be NULL
 *
 * @retval ML_ERR_USAGE  opts that cannot be: a direction of 0, windows of time without dates
 * @retval ML_ERR_PARSE  malformed file, a column that is not there, fewer than two rows
 * @retval ML_ERR_IO, ML_ERR_CLOSED, ML_ERR_MEMORY, ML_ERR_CANCELLED
 */
ML_API ML_MUST_CHECK ml_status ml_roll_csv(const char *input, const ml_roll_opts *opts,
                                           const char *output, const char *answers,
                                           ml_roll_counts *counts, ml_error *err);

ML_END_DECLS
#endif
