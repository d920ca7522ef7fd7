/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Commands that every worker evaluates: into bytes, out of bytes, and done. */
#include <string.h>

#include <ml/functions_internal.h>

/* A command in bytes is a list: */
enum {
  COMMAND_KIND,   /* integer */
  COMMAND_WHAT,   /* string */
  COMMAND_PATH,   /* LOAD of a file: its absolute path; else null */
  COMMAND_DIGEST, /* of that file: bytes; else null */
  COMMAND_DATA,   /* CALL: the argument; PICKLE: bytes; else null */
  COMMAND_N
};

static ml_value bytes_value(const void *bytes, size_t n) {
  ml_value v = ml_value_null();
  v.type = ML_TYPE_BYTES;
  v.as.s.text = bytes;
  v.as.s.n = n;
  return v;
}

ml_status ml_init_encode(const ml_init *command, ml_buf *out, ml_error *err) {
  ml_value parts[COMMAND_N] = {ml_value_int(command->kind), ml_value_string(command->what)};
  ml_value list = {.type = ML_TYPE_LIST, .as.l = {.values = parts, .n = COMMAND_N}};
  module_file file = {0};
  if (command->kind == ML_INIT_CALL) parts[COMMAND_DATA] = command->arg;
  if (command->kind == ML_INIT_PICKLE)
    parts[COMMAND_DATA] = bytes_value(command->bytes, command->n_bytes);
  if (command->kind == ML_INIT_LOAD && module__is_file(command->what)) {
    ml_status status = module__read_file(command->what, &file, err);
    if (status != ML_OK) return status;
    parts[COMMAND_PATH] = ml_value_string(file.path);
    parts[COMMAND_DIGEST] = bytes_value(file.digest, sizeof file.digest);
  }
  ml_status status = ml_value_encode(&list, NULL, 0, out, err);
  module__release_file(&file);
  return status;
}

/* ---- doing one ------------------------------------------------------------------------------- */

static ml_status call(ml_functions *functions, const char *name, const ml_value *arg,
                      ml_arena *arena, ml_value *out, ml_buf *trace, ml_error *err) {
  const ml_function *function;
  const char *full;
  ml_error said = {0};
  ml_status status = ml_functions_find(functions, name, &function, &full, err);
  if (status != ML_OK) return status;
  if (!function->call)
    return ml_error_set(err, ML_ERR_USAGE, "function '%s' takes no values", full);
  ml_call context = {.arena = arena, .trace = trace, .ctx = function->ctx};
  *out = ml_value_null();
  if (function->call(&context, arg, out, &said) == ML_OK) return ML_OK;
  return functions__failed(full, &said, err);
}

static ml_status unpickle(ml_functions *functions, const ml_init *command, ml_buf *trace,
                          ml_error *err) {
  const ml_plugin *plugin;
  size_t n = functions->n;
  ml_status status = functions__plugin("Python modules", &plugin, err);
  if (status == ML_OK)
    status =
        plugin->unpickle(functions, command->what, command->bytes, command->n_bytes, trace, err);
  if (status != ML_OK) functions__drop_from(functions, n);
  return status;
}

ml_status ml_functions_init(ml_functions *functions, const ml_init *command, ml_arena *arena,
                            ml_value *out, ml_buf *trace, ml_error *err) {
  ml_value result;
  switch (command->kind) {
    case ML_INIT_LOAD:
      return ml_functions_load(functions, command->what, trace, err);
    case ML_INIT_PICKLE:
      return unpickle(functions, command, trace, err);
    case ML_INIT_CALL:
      return call(functions, command->what, &command->arg, arena, out ? out : &result, trace, err);
  }
  return ml_error_set(err, ML_ERR_USAGE, "no such command");
}

/* ---- one that came in bytes ------------------------------------------------------------------ */

typedef struct received {
  ml_init command;
  const char *path;            /* NULL: not of a file */
  const unsigned char *digest; /* MODULE_DIGEST bytes */
} received;

static bool is_type(const ml_value *parts, size_t i, ml_type type) {
  return parts[i].type == type;
}

