/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Classes of Python as models: their tables, made of what they say of themselves. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "estimators.h" /* generated: estimators_source */
#include "plugin_internal.h"

/* ---- places -----------------------------------------------------------------------------------
 */

/* A function of a model is not told which model it is of, and one is needed for each class. */
enum { N_PLACES = 32 };

static py_model *places[N_PLACES]; /* with the GIL; never freed */
static size_t n_places;

/* clang-format off */
#define PLACES(X) \
  X(0) X(1) X(2) X(3) X(4) X(5) X(6) X(7) X(8) X(9) X(10) X(11) X(12) X(13) X(14) X(15) \
  X(16) X(17) X(18) X(19) X(20) X(21) X(22) X(23) X(24) X(25) X(26) X(27) X(28) X(29) X(30) X(31)
/* clang-format on */

#define PLACE(i)                                                                           \
  static ml_status fit_##i(const double *params, const ml_view *train, uint64_t seed,      \
                           const void *cancel, void **fitted, ml_error *err) {             \
    return estimator__fit(places[i], params, train, seed, cancel, fitted, err);            \
  }                                                                                        \
  static ml_status load_##i(const double *params, const ml_value *saved, size_t n_columns, \
                            size_t n_classes, void **fitted, ml_error *err) {              \
    (void)params;                                                                          \
    return estimator__load(places[i], saved, n_columns, n_classes, fitted, err);           \
  }
PLACES(PLACE)

#define FUNCTIONS(i) {fit_##i, load_##i},

static const struct {
  ml_status (*fit)(const double *, const ml_view *, uint64_t, const void *, void **, ml_error *);
  ml_status (*load)(const double *, const ml_value *, size_t, size_t, void **, ml_error *);
} functions[N_PLACES] = {PLACES(FUNCTIONS)};

/* ---- tables -----------------------------------------------------------------------------------
 */

static void release(py_model *m) {
  if (!m) return;
  for (size_t i = 0; m->table.params && i < m->table.n_params; i++) {
    free((char *)m->table.params[i].name);
    free((char *)m->table.params[i].help);
  }
  free((ml_model_param *)m->table.params);
  free((char *)m->table.name);
  free((char *)m->table.summary);
  free((char *)m->table.source);
  free(m->defaults);
  Py_XDECREF(m->class);
  free(m);
}

/* @return NULL with an exception */
static char *copy_text(PyObject *text) {
  const char *bytes = PyUnicode_AsUTF8(text);
  char *copy = bytes ? strdup(bytes) : NULL;
  if (bytes && !copy) PyErr_NoMemory();
  return copy;
}

/* What bootstrap.to_text() gave. @return false with an exception */
static bool read_default(PyObject *value, double *out) {
  static const ml_model_param any = {.name = "", .kind = ML_MODEL_LITERAL};
  ml_error why = {0};
  if (!PyUnicode_Check(value)) {
    *out = PyFloat_AsDouble(value);
    return !PyErr_Occurred();
  }
  const char *text = PyUnicode_AsUTF8(value);
  if (text && ml_model_param_parse(&any, text, out, &why) == ML_OK) return true;
  if (text) PyErr_SetString(PyExc_ValueError, why.message);
  return false;
}

/* A row of bootstrap.find_estimator(): (name, default, fallback, help) */
static bool read_param(py_model *m, ml_model_param *param, size_t i, PyObject *row) {
  PyObject *name, *value, *fallback, *help;
  *param = (ml_model_param){.kind = ML_MODEL_LITERAL};
  if (!PyArg_ParseTuple(row, "UOOU", &name, &value, &fallback, &help)) return false;
  param->name = copy_text(name);
  param->help = param->name ? copy_text(help) : NULL;
  if (!param->help || !read_default(value, &m->defaults[i]) ||
      !read_default(fallback, &param->fallback))
    return false;
  if (strcmp(param->name, "random_state") == 0) m->random_state = (int)i;
  return true;
}

static bool read_params(py_model *m, PyObject *rows) {
  const size_t n = (size_t)PyList_GET_SIZE(rows);
  ml_model_param *params = calloc(n + 1, sizeof *params);
  m->defaults = calloc(n + 1, sizeof *m->defaults);
  m->table.params = params;
  if (!params || !m->defaults) {
    PyErr_NoMemory();
    return false;
  }
  for (size_t i = 0; i < n; i++) {
    m->table.n_params = i + 1;
    if (!read_param(m, &params[i], i, PyList_GET_ITEM(rows, (Py_ssize_t)i))) return false;
  }
  return true;
}

