/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Making and reading values. */
#include <ml/value.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <ml/value_internal.h>

static const struct {
  size_t size;
  const char *name;
} dtypes[] = {
#define DTYPE_ROW(constant, type, name, code) {sizeof(type), name},
    ML_DTYPE_MAP(DTYPE_ROW)
#undef DTYPE_ROW
};

static const char *const type_names[] = {
#define TYPE_NAME(constant, name) name,
    ML_TYPE_MAP(TYPE_NAME)
#undef TYPE_NAME
};

size_t ml_dtype_size(ml_dtype dtype) {
  return dtypes[dtype].size;
}

const char *ml_dtype_name(ml_dtype dtype) {
  return dtypes[dtype].name;
}

/* ---- making ---------------------------------------------------------------------------------- */

ml_value ml_value_string(const char *text) {
  ml_value v = ml_value_null();
  v.type = ML_TYPE_STRING;
  v.as.s.text = text;
  v.as.s.n = strlen(text);
  return v;
}

ml_value ml_value_matrix(ml_dtype dtype, const void *data, size_t n_rows, size_t n_cols) {
  ml_value v = ml_value_null();
  v.type = ML_TYPE_MATRIX;
  v.dtype = dtype;
  v.as.a.data = data;
  v.as.a.n_rows = n_rows;
  v.as.a.n_cols = n_cols;
  return v;
}

ml_value ml_value_vector(ml_dtype dtype, const void *data, size_t n) {
  ml_value v = ml_value_matrix(dtype, data, n, 1);
  v.type = ML_TYPE_VECTOR;
  return v;
}

bool value__n_bytes(ml_dtype dtype, size_t n_rows, size_t n_cols, size_t *out) {
  size_t n;
  return !__builtin_mul_overflow(n_rows, n_cols, &n) &&
         !__builtin_mul_overflow(n, ml_dtype_size(dtype), out) && *out <= PTRDIFF_MAX;
}

bool value__are_bools(const void *bytes, size_t n) {
  const unsigned char *at = bytes;
  unsigned char all = 0;
  for (size_t i = 0; i < n; i++) all |= at[i];
  return all <= 1;
}

void *ml_value_new_matrix(ml_arena *arena, ml_dtype dtype, size_t n_rows, size_t n_cols,
                          ml_value *out) {
  size_t size;
  if (!value__n_bytes(dtype, n_rows, n_cols, &size)) return NULL;
  void *data = ml_arena_alloc(arena, size);
  if (data) *out = ml_value_matrix(dtype, data, n_rows, n_cols);
  return data;
}

void *ml_value_new_vector(ml_arena *arena, ml_dtype dtype, size_t n, ml_value *out) {
  void *data = ml_value_new_matrix(arena, dtype, n, 1, out);
  if (data) out->type = ML_TYPE_VECTOR;
  return data;
}

ml_value *ml_value_new_dict(ml_arena *arena, const char *const *names, size_t n, ml_value *out) {
  size_t size;
  if (__builtin_mul_overflow(n, sizeof(ml_value), &size)) return NULL;
  ml_value *values = ml_arena_alloc(arena, size); /* zeros are nulls */
  if (!values) return NULL;
  *out = ml_value_null();
  out->type = names ? ML_TYPE_DICT : ML_TYPE_LIST;
  out->as.l.values = values;
  out->as.l.names = names;
  out->as.l.n = n;
  return values;
}

ml_value *ml_value_new_list(ml_arena *arena, size_t n, ml_value *out) {
  return ml_value_new_dict(arena, NULL, n, out);
}

/* ---- reading --------------------------------------------------------------------------------- */

const char *ml_value_describe(const ml_value *v, char *buf, size_t size) {
  bool is_array = v->type == ML_TYPE_VECTOR || v->type == ML_TYPE_MATRIX;
  snprintf(buf, size, "%s%s%s", type_names[v->type], is_array ? " of " : "",
           is_array ? ml_dtype_name(v->dtype) : "");
  return buf;
}

