/* SPDX-License-Identifier: GPL-3.0-or-later */
/* JSON into values: integers exact to 64 bits, mistakes with the line and the byte they begin at.
 */
#include <math.h>
#include <string.h>

#include <ml/number.h>
#include <ml/utf8.h>
#include <ml/value_internal.h>

typedef struct reader {
  const char *text, *at, *end, *source;
  ml_arena *arena;
  ml_buf values, names; /* of the lists that are not complete yet: ml_value, const char * */
  size_t depth;
  ml_error *err;
} reader;

static ml_status read_value(reader *r, ml_value *out);

static ml_status fail(const reader *r, const char *at, const char *what) {
  size_t line = 1, column = 1;
  for (const char *p = r->text; p < at; p++) {
    column = *p == '\n' ? 1 : column + 1;
    line += *p == '\n';
  }
  return ml_error_at(r->err, ML_ERR_PARSE, r->source, line, column, "not JSON: %s", what);
}

static void skip_blanks(reader *r) {
  while (r->at < r->end && (*r->at == ' ' || *r->at == '\t' || *r->at == '\n' || *r->at == '\r'))
    r->at++;
}

/* Go over one character if it is this one. */
static bool take(reader *r, char c) {
  if (r->at == r->end || *r->at != c) return false;
  r->at++;
  return true;
}

static bool take_word(reader *r, const char *word) {
  size_t n = strlen(word);
  if ((size_t)(r->end - r->at) < n || memcmp(r->at, word, n) != 0) return false;
  r->at += n;
  return true;
}

/* ---- numbers --------------------------------------------------------------------------------- */

static size_t take_digits(reader *r) {
  const char *start = r->at;
  while (r->at < r->end && *r->at >= '0' && *r->at <= '9') r->at++;
  return (size_t)(r->at - start);
}

/* An integer that has 64 bits; "-0" is none, because no integer is. */
static bool as_int(const char *text, const char *end, int64_t *out) {
  bool is_negative = *text == '-';
  *out = 0;
  for (const char *p = text + is_negative; p < end; p++)
    if (__builtin_mul_overflow(*out, 10, out) ||
        __builtin_sub_overflow(*out, (int64_t)(*p - '0'), out))
      return false;
  return is_negative ? *out != 0 : !__builtin_sub_overflow((int64_t)0, *out, out);
}

static ml_status read_number(reader *r, ml_value *out) {
  const char *start = r->at;
  bool is_integer = true;
  take(r, '-');
  if (take_word(r, "Infinity")) return fail(r, start, "there is no word for infinities");
  bool has_zero = r->at < r->end && *r->at == '0';
  size_t n = take_digits(r);
  if (n == 0) return fail(r, start, "expected digits behind '-'");
  if (has_zero && n > 1) return fail(r, start, "a number does not begin with 0");
  if (take(r, '.')) {
    is_integer = false;
    if (take_digits(r) == 0) return fail(r, start, "expected digits behind '.'");
  }
  if (take(r, 'e') || take(r, 'E')) {
    is_integer = false;
    if (!take(r, '-')) take(r, '+');
    if (take_digits(r) == 0) return fail(r, start, "expected digits in the exponent");
  }
  *out = ml_value_int(0);
  if (is_integer && as_int(start, r->at, &out->as.i)) return ML_OK;
  double d;
  if (ml_number_parse(start, r->at, &d) != r->at) return fail(r, start, "expected a number");
  if (isinf(d)) return fail(r, start, "the number is too large");
  *out = ml_value_real(d);
  return ML_OK;
}

/* ---- strings --------------------------------------------------------------------------------- */

/* The 16 bits of "\uXXXX". */
static bool take_code(reader *r, uint32_t *code) {
  *code = 0;
  if (!take_word(r, "\\u") || r->end - r->at < 4) return false;
  for (int i = 0; i < 4; i++, r->at++) {
    static const char digits[] = "0123456789abcdefABCDEF";
    const char *digit = *r->at ? strchr(digits, *r->at) : NULL;
    if (!digit) return false;
    uint32_t d = (uint32_t)(digit - digits);
    *code = *code * 16 + (d < 16 ? d : d - 6);
  }
  return true;
}

static char *put_utf8(char *to, uint32_t code) {
  if (code < 0x80) {
    *to++ = (char)code;
    return to;
  }
  int n = code < 0x800 ? 1 : code < 0x10000 ? 2 : 3; /* bytes that follow */
  *to++ = (char)((0xFF00 >> (n + 1) & 0xFF) | code >> 6 * n);
  while (n-- > 0) *to++ = (char)(0x80 | (code >> 6 * n & 0x3F));
  return to;
}

static ml_status read_escape(reader *r, char **to) {
  static const char names[] = "\"\\/bfnrt", meant[] = "\"\\/\b\f\n\r\t";
  const char *start = r->at;
  const char *name = r->end - start > 1 && start[1] ? strchr(names, start[1]) : NULL;
  uint32_t code, low;
  if (name) {
    r->at += 2;
    *(*to)++ = meant[name - names];
    return ML_OK;
  }
  if (!take_code(r, &code)) return fail(r, start, "no such escape");
  if (code >= 0xD800 && code < 0xDC00) {
    if (!take_code(r, &low) || low < 0xDC00 || low > 0xDFFF)
      return fail(r, start, "half of a pair of \\u escapes");
    code = 0x10000 + ((code - 0xD800) << 10) + (low - 0xDC00);
  }
  if (code == 0) return fail(r, start, "\\u0000 is not allowed in text");
  *to = put_utf8(*to, code);
  return ML_OK;
}

