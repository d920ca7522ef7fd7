/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Help, all of it from the tables. */
#include "cli.h"

#include <string.h>

#define HELP_COLUMN 28 /* where the words about an option start */
#define NAME_COLUMN 12 /* where the words about a command start */

static const char usual_exit_status[] =
    "0 done, 1 failed (input or output, memory, a port in use), 2 wrong usage, 3 malformed input, "
    "4 a worker failed, 130 interrupted.";

/* "-o, --output FILE" or "    --progress[=WHEN]" */
static void opt_label(const cli_opt *opt, char *buf, size_t size) {
  char letter[5] = "    ";
  if (opt->letter) snprintf(letter, sizeof letter, "-%c, ", opt->letter);
  const char *placeholder = opt->placeholder ? opt->placeholder : "";
  const char *before = !opt->placeholder ? "" : opt->bare ? "[=" : " ";
  const char *after = opt->placeholder && opt->bare ? "]" : "";
  snprintf(buf, size, "  %s--%s%s%s%s", letter, opt->name, before, placeholder, after);
}

static void opt_help(const cli_opt *opt, ml_buf *out) {
  char label[64], words[512];
  opt_label(opt, label, sizeof label);
  size_t at = strlen(label);
  ml_buf_puts(out, label);
  if (at + 2 > HELP_COLUMN) {
    ml_buf_puts(out, "\n");
    at = 0;
  }
  snprintf(words, sizeof words, opt->fallback ? "%s (default: %s)" : "%s", opt->help,
           opt->fallback);
  cli__wrap(out, words, at, HELP_COLUMN, CLI_WIDTH);
}

static void groups_help(const cli_call *cli, const cli_command *command, ml_buf *out) {
  for (const cli_group *g = command->groups; g->title; g++) {
    ml_buf_puts(out, "\n");
    cli__heading(cli, out, g->title);
    for (const cli_opt *opt = g->opts; opt->name; opt++)
      if (!opt->is_hidden) opt_help(opt, out);
  }
}

static void examples_help(const cli_call *cli, const cli_example *example, ml_buf *out) {
  if (!example) return;
  ml_buf_puts(out, "\n");
  cli__heading(cli, out, "Examples:");
  for (; example->line; example++) {
    ml_buf_puts(out, "  # ");
    cli__wrap(out, example->what, 4, 2, CLI_WIDTH);
    ml_buf_printf(out, "  %s\n", example->line);
  }
}

static void command_help(const cli_call *cli, const cli_command *command, ml_buf *out) {
  ml_buf_printf(out, "Usage: mltool %s %s\n\n", command->name, command->synopsis);
  cli__wrap(out, command->description, 0, 0, CLI_WIDTH);
  groups_help(cli, command, out);
  examples_help(cli, command->examples, out);
  ml_buf_puts(out, "\n");
  cli__heading(cli, out, "Exit status:");
  cli__wrap(out, command->exit_status ? command->exit_status : usual_exit_status, 0, 2, CLI_WIDTH);
}

static void overview(const cli_call *cli, ml_buf *out) {
  ml_buf_printf(out, "mltool %s: %s\n\n", ml_version(), cli__top.summary);
  ml_buf_printf(out, "Usage: mltool %s\n\n", cli__top.synopsis);
  cli__heading(cli, out, "Start here:");
  for (const cli_example *e = cli__top.examples; e->line; e++) {
    ml_buf_printf(out, "  %s\n", e->line);
    cli__wrap(out, e->what, 0, 6, CLI_WIDTH);
  }
  ml_buf_puts(out, "\n");
  cli__heading(cli, out, "Commands:");
  for (size_t i = 0; cli__commands[i]; i++) {
    ml_buf_printf(out, "  %-*s", NAME_COLUMN - 2, cli__commands[i]->name);
    cli__wrap(out, cli__commands[i]->summary, NAME_COLUMN, NAME_COLUMN, CLI_WIDTH);
  }
  groups_help(cli, &cli__top, out);
  ml_buf_puts(out, "\n'mltool COMMAND --help' says more about a command.\n");
}

void cli__help_text(const cli_call *cli, const cli_command *command, ml_buf *out) {
  if (command == &cli__top) {
    overview(cli, out);
  } else {
    command_help(cli, command, out);
  }
}

/* What a shell may offer after the option: its choices, or what the value is called. */
static const char *value_words(const cli_opt *opt) {
  if (opt->choices && opt->placeholder) return opt->choices;
  return opt->placeholder ? opt->placeholder : "";
}

void cli__list_options(const cli_command *command, ml_buf *out) {
  for (const cli_group *g = command->groups; g->title; g++)
    for (const cli_opt *opt = g->opts; opt->name; opt++) {
      if (opt->is_hidden) continue;
      if (opt->letter)
        ml_buf_printf(out, "-%c\t%s\t%s\n", opt->letter, value_words(opt), opt->help);
      ml_buf_printf(out, "--%s\t%s\t%s\n", opt->name, value_words(opt), opt->help);
    }
}

void cli__list_commands(ml_buf *out) {
  for (size_t i = 0; cli__commands[i]; i++)
    ml_buf_printf(out, "%s\t%s\n", cli__commands[i]->name, cli__commands[i]->summary);
}

void cli__list_features(ml_buf *out) {
  size_t n;
  const ml_fresh_feature *const *features = ml_fresh_features(&n);
  for (size_t i = 0; i < n; i++) ml_buf_printf(out, "%s\n", features[i]->name);
}
