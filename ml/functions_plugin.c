/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Where the plugin for Python is, and whether it is ours. */
#include <dlfcn.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <ml/functions_internal.h>
#include <ml/version.h>

#define PLUGIN_FILE "libml-py.so"

static bool is_there(char path[PATH_MAX], const char *folder, const char *below) {
  int n = snprintf(path, PATH_MAX, "%s/%s" PLUGIN_FILE, folder, below);
  return n > 0 && n < PATH_MAX && access(path, R_OK) == 0;
}

/* Beside this library (or the program that holds it): where it was installed, where it was built;
 * or where it would be installed. A folder that was named is taken or refused, never skipped. */
static bool find_plugin(char path[PATH_MAX], const char *named) {
  static const char *const below[] = {"mltool/", "python/", "../python/"};
  Dl_info info;
  char self[PATH_MAX];
  if (named && *named) return is_there(path, named, "");
  if (!dladdr((const void *)&ml_functions_load, &info) || !info.dli_fname)
    return is_there(path, ML_PLUGIN_FOLDER, "");
  /* A bare name is that of a program which was found on PATH, and not of a file here. */
  if (realpath(strchr(info.dli_fname, '/') ? info.dli_fname : "/proc/self/exe", self)) {
    *strrchr(self, '/') = 0;
    for (size_t i = 0; i < sizeof below / sizeof *below; i++)
      if (is_there(path, self, below[i])) return true;
  }
  return is_there(path, ML_PLUGIN_FOLDER, "");
}

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

ml_status functions__plugin(ml_functions *functions, const ml_plugin **out, ml_error *err) {
  const char *named = secure_getenv("MLTOOL_PLUGINS");
  char path[PATH_MAX];
  *out = atomic_load(&functions->plugin);
  if (*out) return ML_OK;
  if (named && *named && *named != '/')
    return ml_error_set(err, ML_ERR_USAGE,
                        "the folder '%.200s' in MLTOOL_PLUGINS must be an absolute path", named);
  if (!find_plugin(path, named))
    return ml_error_set(err, ML_ERR_USAGE,
                        "Python modules need the plugin " PLUGIN_FILE
                        ", which is not installed (build with libpython3-dev)");
  ml_status status = open_plugin(path, out, err);
  if (status == ML_OK) atomic_store(&functions->plugin, *out);
  return status;
}
