/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A command line as a file: its options are those of the tables, under the same names. */
#include "config.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

enum { MOST_BYTES = 16 << 20 }; /* far beyond what anybody writes */

/* ---- the tree -------------------------------------------------------------------------------- */

config_entry *config__add(cli_config *config, const char *key, config_place place) {
  const size_t n = config->n;
  if ((n & (n - 1)) == 0) { /* full, at 0, 1, 2, 4, ... */
    config_entry *more = ml_arena_alloc(config->arena, (n ? 2 * n : 1) * sizeof *more);
    if (!more) return NULL;
    if (n > 0) memcpy(more, config->entries, n * sizeof *more);
    config->entries = more;
  }
  config->entries[n] = (config_entry){.key = key, .place = place};
  return &config->entries[config->n++];
}

config_value *config__add_item(cli_config *config, config_value *list) {
  const size_t n = list->n_items;
  if ((n & (n - 1)) == 0) {
    config_value *more = ml_arena_alloc(config->arena, (n ? 2 * n : 1) * sizeof *more);
    if (!more) return NULL;
    if (n > 0) memcpy(more, list->items, n * sizeof *more);
    list->items = more;
  }
  list->items[n] = (config_value){0};
  return &list->items[list->n_items++];
}

const char *config__copy(cli_config *config, const char *text, size_t n) {
  char *copy = ml_arena_alloc(config->arena, n + 1);
  if (copy && n > 0) memcpy(copy, text, n);
  return copy;
}

/* What a string of JSON gives back unchanged. */
ml_status config__is_text(const char *text, bool *is_text, ml_error *err) {
  ml_buf json = {0};
  ml_arena *arena = ml_arena_new();
  ml_value back;
  ml_buf_json_string(&json, text);
  ml_status status = json.failed || !arena ? ml_error_memory(err) : ML_OK;
  if (status == ML_OK) status = ml_value_from_json(json.data, json.n, NULL, arena, &back, err);
  if (status == ML_OK) *is_text = strcmp(back.as.s.text, text) == 0;
  ml_buf_release(&json);
  ml_arena_free(arena);
  return status;
}

ml_status config__fail(const cli_config *config, config_place at, ml_error *err, const char *format,
                       ...) {
  char words[ML_ERROR_MESSAGE_MAX];
  va_list args;
  va_start(args, format);
  vsnprintf(words, sizeof words, format, args);
  va_end(args);
  return ml_error_at(err, ML_ERR_PARSE, config->source, at.line, at.column, "%s", words);
}

ml_status config__fail_root(const cli_config *config, config_place at, ml_error *err) {
  return config__fail(config, at, err,
                      "expected an object whose keys are \"schema\", \"command\" and the options "
                      "of the command");
}

/* ---- reading --------------------------------------------------------------------------------- */

static ml_status read_bytes(const char *path, ml_buf *text, ml_error *err) {
  ml_input *input = NULL;
  ml_status status = ml_input_open(path, NULL, &input, err);
  for (size_t n = 1; n > 0 && status == ML_OK; text->n += status == ML_OK ? n : 0) {
    enum { PART = 1 << 16 };
    char *room = ml_buf_reserve(text, PART);
    status = room ? ml_input_read(input, room, PART, &n, err) : ml_error_memory(err);
    if (status == ML_OK && text->n > MOST_BYTES)
      status = ml_error_at(err, ML_ERR_PARSE, path, 0, 0, "too long for the options of a command");
  }
  ml_input_close(input);
  ml_buf_put(text, "", 1);
  if (status == ML_OK && text->failed) status = ml_error_memory(err);
  return status;
}

/* What is no JSON object may be YAML, whatever the file is called. */
static bool is_yaml(const char *path, const char *text) {
  if (cli__ends_in(path, ".yaml") || cli__ends_in(path, ".yml")) return true;
  return cli__is_stdio(path) && text[strspn(text, " \t\r\n")] != '{';
}

ml_status config__parse(const char *text, size_t n, const char *source, bool is_yaml,
                        cli_config **out, ml_error *err) {
  cli_config *config = *out = calloc(1, sizeof *config);
  if (!config || !(config->arena = ml_arena_new())) return ml_error_memory(err);
  config->source = source;
  return is_yaml ? config__read_yaml(config, text, n, err)
                 : config__read_json(config, text, n, err);
}

