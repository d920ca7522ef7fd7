/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Text to double and back, exact, in the C locale whatever the locale of the process. */
#ifndef ML_NUMBER_H
#define ML_NUMBER_H

#include <ml/base.h>

ML_BEGIN_DECLS

/* Room for any double in either form, with the final NUL. */
#define ML_NUMBER_MAX 32

/**
 * Parse one decimal number at the start of [text, end).
 *
 * Takes an optional sign, digits with an optional point ("1", "1.", ".5"), an
 * optional exponent ("1e5", "1E+05"), and in any case "nan", "inf", "infinity"
 * with an optional sign. No hexadecimal, no blanks, no digit groups. The result
 * is the double nearest to the text, ties to even; too large gives an infinity, too
 * small a zero or a subnormal.
 *
 * @param[out] value  not written when there is no number
 * @return the first byte after the number, or NULL when text does not start with one
 */
ML_API const char *ml_number_parse(const char *text, const char *end, double *value);

/**
 * Format the shortest text that reads back to the same double: plain decimals
 * ("10", "0.1", "-2.5") where the decimal exponent is in [-7, 21), else one digit
 * before the point and an exponent ("1e21", "1.5e-8"); "NaN", "inf", "-inf". Valid JSON
 * but for the last three. Negative zero is "-0".
 *
 * @param buf  at least ML_NUMBER_MAX bytes; NUL-terminated
 * @return length of the text
 */
ML_API size_t ml_number_format(double value, char *buf);

/**
 * Format as Python's repr() of a float: the same digits, but always with ".0" or an
 * exponent ("10.0", "1e-07", "1e+16", "nan", "inf"), exponent form when the decimal exponent
 * is < -4 or >= 16. Column names of features use it.
 *
 * @param buf  at least ML_NUMBER_MAX bytes; NUL-terminated
 * @return length of the text
 */
ML_API size_t ml_number_repr(double value, char *buf);

ML_END_DECLS
#endif
