/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The parts of mltool inspect. */
#ifndef ML_CLI_INSPECT_H
#define ML_CLI_INSPECT_H

#include "cli.h"

typedef enum inspect_kind {
  INSPECT_NONE,         /* the model has nothing that is easily said of a column */
  INSPECT_COEFFICIENTS, /* of linear models */
  INSPECT_SPLITS,       /* share of the splits of trees that are by it */
  INSPECT_GAINS         /* share of the gain of a booster's splits */
} inspect_kind;

/* What a column of the model's means to it. */
typedef struct inspect_weight {
  const char *column; /* borrowed from the pipeline */
  double value;       /* coefficient: of several, that of the greatest size; or a share */
  double scaled; /* coefficient times the spread of the column: as if it were standardised; NaN: the
                    spread is not known */
  size_t row;    /* which of several it is */
  size_t place;  /* of the column */
} inspect_weight;

/* The largest first; zero-initialise it. */
typedef struct inspect_weights {
  inspect_kind kind;
  inspect_weight *items; /* n */
  size_t n;
  size_t n_rows;        /* coefficients of a column */
  const char **classes; /* that they are of: n_rows, borrowed; NULL: of none, as in a regression */
} inspect_weights;

/* A model that is shown. */
typedef struct inspected {
  const char *path;
  const ml_pipeline *pipeline;
  inspect_weights weights;
} inspected;

/** @param[out] out  release it with inspect__release() */
ml_status inspect__weigh(const ml_pipeline *pipeline, inspect_weights *out, ml_error *err);
void inspect__release(inspect_weights *weights);

/** Name of a kind of weights: "coefficients"; NULL for none. */
const char *inspect__kind_name(inspect_kind kind);

void inspect__text(const cli_call *cli, const inspected *m, ml_buf *out);
void inspect__json(const inspected *m, ml_buf *out);

#endif
