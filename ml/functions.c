/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The functions that a process has loaded, by name. */
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <ml/functions_internal.h>
#include <ml/nearest.h>
#include <ml/utf8.h>

ml_status ml_functions_new(ml_functions **out, ml_error *err) {
  ml_functions *functions = calloc(1, sizeof *functions);
  if (!functions) return ml_error_memory(err);
  *out = functions;
  return ML_OK;
}

static void free_entry(function_entry *entry) {
  if (!entry) return;
  free((char *)entry->function.doc);
  free(entry->full);
  free(entry);
}

void ml_functions_free(ml_functions *functions) {
  if (!functions) return;
  for (size_t i = 0; i < functions->n; i++) free_entry(functions->entries[i]);
  for (size_t i = 0; i < functions->n_sources; i++) {
    function_source *source = &functions->sources[i];
    free(source->what);
    free(source->module);
    if (source->handle) dlclose(source->handle);
  }
  free(functions->entries);
  free(functions->sources);
  free(functions);
}

size_t ml_functions_n(const ml_functions *functions) {
  return functions->n;
}

const ml_function *ml_functions_at(const ml_functions *functions, size_t i, const char **name) {
  if (name) *name = functions->entries[i]->full;
  return &functions->entries[i]->function;
}

bool ml_function_is_internal(const char *full) {
  return *full == '_' || strstr(full, "._");
}

void ml_functions_interrupt(const ml_functions *functions) {
  const ml_plugin *plugin = functions ? functions__loaded_plugin() : NULL;
  if (plugin && plugin->interrupt) plugin->interrupt();
}

void functions__drop_from(ml_functions *functions, size_t n) {
  while (functions->n > n) free_entry(functions->entries[--functions->n]);
}

/* ---- adding ---------------------------------------------------------------------------------- */

/* Room for one more element of `size` bytes. */
static bool grow(void *elements, size_t *capacity, size_t n, size_t size) {
  void **at = elements;
  if (n < *capacity) return true;
  size_t more = *capacity ? 2 * *capacity : 8;
  void *grown = reallocarray(*at, more, size);
  if (!grown) return false;
  *at = grown;
  *capacity = more;
  return true;
}

static function_entry *find_full(const ml_functions *functions, const char *full) {
  for (size_t i = 0; i < functions->n; i++)
    if (strcmp(functions->entries[i]->full, full) == 0) return functions->entries[i];
  return NULL;
}

static function_entry *make_entry(const char *module, const ml_function *function) {
  function_entry *entry = calloc(1, sizeof *entry);
  if (!entry) return NULL;
  entry->function = *function;
  entry->n_module = strlen(module);
  entry->function.doc = strdup(function->doc ? function->doc : "");
  if (asprintf(&entry->full, "%s.%s", module, function->name) < 0) entry->full = NULL;
  if (!entry->function.doc || !entry->full) {
    free_entry(entry);
    return NULL;
  }
  entry->function.name = entry->full + entry->n_module + 1;
  return entry;
}

/* Names are shown, typed and sent: letters, digits and '_', and '.' between the parts of a
 * module's. Those of Python may have letters beyond ASCII. */
static bool is_name(const char *name, bool with_points) {
  if (!name || !*name || (*name >= '0' && *name <= '9') || strlen(name) > 200 ||
      !utf8__is_text(name, strlen(name)))
    return false;
  for (const unsigned char *s = (const unsigned char *)name; *s; s++) {
    bool is_letter = (*s >= 'a' && *s <= 'z') || (*s >= 'A' && *s <= 'Z') || *s >= 0x80;
    bool is_point = with_points && *s == '.' && s[1] && s[1] != '.' && s != (const void *)name;
    if (!is_letter && !is_point && *s != '_' && !(*s >= '0' && *s <= '9')) return false;
  }
  return true;
}

/* A function of the same name is replaced where it is: it was found by name and will be again. */
static ml_status put_function(ml_functions *functions, const char *module,
                              const ml_function *function, ml_error *err) {
  function_entry *entry = make_entry(module, function);
  if (!entry) return ml_error_memory(err);
  function_entry *there = find_full(functions, entry->full);
  if (there) {
    function_entry old = *there;
    *there = *entry;
    *entry = old;
    free_entry(entry);
    return ML_OK;
  }
  if (!grow(&functions->entries, &functions->capacity, functions->n, sizeof entry)) {
    free_entry(entry);
    return ml_error_memory(err);
  }
  functions->entries[functions->n++] = entry;
  return ML_OK;
}

