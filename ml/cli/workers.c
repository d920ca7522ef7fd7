/* SPDX-License-Identifier: GPL-3.0-or-later */
/* -s and -p: the pool of a command. */
#include "cli.h"

#include <inttypes.h>

ml_status cli__check_workers(const cli_workers *workers, ml_error *err) {
  if (workers->port.given && !workers->n.given)
    return ml_error_set(err, ML_ERR_USAGE,
                        "port %ld without workers: say how many with -s N, or -s auto",
                        workers->port.value);
  if (workers->n.value > 0 && !workers->port.given) /* kdb+'s words */
    return ml_error_set(err, ML_ERR_USAGE,
                        "set port to multiprocess (-p PORT, or -p 0 for any free port)");
  return ML_OK;
}

ml_status cli__open_pool(const cli_workers *workers, const ml_watch *watch, ml_mproc **out,
                         ml_error *err) {
  *out = NULL;
  if (workers->n.value == 0) return ML_OK;
  ml_mproc_opts opts = ml_mproc_opts_default();
  opts.n_workers = (size_t)workers->n.value;
  opts.port = (int)workers->port.value;
  opts.task_timeout = workers->task_timeout;
  opts.retries = (unsigned)workers->retries.value;
  opts.watch = watch;
  return ml_mproc_open(&opts, out, err);
}

void cli__note_port(cli_call *cli, const cli_workers *workers, const ml_mproc *pool) {
  if (pool && workers->port.value == 0) cli__note(cli, "port %d", ml_mproc_port(pool));
}

void cli__pool_details(cli_call *cli, const ml_mproc *pool) {
  if (!pool) return;
  ml_mproc_stats stats = ml_mproc_get_stats(pool);
  cli__detail(cli,
              "pool: port %d, %" PRIu64 " workers started, %" PRIu64 " lost; %" PRIu64
              " tasks done, %" PRIu64 " given again; %" PRIu64 " connections refused",
              ml_mproc_port(pool), stats.workers_started, stats.workers_lost, stats.items_done,
              stats.items_retried, stats.connections_refused);
}