static bool read_command(const ml_value *list, received *out) {
  const ml_value *parts = list->as.l.values;
  if (list->type != ML_TYPE_LIST || list->as.l.n != COMMAND_N) return false;
  if (!is_type(parts, COMMAND_KIND, ML_TYPE_INT) || !is_type(parts, COMMAND_WHAT, ML_TYPE_STRING))
    return false;
  bool is_file = is_type(parts, COMMAND_PATH, ML_TYPE_STRING);
  bool has_data = !is_type(parts, COMMAND_DATA, ML_TYPE_NULL);
  int64_t kind = parts[COMMAND_KIND].as.i;
  if (is_file != is_type(parts, COMMAND_DIGEST, ML_TYPE_BYTES)) return false;
  if (is_file && (parts[COMMAND_DIGEST].as.s.n != MODULE_DIGEST || kind != ML_INIT_LOAD ||
                  parts[COMMAND_PATH].as.s.text[0] != '/'))
    return false;
  if (!is_file && (!is_type(parts, COMMAND_PATH, ML_TYPE_NULL) ||
                   !is_type(parts, COMMAND_DIGEST, ML_TYPE_NULL)))
    return false;
  if (kind < ML_INIT_LOAD || kind > ML_INIT_CALL || (kind == ML_INIT_LOAD && has_data))
    return false;
  if (kind == ML_INIT_PICKLE && !is_type(parts, COMMAND_DATA, ML_TYPE_BYTES)) return false;
  *out = (received){.command = {.kind = (ml_init_kind)kind,
                                .what = parts[COMMAND_WHAT].as.s.text,
                                .arg = parts[COMMAND_DATA]}};
  /* Without a digest nothing says that the file is the one that was meant. */
  if (kind == ML_INIT_LOAD && !is_file && module__is_file(out->command.what)) return false;
  if (is_file && !module__is_file(parts[COMMAND_PATH].as.s.text)) return false;
  if (kind == ML_INIT_PICKLE) {
    out->command.bytes = parts[COMMAND_DATA].as.s.text;
    out->command.n_bytes = parts[COMMAND_DATA].as.s.n;
  }
  if (is_file) {
    out->path = parts[COMMAND_PATH].as.s.text;
    out->digest = (const unsigned char *)parts[COMMAND_DIGEST].as.s.text;
  }
  return true;
}

/* The functions from number n on, each as [name, doc]. */
static ml_status list_new(const ml_functions *functions, size_t n, ml_arena *arena, ml_value *out,
                          ml_error *err) {
  ml_value *rows = ml_value_new_list(arena, functions->n - n, out);
  for (size_t i = n; rows && i < functions->n; i++) {
    const char *full;
    const ml_function *function = ml_functions_at(functions, i, &full);
    ml_value *row = ml_value_new_list(arena, 2, &rows[i - n]);
    if (!row) return ml_error_memory(err);
    row[0] = ml_value_string(full);
    row[1] = ml_value_string(function->doc);
  }
  return rows ? ML_OK : ml_error_memory(err);
}

static ml_status do_received(ml_functions *functions, const received *r, ml_arena *arena,
                             ml_value *out, ml_buf *trace, ml_error *err) {
  size_t n = functions->n;
  ml_status status;
  if (r->path)
    status = functions__load(functions, r->command.what, r->path, r->digest, trace, err);
  else
    status = ml_functions_init(functions, &r->command, arena, out, trace, err);
  if (status == ML_OK && r->command.kind != ML_INIT_CALL)
    status = list_new(functions, n, arena, out, err);
  return status;
}

ml_status ml_functions_init_encoded(ml_functions *functions, const void *bytes, size_t n,
                                    ml_buf *out, ml_buf *trace, ml_error *err) {
  ml_arena *arena = ml_arena_new();
  ml_value list, result = ml_value_null();
  received r;
  ml_status status =
      arena ? ml_value_decode(bytes, n, NULL, 0, arena, &list, err) : ml_error_memory(err);
  if (status == ML_OK && !read_command(&list, &r))
    status = ml_error_set(err, ML_ERR_PARSE, "malformed command");
  if (status == ML_OK) status = do_received(functions, &r, arena, &result, trace, err);
  if (status == ML_OK) {
    status = ml_value_encode(&result, NULL, 0, out, err);
    if (status == ML_ERR_USAGE) { /* what the function of a CALL gave is no value */
      status = ML_ERR_FUNCTION;
      if (err) err->status = status;
    }
  }
  ml_arena_free(arena);
  return status;
}

/* ---- its answer ------------------------------------------------------------------------------ */

/* Add "module.name" without code, if it is not there. */
static ml_status learn(ml_functions *functions, const ml_value *row, ml_error *err) {
  const ml_value *parts = row->as.l.values;
  const char *point = NULL;
  if (row->type == ML_TYPE_LIST && row->as.l.n == 2 && is_type(parts, 0, ML_TYPE_STRING) &&
      is_type(parts, 1, ML_TYPE_STRING))
    point = strrchr(parts[0].as.s.text, '.');
  if (!point) return ml_error_set(err, ML_ERR_PARSE, "malformed list of functions");
  return functions__learn(functions, parts[0].as.s.text, point, parts[1].as.s.text, err);
}

ml_status ml_functions_learn(ml_functions *functions, const void *answer, size_t n, ml_error *err) {
  ml_arena *arena = ml_arena_new();
  ml_value list;
  ml_status status =
      arena ? ml_value_decode(answer, n, NULL, 0, arena, &list, err) : ml_error_memory(err);
  if (status == ML_OK && list.type != ML_TYPE_LIST)
    status = ml_error_set(err, ML_ERR_PARSE, "malformed list of functions");
  for (size_t i = 0; status == ML_OK && i < list.as.l.n; i++)
    status = learn(functions, &list.as.l.values[i], err);
  ml_arena_free(arena);
  return status;
}