static unsigned read_traits(const int *says) {
  static const unsigned traits[] = {ML_MODEL_CLASSIFIES, ML_MODEL_REGRESSES, ML_MODEL_WEIGHTS,
                                    ML_MODEL_MISSING,    ML_MODEL_SCORES,    ML_MODEL_RANDOM};
  unsigned all = ML_MODEL_PICKLES;
  for (size_t i = 0; i < sizeof traits / sizeof *traits; i++)
    if (says[i]) all |= traits[i];
  return all;
}

/* What bootstrap.find_estimator() gave. */
static bool read_class(py_model *m, const char *name, PyObject *found) {
  PyObject *class, *summary, *package, *rows;
  int says[6];
  if (!PyArg_ParseTuple(found, "OUU(pppppp)O!", &class, &summary, &package, &says[0], &says[1],
                        &says[2], &says[3], &says[4], &says[5], &PyList_Type, &rows))
    return false;
  char *full = NULL;
  if (asprintf(&full, "py:%s", name) < 0) full = NULL;
  m->class = Py_NewRef(class);
  m->table = (ml_model){.abi = ML_MODEL_ABI,
                        .name = full,
                        .traits = read_traits(says),
                        .predict = estimator__predict,
                        .free = estimator__free,
                        .save = estimator__save};
  m->random_state = -1;
  m->table.summary = full ? copy_text(summary) : NULL;
  m->table.source = m->table.summary ? copy_text(package) : NULL;
  if (!full) PyErr_NoMemory();
  return m->table.source && read_params(m, rows);
}

/* ---- finding ----------------------------------------------------------------------------------
 */

static const py_model *find_made(const char *name) {
  for (size_t i = 0; i < n_places; i++)
    if (strcmp(places[i]->table.name + strlen("py:"), name) == 0) return places[i];
  return NULL;
}

bool py__be_ready(void) {
  static bool is_ready;
  if (!is_ready) is_ready = py__evaluate(estimators_source);
  return is_ready;
}

ml_status py__find_failed(const char *what, const char *name, ml_error *err) {
  PyObject *none = PyDict_GetItemString(py.bootstrap, "NoSuch");
  const bool is_usage = none && PyErr_ExceptionMatches(none);
  ml_error why = {0};
  ml_status status = estimator__failed(&why);
  const char *words = why.message;
  if (status == ML_ERR_MEMORY) return ml_error_memory(err);
  if (!is_usage) return ml_error_set(err, status, "%s 'py:%.100s': %s", what, name, words);
  if (strncmp(words, "NoSuch: ", 8) == 0) words += 8;
  return ml_error_set(err, ML_ERR_USAGE, "%s", words);
}

static ml_status make(const char *name, const py_model **out, ml_error *err) {
  PyObject *found = py__be_ready() ? py__bootstrap("find_estimator", "(s)", name) : NULL;
  py_model *m = found ? calloc(1, sizeof *m) : NULL;
  ml_status status = ML_OK;
  if (found && !m) PyErr_NoMemory();
  if (!m || !read_class(m, name, found)) status = py__find_failed("model", name, err);
  Py_XDECREF(found);
  /* Another thread may have been here while this one read modules. */
  *out = status == ML_OK ? find_made(name) : NULL;
  if (status == ML_OK && !*out && n_places == N_PLACES)
    status = ml_error_set(err, ML_ERR_USAGE, "a process takes %d classes of Python at most",
                          (int)N_PLACES);
  if (status != ML_OK || *out) {
    release(m);
    return status;
  }
  m->table.fit = functions[n_places].fit;
  m->table.load = functions[n_places].load;
  *out = places[n_places++] = m;
  return ML_OK;
}

ml_status py__model(const char *name, const ml_model **out, ml_error *err) {
  const py_model *model;
  py_run run;
  ml_status status = py__start(err);
  if (status != ML_OK) return status;
  py__enter(&run, NULL, NULL);
  model = find_made(name);
  if (!model) status = make(name, &model, err);
  py__leave(&run);
  if (status == ML_OK) *out = &model->table;
  return status;
}
