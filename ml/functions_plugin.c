/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The plugin for Python, if it is ours. */
#include <dlfcn.h>
#include <limits.h>
#include <string.h>

#include <ml/functions_internal.h>
#include <ml/model_internal.h>
#include <ml/version.h>

#define PLUGIN_FILE "libml-py.so"

/* Python's own modules need the symbols of libpython, which the plugin brings: RTLD_GLOBAL. An
 * interpreter cannot be taken out of a process again, so the plugin is never closed. */
static ml_status open_plugin(const char *path, const ml_plugin **out, ml_error *err) {
  void *handle = dlopen(path, RTLD_NOW | RTLD_GLOBAL);
  if (!handle)
    return ml_error_set(err, ML_ERR_USAGE, "cannot load the plugin for Python: %s", dlerror());
  const ml_plugin *plugin = dlsym(handle, "ml_plugin_table");
  if (!plugin)
    return ml_error_set(err, ML_ERR_USAGE, "'%s' is no plugin: it does not export ml_plugin_table",
                        path);
  if (plugin->abi != ML_PLUGIN_ABI || !plugin->build || strcmp(plugin->build, ml_build_id()) != 0)
    return ml_error_set(err, ML_ERR_USAGE, "the plugin '%s' belongs to another build of libml",
                        path);
  *out = plugin;
  return ML_OK;
}

/* One for the process, as its interpreter is. */
static _Atomic(const ml_plugin *) loaded;

const ml_plugin *functions__loaded_plugin(void) {
  return atomic_load(&loaded);
}

ml_status functions__plugin(const char *what, const ml_plugin **out, ml_error *err) {
  char path[PATH_MAX];
  bool is_there;
  *out = atomic_load(&loaded);
  if (*out) return ML_OK;
  ml_status status = plugin__find(PLUGIN_FILE, path, sizeof path, &is_there, err);
  if (status == ML_OK && !is_there)
    status = ml_error_set(err, ML_ERR_USAGE,
                          "%s need the plugin " PLUGIN_FILE
                          ", which is not installed (build with libpython3-dev)",
                          what);
  if (status == ML_OK) status = open_plugin(path, out, err);
  if (status == ML_OK) atomic_store(&loaded, *out);
  return status;
}
