/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What was learnt, read from a dictionary that anybody may have written. */
#include <ml/saved.h>

#include <inttypes.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* ---- what is wrong -------------------------------------------------------------------------- */

/* Whatever failed, be it in a dictionary beside this one. */
static bool has_failed(ml_loader *loader) {
  const ml_loader *first = loader;
  while (first->within) first = first->within;
  loader->status = first->status;
  return loader->status != ML_OK;
}

static void mark(ml_loader *loader, ml_status status) {
  for (ml_loader *l = loader; l; l = l->within) l->status = status;
}

/* The name of an entry, with those of the dictionaries that it is in. */
static void put_path(const ml_loader *loader, const char *name, char *out, size_t size) {
  char own[160];
  size_t n = 0;
  *out = 0;
  if (loader->within) {
    snprintf(own, sizeof own, "%s", loader->name);
    if (loader->place != SIZE_MAX)
      snprintf(own, sizeof own, "%.120s[%zu]", loader->name, loader->place + 1);
    put_path(loader->within, own, out, size);
    n = strlen(out);
  }
  if (name) snprintf(out + n, size - n, "%s%s", n ? "." : "", name);
}

void ml_loader_fail(ml_loader *loader, const char *name, const char *format, ...) {
  char path[200], words[240];
  va_list args;
  if (has_failed(loader)) return;
  va_start(args, format);
  vsnprintf(words, sizeof words, format, args);
  va_end(args);
  put_path(loader, name, path, sizeof path);
  mark(loader, *path ? ml_error_set(loader->err, ML_ERR_PARSE, "'%s' %s", path, words)
                     : ml_error_set(loader->err, ML_ERR_PARSE, "it %s", words));
}

void ml_loader_no_memory(ml_loader *loader) {
  if (!has_failed(loader)) mark(loader, ml_error_memory(loader->err));
}

static void fail_type(ml_loader *loader, const char *name, const ml_value *v, const char *want) {
  char what[64];
  ml_loader_fail(loader, name, "is of type %s, where %s belongs",
                 ml_value_describe(v, what, sizeof what), want);
}

/* ---- dictionaries --------------------------------------------------------------------------- */

ml_loader ml_loader_begin(const ml_value *dict, ml_error *err) {
  ml_loader loader = {.err = err, .dict = dict, .place = SIZE_MAX, .arena = ml_arena_new()};
  if (!loader.arena) ml_loader_no_memory(&loader);
  if (dict->type != ML_TYPE_DICT) fail_type(&loader, NULL, dict, "a dictionary");
  return loader;
}

ml_status ml_loader_end(ml_loader *loader) {
  if (!loader->within) ml_arena_free(loader->arena);
  loader->arena = NULL;
  return loader->status;
}

bool ml_loader_has(const ml_loader *loader, const char *name) {
  return loader->status == ML_OK && ml_value_find(loader->dict, name);
}

const ml_value *ml_loader_find(ml_loader *loader, const char *name) {
  if (has_failed(loader)) return NULL;
  const ml_value *v = ml_value_find(loader->dict, name);
  if (!v) ml_loader_fail(loader, name, "is missing");
  return v;
}

static ml_loader enter(ml_loader *within, const char *name, size_t place, const ml_value *v) {
  ml_loader loader = *within;
  loader.within = within;
  loader.name = name;
  loader.place = place;
  loader.dict = v;
  if (v && v->type != ML_TYPE_DICT) fail_type(&loader, NULL, v, "a dictionary");
  return loader;
}

ml_loader ml_loader_within(ml_loader *within, const char *name) {
  return enter(within, name, SIZE_MAX, ml_loader_find(within, name));
}

ml_loader ml_loader_nth(ml_loader *within, const char *name, size_t i) {
  const ml_value *v = ml_loader_find(within, name);
  if (v && v->type != ML_TYPE_LIST) {
    fail_type(within, name, v, "a list");
    v = NULL;
  }
  if (v && i >= v->as.l.n) {
    ml_loader_fail(within, name, "has %zu elements, and more belong there", v->as.l.n);
    v = NULL;
  }
  return enter(within, name, i, v ? &v->as.l.values[i] : NULL);
}

