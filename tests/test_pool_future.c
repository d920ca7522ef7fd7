/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Calls that are submitted one by one: results, errors, losses, cancelling. */
#include "pool_support.h"

#include <signal.h>
#include <string.h>
#include <sys/resource.h>

enum { CALLS = 500 };

static ml_mproc *open_calls(ml_mproc_opts opts) {
  ml_mproc *pool = open_pool(opts);
  ml_init load = {.kind = ML_INIT_LOAD, .what = MODULES "/calls.so"};
  ml_error err = {0};
  if (ml_mproc_init(pool, &load, 1, NULL, &err) != ML_OK) fail_msg("init: %s", err.message);
  return pool;
}

static ml_future *submit(ml_mproc *pool, const char *function, ml_value arg) {
  ml_future *future = NULL;
  ml_error err = {0};
  if (ml_mproc_submit(pool, function, &arg, &future, &err) != ML_OK) fail_msg("%s", err.message);
  assert_non_null(future);
  return future;
}

static double result_of(ml_future *future, double timeout) {
  ml_arena *arena = ml_arena_new();
  ml_value v;
  ml_error err = {0};
  double d = 0;
  if (ml_future_wait(future, timeout, arena, &v, &err) != ML_OK) fail_msg("%s", err.message);
  assert_true(ml_future_is_done(future));
  assert_true(ml_value_as_real(&v, &d));
  ml_arena_free(arena);
  return d;
}

static ml_error error_of(ml_future *future, double timeout) {
  ml_arena *arena = ml_arena_new();
  ml_value v;
  ml_error err = {0};
  assert_int_not_equal(ml_future_wait(future, timeout, arena, &v, &err), ML_OK);
  ml_arena_free(arena);
  return err;
}

static void results_come_to_whoever_waits(void **state) {
  (void)state;
  ml_mproc *pool = open_calls(test_opts(3));
  ml_future *futures[CALLS];
  for (int i = 0; i < CALLS; i++) futures[i] = submit(pool, "calls.twice", ml_value_int(i));
  for (int i = CALLS - 1; i >= 0; i--) { /* in any order, and again */
    expect_same("result", result_of(futures[i], -1), 2.0 * i);
    expect_same("result", result_of(futures[i], 0), 2.0 * i);
  }
  for (int i = 0; i < CALLS; i++) ml_future_free(futures[i]);
  ml_future_free(NULL);
  ml_mproc_close(pool);
}

static void errors_come_too(void **state) {
  (void)state;
  ml_mproc *pool = open_calls(test_opts(2));
  ml_future *future = NULL, *bad = submit(pool, "twice", ml_value_string("x"));
  ml_value none = ml_value_null();
  ml_error err = {0};
  assert_int_equal(ml_mproc_submit(pool, "calls.nothing", &none, &future, &err), ML_ERR_USAGE);
  assert_non_null(strstr(err.message, "'calls.nothing'"));
  ml_future *killer = submit(pool, "die", ml_value_int(SIGKILL));
  ml_future *good = submit(pool, "twice", ml_value_int(4));
  err = error_of(bad, -1);
  assert_int_equal(err.status, ML_ERR_USAGE);
  assert_string_equal(err.message, "expected a number");
  err = error_of(killer, -1);
  assert_int_equal(err.status, ML_ERR_WORKER);
  assert_non_null(strstr(err.message, "was killed by signal 9 (Killed)"));
  assert_non_null(strstr(err.message, ", 3 attempts"));
  expect_same("result", result_of(good, -1), 8);
  ml_future_free(bad);
  ml_future_free(killer);
  ml_future_free(good);
  ml_mproc_close(pool);
}

static void waiting_ends_in_time(void **state) {
  (void)state;
  ml_mproc *pool = open_calls(test_opts(1));
  ml_future *slow = submit(pool, "nap", ml_value_int(300));
  assert_int_equal(error_of(slow, 0).status, ML_ERR_TIMEOUT);
  assert_int_equal(error_of(slow, 0.001).status, ML_ERR_TIMEOUT);
  assert_false(ml_future_is_done(slow));
  while (!ml_future_is_done(slow)) ml_mproc_poll(pool);
  expect_same("result", result_of(slow, 0), 300);
  ml_future_free(slow);
  ml_mproc_close(pool);
}

