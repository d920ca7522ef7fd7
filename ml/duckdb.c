/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Opening DuckDB's library and sessions with it. */
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <ml/duckdb_internal.h>

#define LIBRARY "libduckdb.so"

static char *chosen; /* by ml_duckdb_use() */
static size_t memory_limit;
static duck_api api;
static bool is_open;

ml_status ml_duckdb_use(const char *path, ml_error *err) {
  char *copy = path ? strdup(path) : NULL;
  if (path && !copy) return ml_error_memory(err);
  free(chosen);
  chosen = copy;
  return ML_OK;
}

void ml_duckdb_limit_memory(size_t bytes) {
  memory_limit = bytes;
}

size_t duckdb__memory_limit(void) {
  return memory_limit;
}

/* ---- the library ---- */

static ml_status find_functions(void *handle, const char *path, ml_error *err) {
  static const struct {
    const char *name;
    size_t at;
  } functions[] = {
#define DUCK_NAME(result, name, args) {"duckdb_" #name, offsetof(duck_api, name)},
      DUCK_FUNCTIONS(DUCK_NAME)
#undef DUCK_NAME
  };
  for (size_t i = 0; i < sizeof functions / sizeof *functions; i++) {
    void *function = dlsym(handle, functions[i].name);
    if (!function)
      return ml_error_set(err, ML_ERR_USAGE,
                          "'%s' is not DuckDB's library, or too old: it has no %s", path,
                          functions[i].name);
    memcpy((char *)&api + functions[i].at, &function, sizeof function);
  }
  return ML_OK;
}

/* It is never closed: threads of its own may still be about to end. */
ml_status ml_duckdb_open(const char *what, ml_error *err) {
  if (is_open) return ML_OK;
  const char *named = chosen ? chosen : secure_getenv("MLTOOL_DUCKDB");
  const char *path = named && *named ? named : LIBRARY;
  void *handle = dlopen(path, RTLD_NOW | RTLD_LOCAL);
  if (!handle && path == named)
    return ml_error_set(err, ML_ERR_USAGE, "cannot open DuckDB's library: %s", dlerror());
  if (!handle)
    return ml_error_set(err, ML_ERR_USAGE,
                        "%s needs DuckDB's library: --duckdb PATH or MLTOOL_DUCKDB names " LIBRARY,
                        what);
  ml_status status = find_functions(handle, path, err);
  is_open = status == ML_OK;
  if (!is_open) dlclose(handle);
  return status;
}

const duck_api *duckdb__api(void) {
  return &api;
}

/* ---- sessions ---- */

/* Where the system has temporary files; by itself DuckDB would take the working folder. */
static bool make_folder(duck_session *s) {
  const char *parent = secure_getenv("TMPDIR");
  const int room = (int)sizeof s->folder;
  if (!parent || snprintf(s->folder, sizeof s->folder, "%s/mltool-XXXXXX", parent) >= room)
    strcpy(s->folder, "/tmp/mltool-XXXXXX");
  if (mkdtemp(s->folder)) return true;
  s->folder[0] = 0; /* then nothing is spilled */
  return false;
}

static bool configure(duck_session *s, duck_handle *config) {
  char limit[32];
  const char *folder = make_folder(s) ? s->folder : "";
  snprintf(limit, sizeof limit, "%zuB", memory_limit);
  const struct {
    const char *name, *value;
  } settings[] = {{"threads", "1"},
                  {"autoinstall_known_extensions", "false"},
                  {"temp_directory", folder},
                  {memory_limit ? "memory_limit" : NULL, limit}};
  for (size_t i = 0; i < sizeof settings / sizeof *settings; i++)
    if (settings[i].name && s->api->set_config(config, settings[i].name, settings[i].value) != 0)
      return false;
  return true;
}

static ml_status open_database(duck_session *s, duck_handle *config, ml_error *err) {
  char *why = NULL;
  if (!configure(s, config))
    return ml_error_set(err, ML_ERR_USAGE, "DuckDB %s does not know a setting that is needed",
                        s->api->library_version());
  if (s->api->open_ext(NULL, &s->database, config, &why) == 0 &&
      s->api->connect(s->database, &s->connection) == 0)
    return ML_OK;
  ml_status status = duckdb__fail(err, ML_ERR_IO, NULL, why);
  s->api->free(why);
  return status;
}

ml_status duckdb__begin(duck_session *s, const char *what, ml_error *err) {
  duck_handle *config = NULL;
  ml_status status = ml_duckdb_open(what, err);
  if (status != ML_OK) return status;
  s->api = &api;
  if (api.create_config(&config) != 0) return ml_error_memory(err);
  status = open_database(s, config, err);
  api.destroy_config(&config);
  return status;
}

void duckdb__end(duck_session *s) {
  if (!s->api) return;
  if (s->connection) s->api->disconnect(&s->connection);
  if (s->database) s->api->close(&s->database);
  if (s->folder[0]) rmdir(s->folder);
}

/* ---- words ---- */

static const struct {
  const char *begins;
  ml_status status;
} kinds[] = {{"IO Error", ML_ERR_IO},         {"Out of Memory Error", ML_ERR_MEMORY},
             {"Parser Error", ML_ERR_USAGE},  {"Binder Error", ML_ERR_USAGE},
             {"Catalog Error", ML_ERR_USAGE}, {"INTERRUPT Error", ML_ERR_CANCELLED}};

ml_status duckdb__fail(ml_error *err, ml_status fallback, const char *source, const char *message) {
  ml_status status = fallback;
  if (!message || !*message) message = "no reason given";
  for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
    if (strncmp(message, kinds[i].begins, strlen(kinds[i].begins)) == 0) status = kinds[i].status;
  const int n = (int)strcspn(message, "\n"); /* the place in the query follows */
  return ml_error_at(err, status, source ? source : "", 0, 0, "DuckDB: %.*s", n, message);
}

void duckdb__put_quoted(ml_buf *out, const char *text, size_t n) {
  ml_buf_put(out, "'", 1);
  for (size_t i = 0; i < n; i++)
    ml_buf_put(out, text[i] == '\'' ? "''" : text + i, 1 + (text[i] == '\''));
  ml_buf_put(out, "'", 1);
}
