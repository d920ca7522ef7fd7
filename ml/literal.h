/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Words as doubles, for parameters that take anything; never installed. A word is the same double
 * in every process, whoever knows it; its text is known where it was said. */
#ifndef ML_LITERAL_H
#define ML_LITERAL_H

#include <ml/status.h>

/* Longer ones are refused. */
enum { LITERAL_MOST = 1000 };

/* Numbers of this size and beyond are words. */
#define LITERAL_NUMBERS 1e300

/* The double of a word, which is remembered.
 * @retval ML_ERR_USAGE  it is too long, no UTF-8, or too like another
 * @retval ML_ERR_MEMORY */
ml_status literal__of(const char *text, double *out, ml_error *err);

/* Is this the double of some word? */
bool literal__is(double value);

/* The text of a word; it lives as long as the process. @return NULL: it is none that is known */
const char *literal__text(double value);

#endif
