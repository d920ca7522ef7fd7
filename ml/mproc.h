/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A pool of worker processes behind the executor of ml/exec.h. */
#ifndef ML_MPROC_H
#define ML_MPROC_H

#include <ml/exec.h>
#include <ml/functions.h>
#include <ml/status.h>

ML_BEGIN_DECLS

typedef struct ml_mproc ml_mproc;

/* Fill with ml_mproc_opts_default(), then set what should differ. Sizes are in bytes, times in
 * seconds; 0 is no limit unless it says otherwise. Texts are borrowed for the opening only. */
typedef struct ml_mproc_opts {
  size_t n_workers;
  int port;         /* TCP port; 0 takes any free one */
  const char *bind; /* address to listen on; NULL: 127.0.0.1. Any that is not of the loopback
                       needs allow_remote and token_file */
  bool allow_remote;
  const char *token_file; /* 64 hexadecimal digits, mode 0600, of this user; made if it is not
                             there. Then workers that are started by hand can join, and
                             ml_mproc_ask_status() is answered. NULL: nobody joins */
  const char *worker_exe; /* NULL: the environment's MLTOOL, else the running mltool, else the
                             installed path that was compiled in, else mltool on PATH */
  double task_timeout;    /* that one item may take; then it is asked to end early, and */
  double grace;           /* after this, too, its worker is killed (2) */
  double init_timeout;    /* for one command of ml_mproc_init() (60) */
  double suspect_after;   /* without a sign of life, though the clock runs: reported (10), */
  double silence_limit;   /* and killed (30) */
  unsigned retries;       /* times an item is tried again after its worker was lost (2) */
  unsigned retry_errors;  /* times it is tried again after the function failed (0) */
  size_t worker_memory;   /* private memory of a worker: allocations beyond it fail */
  size_t max_rss;         /* a worker that has more resident is replaced after its item */
  uint64_t max_tasks;     /* items that a worker runs before it is replaced */
  size_t window;          /* items in flight at a worker; 0: found out */
  size_t chunk;           /* items in one message; 0: found out */
  int threads;            /* for BLAS and OpenMP in each worker (1) */
  int metrics_port; /* loopback, read only: Prometheus' text at /metrics and a page at /; 0: any
                       free port, -1: none (-1) */
  /* Told of what a person should know: a worker that was lost, or does not move. May be NULL. */
  void (*note)(void *ctx, const char *line);
  void *ctx;
  /* For opening, ml_mproc_init() and ml_mproc_eval_all(); copied, so its ctx outlives the pool. May
   * be NULL. */
  const ml_watch *watch;
} ml_mproc_opts;

ML_API ml_mproc_opts ml_mproc_opts_default(void);

/**
 * Listen and start the workers. Returns when all have proved the pool's token and registered.
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

/** The executor of a pool, for ml_fresh_extract() and the like; borrowed. NULL, which is serial,
 * for NULL. */
ML_API ml_exec *ml_mproc_exec(ml_mproc *pool);

/* What is behind a pool beside its own workers: those of other machines. */
typedef struct ml_mproc_extension {
  ml_exec *exec; /* runs jobs on all of them, and on the pool's own executor */
  /* After ml_mproc_init() of the pool itself; may be NULL. */
  ml_status (*init)(void *ctx, const ml_init *commands, size_t n, ml_buf *trace, ml_error *err);
  void *ctx;
} ml_mproc_extension;

/** Have ml_mproc_exec() give extension->exec from now on. Once for each pool.
 * @param extension  copied; its exec and ctx outlive the pool */
ML_API void ml_mproc_extend(ml_mproc *pool, const ml_mproc_extension *extension);

/** The port the pool listens on. */
ML_API int ml_mproc_port(const ml_mproc *pool);

/** Process ids of the workers that are alive. @param[out] pids  room for the pool's n_workers.
 * @return how many */
ML_API size_t ml_mproc_pids(const ml_mproc *pool, long *pids);

typedef struct ml_mproc_stats {
  uint64_t items_done;
  uint64_t items_failed;  /* for good */
  uint64_t items_retried; /* given to another worker after theirs was lost */
  uint64_t workers_lost;  /* died or were killed */
  uint64_t workers_started;
  uint64_t workers_recycled;    /* replaced as planned: max_tasks, max_rss */
  uint64_t workers_joined;      /* that were started by hand */
  uint64_t connections_refused; /* garbage, wrong token, too slow, too many */
  double task_seconds;          /* that workers have spent in items */
} ml_mproc_stats;

ML_API ml_mproc_stats ml_mproc_get_stats(const ml_mproc *pool);

/**
 * Evaluate commands once on each worker, in order, and keep them: every worker that is started
 * later, in place of a lost one too, has them evaluated before its first item. Returns when all
 * have done so.
 *
 * When one fails on any worker none of these commands is kept, every worker is replaced by one
 * without them, and the error is that worker's own.
 *
 * @param[out] trace  more lines of a failure (a traceback, the worker's output); may be NULL
 *
 * @retval ML_ERR_FUNCTION, ML_ERR_USAGE, ML_ERR_IO  as the worker says
 * @retval ML_ERR_WORKER   a worker was lost in it, or has another build of the module
 * @retval ML_ERR_TIMEOUT  it took longer than init_timeout
 * @retval ML_ERR_CANCELLED
 */