ml_status cli__config_read(const char *path, cli_config **out, ml_error *err) {
  static const char mark[] = "\xEF\xBB\xBF"; /* of byte order */
  const char *source = cli__is_stdio(path) ? "standard input" : path;
  ml_buf text = {0};
  *out = NULL;
  ml_status status = read_bytes(path, &text, err);
  if (status == ML_OK) {
    const size_t n_mark = strncmp(text.data, mark, 3) == 0 ? 3 : 0;
    const char *from = text.data + n_mark;
    status = config__parse(from, text.n - 1 - n_mark, source, is_yaml(path, from), out, err);
  }
  ml_buf_release(&text);
  return status;
}

void cli__config_free(cli_config *config) {
  if (config) ml_arena_free(config->arena);
  free(config);
}

/* ---- the command ----------------------------------------------------------------------------- */

static const config_entry *find_entry(const cli_config *config, const char *key) {
  for (size_t i = 0; i < config->n; i++)
    if (strcmp(config->entries[i].key, key) == 0) return &config->entries[i];
  return NULL;
}

static ml_status check_twice(const cli_config *config, ml_error *err) {
  for (size_t i = 0; i < config->n; i++) {
    const config_entry *e = &config->entries[i], *first = find_entry(config, e->key);
    if (first != e)
      return config__fail(config, e->place, err, "\"%.60s\" is given twice, first in line %zu",
                          e->key, first->place.line);
  }
  return ML_OK;
}

static ml_status check_schema(const cli_config *config, ml_error *err) {
  const config_entry *e = find_entry(config, "schema");
  double schema = 0;
  if (!e)
    return config__fail(config, (config_place){0}, err,
                        "no \"schema\": the version of this format, which is %d", CONFIG_SCHEMA);
  const char *end = e->value.text ? e->value.text + strlen(e->value.text) : NULL;
  bool is_number =
      e->value.type == CONFIG_NUMBER && ml_number_parse(e->value.text, end, &schema) == end;
  if (is_number && schema == CONFIG_SCHEMA) return ML_OK;
  if (is_number && schema > CONFIG_SCHEMA)
    return config__fail(config, e->value.place, err,
                        "schema %.20s is of a newer mltool: this one, %s, reads up to %d",
                        e->value.text, ml_version(), CONFIG_SCHEMA);
  return config__fail(config, e->value.place, err, "\"schema\" is %d", CONFIG_SCHEMA);
}

static void put_commands(ml_buf *out) {
  const char *comma = "";
  for (size_t i = 0; cli__commands[i]; i++) {
    if (!cli__commands[i]->operands) continue;
    ml_buf_printf(out, "%s%s", comma, cli__commands[i]->name);
    comma = ", ";
  }
  ml_buf_put(out, "", 1);
}

/* @param name  NULL: there is none */
static const cli_command *fail_command(const cli_config *config, config_place at, const char *name,
                                       ml_error *err) {
  ml_buf names = {0};
  ml_nearest nearest = ml_nearest_to(name ? name : "");
  put_commands(&names);
  for (size_t i = 0; cli__commands[i]; i++)
    if (cli__commands[i]->operands)
      ml_nearest_try(&nearest, cli__commands[i]->name, strlen(cli__commands[i]->name));
  if (names.failed)
    (void)ml_error_memory(err);
  else if (!name)
    (void)config__fail(config, at, err, "no \"command\": one of %s", names.data);
  else if (nearest.name)
    (void)config__fail(config, at, err, "unknown command \"%.60s\" (did you mean \"%s\"?)", name,
                       nearest.name);
  else
    (void)config__fail(config, at, err, "\"%.60s\" is no command that a file can run: those are %s",
                       name, names.data);
  ml_buf_release(&names);
  return NULL;
}

