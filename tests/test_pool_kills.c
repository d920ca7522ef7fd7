/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Workers are killed at random while a job runs: 2 s, or 10 s with ML_LONG=1. Every result is there
 * once, and right. */
#include "pool_support.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { EVERY_MS = 50 };

typedef struct killer {
  ml_mproc *pool;
  double next, end;
  uint64_t seed;
  size_t n;
} killer;

static double seconds(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

/* Called at each turn of the pool's loop, whose thread alone may ask for pids. */
static bool kill_now_and_then(void *ctx) {
  killer *k = ctx;
  long pids[16];
  double now = seconds();
  if (now < k->next || now > k->end) return false;
  k->next = now + EVERY_MS * 1e-3;
  size_t n = ml_mproc_pids(k->pool, pids);
  if (n == 0) return false;
  kill((pid_t)pids[next_random(&k->seed) % n], SIGKILL);
  k->n++;
  return false;
}

/* Items come as long as there is time. */
typedef struct work {
  killer k;
  size_t n_taken, n_given;
} work;

static size_t more(void *ctx, size_t first, size_t max) {
  work *w = ctx;
  assert_int_equal(first, w->n_given);
  if (seconds() > w->k.end && first > 0) return 0;
  w->n_given += max;
  return max;
}

static ml_status put(void *ctx, size_t item, ml_buf *in, ml_error *err) {
  (void)ctx, (void)err;
  act a = {
      .kind = item % 100 ? ACT_DOUBLE : ACT_SLEEP, .n = 1, .value = (double)item, .item = item};
  ml_buf_put(in, &a, sizeof a);
  return ML_OK;
}

static ml_status take(void *ctx, size_t item, const void *out, size_t n_out, ml_error *err) {
  (void)err;
  work *w = ctx;
  double got;
  assert_int_equal(item, w->n_taken++);
  assert_int_equal(n_out, sizeof got);
  memcpy(&got, out, n_out);
  expect_same("result", got, 2.0 * (double)item);
  return ML_OK;
}

static void every_result_is_there_once(void **state) {
  (void)state;
  const char *is_long = getenv("ML_LONG");
  double length = is_long && strcmp(is_long, "1") == 0 ? 10 : 2;
  ml_mproc_opts opts = test_opts(3);
  opts.retries = 1000;
  work w = {.k = {.pool = open_pool(opts), .seed = 21}};
  w.k.next = seconds() + EVERY_MS * 1e-3;
  w.k.end = seconds() + length;
  ml_watch watch = {.cancelled = kill_now_and_then, .ctx = &w.k};
  ml_job job = {.module = &pool_test_module,
                .task = "act",
                .n_items = ML_ITEMS_UNKNOWN,
                .more = more,
                .put = put,
                .take = take,
                .ctx = &w,
                .watch = &watch};
  ml_error err = {0};
  if (ml_exec_run(ml_mproc_exec(w.k.pool), &job, &err) != ML_OK) fail_msg("%s", err.message);
  assert_int_equal(w.n_taken, w.n_given);
  assert_true(w.k.n >= 5);
  assert_true(ml_mproc_get_stats(w.k.pool).workers_lost >= 5);
  expect_usable(w.k.pool);
  ml_mproc_close(w.k.pool);
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(every_result_is_there_once)};
  return cmocka_run_group_tests_name("pool_kills", tests, NULL, NULL);
}
