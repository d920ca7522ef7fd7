/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Many time series: rows grouped by id and kind, each in the order of its time. */
#ifndef ML_SERIES_H
#define ML_SERIES_H

#include <ml/status.h>
#include <ml/table.h>
#include <ml/watch.h>

ML_BEGIN_DECLS

typedef struct ml_series_set ml_series_set;

typedef enum ml_clock {
  ML_CLOCK_NONE,   /* rows in the order of the file */
  ML_CLOCK_NUMBER, /* sorted by a number */
  ML_CLOCK_TIME    /* sorted by a date and time */
} ml_clock;

/* What becomes of values that are not there: NaN, and cells that are empty or say so. */
typedef enum ml_missing {
  ML_MISSING_DEFAULT,    /* ML_MISSING_ERROR; of infinities: as for missing values */
  ML_MISSING_ERROR,      /* none is allowed; the error has the place of the first */
  ML_MISSING_PROPAGATE,  /* they go through the calculators */
  ML_MISSING_DROP,       /* they leave their series; the other kinds keep their values */
  ML_MISSING_INTERPOLATE /* on the line between the finite values on both sides, over the time if
                            there is one, else over the rows; at the ends, the nearest of them. A
                            series without any becomes empty. */
} ml_missing;

/* Windows over a series: each ends behind a row and goes back from there. */
typedef struct ml_window {
  size_t rows;     /* it has the last rows, at most so many; 0: by time */
  int64_t span;    /* it has the rows of the last span nanoseconds, without that long ago itself;
                      0: by rows */
  size_t min_rows; /* windows with fewer are left out, and the first ends behind so many; 0: rows,
                      or 1 for windows of time */
  size_t stride;   /* rows from end to end; 0: 1 */
  int64_t stride_span; /* in place of stride: the first window ends behind the first row, each
                          other at the first row that is so many nanoseconds later; 0: by rows */
} ml_window;

/* A series of one id and kind; borrowed from the set. */
typedef struct ml_series {
  const double *x;      /* n values */
  size_t n;             /* 0 when this id has no rows of this kind */
  const int64_t *times; /* n, ascending: nanoseconds since 1970; NULL unless the clock is
                           ML_CLOCK_TIME */
} ml_series;

/* Which columns play which part. All NULL: columns called id, time, kind and value, and in their
 * absence the rules of ml_series_read(). Column names are matched exactly. */
typedef struct ml_series_opts {
  const char *id;           /* "" says that the file is one single series */
  const char *sort;         /* "" keeps the order of the file */
  const char *kind;         /* long format: column that names the kind of a row */
  const char *value;        /* long format, or a single kind: column of the values */
  const char *columns;      /* wide format: names of the value columns, separated by commas */
  const char *exclude;      /* wide format: columns to leave out, separated by commas */
  const char *target;       /* column of what is to be predicted: one value an id, and no kind;
                               NULL: none */
  bool target_is_elsewhere; /* a column of that name is left out, and need not be there */
  /* Columns of what is known of an id, such as its group: one value an id, and no kinds. The column
   * of the ids may be among them. */
  const char *const *attributes;
  size_t n_attributes;
  bool attributes_may_lack; /* they need not be there */
  char delimiter;           /* 0: detected */
  ml_missing missing;       /* empty cells, NaN */
  ml_missing infinite;      /* infinities */
  const ml_window *window;  /* cut the series into windows; NULL: leave them whole */
  size_t shard, n_shards;   /* read only ids whose ml_shard_of() is `shard`; all rows are checked,
                               and there may be no such id. n_shards 0: read all */
  const ml_watch *watch;
} ml_series_opts;

/**
 * Read series from a CSV file in one of three shapes.
 *
 * Long: id, time, kind, value, one number a row. Wide: id, time and a column for
 * each kind. One series: no id column. With a value column and no kind, that column is the only
 * kind, and the other columns are ignored; with neither, every column that has no other part is a
 * kind. The column of the target has no other part, and every row of an id has the same text there;
 * so it is for attributes.
 * Without an id column the file is one series only if that is what it clearly is: see
 * docs/csv.md.
 *
 * Rows need not be sorted; equal times keep the order of the file. Ids that are all numbers are
 * compared as numbers (1 and 1.0 are one id, integers exactly at any size), else as text by code
 * point. Missing and infinite values are errors unless opts says otherwise; a decimal number that
 * is too large for a double is an infinity that is no error.
 *
 * Windows are views: their values are those of the series, and no copy. The id of a window is
 * written as tsfresh has it, "(1, 3)" or "('a', 3)": the id of its series and the time of its last
 * row, or the place of that row, from 0, where there is no time. Kinds of the wide format are cut
 * alike; in the long format each is cut for itself, and windows of one id and time are one id.
 * What is dropped as missing leaves its windows; it counts as a row when they are cut.
 *
 * @param path      CSV file, also gzip or Zstandard; "-" is standard input
 * @param opts      NULL for the defaults
 * @param[out] out  free it with ml_series_free(). Not written on failure.
 * @param[out] err  may be NULL; on failure has source, line and column
 *
 * @retval ML_ERR_IO     path cannot be opened or read
 * @retval ML_ERR_PARSE  malformed file, a column that is not there (the message lists those that
 * are), a target or attribute that is empty or not the same for all rows of an id
 * @retval ML_ERR_USAGE  windows of time, and no dates; a window that cannot be
 * @retval ML_ERR_MEMORY, ML_ERR_CANCELLED
 */
