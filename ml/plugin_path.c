/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Where plugins are: what needs a library that not every machine has. */
#include <dlfcn.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <ml/model_internal.h>

static bool is_at(char *path, size_t size, const char *folder, const char *below,
                  const char *file) {
  int n = snprintf(path, size, "%s/%s%s", folder, below, file);
  return n > 0 && (size_t)n < size && access(path, R_OK) == 0;
}

/* Beside this library (or the program that holds it): where it was installed, where it was built;
 * or where it would be installed. */
static bool look(const char *file, char *path, size_t size) {
  static const char *const below[] = {"mltool/", "python/", "../python/", "plugins/",
                                      "../plugins/"};
  Dl_info info;
  char self[PATH_MAX];
  if (!dladdr((const void *)&ml_functions_load, &info) || !info.dli_fname)
    return is_at(path, size, ML_PLUGIN_FOLDER, "", file);
  /* A bare name is that of a program which was found on PATH, and not of a file here. */
  if (realpath(strchr(info.dli_fname, '/') ? info.dli_fname : "/proc/self/exe", self)) {
    *strrchr(self, '/') = 0;
    for (size_t i = 0; i < sizeof below / sizeof *below; i++)
      if (is_at(path, size, self, below[i], file)) return true;
  }
  return is_at(path, size, ML_PLUGIN_FOLDER, "", file);
}

/* A folder that was named is taken or refused, never skipped. */
ml_status plugin__find(const char *file, char *path, size_t size, bool *is_there, ml_error *err) {
  const char *named = secure_getenv("MLTOOL_PLUGINS");
  if (named && *named && *named != '/')
    return ml_error_set(err, ML_ERR_USAGE,
                        "the folder '%.200s' in MLTOOL_PLUGINS must be an absolute path", named);
  *is_there = named && *named ? is_at(path, size, named, "", file) : look(file, path, size);
  return ML_OK;
}
