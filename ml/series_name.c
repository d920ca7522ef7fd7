/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Names of windows, "('a', 3)": a tuple of Python, with its rules for texts and numbers. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <ml/iso8601.h>
#include <ml/number.h>
#include <ml/series_internal.h>

bool series__is_whole(const char *text) {
  const char *digits = text + (*text == '-' || *text == '+'), *p = digits;
  while (*p >= '0' && *p <= '9') p++;
  return p > digits && !*p;
}

series_id_form series__id_form(char *const *ids, size_t n, bool are_numbers) {
  if (!are_numbers) return SERIES_ID_TEXT;
  for (size_t i = 0; i < n; i++)
    if (!series__is_whole(ids[i]))
      return SERIES_ID_REAL; /* one fraction makes a column of floats */
  return SERIES_ID_WHOLE;
}

/* 007 and +7 are 7. */
static void put_whole(ml_buf *to, const char *text) {
  bool negative = *text == '-';
  text += *text == '-' || *text == '+';
  while (text[0] == '0' && text[1]) text++;
  if (negative && *text != '0') ml_buf_puts(to, "-");
  ml_buf_puts(to, text);
}

static void put_real(ml_buf *to, double value) {
  char buf[ML_NUMBER_MAX];
  ml_number_repr(value, buf);
  ml_buf_puts(to, buf);
}

/* Of code points that Python shows as escapes; blanks that are not U+0020 are among them. */
static const struct {
  uint32_t first, last;
} unprintable[] = {{0x00, 0x1F},     {0x7F, 0xA0},     {0xAD, 0xAD},       {0x61C, 0x61C},
                   {0x1680, 0x1680}, {0x180E, 0x180E}, {0x2000, 0x200F},   {0x2028, 0x202F},
                   {0x205F, 0x206F}, {0x3000, 0x3000}, {0xE000, 0xF8FF},   {0xFEFF, 0xFEFF},
                   {0xFFF0, 0xFFFB}, {0xFFFE, 0xFFFF}, {0xE0000, 0xE00FF}, {0xE01F0, 0x10FFFF}};

static bool is_printable(uint32_t c) {
  for (size_t i = 0; i < sizeof unprintable / sizeof *unprintable; i++)
    if (c >= unprintable[i].first && c <= unprintable[i].last) return false;
  return true;
}

/* The code point at p, which is UTF-8, and how many bytes it has. */
static uint32_t code_point(const unsigned char *p, size_t *n) {
  *n = p[0] < 0x80 ? 1 : p[0] < 0xE0 ? 2 : p[0] < 0xF0 ? 3 : 4;
  uint32_t c = *n == 1 ? p[0] : p[0] & (0xFFu >> (*n + 1));
  for (size_t i = 1; i < *n && p[i]; i++) c = c << 6 | (p[i] & 0x3Fu);
  return c;
}

static void put_escape(ml_buf *to, uint32_t c) {
  const char *short_form = c == '\n' ? "\\n" : c == '\r' ? "\\r" : c == '\t' ? "\\t" : NULL;
  if (short_form)
    ml_buf_puts(to, short_form);
  else if (c <= 0xFF)
    ml_buf_printf(to, "\\x%02x", (unsigned)c);
  else if (c <= 0xFFFF)
    ml_buf_printf(to, "\\u%04x", (unsigned)c);
  else
    ml_buf_printf(to, "\\U%08x", (unsigned)c);
}

/* In single quotes, unless there is one in the text and no double quote. */
static void put_text(ml_buf *to, const char *text) {
  const char quote = strchr(text, '\'') && !strchr(text, '"') ? '"' : '\'';
  size_t n;
  ml_buf_put(to, &quote, 1);
  for (const char *p = text; *p; p += n) {
    uint32_t c = code_point((const unsigned char *)p, &n);
    n = strnlen(p, n);
    if (*p == quote || *p == '\\') ml_buf_puts(to, "\\");
    if (is_printable(c))
      ml_buf_put(to, p, n);
    else
      put_escape(to, c);
  }
  ml_buf_put(to, &quote, 1);
}

void series__put_id(ml_buf *to, const char *id, series_id_form form) {
  double value = NAN;
  switch (form) {
    case SERIES_ID_TEXT:
      put_text(to, id);
      break;
    case SERIES_ID_WHOLE:
      put_whole(to, id);
      break;
    case SERIES_ID_REAL:
      ml_number_parse(id, id + strlen(id), &value);
      put_real(to, value);
      break;
  }
}

void series__put_time(ml_buf *to, int64_t key, ml_clock clock, bool is_whole_number) {
  char buf[ISO8601_MAX];
  if (clock == ML_CLOCK_NONE) {
    ml_buf_printf(to, "%lld", (long long)key);
  } else if (clock == ML_CLOCK_TIME) {
    iso8601__timestamp(key, buf);
    ml_buf_printf(to, "Timestamp('%s')", buf);
  } else {
    double value = series__key_to_double(key);
    if (is_whole_number && fabs(value) < 0x1p63)
      ml_buf_printf(to, "%lld", (long long)value);
    else
      put_real(to, value);
  }
}
