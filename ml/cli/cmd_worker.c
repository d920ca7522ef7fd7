/* SPDX-License-Identifier: GPL-3.0-or-later */
/* mltool worker: what the central process starts. */
#include "cli.h"

#define EXIT_NO_PORT 1 /* kdb+'s worker script has this code, too */

typedef struct worker_options {
  cli_common common;
  cli_int port;
} worker_options;

static ml_status run(cli_call *cli, const void *options, ml_error *err) {
  const worker_options *o = options;
  const ml_module *modules[] = {ml_fresh_module()};
  if (!o->port.given) {
    cli->exit_code = EXIT_NO_PORT;
    return ml_error_set(err, ML_ERR_USAGE,
                        "'mltool worker' is started by 'mltool -s N -p PORT COMMAND' and serves "
                        "that run alone; it needs -p PORT");
  }
  cli__ignore_interrupt();
  ml_worker_opts opts = {.port = (int)o->port.value, .modules = modules, .n_modules = 1};
  cli->exit_code = ml_worker_run(&opts, err);
  if (cli->exit_code == 0) return ML_OK;
  return err->status != ML_OK ? err->status : ML_ERR_WORKER;
}

const cli_command cli__worker = {
    .name = "worker",
    .summary = "be a worker process; other commands start these by themselves",
    .synopsis = "-p PORT",
    .description =
        "Connect to the central process, prove that this worker belongs to its pool, and work "
        "until the pool ends. 'mltool -s N -p PORT COMMAND' starts its workers by itself and "
        "hands them a secret; a worker that is started by hand has none and is refused.",
    .groups = (const cli_group[]){{"Options:", cli__connect_opts, offsetof(worker_options, port)},
                                  {"Options of every command:", cli__common_opts, 0},
                                  {0}},
    .options_size = sizeof(worker_options),
    .exit_status =
        "0 done, 1 no port, 2 wrong usage, 3 cannot connect, 5 refused, 6 the central "
        "process is of another build.",
    .run = run};