ML_API ML_MUST_CHECK ml_status ml_series_read(const char *path, const ml_series_opts *opts,
                                              ml_series_set **out, ml_error *err);

/** The same from bytes in memory; source is the name for messages. */
ML_API ML_MUST_CHECK ml_status ml_series_parse(const void *bytes, size_t n, const char *source,
                                               const ml_series_opts *opts, ml_series_set **out,
                                               ml_error *err);

/* Rows in memory, for programs that have their data already. All arrays are borrowed for the call
 * only. */
typedef struct ml_series_rows {
  size_t n_rows;
  const uint32_t *id; /* n_rows codes below n_ids; NULL: one series */
  const char *const *ids;
  size_t n_ids;
  const double *time;          /* n_rows, sorted by; NULL: rows are in order */
  const int64_t *date;         /* the same as nanoseconds since 1970, in place of time */
  const char *const *kinds;    /* names of the value columns */
  const double *const *values; /* n_kinds columns of n_rows */
  size_t n_kinds;
  ml_missing missing, infinite; /* as in ml_series_opts */
  const ml_window *window;
} ml_series_rows;

/**
 * Group rows that are in memory, as the wide format of ml_series_read() does.
 *
 * @retval ML_ERR_PARSE  a value is not finite and must be, a time is not, a code is out of range;
 * err->line is the row, from 1
 * @retval ML_ERR_MEMORY
 */
ML_API ML_MUST_CHECK ml_status ml_series_from_rows(const ml_series_rows *rows, ml_series_set **out,
                                                   ml_error *err);

ML_API size_t ml_series_n_ids(const ml_series_set *set);
ML_API size_t ml_series_n_kinds(const ml_series_set *set);
ML_API size_t ml_series_n_rows(const ml_series_set *set); /* rows of the input */
ML_API ml_clock ml_series_clock(const ml_series_set *set);

/** Name of the id column; "id" when the input had none. */
ML_API const char *ml_series_id_name(const ml_series_set *set);

/** Id i as text; ascending, numbers as numbers. The id of a file that is one series is "0". */
ML_API const char *ml_series_id(const ml_series_set *set, size_t i);

/**
 * Is there a series whose time goes from row to row in steps that are not equal, without the rows
 * that were dropped? Numbers are allowed 1e-9 of a step and what rounding costs, dates nothing.
 * Steps may differ from series to series.
 *
 * @return the first such id; NULL: none, or there is no time
 */
ML_API const char *ml_series_irregular(const ml_series_set *set);

/** The id of the series that id i is a window of; id i itself when there are no windows. */
ML_API const char *ml_series_parent(const ml_series_set *set, size_t i);

/** Text of the target of id i, that of its parent for a window; NULL when the set was read without
 * one, or it is elsewhere. */
ML_API const char *ml_series_target(const ml_series_set *set, size_t i);

/** Name of the column of the target; NULL when there is none in the file. */
ML_API const char *ml_series_target_name(const ml_series_set *set);

/** Text of an attribute of id i, that of its parent for a window. @param a  its place in
 * ml_series_opts.attributes @return NULL when there is no such column */
ML_API const char *ml_series_attribute(const ml_series_set *set, size_t a, size_t i);

/** True when all ids are numbers. */
ML_API bool ml_series_ids_are_numbers(const ml_series_set *set);

/** True when the input has no id column, and is one series of each kind. */
ML_API bool ml_series_is_single(const ml_series_set *set);

/** Name of kind k; in order of the columns (wide), or of first appearance over ascending ids,
 * sorted within one id, as ids are (long). */
ML_API const char *ml_series_kind(const ml_series_set *set, size_t k);

/** The series of id i and kind k. */
ML_API ml_series ml_series_at(const ml_series_set *set, size_t i, size_t k);

/** NULL is allowed. */
ML_API void ml_series_free(ml_series_set *set);

ML_END_DECLS
#endif
