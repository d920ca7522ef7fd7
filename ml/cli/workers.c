/* SPDX-License-Identifier: GPL-3.0-or-later */
/* -s and -p: the pool of a command. */
#include "cli.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define HOST_MAX 255

ml_status cli__read_address(const char *text, char *host, int *port, ml_error *err) {
  const char *colon = strrchr(text, ':'), *digits = colon ? colon + 1 : text;
  size_t n = colon ? (size_t)(colon - text) : 0;
  const char *name = text;
  if (n > 1 && name[0] == '[' && name[n - 1] == ']') name++, n -= 2;
  char *end;
  long value = strtol(digits, &end, 10);
  bool is_number = digits[0] >= '0' && digits[0] <= '9' && !*end;
  if (!is_number || value < 1 || value > 65535 || (colon && n == 0) || n > HOST_MAX)
    return ml_error_set(err, ML_ERR_USAGE,
                        "option '-p' takes a port from 1 to 65535, or HOST:PORT, not '%s'", text);
  snprintf(host, HOST_MAX + 1, "%.*s", (int)n, name);
  if (!colon) strcpy(host, "127.0.0.1");
  *port = (int)value;
  return ML_OK;
}

/* What only a pool can do would quietly not be done. */
static ml_status check_lonely(const cli_workers *workers, ml_error *err) {
  const struct {
    bool given;
    const char *name;
  } lonely[] = {{workers->token_file, "token-file"},
                {workers->bind, "bind"},
                {workers->allow_remote, "allow-remote"},
                {workers->metrics_port.given, "metrics-port"},
                {workers->task_timeout > 0, "task-timeout"},
                {workers->worker_memory > 0, "worker-mem"},
                {workers->max_rss > 0, "max-rss"}};
  for (size_t i = 0; workers->n.value == 0 && i < sizeof lonely / sizeof lonely[0]; i++)
    if (lonely[i].given)
      return ml_error_set(err, ML_ERR_USAGE, "--%s without workers: say how many with -s N -p PORT",
                          lonely[i].name);
  return ML_OK;
}

ml_status cli__check_workers(const cli_workers *workers, ml_error *err) {
  if (workers->port.given && !workers->n.given)
    return ml_error_set(err, ML_ERR_USAGE,
                        "port %ld without workers: say how many with -s N, or -s auto",
                        workers->port.value);
  if (workers->n.value > 0 && !workers->port.given) /* kdb+'s words */
    return ml_error_set(err, ML_ERR_USAGE,
                        "set port to multiprocess (-p PORT, or -p 0 for any free port)");
  return check_lonely(workers, err);
}

static void note(void *ctx, const char *line) {
  size_t rank = ((cli_call *)ctx)->ranks.mpi ? ml_mpi_launched().rank : 0;
  if (rank > 0)
    cli__note_now(ctx, "rank %zu: %s", rank, line);
  else
    cli__note_now(ctx, "%s", line);
}

ml_status cli__open_own_pool(cli_call *cli, const cli_workers *workers, const ml_watch *watch,
                             ml_mproc **out, ml_error *err) {
  *out = NULL;
  if (workers->n.value == 0) return ML_OK;
  ml_mproc_opts opts = ml_mproc_opts_default();
  opts.n_workers = (size_t)workers->n.value;
  opts.port = (int)workers->port.value;
  opts.bind = workers->bind;
  opts.allow_remote = workers->allow_remote;
  opts.token_file = workers->token_file;
  opts.task_timeout = workers->task_timeout;
  opts.grace = workers->grace;
  opts.init_timeout = workers->init_timeout;
  opts.retries = (unsigned)workers->retries.value;
  opts.retry_errors = (unsigned)workers->retry_errors.value;
  opts.worker_memory = workers->worker_memory;
  opts.max_rss = workers->max_rss;
  opts.max_tasks = (uint64_t)workers->max_tasks.value;
  opts.window = (size_t)workers->window.value;
  opts.chunk = (size_t)workers->chunk.value;
  opts.threads = (int)workers->threads.value;
  if (workers->metrics_port.given) opts.metrics_port = (int)workers->metrics_port.value;
  opts.note = note;
  opts.ctx = cli;
  opts.watch = watch;
  double start = cli__now();
  ml_status status = ml_mproc_open(&opts, out, err);
  if (status == ML_OK) cli__detail(cli, "start workers: %.3f s", cli__now() - start);
  return status;
}

ml_status cli__open_pool(cli_call *cli, const cli_workers *workers, const ml_watch *watch,
                         ml_mproc **out, ml_error *err) {
  const cli_ranks *ranks = &cli->ranks;
  ml_status status = cli__open_own_pool(cli, workers, watch, out, err);
  if (status != ML_OK || !ranks->mpi) return status;
  status = ranks->plugin->lead(ranks->mpi, *out, watch, err);
  if (status == ML_OK) return ML_OK;
  ml_mproc_close(*out);
  *out = NULL;
  return status;
}

size_t cli__n_workers(const ml_mproc *pool) {
  return pool ? ml_exec_n_workers(ml_mproc_exec((ml_mproc *)pool)) : 0;
}

const char *cli__workers_used(const ml_mproc *pool, char text[CLI_WORKERS_MAX]) {
  size_t n = cli__n_workers(pool);
  text[0] = 0;
  if (pool) snprintf(text, CLI_WORKERS_MAX, " (%zu worker%s)", n, cli__plural(n));
  return text;
}

void cli__note_port(cli_call *cli, const cli_workers *workers, const ml_mproc *pool) {
  if (!pool) return;
  if (workers->port.value == 0 && !cli->ranks.has_no_port)
    cli__note_now(cli, "port %d", ml_mproc_port(pool));
  if (workers->metrics_port.given && workers->metrics_port.value == 0)
    cli__note_now(cli, "metrics at http://127.0.0.1:%d/", ml_mproc_metrics_port(pool));
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
