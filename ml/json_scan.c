/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Strings, numbers and words of JSON (RFC 8259), one line at a time. */
#include <string.h>

#include <ml/json_scan.h>

const char *json__fail(json_scan *s, const char *where, const char *what) {
  s->where = where;
  s->what = what;
  return NULL;
}

/* ---- strings ---- */

static inline bool is_plain(unsigned char c) {
  return c != '"' && c != '\\' && c >= ' ';
}

static int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  c |= 32;
  return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* Four hexadecimal digits; -1 when there are none. */
static int32_t hex_four(const char *p) {
  int32_t code = 0;
  for (int i = 0; i < 4; i++) {
    int digit = hex_digit(p[i]);
    if (digit < 0) return -1;
    code = code << 4 | digit;
  }
  return code;
}

static void put_utf8(ml_buf *to, uint32_t code) {
  char bytes[4];
  size_t n = code < 0x80 ? 1 : code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;
  static const unsigned char leads[] = {0, 0, 0xC0, 0xE0, 0xF0};
  for (size_t i = n; i-- > 1; code >>= 6) bytes[i] = (char)(0x80 | (code & 0x3F));
  bytes[0] = (char)(leads[n] | code);
  ml_buf_put(to, bytes, n);
}

/* p is at the u of an escape. */
static const char *unicode(json_scan *s, const char *p) {
  int32_t code = hex_four(p + 1);
  if (code < 0) return json__fail(s, p - 1, "\\u needs four hexadecimal digits");
  if (code == 0) return json__fail(s, p - 1, "NUL character");
  if (code >= 0xDC00 && code <= 0xDFFF)
    return json__fail(s, p - 1, "the second half of a surrogate pair without the first");
  if (code < 0xD800 || code > 0xDBFF) {
    put_utf8(&s->decoded, (uint32_t)code);
    return p + 5;
  }
  int32_t low = p[5] == '\\' && p[6] == 'u' ? hex_four(p + 7) : -1;
  if (low < 0xDC00 || low > 0xDFFF)
    return json__fail(s, p - 1, "the first half of a surrogate pair without the second");
  put_utf8(&s->decoded, 0x10000 + ((uint32_t)(code - 0xD800) << 10) + (uint32_t)(low - 0xDC00));
  return p + 11;
}

/* p is behind a backslash. */
static const char *escape(json_scan *s, const char *p) {
  static const char letters[] = "\"\\/bfnrt", meant[] = "\"\\/\b\f\n\r\t";
  if (*p == 'u') return unicode(s, p);
  const char *letter = *p ? strchr(letters, *p) : NULL;
  if (!letter) return json__fail(s, p - 1, "unknown escape in a string");
  ml_buf_put(&s->decoded, &meant[letter - letters], 1);
  return p + 1;
}

const char *json__string(json_scan *s, const char *p, json_text *out) {
  const char *open = p++, *from = p;
  out->at = s->decoded.n;
  for (;;) {
    while (is_plain((unsigned char)*p)) p++;
    if (*p == '\\') {
      ml_buf_put(&s->decoded, from, (size_t)(p - from));
      p = escape(s, p + 1);
      if (!p) return NULL;
      from = p;
      continue;
    }
    if (*p == '"') break;
    return *p == '\n' ? json__fail(s, open, "a string starts here and does not end on this line")
                      : json__fail(s, p, "control character in a string: JSON has it escaped");
  }
  const bool is_decoded = s->decoded.n > out->at || from > open + 1;
  if (is_decoded) ml_buf_put(&s->decoded, from, (size_t)(p - from));
  if (s->decoded.failed) return json__fail(s, open, NULL);
  out->text = is_decoded ? NULL : from;
  out->n = is_decoded ? s->decoded.n - out->at : (size_t)(p - from);
  return p + 1;
}

/* ---- numbers and words ---- */

static const char *skip_digits(const char *p) {
  while (*p >= '0' && *p <= '9') p++;
  return p;
}

/* @return what follows the number, or NULL */
static const char *skip_number(const char *p) {
  p += *p == '-';
  const char *q = *p == '0' ? p + 1 : skip_digits(p);
  if (q == p) return NULL;
  if (*q == '.') {
    p = q + 1;
    q = skip_digits(p);
    if (q == p) return NULL;
  }
  if (*q != 'e' && *q != 'E') return q;
  p = q + 1;
  p += *p == '-' || *p == '+';
  q = skip_digits(p);
  return q > p ? q : NULL;
}

static bool goes_on(char c) {
  return (c >= '0' && c <= '9') || ((c | 32) >= 'a' && (c | 32) <= 'z') || c == '_' || c == '.' ||
         c == '+' || c == '-';
}

static const char *word(const char *p, json_text *out) {
  static const struct {
    const char *text;
    size_t n, n_cell;
  } words[] = {{"null", 4, 0}, {"true", 4, 4},     {"false", 5, 5},
               {"NaN", 3, 3},  {"Infinity", 8, 8}, {"-Infinity", 9, 9}};
  for (size_t i = 0; i < sizeof words / sizeof *words; i++)
    if (strncmp(p, words[i].text, words[i].n) == 0) {
      *out = (json_text){.text = p, .n = words[i].n_cell};
      return p + words[i].n;
    }
  return NULL;
}

const char *json__cell(json_scan *s, const char *p, json_text *out) {
  if (*p == '"') return json__string(s, p, out);
  const char *stop = skip_number(p);
  if (stop)
    *out = (json_text){.text = p, .n = (size_t)(stop - p)};
  else
    stop = word(p, out);
  if (stop && !goes_on(*stop)) return stop;
  if (*p == '{' || *p == '[')
    return json__fail(s, p,
                      "a nested value is no cell: a string, a number, true, false or null is");
  return json__fail(s, p, "expected a string, a number, true, false or null");
}
