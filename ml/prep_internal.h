/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The parts of preprocessing; never installed. */
#ifndef ML_PREP_INTERNAL_H
#define ML_PREP_INTERNAL_H

#include <ml/prep.h>
#include <ml/select.h>

/* Name of a feature. @param number  room for one that has none */
enum { PREP_NUMBER_MAX = 24 };
const char *prep__name(const ml_dataset *data, size_t feature, char number[PREP_NUMBER_MAX]);

/* With its NUL. */
enum { PREP_DIGEST = 65 };

/* ---- what is done to a column ---- */

typedef enum prep_op_kind {
  PREP_FILL,  /* a missing value: a; an infinite one: the bound of [b, c] */
  PREP_ZERO,  /* 0, whatever it was */
  PREP_SCALE, /* (x - a) / b */
  PREP_IS     /* 1 where the value is a, or where the text is `label`; else 0 */
} prep_op_kind;

typedef struct prep_op {
  prep_op_kind kind;
  double a, b, c;
  char *label; /* of its own */
} prep_op;

/* A column of the result so far: where it comes from, and all that is done to its values. */
typedef struct prep_column {
  size_t function; /* 0: a feature of the dataset; k: a column of what function k - 1 gave */
  size_t feature;  /* its number there */
  char *name;
  bool has_texts; /* codes, which no number can be made of yet */
  prep_op *ops;
  size_t n_ops, capacity;
} prep_column;

/* A function of Python, over all columns of numbers that there were when its turn came. */
typedef struct prep_function {
  char *name;               /* "module.function" */
  char digest[PREP_DIGEST]; /* SHA-256 of the file of its module, in hex; "": there is none */
  bool is_trusted;          /* its module was imported */
  prep_column *in;
  size_t n_in;
  char **names; /* of the columns that it gave */
  size_t n;
} prep_function;

struct ml_prepared {
  size_t n_features; /* of the dataset */
  prep_column *columns;
  size_t n, capacity;
  prep_function *functions; /* in their order: each may take what those before it gave */
  size_t n_functions;
  char *warning; /* NULL: none */
};

/* A new last column. @param label  of a text: "NAME=LABEL"; NULL: NAME as it is. @return NULL when
 * memory ran out */
prep_column *prep__add(ml_prepared *p, size_t feature, const char *name, const char *label);

/* One more thing that is done, behind the others. The label is copied. @return false: no memory */
bool prep__add_op(prep_column *column, prep_op op);

/* Drop the columns that are not kept; the others keep their order. */
void prep__keep(ml_prepared *p, const bool *kept);

/* The values of rows in a column, as it is so far; NaN where one is missing.
 * @param made  what each function gave for these rows, a column behind another */
void prep__values(const prep_column *column, const ml_dataset *data, const uint32_t *rows, size_t n,
                  double *const *made, double *out);

/* Codes of texts are no numbers, and numbers are no codes. @retval ML_ERR_USAGE */
ml_status prep__check_type(const prep_column *column, const ml_dataset *data, const uint32_t *rows,
                           size_t n, ml_error *err);

void prep__release_columns(prep_column *columns, size_t n);

/* ---- functions of Python, prep_python.c ---- */

#define PREP_PYTHON "py:" /* the step */

/* A new last function, which takes the columns of numbers from those that there are. The name is
 * copied. @return NULL when memory ran out */
prep_function *prep__add_function(ml_prepared *p, const char *name);
void prep__release_function(prep_function *function);

/* Call all functions for rows. @param[out] made  for prep__values(); free it with
 * prep__release_made() whatever is returned */
ml_status prep__call_functions(const ml_prepared *p, const ml_dataset *data, const uint32_t *rows,
                               size_t n, double ***made, ml_error *err);
void prep__release_made(double **made, size_t n);

/* ---- steps ---- */

typedef struct prep_fit {
  const ml_dataset *data;
  const uint32_t *rows; /* NULL: all */
  size_t n;
  ml_prepared *p;
  double **made;          /* what each function gave for the rows */
  double *values, *spare; /* room for n */
  ml_error *err;
} prep_fit;

typedef struct prep_step prep_step;

/* What is known of the columns before rows are looked at. */
typedef struct prep_shape {
  bool *has_texts;  /* n_features: columns that no step has made numbers of */
  size_t n_numeric; /* columns of numbers: as many as there can be */
  bool is_exact;    /* there are as many */
  bool are_made;    /* by a function, which may call them anything */
} prep_shape;

typedef struct prep_kind {
  const char *name;     /* one that ends in a colon is followed by its argument */
  const char *argument; /* what may follow "=", for messages; NULL: nothing */
  bool may_lack;        /* the argument */
  ml_status (*parse)(const char *argument, prep_step *step,
                     ml_error *err); /* NULL: nothing to do */
  ml_status (*check)(const prep_step *step, const ml_dataset *data, prep_shape *shape,
                     ml_error *err);
  ml_status (*fit)(const prep_step *step, prep_fit *f);
} prep_kind;

struct prep_step {
  const prep_kind *kind;
  const char *column;   /* in the text of the steps; NULL: all */
  const char *function; /* likewise: "module.function" */
  size_t k;
  bool median;
  ml_select_opts select;
};

struct ml_prep {
  prep_step *steps;
  size_t n;
  char *text;
  char *arguments; /* what columns of steps point into */
};

/* The kinds of steps. @return number i, NULL behind the last */
const prep_kind *prep__kind(size_t i);

/* A number of columns from 1 on. @return false: it is none, or beyond all */
bool prep__count(const char *text, size_t *out);

/* Error of a step that has no target to look at. */
ml_status prep__need_target(const prep_step *step, const ml_dataset *data, ml_error *err);

/* The step py:MODULE.FUNCTION, prep_python.c. */
ml_status prep__parse_python(const char *argument, prep_step *step, ml_error *err);
ml_status prep__check_python(const prep_step *step, const ml_dataset *data, prep_shape *shape,
                             ml_error *err);
ml_status prep__fit_python(const prep_step *step, prep_fit *f);

/* The step select: its rules, prep_rules.c, and what it does, prep_select.c. */
ml_status prep__parse_rules(const char *argument, prep_step *step, ml_error *err);
ml_status prep__check_relevance(const prep_step *step, const ml_dataset *data, prep_shape *shape,
                                ml_error *err);
ml_status prep__fit_relevance(const prep_step *step, prep_fit *f);

#endif