const cli_command *cli__config_command(const cli_config *config, ml_error *err) {
  const config_entry *e = find_entry(config, "command");
  if (check_twice(config, err) != ML_OK || check_schema(config, err) != ML_OK) return NULL;
  if (!e) return fail_command(config, (config_place){0}, NULL, err);
  if (e->value.type != CONFIG_STRING) {
    (void)config__fail(config, e->value.place, err, "\"command\": expected a string");
    return NULL;
  }
  for (size_t i = 0; cli__commands[i]; i++)
    if (cli__commands[i]->operands && strcmp(cli__commands[i]->name, e->value.text) == 0)
      return cli__commands[i];
  return fail_command(config, e->value.place, e->value.text, err);
}

/* ---- options --------------------------------------------------------------------------------- */

typedef struct applying {
  const cli_config *config;
  cli_call *cli;
  char *options;
  ml_error *err;
} applying;

static const char *type_name(const config_value *v) {
  static const char *const names[] = {
      [CONFIG_NULL] = "null",       [CONFIG_BOOL] = "true or false", [CONFIG_NUMBER] = "a number",
      [CONFIG_STRING] = "a string", [CONFIG_LIST] = "a list",        [CONFIG_OBJECT] = "an object"};
  return names[v->type];
}

/* What an option takes in a file. */
typedef struct taken {
  unsigned types; /* a bit for each config_type */
  const char *words;
} taken;

static taken taken_by(const cli_opt *opt) {
  enum { BOOL = 1 << CONFIG_BOOL, NUMBER = 1 << CONFIG_NUMBER, STRING = 1 << CONFIG_STRING };
  static const taken kinds[] = {[CLI_FLAG] = {BOOL, "true or false"},
                                [CLI_TEXT] = {STRING, "a string"},
                                [CLI_INT] = {NUMBER, "a whole number"},
                                [CLI_REAL] = {NUMBER, "a number"},
                                [CLI_CHOICE] = {STRING | NUMBER, "a string"},
                                [CLI_CHAR] = {STRING, "a string"},
                                [CLI_WORKERS] = {NUMBER | STRING, "a whole number, or \"auto\""},
                                [CLI_SIZE] = {NUMBER | STRING, "a size, such as \"800M\""},
                                [CLI_LIST] = {1 << CONFIG_LIST, "a list of strings"}};
  if (opt->kind == CLI_CHOICE && !opt->placeholder) return kinds[CLI_FLAG];
  taken t = kinds[opt->kind];
  if (opt->bare) t = (taken){t.types | BOOL, "a string, or true"};
  return t;
}

static ml_status fail_type(const applying *a, const config_entry *e, const config_value *v,
                           const char *words) {
  const bool is_null = v->type == CONFIG_NULL;
  return config__fail(a->config, v->place, a->err, "\"%.60s\": expected %s, found %s%s", e->key,
                      words, type_name(v), is_null ? "; without the key it is as by default" : "");
}

/* One value, as if it had been typed; what is wrong with it has its place then. */
static ml_status set_one(const applying *a, const cli_group *group, const cli_opt *opt,
                         const config_entry *e, const config_value *v, const char *text) {
  ml_error why = {0};
  ml_status status = cli__set(opt, e->key, text, a->options + group->offset, &why);
  if (status == ML_ERR_USAGE) return config__fail(a->config, v->place, a->err, "%s", why.message);
  if (status != ML_OK) return ml_error_memory(a->err);
  return cli__give(a->cli, (cli_given){group, opt, text, true}, a->options, a->err);
}

static ml_status set_list(const applying *a, const cli_group *group, const cli_opt *opt,
                          const config_entry *e) {
  ml_status status = ML_OK;
  for (size_t i = 0; i < e->value.n_items && status == ML_OK; i++) {
    const config_value *item = &e->value.items[i];
    if (item->type != CONFIG_STRING) return fail_type(a, e, item, "strings in the list");
    status = set_one(a, group, opt, e, item, item->text);
  }
  return status;
}

static ml_status set_option(const applying *a, const cli_group *group, const cli_opt *opt,
                            const config_entry *e) {
  const taken t = taken_by(opt);
  const config_value *v = &e->value;
  if (opt->is_answer)
    return config__fail(a->config, e->place, a->err,
                        "\"%s\" is for the command line alone: it asks something in place of "
                        "running the command",
                        opt->name);
  if (!(t.types >> v->type & 1)) return fail_type(a, e, v, t.words);
  if (v->type == CONFIG_LIST) return set_list(a, group, opt, e);
  if (v->type != CONFIG_BOOL) return set_one(a, group, opt, e, v, v->text);
  return *v->text == 't' ? set_one(a, group, opt, e, v, opt->bare) : ML_OK;
}

