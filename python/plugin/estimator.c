/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a model does: its class is made, fitted, asked, kept, in bootstrap's words. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <ml/saved.h>
#include "plugin_internal.h"

/* What fit() and load() make. */
typedef struct fitted_class {
  PyObject *fitted; /* estimators.Fitted */
  size_t width;     /* numbers for a row */
} fitted_class;

static ml_buf last_trace; /* with the GIL */

ml_status estimator__failed(ml_error *err) {
  ml_error why = {0};
  ml_buf_clear(&last_trace);
  ml_status status = py__failed("", &last_trace, &why);
  if (status == ML_ERR_MEMORY) return ml_error_memory(err);
  return ml_error_set(err, status, "%s", why.message);
}

void py__model_trace(ml_buf *out) {
  PyGILState_STATE gil = PyGILState_Ensure();
  if (!last_trace.failed && last_trace.n > 0) ml_buf_put(out, last_trace.data, last_trace.n);
  PyGILState_Release(gil);
}

static ml_status keep(PyObject *made, size_t n_classes, void **out, ml_error *err) {
  fitted_class *f = made ? calloc(1, sizeof *f) : NULL;
  if (!made) return estimator__failed(err);
  if (!f) {
    Py_DECREF(made);
    return ml_error_memory(err);
  }
  *f = (fitted_class){made, n_classes ? n_classes : 1};
  *out = f;
  return ML_OK;
}

/* ---- fitting ----------------------------------------------------------------------------------
 */

/* A parameter as fit_estimator() takes it: a number, or a text that says it. */
static PyObject *param_value(const ml_model_param *param, double value) {
  ml_buf text = {0};
  if (ml_model_param_number(param, value) == value)
    return value == floor(value) ? PyLong_FromDouble(value) : PyFloat_FromDouble(value);
  ml_model_param_format(param, value, &text);
  PyObject *object =
      text.failed ? PyErr_NoMemory() : PyUnicode_DecodeUTF8(text.data, (Py_ssize_t)text.n, NULL);
  ml_buf_release(&text);
  return object;
}

/* What differs from the defaults of the class. @return a list; NULL with an exception */
static PyObject *given_params(const py_model *m, const double *params) {
  PyObject *list = PyList_New(0);
  for (size_t i = 0; list && i < m->table.n_params; i++) {
    if (params[i] == m->defaults[i]) continue;
    PyObject *value = param_value(&m->table.params[i], params[i]);
    PyObject *pair = value ? Py_BuildValue("(sN)", m->table.params[i].name, value) : NULL;
    if (!pair || PyList_Append(list, pair) < 0) Py_CLEAR(list);
    Py_XDECREF(pair);
  }
  return list;
}

/* Of a random_state that says None. @return NULL with an exception */
static PyObject *seed_of(const py_model *m, const double *params, uint64_t seed) {
  ml_buf text = {0};
  bool is_none = false;
  if (m->random_state >= 0) {
    const size_t i = (size_t)m->random_state;
    ml_model_param_format(&m->table.params[i], params[i], &text);
    is_none = text.n == 4 && memcmp(text.data, "None", 4) == 0;
    ml_buf_release(&text);
  }
  return is_none ? PyLong_FromUnsignedLong((unsigned long)(seed & UINT32_MAX)) : Py_NewRef(Py_None);
}

/* A row of weight 0 is as if it were not there. @param[out] rows  free() it */
static bool drop_weightless(ml_view *view, uint32_t **rows) {
  size_t n = 0;
  *rows = NULL;
  for (size_t i = 0; view->weights && i < view->n; i++)
    n += view->weights[ml_view_row(view, i)] != 0;
  if (!view->weights || n == view->n) return true;
  if (!(*rows = malloc((n + 1) * sizeof **rows))) return false;
  n = 0;
  for (size_t i = 0; i < view->n; i++) {
    const size_t row = ml_view_row(view, i);
    if (view->weights[row] != 0) (*rows)[n++] = (uint32_t)row;
  }
  view->rows = *rows;
  view->n = n;
  return true;
}

static PyObject *numbers_of(const ml_view *view, void (*gather)(const ml_view *, double *)) {
  double *numbers = malloc((view->n + 1) * sizeof *numbers);
  if (!numbers) return PyErr_NoMemory();
  gather(view, numbers);
  return py__own_vector(ML_DTYPE_F64, numbers, view->n);
}

