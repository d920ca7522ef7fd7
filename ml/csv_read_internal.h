/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What reading the rows of a CSV file is made of; for the files csv_*.c alone. */
#ifndef ML_CSV_READ_INTERNAL_H
#define ML_CSV_READ_INTERNAL_H

#include <ml/csv_internal.h>
#include <ml/labels.h>

/* What is done with the cells of a column of the file. */
typedef enum csv_action {
  SKIP,
  EMPTY, /* checked to be empty */
  NUMBER,
  CATEGORY, /* the code of a text, as a number */
  LABEL,
  UNDECIDED, /* a time, before the first row */
  DATE
} csv_action;

typedef struct csv_reader_column {
  csv_action action;
  bool finite;
  bool is_time;
  bool in_block;  /* its cells are not its own */
  bool has_point; /* a time that has a point or an exponent */
  const ml_csv_want *want;
  union {
    double *number;
    int64_t *time;
    uint32_t *label;
    void *cells;
  };
  labels labels;
  const char *last;   /* the label of the row before: rows of one id mostly come together */
  size_t n_last;      /* 0: there is none, or it was quoted and may hold what ends a cell */
  uint32_t last_code; /* LABELS_FULL: the row is left out */
  size_t row_mask;    /* of the rows that have a cell: all, or none but one when runs are kept */
} csv_reader_column;

typedef struct csv_reader {
  ml_csv *csv;
  csv_reader_column *columns;    /* one for each column of the file */
  csv_reader_column *run_column; /* that is kept as runs; NULL: none */
  csv_reader_column *choice;     /* whose labels say which rows are left out; NULL: none */
  ml_buf left_out;               /* the last label of it that was asked about */
  size_t n_columns, n_rows, capacity;
  const ml_csv_want *want; /* n_want */
  size_t n_want;
  size_t record_lines; /* line ends inside the quotes of the current record */
  ml_buf scratch;
  ml_status status;
  ml_error *err;
} csv_reader;

/* A number with a point or an exponent is not whole. */
static inline void csv__note_point(csv_reader_column *c, const char *text, size_t n) {
  for (size_t i = 0; i < n; i++)
    if (text[i] == '.' || (text[i] | 32) == 'e') c->has_point = true;
}

/* ---- memory for cells ---- */

/* Room for so many rows in a column that has cells of its own. */
bool csv__make_room(csv_reader_column *c, size_t capacity);

/* The same in all columns. */
bool csv__set_capacity(csv_reader *r, size_t capacity);

/* The first rows, and more when they are full. @return false when memory ran out */
bool csv__begin_rows(csv_reader *r);
bool csv__more_rows(csv_reader *r);

/* No more rows will come. @return false when memory ran out */
bool csv__end_rows(csv_reader *r);

/* ---- cells ---- */

/* Note the label of a row that is complete, in the column that is kept as runs. @return false when
 * memory ran out */
bool csv__note_run(csv_reader *r);

/* Read the cell at p, whatever it is. @return the delimiter or line end behind the cell; NULL with
 * r->status or csv->trouble set */
const char *csv__read_cell(csv_reader *r, csv_reader_column *c, const char *p, const char *end);

#endif