static const cli_opt *find_option(const cli_command *command, const char *name,
                                  const cli_group **group) {
  for (const cli_group *g = command->groups; g->title; g++)
    for (const cli_opt *opt = g->opts; opt->name; opt++)
      if (strcmp(opt->name, name) == 0) {
        *group = g;
        return opt;
      }
  return NULL;
}

/* A letter is the name that it stands for; else the nearest of all keys. */
static ml_status fail_unknown(const applying *a, const config_entry *e) {
  const cli_command *command = a->cli->command;
  ml_nearest nearest = ml_nearest_to(e->key);
  const char *meant = NULL;
  for (const cli_group *g = command->groups; g->title; g++)
    for (const cli_opt *opt = g->opts; opt->name; opt++) {
      if (opt->is_answer) continue;
      if (opt->letter && e->key[0] == opt->letter && !e->key[1]) meant = opt->name;
      ml_nearest_try(&nearest, opt->name, strlen(opt->name));
    }
  for (size_t i = 0; command->operands[i]; i++)
    ml_nearest_try(&nearest, command->operands[i], strlen(command->operands[i]));
  if (!meant) meant = nearest.name;
  if (!meant)
    return config__fail(a->config, e->place, a->err,
                        "unknown key \"%.60s\": '%s' has no such "
                        "option",
                        e->key, command->name);
  return config__fail(a->config, e->place, a->err,
                      "unknown key \"%.60s\": '%s' has no such option (did you mean \"%s\"?)",
                      e->key, command->name, meant);
}

/* ---- operands -------------------------------------------------------------------------------- */

static bool is_operand(const cli_command *command, const char *key) {
  for (size_t i = 0; command->operands[i]; i++)
    if (strcmp(command->operands[i], key) == 0) return true;
  return false;
}

/* Several files in place of one. */
static ml_status set_files(const applying *a, const config_entry *e) {
  cli_call *cli = a->cli;
  const size_t n = e->value.n_items;
  const char **args = reallocarray((void *)cli->args, cli->args_room + n, sizeof *args);
  if (!args) return ml_error_memory(a->err);
  cli->args = args;
  cli->args_room += n;
  for (size_t i = 0; i < n; i++) {
    const config_value *item = &e->value.items[i];
    if (item->type != CONFIG_STRING) return fail_type(a, e, item, "strings in the list");
    args[cli->n_args++] = item->text;
  }
  return ML_OK;
}

/* In their order on a command line, none left out before another. */
static ml_status set_operands(const applying *a) {
  const char *const *names = a->cli->command->operands;
  const bool are_many = a->cli->command->max_args == CLI_MANY;
  for (size_t i = 0; names[i]; i++) {
    const config_entry *e = find_entry(a->config, names[i]);
    if (!e) continue;
    if (e->value.type == CONFIG_LIST && are_many && !names[i + 1]) return set_files(a, e);
    if (e->value.type != CONFIG_STRING)
      return fail_type(a, e, &e->value, are_many ? "a string, or a list of strings" : "a string");
    if (a->cli->n_args < i)
      return config__fail(a->config, e->place, a->err, "\"%s\" needs \"%s\"", names[i],
                          names[a->cli->n_args]);
    a->cli->args[a->cli->n_args++] = e->value.text;
  }
  return ML_OK;
}

ml_status cli__config_apply(const cli_config *config, cli_call *cli, void *options, ml_error *err) {
  const applying a = {config, cli, options, err};
  ml_status status = set_operands(&a);
  for (size_t i = 0; i < config->n && status == ML_OK; i++) {
    const config_entry *e = &config->entries[i];
    const cli_group *group = NULL;
    if (strcmp(e->key, "schema") == 0 || strcmp(e->key, "command") == 0 ||
        is_operand(cli->command, e->key))
      continue;
    const cli_opt *opt = find_option(cli->command, e->key, &group);
    status = opt ? set_option(&a, group, opt, e) : fail_unknown(&a, e);
  }
  return status;
}
