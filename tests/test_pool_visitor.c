/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Workers that are started by hand, and the secret in a file that lets them in. */
#include "life_tasks.h"
#include "pool_support.h"

#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../mproc/mproc_internal.h"

static const char *token_path(const char *name) {
  static char path[PATH_MAX];
  snprintf(path, sizeof path, "%s/%s", temp_dir(), name);
  return path;
}

/* ---- the file -------------------------------------------------------------------------------- */

static void write_token(const char *path, const char *text, mode_t mode) {
  unlink(path);
  FILE *f = fopen(path, "w");
  assert_non_null(f);
  fputs(text, f);
  fclose(f);
  assert_int_equal(chmod(path, mode), 0);
}

static void expect_token(const char *path, const char *text, mode_t mode, const char *message) {
  unsigned char token[WIRE_TOKEN];
  char want[PATH_MAX + 100];
  ml_error err = {0};
  write_token(path, text, mode);
  ml_status status = token__read(path, true, token, &err);
  assert_int_equal(status, message ? ML_ERR_IO : ML_OK);
  if (!message) return;
  snprintf(want, sizeof want, "token file '%s' %s", path, message);
  assert_string_equal(err.message, want);
}

static const char digits[] = "00112233445566778899aabbccddeeff00112233445566778899AABBCCDDEEFF";

static void token_file_must_be_ours_alone(void **state) {
  (void)state;
  static const char malformed[] = "does not hold 64 hexadecimal digits";
  unsigned char token[WIRE_TOKEN];
  char text[100], link_path[PATH_MAX + 8];
  const char *path = token_path("token");
  ml_error err = {0};
  expect_token(path, digits, 0600, NULL);
  snprintf(text, sizeof text, "%s\n", digits);
  expect_token(path, text, 0600, NULL);
  assert_int_equal(token__read(path, false, token, &err), ML_OK);
  assert_true(token[0] == 0 && token[1] == 0x11 && token[31] == 0xff);
  snprintf(text, sizeof text, "%s0", digits);
  expect_token(path, text, 0600, malformed);
  snprintf(text, sizeof text, "%s\n\n", digits);
  expect_token(path, text, 0600, malformed);
  expect_token(path, digits + 1, 0600, malformed);
  expect_token(path, "", 0600, malformed);
  snprintf(text, sizeof text, "g%s", digits + 1);
  expect_token(path, text, 0600, malformed);
  expect_token(path, digits, 0644, "has mode 0644; it must be 0600 (chmod 600)");
  expect_token(path, digits, 0400, "has mode 0400; it must be 0600 (chmod 600)");

  write_token(path, digits, 0600);
  snprintf(link_path, sizeof link_path, "%s.link", path);
  unlink(link_path);
  assert_int_equal(symlink(path, link_path), 0);
  assert_int_equal(token__read(link_path, true, token, &err), ML_ERR_IO);
  assert_non_null(strstr(err.message, "' is a symbolic link"));
  unlink(link_path);
  assert_int_equal(mkfifo(link_path, 0600), 0);
  assert_int_equal(token__read(link_path, true, token, &err), ML_ERR_IO);
  assert_non_null(strstr(err.message, "' is not a regular file"));
  unlink(link_path);
  assert_int_equal(token__read(link_path, false, token, &err), ML_ERR_IO);
  assert_non_null(strstr(err.message, "No such file or directory"));
}

static void token_file_is_made_once(void **state) {
  (void)state;
  unsigned char first[WIRE_TOKEN], again[WIRE_TOKEN];
  const char *path = token_path("made");
  struct stat st;
  unlink(path);
  assert_int_equal(token__read(path, true, first, NULL), ML_OK);
  assert_int_equal(stat(path, &st), 0);
  assert_int_equal(st.st_mode & 07777, 0600);
  assert_int_equal(st.st_size, 65);
  assert_int_equal(st.st_nlink, 1);
  assert_int_equal(token__read(path, true, again, NULL), ML_OK);
  assert_memory_equal(first, again, WIRE_TOKEN);
}

/* ---- visitors -------------------------------------------------------------------------------- */

static pid_t start_visitor(int port, const char *path) {
  char digits_of_port[16];
  snprintf(digits_of_port, sizeof digits_of_port, "%d", port);
  char *argv[] = {"pool_worker", "visitor", digits_of_port, (char *)path, NULL};
  pid_t pid;
  assert_int_equal(posix_spawn(&pid, POOL_WORKER, NULL, NULL, argv, environ), 0);
  return pid;
}

static int exit_code(pid_t pid) {
  int status;
  while (waitpid(pid, &status, 0) < 0 && errno == EINTR) {
  }
  return WIFEXITED(status) ? WEXITSTATUS(status) : 256 + WTERMSIG(status);
}

static ml_mproc *open_to_visitors(size_t n, const char *path) {
  ml_mproc_opts opts = test_opts(n);
  opts.token_file = path;
  opts.window = 1;
  opts.chunk = 1;
  return open_pool(opts);
}

