/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Cells as text: how messages show them, and whether they are UTF-8. */
#include <stdio.h>

#include <ml/csv_internal.h>

const char *csv__quote(const char *text, size_t n, char *buf) {
  size_t keep = n;
  if (n > CSV_QUOTE_MAX - 8) {
    keep = CSV_QUOTE_MAX - 8;
    while (keep > 0 && ((unsigned char)text[keep] & 0xC0) == 0x80) keep--;
  }
  snprintf(buf, CSV_QUOTE_MAX, "%.*s%s", (int)keep, text, keep < n ? "..." : "");
  return buf;
}

/* Length of the sequence that a lead byte opens, and the range of the byte after it (Unicode 15,
 * table 3-7): it shuts out overlong forms, surrogates and what is above U+10FFFF. */
static size_t utf8_lead(unsigned char c, unsigned char *lo, unsigned char *hi) {
  *lo = c == 0xE0 ? 0xA0 : c == 0xF0 ? 0x90 : 0x80;
  *hi = c == 0xED ? 0x9F : c == 0xF4 ? 0x8F : 0xBF;
  if (c < 0x80) return 1;
  if (c < 0xC2 || c > 0xF4) return 0;
  return c < 0xE0 ? 2 : c < 0xF0 ? 3 : 4;
}

const char *csv__bad_utf8(const char *text, size_t n) {
  const unsigned char *p = (const unsigned char *)text, *end = p + n;
  while (p < end) {
    unsigned char lo, hi;
    size_t length = utf8_lead(*p, &lo, &hi);
    if (length == 0 || length > (size_t)(end - p)) return (const char *)p;
    if (length > 1 && (p[1] < lo || p[1] > hi)) return (const char *)p;
    for (size_t i = 2; i < length; i++)
      if ((p[i] & 0xC0) != 0x80) return (const char *)p;
    p += length;
  }
  return NULL;
}