static PyObject *target_of(const ml_view *view) {
  if (!view->classes) return numbers_of(view, ml_view_gather_y);
  int64_t *codes = malloc((view->n + 1) * sizeof *codes);
  if (!codes) return PyErr_NoMemory();
  for (size_t i = 0; i < view->n; i++) codes[i] = view->classes[ml_view_row(view, i)];
  return py__own_vector(ML_DTYPE_I64, codes, view->n);
}

static PyObject *weights_of(const ml_view *view) {
  return view->weights ? numbers_of(view, ml_view_gather_weights) : Py_NewRef(Py_None);
}

static PyObject *fit(const py_model *m, const double *params, const ml_view *view, uint64_t seed) {
  PyObject *given = given_params(m, params);
  PyObject *number = given ? seed_of(m, params, seed) : NULL;
  PyObject *x = number ? py__features(view) : NULL;
  PyObject *y = x ? target_of(view) : NULL;
  PyObject *weights = y ? weights_of(view) : NULL;
  const int gives_scores = (m->table.traits & ML_MODEL_SCORES) != 0;
  PyObject *made = weights ? py__bootstrap("fit_estimator", "(OOOOOOni)", m->class, given, number,
                                           x, y, weights, (Py_ssize_t)view->n_classes, gives_scores)
                           : NULL;
  Py_XDECREF(weights);
  Py_XDECREF(y);
  Py_XDECREF(x);
  Py_XDECREF(number);
  Py_XDECREF(given);
  return made;
}

ml_status estimator__fit(const py_model *model, const double *params, const ml_view *train,
                         uint64_t seed, const void *cancel, void **fitted, ml_error *err) {
  ml_view view = *train;
  uint32_t *rows;
  py_run run;
  if (!drop_weightless(&view, &rows)) return ml_error_memory(err);
  py__enter(&run, cancel, NULL);
  ml_status status = keep(fit(model, params, &view, seed), view.n_classes, fitted, err);
  py__leave(&run);
  free(rows);
  return status;
}

/* ---- predicting -------------------------------------------------------------------------------
 */

/* @return false with an exception */
static bool take_numbers(PyObject *array, double *out, size_t n) {
  Py_buffer view;
  if (PyObject_GetBuffer(array, &view, PyBUF_C_CONTIGUOUS) < 0) return false;
  const bool fits = view.len == (Py_ssize_t)(n * sizeof *out);
  if (fits) memcpy(out, view.buf, n * sizeof *out);
  if (!fits) PyErr_SetString(PyExc_ValueError, "predictions of another size");
  PyBuffer_Release(&view);
  return fits;
}

ml_status estimator__predict(const void *fitted, const ml_view *rows, double *out, ml_error *err) {
  const fitted_class *f = fitted;
  ml_status status = ML_OK;
  py_run run;
  if (rows->n == 0) return ML_OK;
  py__enter(&run, NULL, NULL);
  PyObject *x = py__features(rows);
  PyObject *made = x ? py__bootstrap("predict_estimator", "(OO)", f->fitted, x) : NULL;
  if (!made || !take_numbers(made, out, rows->n * f->width)) status = estimator__failed(err);
  Py_XDECREF(made);
  Py_XDECREF(x);
  py__leave(&run);
  return status;
}

void estimator__free(void *fitted) {
  fitted_class *f = fitted;
  if (!f) return;
  PyGILState_STATE gil = PyGILState_Ensure();
  Py_DECREF(f->fitted);
  PyGILState_Release(gil);
  free(f);
}

/* ---- files ------------------------------------------------------------------------------------
 */

/* @return NULL: no memory */
static char *copy_bytes(ml_arena *arena, const char *bytes, size_t n) {
  char *copy = bytes ? ml_arena_alloc(arena, n + 1) : NULL;
  return copy ? memcpy(copy, bytes, n) : NULL;
}

/* @return false with an exception */
static bool put_text(ml_arena *arena, PyObject *text, ml_value *out) {
  Py_ssize_t n;
  const char *bytes = PyUnicode_AsUTF8AndSize(text, &n);
  const char *copy = copy_bytes(arena, bytes, (size_t)(bytes ? n : 0));
  if (bytes && !copy) PyErr_NoMemory();
  if (copy) *out = ml_value_string(copy);
  return copy;
}

static bool put_classes(ml_arena *arena, PyObject *list, ml_value *out) {
  const size_t n = (size_t)PyList_GET_SIZE(list);
  int64_t *codes = ml_arena_alloc(arena, (n + 1) * sizeof *codes);
  for (size_t i = 0; codes && i < n; i++)
    codes[i] = PyLong_AsLongLong(PyList_GET_ITEM(list, (Py_ssize_t)i));
  if (!codes) PyErr_NoMemory();
  if (codes) *out = ml_value_vector(ML_DTYPE_I64, codes, n);
  return codes && !PyErr_Occurred();
}

