/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The tokens of one line of JSON, which is borrowed and ends in a line feed. */
#ifndef ML_JSON_SCAN_H
#define ML_JSON_SCAN_H

#include <ml/buffer.h>

/* What a string, a number or a word stands for. */
typedef struct json_text {
  const char *text; /* in the line; NULL: it had escapes, and is in the scanner's `decoded` */
  size_t at, n;     /* from decoded.data + at on */
} json_text;

typedef struct json_scan {
  ml_buf decoded;    /* texts that had escapes */
  size_t n_decoded;  /* how many, also empty ones */
  const char *what;  /* is wrong, after NULL was returned; NULL: memory ran out */
  const char *where; /* in the line */
} json_scan;

static inline const char *json__text(const json_scan *s, const json_text *t) {
  return t->text ? t->text : s->decoded.data + t->at;
}

/* Before a line. */
static inline void json__clear(json_scan *s) {
  ml_buf_clear(&s->decoded);
  s->n_decoded = 0;
}

/* Blanks within a line. */
static inline const char *json__skip_blanks(const char *p) {
  while (*p == ' ' || *p == '\t' || *p == '\r') p++;
  return p;
}

/* Note what is wrong. @return NULL */
const char *json__fail(json_scan *s, const char *where, const char *what);

/* The string whose opening quote is at p. @return what follows, or NULL */
const char *json__string(json_scan *s, const char *p, json_text *out);

/* The value at p, which must fit a cell: a number has its text, null has none, and NaN, Infinity
 * and -Infinity, which some programs write, are numbers. @return what follows, or NULL */
const char *json__cell(json_scan *s, const char *p, json_text *out);

/* json__cell(), with a short cut for plain numbers. */
static inline const char *json__plain_cell(json_scan *s, const char *p, json_text *out) {
  const char *q = p + (*p == '-');
  if (*q >= '1' && *q <= '9') {
    while (*q >= '0' && *q <= '9') q++;
    if (*q == '.' && q[1] >= '0' && q[1] <= '9')
      for (q++; *q >= '0' && *q <= '9';) q++;
    if (*q == ',' || *q == '}') {
      *out = (json_text){.text = p, .n = (size_t)(q - p)};
      return q;
    }
  }
  return json__cell(s, p, out);
}

#endif
