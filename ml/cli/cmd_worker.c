/* SPDX-License-Identifier: GPL-3.0-or-later */
/* mltool worker: what the central process starts. */
#include "cli.h"

typedef struct worker_options {
  cli_common common;
  cli_connect to;
} worker_options;

static ml_status run(cli_call *cli, const void *options, ml_error *err) {
  const worker_options *o = options;
  const ml_module *modules[] = {ml_fresh_module(), ml_xval_module(), ml_peach_module()};
  char host[256];
  int port;
  if (!o->to.address) {
    cli->exit_code = ML_WORKER_NO_PORT;
    return ml_error_set(err, ML_ERR_USAGE,
                        "'mltool worker' is started by 'mltool -s N -p PORT COMMAND', or by hand "
                        "with the port and --token-file of such a run; it needs -p PORT");
  }
  ml_status status = cli__read_address(o->to.address, host, &port, err);
  if (status != ML_OK) return status;
  ml_worker_opts opts = {.host = host,
                         .port = port,
                         .token_file = o->to.token_file,
                         .modules = modules,
                         .n_modules = sizeof modules / sizeof modules[0]};
  ml_watch watch = cli__watch(cli);
  if (o->to.token_file) {
    cli__catch_signals();
    opts.watch = &watch;
  } else {
    cli__ignore_interrupt(); /* it is for the central process */
  }
  cli->exit_code = ml_worker_run(&opts, err);
  if (cli->exit_code == ML_WORKER_DONE || cli->exit_code == ML_WORKER_LIFETIME) return ML_OK;
  return err->status != ML_OK ? err->status : ML_ERR_WORKER;
}

const cli_command cli__worker = {
    .name = "worker",
    .summary = "be a worker process; other commands start these by themselves",
    .synopsis = "-p [HOST:]PORT [--token-file FILE]",
    .description =
        "Connect to the central process, prove that this worker belongs to its pool, and work "
        "until the pool ends. 'mltool -s N -p PORT COMMAND' starts its workers by itself and "
        "hands them a secret.\n\n"
        "A worker that is started by hand joins a pool that was opened with --token-file, by the "
        "secret in that file; any other is refused. It must see the same modules under the same "
        "names.",
    .groups = (const cli_group[]){{"Options:", cli__connect_opts, offsetof(worker_options, to)},
                                  {"Options of every command:", cli__common_opts, 0},
                                  {0}},
    .options_size = sizeof(worker_options),
    .exit_status =
        "0 done, 1 no port, 2 wrong usage, 3 cannot connect, 4 a library is missing, 5 refused, 6 "
        "the central process or a module is of another build, 7 a command of --load or --init "
        "failed, 8 out of memory, 9 replaced as planned, 130 interrupted.",
    .run = run};