size_t ml_loader_length(ml_loader *loader, const char *name) {
  const ml_value *v = ml_loader_find(loader, name);
  if (!v) return 0;
  if (v->type == ML_TYPE_LIST) return v->as.l.n;
  if (v->type == ML_TYPE_VECTOR || v->type == ML_TYPE_MATRIX) return v->as.a.n_rows;
  fail_type(loader, name, v, "a list");
  return 0;
}

/* ---- one value ------------------------------------------------------------------------------ */

static double in_range(ml_loader *loader, const char *name, double value, ml_saved_range range) {
  if (loader->status != ML_OK) return 0;
  if (value >= range.lo && value <= range.hi) return value;
  ml_loader_fail(loader, name, "is %g, where a number from %g to %g belongs", value, range.lo,
                 range.hi);
  return 0;
}

/* A number as JSON has it: NaN is null, and infinities are words. */
static bool as_real(const ml_value *v, double *out) {
  if (v->type == ML_TYPE_REAL) {
    *out = v->as.d;
    return true;
  }
  if (v->type == ML_TYPE_INT) {
    *out = (double)v->as.i;
    return true;
  }
  if (v->type == ML_TYPE_NULL) {
    *out = NAN;
    return true;
  }
  if (v->type != ML_TYPE_STRING) return false;
  bool is_negative = strcmp(v->as.s.text, "-inf") == 0;
  *out = is_negative ? -HUGE_VAL : HUGE_VAL;
  return is_negative || strcmp(v->as.s.text, "inf") == 0;
}

double ml_loader_real(ml_loader *loader, const char *name, ml_saved_range range) {
  const ml_value *v = ml_loader_find(loader, name);
  double value = 0;
  if (v && !as_real(v, &value)) fail_type(loader, name, v, "a number");
  return in_range(loader, name, value, range);
}

int64_t ml_loader_int(ml_loader *loader, const char *name, int64_t lo, int64_t hi) {
  const ml_value *v = ml_loader_find(loader, name);
  int64_t value = 0;
  if (!v) return 0;
  if (!ml_value_as_int(v, &value))
    fail_type(loader, name, v, "an integer");
  else if (value < lo || value > hi)
    ml_loader_fail(loader, name,
                   "is %" PRId64 ", where an integer from %" PRId64 " to %" PRId64 " belongs",
                   value, lo, hi);
  return loader->status == ML_OK ? value : 0;
}

bool ml_loader_bool(ml_loader *loader, const char *name) {
  const ml_value *v = ml_loader_find(loader, name);
  if (v && v->type != ML_TYPE_BOOL) fail_type(loader, name, v, "true or false");
  return v && v->type == ML_TYPE_BOOL && v->as.b;
}

const char *ml_loader_text(ml_loader *loader, const char *name) {
  const ml_value *v = ml_loader_find(loader, name);
  if (v && v->type != ML_TYPE_STRING) fail_type(loader, name, v, "a string");
  return v && v->type == ML_TYPE_STRING ? v->as.s.text : NULL;
}

/* ---- many numbers --------------------------------------------------------------------------- */

static bool has_length(ml_loader *loader, const char *name, size_t got, size_t want) {
  if (got != want) ml_loader_fail(loader, name, "has %zu elements, where %zu belong", got, want);
  return got == want;
}

static bool elements(ml_loader *loader, const char *name, const ml_value *list, size_t first,
                     double *out) {
  char what[64];
  for (size_t i = 0; i < list->as.l.n; i++) {
    if (as_real(&list->as.l.values[i], &out[i])) continue;
    ml_loader_fail(loader, name, "has a value of type %s in place %zu, where a number belongs",
                   ml_value_describe(&list->as.l.values[i], what, sizeof what), first + i + 1);
    return false;
  }
  return true;
}

static const double *check_range(ml_loader *loader, const char *name, const double *values,
                                 size_t n, ml_saved_range range) {
  size_t i = 0;
  while (i < n && values[i] >= range.lo && values[i] <= range.hi) i++;
  if (i == n) return values;
  ml_loader_fail(loader, name, "has %g in place %zu, where a number from %g to %g belongs",
                 values[i], i + 1, range.lo, range.hi);
  return NULL;
}

