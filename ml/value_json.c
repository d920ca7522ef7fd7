/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Values as JSON. */
#include <math.h>
#include <string.h>

#include <sodium.h>

#include <ml/value_internal.h>

/* Without a fraction it would be read again as an integer, which has no -0 and no more than 64
 * bits; any other whole number means the same either way. */
static void put_real(ml_buf *out, double d) {
  size_t from = out->n;
  ml_buf_json_number(out, d);
  bool is_odd = (d == 0 && signbit(d)) || (isfinite(d) && fabs(d) >= 0x1p63);
  if (is_odd && !out->failed && !memchr(out->data + from, 'e', out->n - from))
    ml_buf_puts(out, ".0");
}

static void put_element(ml_buf *out, ml_dtype dtype, const void *data, size_t i) {
  switch (dtype) {
    case ML_DTYPE_F64:
      put_real(out, ((const double *)data)[i]);
      break;
    case ML_DTYPE_F32:
      put_real(out, (double)((const float *)data)[i]);
      break;
    case ML_DTYPE_I64:
      ml_buf_printf(out, "%lld", (long long)((const int64_t *)data)[i]);
      break;
    case ML_DTYPE_I32:
      ml_buf_printf(out, "%d", (int)((const int32_t *)data)[i]);
      break;
    case ML_DTYPE_U8:
      ml_buf_printf(out, "%u", ((const uint8_t *)data)[i]);
      break;
    case ML_DTYPE_BOOL:
      ml_buf_puts(out, ((const uint8_t *)data)[i] ? "true" : "false");
      break;
  }
}

static void put_row(ml_buf *out, const ml_value *v, size_t first, size_t n) {
  ml_buf_puts(out, "[");
  for (size_t i = 0; i < n; i++) {
    if (i > 0) ml_buf_puts(out, ",");
    put_element(out, v->dtype, v->as.a.data, first + i);
  }
  ml_buf_puts(out, "]");
}

static void put_matrix(ml_buf *out, const ml_value *v) {
  ml_buf_puts(out, "[");
  for (size_t i = 0; i < v->as.a.n_rows; i++) {
    if (i > 0) ml_buf_puts(out, ",");
    put_row(out, v, i * v->as.a.n_cols, v->as.a.n_cols);
  }
  ml_buf_puts(out, "]");
}

static void put_base64(ml_buf *out, const ml_value *v) {
  int variant = sodium_base64_VARIANT_ORIGINAL;
  bool too_long = v->as.s.n > PTRDIFF_MAX / 2;
  size_t size = too_long ? SIZE_MAX / 2 : sodium_base64_encoded_len(v->as.s.n, variant);
  ml_buf_puts(out, "\"");
  char *at = ml_buf_reserve(out, size);
  if (!at) return;
  sodium_bin2base64(at, size, (const unsigned char *)v->as.s.text, v->as.s.n, variant);
  out->n += size - 1; /* without its NUL */
  ml_buf_puts(out, "\"");
}

static ml_status put_value(const ml_value *v, size_t depth, ml_buf *out, ml_error *err) {
  switch (v->type) {
    case ML_TYPE_NULL:
      ml_buf_puts(out, "null");
      return ML_OK;
    case ML_TYPE_BOOL:
      ml_buf_puts(out, v->as.b ? "true" : "false");
      return ML_OK;
    case ML_TYPE_INT:
      ml_buf_printf(out, "%lld", (long long)v->as.i);
      return ML_OK;
    case ML_TYPE_REAL:
      put_real(out, v->as.d);
      return ML_OK;
    case ML_TYPE_STRING:
      ml_buf_json_string(out, v->as.s.text);
      return ML_OK;
    case ML_TYPE_BYTES:
      put_base64(out, v);
      return ML_OK;
    case ML_TYPE_VECTOR:
      put_row(out, v, 0, v->as.a.n_rows);
      return ML_OK;
    case ML_TYPE_MATRIX:
      put_matrix(out, v);
      return ML_OK;
    case ML_TYPE_OBJECT:
      return ml_error_set(err, ML_ERR_USAGE, "an object has no JSON form");
    case ML_TYPE_LIST:
    case ML_TYPE_DICT:
      break;
  }
  bool is_dict = v->type == ML_TYPE_DICT;
  if (depth == VALUE_DEPTH_MAX)
    return ml_error_set(err, ML_ERR_USAGE, "nested deeper than %d", VALUE_DEPTH_MAX);
  ml_buf_puts(out, is_dict ? "{" : "[");
  for (size_t i = 0; i < v->as.l.n; i++) {
    if (i > 0) ml_buf_puts(out, ",");
    if (is_dict) {
      ml_buf_json_string(out, v->as.l.names[i]);
      ml_buf_puts(out, ":");
    }
    ml_status status = put_value(&v->as.l.values[i], depth + 1, out, err);
    if (status != ML_OK) return status;
  }
  ml_buf_puts(out, is_dict ? "}" : "]");
  return ML_OK;
}

ml_status ml_value_to_json(const ml_value *v, ml_buf *out, ml_error *err) {
  ml_status status = put_value(v, 0, out, err);
  return status == ML_OK && out->failed ? ml_error_memory(err) : status;
}
