/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Values as Python objects. */
#include "plugin_internal.h"

static PyObject *from_list(const ml_value *v) {
  PyObject *list = PyList_New((Py_ssize_t)v->as.l.n);
  for (size_t i = 0; list && i < v->as.l.n; i++) {
    PyObject *object = py__from_value(&v->as.l.values[i]);
    if (object)
      PyList_SET_ITEM(list, (Py_ssize_t)i, object);
    else
      Py_CLEAR(list);
  }
  return list;
}

static PyObject *from_dict(const ml_value *v) {
  PyObject *dict = PyDict_New();
  for (size_t i = 0; dict && i < v->as.l.n; i++) {
    PyObject *object = py__from_value(&v->as.l.values[i]);
    if (!object || PyDict_SetItemString(dict, v->as.l.names[i], object) < 0) Py_CLEAR(dict);
    Py_XDECREF(object);
  }
  return dict;
}

PyObject *py__from_value(const ml_value *v) {
  switch (v->type) {
    case ML_TYPE_NULL:
      Py_RETURN_NONE;
    case ML_TYPE_BOOL:
      return PyBool_FromLong(v->as.b);
    case ML_TYPE_INT:
      return PyLong_FromLongLong(v->as.i);
    case ML_TYPE_REAL:
      return PyFloat_FromDouble(v->as.d);
    case ML_TYPE_STRING:
      return PyUnicode_DecodeUTF8(v->as.s.text, (Py_ssize_t)v->as.s.n, NULL);
    case ML_TYPE_BYTES:
      return PyBytes_FromStringAndSize(v->as.s.text, (Py_ssize_t)v->as.s.n);
    case ML_TYPE_OBJECT:
      return py__unpack(v->as.s.text, v->as.s.n);
    case ML_TYPE_VECTOR:
      return py__array(v->dtype, v->as.a.data, v->as.a.n_rows, 0);
    case ML_TYPE_MATRIX:
      if (v->as.a.n_cols > 0)
        return py__array(v->dtype, v->as.a.data, v->as.a.n_rows, v->as.a.n_cols);
      return PyErr_Format(PyExc_ValueError, "a matrix without columns has no array");
    case ML_TYPE_LIST:
      return from_list(v);
    case ML_TYPE_DICT:
      return from_dict(v);
  }
  return PyErr_Format(PyExc_TypeError, "unknown type of value: %d", (int)v->type);
}
