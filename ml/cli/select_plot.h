/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the field of --plot and the words around it have in common. */
#ifndef ML_CLI_SELECT_PLOT_H
#define ML_CLI_SELECT_PLOT_H

#include "select_picture.h"

enum {
  PLOT_WIDTH = 1060,
  PLOT_BOTTOM = 500 /* of the field of points */
};

typedef struct plot {
  const cli_pictured *p;
  const ml_relevance *features;
  size_t n;        /* those with a p-value */
  size_t m;        /* tests that the level is shared among */
  double decades;  /* that the field has, from 1 down */
  double top;      /* of the field */
  double harmonic; /* H_m with ML_FDR_BY, else 1 */
  bool is_log, has_tiny;
  bool has_line;
  double cut; /* the threshold of all features; NaN: there is not one */
  size_t counts[PICTURE_IS_SELECTED + 1];
  ml_buf *out;
} plot;

/* Append the title, above the field. */
void plot__title(plot *f);

/* Append the legend, below the field. @return where it ends */
double plot__legend(plot *f);

#endif