bool ml_value_as_real(const ml_value *v, double *out) {
  if (v->type == ML_TYPE_REAL)
    *out = v->as.d;
  else if (v->type == ML_TYPE_INT)
    *out = (double)v->as.i;
  else if (v->type == ML_TYPE_BOOL)
    *out = v->as.b;
  else
    return false;
  return true;
}

bool ml_value_as_int(const ml_value *v, int64_t *out) {
  if (v->type == ML_TYPE_INT) {
    *out = v->as.i;
    return true;
  }
  /* 2^63 is a double, 2^63 - 1 is none. */
  if (v->type != ML_TYPE_REAL || !(v->as.d >= -0x1p63 && v->as.d < 0x1p63) ||
      v->as.d != trunc(v->as.d))
    return false;
  *out = (int64_t)v->as.d;
  return true;
}

static void convert(const ml_value *v, double *out) {
  size_t n = v->as.a.n_rows;
  switch (v->dtype) {
#define CONVERT(constant, type, name, code)                                          \
  case ML_DTYPE_##constant:                                                          \
    for (size_t i = 0; i < n; i++) out[i] = (double)((const type *)v->as.a.data)[i]; \
    break;
    ML_DTYPE_MAP(CONVERT)
#undef CONVERT
  }
}

const double *ml_value_as_reals(const ml_value *v, ml_arena *arena, size_t *n, ml_error *err) {
  static const double none[1];
  char what[64];
  bool is_list = v->type == ML_TYPE_LIST;
  if (!is_list && v->type != ML_TYPE_VECTOR) {
    ml_error_set(err, ML_ERR_USAGE, "expected a vector or a list of numbers, found %s",
                 ml_value_describe(v, what, sizeof what));
    return NULL;
  }
  *n = is_list ? v->as.l.n : v->as.a.n_rows;
  if (*n == 0) return none;
  if (!is_list && v->dtype == ML_DTYPE_F64) return v->as.a.data;
  double *out = *n > SIZE_MAX / sizeof *out ? NULL : ml_arena_alloc(arena, *n * sizeof *out);
  if (!out) {
    ml_error_memory(err);
    return NULL;
  }
  if (!is_list) convert(v, out);
  for (size_t i = 0; is_list && i < *n; i++)
    if (!ml_value_as_real(&v->as.l.values[i], &out[i])) {
      ml_error_set(err, ML_ERR_USAGE, "expected numbers, found %s in place %zu of the list",
                   ml_value_describe(&v->as.l.values[i], what, sizeof what), i + 1);
      return NULL;
    }
  return out;
}

const ml_value *ml_value_find(const ml_value *v, const char *name) {
  if (v->type != ML_TYPE_DICT) return NULL;
  for (size_t i = 0; i < v->as.l.n; i++)
    if (strcmp(v->as.l.names[i], name) == 0) return &v->as.l.values[i];
  return NULL;
}

/* ---- comparing and copying ------------------------------------------------------------------- */

static bool same_bytes(const void *a, const void *b, size_t n) {
  return n == 0 || memcmp(a, b, n) == 0;
}

static bool same_real(double a, double b) {
  return same_bytes(&a, &b, sizeof a) || (isnan(a) && isnan(b));
}

static bool same_elements(const ml_value *a, const ml_value *b) {
  size_t n = a->as.a.n_rows * a->as.a.n_cols;
  if (a->dtype != b->dtype || a->as.a.n_rows != b->as.a.n_rows || a->as.a.n_cols != b->as.a.n_cols)
    return false;
  if (same_bytes(a->as.a.data, b->as.a.data, n * ml_dtype_size(a->dtype))) return true;
  if (a->dtype != ML_DTYPE_F64 && a->dtype != ML_DTYPE_F32) return false;
  for (size_t i = 0; i < n; i++) {
    bool is_double = a->dtype == ML_DTYPE_F64;
    const double *x = a->as.a.data, *y = b->as.a.data;
    const float *s = a->as.a.data, *t = b->as.a.data;
    if (!same_real(is_double ? x[i] : (double)s[i], is_double ? y[i] : (double)t[i])) return false;
  }
  return true;
}

