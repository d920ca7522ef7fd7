/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Models by name: built in, of libraries that are opened at run time, of users' shared objects. */
#include <dlfcn.h>
#include <limits.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include <ml/model_internal.h>
#include <ml/nearest.h>

/* Models of libraries that not every machine has: which plugin of ours uses it, and the Debian
 * packages that it is built with and runs with. */
static const struct library {
  const char *name, *plugin, *build_package, *package;
} libraries[] = {
    {"xgboost", "libml-xgboost.so", "libxgboost-dev", "libxgboost0"},
    {"linear_svc", "libml-liblinear.so", "liblinear-dev", "liblinear4"},
    {"linear_svr", "libml-liblinear.so", "liblinear-dev", "liblinear4"},
    {"svc", "libml-libsvm.so", "libsvm-dev", "libsvm3"},
    {"svr", "libml-libsvm.so", "libsvm-dev", "libsvm3"},
};

enum { N_LIBRARIES = sizeof libraries / sizeof *libraries };

/* A shared object that was opened; it is never closed, for models may be in use anywhere. */
typedef struct opened {
  struct opened *next;
  char *path;
  unsigned char digest[MODULE_DIGEST];
  const ml_model *models;
} opened;

static opened *all_opened;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

const char *ml_model_name_at(size_t i) {
  return i < N_LIBRARIES ? libraries[i].name : NULL;
}

/* ---- shared objects -------------------------------------------------------------------------- */

/* Who prints a table of parameters, or reads values by it, relies on this. */
static ml_status check_params(const ml_model *m, const char *what, ml_error *err) {
  for (size_t i = 0; i < m->n_params; i++) {
    const ml_model_param *param = &m->params[i];
    if (!param->name || !*param->name || strchr(param->name, '=') || !param->help)
      return ml_error_set(err, ML_ERR_USAGE,
                          "parameter %zu of model '%s' of '%s' lacks a name or help", i + 1,
                          m->name, what);
    if (ml_model_param_check(param, param->fallback, NULL) != ML_OK)
      return ml_error_set(err, ML_ERR_USAGE,
                          "the default of parameter '%s' of model '%s' of '%s' is no value of it",
                          param->name, m->name, what);
  }
  return ML_OK;
}

static ml_status check_models(const ml_model *models, const char *what, ml_error *err) {
  if (!models)
    return ml_error_set(err, ML_ERR_USAGE, "'%s' has no models: it does not export ml_model_table",
                        what);
  for (const ml_model *m = models; m->name; m++) {
    if (m->abi != ML_MODEL_ABI)
      return ml_error_set(
          err, ML_ERR_USAGE,
          "model '%s' of '%s' has ABI %u, and this libml takes %u: compile it again", m->name, what,
          (unsigned)m->abi, (unsigned)ML_MODEL_ABI);
    if (!m->summary || !m->source || !m->fit || !m->predict || !m->free ||
        (m->n_params && !m->params) || !(m->traits & (ML_MODEL_CLASSIFIES | ML_MODEL_REGRESSES)))
      return ml_error_set(err, ML_ERR_USAGE,
                          "model '%s' of '%s' lacks a summary, a source, fit, predict, free, its "
                          "parameters, or a trait that says what it is for",
                          m->name, what);
    if (!m->save != !m->load)
      return ml_error_set(err, ML_ERR_USAGE,
                          "model '%s' of '%s' has one of save and load: both or none belong there",
                          m->name, what);
    if (!m->importance != !m->importance_is)
      return ml_error_set(
          err, ML_ERR_USAGE,
          "model '%s' of '%s' has one of importance and importance_is: both or none "
          "belong there",
          m->name, what);
    ml_status status = check_params(m, what, err);
    if (status != ML_OK) return status;
  }
  return models->name ? ML_OK : ml_error_set(err, ML_ERR_USAGE, "'%s' has no model", what);
}

static opened *find_opened(const char *path) {
  opened *o = all_opened;
  while (o && strcmp(o->path, path) != 0) o = o->next;
  return o;
}