/* What a module in C was loaded from, or NULL when there is none of that name. */
static const char *source_of(const ml_functions *functions, const char *module) {
  for (size_t i = 0; i < functions->n_sources; i++)
    if (strcmp(functions->sources[i].module, module) == 0) return functions->sources[i].what;
  return NULL;
}

static ml_status check_name(const ml_functions *functions, const char *module,
                            const ml_function *function, ml_error *err) {
  if (!is_name(module, true))
    return ml_error_set(err, ML_ERR_USAGE, "'%.60s' is no name for a module", module ? module : "");
  if (!is_name(function->name, false))
    return ml_error_set(err, ML_ERR_USAGE, "module '%s': '%.60s' is no name for a function", module,
                        function->name ? function->name : "");
  if (function->doc && !utf8__is_text(function->doc, strlen(function->doc)))
    return ml_error_set(err, ML_ERR_USAGE, "module '%s': the doc of function '%s' is no UTF-8",
                        module, function->name);
  const char *source = source_of(functions, module);
  if (source)
    return ml_error_set(err, ML_ERR_USAGE, "module '%s' is loaded already, from '%s'", module,
                        source);
  return ML_OK;
}

ml_status ml_functions_add(ml_functions *functions, const char *module, const ml_function *function,
                           ml_error *err) {
  ml_status status = check_name(functions, module, function, err);
  return status == ML_OK ? put_function(functions, module, function, err) : status;
}

ml_status functions__learn(ml_functions *functions, const char *full, const char *point,
                           const char *doc, ml_error *err) {
  if (find_full(functions, full)) return ML_OK;
  char *module = strndup(full, (size_t)(point - full));
  if (!module) return ml_error_memory(err);
  const ml_function function = {.name = point + 1, .doc = doc};
  ml_status status = ml_functions_add(functions, module, &function, err);
  free(module);
  return status;
}

/* ---- modules --------------------------------------------------------------------------------- */

const function_source *functions__find_source(const ml_functions *functions, const char *what) {
  for (size_t i = 0; i < functions->n_sources; i++)
    if (strcmp(functions->sources[i].what, what) == 0) return &functions->sources[i];
  return NULL;
}

ml_status functions__add_source(ml_functions *functions, const char *what, const char *module,
                                void *handle, ml_error *err) {
  function_source source = {.what = strdup(what), .module = strdup(module), .handle = handle};
  if (!source.what || !source.module ||
      !grow(&functions->sources, &functions->sources_capacity, functions->n_sources,
            sizeof source)) {
    free(source.what);
    free(source.module);
    return ml_error_memory(err);
  }
  functions->sources[functions->n_sources++] = source;
  return ML_OK;
}

static ml_status check_module(const ml_functions *functions, const ml_module *module,
                              ml_error *err) {
  if (module->n_functions > 0 && !module->functions)
    return ml_error_set(err, ML_ERR_USAGE, "module '%s' has no table of its functions",
                        module->name);
  for (size_t i = 0; i < module->n_functions; i++) {
    const ml_function *function = &module->functions[i];
    ml_status status = check_name(functions, module->name, function, err);
    if (status != ML_OK) return status;
    if (!function->call && !function->chunk)
      return ml_error_set(err, ML_ERR_USAGE, "module '%s': function '%s' has no code", module->name,
                          function->name);
    for (size_t j = 0; j < i; j++)
      if (strcmp(module->functions[j].name, function->name) == 0)
        return ml_error_set(err, ML_ERR_USAGE, "module '%s' has function '%s' twice", module->name,
                            function->name);
  }
  for (size_t i = 0; i < functions->n; i++) {
    const function_entry *entry = functions->entries[i];
    if (strlen(module->name) == entry->n_module &&
        memcmp(module->name, entry->full, entry->n_module) == 0)
      return ml_error_set(err, ML_ERR_USAGE, "another module '%s' is loaded already", module->name);
  }
  return ML_OK;
}

