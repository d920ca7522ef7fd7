/* SPDX-License-Identifier: GPL-3.0-or-later */
/* JSON into values: jansson reads what is unusual, and what it made is copied into the arena. */
#include <jansson.h>
#include <string.h>

#include <ml/value_internal.h>

typedef struct reader {
  const char *source;
  ml_arena *arena;
  ml_error *err;
} reader;

static ml_status read_value(const reader *r, json_t *json, size_t depth, ml_value *out);

/* jansson's column is the character that a mistake ends with; 0 before the first. */
static ml_status fail(const reader *r, const json_error_t *why) {
  if (json_error_code(why) == json_error_out_of_memory) return ml_error_memory(r->err);
  return ml_error_at(r->err, ML_ERR_PARSE, r->source, why->line > 0 ? (size_t)why->line : 1,
                     why->column > 0 ? (size_t)why->column : 1, "not JSON: %s", why->text);
}

/* jansson takes a NUL behind a number for a blank. */
static ml_status fail_at_nul(const reader *r, const char *text, const char *nul) {
  size_t line = 1, column = 1;
  for (const char *at = text; at < nul; at++) {
    column = *at == '\n' ? 1 : column + 1;
    line += *at == '\n';
  }
  return ml_error_at(r->err, ML_ERR_PARSE, r->source, line, column,
                     "not JSON: a NUL byte in the text");
}

static const char *copy_text(const reader *r, const char *text, size_t n) {
  char *copy = ml_arena_alloc(r->arena, n + 1);
  return copy ? memcpy(copy, text, n) : NULL;
}

static ml_status read_string(const reader *r, const json_t *json, ml_value *out) {
  out->type = ML_TYPE_STRING;
  out->as.s.n = json_string_length(json);
  out->as.s.text = copy_text(r, json_string_value(json), out->as.s.n);
  return out->as.s.text ? ML_OK : ml_error_memory(r->err);
}

static ml_status read_dict(const reader *r, json_t *json, size_t depth, ml_value *out) {
  size_t i = 0, n = json_object_size(json);
  const char **names = ml_arena_alloc(r->arena, n * sizeof *names), *name;
  ml_value *values = names ? ml_value_new_dict(r->arena, names, n, out) : NULL;
  json_t *member;
  if (!values) return ml_error_memory(r->err);
  json_object_foreach(json, name, member) {
    if (!(names[i] = copy_text(r, name, strlen(name)))) return ml_error_memory(r->err);
    ml_status status = read_value(r, member, depth, &values[i++]);
    if (status != ML_OK) return status;
  }
  return ML_OK;
}

static ml_status read_list(const reader *r, json_t *json, size_t depth, ml_value *out) {
  size_t n = json_array_size(json);
  ml_value *values = ml_value_new_list(r->arena, n, out);
  ml_status status = values ? ML_OK : ml_error_memory(r->err);
  for (size_t i = 0; i < n && status == ML_OK; i++)
    status = read_value(r, json_array_get(json, i), depth, &values[i]);
  return status;
}

static ml_status read_value(const reader *r, json_t *json, size_t depth, ml_value *out) {
  *out = ml_value_null();
  switch (json_typeof(json)) {
    case JSON_NULL:
      return ML_OK;
    case JSON_TRUE:
    case JSON_FALSE:
      *out = ml_value_bool(json_is_true(json));
      return ML_OK;
    case JSON_INTEGER:
      *out = ml_value_int(json_integer_value(json));
      return ML_OK;
    case JSON_REAL:
      *out = ml_value_real(json_real_value(json));
      return ML_OK;
    case JSON_STRING:
      return read_string(r, json, out);
    case JSON_ARRAY:
    case JSON_OBJECT:
      break;
  }
  if (depth == VALUE_DEPTH_MAX)
    return ml_error_at(r->err, ML_ERR_PARSE, r->source, 0, 0, "not JSON: nested deeper than %d",
                       VALUE_DEPTH_MAX);
  return json_is_object(json) ? read_dict(r, json, depth + 1, out)
                              : read_list(r, json, depth + 1, out);
}

ml_status ml_value_from_json(const char *text, size_t n, const char *source, ml_arena *arena,
                             ml_value *out, ml_error *err) {
  static const char mark[] = "\xEF\xBB\xBF"; /* of byte order: some editors begin UTF-8 with it */
  const reader r = {source, arena, err};
  const size_t flags = JSON_DECODE_ANY | JSON_REJECT_DUPLICATES;
  size_t n_mark = n >= 3 && memcmp(text, mark, 3) == 0 ? 3 : 0;
  json_error_t why;
  const char *nul = n > 0 ? memchr(text, 0, n) : NULL;
  if (nul) return fail_at_nul(&r, text, nul);
  ml_status status = value__json_plain(text + n_mark, n - n_mark, arena, out);
  if (status != ML_ERR_PARSE) return status == ML_OK ? ML_OK : ml_error_memory(err);
  json_t *json = json_loadb(text + n_mark, n - n_mark, flags, &why);
  /* It refuses integers beyond 64 bits, unless all integers are to be doubles. */
  if (!json && json_error_code(&why) == json_error_numeric_overflow)
    json = json_loadb(text + n_mark, n - n_mark, flags | JSON_DECODE_INT_AS_REAL, &why);
  if (!json) return fail(&r, &why);
  status = read_value(&r, json, 0, out);
  json_decref(json);
  return status;
}
