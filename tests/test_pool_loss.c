/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Workers that die, stop, hang or lie: it costs time, and only the guilty item is blamed. */
#include "pool_support.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static double seconds(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

/* ---- random kills ---------------------------------------------------------------------------- */

/* More chances than kills: one may find nobody alive, or a worker whose death is not noticed yet.
 */
enum { KILLS = 50, CHANCES = 200, KILLS_EVERY = 20 };

typedef struct killer {
  ml_mproc *pool;
  uint64_t seed;
  size_t n;
  long killed[KILLS];
} killer;

static bool was_killed(const killer *k, long pid) {
  for (size_t i = 0; i < k->n; i++)
    if (k->killed[i] == pid) return true;
  return false;
}

static void kill_one(acts *a, size_t item) {
  killer *k = a->ctx;
  long pids[16];
  if (item % KILLS_EVERY || k->n == KILLS) return;
  size_t n = ml_mproc_pids(k->pool, pids);
  if (n == 0) return;
  long pid = pids[next_random(&k->seed) % n];
  if (was_killed(k, pid)) return; /* not noticed yet */
  k->killed[k->n++] = pid;
  kill((pid_t)pid, SIGKILL);
}

static void fifty_kills_change_nothing_in_the_results(void **state) {
  (void)state;
  ml_mproc_opts opts = test_opts(4);
  opts.retries = 1000; /* chance may hit one item several times */
  killer k = {.pool = open_pool(opts), .seed = 11};
  acts a = acts_new(CHANCES * KILLS_EVERY);
  uint64_t seed = 5;
  for (size_t i = 0; i < a.n; i++) {
    a.acts[i].kind = i % 2 ? ACT_SPIN : ACT_SLEEP;
    a.acts[i].n = (long)(next_random(&seed) % 2);
  }
  a.on_take = kill_one;
  a.ctx = &k;
  ml_job job = acts_job(&a);
  expect_doubles(k.pool, &a, &job);
  assert_int_equal(k.n, KILLS);
  expect_usable(k.pool);
  ml_mproc_stats stats = ml_mproc_get_stats(k.pool);
  assert_int_equal(stats.workers_lost, KILLS);
  ml_mproc_close(k.pool);
  acts_free(&a);
}

/* ---- items that kill ------------------------------------------------------------------------- */

/* Item 17 is the culprit; others around it are innocent and quick. */
static void expect_blame(act_kind kind, long n, ml_mproc_opts opts, ml_status status,
                         size_t attempts, const char *obituary) {
  ml_mproc *pool = open_pool(opts);
  acts a = acts_new(60);
  a.acts[17].kind = kind;
  a.acts[17].n = n;
  ml_job job = acts_job(&a);
  ml_error err = {0};
  assert_int_equal(ml_exec_run(ml_mproc_exec(pool), &job, &err), status);
  static const char start[] = "item 17 (ids 170 to 179): worker ";
  if (strncmp(err.message, start, sizeof start - 1) || !strstr(err.message, obituary))
    fail_msg("wrong message: %s", err.message);
  char end[32];
  snprintf(end, sizeof end, ", %zu attempt%s", attempts, attempts == 1 ? "" : "s");
  assert_string_equal(err.message + strlen(err.message) - strlen(end), end);
  assert_int_equal(a.n_taken, 17);
  assert_int_equal(ml_mproc_get_stats(pool).workers_lost, attempts);
  expect_usable(pool);
  ml_mproc_close(pool);
  acts_free(&a);
}

static void item_that_kills_its_worker_is_named(void **state) {
  (void)state;
  expect_blame(ACT_SIGNAL, SIGKILL, test_opts(2), ML_ERR_WORKER, 3,
               ") was killed by signal 9 (Killed), ");
  expect_blame(ACT_SIGNAL, SIGABRT, test_opts(4), ML_ERR_WORKER, 3,
               ") was killed by signal 6 (Aborted), ");
  ml_mproc_opts opts = test_opts(1);
  opts.retries = 0;
  expect_blame(ACT_EXIT, 3, opts, ML_ERR_WORKER, 1, ") ended with exit code 3, ");
}

/* An item that has had its time is not tried again; one whose process was stopped is. */
static void item_that_hangs_is_given_up(void **state) {
  (void)state;
  ml_mproc_opts opts = test_opts(2);
  opts.task_timeout = 0.2;
  opts.grace = 0.1;
  opts.retries = 1;
  double start = seconds();
  expect_blame(ACT_SPIN, 60000, opts, ML_ERR_TIMEOUT, 1, ") took longer than 0.2 s, ");
  expect_blame(ACT_SLEEP, 60000, opts, ML_ERR_TIMEOUT, 1, ") took longer than 0.2 s, ");
  expect_blame(ACT_SIGNAL, SIGSTOP, opts, ML_ERR_WORKER, 2,
               ") was stopped for longer than 0.2 s, ");
  assert_true(seconds() - start < 30);
}

