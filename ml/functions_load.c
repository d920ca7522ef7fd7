/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Modules into a process: those that are built in, in shared objects, in Python. */
#include <dlfcn.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <ml/fresh.h>
#include <ml/functions_internal.h>
#include <ml/nearest.h>
#include <ml/xval.h>

static const struct {
  const char *name;
  const ml_module *(*module)(void);
} built_in[] = {{"fresh", ml_fresh_module}, {"xval", ml_xval_module}};

enum { N_BUILT_IN = sizeof built_in / sizeof *built_in };

static ml_status replaced(const char *what, ml_error *err) {
  return ml_error_set(err, ML_ERR_WORKER,
                      "module '%s' is not the file that the central process has seen: it was "
                      "replaced",
                      what);
}

/* ---- modules in C ---------------------------------------------------------------------------- */

/* The loader's words without the path, which ours have as the user wrote it. */
static const char *loader_words(const char *path) {
  const char *words = dlerror();
  size_t n = strlen(path);
  if (!words) return "the loader does not say why";
  if (strncmp(words, path, n) != 0) return words;
  words += n;
  return words + strspn(words, ": ");
}

static bool is_elf(const char *path) {
  char magic[4] = "";
  int fd = open(path, O_RDONLY | O_CLOEXEC);
  bool is = fd >= 0 && read(fd, magic, sizeof magic) == sizeof magic &&
            memcmp(magic, "\177ELF", sizeof magic) == 0;
  if (fd >= 0) close(fd);
  return is;
}

static ml_status check_table(const ml_module *module, const char *what, ml_error *err) {
  if (!module)
    return ml_error_set(err, ML_ERR_USAGE, "'%s' is no module: it does not export ml_module_table",
                        what);
  if (module->abi != ML_MODULE_ABI)
    return ml_error_set(err, ML_ERR_USAGE,
                        "module '%s' has ABI %u, and this libml takes %u: compile it again", what,
                        (unsigned)module->abi, (unsigned)ML_MODULE_ABI);
  return ML_OK;
}

/* Modules are not linked with libml, but find it in the process. A program that has opened libml
 * for itself alone, as Python's ctypes does, would hide it from them. */
void functions__show_libml(void) {
  Dl_info info;
  if (dladdr((const void *)&ml_functions_load, &info) && info.dli_fname) {
    void *self = dlopen(info.dli_fname, RTLD_NOW | RTLD_GLOBAL | RTLD_NOLOAD);
    if (self) dlclose(self); /* one reference less; what it showed stays shown */
  }
}

static ml_status load_shared(ml_functions *functions, const char *what, const module_file *file,
                             ml_error *err) {
  if (!is_elf(file->path))
    return ml_error_set(err, ML_ERR_USAGE, "'%s' is no shared object%s", what,
                        module__ends_in(what, ".c") ? "; compile it with cc -shared -fPIC" : "");
  functions__show_libml();
  void *handle = dlopen(file->path, RTLD_NOW | RTLD_LOCAL);
  if (!handle)
    return ml_error_set(err, ML_ERR_USAGE, "cannot load module '%s': %s", what,
                        loader_words(file->path));
  const ml_module *module = dlsym(handle, "ml_module_table");
  ml_status status = check_table(module, what, err);
  if (status == ML_OK) status = functions__add_module(functions, module, file->path, handle, err);
  if (status != ML_OK) dlclose(handle);
  return status;
}

/* ---- Python ---------------------------------------------------------------------------------- */

/* The name that a file is imported by. */
static ml_status name_of(const char *path, char *name, size_t size, ml_error *err) {
  const char *base = strrchr(path, '/');
  base = base ? base + 1 : path;
  int n = snprintf(name, size, "%.*s", (int)(strlen(base) - strlen(".py")), base);
  if (n > 0 && (size_t)n < size) return ML_OK;
  return ml_error_set(err, ML_ERR_USAGE, "the name of module '%.60s...' is too long", base);
}

