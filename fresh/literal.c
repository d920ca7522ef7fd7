/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Literals of Python, as they stand in column names. */
#include "literal.h"

#include <stdlib.h>
#include <string.h>

#include <ml/number.h>

void fresh__literal_release(fresh_literal *literal) {
  free(literal->items);
  *literal = (fresh_literal){0};
}

static bool is_word(const char *text, size_t n, const char *word) {
  return n == strlen(word) && memcmp(text, word, n) == 0;
}

static bool is_integer(const char *text, size_t n) {
  size_t start = n > 0 && (text[0] == '-' || text[0] == '+');
  for (size_t i = start; i < n; i++)
    if (text[i] < '0' || text[i] > '9') return false;
  return n > start;
}

static bool parse_scalar(const char *text, size_t n, fresh_literal *out) {
  *out = (fresh_literal){.kind = FRESH_LITERAL_NONE};
  if (is_word(text, n, "None")) return true;
  if (is_word(text, n, "True") || is_word(text, n, "False")) {
    *out = (fresh_literal){.kind = FRESH_LITERAL_BOOL, .v = text[0] == 'T'};
    return true;
  }
  if (n >= 2 && (text[0] == '"' || text[0] == '\'') && text[n - 1] == text[0]) {
    *out = (fresh_literal){.kind = FRESH_LITERAL_TEXT, .text = text + 1, .n = n - 2};
    return true;
  }
  out->kind = is_integer(text, n) ? FRESH_LITERAL_INT : FRESH_LITERAL_REAL;
  return n > 0 && ml_number_parse(text, text + n, &out->v) == text + n;
}

/* What stands before the next comma, without the blanks around it. *at is behind the comma then, or
 * at the end. */
static const char *next_item(const char **at, const char *end, size_t *n) {
  const char *comma = memchr(*at, ',', (size_t)(end - *at));
  const char *start = *at, *stop = comma ? comma : end;
  *at = comma ? comma + 1 : end;
  while (start < stop && *start == ' ') start++;
  while (stop > start && stop[-1] == ' ') stop--;
  *n = (size_t)(stop - start);
  return start;
}

static size_t count_commas(const char *at, const char *end) {
  size_t n = 0;
  for (; at < end; at++) n += *at == ',';
  return n;
}

/* Numbers between brackets. A comma may follow the last, and must in a tuple of one. */
static ml_status parse_items(const char *at, const char *end, fresh_literal *out) {
  size_t n, n_commas = count_commas(at, end);
  out->items = calloc(n_commas + 1, sizeof *out->items);
  if (!out->items) return ML_ERR_MEMORY;
  while (at < end) {
    const char *item = next_item(&at, end, &n);
    if (n == 0 && at == end && out->n_items == n_commas) break;
    fresh_literal *read = &out->items[out->n_items++];
    if (!parse_scalar(item, n, read)) return ML_ERR_PARSE;
  }
  bool is_grouped = out->kind == FRESH_LITERAL_TUPLE && out->n_items == 1 && n_commas == 0;
  return is_grouped ? ML_ERR_PARSE : ML_OK;
}

ml_status fresh__literal_parse(const char *text, size_t n, fresh_literal *out) {
  *out = (fresh_literal){.kind = FRESH_LITERAL_OTHER};
  if (n >= 2 && text[0] == '(' && text[n - 1] == ')')
    out->kind = FRESH_LITERAL_TUPLE;
  else if (n >= 2 && text[0] == '[' && text[n - 1] == ']')
    out->kind = FRESH_LITERAL_LIST;
  else
    return parse_scalar(text, n, out) ? ML_OK : ML_ERR_PARSE;
  return parse_items(text + 1, text + n - 1, out);
}