static bool put_pickle(ml_arena *arena, PyObject *bytes, ml_value *out) {
  const size_t n = (size_t)PyBytes_GET_SIZE(bytes);
  const char *copy = copy_bytes(arena, PyBytes_AS_STRING(bytes), n);
  if (!copy) PyErr_NoMemory();
  *out = ml_value_null();
  out->type = ML_TYPE_BYTES;
  out->as.s.text = copy;
  out->as.s.n = n;
  return copy;
}

/* What save_estimator() gave. @return false with an exception */
static bool put_saved(PyObject *saved, ml_arena *arena, ml_value *out) {
  static const char *const names[] = {"classes", "python", "package", "pickle"};
  PyObject *classes, *python, *package, *bytes;
  if (!PyArg_ParseTuple(saved, "O!UUS", &PyList_Type, &classes, &python, &package, &bytes))
    return false;
  ml_value *values = ml_value_new_dict(arena, names, 4, out);
  if (!values) PyErr_NoMemory();
  return values && put_classes(arena, classes, &values[0]) && put_text(arena, python, &values[1]) &&
         put_text(arena, package, &values[2]) && put_pickle(arena, bytes, &values[3]);
}

ml_status estimator__save(const void *fitted, ml_arena *arena, ml_value *out, ml_error *err) {
  const fitted_class *f = fitted;
  ml_status status = ML_OK;
  py_run run;
  py__enter(&run, NULL, NULL);
  PyObject *saved = py__bootstrap("save_estimator", "(O)", f->fitted);
  if (!saved || !put_saved(saved, arena, out)) status = estimator__failed(err);
  Py_XDECREF(saved);
  py__leave(&run);
  return status;
}

/* What is read of a file. */
typedef struct saved_class {
  const int64_t *codes;
  size_t n_codes;
  const char *python, *package;
  const ml_value *pickle;
} saved_class;

static ml_status read_saved(size_t n_classes, saved_class *out, ml_loader *in) {
  out->n_codes = ml_loader_length(in, "classes");
  out->codes = ml_loader_ints(in, "classes", out->n_codes, 0, (int64_t)n_classes - 1);
  out->python = ml_loader_text(in, "python");
  out->package = ml_loader_text(in, "package");
  out->pickle = ml_loader_find(in, "pickle");
  if (in->status == ML_OK && out->pickle->type != ML_TYPE_BYTES)
    ml_loader_fail(in, "pickle", "is no pickle");
  if (in->status == ML_OK && (out->n_codes == 0) != (n_classes == 0))
    ml_loader_fail(in, "classes", "has %zu entries", out->n_codes);
  return in->status;
}

static PyObject *load(const py_model *m, const saved_class *s, size_t n_columns, size_t n_classes) {
  PyObject *codes = PyList_New((Py_ssize_t)s->n_codes);
  for (size_t i = 0; codes && i < s->n_codes; i++) {
    PyObject *code = PyLong_FromLongLong(s->codes[i]);
    if (code)
      PyList_SET_ITEM(codes, (Py_ssize_t)i, code);
    else
      Py_CLEAR(codes);
  }
  PyObject *versions = codes ? PyUnicode_FromFormat("Python %s, %s", s->python, s->package) : NULL;
  const int gives_scores = (m->table.traits & ML_MODEL_SCORES) != 0;
  PyObject *made =
      versions ? py__bootstrap("load_estimator", "(OOnniy#O)", m->class, codes,
                               (Py_ssize_t)n_columns, (Py_ssize_t)n_classes, gives_scores,
                               s->pickle->as.s.text, (Py_ssize_t)s->pickle->as.s.n, versions)
               : NULL;
  Py_XDECREF(versions);
  Py_XDECREF(codes);
  return made;
}

ml_status estimator__load(const py_model *model, const ml_value *saved, size_t n_columns,
                          size_t n_classes, void **fitted, ml_error *err) {
  saved_class s;
  ml_loader in = ml_loader_begin(saved, err);
  if (read_saved(n_classes, &s, &in) == ML_OK) {
    py_run run;
    py__enter(&run, NULL, NULL);
    ml_error why = {0};
    if (keep(load(model, &s, n_columns, n_classes), n_classes, fitted, &why) != ML_OK) {
      const char *colon = strstr(why.message, "ValueError: ");
      ml_loader_fail(&in, "pickle", "cannot be used: %s",
                     colon == why.message ? why.message + strlen("ValueError: ") : why.message);
    }
    py__leave(&run);
  }
  return ml_loader_end(&in);
}
