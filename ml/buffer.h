/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A growable run of bytes. */
#ifndef ML_BUFFER_H
#define ML_BUFFER_H

#include <ml/base.h>

ML_BEGIN_DECLS

/**
 * Bytes that grow as they are appended to. Zero-initialise it; release it with
 * ml_buf_release(). Appending never fails visibly: when memory runs out `failed`
 * is set, further appends do nothing, and the owner checks once at the end.
 */
typedef struct ml_buf {
  char *data; /* NULL while nothing was appended; not NUL-terminated */
  size_t n, capacity;
  bool failed;
} ml_buf;

/** Make room for n more bytes. @return where they go, or NULL when memory ran out. */
ML_API char *ml_buf_reserve(ml_buf *buf, size_t n);

ML_API void ml_buf_put(ml_buf *buf, const void *bytes, size_t n);
ML_API void ml_buf_puts(ml_buf *buf, const char *text);
ML_API void ml_buf_printf(ml_buf *buf, const char *format, ...) ML_PRINTF(2, 3);

/** Append a number as ml_number_format() writes it. */
ML_API void ml_buf_number(ml_buf *buf, double value);

/** Append a JSON string, quoted and escaped. Text that is not UTF-8 gets U+FFFD for each bad byte.
 */
ML_API void ml_buf_json_string(ml_buf *buf, const char *text);

/** Append a JSON number: null for NaN, and the strings "inf" and "-inf", which JSON has no numbers
 * for. */
ML_API void ml_buf_json_number(ml_buf *buf, double value);

/** Append a CSV cell, quoted per RFC 4180 when it holds a comma, a quote or a line end. */
ML_API void ml_buf_csv_cell(ml_buf *buf, const char *text);

/** Append text for XML and HTML, also inside quotes: markup is escaped, and what XML cannot have
 * (control characters, U+FFFE, U+FFFF, what is not UTF-8) becomes U+FFFD. */
ML_API void ml_buf_xml_text(ml_buf *buf, const char *text);

/** Forget the content, keep the memory. */
ML_API void ml_buf_clear(ml_buf *buf);
ML_API void ml_buf_release(ml_buf *buf);

ML_END_DECLS
#endif
