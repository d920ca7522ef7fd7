/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Bars: a row for each of some names, or a histogram. */
#ifndef ML_CLI_PICTURE_BARS_H
#define ML_CLI_PICTURE_BARS_H

#include "picture.h"

typedef struct picture_bar {
  const char *name; /* borrowed */
  double value;     /* finite; below 0: to the left */
  const char *text; /* beside the bar; borrowed */
} picture_bar;

/** Append bars, one below another. @param width  of the picture @param room  for names
 * @param label  of the picture, for those who do not see it */
void picture__bars(const picture_bar *bars, size_t n, double width, double room, const char *label,
                   ml_buf *out);

/** Append a histogram of n finite numbers, of which far ones are in the bins at the edges. Sorts
 * them. @return how many those are */
size_t picture__histogram(double *values, size_t n, const char *label, ml_buf *out);

#endif
