/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Bytes into values: nothing in them is believed before it was checked. */
#include <string.h>

#include <ml/utf8.h>
#include <ml/value_internal.h>

typedef struct reader {
  const char *start, *at, *end;
  const ml_shared *shared;
  size_t n_shared;
  ml_arena *arena;
  size_t depth;
  size_t n_values; /* that lists may still claim: each takes eight bytes at least, so that what is
                      made of some bytes is never much larger than they are */
  ml_error *err;
} reader;

static ml_status take_value(reader *r, ml_value *out);

static ml_status malformed(const reader *r, const char *what) {
  return ml_error_set(r->err, ML_ERR_PARSE, "malformed value: %s at byte %zu", what,
                      (size_t)(r->at - r->start));
}

static size_t left(const reader *r) {
  return (size_t)(r->end - r->at);
}

static bool take_word(reader *r, void *word) {
  if (left(r) < 8) return false;
  memcpy(word, r->at, 8);
  r->at += 8;
  return true;
}

static bool are_zeros(const char *bytes, size_t n) {
  for (size_t i = 0; i < n; i++)
    if (bytes[i] != 0) return false;
  return true;
}

/* n bytes with their padding. @return NULL: they are not there, or the padding is no zeros */
static const char *take_padded(reader *r, uint64_t n, bool ended) {
  if (n >= left(r) + !ended) return NULL;
  size_t size = value__padded((size_t)n + ended);
  if (size > left(r) || !are_zeros(r->at + n, size - (size_t)n)) return NULL;
  const char *bytes = r->at;
  r->at += size;
  return bytes;
}

static ml_status take_bytes(reader *r, bool is_text, ml_value *out) {
  uint64_t n;
  if (!take_word(r, &n)) return malformed(r, "cut short");
  const char *bytes = take_padded(r, n, is_text);
  if (!bytes) return malformed(r, "wrong length");
  if (is_text && !utf8__is_text(bytes, (size_t)n)) return malformed(r, "no UTF-8");
  out->as.s.text = bytes;
  out->as.s.n = (size_t)n;
  return ML_OK;
}

static const char *take_shared(reader *r, const value_head *head, size_t size) {
  uint64_t offset;
  if (!take_word(r, &offset) || head->block >= r->n_shared || size == 0) return NULL;
  const ml_shared *block = &r->shared[head->block];
  if (offset > block->size || size > block->size - offset) return NULL;
  const char *data = (const char *)block->data + offset;
  return (uintptr_t)data % ml_dtype_size(head->detail) == 0 ? data : NULL;
}

static ml_status take_elements(reader *r, const value_head *head, ml_value *out) {
  size_t n_cols = 1, size;
  uint64_t n_rows;
  if (head->detail > ML_DTYPE_BOOL) return malformed(r, "no such element type");
  if (!take_word(r, &n_rows)) return malformed(r, "cut short");
  if (out->type == ML_TYPE_MATRIX && !take_word(r, &n_cols)) return malformed(r, "cut short");
  if (!value__n_bytes(head->detail, n_rows, n_cols, &size) ||
      (size == 0 && n_rows > VALUE_EMPTY_ROWS_MAX))
    return malformed(r, "too many elements");
  const char *data =
      head->place == VALUE_SHARED ? take_shared(r, head, size) : take_padded(r, size, false);
  if (!data) return malformed(r, "elements that are not there");
  /* Those of a block were not sent, and are not looked at before they are used. */
  if (head->detail == ML_DTYPE_BOOL && head->place == VALUE_HERE && !value__are_bools(data, size))
    return malformed(r, "a bool that is neither 0 nor 1");
  out->dtype = head->detail;
  out->as.a.data = data;
  out->as.a.n_rows = n_rows;
  out->as.a.n_cols = n_cols;
  return ML_OK;
}

static ml_status check_names(const reader *r, const char *const *names, size_t n) {
  bool failed;
  const char *twice = value__duplicate(names, n, &failed);
  if (failed) return ml_error_memory(r->err);
  return twice ? malformed(r, "a name that is there twice") : ML_OK;
}

static ml_status take_list(reader *r, ml_value *out) {
  bool is_dict = out->type == ML_TYPE_DICT;
  const char **names = NULL;
  uint64_t n;
  if (!take_word(r, &n)) return malformed(r, "cut short");
  if (n > r->n_values) return malformed(r, "too many values");
  if (r->depth == VALUE_DEPTH_MAX) return malformed(r, "nested too deep");
  r->n_values -= (size_t)n;
  if (is_dict && !(names = ml_arena_alloc(r->arena, (size_t)n * sizeof *names)))
    return ml_error_memory(r->err);
  ml_value *values = ml_value_new_dict(r->arena, names, (size_t)n, out);
  if (!values) return ml_error_memory(r->err);
  r->depth++;
  for (size_t i = 0; i < n; i++) {
    ml_value name = ml_value_null();
    ml_status status = is_dict ? take_bytes(r, true, &name) : ML_OK;
    if (status == ML_OK && is_dict) names[i] = name.as.s.text;
    if (status == ML_OK) status = take_value(r, &values[i]);
    if (status != ML_OK) return status;
  }
  r->depth--;
  return is_dict ? check_names(r, names, (size_t)n) : ML_OK;
}

/* What the first word may say beside the type. */
static bool is_head(const value_head *head) {
  bool is_array = head->type == ML_TYPE_VECTOR || head->type == ML_TYPE_MATRIX;
  if (head->zero != 0 || head->type > ML_TYPE_OBJECT) return false;
  if (head->detail > (head->type == ML_TYPE_BOOL) && !is_array) return false;
  if (head->place == VALUE_SHARED) return is_array;
  return head->place == VALUE_HERE && head->block == 0;
}

static ml_status take_value(reader *r, ml_value *out) {
  value_head head;
  if (!take_word(r, &head)) return malformed(r, "cut short");
  if (!is_head(&head)) return malformed(r, "no such type");
  *out = ml_value_null();
  out->type = head.type;
  switch (out->type) {
    case ML_TYPE_NULL:
      break;
    case ML_TYPE_BOOL:
      out->as.b = head.detail;
      break;
    case ML_TYPE_INT:
      if (!take_word(r, &out->as.i)) return malformed(r, "cut short");
      break;
    case ML_TYPE_REAL:
      if (!take_word(r, &out->as.d)) return malformed(r, "cut short");
      break;
    case ML_TYPE_STRING:
      return take_bytes(r, true, out);
    case ML_TYPE_BYTES:
    case ML_TYPE_OBJECT:
      return take_bytes(r, false, out);
    case ML_TYPE_VECTOR:
    case ML_TYPE_MATRIX:
      return take_elements(r, &head, out);
    case ML_TYPE_LIST:
    case ML_TYPE_DICT:
      return take_list(r, out);
  }
  return ML_OK;
}

ml_status ml_value_decode(const void *bytes, size_t n, const ml_shared *shared, size_t n_shared,
                          ml_arena *arena, ml_value *out, ml_error *err) {
  reader r = {.start = bytes,
              .at = bytes,
              .end = (const char *)bytes + n,
              .shared = shared,
              .n_shared = n_shared,
              .arena = arena,
              .n_values = n / 8,
              .err = err};
  if ((uintptr_t)bytes % 8 != 0) return malformed(&r, "not aligned");
  ml_status status = take_value(&r, out);
  if (status == ML_OK && left(&r) > 0) return malformed(&r, "more than one value");
  return status;
}
