/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What runs at the moment: how it is told to end, and how its failure is told. */
#include <pthread.h>

#include "plugin_internal.h"

static py_run *current; /* with the GIL only */
static bool was_interrupted;

void py__enter(py_run *run, const void *cancel, const ml_job_data *data) {
  run->gil = PyGILState_Ensure();
  run->cancel = cancel;
  run->data = data;
  was_interrupted = false;
  current = run;
}

void py__leave(py_run *run) {
  current = NULL;
  /* What was printed goes with this item, whatever becomes of the process later. */
  PyObject *out = PySys_GetObject("stdout");
  if (out && out != Py_None) {
    PyObject *result = PyObject_CallMethod(out, "flush", NULL);
    if (!result) PyErr_Clear();
    Py_XDECREF(result);
  }
  PyGILState_Release(run->gil);
}

/* In the main thread between two instructions of Python. The item may have ended since. */
static int raise_interrupt(void *unused) {
  (void)unused;
  if (!current || !current->cancel || !ml_item_cancelled(current->cancel)) return 0;
  was_interrupted = true;
  PyErr_SetNone(PyExc_KeyboardInterrupt);
  return -1;
}

static void *take_lock(void *unused) {
  (void)unused;
  PyGILState_Release(PyGILState_Ensure());
  return NULL;
}

/* Python 3.9 to 3.11 look at calls that another thread has added only when they have a reason to
 * look up, such as a thread that waits for their lock. It is one of its own: whoever calls this
 * must not wait for a function that keeps the lock. */
void py__interrupt(void) {
  pthread_t thread;
  Py_AddPendingCall(raise_interrupt, NULL); /* when its queue is full there are enough in it */
  if (pthread_create(&thread, NULL, take_lock, NULL) == 0) pthread_detach(thread);
}

PyObject *py__shared(uint64_t id) {
  const ml_job_data *data = current ? current->data : NULL;
  for (size_t i = 0; data && data->ids && i < data->n_inputs; i++)
    if (data->ids[i] == id) return py__memory(data->inputs[i].data, data->inputs[i].size);
  return PyErr_Format(PyExc_RuntimeError, "shared array %llu is not here", (unsigned long long)id);
}

/* The exception that is set, as an object with its traceback. */
static PyObject *take_exception(void) {
  PyObject *type, *value, *traceback;
  PyErr_Fetch(&type, &value, &traceback);
  PyErr_NormalizeException(&type, &value, &traceback);
  if (value && traceback) PyException_SetTraceback(value, traceback);
  Py_XDECREF(type);
  Py_XDECREF(traceback);
  return value;
}

ml_status py__failed(const char *file, ml_buf *trace, ml_error *err) {
  PyObject *error = take_exception();
  const char *message = NULL, *source = NULL, *text = NULL;
  Py_ssize_t line = 0;
  ml_status status = ML_ERR_FUNCTION;
  if (error && PyErr_GivenExceptionMatches(error, PyExc_MemoryError)) status = ML_ERR_MEMORY;
  if (error && PyErr_GivenExceptionMatches(error, PyExc_KeyboardInterrupt) && was_interrupted)
    status = ML_ERR_TIMEOUT;
  PyObject *told = error ? py__bootstrap("describe", "(Os)", error, file) : NULL;
  if (told && PyArg_ParseTuple(told, "zzns", &message, &source, &line, &text)) {
    if (trace) ml_buf_puts(trace, text);
    if (status == ML_ERR_TIMEOUT) message = "it took too long";
    ml_error_at(err, status, source, line > 0 ? (size_t)line : 0, 0, "%s", message);
  } else { /* an exception whose words fail, or no memory for them */
    PyErr_Clear();
    ml_error_set(err, status, "%s", error ? Py_TYPE(error)->tp_name : "unknown Python exception");
  }
  Py_XDECREF(told);
  Py_XDECREF(error);
  return status;
}