static bool same_lists(const ml_value *a, const ml_value *b) {
  if (a->as.l.n != b->as.l.n) return false;
  for (size_t i = 0; i < a->as.l.n; i++) {
    if (a->type == ML_TYPE_DICT && strcmp(a->as.l.names[i], b->as.l.names[i]) != 0) return false;
    if (!ml_value_equal(&a->as.l.values[i], &b->as.l.values[i])) return false;
  }
  return true;
}

bool ml_value_equal(const ml_value *a, const ml_value *b) {
  if (a->type != b->type) return false;
  switch (a->type) {
    case ML_TYPE_NULL:
      return true;
    case ML_TYPE_BOOL:
      return a->as.b == b->as.b;
    case ML_TYPE_INT:
      return a->as.i == b->as.i;
    case ML_TYPE_REAL:
      return same_real(a->as.d, b->as.d);
    case ML_TYPE_STRING:
    case ML_TYPE_BYTES:
    case ML_TYPE_OBJECT:
      return a->as.s.n == b->as.s.n && same_bytes(a->as.s.text, b->as.s.text, a->as.s.n);
    case ML_TYPE_VECTOR:
    case ML_TYPE_MATRIX:
      return same_elements(a, b);
    case ML_TYPE_LIST:
    case ML_TYPE_DICT:
      return same_lists(a, b);
  }
  return false;
}

/* A copy of n bytes with a NUL behind them. */
static char *copy_bytes(ml_arena *arena, const void *bytes, size_t n) {
  char *copy = n < SIZE_MAX ? ml_arena_alloc(arena, n + 1) : NULL;
  if (copy && n) memcpy(copy, bytes, n);
  return copy;
}

static bool copy_list(const ml_value *v, ml_arena *arena, ml_value *out) {
  size_t n = v->as.l.n;
  const char **names = NULL;
  if (v->type == ML_TYPE_DICT && !(names = ml_arena_alloc(arena, n * sizeof *names))) return false;
  for (size_t i = 0; names && i < n; i++)
    if (!(names[i] = copy_bytes(arena, v->as.l.names[i], strlen(v->as.l.names[i])))) return false;
  ml_value *values = ml_value_new_dict(arena, names, n, out);
  if (!values) return false;
  for (size_t i = 0; i < n; i++)
    if (!ml_value_copy(&v->as.l.values[i], arena, &values[i])) return false;
  return true;
}

bool ml_value_copy(const ml_value *v, ml_arena *arena, ml_value *out) {
  ml_value copy = *v;
  if (v->type == ML_TYPE_LIST || v->type == ML_TYPE_DICT) {
    if (!copy_list(v, arena, &copy)) return false;
  } else if (v->type == ML_TYPE_VECTOR || v->type == ML_TYPE_MATRIX) {
    size_t n = v->as.a.n_rows * v->as.a.n_cols * ml_dtype_size(v->dtype);
    if (!(copy.as.a.data = copy_bytes(arena, v->as.a.data, n))) return false;
  } else if (v->type >= ML_TYPE_STRING) {
    if (!(copy.as.s.text = copy_bytes(arena, v->as.s.text, v->as.s.n))) return false;
  }
  *out = copy;
  return true;
}

/* ---- names ----------------------------------------------------------------------------------- */

static int compare_names(const void *a, const void *b) {
  return strcmp(*(const char *const *)a, *(const char *const *)b);
}

const char *value__duplicate(const char *const *names, size_t n, bool *failed) {
  enum { FEW = 16 };
  *failed = false;
  for (size_t i = 0; n <= FEW && i < n; i++)
    for (size_t j = 0; j < i; j++)
      if (strcmp(names[i], names[j]) == 0) return names[i];
  if (n <= FEW) return NULL;
  const char **sorted = malloc(n * sizeof *sorted);
  *failed = sorted == NULL;
  if (*failed) return NULL;
  memcpy(sorted, names, n * sizeof *sorted);
  qsort(sorted, n, sizeof *sorted, compare_names);
  const char *duplicate = NULL;
  for (size_t i = 1; i < n && !duplicate; i++)
    if (strcmp(sorted[i], sorted[i - 1]) == 0) duplicate = sorted[i];
  free(sorted);
  return duplicate;
}
