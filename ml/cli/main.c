/* SPDX-License-Identifier: GPL-3.0-or-later */
/* mltool: from the command line to an exit code. */
#include "cli.h"

#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* A standard stream that is closed would be taken by the next file that is opened. Put something
 * there that fails as the closed one would: a null device opened for the other direction. */
static void hold_standard_streams(void) {
  for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
    if (fcntl(fd, F_GETFD) < 0 && open("/dev/null", fd == STDIN_FILENO ? O_WRONLY : O_RDONLY) != fd)
      _exit(EXIT_FAILURE);
}

/* Mistakes on the command line are reported as --json says even when they come before it. */
static bool wants_json(int argc, char **argv) {
  for (int i = 1; i < argc && strcmp(argv[i], "--") != 0; i++)
    if (strcmp(argv[i], "--json") == 0) return true;
  return false;
}

/* Options that are answered instead of running the command. */
static ml_status answer(cli_call *cli, bool *is_answered, ml_error *err) {
  ml_buf out = {0};
  ml_status status = ML_OK;
  if (cli->common.help) {
    cli__help_text(cli, cli->command, &out);
  } else if (cli->common.version) {
    ml_buf_printf(&out, "mltool %s\n", ml_version());
  } else if (cli->common.list_options) {
    cli__list_options(cli->command, &out);
  } else if (cli->common.list_commands) {
    cli__list_commands(&out);
  } else if (cli->common.list_features) {
    cli__list_features(&out);
  } else if (cli->common.print_config) {
    status = cli__config_print(cli, false, &out, err);
  } else {
    return ML_OK;
  }
  *is_answered = true;
  if (status == ML_OK) return cli__print(&out, err);
  ml_buf_release(&out);
  return status;
}

/* `run FILE` is the command of the file. */
static ml_status find_command(cli_call *cli, int argc, char **argv, cli_places *at, ml_error *err) {
  ml_status status = cli__scan(argc, argv, at, &cli->command, err);
  if (status != ML_OK || at->file == argc) return status;
  status = cli__config_read(argv[at->file], &cli->config, err);
  const cli_command *command = status == ML_OK ? cli__config_command(cli->config, err) : NULL;
  if (command) cli->command = command;
  return status == ML_OK && !command ? err->status : status;
}

static ml_status run(cli_call *cli, int argc, char **argv, ml_error *err) {
  enum { OPERANDS_MAX = 8 }; /* of a file */
  cli_places at;
  bool is_answered = false;
  void *options = NULL;
  ml_status status = find_command(cli, argc, argv, &at, err);
  if (status != ML_OK) return status;

  options = calloc(1, cli->command->options_size);
  cli->args_room = (size_t)argc + OPERANDS_MAX;
  cli->args = calloc(cli->args_room, sizeof *cli->args);
  if (!options || !cli->args) {
    status = ml_error_memory(err);
    goto done;
  }
  status = cli__parse(cli, argc, argv, &at, options, err);
  if (status == ML_OK) status = answer(cli, &is_answered, err);
  if (status == ML_OK && !is_answered) status = cli__join_ranks(cli, options, &is_answered, err);
  if (status == ML_OK && !is_answered) status = cli->command->run(cli, options, err);
done:
  cli__free_options(cli->command, options);
  free(cli->args);
  free(cli->given);
  return status;
}

/* What a model of Python had to say, unless it is another failure that ends the run. */
static void add_trace(cli_call *cli, ml_status status) {
  if (cli->common.verbose && cli->details.n == 0 &&
      (status == ML_ERR_FUNCTION || status == ML_ERR_NUMERIC))
    ml_model_trace(&cli->details);
}

int main(int argc, char **argv) {
  cli_call cli = {0};
  ml_error err = {0};
  hold_standard_streams();
  signal(SIGPIPE, SIG_IGN); /* a write that fails is reported, or ends us at the end */
  signal(SIGXFSZ, SIG_IGN); /* so is one that goes beyond `ulimit -f` */
  ml_own_process();
  cli.common.json = wants_json(argc, argv);
  ml_status status = run(&cli, argc, argv, &err);
  cli__progress_clear(&cli);
  add_trace(&cli, status);
  int code = status == ML_OK ? cli.exit_code : cli__fail(&cli, status, &err);
  cli__leave_ranks(&cli);
  cli__config_free(cli.config);
  ml_buf_release(&cli.details);
  ml_buf_release(&cli.log);
  return code;
}
