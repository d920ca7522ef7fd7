/* SPDX-License-Identifier: GPL-3.0-or-later */
/* mltool help, and mltool version. */
#include "cli.h"

static ml_status run_help(cli_call *cli, const void *options, ml_error *err) {
  (void)options;
  const cli_command *command = &cli__top;
  ml_buf out = {0};
  if (cli->n_args > 0) command = cli__find_command(cli->args[0], err);
  if (!command) {
    cli->command = &cli__top; /* whose help lists the commands */
    return ML_ERR_USAGE;
  }
  cli__help_text(cli, command, &out);
  return cli__print(&out, err);
}

const cli_command cli__help = {
    .name = "help",
    .summary = "say what a command does, and how",
    .synopsis = "[COMMAND]",
    .description =
        "Print the help of a command, or the list of commands. 'mltool help COMMAND' "
        "and 'mltool COMMAND --help' are the same.",
    .groups = (const cli_group[]){{"Options of every command:", cli__common_opts, 0}, {0}},
    .options_size = sizeof(cli_common),
    .max_args = 1,
    .examples = (const cli_example[]){{"all about fresh", "mltool help fresh"}, {0}},
    .run = run_help};

static void json_version(ml_buf *out) {
  size_t n;
  const ml_component *components = ml_components(&n);
  ml_buf_puts(out, "{\"version\": ");
  ml_buf_json_string(out, ml_version());
  ml_buf_puts(out, ", \"build\": ");
  ml_buf_json_string(out, ml_build_id());
  ml_buf_printf(out, ", \"cpus\": %zu, \"components\": {", ml_mproc_n_cpus());
  for (size_t i = 0; i < n; i++) {
    if (i > 0) ml_buf_puts(out, ", ");
    ml_buf_json_string(out, components[i].name);
    ml_buf_puts(out, ": {\"version\": ");
    ml_buf_json_string(out, components[i].version);
    ml_buf_puts(out, ", \"detail\": ");
    ml_buf_json_string(out, components[i].detail);
    ml_buf_puts(out, "}");
  }
  ml_buf_puts(out, "}}\n");
}

static void text_version(ml_buf *out) {
  size_t n;
  const ml_component *components = ml_components(&n);
  ml_buf_printf(out, "mltool %s\n", ml_version());
  ml_buf_printf(out, "%-11s %s\n", "build", ml_build_id());
  ml_buf_printf(out, "%-11s %zu\n", "CPUs", ml_mproc_n_cpus());
  for (size_t i = 0; i < n; i++)
    ml_buf_printf(out, components[i].detail[0] ? "%-11s %s (%s)\n" : "%-11s %s\n",
                  components[i].name, components[i].version, components[i].detail);
}

static ml_status run_version(cli_call *cli, const void *options, ml_error *err) {
  (void)options;
  ml_buf out = {0};
  if (cli->common.json) {
    json_version(&out);
  } else {
    text_version(&out);
  }
  return cli__print(&out, err);
}

const cli_command cli__version = {
    .name = "version",
    .summary = "print the version and what it was built with",
    .synopsis = "[--json]",
    .description =
        "Print the version of mltool, the identity of this build, the CPUs it may use, "
        "the compiler and the libraries: what a bug report needs. 'mltool --version' "
        "is the first line alone.",
    .groups = (const cli_group[]){{"Options of every command:", cli__common_opts, 0}, {0}},
    .options_size = sizeof(cli_common),
    .examples = (const cli_example[]){{"for a program", "mltool version --json"}, {0}},
    .run = run_version};
