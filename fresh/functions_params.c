/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Settings that came as values, from a call in any language, as the JSON that settings are read
 * from. Values print as JSON without the difference of 1 and 1.0 and without NaN; here both are
 * part of what is meant. */
#include <math.h>

#include <ml/number.h>

#include "functions.h"

/* Kinds, features, sets, parameters, items. */
enum { DEEPEST = 8 };

static void put_real(double d, ml_buf *out) {
  char text[ML_NUMBER_MAX];
  if (isfinite(d))
    ml_buf_put(out, text, ml_number_repr(d, text));
  else
    ml_buf_puts(out, isnan(d) ? "NaN" : d > 0 ? "Infinity" : "-Infinity");
}

static ml_status put_vector(const ml_value *v, ml_arena *arena, ml_buf *out, ml_error *err) {
  size_t n;
  const double *x = ml_value_as_reals(v, arena, &n, err);
  bool is_real = v->dtype == ML_DTYPE_F64 || v->dtype == ML_DTYPE_F32;
  if (!x) return ML_ERR_USAGE;
  ml_buf_puts(out, "[");
  for (size_t i = 0; i < n; i++) {
    ml_buf_puts(out, i ? "," : "");
    if (is_real)
      put_real(x[i], out);
    else
      ml_buf_printf(out, "%.0f", x[i]);
  }
  ml_buf_puts(out, "]");
  return ML_OK;
}

static ml_status put_value(const ml_value *v, size_t depth, ml_arena *arena, ml_buf *out,
                           ml_error *err) {
  char what[64];
  bool is_dict = v->type == ML_TYPE_DICT;
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
      put_real(v->as.d, out);
      return ML_OK;
    case ML_TYPE_STRING:
      ml_buf_json_string(out, v->as.s.text);
      return ML_OK;
    case ML_TYPE_VECTOR:
      return put_vector(v, arena, out, err);
    case ML_TYPE_LIST:
    case ML_TYPE_DICT:
      break;
    default:
      return ml_error_set(err, ML_ERR_USAGE, "'params' must not have a %s in it",
                          ml_value_describe(v, what, sizeof what));
  }
  if (depth == DEEPEST) return ml_error_set(err, ML_ERR_USAGE, "'params' is nested too deep");
  ml_buf_puts(out, is_dict ? "{" : "[");
  for (size_t i = 0; i < v->as.l.n; i++) {
    ml_buf_puts(out, i ? "," : "");
    if (is_dict) ml_buf_json_string(out, v->as.l.names[i]);
    if (is_dict) ml_buf_puts(out, ":");
    ml_status status = put_value(&v->as.l.values[i], depth + 1, arena, out, err);
    if (status != ML_OK) return status;
  }
  ml_buf_puts(out, is_dict ? "}" : "]");
  return ML_OK;
}

ml_status fresh__params_json(const ml_value *params, ml_arena *arena, ml_buf *out, ml_error *err) {
  ml_status status = put_value(params, 0, arena, out, err);
  return status == ML_OK && out->failed ? ml_error_memory(err) : status;
}