ML_API ML_MUST_CHECK ml_status ml_mproc_init(ml_mproc *pool, const ml_init *commands, size_t n,
                                             ml_buf *trace, ml_error *err);

/** Call a function once on each worker. It is not kept for later ones. @param[out] out  one result
 * for each of the pool's n_workers, in the arena; may be NULL */
ML_API ML_MUST_CHECK ml_status ml_mproc_eval_all(ml_mproc *pool, const char *function,
                                                 const ml_value *arg, ml_arena *arena,
                                                 ml_value *out, ml_error *err);

/** Have n workers from now on: some are started, or some end after what they are at. */
ML_API ML_MUST_CHECK ml_status ml_mproc_resize(ml_mproc *pool, size_t n, const ml_watch *watch,
                                               ml_error *err);

/** Look after the pool for a moment: answer at the port, replace lost workers, send and receive for
 * futures. For programs that are busy with something else for long. Never waits. */
ML_API void ml_mproc_poll(ml_mproc *pool);

/** The port of opts.metrics_port; -1: none. */
ML_API int ml_mproc_metrics_port(const ml_mproc *pool);

/** Append what `mltool status --json` shows: one JSON object. */
ML_API void ml_mproc_describe(const ml_mproc *pool, ml_buf *out);

/**
 * Ask the pool of another process what it does.
 *
 * @param[out] json  the object of ml_mproc_describe() is appended
 *
 * @retval ML_ERR_IO      nobody listens there, or does not answer within 5 s; the token's file
 * @retval ML_ERR_WORKER  refused: another token, or no pool
 */
ML_API ML_MUST_CHECK ml_status ml_mproc_ask_status(const char *host, int port,
                                                   const char *token_file, ml_buf *json,
                                                   ml_error *err);

/* ---- futures: one call at a time ------------------------------------------------------------- */

typedef struct ml_future ml_future;

/**
 * Send one call to the workers, and go on. Things move only in calls of the pool's functions
 * (ml_mproc_poll() at least); a job that is started meanwhile waits for what was submitted before.
 *
 * @param arg       copied
 * @param[out] out  free it with ml_future_free(), before the pool is closed
 *
 * @retval ML_ERR_USAGE  the function is not loaded
 */
ML_API ML_MUST_CHECK ml_status ml_mproc_submit(ml_mproc *pool, const char *function,
                                               const ml_value *arg, ml_future **out, ml_error *err);

ML_API bool ml_future_is_done(const ml_future *future);

/**
 * Wait for the result.
 *
 * @param timeout   seconds; negative: as long as it takes
 * @param[out] out  in the arena
 *
 * @retval ML_ERR_TIMEOUT    it is not there yet, and may be waited for again (then
 * ml_future_is_done() is false), or it took longer than task_timeout
 * @retval ML_ERR_CANCELLED  after ml_future_cancel()
 * @return else how the function failed
 */
ML_API ML_MUST_CHECK ml_status ml_future_wait(ml_future *future, double timeout, ml_arena *arena,
                                              ml_value *out, ml_error *err);

/** Do not run it, or if it runs ask it to end early, and kill its worker when it does not within
 * `grace`. */
ML_API void ml_future_cancel(ml_future *future);
ML_API void ml_future_free(ml_future *future); /* NULL is allowed; cancels what is not done */

/** End the workers and free the pool. NULL is allowed. */
ML_API void ml_mproc_close(ml_mproc *pool);

/** CPUs this process may use: affinity and the quota of its cgroup. At least 1. */
ML_API size_t ml_mproc_n_cpus(void);

/* ---- the other side ------------------------------------------------------------------------ */

/* Exit codes of a worker; the numbers are KX's where it has them. */
typedef enum ml_worker_exit {
  ML_WORKER_DONE = 0,
  ML_WORKER_NO_PORT = 1, /* or an empty one: 2 */
  ML_WORKER_NO_CONNECTION = 3,
  ML_WORKER_NO_LIBRARY = 4,
  ML_WORKER_REFUSED = 5,
  ML_WORKER_OTHER_BUILD = 6, /* of mltool, or of a module */
  ML_WORKER_INIT_FAILED = 7,
  ML_WORKER_MEMORY = 8,
  ML_WORKER_LIFETIME = 9,     /* replaced as planned: max_tasks, max_rss */
  ML_WORKER_INTERRUPTED = 130 /* by opts.watch */
} ml_worker_exit;

typedef struct ml_worker_opts {
  const char *host; /* NULL: 127.0.0.1 */
  int port;
  const char *token_file;          /* of a worker that is started by hand; NULL: it was not */
  const ml_module *const *modules; /* what the central process may ask for by name */
  size_t n_modules;
  /* When it is cancelled the worker ends with all that it has started, in the middle of an item,
   * too: it is looked at by another thread, several times a second. May be NULL. */
  const ml_watch *watch;
} ml_worker_opts;

/** Be a worker: connect, register, run items until the central process ends the pool or dies.
 * @return an ml_worker_exit, for the exit code */
ML_API int ml_worker_run(const ml_worker_opts *opts, ml_error *err);

ML_END_DECLS
#endif
