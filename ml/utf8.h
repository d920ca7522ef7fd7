/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What is UTF-8 and what is not. */
#ifndef ML_UTF8_H
#define ML_UTF8_H

#include <ml/base.h>

/* Length of the sequence at s, or 0 when it is none (overlong, surrogate, cut short). Reads up to
 * the first byte that does not belong: a NUL behind the text ends it. */
size_t utf8__length(const unsigned char *s);

/* True when n bytes, with a NUL behind them, are text: UTF-8 without a NUL inside. */
bool utf8__is_text(const char *text, size_t n);

#endif
