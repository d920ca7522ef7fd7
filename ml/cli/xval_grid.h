/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Cells in columns, each as wide as its widest. */
#ifndef ML_CLI_XVAL_GRID_H
#define ML_CLI_XVAL_GRID_H

#include <ml/ml.h>

/* Zero-initialise it. */
typedef struct grid {
  ml_buf cells; /* texts, each with a NUL behind */
} grid;

/** A cell of known text: what was appended to grid.cells since the last one. */
void grid__end_cell(grid *g);

void grid__cell(grid *g, const char *format, ...) ML_PRINTF(2, 3);

/** Append the rows, cells to the right of their columns, and release the grid. */
void grid__print(grid *g, size_t n_columns, ml_buf *out);

#endif
