/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Commands for every worker: done once on each, replayed on new ones, and all or nothing. */
#include "pool_support.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../mproc/mproc_internal.h"

enum { WORKERS = 4 };

static const char *path_of(const char *name) {
  static char paths[2][PATH_MAX];
  static size_t turn;
  char *path = paths[turn++ % 2];
  snprintf(path, PATH_MAX, "%s/%s", temp_dir(), name);
  return path;
}

static void copy(const char *from, const char *to) {
  char line[4 * PATH_MAX + 64];
  snprintf(line, sizeof line, "cp '%s' '%s.new' && mv '%s.new' '%s'", from, to, to, to);
  assert_int_equal(system(line), 0);
}

static ml_init load(const char *what) {
  return (ml_init){.kind = ML_INIT_LOAD, .what = what};
}

static ml_init call(const char *function, ml_value arg) {
  return (ml_init){.kind = ML_INIT_CALL, .what = function, .arg = arg};
}

static void expect_init(ml_mproc *pool, const ml_init *commands, size_t n) {
  ml_error err = {0};
  if (ml_mproc_init(pool, commands, n, NULL, &err) != ML_OK) fail_msg("init: %s", err.message);
}

/* nervous.get gives x on each of n workers. */
static void expect_remembered(ml_mproc *pool, size_t n, int64_t x) {
  ml_value out[8], none = ml_value_null();
  ml_error err = {0};
  ml_arena *arena = ml_arena_new();
  if (ml_mproc_eval_all(pool, "nervous.get", &none, arena, out, &err) != ML_OK)
    fail_msg("eval: %s", err.message);
  for (size_t i = 0; i < n; i++) {
    assert_int_equal(out[i].type, ML_TYPE_INT);
    assert_int_equal(out[i].as.i, x);
  }
  ml_arena_free(arena);
}

static void new_workers_do_the_same_commands(void **state) {
  (void)state;
  const ml_init commands[] = {load(MODULES "/nervous.so"), call("nervous.set", ml_value_int(42))};
  long pids[WORKERS], after[WORKERS];
  ml_mproc *pool = open_pool(test_opts(WORKERS));
  assert_int_equal(ml_functions_n(ml_exec_functions(ml_mproc_exec(pool))), 0);
  expect_init(pool, commands, 2);
  assert_int_equal(ml_functions_n(ml_exec_functions(ml_mproc_exec(pool))), 4);
  expect_remembered(pool, WORKERS, 42);
  assert_int_equal(ml_mproc_pids(pool, pids), WORKERS);
  kill((pid_t)pids[1], SIGKILL);
  kill((pid_t)pids[2], SIGKILL);
  usleep(50000); /* so that they are dead when they are asked */
  expect_remembered(pool, WORKERS, 42);
  assert_int_equal(ml_mproc_pids(pool, after), WORKERS);
  assert_true(after[0] == pids[0] && after[3] == pids[3] && after[1] != pids[1]);
  assert_int_equal(ml_mproc_resize(pool, WORKERS + 1, NULL, NULL), ML_OK);
  expect_remembered(pool, WORKERS + 1, 42);
  /* More of them later; those that were done are not done again. */
  const ml_init more = call("nervous.set", ml_value_int(7));
  expect_init(pool, &more, 1);
  expect_remembered(pool, WORKERS + 1, 7);
  expect_usable(pool);
  ml_mproc_close(pool);
}

/* Does it on one of the workers alone. */
static ml_status init_once(ml_mproc *pool, const char *how, ml_buf *trace, ml_error *err) {
  static const char *const names[] = {"path", "how"};
  const char *path = path_of("once");
  unlink(path);
  ml_value parts[2] = {ml_value_string(path), ml_value_string(how)};
  ml_value arg = {.type = ML_TYPE_DICT, .as.l = {.values = parts, .names = names, .n = 2}};
  const ml_init commands[] = {load(MODULES "/nervous.so"), call("nervous.once", arg)};
  *err = (ml_error){0};
  return ml_mproc_init(pool, commands, 2, trace, err);
}

/* Nothing is kept, and nobody has loaded anything. */
static void expect_fresh(ml_mproc *pool, const long before[WORKERS]) {
  long after[WORKERS];
  assert_int_equal(ml_functions_n(ml_exec_functions(ml_mproc_exec(pool))), 0);
  assert_int_equal(pool->n_commands, 0);
  assert_int_equal(ml_mproc_pids(pool, after), WORKERS);
  for (size_t i = 0; i < WORKERS; i++) {
    assert_int_not_equal(after[i], before[i]);
    assert_false(is_running(before[i]));
  }
  expect_usable(pool);
}