static void jobs_come_after_what_was_submitted(void **state) {
  (void)state;
  ml_mproc *pool = open_calls(test_opts(2));
  for (int i = 0; i < 3; i++) {
    ml_future *future = submit(pool, "nap", ml_value_int(50));
    expect_usable(pool);
    assert_true(ml_future_is_done(future));
    expect_same("result", result_of(future, 0), 50);
    ml_future_free(future);
  }
  ml_mproc_close(pool);
}

static void cancelled_calls_end(void **state) {
  (void)state;
  ml_mproc_opts opts = test_opts(1);
  opts.grace = 60;
  ml_mproc *pool = open_calls(opts);
  ml_future *running = submit(pool, "wait", ml_value_null());
  ml_future *waiting = submit(pool, "ever", ml_value_null());
  ml_future *last = submit(pool, "twice", ml_value_int(1));
  ml_future *orphan = submit(pool, "ever", ml_value_null());
  assert_int_equal(error_of(running, 0.05).status, ML_ERR_TIMEOUT); /* it has begun by now */
  ml_future_cancel(running);
  ml_future_cancel(waiting); /* and is never begun */
  ml_future_free(orphan);
  assert_int_equal(error_of(running, -1).status, ML_ERR_CANCELLED);
  assert_int_equal(error_of(waiting, -1).status, ML_ERR_CANCELLED);
  expect_same("result", result_of(last, -1), 2);
  assert_int_equal(ml_mproc_get_stats(pool).workers_started, 1); /* nobody was killed */
  ml_future_free(running);
  ml_future_free(waiting);
  ml_future_free(last);
  expect_usable(pool);
  ml_mproc_close(pool);
}

static void stubborn_calls_cost_their_worker(void **state) {
  (void)state;
  ml_mproc_opts opts = test_opts(1);
  opts.grace = 0.1;
  ml_mproc *pool = open_calls(opts);
  ml_future *stubborn = submit(pool, "ever", ml_value_null());
  assert_int_equal(error_of(stubborn, 0.2).status, ML_ERR_TIMEOUT);
  ml_future_cancel(stubborn);
  ml_future *next = submit(pool, "twice", ml_value_int(3));
  expect_same("result", result_of(next, -1), 6);
  ml_mproc_stats stats = ml_mproc_get_stats(pool);
  assert_int_equal(stats.workers_lost, 0);
  assert_int_equal(stats.workers_started, 2);
  ml_future_free(stubborn);
  ml_future_free(next);
  stubborn = submit(pool, "ever", ml_value_null());
  ml_future_free(stubborn);
  ml_mproc_close(pool);
}

/* Not even when the worker that had it is lost. */
static void cancelled_call_does_not_begin_again(void **state) {
  (void)state;
  ml_mproc_opts opts = test_opts(1);
  opts.grace = 600;
  ml_mproc *pool = open_calls(opts);
  long pid;
  ml_future *ever = submit(pool, "ever", ml_value_null());
  assert_int_equal(error_of(ever, 0.2).status, ML_ERR_TIMEOUT);
  ml_future_cancel(ever);
  assert_int_equal(ml_mproc_pids(pool, &pid), 1);
  kill((pid_t)pid, SIGKILL);
  ml_future *next = submit(pool, "twice", ml_value_int(3));
  expect_same("result", result_of(next, 60), 6);
  ml_future_free(ever);
  ml_future_free(next);
  ml_mproc_close(pool);
}

static int no_cores(void **state) {
  (void)state;
  return setrlimit(RLIMIT_CORE, &(struct rlimit){0, 0});
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(results_come_to_whoever_waits),
      cmocka_unit_test(errors_come_too),
      cmocka_unit_test(waiting_ends_in_time),
      cmocka_unit_test(jobs_come_after_what_was_submitted),
      cmocka_unit_test(cancelled_calls_end),
      cmocka_unit_test(cancelled_call_does_not_begin_again),
      cmocka_unit_test(stubborn_calls_cost_their_worker),
  };
  return cmocka_run_group_tests_name("pool_future", tests, no_cores, NULL);
}