static double *room_for(ml_loader *loader, size_t n_rows, size_t n_cols) {
  ml_value ignored;
  double *out = ml_value_new_matrix(loader->arena, ML_DTYPE_F64, n_rows, n_cols, &ignored);
  if (!out) ml_loader_no_memory(loader);
  return out;
}

const double *ml_loader_reals(ml_loader *loader, const char *name, size_t n, ml_saved_range range) {
  const ml_value *v = ml_loader_find(loader, name);
  const double *values = NULL;
  if (!v || !has_length(loader, name, ml_loader_length(loader, name), n)) return NULL;
  if (v->type == ML_TYPE_LIST) {
    double *out = room_for(loader, n, 1);
    if (out && elements(loader, name, v, 0, out)) values = out;
  } else if (v->type == ML_TYPE_VECTOR && v->dtype == ML_DTYPE_F64) {
    values = v->as.a.data;
  } else {
    fail_type(loader, name, v, "a list of numbers");
  }
  return values ? check_range(loader, name, values, n, range) : NULL;
}

/* Rows are all looked at before there is room for them. */
static bool is_matrix(ml_loader *loader, const char *name, const ml_value *v, size_t n_cols) {
  for (size_t i = 0; i < v->as.l.n; i++) {
    const ml_value *row = &v->as.l.values[i];
    if (row->type != ML_TYPE_LIST || row->as.l.n != n_cols) {
      ml_loader_fail(loader, name, "has no list of %zu numbers in place %zu", n_cols, i + 1);
      return false;
    }
  }
  return true;
}

const double *ml_loader_matrix(ml_loader *loader, const char *name, size_t n_rows, size_t n_cols,
                               ml_saved_range range) {
  const ml_value *v = ml_loader_find(loader, name);
  const double *values = NULL;
  if (!v || !has_length(loader, name, ml_loader_length(loader, name), n_rows)) return NULL;
  if (v->type == ML_TYPE_LIST) {
    double *out = is_matrix(loader, name, v, n_cols) ? room_for(loader, n_rows, n_cols) : NULL;
    bool ok = out != NULL;
    for (size_t i = 0; i < n_rows && ok; i++)
      ok = elements(loader, name, &v->as.l.values[i], i * n_cols, out + i * n_cols);
    values = ok ? out : NULL;
  } else if (v->type == ML_TYPE_MATRIX && v->dtype == ML_DTYPE_F64 && v->as.a.n_cols == n_cols) {
    values = v->as.a.data;
  } else {
    fail_type(loader, name, v, "a list of lists of numbers");
  }
  return values ? check_range(loader, name, values, n_rows * n_cols, range) : NULL;
}

const int64_t *ml_loader_ints(ml_loader *loader, const char *name, size_t n, int64_t lo,
                              int64_t hi) {
  const ml_value *v = ml_loader_find(loader, name);
  char what[64];
  if (!v || !has_length(loader, name, ml_loader_length(loader, name), n)) return NULL;
  bool is_vector = v->type == ML_TYPE_VECTOR && v->dtype == ML_DTYPE_I64;
  if (v->type != ML_TYPE_LIST && !is_vector) {
    fail_type(loader, name, v, "a list of integers");
    return NULL;
  }
  int64_t *out = ml_arena_alloc(loader->arena, n * sizeof *out);
  if (!out) ml_loader_no_memory(loader);
  for (size_t i = 0; out && i < n; i++) {
    const ml_value *one = is_vector ? NULL : &v->as.l.values[i];
    if (is_vector) {
      out[i] = ((const int64_t *)v->as.a.data)[i];
    } else if (!ml_value_as_int(one, &out[i])) {
      ml_loader_fail(loader, name, "has a value of type %s in place %zu, where an integer belongs",
                     ml_value_describe(one, what, sizeof what), i + 1);
      return NULL;
    }
    if (out[i] >= lo && out[i] <= hi) continue;
    ml_loader_fail(loader, name,
                   "has %" PRId64 " in place %zu, where an integer from %" PRId64 " to %" PRId64
                   " belongs",
                   out[i], i + 1, lo, hi);
    return NULL;
  }
  return out;
}
