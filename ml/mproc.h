/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A pool of worker processes behind the executor of ml/exec.h. */
#ifndef ML_MPROC_H
#define ML_MPROC_H

#include <ml/exec.h>
#include <ml/status.h>

ML_BEGIN_DECLS

typedef struct ml_mproc ml_mproc;

/* Fill with ml_mproc_opts_default(), then set what should differ. */
typedef struct ml_mproc_opts {
  size_t n_workers;
  int port;               /* TCP port on 127.0.0.1; 0 takes any free one */
  const char *worker_exe; /* NULL: the environment's MLTOOL, else the running mltool, else the
                             installed path that was compiled in, else mltool on PATH */
  double task_timeout;   /* seconds that one item may take, 0 for ever; then its worker is killed */
  unsigned retries;      /* times an item is tried again after its worker was lost (2) */
  const ml_watch *watch; /* for opening; may be NULL */
} ml_mproc_opts;

ML_API ml_mproc_opts ml_mproc_opts_default(void);

/**
 * Listen on 127.0.0.1 and start the workers. Returns when all have proved the pool's token and
 * registered.
 *
 * @param[out] out  close it with ml_mproc_close(). Not written on failure.
 *
 * @retval ML_ERR_IO      the port is in use, or not allowed
 * @retval ML_ERR_WORKER  workers cannot be started, or are of another build
 * @retval ML_ERR_USAGE   no workers asked for, port out of range
 * @retval ML_ERR_MEMORY, ML_ERR_CANCELLED
 */
ML_API ML_MUST_CHECK ml_status ml_mproc_open(const ml_mproc_opts *opts, ml_mproc **out,
                                             ml_error *err);

/** The executor of a pool, for ml_fresh_extract() and the like; borrowed. */
ML_API ml_exec *ml_mproc_exec(ml_mproc *pool);

/** The port the pool listens on. */
ML_API int ml_mproc_port(const ml_mproc *pool);

/** Process ids of the workers that are alive. @param[out] pids  room for the pool's n_workers.
 * @return how many */
ML_API size_t ml_mproc_pids(const ml_mproc *pool, long *pids);

typedef struct ml_mproc_stats {
  uint64_t items_done;
  uint64_t items_retried; /* given to another worker after theirs was lost */
  uint64_t workers_lost;  /* died or were killed */
  uint64_t workers_started;
  uint64_t connections_refused; /* garbage, wrong token, too slow, too many */
} ml_mproc_stats;

ML_API ml_mproc_stats ml_mproc_get_stats(const ml_mproc *pool);

/** End the workers and free the pool. NULL is allowed. */
ML_API void ml_mproc_close(ml_mproc *pool);

/** CPUs this process may use: affinity and the quota of its cgroup. At least 1. */
ML_API size_t ml_mproc_n_cpus(void);

/* ---- the other side ------------------------------------------------------------------------ */

typedef struct ml_worker_opts {
  int port;
  const ml_module *const *modules; /* what the central process may ask for by name */
  size_t n_modules;
} ml_worker_opts;

/**
 * Be a worker: connect, register, run items until the central process ends the pool or dies.
 *
 * @return the exit code for the process: 0 done, 3 cannot connect, 5 refused, 6 another build
 */
ML_API int ml_worker_run(const ml_worker_opts *opts, ml_error *err);

ML_END_DECLS
#endif
