/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The command line: POSIX guidelines with GNU long options, driven by the tables. */
#include "cli.h"

#include <stdlib.h>
#include <string.h>

/* An option as it was typed: "-o", "--output", "--output=x" or a letter of "-qv". */
typedef struct typed_opt {
  char letter; /* 0: a long one */
  const char *name;
  size_t n_name;
  const char *value; /* what is attached to it; NULL: nothing */
} typed_opt;

static bool is_option(const char *arg) {
  return arg[0] == '-' && arg[1] != 0;
}

/* Where operands are values, -1.5 is one: no option is a digit. */
static bool is_negative(const cli_command *command, const char *arg) {
  const char *digit = arg[1] == '.' ? arg + 2 : arg + 1;
  return command->max_args == CLI_ANY && arg[0] == '-' && *digit >= '0' && *digit <= '9';
}

static typed_opt read_long(const char *arg) {
  size_t n = strcspn(arg + 2, "=");
  return (typed_opt){.name = arg + 2, .n_name = n, .value = arg[2 + n] ? arg + 3 + n : NULL};
}

static typed_opt read_letter(const char *at) {
  return (typed_opt){.letter = at[0], .value = at[1] ? at + 1 : NULL};
}

static bool is_named(const cli_opt *opt, const typed_opt *typed) {
  if (typed->letter) return opt->letter == typed->letter;
  return strlen(opt->name) == typed->n_name && memcmp(opt->name, typed->name, typed->n_name) == 0;
}

/* Does the next argument belong to this option when nothing is attached to it? */
static bool takes_next(const cli_opt *opt) {
  return opt->kind != CLI_FLAG && !opt->bare;
}

static const cli_opt *find_opt(const cli_command *command, const typed_opt *typed,
                               const cli_group **group) {
  for (const cli_group *g = command->groups; g->title; g++)
    for (const cli_opt *opt = g->opts; opt->name; opt++)
      if (is_named(opt, typed)) {
        *group = g;
        return opt;
      }
  return NULL;
}

/* The same letter means the same in every command, so that options may stand before it. */
static const cli_opt *find_anywhere(const typed_opt *typed) {
  const cli_group *group;
  for (size_t i = 0; cli__commands[i]; i++) {
    const cli_opt *opt = find_opt(cli__commands[i], typed, &group);
    if (opt) return opt;
  }
  return NULL;
}

static void offer_options(const cli_command *command, ml_nearest *nearest) {
  for (const cli_group *g = command->groups; g->title; g++)
    for (const cli_opt *opt = g->opts; opt->name; opt++)
      if (!opt->is_hidden) ml_nearest_try(nearest, opt->name, strlen(opt->name));
}

static ml_status unknown_option(const cli_command *command, const typed_opt *typed, ml_error *err) {
  char name[64] = "", owner[80] = "";
  if (command->name) snprintf(owner, sizeof owner, "'%s' has no", command->name);
  const char *start = command->name && find_anywhere(typed) ? owner : "unknown";
  if (typed->letter)
    return ml_error_set(err, ML_ERR_USAGE, "%s option '-%c'", start, typed->letter);

  typed_opt letter = {.letter = typed->name[0]};
  snprintf(name, sizeof name, "%.*s", (int)typed->n_name, typed->name);
  if (typed->n_name == 1 && find_anywhere(&letter))
    return ml_error_set(err, ML_ERR_USAGE, "%s option '--%s' (did you mean '-%s'?)", start, name,
                        name);
  ml_nearest nearest = ml_nearest_to(name);
  offer_options(command, &nearest);
  for (size_t i = 0; command == &cli__top && cli__commands[i]; i++)
    offer_options(cli__commands[i], &nearest);
  if (!nearest.name) return ml_error_set(err, ML_ERR_USAGE, "%s option '--%s'", start, name);
  return ml_error_set(err, ML_ERR_USAGE, "%s option '--%s' (did you mean '--%s'?)", start, name,
                      nearest.name);
}

