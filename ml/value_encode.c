/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Values into bytes; docs/mproc.md has the layout. */
#include <string.h>

#include <ml/utf8.h>
#include <ml/value_internal.h>

typedef struct writer {
  const ml_shared *shared;
  size_t n_shared;
  ml_buf *out;
  size_t depth;
  ml_error *err;
} writer;

static ml_status put_value(writer *w, const ml_value *v);

static ml_status refuse(const writer *w, const char *what) {
  return ml_error_set(w->err, ML_ERR_USAGE, "%s", what);
}

static void put_head(ml_buf *out, value_head head, size_t n) {
  uint64_t words[2] = {0, n};
  memcpy(words, &head, sizeof head);
  ml_buf_put(out, words, sizeof words);
}

/* Bytes, and zeros up to the next multiple of eight: at least one when `ended`. */
static void put_padded(ml_buf *out, const void *bytes, size_t n, bool ended) {
  size_t size = value__padded(n + ended);
  char *at = size < n ? NULL : ml_buf_reserve(out, size);
  if (!at) return;
  if (n) memcpy(at, bytes, n);
  memset(at + n, 0, size - n);
  out->n += size;
}

static ml_status put_text(writer *w, const char *text, size_t n, const char *what) {
  if (!text || text[n] != 0 || !utf8__is_text(text, n))
    return ml_error_set(w->err, ML_ERR_USAGE, "%s is no UTF-8 text without NUL", what);
  put_padded(w->out, text, n, true);
  return ML_OK;
}

/* Find the block that n bytes lie in. */
static bool find_shared(const writer *w, const void *data, size_t n, size_t alignment,
                        uint32_t *block, size_t *offset) {
  uintptr_t at = (uintptr_t)data;
  if (n == 0) return false;
  for (size_t i = 0; i < w->n_shared; i++) {
    uintptr_t start = (uintptr_t)w->shared[i].data;
    size_t size = w->shared[i].size;
    if (at < start || at - start > size || n > size - (at - start)) continue;
    if ((at - start) % alignment != 0) return false; /* blocks are aligned themselves */
    *block = (uint32_t)i;
    *offset = at - start;
    return true;
  }
  return false;
}

static ml_status put_elements(writer *w, const ml_value *v) {
  size_t size, n_rows = v->as.a.n_rows, offset;
  if ((unsigned)v->dtype > ML_DTYPE_BOOL) return refuse(w, "elements of no known type");
  if (v->type == ML_TYPE_VECTOR && v->as.a.n_cols != 1)
    return refuse(w, "a vector that has not one column");
  if (!value__n_bytes(v->dtype, n_rows, v->as.a.n_cols, &size)) return ml_error_memory(w->err);
  if (size == 0 && n_rows > VALUE_EMPTY_ROWS_MAX)
    return ml_error_set(w->err, ML_ERR_USAGE, "a matrix of %zu rows without columns", n_rows);
  if (size > 0 && !v->as.a.data) return refuse(w, "a vector or matrix whose elements are NULL");
  value_head head = {.type = (uint8_t)v->type, .detail = (uint8_t)v->dtype};
  if (find_shared(w, v->as.a.data, size, ml_dtype_size(v->dtype), &head.block, &offset))
    head.place = VALUE_SHARED;
  put_head(w->out, head, n_rows);
  if (v->type == ML_TYPE_MATRIX) ml_buf_put(w->out, &v->as.a.n_cols, sizeof v->as.a.n_cols);
  if (head.place == VALUE_SHARED)
    ml_buf_put(w->out, &offset, sizeof offset);
  else if (v->dtype == ML_DTYPE_BOOL && !value__are_bools(v->as.a.data, size))
    return refuse(w, "a vector of bools with one that is neither 0 nor 1");
  else
    put_padded(w->out, v->as.a.data, size, false);
  return ML_OK;
}

static ml_status check_names(writer *w, const ml_value *v) {
  bool failed;
  for (size_t i = 0; i < v->as.l.n; i++)
    if (!v->as.l.names || !v->as.l.names[i]) return refuse(w, "a name in a dictionary is NULL");
  const char *twice = value__duplicate(v->as.l.names, v->as.l.n, &failed);
  if (failed) return ml_error_memory(w->err);
  return twice ? ml_error_set(w->err, ML_ERR_USAGE, "a dictionary has '%s' twice", twice) : ML_OK;
}

static ml_status put_list(writer *w, const ml_value *v) {
  bool is_dict = v->type == ML_TYPE_DICT;
  if (w->depth == VALUE_DEPTH_MAX)
    return ml_error_set(w->err, ML_ERR_USAGE, "nested deeper than %d", VALUE_DEPTH_MAX);
  if (v->as.l.n > 0 && !v->as.l.values)
    return refuse(w, "a list or dictionary whose values are NULL");
  ml_status status = is_dict ? check_names(w, v) : ML_OK;
  put_head(w->out, (value_head){.type = (uint8_t)v->type}, v->as.l.n);
  w->depth++;
  for (size_t i = 0; i < v->as.l.n && status == ML_OK; i++) {
    if (is_dict) {
      uint64_t n = strlen(v->as.l.names[i]);
      ml_buf_put(w->out, &n, sizeof n);
      status = put_text(w, v->as.l.names[i], n, "a name in a dictionary");
    }
    if (status == ML_OK) status = put_value(w, &v->as.l.values[i]);
  }
  w->depth--;
  return status;
}

static ml_status put_value(writer *w, const ml_value *v) {
  value_head head = {.type = (uint8_t)v->type};
  switch (v->type) {
    case ML_TYPE_NULL:
      ml_buf_put(w->out, &head, sizeof head);
      return ML_OK;
    case ML_TYPE_BOOL:
      head.detail = v->as.b;
      ml_buf_put(w->out, &head, sizeof head);
      return ML_OK;
    case ML_TYPE_INT:
    case ML_TYPE_REAL: {
      uint64_t bits; /* of either: they share their place */
      memcpy(&bits, &v->as, sizeof bits);
      put_head(w->out, head, bits);
      return ML_OK;
    }
    case ML_TYPE_STRING:
      put_head(w->out, head, v->as.s.n);
      return put_text(w, v->as.s.text, v->as.s.n, "a string");
    case ML_TYPE_BYTES:
    case ML_TYPE_OBJECT:
      put_head(w->out, head, v->as.s.n);
      if (v->as.s.n > 0 && !v->as.s.text) return refuse(w, "bytes that are NULL");
      put_padded(w->out, v->as.s.text, v->as.s.n, false);
      return ML_OK;
    case ML_TYPE_VECTOR:
    case ML_TYPE_MATRIX:
      return put_elements(w, v);
    case ML_TYPE_LIST:
    case ML_TYPE_DICT:
      return put_list(w, v);
  }
  return ml_error_set(w->err, ML_ERR_USAGE, "a value of no known type: %d", (int)v->type);
}

ml_status ml_value_encode(const ml_value *v, const ml_shared *shared, size_t n_shared, ml_buf *out,
                          ml_error *err) {
  writer w = {.shared = shared, .n_shared = n_shared, .out = out, .err = err};
  ml_status status = put_value(&w, v);
  return status == ML_OK && out->failed ? ml_error_memory(err) : status;
}
