/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What was learnt, put together as a dictionary. */
#include <ml/saved.h>

#include <string.h>

ml_saver ml_saver_begin(ml_arena *arena, ml_error *err) {
  return (ml_saver){.arena = arena, .err = err};
}

static bool grow(ml_saver *saver) {
  size_t room = saver->room ? 2 * saver->room : 8;
  const char **names = ml_arena_alloc(saver->arena, room * sizeof *names);
  ml_value *values = ml_arena_alloc(saver->arena, room * sizeof *values);
  if (!names || !values) return false;
  if (saver->n) {
    memcpy(names, saver->names, saver->n * sizeof *names);
    memcpy(values, saver->values, saver->n * sizeof *values);
  }
  saver->names = names;
  saver->values = values;
  saver->room = room;
  return true;
}

void ml_saver_put(ml_saver *saver, const char *name, ml_value value) {
  if (saver->status != ML_OK) return;
  if (saver->n == saver->room && !grow(saver)) {
    saver->status = ml_error_memory(saver->err);
    return;
  }
  saver->names[saver->n] = name;
  saver->values[saver->n++] = value;
}

/* The value is in place, so that whoever fills it need not put it. */
static void *put_new(ml_saver *saver, const char *name, ml_value value, void *data) {
  if (!data && saver->status == ML_OK) saver->status = ml_error_memory(saver->err);
  ml_saver_put(saver, name, value);
  return saver->status == ML_OK ? data : NULL;
}

int64_t *ml_saver_new_ints(ml_saver *saver, const char *name, size_t n) {
  ml_value value = ml_value_null();
  if (saver->status != ML_OK) return NULL;
  void *data = ml_value_new_vector(saver->arena, ML_DTYPE_I64, n, &value);
  return put_new(saver, name, value, data);
}

double *ml_saver_new_reals(ml_saver *saver, const char *name, size_t n) {
  ml_value value = ml_value_null();
  if (saver->status != ML_OK) return NULL;
  void *data = ml_value_new_vector(saver->arena, ML_DTYPE_F64, n, &value);
  return put_new(saver, name, value, data);
}

double *ml_saver_new_matrix(ml_saver *saver, const char *name, size_t n_rows, size_t n_cols) {
  ml_value value = ml_value_null();
  if (saver->status != ML_OK) return NULL;
  void *data = ml_value_new_matrix(saver->arena, ML_DTYPE_F64, n_rows, n_cols, &value);
  return put_new(saver, name, value, data);
}

static void copy(ml_saver *saver, const char *name, const double *values, size_t n,
                 ml_saved_range range, double *out) {
  for (size_t i = 0; out && i < n; i++) {
    out[i] = values[i];
    if (values[i] >= range.lo && values[i] <= range.hi) continue;
    saver->status =
        ml_error_set(saver->err, ML_ERR_NUMERIC, "'%s' is %g in place %zu, which cannot be saved",
                     name, values[i], i + 1);
    return;
  }
}

void ml_saver_reals(ml_saver *saver, const char *name, const double *values, size_t n,
                    ml_saved_range range) {
  copy(saver, name, values, n, range, ml_saver_new_reals(saver, name, n));
}

void ml_saver_matrix(ml_saver *saver, const char *name, const double *values, size_t n_rows,
                     size_t n_cols, ml_saved_range range) {
  copy(saver, name, values, n_rows * n_cols, range,
       ml_saver_new_matrix(saver, name, n_rows, n_cols));
}

void ml_saver_real(ml_saver *saver, const char *name, double value, ml_saved_range range) {
  ml_saver_put(saver, name, ml_value_real(value));
  if (saver->status == ML_OK && !(value >= range.lo && value <= range.hi))
    saver->status =
        ml_error_set(saver->err, ML_ERR_NUMERIC, "'%s' is %g, which cannot be saved", name, value);
}

void ml_saver_no_memory(ml_saver *saver) {
  if (saver->status == ML_OK) saver->status = ml_error_memory(saver->err);
}

ml_status ml_saver_end(ml_saver *saver, ml_value *out) {
  if (saver->status != ML_OK) return saver->status;
  if (saver->n == 0 && !grow(saver)) return ml_error_memory(saver->err);
  *out = ml_value_null();
  out->type = ML_TYPE_DICT;
  out->as.l.values = saver->values;
  out->as.l.names = saver->names;
  out->as.l.n = saver->n;
  return ML_OK;
}
