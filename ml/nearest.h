/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The name that a misspelt one was meant to be. */
#ifndef ML_NEAREST_H
#define ML_NEAREST_H

#include <ml/base.h>

ML_BEGIN_DECLS

/* A search among names: begin it with ml_nearest_to(), offer each with ml_nearest_try(). */
typedef struct ml_nearest {
  const char *wanted; /* borrowed */
  const char *name;   /* the nearest so far, borrowed from the names tried; NULL: none is close */
  size_t n;           /* its length */
  size_t distance;    /* its edits */
} ml_nearest;

/** Begin a search. A third of the letters may be wrong, but one always; the empty text is near to
 * nothing. */
ML_API ml_nearest ml_nearest_to(const char *wanted);

/**
 * Offer a name of n bytes; of equally near ones the first stays. Edits are insertions, deletions,
 * replacements and swaps of neighbours; leaving off the end of a name is one edit. Names longer
 * than 64 bytes are near to nothing.
 */
ML_API void ml_nearest_try(ml_nearest *nearest, const char *name, size_t n);

ML_END_DECLS
#endif