static void poll_until(ml_mproc *pool, bool (*done)(const ml_mproc *pool)) {
  for (uint64_t end = mproc__now() + 30 * MPROC_SECOND; !done(pool) && mproc__now() < end;) {
    ml_mproc_poll(pool);
    usleep(1000);
  }
  assert_true(done(pool));
}

static bool has_visitor(const ml_mproc *pool) {
  return ml_exec_n_workers(&pool->exec) == 2;
}

static bool has_no_visitor(const ml_mproc *pool) {
  return ml_exec_n_workers(&pool->exec) == 1;
}

static bool has_refused(const ml_mproc *pool) {
  return ml_mproc_get_stats(pool).connections_refused > 0;
}

static bool was_at_work(char pids[][64], size_t n, pid_t pid) {
  for (size_t i = 0; i < n; i++)
    if (atol(pids[i]) == pid) return true;
  return false;
}

static void collect_pids(ml_mproc *pool, char pids[20][64]) {
  const char *items[20];
  for (size_t i = 0; i < 20; i++) items[i] = i % 2 ? "pid" : "nap 2";
  texts t = {.items = items, .results = pids};
  ml_job job = texts_job(&t, 20);
  ml_error err = {0};
  if (ml_exec_run(ml_mproc_exec(pool), &job, &err) != ML_OK) fail_msg("%s", err.message);
}

static ml_status put_row(void *ctx, size_t item, ml_buf *in, ml_error *err) {
  (void)ctx, (void)err;
  ml_buf_put(in, &item, sizeof item);
  return ML_OK;
}

/* Rows of a result in shared memory: sqrt(x * i). */
static void expect_rows(ml_mproc *pool) {
  enum { ROWS = 40 };
  static const double x[2] = {4, 9};
  ml_block *input, *result;
  ml_exec *exec = ml_mproc_exec(pool);
  assert_int_equal(ml_block_copy(exec, x, sizeof x, &input, NULL), ML_OK);
  assert_int_equal(ml_block_new(exec, ROWS * sizeof x, &result, NULL), ML_OK);
  ml_job job = {.module = &pool_test_module,
                .task = "row",
                .inputs = &input,
                .n_inputs = 1,
                .result = result,
                .n_items = ROWS,
                .put = put_row};
  ml_error err = {0};
  if (ml_exec_run(exec, &job, &err) != ML_OK) fail_msg("%s", err.message);
  const double *row = result->data;
  for (size_t i = 0; i < ROWS; i++) {
    expect_same("first column", row[2 * i], sqrt(4 * (double)i));
    expect_same("second column", row[2 * i + 1], sqrt(9 * (double)i));
  }
  ml_block_free(input);
  ml_block_free(result);
}

static void visitor_works_beside_the_others(void **state) {
  (void)state;
  char pids[20][64];
  const char *path = token_path("shared");
  unlink(path);
  ml_mproc *pool = open_to_visitors(1, path);
  pid_t visitor = start_visitor(ml_mproc_port(pool), path);
  poll_until(pool, has_visitor);
  assert_int_equal(ml_mproc_get_stats(pool).workers_joined, 1);
  collect_pids(pool, pids);
  assert_true(was_at_work(pids, 20, visitor));
  expect_rows(pool);
  /* It goes: its place is nobody's. */
  kill(visitor, SIGKILL);
  assert_int_equal(exit_code(visitor), 256 + SIGKILL);
  poll_until(pool, has_no_visitor);
  expect_usable(pool);
  assert_int_equal(ml_mproc_get_stats(pool).workers_started, 1);
  /* Another one comes, and is told when the pool ends. */
  visitor = start_visitor(ml_mproc_port(pool), path);
  poll_until(pool, has_visitor);
  expect_usable(pool);
  ml_mproc_close(pool);
  assert_int_equal(exit_code(visitor), ML_WORKER_DONE);
}

/* Interrupts the visitor when the pool has turned for a while, and stops the job when it is gone.
 */
typedef struct interruption {
  ml_mproc *pool;
  pid_t visitor;
  uint64_t at;
  bool is_sent;
} interruption;

static bool interrupt_visitor(void *ctx) {
  interruption *i = ctx;
  if (mproc__now() < i->at) return false;
  if (!i->is_sent) kill(i->visitor, SIGINT);
  i->is_sent = true;
  return has_no_visitor(i->pool);
}

static void visitor_can_be_interrupted(void **state) {
  (void)state;
  static const char *const items[] = {"spin 60000", "spin 60000"};
  const char *path = token_path("shared");
  ml_mproc *pool = open_to_visitors(1, path);
  pid_t visitor = start_visitor(ml_mproc_port(pool), path);
  poll_until(pool, has_visitor);
  interruption i = {pool, visitor, mproc__now() + MPROC_SECOND / 2, false};
  ml_watch watch = {.cancelled = interrupt_visitor, .ctx = &i};
  texts t = {.items = items};
  ml_job job = texts_job(&t, 2);
  job.watch = &watch;
  assert_int_equal(ml_exec_run(ml_mproc_exec(pool), &job, NULL), ML_ERR_CANCELLED);
  assert_int_equal(exit_code(visitor), ML_WORKER_INTERRUPTED);
  ml_mproc_close(pool);
}

