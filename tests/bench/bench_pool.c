/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the pool costs: bench_pool [WORKERS [NAME]], 2 by default; NAME: one of those
 * that count items a second. */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../mproc/mproc_internal.h"
#include "../pool_tasks.h"

static void row(const char *name, const char *unit, double value) {
  printf("%s,%s,%.6g\n", name, unit, value);
  fflush(stdout);
}

static double seconds(void) {
  return (double)mproc__now() * 1e-9;
}

static void expect_ok(ml_status status, const ml_error *err) {
  if (status == ML_OK) return;
  fprintf(stderr, "bench_pool: %s\n", err->message);
  exit(1);
}

static ml_mproc *open_pool(size_t n) {
  ml_mproc_opts opts = ml_mproc_opts_default();
  ml_mproc *pool = NULL;
  ml_error err = {0};
  opts.n_workers = n;
  opts.worker_exe = POOL_WORKER;
  opts.retries = 100;
  expect_ok(ml_mproc_open(&opts, &pool, &err), &err);
  return pool;
}

static double run_job(ml_mproc *pool, const ml_job *job, acts *a) {
  ml_error err = {0};
  a->n_taken = 0;
  double start = seconds();
  expect_ok(ml_exec_run(ml_mproc_exec(pool), job, &err), &err);
  return seconds() - start;
}

static void start_and_stop(size_t n) {
  double best[2] = {1e9, 1e9};
  for (int i = 0; i < 10; i++) {
    double start = seconds();
    ml_mproc *pool = open_pool(n);
    double ready = seconds();
    ml_mproc_close(pool);
    double closed = seconds();
    if (ready - start < best[0]) best[0] = ready - start;
    if (closed - ready < best[1]) best[1] = closed - ready;
  }
  row("start_4_workers", "ms", best[0] * 1e3);
  row("stop_4_workers", "ms", best[1] * 1e3);
}

static const char *only; /* NULL: all */

/* @param window, chunk  0: found out */
static void items(ml_mproc *pool, const char *name, size_t window, size_t chunk, size_t n) {
  if (only && strcmp(only, name) != 0) return;
  acts a = acts_new(n);
  ml_job job = acts_job(&a);
  double best = 1e9;
  pool->opts.window = window;
  pool->opts.chunk = chunk;
  for (int i = 0; i < 5; i++) {
    double took = run_job(pool, &job, &a);
    if (took < best) best = took;
  }
  pool->opts.window = pool->opts.chunk = 0;
  row(name, "items/s", (double)n / best);
  acts_free(&a);
}

/* What only the workers have, and their share of what they have with others. */
static void idle_memory(ml_mproc *pool) {
  long pids[64];
  size_t n = ml_mproc_pids(pool, pids), total = 0, kb;
  for (size_t i = 0; i < n; i++) {
    char path[64], line[256];
    snprintf(path, sizeof path, "/proc/%ld/smaps_rollup", pids[i]);
    FILE *f = fopen(path, "r");
    while (f && fgets(line, sizeof line, f))
      if (sscanf(line, "Pss: %zu kB", &kb) == 1) total += kb;
    if (f) fclose(f);
  }
  row("idle_worker_pss", "MiB", (double)total / 1024 / (double)n);
}

static ml_status take_sum(void *ctx, size_t i, const void *out, size_t n, ml_error *err) {
  (void)ctx, (void)i, (void)out, (void)n, (void)err;
  return ML_OK;
}

static void share(ml_mproc *pool, size_t n_workers) {
  size_t size = (size_t)256 << 20;
  double *x = malloc(size), best[2] = {1e9, 1e9};
  ml_error err = {0};
  acts none = {0};
  if (!x) exit(1);
  for (size_t i = 0; i < size / sizeof *x; i++) x[i] = (double)i;
  for (int k = 0; k < 3; k++) {
    ml_block *block;
    double start = seconds();
    expect_ok(ml_block_copy(ml_mproc_exec(pool), x, size, &block, &err), &err);
    ml_job job = {.module = &pool_test_module,
                  .task = "sum",
                  .inputs = &block,
                  .n_inputs = 1,
                  .n_items = n_workers,
                  .take = take_sum};
    run_job(pool, &job, &none);
    double first = seconds() - start;
    double again = run_job(pool, &job, &none);
    if (first < best[0]) best[0] = first;
    if (again < best[1]) best[1] = again;
    ml_block_free(block);
  }
  row("share_256MiB_and_sum", "s", best[0]);
  row("sum_256MiB_shared_before", "s", best[1]);
  free(x);
}

/* ---- a loss ---------------------------------------------------------------------------------- */

typedef struct loss {
  ml_mproc *pool;
  double killed, replaced;
  uint64_t started;
} loss;

/* Called at each turn of the pool's loop. */
static bool look(void *ctx) {
  loss *l = ctx;
  long pids[64];
  ml_mproc_stats stats = ml_mproc_get_stats(l->pool);
  if (l->killed == 0 && stats.items_done > 20 && ml_mproc_pids(l->pool, pids) > 0) {
    l->killed = seconds();
    l->started = stats.workers_started;
    kill((pid_t)pids[0], SIGKILL);
  }
  if (l->killed > 0 && l->replaced == 0 && stats.workers_started > l->started) {
    for (size_t i = 0; i < l->pool->n_slots; i++)
      if (l->pool->slots[i].state != SLOT_READY) return false;
    l->replaced = seconds();
  }
  return false;
}

static void replace(ml_mproc *pool) {
  double best = 1e9;
  for (int k = 0; k < 5; k++) {
    acts a = acts_new(200);
    loss l = {.pool = pool};
    ml_watch watch = {.cancelled = look, .ctx = &l};
    for (size_t i = 0; i < a.n; i++) {
      a.acts[i].kind = ACT_SLEEP;
      a.acts[i].n = 1;
    }
    ml_job job = acts_job(&a);
    job.watch = &watch;
    run_job(pool, &job, &a);
    if (l.replaced > 0 && l.replaced - l.killed < best) best = l.replaced - l.killed;
    acts_free(&a);
  }
  row("loss_noticed_and_replaced", "ms", best * 1e3);
}

int main(int argc, char **argv) {
  size_t n = argc > 1 ? (size_t)atoi(argv[1]) : 2;
  only = argc > 2 ? argv[2] : NULL;
  printf("name,unit,value\n");
  if (!only) start_and_stop(4);
  ml_mproc *pool = open_pool(n);
  row("workers", "count", (double)n);
  if (!only) idle_memory(pool);
  items(pool, "one_in_flight", 1, 1, 20000);
  items(pool, "windowed", 0, 1, 1000000);
  items(pool, "auto_chunks", 0, 0, 5000000);
  if (!only) share(pool, n);
  if (!only) replace(pool);
  ml_mproc_close(pool);
  return 0;
}
