/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the tests of the pool share. */
#ifndef TESTS_POOL_SUPPORT_H
#define TESTS_POOL_SUPPORT_H

#include "pool_tasks.h"
#include "support.h"

/* Options for n of the test's workers at any free port. */
static inline ml_mproc_opts test_opts(size_t n) {
  ml_mproc_opts opts = ml_mproc_opts_default();
  opts.n_workers = n;
  opts.worker_exe = POOL_WORKER;
  return opts;
}

static inline ml_mproc *open_pool(ml_mproc_opts opts) {
  ml_mproc *pool = NULL;
  ml_error err = {0};
  if (ml_mproc_open(&opts, &pool, &err) != ML_OK) fail_msg("cannot open a pool: %s", err.message);
  return pool;
}

/* Run a job that must succeed, with the results 2 * value. */
static inline void expect_doubles(ml_mproc *pool, acts *a, const ml_job *job) {
  ml_error err = {0};
  a->n_taken = 0;
  if (ml_exec_run(ml_mproc_exec(pool), job, &err) != ML_OK) fail_msg("job failed: %s", err.message);
  assert_int_equal(a->n_taken, a->n);
  for (size_t i = 0; i < a->n; i++)
    expect_same("result of an item", a->results[i], 2 * a->acts[i].value);
}

/* The pool is as good as new. */
static inline void expect_usable(ml_mproc *pool) {
  acts a = acts_new(50);
  ml_job job = acts_job(&a);
  expect_doubles(pool, &a, &job);
  acts_free(&a);
}

#endif
