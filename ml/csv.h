/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Reading CSV: RFC 4180 and what the world really writes. docs/csv.md has every rule. */
#ifndef ML_CSV_H
#define ML_CSV_H

#include <ml/status.h>
#include <ml/table.h>
#include <ml/watch.h>

ML_BEGIN_DECLS

typedef struct ml_csv ml_csv;

typedef struct ml_csv_opts {
  char delimiter;        /* 0: detected from the header among , ; tab | */
  const ml_watch *watch; /* may be NULL */
} ml_csv_opts;

/* One column to read. */
typedef struct ml_csv_want {
  size_t column; /* index in the header */
  /* ML_NUMBER, ML_LABEL, or ML_TIME: then the first cell decides whether the column is ISO 8601
   * (ML_TIME in the table) or numeric (ML_NUMBER in the table). */
  ml_column_type type;
  /* Numbers: a missing (empty, NaN, NA, null, ...) or infinite cell is an error; else NaN or an
   * infinity. Labels: an empty cell is an error. Times are never missing. */
  bool finite;
  bool takes_missing, takes_infinite; /* exceptions from finite */
  bool is_known; /* finite, and neither a number too large for a double nor a label that says that
                    something is missing (NA, null, ...) */
  bool takes_booleans;   /* numbers: True and False, in any case, are 1 and 0 */
  const char *hint;      /* appended to the error of a cell that is no number; NULL: nothing */
  const char *date_hint; /* instead of hint, when the cell has a date */
} ml_csv_want;

/**
 * Open a CSV file and read its header. Gzip and Zstandard are recognised by
 * their first bytes. The file is read with read(), so a file that is cut short
 * meanwhile is an error and no signal.
 *
 * @param path      file to read; "-" is standard input
 * @param opts      NULL for the defaults (all zero)
 * @param[out] out  close it with ml_csv_close(). Not written on failure.
 *
 * @retval ML_ERR_IO      path cannot be opened or read
 * @retval ML_ERR_PARSE   no header, UTF-16, a quote that is not closed, broken compression
 * @retval ML_ERR_MEMORY  an allocation failed
 */
ML_API ML_MUST_CHECK ml_status ml_csv_open(const char *path, const ml_csv_opts *opts, ml_csv **out,
                                           ml_error *err);

/**
 * The same from memory.
 *
 * @param bytes   borrowed until ml_csv_close()
 * @param source  name for messages
 */
ML_API ML_MUST_CHECK ml_status ml_csv_open_bytes(const void *bytes, size_t n, const char *source,
                                                 const ml_csv_opts *opts, ml_csv **out,
                                                 ml_error *err);

ML_API size_t ml_csv_n_columns(const ml_csv *csv);

/** Name of column j without blanks around it; borrowed until ml_csv_close(). */
ML_API const char *ml_csv_column(const ml_csv *csv, size_t j);

/** @return index of the only column of that name; SIZE_MAX when there is none or more than one */
ML_API size_t ml_csv_find(const ml_csv *csv, const char *name);

/** Name of the file as given, for messages. */
ML_API const char *ml_csv_source(const ml_csv *csv);

/**
 * Read all rows of some columns. Once only for an ml_csv.
 *
 * Takes 8 bytes a row for each number or time, 4 for each label, the distinct labels, and a
 * buffer of fixed size (but for records longer than it).
 *
 * @param want      the columns, each once, which come in this order in the table
 * @param[out] out  free it with ml_table_free(). Not written on failure.
 *
 * @retval ML_ERR_PARSE      ragged row, a cell of the wrong type, ...: err has line and column
 * @retval ML_ERR_IO         reading failed
 * @retval ML_ERR_MEMORY     an allocation failed
 * @retval ML_ERR_CANCELLED  the watch said so
 */
ML_API ML_MUST_CHECK ml_status ml_csv_read(ml_csv *csv, const ml_csv_want *want, size_t n_want,
                                           ml_table **out, ml_error *err);

/** NULL is allowed. */
ML_API void ml_csv_close(ml_csv *csv);

ML_END_DECLS
#endif