static void worker_that_died_by_chance_costs_nothing(void **state) {
  (void)state;
  ml_mproc *pool = open_pool(test_opts(3));
  acts a = acts_new(200);
  ml_block *flags;
  assert_int_equal(ml_block_new(ml_mproc_exec(pool), a.n, &flags, NULL), ML_OK);
  for (size_t i = 20; i < a.n; i += 40) {
    a.acts[i].kind = ACT_SIGNAL_ONCE;
    a.acts[i].n = SIGKILL;
  }
  ml_job job = acts_job(&a);
  job.result = flags;
  expect_doubles(pool, &a, &job);
  assert_int_equal(ml_mproc_get_stats(pool).workers_lost, 5);
  expect_usable(pool);
  assert_int_equal(ml_mproc_get_stats(pool).workers_started, 3 + 5);
  assert_true(ml_mproc_get_stats(pool).items_retried >= 5);
  ml_block_free(flags);
  ml_mproc_close(pool);
  acts_free(&a);
}

enum { NOTES = 4096 };

/* ---- stopped workers ------------------------------------------------------------------------- */

static void stop_one(acts *a, size_t item) {
  long pids[16];
  if (item == 10 && ml_mproc_pids(a->ctx, pids) > 0) kill((pid_t)pids[0], SIGSTOP);
}

static void take_note(void *ctx, const char *line) {
  char *all = ctx;
  size_t n = strlen(all);
  snprintf(all + n, NOTES - n, "%s\n", line);
}

static void stopped_worker_is_told_of_and_given_up(void **state) {
  (void)state;
  char notes[NOTES] = "";
  ml_mproc_opts opts = test_opts(2);
  opts.suspect_after = 1;
  opts.silence_limit = 1.5;
  opts.note = take_note;
  opts.ctx = notes;
  ml_mproc *pool = open_pool(opts);
  acts a = acts_new(200);
  for (size_t i = 0; i < a.n; i++) {
    a.acts[i].kind = ACT_SLEEP;
    a.acts[i].n = 2;
  }
  a.on_take = stop_one;
  a.ctx = pool;
  ml_job job = acts_job(&a);
  expect_doubles(pool, &a, &job);
  assert_int_equal(ml_mproc_get_stats(pool).workers_lost, 1);
  if (!strstr(notes, ") has not moved for 1 s\n") ||
      !strstr(notes, ") gave no sign of life for 1.5 s\n"))
    fail_msg("wrong notes: %s", notes);
  ml_mproc_close(pool);
  acts_free(&a);
}

static void stopped_workers_do_not_stop_closing(void **state) {
  (void)state;
  ml_mproc *pool = open_pool(test_opts(2));
  long pids[2];
  assert_int_equal(ml_mproc_pids(pool, pids), 2);
  kill((pid_t)pids[0], SIGSTOP);
  double start = seconds();
  ml_mproc_close(pool);
  assert_true(seconds() - start < 10);
  assert_false(is_running(pids[0]) || is_running(pids[1]));
}

/* ---- everything else ------------------------------------------------------------------------- */

static void worker_that_died_between_jobs_is_replaced(void **state) {
  (void)state;
  ml_mproc *pool = open_pool(test_opts(2));
  long pids[2];
  expect_usable(pool);
  assert_int_equal(ml_mproc_pids(pool, pids), 2);
  kill((pid_t)pids[0], SIGKILL);
  kill((pid_t)pids[1], SIGKILL);
  expect_usable(pool);
  assert_int_equal(ml_mproc_get_stats(pool).workers_lost, 2);
  ml_mproc_close(pool);
}

static void losses_without_a_finished_item_end_the_job(void **state) {
  (void)state;
  ml_mproc *pool = open_pool(test_opts(1));
  acts a = acts_new(5);
  ml_job job = acts_job(&a);
  job.task = "crash open";
  ml_error err = {0};
  assert_int_equal(ml_exec_run(ml_mproc_exec(pool), &job, &err), ML_ERR_WORKER);
  static const char start[] =
      "task 'crash open': 6 workers were lost and no item was finished in "
      "between; the last: worker 1 (pid ";
  if (strncmp(err.message, start, sizeof start - 1)) fail_msg("wrong message: %s", err.message);
  expect_usable(pool);
  ml_mproc_close(pool);
  acts_free(&a);
}

static ml_status go_on(void *ctx, size_t item, const ml_failure *failure, ml_error *err) {
  (void)item, (void)failure, (void)err;
  ((acts *)ctx)->n_taken++;
  return ML_OK;
}

/* Also when the job would go on without them. */
static void items_that_all_kill_end_the_job(void **state) {
  (void)state;
  ml_mproc *pool = open_pool(test_opts(1));
  acts a = acts_new(1000);
  for (size_t i = 0; i < a.n; i++) a.acts[i] = (act){.kind = ACT_EXIT, .n = 1};
  ml_job job = acts_job(&a);
  job.fail = go_on;
  ml_error err = {0};
  assert_int_equal(ml_exec_run(ml_mproc_exec(pool), &job, &err), ML_ERR_WORKER);
  if (!strstr(err.message, " workers were lost and no item was finished in between"))
    fail_msg("wrong message: %s", err.message);
  assert_in_range(a.n_taken, 2, 10);
  expect_usable(pool);
  ml_mproc_close(pool);
  acts_free(&a);
}

