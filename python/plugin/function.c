/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Python callables as functions of the registry. */
#include <stdlib.h>
#include <string.h>

#include "plugin_internal.h"

/* Lives as long as the process: nothing tells when a registry has forgotten it. */
struct py_function {
  struct py_function *next;
  PyObject *callable;
  char *file; /* that it was defined in; "" */
  bool takes_nothing;
  py_rest rest;
};

static py_function *all;  /* so that none is ever lost */
static PyObject *by_name; /* "module.name": callable */

static PyObject *call_with(const py_function *f, const ml_value *x) {
  if (f->takes_nothing && x->type == ML_TYPE_NULL) return PyObject_CallNoArgs(f->callable);
  PyObject *arg = py__from_value(x);
  PyObject *result = arg ? PyObject_CallOneArg(f->callable, arg) : NULL;
  Py_XDECREF(arg);
  return result;
}

static ml_status call(ml_call *context, const ml_value *x, ml_value *out, ml_error *err) {
  const py_function *f = context->ctx;
  ml_status status = ML_OK;
  py_run run;
  py__enter(&run, context->cancel, NULL);
  PyObject *result = call_with(f, x);
  if (!result || !py__to_value(result, context->arena, out))
    status = py__failed(f->file, context->trace, err);
  Py_XDECREF(result);
  py__leave(&run);
  return status;
}

static ml_status chunk(void *ctx, const ml_job_data *data, ml_chunk *items, ml_buf *out,
                       ml_error *err) {
  py_function *f = ctx;
  py_run run;
  py__enter(&run, items->cancel, data);
  ml_status status = py__chunk(f->callable, f->file, &f->rest, items, out, err);
  py__leave(&run);
  return status;
}

/* bootstrap.entry(): (name, doc, callable, takes nothing) */
static py_function *new_function(PyObject *entry, const char *file) {
  py_function *f = calloc(1, sizeof *f);
  if (f) f->file = strdup(file);
  if (!f || !f->file) {
    free(f);
    return NULL;
  }
  f->callable = Py_NewRef(PyTuple_GET_ITEM(entry, 2));
  f->takes_nothing = PyTuple_GET_ITEM(entry, 3) == Py_True;
  f->next = all;
  all = f;
  return f;
}

static bool note_name(const char *module, const char *name, PyObject *callable) {
  PyObject *full = PyUnicode_FromFormat("%s.%s", module, name);
  if (!by_name) by_name = PyDict_New();
  bool is_noted = full && by_name && PyDict_SetItem(by_name, full, callable) == 0;
  Py_XDECREF(full);
  PyErr_Clear();
  return is_noted;
}

ml_status py__add(ml_functions *functions, const char *module, const char *name, PyObject *entry,
                  const char *file, ml_error *err) {
  const char *doc = PyUnicode_AsUTF8(PyTuple_GET_ITEM(entry, 1));
  if (!doc) PyErr_Clear();
  py_function *f = new_function(entry, file);
  if (!f || !note_name(module, name, f->callable)) return ml_error_memory(err);
  ml_function function = {
      .name = name, .doc = doc ? doc : "", .call = call, .ctx = f, .chunk = chunk};
  return ml_functions_add(functions, module, &function, err);
}

ml_status py__add_module(ml_functions *functions, PyObject *loaded, ml_buf *trace, ml_error *err) {
  const char *module, *file;
  PyObject *entries;
  if (!PyArg_ParseTuple(loaded, "sO!s", &module, &PyList_Type, &entries, &file))
    return py__failed("", trace, err);
  ml_status status = ML_OK;
  for (Py_ssize_t i = 0; i < PyList_GET_SIZE(entries) && status == ML_OK; i++) {
    PyObject *entry = PyList_GET_ITEM(entries, i);
    const char *name = PyUnicode_AsUTF8(PyTuple_GET_ITEM(entry, 0));
    status = name ? py__add(functions, module, name, entry, file, err) : py__failed("", trace, err);
  }
  return status;
}

PyObject *py__find(const char *name) {
  PyObject *callable = by_name ? PyDict_GetItemString(by_name, name) : NULL;
  return callable ? callable : PyErr_Format(PyExc_LookupError, "function '%s' is not loaded", name);
}
