/* SPDX-License-Identifier: GPL-3.0-or-later */
/* JSON into values, the usual of it, in one pass: saved models are long lists of numbers. What is
 * unusual or wrong is left to jansson, which says what it is. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <ml/number.h>
#include <ml/utf8.h>
#include <ml/value_internal.h>

/* Elements of lists that are still open, innermost last. */
typedef struct member {
  ml_value value;
  const char *name; /* NULL in lists */
} member;

typedef struct plain {
  const char *at, *end;
  ml_arena *arena;
  member *open;
  size_t n, room;
  bool no_memory;
} plain;

static bool no_memory(plain *p) {
  p->no_memory = true;
  return false;
}

static bool read_value(plain *p, size_t depth, ml_value *out);

static void skip_blanks(plain *p) {
  while (p->at < p->end && (*p->at == ' ' || *p->at == '\n' || *p->at == '\r' || *p->at == '\t'))
    p->at++;
}

static bool take(plain *p, char c) {
  bool is_there = p->at < p->end && *p->at == c;
  p->at += is_there;
  return is_there;
}

static bool take_word(plain *p, const char *word) {
  size_t n = strlen(word);
  bool is_there = (size_t)(p->end - p->at) >= n && memcmp(p->at, word, n) == 0;
  if (is_there) p->at += n;
  return is_there;
}

/* ---- numbers --------------------------------------------------------------------------------- */

static size_t take_digits(plain *p) {
  const char *first = p->at;
  while (p->at < p->end && *p->at >= '0' && *p->at <= '9') p->at++;
  return (size_t)(p->at - first);
}

static bool read_number(plain *p, ml_value *out) {
  enum { MOST_DIGITS = 18 }; /* fewer than int64_t may have */
  const char *text = p->at;
  bool is_negative = take(p, '-'), is_real = false;
  const char *digits = p->at;
  size_t n = take_digits(p);
  if (n == 0 || (n > 1 && *digits == '0')) return false;
  if (take(p, '.')) {
    is_real = true;
    if (!take_digits(p)) return false;
  }
  if (take(p, 'e') || take(p, 'E')) {
    is_real = true;
    if (!take(p, '-')) take(p, '+');
    if (!take_digits(p)) return false;
  }
  if (is_real) {
    *out = ml_value_real(0);
    return ml_number_parse(text, p->at, &out->as.d) == p->at && isfinite(out->as.d);
  }
  if (n > MOST_DIGITS) return false;
  int64_t i = 0;
  for (; digits < p->at; digits++) i = 10 * i + (*digits - '0');
  *out = ml_value_int(is_negative ? -i : i);
  return true;
}

/* ---- strings --------------------------------------------------------------------------------- */

/* The byte that an escape stands for; 0: none of the simple ones. */
static char unescape(char c) {
  static const char from[] = "\"\\/bfnrt", to[] = "\"\\/\b\f\n\r\t";
  const char *at = c ? strchr(from, c) : NULL;
  return at ? to[at - from] : 0;
}

/* Behind the quote. @return NULL: it is left to jansson */
static const char *read_text(plain *p, size_t *n_text) {
  const char *first = p->at;
  bool is_ascii = true;
  while (p->at < p->end && *p->at != '"') {
    if ((unsigned char)*p->at < 0x20) return NULL;
    is_ascii = is_ascii && (unsigned char)*p->at < 0x80;
    p->at += *p->at == '\\' ? 2 : 1;
  }
  if (p->at >= p->end) return NULL;
  char *text = ml_arena_alloc(p->arena, (size_t)(p->at - first) + 1);
  size_t n = 0;
  if (!text) p->no_memory = true;
  for (; text && first < p->at; first++) {
    text[n] = *first == '\\' ? unescape(*++first) : *first;
    if (!text[n++]) return NULL;
  }
  p->at++;
  if (!text || (!is_ascii && !utf8__is_text(text, n))) return NULL;
  *n_text = n;
  return text;
}

static bool read_string(plain *p, ml_value *out) {
  *out = ml_value_null();
  out->type = ML_TYPE_STRING;
  out->as.s.text = read_text(p, &out->as.s.n);
  return out->as.s.text != NULL;
}

/* ---- lists and dictionaries ------------------------------------------------------------------ */

static bool push(plain *p, const char *name, const ml_value *value) {
  if (p->n == p->room) {
    size_t room = p->room ? 2 * p->room : 256;
    member *open = room > SIZE_MAX / sizeof *open ? NULL : realloc(p->open, room * sizeof *open);
    if (!open) return no_memory(p);
    p->open = open;
    p->room = room;
  }
  p->open[p->n++] = (member){*value, name};
  return true;
}

/* Those from `first` on become a value. */
static bool close_at(plain *p, size_t first, bool is_dict, ml_value *out) {
  size_t n = p->n - first;
  bool failed = false;
  const char **names = is_dict ? ml_arena_alloc(p->arena, n * sizeof *names) : NULL;
  ml_value *values = names || !is_dict ? ml_value_new_dict(p->arena, names, n, out) : NULL;
  for (size_t i = 0; values && i < n; i++) {
    values[i] = p->open[first + i].value;
    if (names) names[i] = p->open[first + i].name;
  }
  p->n = first;
  bool is_twice = values && names && value__duplicate(names, n, &failed);
  return !values || failed ? no_memory(p) : !is_twice;
}

static bool read_member(plain *p, bool is_dict, size_t depth) {
  const char *name = NULL;
  size_t n_name;
  ml_value value;
  if (is_dict) {
    skip_blanks(p);
    if (!take(p, '"') || !(name = read_text(p, &n_name))) return false;
    skip_blanks(p);
    if (!take(p, ':')) return false;
  }
  return read_value(p, depth, &value) && push(p, name, &value);
}

static bool read_list(plain *p, bool is_dict, size_t depth, ml_value *out) {
  const char closing = is_dict ? '}' : ']';
  size_t first = p->n;
  if (depth > VALUE_DEPTH_MAX) return false;
  skip_blanks(p);
  if (take(p, closing)) return close_at(p, first, is_dict, out);
  do {
    if (!read_member(p, is_dict, depth)) return false;
    skip_blanks(p);
  } while (take(p, ','));
  return take(p, closing) && close_at(p, first, is_dict, out);
}

static bool read_value(plain *p, size_t depth, ml_value *out) {
  skip_blanks(p);
  if (take(p, '[')) return read_list(p, false, depth + 1, out);
  if (take(p, '{')) return read_list(p, true, depth + 1, out);
  if (take(p, '"')) return read_string(p, out);
  *out = ml_value_null();
  if (take_word(p, "null")) return true;
  *out = ml_value_bool(true);
  if (take_word(p, "true")) return true;
  *out = ml_value_bool(false);
  return take_word(p, "false") || read_number(p, out);
}

ml_status value__json_plain(const char *text, size_t n, ml_arena *arena, ml_value *out) {
  plain p = {.at = text, .end = text + n, .arena = arena};
  bool ok = read_value(&p, 0, out);
  skip_blanks(&p);
  free(p.open);
  if (p.no_memory) return ML_ERR_MEMORY;
  return ok && p.at == p.end ? ML_OK : ML_ERR_PARSE;
}