static ml_status open_new(const module_file *file, const char *what, opened **out, ml_error *err) {
  opened *o = calloc(1, sizeof *o);
  if (!o || !(o->path = strdup(file->path))) {
    free(o);
    return ml_error_memory(err);
  }
  memcpy(o->digest, file->digest, sizeof o->digest);
  functions__show_libml();
  void *handle = dlopen(file->path, RTLD_NOW | RTLD_LOCAL);
  ml_status status = ML_OK;
  if (!handle) {
    const char *words = dlerror();
    status = ml_error_set(err, ML_ERR_USAGE, "cannot open '%s': %s", what,
                          words ? words : "the loader does not say why");
  } else {
    o->models = dlsym(handle, "ml_model_table");
    status = check_models(o->models, what, err);
  }
  if (status == ML_OK) {
    o->next = all_opened;
    *out = all_opened = o;
    return ML_OK;
  }
  if (handle) dlclose(handle);
  free(o->path);
  free(o);
  return status;
}

/* @param expected  digest; NULL: any */
static ml_status open_file(const char *path, const unsigned char *expected, const opened **out,
                           ml_error *err) {
  module_file file;
  ml_status status = module__read_file(path, &file, err);
  if (status != ML_OK) return status;
  pthread_mutex_lock(&lock);
  opened *o = find_opened(file.path);
  if (expected && memcmp(expected, file.digest, MODULE_DIGEST) != 0)
    status = ml_error_set(err, ML_ERR_WORKER,
                          "'%s' is not the file that the central process has seen: it was replaced",
                          path);
  else if (!o)
    status = open_new(&file, path, &o, err);
  else if (memcmp(o->digest, file.digest, MODULE_DIGEST) != 0)
    status = ml_error_set(err, ML_ERR_USAGE,
                          "'%s' was opened before, and its file has changed since", path);
  pthread_mutex_unlock(&lock);
  module__release_file(&file);
  *out = o;
  return status;
}

const char *model__file(const ml_model *model, const unsigned char **digest) {
  const char *path = NULL;
  pthread_mutex_lock(&lock);
  for (const opened *o = all_opened; o && !path; o = o->next)
    for (const ml_model *m = o->models; m->name && !path; m++)
      if (m == model) {
        path = o->path;
        *digest = o->digest;
      }
  pthread_mutex_unlock(&lock);
  return path;
}

static bool is_called(const opened *o, const char *file) {
  const char *slash = strrchr(o->path, '/');
  return strcmp(slash ? slash + 1 : o->path, file) == 0;
}

const ml_model *model__find_opened(const char *file, const char *name) {
  const ml_model *found = NULL;
  pthread_mutex_lock(&lock);
  for (const opened *o = all_opened; o && !found; o = o->next)
    for (const ml_model *m = o->models; is_called(o, file) && m->name && !found; m++)
      if (strcmp(m->name, name) == 0) found = m;
  pthread_mutex_unlock(&lock);
  return found;
}

/* ---- names ------------------------------------------------------------------------------------
 */

/* One of the models of a file: the only one, or that of a name. */
static ml_status pick(const opened *o, const char *path, const char *name, const ml_model **out,
                      ml_error *err) {
  ml_nearest nearest = ml_nearest_to(name ? name : "");
  if (!name && o->models[1].name)
    return ml_error_set(err, ML_ERR_USAGE, "'%s' has several models: say which, as in '%s:%s'",
                        path, path, o->models->name);
  for (const ml_model *m = o->models; m->name; m++) {
    *out = m;
    if (!name || strcmp(m->name, name) == 0) return ML_OK;
    ml_nearest_try(&nearest, m->name, strlen(m->name));
  }
  return ml_error_set(err, ML_ERR_USAGE, "'%s' has no model '%s'; it has '%s'", path, name,
                      nearest.name ? nearest.name : o->models->name);
}

static ml_status find_in_file(const char *what, const unsigned char *digest, const ml_model **out,
                              ml_error *err) {
  const opened *o;
  const char *slash = strrchr(what, '/'), *colon = strchr(slash ? slash : what, ':');
  char *path = strndup(what, colon ? (size_t)(colon - what) : strlen(what));
  if (!path) return ml_error_memory(err);
  ml_status status = open_file(path, digest, &o, err);
  if (status == ML_OK) status = pick(o, path, colon ? colon + 1 : NULL, out, err);
  free(path);
  return status;
}

