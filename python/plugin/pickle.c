/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Pickles, and the form in which the Python package sends them: the large arrays lie beside the
 * pickle, so that a worker looks at them where they are (PEP 574). All numbers are u64:
 *
 *   n, then n sizes, then the size of the pickle, the pickle, and each of the n arrays at the next
 *   multiple of 64 bytes */
#include <string.h>

#include "plugin_internal.h"

#define ALIGNMENT 64

PyObject *py__loads(const void *bytes, size_t n) {
  PyObject *view = PyMemoryView_FromMemory((char *)bytes, (Py_ssize_t)n, PyBUF_READ);
  PyObject *object = view ? PyObject_CallOneArg(py.loads, view) : NULL;
  Py_XDECREF(view);
  return object;
}

static PyObject *dump(PyObject *dumps, PyObject *object) {
  static PyObject *protocol;
  if (!protocol) protocol = PyLong_FromLong(5);
  if (!protocol) return NULL;
  PyObject *args[] = {object, protocol};
  return PyObject_Vectorcall(dumps, args, 2, NULL);
}

/* Classes and functions that came by value are known by cloudpickle alone. */
static PyObject *find_cloudpickle(void) {
  static bool is_looked_for;
  if (is_looked_for) return py.cloud_dumps;
  is_looked_for = true;
  PyObject *module = PyImport_ImportModule("cloudpickle");
  py.cloud_dumps = module ? PyObject_GetAttrString(module, "dumps") : NULL;
  Py_XDECREF(module);
  PyErr_Clear();
  return py.cloud_dumps;
}

PyObject *py__dumps(PyObject *object) {
  PyObject *type, *value, *traceback;
  PyObject *bytes = dump(py.dumps, object);
  if (bytes) return bytes;
  PyErr_Fetch(&type, &value, &traceback);
  PyObject *dumps = find_cloudpickle();
  bytes = dumps ? dump(dumps, object) : NULL;
  if (!bytes) { /* the words of pickle itself are the plainer ones */
    PyErr_Clear();
    PyErr_Restore(type, value, traceback);
    return NULL;
  }
  Py_XDECREF(type);
  Py_XDECREF(value);
  Py_XDECREF(traceback);
  return bytes;
}

static uint64_t number_at(const char *bytes, size_t i) {
  uint64_t n;
  memcpy(&n, bytes + i * sizeof n, sizeof n);
  return n;
}

static PyObject *malformed(void) {
  PyErr_SetString(PyExc_ValueError, "these arguments were not made by this version of mltool");
  return NULL;
}

/* A list of the arrays that begin behind `at`. */
static PyObject *unpack_buffers(const char *bytes, size_t n, size_t at, size_t n_buffers) {
  PyObject *list = PyList_New((Py_ssize_t)n_buffers);
  for (size_t i = 0; list && i < n_buffers; i++) {
    uint64_t size = number_at(bytes, 1 + i);
    at += -at % ALIGNMENT;
    if (at > n || size > n - at) {
      Py_DECREF(list);
      return malformed();
    }
    PyObject *memory = py__memory(bytes + at, (size_t)size);
    if (!memory) Py_CLEAR(list);
    if (memory) PyList_SET_ITEM(list, (Py_ssize_t)i, memory);
    at += (size_t)size;
  }
  return list;
}

static PyObject *load_with(const char *pickle, size_t n, PyObject *buffers) {
  static PyObject *names;
  if (!names) names = Py_BuildValue("(s)", "buffers");
  PyObject *view =
      names ? PyMemoryView_FromMemory((char *)pickle, (Py_ssize_t)n, PyBUF_READ) : NULL;
  PyObject *args[] = {view, buffers};
  PyObject *object = view ? PyObject_Vectorcall(py.loads, args, 1, names) : NULL;
  Py_XDECREF(view);
  return object;
}

PyObject *py__unpack(const void *data, size_t n) {
  const char *bytes = data;
  size_t word = sizeof(uint64_t);
  uint64_t n_buffers = n >= 2 * word ? number_at(bytes, 0) : UINT64_MAX;
  if (n_buffers > n / word - 2) return malformed();
  size_t start = (size_t)(n_buffers + 2) * word;
  uint64_t n_pickle = number_at(bytes, (size_t)n_buffers + 1);
  if (n_pickle > n - start) return malformed();
  if (n_buffers == 0) return py__loads(bytes + start, (size_t)n_pickle);
  PyObject *buffers = unpack_buffers(bytes, n, start + (size_t)n_pickle, (size_t)n_buffers);
  PyObject *object = buffers ? load_with(bytes + start, (size_t)n_pickle, buffers) : NULL;
  Py_XDECREF(buffers);
  return object;
}