/* `-output x` would quietly be `-o utput`. */
static ml_status check_dashes(const char *arg, ml_error *err) {
  typed_opt meant = {.name = arg + 1, .n_name = strcspn(arg + 1, "=")};
  if (arg[1] == '-' || meant.n_name < 2 || !find_anywhere(&meant)) return ML_OK;
  return ml_error_set(err, ML_ERR_USAGE, "unknown option '%.*s' (did you mean '-%.*s'?)",
                      (int)meant.n_name + 1, arg, (int)meant.n_name + 1, arg);
}

/* ---- finding the command ------------------------------------------------------------------- */

/* Step over the option argv[*i], and over its value if that is the next argument. */
static ml_status skip_option(int argc, char **argv, int *i, ml_error *err) {
  const char *arg = argv[*i];
  bool is_long = arg[1] == '-';
  ml_status status = check_dashes(arg, err);
  if (status != ML_OK) return status;
  for (const char *at = arg + 1; *at; at++) {
    typed_opt typed = is_long ? read_long(arg) : read_letter(at);
    const cli_opt *opt = find_anywhere(&typed);
    if (!opt) return unknown_option(&cli__top, &typed, err);
    if (takes_next(opt) && !typed.value && *i + 1 < argc) ++*i;
    if (is_long || takes_next(opt)) break;
  }
  return ML_OK;
}

/* The first argument from argv[*i] on that is no option; argc when there is none. */
static ml_status find_operand(int argc, char **argv, int *i, ml_error *err) {
  while (*i < argc && is_option(argv[*i]) && strcmp(argv[*i], "--") != 0) {
    ml_status status = skip_option(argc, argv, i, err);
    if (status != ML_OK) return status;
    ++*i;
  }
  if (*i < argc && strcmp(argv[*i], "--") == 0) ++*i;
  if (*i > argc) *i = argc;
  return ML_OK;
}

ml_status cli__scan(int argc, char **argv, cli_places *at, const cli_command **command,
                    ml_error *err) {
  int i = 1;
  *command = &cli__top;
  *at = (cli_places){argc, argc};
  ml_status status = find_operand(argc, argv, &i, err);
  if (status != ML_OK) return status;
  at->command = i;
  if (i >= argc) return ML_OK;
  const cli_command *found = cli__find_command(argv[i], err);
  if (!found) return ML_ERR_USAGE;
  *command = found;
  if (found != &cli__run_command) return ML_OK;
  i++;
  status = find_operand(argc, argv, &i, err);
  at->file = i;
  return status;
}

/* ---- reading the options ------------------------------------------------------------------- */

typedef struct parser {
  cli_call *cli;
  char **argv;
  int argc, i;
  const cli_places *skip;
  void *options;
  ml_error *err;
} parser;

static bool is_skipped(const parser *p, int i) {
  return i == p->skip->command || i == p->skip->file;
}

/* A value of its own may begin with a minus only where that is a number: `-o -q` is a slip. */
static ml_status next_value(parser *p, const cli_opt *opt, const char *typed, const char **value) {
  int next = p->i + 1;
  while (is_skipped(p, next)) next++;
  if (next >= p->argc)
    return ml_error_set(p->err, ML_ERR_USAGE, "option '%s' needs a value (%s)", typed,
                        opt->placeholder);
  bool is_number = opt->kind == CLI_INT || opt->kind == CLI_REAL || opt->kind == CLI_WORKERS;
  bool has_digit = is_option(p->argv[next]) && p->argv[next][1] >= '0' && p->argv[next][1] <= '9';
  if (is_option(p->argv[next]) && !(is_number && has_digit))
    return ml_error_set(p->err, ML_ERR_USAGE,
                        "option '%s' needs a value (%s), not '%s'; write --%s=VALUE for one that "
                        "begins with a minus",
                        typed, opt->placeholder, p->argv[next], opt->name);
  *value = p->argv[next];
  p->i = next;
  return ML_OK;
}

