/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A growable run of bytes, and the texts that are often appended to one. */
#include <ml/buffer.h>

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <ml/number.h>
#include <ml/utf8.h>

char *ml_buf_reserve(ml_buf *buf, size_t n) {
  if (buf->failed) return NULL;
  if (n > buf->capacity - buf->n) {
    size_t capacity = buf->capacity ? buf->capacity : 256;
    while (capacity - buf->n < n && capacity <= SIZE_MAX / 2) capacity *= 2;
    char *data = capacity - buf->n < n ? NULL : realloc(buf->data, capacity);
    if (!data) {
      buf->failed = true;
      return NULL;
    }
    buf->data = data;
    buf->capacity = capacity;
  }
  return buf->data + buf->n;
}

void ml_buf_put(ml_buf *buf, const void *bytes, size_t n) {
  if (n == 0) return;
  char *at = ml_buf_reserve(buf, n);
  if (!at) return;
  memcpy(at, bytes, n);
  buf->n += n;
}

void ml_buf_puts(ml_buf *buf, const char *text) {
  ml_buf_put(buf, text, strlen(text));
}

void ml_buf_printf(ml_buf *buf, const char *format, ...) {
  va_list args;
  va_start(args, format);
  int n = vsnprintf(NULL, 0, format, args);
  va_end(args);
  char *at = n < 0 ? NULL : ml_buf_reserve(buf, (size_t)n + 1);
  if (!at) return;
  va_start(args, format);
  vsnprintf(at, (size_t)n + 1, format, args);
  va_end(args);
  buf->n += (size_t)n;
}

void ml_buf_number(ml_buf *buf, double value) {
  char *at = ml_buf_reserve(buf, ML_NUMBER_MAX);
  if (at) buf->n += ml_number_format(value, at);
}

void ml_buf_json_string(ml_buf *buf, const char *text) {
  static const char escaped[] = "\"\\\b\f\n\r\t", letters[] = "\"\\bfnrt";
  ml_buf_puts(buf, "\"");
  for (const unsigned char *s = (const unsigned char *)text; *s;) {
    size_t n = utf8__length(s);
    const char *at = strchr(escaped, *s);
    if (n == 0) {
      ml_buf_puts(buf, "\\ufffd");
      s++;
    } else if (at) {
      ml_buf_printf(buf, "\\%c", letters[at - escaped]);
      s++;
    } else if (*s < ' ' || *s == 127) {
      ml_buf_printf(buf, "\\u%04x", *s++);
    } else {
      ml_buf_put(buf, s, n);
      s += n;
    }
  }
  ml_buf_puts(buf, "\"");
}

void ml_buf_json_number(ml_buf *buf, double value) {
  if (isnan(value))
    ml_buf_puts(buf, "null");
  else if (isinf(value))
    ml_buf_puts(buf, value > 0 ? "\"inf\"" : "\"-inf\"");
  else
    ml_buf_number(buf, value);
}

void ml_buf_csv_cell(ml_buf *buf, const char *text) {
  if (!strpbrk(text, ",\"\r\n")) {
    ml_buf_puts(buf, text);
    return;
  }
  ml_buf_puts(buf, "\"");
  for (const char *quote; (quote = strchr(text, '"')); text = quote + 1) {
    ml_buf_put(buf, text, (size_t)(quote - text));
    ml_buf_puts(buf, "\"\"");
  }
  ml_buf_puts(buf, text);
  ml_buf_puts(buf, "\"");
}

/* May a UTF-8 sequence stand in XML and in HTML? */
static bool is_for_xml(const unsigned char *s, size_t n) {
  if (n == 1) return *s >= ' ' && *s != 127;
  if (n == 2) return s[0] != 0xC2 || s[1] >= 0xA0; /* C1 controls */
  return n != 3 || s[0] != 0xEF || s[1] != 0xBF || s[2] < 0xBE;
}

void ml_buf_xml_text(ml_buf *buf, const char *text) {
  static const char escaped[] = "&<>\"'\t\n\r";
  static const char *const references[] = {"&amp;", "&lt;", "&gt;",  "&quot;",
                                           "&#39;", "&#9;", "&#10;", "&#13;"};
  for (const unsigned char *s = (const unsigned char *)text; *s;) {
    size_t n = utf8__length(s);
    const char *at = strchr(escaped, *s);
    if (at)
      ml_buf_puts(buf, references[at - escaped]);
    else if (n == 0 || !is_for_xml(s, n))
      ml_buf_puts(buf, "\xEF\xBF\xBD");
    else
      ml_buf_put(buf, s, n);
    s += n ? n : 1;
  }
}

void ml_buf_clear(ml_buf *buf) {
  buf->n = 0;
  buf->failed = false;
}

void ml_buf_release(ml_buf *buf) {
  free(buf->data);
  *buf = (ml_buf){0};
}
