/* SPDX-License-Identifier: GPL-3.0-or-later */
/* libml-py.so: Python modules and pickled callables for ml/functions.h. */
#include <string.h>

#include "build_id.h" /* generated: ML_BUILD_ID */
#include "plugin_internal.h"

/* A registry gets module "_python" with the first thing that is loaded into it. */
static ml_status add_generic_once(ml_functions *functions, ml_error *err) {
  const char *name;
  for (size_t i = 0; i < ml_functions_n(functions); i++)
    if (ml_functions_at(functions, i, &name) && strcmp(name, "_python.call") == 0) return ML_OK;
  return py__add_generic(functions, err);
}

static ml_status begin(ml_functions *functions, ml_error *err) {
  ml_status status = py__start(err);
  return status == ML_OK ? add_generic_once(functions, err) : status;
}

static ml_status load(ml_functions *functions, const char *what, bool is_file, ml_buf *trace,
                      ml_error *err) {
  py_run run;
  ml_status status = begin(functions, err);
  if (status != ML_OK) return status;
  py__enter(&run, NULL, NULL);
  PyObject *loaded = py__bootstrap("load", "(si)", what, is_file);
  status = loaded ? py__add_module(functions, loaded, trace, err)
                  : py__failed(is_file ? what : "", trace, err);
  Py_XDECREF(loaded);
  py__leave(&run);
  return status;
}

static ml_status unpickle(ml_functions *functions, const char *name, const void *bytes, size_t n,
                          ml_buf *trace, ml_error *err) {
  py_run run;
  ml_status status = begin(functions, err);
  if (status != ML_OK) return status;
  py__enter(&run, NULL, NULL);
  PyObject *callable = py__loads(bytes, n);
  PyObject *entry = callable ? py__bootstrap("describe_function", "(O)", callable) : NULL;
  status = entry ? py__add(functions, "pickle", name, entry, "", err) : py__failed("", trace, err);
  Py_XDECREF(entry);
  Py_XDECREF(callable);
  py__leave(&run);
  return status;
}

extern ML_API const ml_plugin ml_plugin_table;

const ml_plugin ml_plugin_table = {.abi = ML_PLUGIN_ABI,
                                   .build = ML_BUILD_ID,
                                   .load = load,
                                   .unpickle = unpickle,
                                   .interrupt = py__interrupt,
                                   .model = py__model,
                                   .model_trace = py__model_trace,
                                   .step = py__step,
                                   .transform = py__transform};