/* Bytes up to the quote that ends a string, or SIZE_MAX when none does. */
static size_t raw_length(const reader *r) {
  const char *p = r->at;
  while (p < r->end && *p != '"') p += *p == '\\' ? 2 : 1;
  return p < r->end ? (size_t)(p - r->at) : SIZE_MAX;
}

static ml_status read_text(reader *r, const char **text, size_t *n) {
  const char *start = r->at++;
  size_t raw = raw_length(r); /* no escape is shorter than what it means */
  if (raw == SIZE_MAX) return fail(r, start, "a string that does not end");
  char *made = ml_arena_alloc(r->arena, raw + 1), *to = made;
  if (!made) return ml_error_memory(r->err);
  for (const char *end = r->at + raw; r->at < end;) {
    ml_status status = ML_OK;
    if (*r->at == '\\')
      status = read_escape(r, &to);
    else if ((unsigned char)*r->at < ' ')
      return fail(r, r->at, "a control character in a string");
    else
      *to++ = *r->at++;
    if (status != ML_OK) return status;
  }
  r->at++;
  *text = made;
  *n = (size_t)(to - made);
  return utf8__is_text(made, *n) ? ML_OK : fail(r, start, "a string that is not UTF-8");
}

static ml_status read_string(reader *r, ml_value *out) {
  *out = ml_value_null();
  out->type = ML_TYPE_STRING;
  return read_text(r, &out->as.s.text, &out->as.s.n);
}

/* ---- lists and dictionaries ------------------------------------------------------------------ */

static ml_status read_name(reader *r) {
  const char *name;
  size_t n;
  skip_blanks(r);
  if (r->at == r->end || *r->at != '"') return fail(r, r->at, "expected a name in quotes");
  ml_status status = read_text(r, &name, &n);
  if (status != ML_OK) return status;
  ml_buf_put(&r->names, &name, sizeof name);
  skip_blanks(r);
  return take(r, ':') ? ML_OK : fail(r, r->at, "expected ':'");
}

/* Values and names up to the bracket that closes. */
static ml_status read_members(reader *r, bool is_dict, char close) {
  skip_blanks(r);
  if (take(r, close)) return ML_OK;
  do {
    ml_value v;
    ml_status status = is_dict ? read_name(r) : ML_OK;
    if (status == ML_OK) status = read_value(r, &v);
    if (status != ML_OK) return status;
    ml_buf_put(&r->values, &v, sizeof v);
    skip_blanks(r);
  } while (take(r, ','));
  if (take(r, close)) return ML_OK;
  return fail(r, r->at, is_dict ? "expected ',' or '}'" : "expected ',' or ']'");
}

static ml_status keep_names(reader *r, size_t first, size_t n, const char *start,
                            const char ***names) {
  bool failed;
  if (r->names.failed || !(*names = ml_arena_alloc(r->arena, n * sizeof **names)))
    return ml_error_memory(r->err);
  if (n) memcpy(*names, r->names.data + first, n * sizeof **names);
  r->names.n = first;
  const char *twice = value__duplicate(*names, n, &failed);
  if (failed) return ml_error_memory(r->err);
  return twice ? fail(r, start, "a dictionary with a name that is there twice") : ML_OK;
}

static ml_status read_list(reader *r, bool is_dict, ml_value *out) {
  size_t first_value = r->values.n, first_name = r->names.n;
  const char *start = r->at++, **names = NULL;
  if (r->depth == VALUE_DEPTH_MAX) return fail(r, start, "nested deeper than 64");
  r->depth++;
  ml_status status = read_members(r, is_dict, is_dict ? '}' : ']');
  r->depth--;
  if (status == ML_OK && r->values.failed) return ml_error_memory(r->err);
  size_t size = r->values.n - first_value, n = size / sizeof *out;
  if (status == ML_OK && is_dict) status = keep_names(r, first_name, n, start, &names);
  if (status != ML_OK) return status;
  ml_value *values = ml_value_new_dict(r->arena, names, n, out);
  if (!values) return ml_error_memory(r->err);
  if (n) memcpy(values, r->values.data + first_value, size);
  r->values.n = first_value;
  return ML_OK;
}

static ml_status read_value(reader *r, ml_value *out) {
  skip_blanks(r);
  if (r->at == r->end) return fail(r, r->at, "a value is missing at the end");
  char c = *r->at;
  if (c == '{' || c == '[') return read_list(r, c == '{', out);
  if (c == '"') return read_string(r, out);
  if (c == '-' || (c >= '0' && c <= '9')) return read_number(r, out);
  *out = ml_value_null();
  if (take_word(r, "null")) return ML_OK;
  bool is_true = take_word(r, "true");
  *out = ml_value_bool(is_true);
  if (is_true || take_word(r, "false")) return ML_OK;
  if (c == 'N' || c == 'n') return fail(r, r->at, "expected a value; a missing number is null");
  const char *start = r->at;
  if (take_word(r, "Infinity") || take_word(r, "inf"))
    return fail(r, start, "there is no word for infinities");
  return fail(r, r->at, "expected a value");
}

ml_status ml_value_from_json(const char *text, size_t n, const char *source, ml_arena *arena,
                             ml_value *out, ml_error *err) {
  reader r = {
      .text = text, .at = text, .end = text + n, .source = source, .arena = arena, .err = err};
  take_word(&r, "\xEF\xBB\xBF"); /* mark of byte order: some editors begin UTF-8 with it */
  ml_status status = read_value(&r, out);
  skip_blanks(&r);
  if (status == ML_OK && r.at < r.end) status = fail(&r, r.at, "more than one value");
  ml_buf_release(&r.values);
  ml_buf_release(&r.names);
  return status;
}