static void failing_command_leaves_nothing(void **state) {
  (void)state;
  long pids[WORKERS];
  ml_error err;
  ml_buf trace = {0};
  ml_mproc *pool = open_pool(test_opts(WORKERS));
  assert_int_equal(ml_mproc_pids(pool, pids), WORKERS);
  assert_int_equal(init_once(pool, "fail", &trace, &err), ML_ERR_FUNCTION);
  assert_non_null(strstr(err.message, "it cannot be done"));
  assert_true(trace.n >= 15 && memmem(trace.data, trace.n, "here\nand there\n", 15));
  expect_fresh(pool, pids);
  assert_int_equal(ml_mproc_get_stats(pool).workers_lost, 0);
  ml_buf_release(&trace);
  ml_mproc_close(pool);
}

static void crash_in_a_command_leaves_nothing(void **state) {
  (void)state;
  long pids[WORKERS];
  ml_error err;
  ml_mproc *pool = open_pool(test_opts(WORKERS));
  assert_int_equal(ml_mproc_pids(pool, pids), WORKERS);
  assert_int_equal(init_once(pool, "crash", NULL, &err), ML_ERR_WORKER);
  static const char start[] = "call 'nervous.once': worker ";
  if (strncmp(err.message, start, sizeof start - 1) ||
      !strstr(err.message, ") was killed by signal 9 (Killed)"))
    fail_msg("wrong message: %s", err.message);
  expect_fresh(pool, pids);
  ml_mproc_close(pool);
}

static void hanging_command_is_ended(void **state) {
  (void)state;
  long pids[WORKERS];
  ml_error err;
  ml_mproc_opts opts = test_opts(WORKERS);
  opts.init_timeout = 2;
  ml_mproc *pool = open_pool(opts);
  assert_int_equal(ml_mproc_pids(pool, pids), WORKERS);
  assert_int_equal(init_once(pool, "hang", NULL, &err), ML_ERR_TIMEOUT);
  if (!strstr(err.message, ") took longer than 2 s for a command"))
    fail_msg("wrong message: %s", err.message);
  expect_fresh(pool, pids);
  ml_mproc_close(pool);
}

static bool is_due(void *ctx) {
  return mproc__now() > *(uint64_t *)ctx;
}

static void hanging_command_can_be_interrupted(void **state) {
  (void)state;
  uint64_t end = UINT64_MAX;
  long pids[WORKERS];
  ml_error err;
  ml_watch watch = {.cancelled = is_due, .ctx = &end};
  ml_mproc_opts opts = test_opts(WORKERS);
  opts.watch = &watch;
  ml_mproc *pool = open_pool(opts);
  assert_int_equal(ml_mproc_pids(pool, pids), WORKERS);
  end = mproc__now() + MPROC_SECOND / 2;
  assert_int_equal(init_once(pool, "hang", NULL, &err), ML_ERR_CANCELLED);
  end = UINT64_MAX;
  expect_usable(pool);
  expect_fresh(pool, pids);
  ml_mproc_close(pool);
}

static void command_that_cannot_be_sent_changes_nothing(void **state) {
  (void)state;
  long before[WORKERS], after[WORKERS];
  ml_error err = {0};
  ml_mproc *pool = open_pool(test_opts(WORKERS));
  const ml_init commands[] = {load("fresh"), load("/no/such/module.so")};
  assert_int_equal(ml_mproc_pids(pool, before), WORKERS);
  assert_int_equal(ml_mproc_init(pool, commands, 2, NULL, &err), ML_ERR_IO);
  assert_int_equal(ml_mproc_pids(pool, after), WORKERS);
  assert_memory_equal(before, after, sizeof before);
  assert_int_equal(pool->n_commands, 0);
  ml_mproc_close(pool);
}

/* ---- replays that fail ----------------------------------------------------------------------- */

/* Its only worker is lost, and no other can take its place. */
static void expect_no_replacement(ml_mproc *pool, const char *code, const char *why) {
  long pid;
  acts a = acts_new(5);
  ml_job job = acts_job(&a);
  ml_error err = {0};
  assert_int_equal(ml_mproc_pids(pool, &pid), 1);
  kill((pid_t)pid, SIGKILL);
  usleep(50000);
  assert_int_equal(ml_exec_run(ml_mproc_exec(pool), &job, &err), ML_ERR_WORKER);
  if (!strstr(err.message, "workers do not start: worker 1 (pid ") || !strstr(err.message, code) ||
      !strstr(err.message, why))
    fail_msg("wrong message: %s", err.message);
  acts_free(&a);
}

