/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Typed columns, as read from a file. */
#ifndef ML_TABLE_H
#define ML_TABLE_H

#include <ml/status.h>

ML_BEGIN_DECLS

typedef enum ml_column_type {
  ML_NUMBER, /* double */
  ML_TIME,   /* int64_t, nanoseconds since 1970-01-01T00:00:00 UTC */
  ML_LABEL   /* uint32_t code of a text that is kept once */
} ml_column_type;

typedef struct ml_column {
  char *name;
  ml_column_type type;
  bool is_whole; /* ML_NUMBER that was asked for as ML_TIME: no cell has a point or an exponent */
  union {
    double *number;
    int64_t *time;
    uint32_t *label; /* below n_labels, numbered in order of first appearance */
  };
  char **labels; /* ML_LABEL only: distinct texts, UTF-8, without NUL bytes */
  size_t n_labels;
  char *label_text; /* what labels point into */
} ml_column;

/* Read-only for callers; free it with ml_table_free(). */
typedef struct ml_table {
  size_t n_rows, n_columns;
  ml_column *columns;
  char *source; /* name of the file, for messages */
} ml_table;

/** @return index of the column of that name, or SIZE_MAX */
ML_API size_t ml_table_find(const ml_table *table, const char *name);

/** NULL is allowed. */
ML_API void ml_table_free(ml_table *table);

ML_END_DECLS
#endif