static ml_status find_in_library(const struct library *library, const unsigned char *digest,
                                 const ml_model **out, ml_error *err) {
  const opened *o;
  char path[PATH_MAX];
  bool is_there;
  ml_status status = plugin__find(library->plugin, path, sizeof path, &is_there, err);
  if (status != ML_OK) return status;
  if (!is_there)
    return ml_error_set(err, ML_ERR_USAGE,
                        "model '%s' needs the plugin %s, which is not installed (build with %s)",
                        library->name, library->plugin, library->build_package);
  status = open_file(path, digest, &o, err);
  if (status == ML_OK) return pick(o, path, library->name, out, err);
  if (status != ML_ERR_USAGE || !err) return status;
  ml_error loader = *err;
  return ml_error_set(err, status,
                      "model '%s' cannot be used (Debian's package %s has its library): %s",
                      library->name, library->package, loader.message);
}

static ml_status find_in_python(const char *class, const ml_model **out, ml_error *err) {
  const ml_plugin *plugin;
  ml_status status = functions__plugin("models of Python", &plugin, err);
  return status == ML_OK ? plugin->model(class, out, err) : status;
}

void ml_model_trace(ml_buf *out) {
  const ml_plugin *plugin = functions__loaded_plugin();
  if (plugin) plugin->model_trace(out);
}

/* @return NULL: there is none of n bytes */
static const ml_model *find_built_in(const char *name, size_t n, ml_nearest *nearest) {
  const ml_model *m;
  for (size_t i = 0; (m = ml_model_at(i)); i++) {
    if (strlen(m->name) == n && memcmp(m->name, name, n) == 0) return m;
    ml_nearest_try(nearest, m->name, strlen(m->name));
  }
  return NULL;
}

static const struct library *find_library(const char *name, size_t n, ml_nearest *nearest) {
  for (size_t i = 0; i < N_LIBRARIES; i++) {
    if (strlen(libraries[i].name) == n && memcmp(libraries[i].name, name, n) == 0)
      return &libraries[i];
    ml_nearest_try(nearest, libraries[i].name, strlen(libraries[i].name));
  }
  return NULL;
}

/* How long the name is without what says the problem. */
static size_t without_ending(const char *name, ml_problem *problem) {
  static const struct {
    const char *text;
    ml_problem problem;
  } endings[] = {{"_classifier", ML_CLASSIFICATION}, {"_regressor", ML_REGRESSION}};
  size_t n = strlen(name);
  *problem = ML_PROBLEM_AUTO;
  for (size_t i = 0; i < 2; i++) {
    size_t n_ending = strlen(endings[i].text);
    if (n <= n_ending || strcmp(name + n - n_ending, endings[i].text) != 0) continue;
    *problem = endings[i].problem;
    return n - n_ending;
  }
  return n;
}

bool model__is_python(const char *name) {
  return strncmp(name, MODEL_PYTHON, strlen(MODEL_PYTHON)) == 0;
}

static bool is_file(const char *name) {
  size_t n = strlen(name);
  return strchr(name, '/') || strstr(name, ".so:") || (n > 3 && strcmp(name + n - 3, ".so") == 0);
}

static ml_status find(const char *name, const unsigned char *digest, ml_problem *problem,
                      const ml_model **out, ml_error *err) {
  ml_nearest nearest = ml_nearest_to(name);
  *problem = ML_PROBLEM_AUTO;
  if (model__is_python(name)) return find_in_python(name + strlen(MODEL_PYTHON), out, err);
  if (is_file(name)) return find_in_file(name, digest, out, err);
  size_t n = without_ending(name, problem);
  const ml_model *model = find_built_in(name, n, &nearest);
  const struct library *library = model ? NULL : find_library(name, n, &nearest);
  if (library) return find_in_library(library, digest, out, err);
  if (model) {
    *out = model;
    return ML_OK;
  }
  if (nearest.name)
    return ml_error_set(err, ML_ERR_USAGE, "no model '%.80s' (did you mean '%s'?)", name,
                        nearest.name);
  return ml_error_set(err, ML_ERR_USAGE, "no model '%.80s'; 'mltool models' lists them", name);
}

ml_status ml_model_find(const char *name, ml_problem *problem, const ml_model **out,
                        ml_error *err) {
  ml_problem said = ML_PROBLEM_AUTO, ignored;
  ml_status status = find(name, NULL, &said, out, err);
  if (status == ML_OK && said != ML_PROBLEM_AUTO)
    status = ml_model_problem(*out, said, said, &ignored, err);
  if (status == ML_OK && problem) *problem = said;
  return status;
}

ml_status model__find_same(const char *name, const unsigned char *digest, const ml_model **out,
                           ml_error *err) {
  ml_problem ignored;
  return find(name, digest, &ignored, out, err);
}
