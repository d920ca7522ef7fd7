/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The Python interpreter of this process: started once, and never ended. */
#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bootstrap.h" /* generated: bootstrap_source */
#include "plugin_internal.h"

py_state py;

/* The interpreter of an active virtual environment, if it is of this version of Python: another one
 * has packages that cannot be loaded here. */
static bool virtual_python(char *path, size_t size) {
  const char *folder = getenv("VIRTUAL_ENV");
  char line[512];
  bool fits = false;
  if (!folder || !*folder) return false;
  snprintf(path, size, "%s/pyvenv.cfg", folder);
  FILE *file = fopen(path, "re");
  while (file && fgets(line, sizeof line, file)) {
    int major, minor;
    if (sscanf(line, "version = %d.%d", &major, &minor) == 2)
      fits = major == PY_MAJOR_VERSION && minor == PY_MINOR_VERSION;
  }
  if (file) fclose(file);
  return fits && (size_t)snprintf(path, size, "%s/bin/python3", folder) < size &&
         access(path, X_OK) == 0;
}

static ml_status told(PyStatus status, ml_error *err) {
  return ml_error_set(err, ML_ERR_USAGE, "Python cannot be started: %s",
                      status.err_msg ? status.err_msg : "unknown reason");
}

/* The locale stays as it is: text is UTF-8 whatever it says. */
static PyStatus preconfigure(void) {
  PyPreConfig config;
  PyPreConfig_InitPythonConfig(&config);
  config.parse_argv = 0;
  config.configure_locale = 0;
  config.coerce_c_locale = 0;
  config.utf8_mode = 1;
  return Py_PreInitialize(&config);
}

static ml_status initialize(ml_error *err) {
  char path[4096];
  char name[] = "mltool";
  char *argv[] = {name};
  PyConfig config;
  PyStatus status = preconfigure();
  if (PyStatus_Exception(status)) return told(status, err);
  PyConfig_InitPythonConfig(&config);
  config.parse_argv = 0;
  config.install_signal_handlers = 0;
  const char *program = virtual_python(path, sizeof path) ? path : PLUGIN_PYTHON;
  status = PyConfig_SetBytesString(&config, &config.program_name, program);
  if (!PyStatus_Exception(status)) status = PyConfig_SetBytesArgv(&config, 1, argv);
  if (!PyStatus_Exception(status)) status = Py_InitializeFromConfig(&config);
  PyConfig_Clear(&config);
  return PyStatus_Exception(status) ? told(status, err) : ML_OK;
}

static PyObject *attribute(const char *module, const char *name) {
  PyObject *m = PyImport_ImportModule(module);
  PyObject *found = m ? PyObject_GetAttrString(m, name) : NULL;
  Py_XDECREF(m);
  return found;
}

/* mltool and its workers have the process to themselves; a program that embeds libml has handlers
 * of its own for fatal signals. */
static bool is_own_process(void) {
  return strcmp(program_invocation_short_name, "mltool") == 0;
}

static PyObject *shared_function(PyObject *self, PyObject *id) {
  (void)self;
  unsigned long long number = PyLong_AsUnsignedLongLong(id);
  return PyErr_Occurred() ? NULL : py__shared(number);
}

/* What pickles of the Python package refer to. */
static bool add_module(void) {
  static PyMethodDef methods[] = {{"shared", shared_function, METH_O, "Bytes of a shared block."},
                                  {0}};
  static PyModuleDef definition = {
      .m_base = PyModuleDef_HEAD_INIT, .m_name = "_mltool", .m_size = -1, .m_methods = methods};
  PyObject *module = PyModule_Create(&definition);
  PyObject *modules = PyImport_GetModuleDict();
  bool is_added = module && PyDict_SetItemString(modules, "_mltool", module) == 0;
  Py_XDECREF(module);
  return is_added;
}

bool py__evaluate(const char *source) {
  PyObject *code = Py_CompileString(source, "<mltool>", Py_file_input);
  PyObject *result = code ? PyEval_EvalCode(code, py.bootstrap, py.bootstrap) : NULL;
  Py_XDECREF(code);
  Py_XDECREF(result);
  return result != NULL;
}

static bool prepare(bool is_started_here) {
  py.loads = attribute("_pickle", "loads");
  py.dumps = attribute("_pickle", "dumps");
  py.bootstrap = PyDict_New();
  if (!py.loads || !py.dumps || !py.bootstrap || PyType_Ready(&py__memory_type) < 0) return false;
  if (PyDict_SetItemString(py.bootstrap, "__builtins__", PyEval_GetBuiltins()) < 0) return false;
  if (!py__evaluate(bootstrap_source) || !add_module()) return false;
  if (!is_started_here) return true;
  PyObject *result = py__bootstrap("start", "(i)", is_own_process());
  Py_XDECREF(result);
  return result != NULL;
}

static ml_status start(ml_error *err) {
  if (py.bootstrap) return ML_OK;
  bool is_started_here = !Py_IsInitialized();
  if (is_started_here) {
    ml_status status = initialize(err);
    if (status != ML_OK) return status;
    PyEval_SaveThread();
  }
  PyGILState_STATE gil = PyGILState_Ensure();
  ml_status status = ML_OK;
  if (!prepare(is_started_here)) {
    Py_CLEAR(py.bootstrap);
    PyErr_Clear();
    status = ml_error_set(err, ML_ERR_USAGE, "Python %s lacks its standard library", PY_VERSION);
  }
  PyGILState_Release(gil);
  return status;
}

ml_status py__start(ml_error *err) {
  static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
  pthread_mutex_lock(&lock);
  ml_status status = start(err);
  pthread_mutex_unlock(&lock);
  return status;
}

PyObject *py__bootstrap(const char *function, const char *format, ...) {
  PyObject *callable = PyDict_GetItemString(py.bootstrap, function); /* borrowed */
  va_list args;
  va_start(args, format);
  PyObject *tuple = Py_VaBuildValue(format, args);
  va_end(args);
  PyObject *result = callable && tuple ? PyObject_CallObject(callable, tuple) : NULL;
  Py_XDECREF(tuple);
  return result;
}
