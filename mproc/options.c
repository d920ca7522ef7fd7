/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Options of a pool: what they are when nobody says, and what they may be. */
#include "mproc_internal.h"

ml_mproc_opts ml_mproc_opts_default(void) {
  return (ml_mproc_opts){.retries = 2,
                         .grace = 2,
                         .init_timeout = 60,
                         .suspect_after = 10,
                         .silence_limit = 30,
                         .threads = 1,
                         .metrics_port = -1};
}

static ml_status check_time(const char *name, double seconds, ml_error *err) {
  if (seconds >= 0) return ML_OK; /* NaN is no time either */
  return ml_error_set(err, ML_ERR_USAGE, "%s must not be negative", name);
}

static ml_status check_number(const char *name, double value, double from, double to,
                              ml_error *err) {
  if (value >= from && value <= to) return ML_OK;
  return ml_error_set(err, ML_ERR_USAGE, "%s must be %.0f to %.0f, not %.0f", name, from, to,
                      value);
}

static ml_status check_times(const ml_mproc_opts *opts, ml_error *err) {
  const struct {
    const char *name;
    double seconds;
  } times[] = {{"time of a task", opts->task_timeout},
               {"grace", opts->grace},
               {"time of an init command", opts->init_timeout},
               {"time after which a worker is suspect", opts->suspect_after},
               {"time of silence", opts->silence_limit}};
  ml_status status = ML_OK;
  for (size_t i = 0; i < sizeof times / sizeof times[0] && status == ML_OK; i++)
    status = check_time(times[i].name, times[i].seconds, err);
  return status;
}

/* Whoever reaches an address of a network can try the token, and sees what is sent. */
static ml_status check_bind(const ml_mproc_opts *opts, ml_error *err) {
  address at;
  if (!address__parse(opts->bind, opts->port, &at))
    return ml_error_set(err, ML_ERR_USAGE, "address to listen on must be an IP address, not '%s'",
                        opts->bind);
  if (address__is_loopback(&at) || (opts->allow_remote && opts->token_file)) return ML_OK;
  return ml_error_set(err, ML_ERR_USAGE,
                      "listening on %s lets other machines connect: that needs both "
                      "--allow-remote and --token-file",
                      opts->bind);
}

ml_status options__check_n(size_t n_workers, ml_error *err) {
  return check_number("number of workers", (double)n_workers, 1, WORKERS_MAX, err);
}

ml_status options__check(const ml_mproc_opts *opts, ml_error *err) {
  ml_status status = options__check_n(opts->n_workers, err);
  if (status == ML_OK) status = check_number("port", opts->port, 0, 65535, err);
  if (status == ML_OK) status = check_number("threads of a worker", opts->threads, 1, 65535, err);
  if (status == ML_OK)
    status = check_number("port for metrics", opts->metrics_port < 0 ? 0 : opts->metrics_port, 0,
                          65535, err);
  if (status == ML_OK) status = check_times(opts, err);
  if (status == ML_OK) status = check_bind(opts, err);
  return status;
}
