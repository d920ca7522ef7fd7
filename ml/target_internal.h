/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the ways to a target share: its cells, and what they say; never installed. */
#ifndef ML_TARGET_INTERNAL_H
#define ML_TARGET_INTERNAL_H

#include <ml/select.h>

/* ---- what a cell says ---- */

typedef enum target_kind {
  TARGET_INTEGER,  /* of 63 bits */
  TARGET_UNSIGNED, /* of 64 bits */
  TARGET_HUGE,     /* more digits than that */
  TARGET_REAL,
  TARGET_BOOLEAN,
  TARGET_MISSING,  /* by any spelling */
  TARGET_INFINITE, /* by word, or too large for a double */
  TARGET_TEXT,
  TARGET_N_KINDS
} target_kind;

typedef struct target_cell {
  target_kind kind;
  bool is_negative;
  uint64_t magnitude; /* of integers up to 64 bits */
  double value;       /* of everything but texts */
} target_cell;

target_cell target__read_cell(const char *text);

/* How the cells of a column are printed; all of them have the kinds that are counted here. */
typedef struct target_form {
  ml_target_type type;
  bool is_whole; /* integers, also those of 64 bits, which are ML_TARGET_REAL */
} target_form;

target_form target__form(const size_t counts[TARGET_N_KINDS], bool has_negative);

/* As pandas prints it. */
enum { TARGET_LABEL_MAX = 40 };
const char *target__label(target_form form, const char *text, const target_cell *cell,
                          char buf[TARGET_LABEL_MAX]);

/* ---- a whole column ---- */

/* Texts, each kept once, and which of them a row has; or else numbers. */
typedef struct target_column {
  const char *name;
  const char *source; /* file; may be NULL */
  size_t n;           /* rows */
  const char *const *texts;
  size_t n_texts;
  const uint32_t *codes; /* n, below n_texts */
  const double *numbers; /* n, instead of texts */
  const uint32_t *by_id; /* rows ascending by id; NULL: they do */
  char *const *ids;      /* n, for messages; NULL: rows are counted */
} target_column;

ml_status target__make(const target_column *column, ml_problem problem, ml_target **out,
                       ml_error *err);

/* Rows that have the target of one of those that are joined; they ascend by id. */
typedef struct target_over {
  size_t n;
  const uint32_t *row; /* n */
  char *const *ids;    /* n, for messages */
} target_over;

/* What is joined to rows of a matrix. */
typedef struct target_join {
  const char *path;
  const ml_target_opts *opts;
  const char *const *more; /* n_more other columns of the file, which come behind the target */
  size_t n_more;           /* at most TARGET_MORE_MAX */
  const ml_matrix *rows;
  const target_over *over; /* NULL: the rows of the matrix */
  size_t *n_unused; /* how many ids of the file no row has, if some has one; NULL: an error */
} target_join;

enum { TARGET_MORE_MAX = 8 };

/* Read columns of a file of its own, joined by id, and use them; they are borrowed for the call.
 * @return as ml_target_read(), or what use() returned */
typedef ml_status target_use(void *ctx, const target_column *columns, ml_error *err);
ml_status target__join(const target_join *ask, target_use *use, void *ctx, ml_error *err);

/* ml_target_read(), with the columns that ask names. */
ml_status target__read(const target_join *ask, ml_target **out, ml_error *err);

#endif
