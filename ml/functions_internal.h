/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The functions of a process and where they come from. */
#ifndef ML_FUNCTIONS_INTERNAL_H
#define ML_FUNCTIONS_INTERNAL_H

#include <stdatomic.h>
#include <sys/stat.h>

#include <ml/functions.h>

/* One function, with what it needs of memory. */
typedef struct function_entry {
  ml_function function; /* its texts are copies */
  char *full;           /* "module.name" */
  size_t n_module;      /* bytes of full before the point */
} function_entry;

enum { MODULE_DIGEST = 32 };

/* A module that was loaded, and is not loaded again. */
typedef struct function_source {
  char *what;                          /* absolute path, or the word it was loaded by */
  char *module;                        /* its name, which nobody else may take from then on */
  void *handle;                        /* of dlopen(); NULL: none */
  unsigned char digest[MODULE_DIGEST]; /* of its file */
} function_source;

struct ml_functions {
  function_entry **entries; /* each stays where it is until it is freed */
  size_t n, capacity;
  function_source *sources;
  size_t n_sources, sources_capacity;
};

/* ---- functions.c ---- */

/* What was loaded by this word or path, or NULL. */
const function_source *functions__find_source(const ml_functions *functions, const char *what);

/* Note a source, before its functions are added; on failure the caller keeps the handle. */
ml_status functions__add_source(ml_functions *functions, const char *what, const char *module,
                                void *handle, ml_error *err);

/* Add the table of a module in C that was loaded as `what`. All of it, or nothing. */
ml_status functions__add_module(ml_functions *functions, const ml_module *module, const char *what,
                                void *handle, ml_error *err);

/* Forget the functions from number n on. */
void functions__drop_from(ml_functions *functions, size_t n);

/* Add a function without code by its full name, whose last point is at `point`, unless it is there.
 */
ml_status functions__learn(ml_functions *functions, const char *full, const char *point,
                           const char *doc, ml_error *err);

/* ML_ERR_FUNCTION with what the function said, or that it did not. */
ml_status functions__failed(const char *full, const ml_error *said, ml_error *err);

/* Say that there is no function of this name, with the nearest or the modules that have it.
 * @param where  "" or " on the workers"; @param advice  for when no name is near; "" for none */
ml_status functions__missing(const ml_functions *functions, const char *name, const char *where,
                             const char *advice, ml_error *err);

/* ---- functions_file.c: the file of a module ---- */

typedef struct module_file {
  char *path; /* absolute; its last part is as the user has it, who named the module by it */
  struct stat seen;
  unsigned char digest[MODULE_DIGEST];
} module_file;

/* True when a module of this name is a file and not a word. */
bool module__is_file(const char *what);
bool module__ends_in(const char *what, const char *ending);

/* Find a file and digest it. @param what  as the user wrote it */
ml_status module__read_file(const char *what, module_file *out, ml_error *err);

/* False when the path leads to another file now, or to other bytes. */
bool module__is_same(const module_file *file);
void module__release_file(module_file *file);

/* ---- functions_load.c ---- */

/* Load a module; when `expected` is given, only if its file has this digest. `path` is where the
 * file is, `what` how messages call it. */
ml_status functions__load(ml_functions *functions, const char *what, const char *path,
                          const unsigned char *expected, ml_buf *trace, ml_error *err);

/* Show the symbols of this library to what is opened next. */
void functions__show_libml(void);

/* ---- functions_plugin.c ---- */

/* The plugin for Python, loaded when it is first asked for. @param what  needs it: "Python modules"
 */
ml_status functions__plugin(const char *what, const ml_plugin **out, ml_error *err);

/* The same when it is loaded. @return NULL: it was not needed so far */
const ml_plugin *functions__loaded_plugin(void);

#endif
