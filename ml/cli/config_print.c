/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What was given for a command, and the same as a file that 'mltool run' reads. */
#include "config.h"

#include <stdlib.h>
#include <string.h>

/* ---- what was given -------------------------------------------------------------------------- */

static void *field_of(const cli_given *given, void *options) {
  return (char *)options + given->group->offset + given->opt->offset;
}

/* What the command line says of a list takes the place of all that the file says of it. */
static void drop_items(const cli_opt *opt, cli_list *list) {
  size_t n = 0;
  for (size_t i = 0; i + 1 < list->n; i++) /* the last is the new one */
    if (list->items[i].opt != opt) list->items[n++] = list->items[i];
  if (list->n > 0) list->items[n++] = list->items[list->n - 1];
  list->n = n;
}

static bool is_replaced(const cli_given *old, const cli_given *by, void *options) {
  if (by->opt->kind == CLI_LIST) return old->opt == by->opt && old->is_of_file && !by->is_of_file;
  return old->opt->kind != CLI_LIST && field_of(old, options) == field_of(by, options);
}

ml_status cli__give(cli_call *cli, cli_given given, void *options, ml_error *err) {
  cli_given *more = reallocarray(cli->given, cli->n_given + 1, sizeof *more);
  if (!more) return ml_error_memory(err);
  cli->given = more;
  size_t n = 0;
  for (size_t i = 0; i < cli->n_given; i++)
    if (!is_replaced(&more[i], &given, options)) more[n++] = more[i];
  if (n < cli->n_given && given.opt->kind == CLI_LIST)
    drop_items(given.opt, field_of(&given, options));
  more[n] = given;
  cli->n_given = n + 1;
  return ML_OK;
}

/* ---- as a file ------------------------------------------------------------------------------- */

typedef struct writer {
  const cli_call *cli;
  ml_buf *out;
  ml_error *err;
} writer;

/* JSON has no bytes but those of UTF-8; file names may. */
static ml_status put_text(const writer *w, const char *key, const char *text) {
  bool is_text;
  ml_status status = config__is_text(text, &is_text, w->err);
  if (status == ML_OK && !is_text)
    status = ml_error_set(w->err, ML_ERR_USAGE,
                          "what is given for '%s' is not UTF-8: no file can say it", key);
  if (status == ML_OK) ml_buf_json_string(w->out, text);
  return status;
}

static void put_key(const writer *w, const char *key) {
  ml_buf_printf(w->out, ",\n  \"%s\": ", key);
}

/* The value of one option; it has been checked when it was set. */
static ml_status put_value(const writer *w, const cli_given *g) {
  const cli_opt *opt = g->opt;
  const char *text = g->value, *end = text ? text + strlen(text) : NULL;
  double number;
  const bool is_counted = opt->kind == CLI_INT || opt->kind == CLI_WORKERS;
  if (opt->kind == CLI_FLAG || (opt->kind == CLI_CHOICE && !opt->placeholder)) {
    ml_buf_puts(w->out, "true");
  } else if (is_counted && strcmp(text, "auto") != 0) {
    ml_buf_printf(w->out, "%ld", strtol(text, NULL, 10));
  } else if (opt->kind == CLI_REAL && ml_number_parse(text, end, &number) == end) {
    ml_buf_number(w->out, number);
  } else {
    return put_text(w, opt->name, text);
  }
  return ML_OK;
}

static ml_status put_list(const writer *w, const cli_opt *opt) {
  const char *comma = "";
  ml_status status = ML_OK;
  ml_buf_puts(w->out, "[");
  for (size_t i = 0; i < w->cli->n_given && status == ML_OK; i++) {
    if (w->cli->given[i].opt != opt) continue;
    ml_buf_puts(w->out, comma);
    status = put_text(w, opt->name, w->cli->given[i].value);
    comma = ", ";
  }
  ml_buf_puts(w->out, "]");
  return status;
}

/* The operands from one on, which the last name stands for. */
static ml_status put_files(const writer *w, const char *name, size_t first) {
  ml_status status = ML_OK;
  ml_buf_puts(w->out, "[");
  for (size_t i = first; i < w->cli->n_args && status == ML_OK; i++) {
    ml_buf_puts(w->out, i > first ? ", " : "");
    status = put_text(w, name, w->cli->args[i]);
  }
  ml_buf_puts(w->out, "]");
  return status;
}

static ml_status put_option(const writer *w, const cli_group *group, const cli_opt *opt) {
  for (size_t i = 0; i < w->cli->n_given; i++) {
    const cli_given *g = &w->cli->given[i];
    if (g->group != group || g->opt != opt || opt->is_answer) continue;
    put_key(w, opt->name);
    return opt->kind == CLI_LIST ? put_list(w, opt) : put_value(w, g);
  }
  return ML_OK;
}

/* Options of how a command is run: what it computes does not depend on them. */
static bool is_manner(const cli_group *group) {
  return group->opts == cli__worker_opts || group->opts == cli__common_opts ||
         group->opts == cli__folder_opts;
}

static bool is_among(const cli_group *group, const cli_opt *const *list) {
  while (*list && *list != group->opts) list++;
  return *list != NULL;
}

ml_status cli__config_options(const cli_call *cli, const cli_opt *const *without, ml_buf *out,
                              ml_error *err) {
  const writer w = {cli, out, err};
  ml_status status = ML_OK;
  for (const cli_group *g = cli->command->groups; g->title; g++) {
    if (is_manner(g) || is_among(g, without)) continue;
    for (const cli_opt *opt = g->opts; opt->name && status == ML_OK; opt++)
      status = put_option(&w, g, opt);
  }
  return status;
}

ml_status cli__config_print(const cli_call *cli, bool is_of_folder, ml_buf *out, ml_error *err) {
  const writer w = {cli, out, err};
  const cli_command *command = cli->command;
  ml_status status = ML_OK;
  ml_buf_printf(out, "{\n  \"schema\": %d,\n  \"command\": \"%s\"", CONFIG_SCHEMA, command->name);
  for (size_t i = 0; i < cli->n_args && command->operands[i] && status == ML_OK; i++) {
    put_key(&w, command->operands[i]);
    status = command->operands[i + 1] || cli->n_args == i + 1
                 ? put_text(&w, command->operands[i], cli->args[i])
                 : put_files(&w, command->operands[i], i);
  }
  for (const cli_group *g = command->groups; g->title; g++) {
    if (is_of_folder && is_manner(g)) continue;
    for (const cli_opt *opt = g->opts; opt->name && status == ML_OK; opt++)
      status = put_option(&w, g, opt);
  }
  ml_buf_puts(out, "\n}\n");
  return status;
}