/* @param module  a path or a name of Python */
static ml_status load_python(ml_functions *functions, const char *what, const char *module,
                             bool is_file, ml_buf *trace, ml_error *err) {
  const ml_plugin *plugin;
  char name[256];
  size_t n = functions->n;
  ml_status status = functions__plugin("Python modules", &plugin, err);
  if (status == ML_OK && is_file) status = name_of(module, name, sizeof name, err);
  if (status == ML_OK) status = plugin->load(functions, module, is_file, trace, err);
  if (status == ML_OK)
    status = functions__add_source(functions, what, is_file ? name : module, NULL, err);
  if (status != ML_OK) functions__drop_from(functions, n);
  return status;
}

/* ---- which of them --------------------------------------------------------------------------- */

static ml_status load_new_file(ml_functions *functions, const char *what, const module_file *file,
                               ml_buf *trace, ml_error *err) {
  ml_status status = module__ends_in(file->path, ".py")
                         ? load_python(functions, file->path, file->path, true, trace, err)
                         : load_shared(functions, what, file, err);
  if (status == ML_OK)
    memcpy(functions->sources[functions->n_sources - 1].digest, file->digest, MODULE_DIGEST);
  return status;
}

static ml_status load_file(ml_functions *functions, const char *what, const char *path,
                           const unsigned char *expected, ml_buf *trace, ml_error *err) {
  module_file file;
  ml_status status = module__read_file(path, &file, err);
  if (status != ML_OK) return status;
  const function_source *there = functions__find_source(functions, file.path);
  if (expected && memcmp(expected, file.digest, MODULE_DIGEST) != 0)
    status = replaced(what, err);
  else if (!there)
    status = load_new_file(functions, what, &file, trace, err);
  else if (memcmp(there->digest, file.digest, MODULE_DIGEST) != 0)
    status = ml_error_set(err, ML_ERR_USAGE,
                          "module '%s' was loaded before, and its file has changed since: new code "
                          "needs new workers",
                          what);
  /* What was digested and what was loaded are two openings of a path. */
  if (status == ML_OK && !there && expected && !module__is_same(&file))
    status = replaced(what, err);
  module__release_file(&file);
  return status;
}

static ml_status unknown(const char *what, ml_error *err) {
  static const char *const around[][2] = {{"./", ".so"}, {"", ".py"}, {"./", ""}};
  if (module__ends_in(what, ".c"))
    return ml_error_set(err, ML_ERR_USAGE,
                        "'%.100s' is source code; compile it with cc -shared -fPIC and load the "
                        ".so file",
                        what);
  char path[300];
  ml_nearest nearest = ml_nearest_to(what);
  for (size_t i = 0; *what && i < sizeof around / sizeof *around; i++) {
    int n = snprintf(path, sizeof path, "%s%s%s", around[i][0], what, around[i][1]);
    if (n > 0 && (size_t)n < sizeof path && access(path, F_OK) == 0)
      return ml_error_set(err, ML_ERR_USAGE, "there is no module '%s' (did you mean '%s'?)", what,
                          path);
  }
  for (size_t i = 0; i < N_BUILT_IN; i++)
    ml_nearest_try(&nearest, built_in[i].name, strlen(built_in[i].name));
  if (nearest.name)
    return ml_error_set(err, ML_ERR_USAGE, "there is no module '%.100s' (did you mean '%s'?)", what,
                        nearest.name);
  return ml_error_set(err, ML_ERR_USAGE,
                      "there is no module '%.100s': give 'fresh', 'xval', a file ending in .so or "
                      ".py, or py:MODULE",
                      what);
}

ml_status functions__load(ml_functions *functions, const char *what, const char *path,
                          const unsigned char *expected, ml_buf *trace, ml_error *err) {
  if (module__is_file(path)) return load_file(functions, what, path, expected, trace, err);
  if (functions__find_source(functions, what)) return ML_OK;
  if (strncmp(what, "py:", 3) == 0)
    return load_python(functions, what, what + 3, false, trace, err);
  for (size_t i = 0; i < N_BUILT_IN; i++)
    if (strcmp(what, built_in[i].name) == 0)
      return functions__add_module(functions, built_in[i].module(), what, NULL, err);
  return unknown(what, err);
}

ml_status ml_functions_load(ml_functions *functions, const char *what, ml_buf *trace,
                            ml_error *err) {
  return functions__load(functions, what, what, NULL, trace, err);
}