ml_status functions__add_module(ml_functions *functions, const ml_module *module, const char *what,
                                void *handle, ml_error *err) {
  size_t n = functions->n;
  ml_status status = ML_OK;
  if (!is_name(module->name, true))
    return ml_error_set(err, ML_ERR_USAGE, "'%.60s' is no name for a module",
                        module->name ? module->name : "");
  if (source_of(functions, module->name))
    return ml_error_set(err, ML_ERR_USAGE, "module '%s' is loaded already, from '%s'", module->name,
                        source_of(functions, module->name));
  status = check_module(functions, module, err);
  for (size_t i = 0; i < module->n_functions && status == ML_OK; i++)
    status = put_function(functions, module->name, &module->functions[i], err);
  if (status == ML_OK) status = functions__add_source(functions, what, module->name, handle, err);
  if (status != ML_OK) functions__drop_from(functions, n);
  return status;
}

/* ---- finding --------------------------------------------------------------------------------- */

/* Number of functions of this name in any module; *out is the last. */
static size_t find_short(const ml_functions *functions, const char *name, function_entry **out) {
  size_t n = 0;
  for (size_t i = 0; i < functions->n; i++)
    if (strcmp(functions->entries[i]->function.name, name) == 0) {
      *out = functions->entries[i];
      n++;
    }
  return n;
}

/* "'a.func', 'b.func'": as many of the functions as there is room for. `name`: only these. */
static void list_names(const ml_functions *functions, const char *name, char *out, size_t size) {
  size_t used = 0, listed = 0;
  out[0] = 0;
  for (size_t i = 0; i < functions->n; i++) {
    const function_entry *entry = functions->entries[i];
    if (name ? strcmp(entry->function.name, name) != 0 : ml_function_is_internal(entry->full))
      continue;
    if (used + strlen(entry->full) + sizeof ", '', ..." > size || (!name && listed == 6)) {
      snprintf(out + used, size - used, ", ...");
      return;
    }
    used += (size_t)snprintf(out + used, size - used, "%s'%s'", listed ? ", " : "", entry->full);
    listed++;
  }
}

static const char *nearest_name(const ml_functions *functions, const char *name) {
  ml_nearest nearest = ml_nearest_to(name);
  for (size_t i = 0; i < functions->n; i++) {
    const char *full = functions->entries[i]->full;
    if (ml_function_is_internal(full)) continue;
    ml_nearest_try(&nearest, full, strlen(full));
  }
  if (nearest.name) return nearest.name;
  for (size_t i = 0; i < functions->n; i++) {
    const function_entry *entry = functions->entries[i];
    if (ml_function_is_internal(entry->full)) continue;
    size_t before = nearest.distance;
    ml_nearest_try(&nearest, entry->function.name, strlen(entry->function.name));
    if (nearest.distance < before) nearest.name = entry->full;
  }
  return nearest.name;
}

ml_status functions__missing(const ml_functions *functions, const char *name, const char *where,
                             const char *advice, ml_error *err) {
  function_entry *entry;
  char list[300] = "";
  const char *nearest = functions ? nearest_name(functions, name) : NULL;
  if (functions && find_short(functions, name, &entry) > 1) {
    list_names(functions, name, list, sizeof list);
    return ml_error_set(err, ML_ERR_USAGE, "function '%s' is in several modules: %s", name, list);
  }
  if (nearest)
    return ml_error_set(err, ML_ERR_USAGE, "function '%.100s' is not loaded%s (did you mean '%s'?)",
                        name, where, nearest);
  if (functions) list_names(functions, NULL, list, sizeof list);
  return ml_error_set(err, ML_ERR_USAGE, "function '%.100s' is not loaded%s%s%s%s%s", name, where,
                      advice, list[0] ? " (loaded: " : "", list, list[0] ? ")" : "");
}

ml_status ml_functions_find(const ml_functions *functions, const char *name,
                            const ml_function **out, const char **full, ml_error *err) {
  function_entry *entry = find_full(functions, name);
  if (!entry && find_short(functions, name, &entry) != 1)
    return functions__missing(functions, name, "", "", err);
  *out = &entry->function;
  if (full) *full = entry->full;
  return ML_OK;
}

ml_status functions__failed(const char *full, const ml_error *said, ml_error *err) {
  if (!said->message[0])
    return ml_error_set(err, ML_ERR_FUNCTION, "function '%s' failed and does not say why", full);
  return ml_error_at(err, ML_ERR_FUNCTION, said->source, said->line, said->column, "%s",
                     said->message);
}
