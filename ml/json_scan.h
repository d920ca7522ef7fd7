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
  ml_buf decoded;    /* texts that had escapes; the caller clears it between lines */
  const char *what;  /* is wrong, after NULL was returned; NULL: memory ran out */
  const char *where; /* in the line */
} json_scan;

static inline const char *json__text(const json_scan *s, const json_text *t) {
  return t->text ? t->text : s->decoded.data + t->at;
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

#endif