static void visitor_that_hangs_is_killed(void **state) {
  (void)state;
  static const char *const items[] = {"spin 60000", "spin 60000"};
  const char *path = token_path("shared");
  ml_mproc_opts opts = test_opts(1);
  opts.token_file = path;
  opts.task_timeout = 0.3;
  opts.grace = 0.1;
  ml_mproc *pool = open_pool(opts);
  pid_t visitor = start_visitor(ml_mproc_port(pool), path);
  poll_until(pool, has_visitor);
  texts t = {.items = items};
  ml_job job = texts_job(&t, 2);
  ml_error err = {0};
  assert_int_equal(ml_exec_run(ml_mproc_exec(pool), &job, &err), ML_ERR_TIMEOUT);
  ml_mproc_close(pool);
  assert_int_equal(exit_code(visitor), 256 + SIGKILL);
}

static void visitor_from_far_away_takes_small_jobs(void **state) {
  (void)state;
  char pids[20][64];
  const char *path = token_path("shared");
  ml_mproc *pool = open_to_visitors(1, path);
  setenv("POOL_TEST_FARAWAY", "1", 1);
  pid_t visitor = start_visitor(ml_mproc_port(pool), path);
  unsetenv("POOL_TEST_FARAWAY");
  poll_until(pool, has_visitor);
  collect_pids(pool, pids);
  assert_true(was_at_work(pids, 20, 99999999));
  expect_rows(pool); /* without it */
  assert_int_equal(ml_mproc_get_stats(pool).workers_lost, 0);
  /* All that is known of it is its connection. */
  kill(visitor, SIGKILL);
  assert_int_equal(exit_code(visitor), 256 + SIGKILL);
  poll_until(pool, has_no_visitor);
  expect_usable(pool);
  ml_mproc_close(pool);
}

static void stranger_is_refused(void **state) {
  (void)state;
  char other[PATH_MAX];
  snprintf(other, sizeof other, "%s", token_path("other"));
  write_token(other, digits, 0600);
  setenv("POOL_TEST_QUIET", "1", 1);
  ml_mproc *pool = open_to_visitors(1, token_path("shared"));
  pid_t visitor = start_visitor(ml_mproc_port(pool), other);
  poll_until(pool, has_refused);
  assert_int_equal(exit_code(visitor), ML_WORKER_REFUSED);
  ml_mproc_close(pool);
  /* Nobody joins a pool that was opened without a token. */
  pool = open_pool(test_opts(1));
  visitor = start_visitor(ml_mproc_port(pool), other);
  poll_until(pool, has_refused);
  assert_int_equal(exit_code(visitor), ML_WORKER_REFUSED);
  ml_mproc_close(pool);
  unsetenv("POOL_TEST_QUIET");
}

/* ---- addresses ------------------------------------------------------------------------------- */

static void expect_bind(const char *bind, bool allow, const char *path, const char *message) {
  ml_mproc *pool = NULL;
  ml_error err = {0};
  ml_mproc_opts opts = test_opts(1);
  opts.bind = bind;
  opts.allow_remote = allow;
  opts.token_file = path;
  ml_status status = ml_mproc_open(&opts, &pool, &err);
  if (message) {
    assert_int_equal(status, ML_ERR_USAGE);
    assert_string_equal(err.message, message);
    return;
  }
  if (status != ML_OK) fail_msg("%s", err.message);
  expect_usable(pool);
  ml_mproc_close(pool);
}

static void remote_address_needs_leave_and_a_token(void **state) {
  (void)state;
  static const char message[] =
      "listening on 0.0.0.0 lets other machines connect: that needs both --allow-remote and "
      "--token-file";
  const char *path = token_path("shared");
  expect_bind("0.0.0.0", false, NULL, message);
  expect_bind("0.0.0.0", true, NULL, message);
  expect_bind("0.0.0.0", false, path, message);
  expect_bind("0.0.0.0", true, path, NULL);
  expect_bind("127.0.0.2", false, NULL, NULL);
  expect_bind("localhost", false, NULL, NULL);
  expect_bind("no address", false, NULL,
              "address to listen on must be an IP address, not 'no address'");
  if (access("/proc/net/if_inet6", R_OK) == 0)
    expect_bind("::1", false, NULL, NULL);
  else
    print_message("no IPv6 here: not tried\n");
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(token_file_must_be_ours_alone),
      cmocka_unit_test(token_file_is_made_once),
      cmocka_unit_test(visitor_works_beside_the_others),
      cmocka_unit_test(visitor_can_be_interrupted),
      cmocka_unit_test(visitor_that_hangs_is_killed),
      cmocka_unit_test(visitor_from_far_away_takes_small_jobs),
      cmocka_unit_test(stranger_is_refused),
      cmocka_unit_test(remote_address_needs_leave_and_a_token),
  };
  return cmocka_run_group_tests_name("pool_visitor", tests, NULL, NULL);
}