/* @param[out] took_rest  the attached text was the value */
static ml_status take(parser *p, const typed_opt *typed, bool *took_rest) {
  const cli_group *group = NULL;
  const cli_opt *opt = find_opt(p->cli->command, typed, &group);
  if (!opt) return unknown_option(p->cli->command, typed, p->err);

  char name[64];
  const char *value = typed->value;
  if (typed->letter) snprintf(name, sizeof name, "-%c", typed->letter);
  if (!typed->letter) snprintf(name, sizeof name, "--%s", opt->name);
  bool has_value = opt->kind != CLI_FLAG && opt->placeholder;
  *took_rest = has_value && value;
  if (!typed->letter && value && !has_value)
    return ml_error_set(p->err, ML_ERR_USAGE, "option '%s' takes no value", name);
  if (!*took_rest) value = opt->bare;
  if (takes_next(opt) && !*took_rest) {
    ml_status status = next_value(p, opt, name, &value);
    if (status != ML_OK) return status;
  }
  ml_status status = cli__set(opt, name, value, (char *)p->options + group->offset, p->err);
  const cli_given given = {group, opt, value, false};
  return status == ML_OK ? cli__give(p->cli, given, p->options, p->err) : status;
}

static ml_status take_option(parser *p) {
  const char *arg = p->argv[p->i];
  bool took_rest = false;
  if (arg[1] == '-') {
    typed_opt typed = read_long(arg);
    return take(p, &typed, &took_rest);
  }
  ml_status status = check_dashes(arg, p->err);
  for (const char *at = arg + 1; *at && !took_rest && status == ML_OK; at++) {
    typed_opt typed = read_letter(at);
    status = take(p, &typed, &took_rest);
  }
  return status;
}

static ml_status set_defaults(parser *p) {
  for (const cli_group *g = p->cli->command->groups; g->title; g++)
    for (const cli_opt *opt = g->opts; opt->name; opt++) {
      if (!opt->fallback) continue;
      ml_status status = cli__set(opt, NULL, opt->fallback, (char *)p->options + g->offset, p->err);
      if (status != ML_OK) return status;
    }
  return ML_OK;
}

/* Operands of the command line take the place of all that a file has. */
static void take_operand(parser *p, const char *arg, bool *is_first) {
  if (*is_first) p->cli->n_args = 0;
  *is_first = false;
  p->cli->args[p->cli->n_args++] = arg;
}

ml_status cli__parse(cli_call *cli, int argc, char **argv, const cli_places *at, void *options,
                     ml_error *err) {
  parser p = {.cli = cli, .argv = argv, .argc = argc, .skip = at, .options = options, .err = err};
  const cli_command *command = cli->command;
  bool only_args = false, is_first = true;
  ml_status status = set_defaults(&p);
  if (status == ML_OK && cli->config) status = cli__config_apply(cli->config, cli, options, err);
  for (p.i = 1; p.i < argc && status == ML_OK; p.i++) {
    const char *arg = argv[p.i];
    if (is_skipped(&p, p.i)) continue;
    if (!only_args && strcmp(arg, "--") == 0) {
      only_args = true;
    } else if (!only_args && is_option(arg) && !is_negative(command, arg)) {
      status = take_option(&p);
    } else {
      take_operand(&p, arg, &is_first);
    }
  }
  bool wants_json = cli->common.json; /* also where the option comes after a mistake */
  cli->common = *(cli_common *)options;
  cli->common.json |= wants_json;
  if (status == ML_OK && cli->n_args > command->max_args && !cli->common.help)
    status =
        ml_error_set(err, ML_ERR_USAGE, "unexpected argument '%s'", cli->args[command->max_args]);
  return status;
}

void cli__free_options(const cli_command *command, void *options) {
  for (const cli_group *g = command->groups; options && g->title; g++)
    for (const cli_opt *opt = g->opts; opt->name; opt++) {
      if (opt->kind != CLI_LIST) continue;
      cli_list *list = (cli_list *)((char *)options + g->offset + opt->offset);
      free(list->items);
      *list = (cli_list){0}; /* several options may share it */
    }
  free(options);
}