static void replaced_module_is_found_out(void **state) {
  (void)state;
  char path[PATH_MAX];
  snprintf(path, sizeof path, "%s", path_of("replaced.so"));
  copy(MODULES "/nervous.so", path);
  ml_mproc *pool = open_pool(test_opts(1));
  const ml_init load_it = load(path);
  expect_init(pool, &load_it, 1);
  copy(MODULES "/multip.so", path);
  expect_no_replacement(pool, ") ended with exit code 6: load '", "replaced.so' is not the file");
  copy(MODULES "/nervous.so", path); /* the right one again */
  expect_usable(pool);
  ml_mproc_close(pool);
}

static void failing_replay_is_told_of(void **state) {
  (void)state;
  char path[PATH_MAX];
  snprintf(path, sizeof path, "%s", path_of("needed"));
  copy("/dev/null", path);
  ml_mproc *pool = open_pool(test_opts(1));
  const ml_init commands[] = {load(MODULES "/nervous.so"),
                              call("nervous.need", ml_value_string(path))};
  expect_init(pool, commands, 2);
  unlink(path);
  expect_no_replacement(pool,
                        ") ended with exit code 7: call 'nervous.need': ", "it cannot be done");
  copy("/dev/null", path);
  expect_usable(pool);
  ml_mproc_close(pool);
}

/* ---- calls for all --------------------------------------------------------------------------- */

static void call_for_all_is_not_kept(void **state) {
  (void)state;
  long before[2], after[2];
  ml_error err = {0};
  ml_mproc *pool = open_pool(test_opts(2));
  const ml_init commands[] = {load(MODULES "/nervous.so"), call("nervous.set", ml_value_int(1))};
  ml_value five = ml_value_int(5), absent = ml_value_string("/no/such/file");
  expect_init(pool, commands, 2);
  assert_int_equal(ml_mproc_pids(pool, before), 2);
  assert_int_equal(ml_mproc_eval_all(pool, "set", &five, NULL, NULL, &err), ML_OK);
  expect_remembered(pool, 2, 5);
  assert_int_equal(ml_mproc_eval_all(pool, "need", &absent, NULL, NULL, &err), ML_ERR_FUNCTION);
  assert_non_null(strstr(err.message, "it cannot be done"));
  assert_int_equal(ml_mproc_eval_all(pool, "no_such", &five, NULL, NULL, &err), ML_ERR_USAGE);
  assert_int_equal(ml_mproc_pids(pool, after), 2);
  assert_memory_equal(before, after, sizeof before);
  kill((pid_t)before[0], SIGKILL);
  usleep(50000);
  expect_usable(pool);
  ml_arena *arena = ml_arena_new();
  ml_value out[2], none = ml_value_null();
  assert_int_equal(ml_mproc_eval_all(pool, "get", &none, arena, out, &err), ML_OK);
  assert_true(out[0].as.i == 1 && out[1].as.i == 5);
  ml_arena_free(arena);
  ml_mproc_close(pool);
}

static int no_children(void **state) {
  (void)state;
  int status;
  pid_t pid = waitpid(-1, &status, WNOHANG);
  if (pid >= 0) print_message("child %d is left, status %x\n", (int)pid, status);
  return pid < 0 ? 0 : -1;
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_teardown(new_workers_do_the_same_commands, no_children),
      cmocka_unit_test_teardown(failing_command_leaves_nothing, no_children),
      cmocka_unit_test_teardown(crash_in_a_command_leaves_nothing, no_children),
      cmocka_unit_test_teardown(hanging_command_is_ended, no_children),
      cmocka_unit_test_teardown(hanging_command_can_be_interrupted, no_children),
      cmocka_unit_test_teardown(command_that_cannot_be_sent_changes_nothing, no_children),
      cmocka_unit_test_teardown(replaced_module_is_found_out, no_children),
      cmocka_unit_test_teardown(failing_replay_is_told_of, no_children),
      cmocka_unit_test_teardown(call_for_all_is_not_kept, no_children),
  };
  return cmocka_run_group_tests_name("pool_init", tests, NULL, NULL);
}