static void expect_no_orphans(const char *how) {
  int out[2];
  char text[256] = "";
  assert_int_equal(pipe(out), 0);
  pid_t central = fork();
  if (central == 0) {
    dup2(out[1], STDOUT_FILENO);
    close(out[0]);
    close(out[1]);
    execl(POOL_WORKER, POOL_WORKER, how, "3", (char *)NULL);
    _exit(127);
  }
  close(out[1]);
  assert_true(read(out[0], text, sizeof text - 1) > 0);
  close(out[0]);
  long pids[3];
  assert_int_equal(sscanf(text, "%ld %ld %ld", &pids[0], &pids[1], &pids[2]), 3);
  for (size_t i = 0; i < 3; i++) assert_true(is_running(pids[i]));
  kill(central, SIGKILL);
  assert_int_equal(waitpid(central, NULL, 0), central);
  double end = seconds() + 10; /* it takes milliseconds; but the machine may be busy */
  for (size_t i = 0; i < 3; i++) {
    while (is_running(pids[i]) && seconds() < end) usleep(1000);
    assert_false(is_running(pids[i]));
  }
}

static void workers_end_with_a_killed_parent(void **state) {
  (void)state;
  expect_no_orphans("central");
  expect_no_orphans("thread");
}

static void expect_no_pool(const ml_mproc_opts *opts, const char *words) {
  ml_mproc *pool = NULL;
  ml_error err = {0};
  assert_int_equal(ml_mproc_open(opts, &pool, &err), ML_ERR_WORKER);
  assert_null(pool);
  if (!strstr(err.message, words)) fail_msg("wrong message: %s", err.message);
}

static void workers_that_do_not_start_are_told_of(void **state) {
  (void)state;
  ml_mproc_opts opts = test_opts(2);
  opts.worker_exe = "/no/such/mltool";
  expect_no_pool(&opts, "cannot start workers: '/no/such/mltool' (worker_exe): No such file");
  opts.worker_exe = "/bin/true";
  expect_no_pool(&opts, ") ended with exit code 0 ('/bin/true')");
  opts.worker_exe = NULL;
  setenv("MLTOOL", "/no/such/either", 1);
  expect_no_pool(&opts, "cannot start workers: '/no/such/either' (from MLTOOL): No such file");
  setenv("MLTOOL", POOL_WORKER, 1);
  ml_mproc *pool = open_pool(opts);
  expect_usable(pool);
  ml_mproc_close(pool);
  unsetenv("MLTOOL");
  setenv("PATH", temp_dir(), 1);
  expect_no_pool(&opts, "cannot find mltool to start workers: MLTOOL is not set, ");
}

static void workers_of_another_build_are_refused(void **state) {
  (void)state;
  ml_mproc_opts opts = test_opts(2);
  setenv("POOL_TEST_BUILD", "0123456789abcdef", 1);
  expect_no_pool(&opts, "is another build (0123456789abcdef) than this program (");
  unsetenv("POOL_TEST_BUILD");
}

/* Whatever a test did to its pools, they have collected all their processes. */
static int no_children(void **state) {
  (void)state;
  int status;
  pid_t pid = waitpid(-1, &status, WNOHANG);
  if (pid >= 0) print_message("child %d is left, status %x\n", (int)pid, status);
  return pid < 0 ? 0 : -1;
}

static int no_cores(void **state) {
  (void)state;
  return setrlimit(RLIMIT_CORE, &(struct rlimit){0, 0});
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_teardown(fifty_kills_change_nothing_in_the_results, no_children),
      cmocka_unit_test_teardown(item_that_kills_its_worker_is_named, no_children),
      cmocka_unit_test_teardown(item_that_hangs_is_given_up, no_children),
      cmocka_unit_test_teardown(worker_that_died_by_chance_costs_nothing, no_children),
      cmocka_unit_test_teardown(stopped_worker_is_told_of_and_given_up, no_children),
      cmocka_unit_test_teardown(stopped_workers_do_not_stop_closing, no_children),
      cmocka_unit_test_teardown(worker_that_died_between_jobs_is_replaced, no_children),
      cmocka_unit_test_teardown(losses_without_a_finished_item_end_the_job, no_children),
      cmocka_unit_test_teardown(items_that_all_kill_end_the_job, no_children),
      cmocka_unit_test_teardown(workers_end_with_a_killed_parent, no_children),
      cmocka_unit_test_teardown(workers_of_another_build_are_refused, no_children),
      cmocka_unit_test_teardown(workers_that_do_not_start_are_told_of, no_children),
  };
  return cmocka_run_group_tests_name("pool_loss", tests, no_cores, NULL);
}
