/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Module "_python" with one function, "call": a callable that comes with its arguments. The package
 * has it run what the user hands over by value, without a command for each. */
#include <string.h>

#include "plugin_internal.h"

/* Of the last chunks: the callable in the first block of their job. */
static PyObject *callable;
static uint64_t callable_id;
static py_rest rest;

/* What to call: a callable, or the name of one that a module has. */
static PyObject *resolve(PyObject *what) {
  PyObject *found = what;
  if (what && PyUnicode_Check(what)) {
    const char *name = PyUnicode_AsUTF8(what);
    found = Py_XNewRef(name ? py__find(name) : NULL);
    Py_DECREF(what);
  }
  return found;
}

static bool find_callable(const ml_job_data *data) {
  if (data->n_inputs == 0 || !data->ids) {
    PyErr_SetString(PyExc_ValueError, "there is no callable beside these arguments");
    return false;
  }
  if (callable && callable_id == data->ids[0]) return true;
  Py_CLEAR(callable);
  callable = resolve(py__unpack(data->inputs[0].data, data->inputs[0].size));
  callable_id = data->ids[0];
  return callable != NULL;
}

static ml_status chunk(void *ctx, const ml_job_data *data, ml_chunk *items, ml_buf *out,
                       ml_error *err) {
  (void)ctx;
  py_run run;
  py__enter(&run, items->cancel, data);
  ml_status status = find_callable(data) ? py__chunk(callable, "", &rest, items, out, err)
                                         : py__failed("", items->trace, err);
  py__leave(&run);
  return status;
}

/* x: a list of what to call, and the pickled tuple of its arguments. */
static PyObject *call_value(const ml_value *x) {
  if (x->type != ML_TYPE_LIST || x->as.l.n != 2)
    return PyErr_Format(PyExc_TypeError, "_python.call takes [callable, arguments]");
  PyObject *function = resolve(py__from_value(&x->as.l.values[0]));
  PyObject *args = function ? py__from_value(&x->as.l.values[1]) : NULL;
  PyObject *result = NULL;
  if (args && PyTuple_CheckExact(args))
    result = PyObject_Call(function, args, NULL);
  else if (args)
    PyErr_Format(PyExc_TypeError, "_python.call takes a tuple of arguments");
  Py_XDECREF(args);
  Py_XDECREF(function);
  return result;
}

/* The result as a pickle, in the form of pickle.c. */
static bool pickle_result(PyObject *result, ml_arena *arena, ml_value *out) {
  PyObject *bytes = py__dumps(result);
  size_t n = bytes ? (size_t)PyBytes_GET_SIZE(bytes) : 0;
  char *copy = bytes ? ml_arena_alloc(arena, n + 1) : NULL;
  if (copy) {
    memcpy(copy, PyBytes_AS_STRING(bytes), n);
    *out = ml_value_null();
    out->type = ML_TYPE_OBJECT;
    out->as.s.text = copy;
    out->as.s.n = n;
  }
  if (bytes && !copy) PyErr_NoMemory();
  Py_XDECREF(bytes);
  return copy != NULL;
}

static ml_status call(ml_call *context, const ml_value *x, ml_value *out, ml_error *err) {
  ml_status status = ML_OK;
  py_run run;
  py__enter(&run, context->cancel, NULL);
  PyObject *result = call_value(x);
  if (!result || !pickle_result(result, context->arena, out))
    status = py__failed("", context->trace, err);
  Py_XDECREF(result);
  py__leave(&run);
  return status;
}

ml_status py__add_generic(ml_functions *functions, ml_error *err) {
  return ml_functions_add(functions, "_python",
                          &(ml_function){.name = "call",
                                         .doc = "Call what comes with the arguments.",
                                         .call = call,
                                         .chunk = chunk},
                          err);
}
