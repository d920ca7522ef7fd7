/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The commands, and what runs when none is named. */
#include "cli.h"

#include <string.h>
#include <unistd.h>

const cli_command *const cli__commands[] = {
    &cli__fresh,    &cli__merge,        &cli__select_command,
    &cli__roll,     &cli__xval_command, &cli__train,
    &cli__predict,  &cli__inspect,      &cli__run_command,
    &cli__split,    &cli__score,        &cli__models,
    &cli__features, &cli__peach,        &cli__status,
    &cli__worker,   &cli__help,         &cli__version,
    NULL,
};

const cli_command *cli__find_command(const char *name, ml_error *err) {
  ml_nearest nearest = ml_nearest_to(name);
  for (size_t i = 0; cli__commands[i]; i++) {
    if (strcmp(cli__commands[i]->name, name) == 0) return cli__commands[i];
    ml_nearest_try(&nearest, cli__commands[i]->name, strlen(cli__commands[i]->name));
  }
  if (nearest.name) {
    (void)ml_error_set(err, ML_ERR_USAGE, "unknown command '%s' (did you mean '%s'?)", name,
                       nearest.name);
  } else {
    (void)ml_error_set(err, ML_ERR_USAGE, "unknown command '%s'", name);
  }
  return NULL;
}

/* The overview is the answer to `mltool` alone, too, but that is a usage mistake by custom. */
static ml_status run_top(cli_call *cli, const void *options, ml_error *err) {
  (void)options;
  ml_buf out = {0};
  ml_status status = ML_OK;
  cli->common.color = cli__has_color(cli, STDERR_FILENO) ? CLI_ALWAYS : CLI_NEVER;
  cli__help_text(cli, &cli__top, &out);
  if (out.failed) {
    status = ml_error_memory(err);
  } else {
    fwrite(out.data, 1, out.n, stderr);
    cli->exit_code = ml_status_exit_code(ML_ERR_USAGE);
  }
  ml_buf_release(&out);
  return status;
}

const cli_command cli__top = {
    .summary = "machine-learning pipelines on time series",
    .synopsis = "[OPTION]... COMMAND [ARGUMENT]...",
    .groups = (const cli_group[]){{"Options of every command:", cli__common_opts, 0}, {0}},
    .options_size = sizeof(cli_common),
    .examples = (const cli_example[]){{"the features of every time series in data.csv",
                                       "mltool fresh data.csv -o features.csv"},
                                      {"the same, shared among one process for each CPU",
                                       "mltool -s auto -p 0 fresh data.csv -o features.csv"},
                                      {0}},
    .run = run_top};
