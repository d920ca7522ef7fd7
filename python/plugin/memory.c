/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Memory of an item as a Python object: read only, and kept for as long as anybody looks at it. */
#include <stdlib.h>
#include <string.h>

#include "plugin_internal.h"

typedef struct memory {
  PyObject base;
  const void *data;
  size_t size;
  void *pin;    /* NULL: data is a copy of our own, */
  bool is_free; /* which goes to free() */
  const char *format;
  int n_dims;
  Py_ssize_t item_size, shape[2], strides[2];
} memory;

static void dealloc(PyObject *self) {
  memory *m = (memory *)self;
  if (m->pin)
    ml_unpin(m->pin);
  else if (m->is_free)
    free((void *)m->data);
  else
    PyMem_Free((void *)m->data);
  Py_TYPE(self)->tp_free(self);
}

static int get_buffer(PyObject *self, Py_buffer *view, int flags) {
  memory *m = (memory *)self;
  if (flags & PyBUF_WRITABLE) {
    PyErr_SetString(PyExc_BufferError, "arguments are read only; copy what you want to change");
    return -1;
  }
  *view = (Py_buffer){.buf = (void *)m->data,
                      .obj = self,
                      .len = (Py_ssize_t)m->size,
                      .itemsize = m->item_size,
                      .readonly = 1,
                      .ndim = m->n_dims,
                      .format = flags & PyBUF_FORMAT ? (char *)m->format : NULL,
                      .shape = flags & PyBUF_ND ? m->shape : NULL,
                      .strides = (flags & PyBUF_STRIDES) == PyBUF_STRIDES ? m->strides : NULL};
  Py_INCREF(self);
  return 0;
}

static PyBufferProcs buffer_procs = {.bf_getbuffer = get_buffer};

PyTypeObject py__memory_type = {PyVarObject_HEAD_INIT(NULL, 0).tp_name = "mltool.Memory",
                                .tp_doc = "Memory of the pool.",
                                .tp_basicsize = sizeof(memory),
                                .tp_flags = Py_TPFLAGS_DEFAULT,
                                .tp_dealloc = dealloc,
                                .tp_as_buffer = &buffer_procs};

/* Below this a copy is cheaper than to keep track of a pin, and frees what the item came in. */
#define PIN_SIZE ((size_t)1 << 14)

static memory *look_at(const void *data, size_t size) {
  memory *m = PyObject_New(memory, &py__memory_type);
  if (!m) return NULL;
  m->data = data;
  m->size = size;
  m->is_free = false;
  m->pin = size >= PIN_SIZE ? ml_pin(data) : NULL;
  m->format = "B";
  m->n_dims = 1;
  m->item_size = m->strides[0] = m->strides[1] = 1;
  m->shape[0] = (Py_ssize_t)size;
  m->shape[1] = 1;
  if (m->pin) return m;
  m->data = PyMem_Malloc(size ? size : 1);
  if (!m->data) {
    Py_DECREF(m);
    PyErr_NoMemory();
    return NULL;
  }
  if (size) memcpy((void *)m->data, data, size);
  return m;
}

PyObject *py__memory(const void *data, size_t size) {
  return (PyObject *)look_at(data, size);
}

static const char *const formats[] = {
    [ML_DTYPE_F64] = "d", [ML_DTYPE_F32] = "f", [ML_DTYPE_I64] = "l",
    [ML_DTYPE_I32] = "i", [ML_DTYPE_U8] = "B",  [ML_DTYPE_BOOL] = "?",
};

/* numpy.asarray, once there is a numpy; looked for once. @return borrowed; NULL: none */
static PyObject *find_asarray(void) {
  static PyObject *asarray;
  static bool is_looked_for;
  if (!is_looked_for) {
    PyObject *numpy = PyImport_ImportModule("numpy");
    asarray = numpy ? PyObject_GetAttrString(numpy, "asarray") : NULL;
    Py_XDECREF(numpy);
    PyErr_Clear();
    is_looked_for = true;
  }
  return asarray;
}

PyObject *py__array(ml_dtype dtype, const void *data, size_t n_rows, size_t n_cols) {
  size_t size = ml_dtype_size(dtype), width = n_cols ? n_cols : 1;
  PyObject *asarray = find_asarray();
  memory *m = look_at(data, n_rows * width * size);
  if (!m) return NULL;
  m->format = formats[dtype];
  m->n_dims = n_cols ? 2 : 1;
  m->item_size = (Py_ssize_t)size;
  m->shape[0] = (Py_ssize_t)n_rows;
  m->shape[1] = (Py_ssize_t)width;
  m->strides[1] = (Py_ssize_t)size;
  m->strides[0] = (Py_ssize_t)(width * size);
  PyObject *array = asarray ? PyObject_CallOneArg(asarray, (PyObject *)m)
                            : PyMemoryView_FromObject((PyObject *)m);
  Py_DECREF(m);
  return array;
}

/* ---- what models see -------------------------------------------------------------------------
 */

/* Takes data over. @param stride  from a column to the next */
static PyObject *new_columns(ml_dtype dtype, void *data, void *pin, size_t n, size_t n_columns,
                             size_t stride) {
  memory *m = PyObject_New(memory, &py__memory_type);
  const size_t size = ml_dtype_size(dtype);
  if (!m) {
    if (pin)
      ml_unpin(pin);
    else
      free(data);
    return NULL;
  }
  m->data = data;
  m->pin = pin;
  m->is_free = true;
  m->format = formats[dtype];
  m->n_dims = n_columns ? 2 : 1;
  m->item_size = m->strides[0] = (Py_ssize_t)size;
  m->strides[1] = (Py_ssize_t)(stride * size);
  m->shape[0] = (Py_ssize_t)n;
  m->shape[1] = (Py_ssize_t)n_columns;
  m->size = n * (n_columns ? n_columns : 1) * size;
  return (PyObject *)m;
}

PyObject *py__own_vector(ml_dtype dtype, void *data, size_t n) {
  return new_columns(dtype, data, NULL, n, 0, 0);
}

/* Whether the rows can be pinned is no affair of the class: the strides are the same, so that what
 * it computes is the same to the bit. */
static double *copy_run(const ml_view *view, const double *from) {
  size_t size;
  if (__builtin_mul_overflow(view->n_columns, view->stride, &size) ||
      __builtin_mul_overflow(size, sizeof *from, &size))
    return NULL;
  double *copy = malloc(size);
  for (size_t j = 0; copy && j < view->n_columns; j++)
    memcpy(copy + j * view->stride, from + j * view->stride, view->n * sizeof *from);
  return copy;
}

static PyObject *run_of_rows(const ml_view *view, size_t first) {
  const double *from = view->x + first;
  void *pin = ml_pin(from);
  double *data = pin ? (double *)from : copy_run(view, from);
  if (!data) return PyErr_NoMemory();
  return new_columns(ML_DTYPE_F64, data, pin, view->n, view->n_columns, view->stride);
}

PyObject *py__features(const ml_view *view) {
  size_t first, size;
  if (view->n_columns > 0 && ml_view_is_run(view, &first)) return run_of_rows(view, first);
  if (view->n_columns == 0 || __builtin_mul_overflow(view->n, view->n_columns, &size) ||
      __builtin_mul_overflow(size, sizeof(double), &size))
    return PyErr_Format(PyExc_ValueError, "there is no feature");
  double *data = malloc(size + 1);
  if (!data) return PyErr_NoMemory();
  ml_view_gather(view, data, view->n);
  return new_columns(ML_DTYPE_F64, data, NULL, view->n, view->n_columns, view->n);
}
