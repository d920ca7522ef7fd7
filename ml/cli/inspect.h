/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The parts of mltool inspect. */
#ifndef ML_CLI_INSPECT_H
#define ML_CLI_INSPECT_H

#include "cli.h"

/* A column that the model sees. */
typedef struct inspect_column {
  const char *name; /* borrowed from the pipeline */
  double importance;
  double coefficient; /* of several, that of the greatest size */
  size_t row;         /* which of several it is */
  size_t place;       /* of the column */
} inspect_column;

/* The most important first; zero-initialise it. */
typedef struct inspect_columns {
  const char *is;        /* what importance is; NULL: the model does not say it */
  inspect_column *items; /* n */
  size_t n;
  size_t n_rows;        /* coefficients of a column; 0: it has none */
  const char **classes; /* that they are of: n_rows, borrowed; NULL: of none, as in a regression */
} inspect_columns;

/* A model that is shown. */
typedef struct inspected {
  const char *path;
  const ml_pipeline *pipeline;
  inspect_columns columns;
} inspected;

/** @param[out] out  release it with inspect__release() */
ml_status inspect__columns(const ml_pipeline *pipeline, inspect_columns *out, ml_error *err);
void inspect__release(inspect_columns *columns);

void inspect__text(const cli_call *cli, const inspected *m, ml_buf *out);
void inspect__json(const inspected *m, ml_buf *out);

#endif
