/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What workers say, use and leave behind, and how many there are. */
#include "life_tasks.h"
#include "pool_support.h"

#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define HAS_SANITIZER 1 /* it takes over crashes, and maps more than any limit */
#else
#define HAS_SANITIZER 0
#endif

static double seconds(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

static ml_status run_texts(ml_mproc *pool, const char *const *items, size_t n, char results[][64],
                           ml_error *err) {
  texts t = {.items = items, .results = results};
  ml_job job = texts_job(&t, n);
  *err = (ml_error){0};
  return ml_exec_run(ml_mproc_exec(pool), &job, err);
}

static void expect_done(ml_mproc *pool, const char *const *items, size_t n, char results[][64]) {
  ml_error err;
  if (run_texts(pool, items, n, results, &err) != ML_OK) fail_msg("job failed: %s", err.message);
}

static void expect_gone(long pid) {
  double end = seconds() + 10; /* it takes milliseconds; but the machine may be busy */
  while (is_running(pid) && seconds() < end) usleep(1000);
  assert_false(is_running(pid));
}

/* ---- last words ------------------------------------------------------------------------------ */

/* Standard error goes to a file until it is read. */
typedef struct capture {
  int before, file;
} capture;

static capture capture_begin(void) {
  capture c = {.before = dup(STDERR_FILENO), .file = memfd_create("stderr", MFD_CLOEXEC)};
  assert_true(c.before >= 0 && c.file >= 0);
  dup2(c.file, STDERR_FILENO);
  return c;
}

static void capture_end(capture c, char *text, size_t size) {
  dup2(c.before, STDERR_FILENO);
  close(c.before);
  ssize_t n = pread(c.file, text, size - 1, 0);
  text[n > 0 ? n : 0] = 0;
  close(c.file);
}

static void lines_of_workers_are_passed_on_whole(void **state) {
  (void)state;
  static const char *const items[] = {"words one two", "words three", "say 100000", "words four"};
  static char text[200000];
  ml_mproc *pool = open_pool(test_opts(1));
  capture c = capture_begin();
  expect_done(pool, items, 4, NULL);
  ml_mproc_close(pool);
  capture_end(c, text, sizeof text);
  if (strncmp(text, "one two\nthree\nxxx", 17)) fail_msg("wrong words: %.60s", text);
  assert_int_equal(strlen(text), 8 + 6 + 100000 + 5);
  assert_string_equal(text + strlen(text) - 7, "x\nfour\n");
}

static void host_that_does_not_read_is_not_blocked(void **state) {
  (void)state;
  static const char *const items[] = {"pid", "say 1000000"};
  char results[2][64];
  ml_error err;
  int ends[2];
  ml_mproc_opts opts = test_opts(1);
  opts.task_timeout = 0.3;
  opts.grace = 0.1;
  ml_mproc *pool = open_pool(opts);
  int before = dup(STDERR_FILENO);
  assert_int_equal(pipe(ends), 0);
  dup2(ends[1], STDERR_FILENO);
  /* The worker waits in its write, and has its time. */
  ml_status status = run_texts(pool, items, 2, results, &err);
  close(ends[0]); /* nor does a reader that is gone end us */
  ml_status next = run_texts(pool, items, 1, results, &err);
  dup2(before, STDERR_FILENO);
  close(before);
  close(ends[1]);
  assert_int_equal(status, ML_ERR_TIMEOUT);
  assert_int_equal(next, ML_OK);
  ml_mproc_close(pool);
}

static void expect_crash(const char *item, const char *words) {
  char text[20000];
  ml_error err;
  ml_mproc_opts opts = test_opts(1);
  opts.retries = 0;
  ml_mproc *pool = open_pool(opts);
  capture c = capture_begin();
  ml_status status = run_texts(pool, &item, 1, NULL, &err);
  capture_end(c, text, sizeof text);
  assert_int_equal(status, ML_ERR_WORKER);
  if (!strstr(err.message, ") was killed by signal 11 (Segmentation fault), 1 attempt"))
    fail_msg("wrong message: %s", err.message);
  if (!strstr(text, words) || !strstr(text, "+0x")) fail_msg("wrong last words: %s", text);
  expect_usable(pool);
  ml_mproc_close(pool);
}

static void crash_says_where(void **state) {
  (void)state;
  if (HAS_SANITIZER) skip();
  expect_crash("crash segv", "mltool worker: segmentation fault at address 0x10\n");
  expect_crash("crash stack", "mltool worker: segmentation fault at address 0x");
}

/* ---- what they leave behind ------------------------------------------------------------------ */

static const char *const children[] = {"child plain", "child session", "child orphan"};
enum { N_CHILDREN = 3 };

static void children_end_with_the_pool(void **state) {
  (void)state;
  char pids[N_CHILDREN][64];
  ml_mproc *pool = open_pool(test_opts(2));
  expect_done(pool, children, N_CHILDREN, pids);
  for (size_t i = 0; i < N_CHILDREN; i++) assert_true(is_running(atol(pids[i])));
  ml_mproc_close(pool);
  for (size_t i = 0; i < N_CHILDREN; i++) expect_gone(atol(pids[i]));
}

static void children_end_with_a_killed_worker(void **state) {
  (void)state;
  const char *items[] = {children[0], children[1], children[2], "spin 60000"};
  char pids[4][64];
  ml_error err;
  ml_mproc_opts opts = test_opts(1);
  opts.task_timeout = 0.5;
  opts.grace = 0.1;
  ml_mproc *pool = open_pool(opts);
  assert_int_equal(run_texts(pool, items, 4, pids, &err), ML_ERR_TIMEOUT);
  for (size_t i = 0; i < N_CHILDREN; i++) expect_gone(atol(pids[i]));
  ml_mproc_close(pool);
}

/* A worker that ends by itself has no time for them. */
static void expect_no_children_after(const char *last) {
  const char *items[] = {children[0], children[1], children[2], last};
  char pids[4][64] = {""};
  ml_error err;
  ml_mproc_opts opts = test_opts(1);
  opts.retries = 0;
  opts.window = opts.chunk = 1;
  ml_mproc *pool = open_pool(opts);
  assert_int_equal(run_texts(pool, items, 4, pids, &err), ML_ERR_WORKER);
  for (size_t i = 0; i < N_CHILDREN; i++) {
    assert_true(atol(pids[i]) > 0);
    expect_gone(atol(pids[i]));
  }
  expect_usable(pool);
  ml_mproc_close(pool);
}

static void children_end_with_a_worker_that_crashes(void **state) {
  (void)state;
  if (!HAS_SANITIZER) expect_no_children_after("crash segv");
  expect_no_children_after("kill 9");
  expect_no_children_after("exit 3");
}

static void children_end_with_a_killed_central_process(void **state) {
  (void)state;
  int out[2];
  char text[256] = "";
  assert_int_equal(pipe(out), 0);
  pid_t central = fork();
  if (central == 0) {
    dup2(out[1], STDOUT_FILENO);
    close(out[0]);
    close(out[1]);
    execl(POOL_WORKER, POOL_WORKER, "family", (char *)NULL);
    _exit(127);
  }
  close(out[1]);
  for (size_t n = 0; n + 1 < sizeof text && !strchr(text, '\n');) {
    ssize_t got = read(out[0], text + n, sizeof text - 1 - n);
    assert_true(got > 0);
    n += (size_t)got;
  }
  close(out[0]);
  long pids[5];
  assert_int_equal(
      sscanf(text, "%ld %ld %ld %ld %ld", &pids[0], &pids[1], &pids[2], &pids[3], &pids[4]), 5);
  for (size_t i = 0; i < 5; i++) assert_true(is_running(pids[i]));
  kill((pid_t)pids[4], SIGSTOP); /* one that cannot act by itself */
  kill(central, SIGKILL);
  assert_int_equal(waitpid(central, NULL, 0), central);
  for (size_t i = 0; i < 5; i++) expect_gone(pids[i]);
}

/* ---- what they use --------------------------------------------------------------------------- */

/* It has ended by itself, so its worker is as good as before. */
static void item_is_told_to_end(void **state) {
  (void)state;
  static const char *const items[] = {"pid", "wait", "pid"};
  ml_error err;
  ml_mproc_opts opts = test_opts(1);
  opts.task_timeout = 0.3;
  opts.grace = 60;
  opts.retry_errors = 5; /* it is not one of these */
  ml_mproc *pool = open_pool(opts);
  for (int round = 0; round < 2; round++) {
    assert_int_equal(run_texts(pool, items, 3, NULL, &err), ML_ERR_TIMEOUT);
    assert_string_equal(err.message, "item 1: it took longer than 0.3 s");
  }
  expect_usable(pool);
  assert_int_equal(ml_mproc_get_stats(pool).workers_lost, 0);
  ml_mproc_close(pool);
}

static void worker_is_replaced_after_its_share(void **state) {
  (void)state;
  enum { N = 300, SHARE = 7 };
  static const size_t chunks[] = {1, 5, 100, 0};
  const char *items[N];
  char pids[N][64];
  for (size_t i = 0; i < N; i++) items[i] = "pid";
  for (size_t k = 0; k < 4; k++) {
    ml_mproc_opts opts = test_opts(2);
    opts.max_tasks = SHARE;
    opts.chunk = chunks[k];
    ml_mproc *pool = open_pool(opts);
    expect_done(pool, items, N, pids);
    for (size_t i = 0; i < N; i++) {
      size_t n = 0;
      for (size_t j = 0; j < N; j++) n += strcmp(pids[i], pids[j]) == 0;
      assert_in_range(n, 1, SHARE);
    }
    assert_true(ml_mproc_get_stats(pool).workers_recycled >= N / SHARE - 2);
    assert_int_equal(ml_mproc_get_stats(pool).workers_lost, 0);
    ml_mproc_close(pool);
  }
}

static void worker_that_has_grown_is_replaced(void **state) {
  (void)state;
  static const char *const items[] = {"pid", "alloc 300", "nap 1500", "nap 100", "pid"};
  char pids[5][64];
  ml_mproc_opts opts = test_opts(1);
  opts.max_rss = (size_t)250 << 20;
  opts.window = 1;
  opts.chunk = 1;
  ml_mproc *pool = open_pool(opts);
  expect_done(pool, items, 5, pids);
  assert_true(ml_mproc_get_stats(pool).workers_recycled >= 1);
  assert_int_equal(ml_mproc_get_stats(pool).workers_lost, 0);
  assert_string_not_equal(pids[0], pids[4]);
  ml_mproc_close(pool);
}

static void memory_beyond_the_limit_is_refused(void **state) {
  (void)state;
  static const char *const items[] = {"alloc 16", "alloc 400"};
  ml_error err;
  if (HAS_SANITIZER) skip();
  ml_mproc_opts opts = test_opts(2);
  opts.worker_memory = (size_t)256 << 20;
  ml_mproc *pool = open_pool(opts);
  assert_int_equal(run_texts(pool, items, 2, NULL, &err), ML_ERR_MEMORY);
  assert_string_equal(err.message, "no memory for 400 MiB");
  assert_int_equal(ml_mproc_get_stats(pool).workers_lost, 0);
  expect_usable(pool);
  ml_mproc_close(pool);
}

/* In a process of its own, whose limits are lowered. @return its exit code */
static int in_child(int (*body)(void)) {
  int status;
  pid_t pid = fork();
  if (pid == 0) _exit(body());
  assert_int_equal(waitpid(pid, &status, 0), pid);
  return WIFEXITED(status) ? WEXITSTATUS(status) : 255;
}

static int open_with_few_descriptors(void) {
  ml_mproc *pool = NULL;
  ml_error err = {0};
  ml_mproc_opts opts = test_opts(8);
  struct rlimit limit = {24, 24};
  closefrom(3);
  if (setrlimit(RLIMIT_NOFILE, &limit) != 0) return 1;
  if (ml_mproc_open(&opts, &pool, &err) == ML_OK) return 2;
  if (!strstr(err.message, "Too many open files") || !strstr(err.message, "ulimit -n")) {
    print_message("wrong message: %s\n", err.message);
    return 3;
  }
  int fd = open("/dev/null", O_RDONLY | O_CLOEXEC); /* the lowest that is free */
  return fd == 3 ? 0 : 4;
}

static int open_with_few_processes(void) {
  ml_mproc *pool = NULL;
  ml_error err = {0};
  ml_mproc_opts opts = test_opts(2);
  struct rlimit limit = {1, 1};
  if (setrlimit(RLIMIT_NPROC, &limit) != 0) return 1;
  if (ml_mproc_open(&opts, &pool, &err) == ML_OK) return 2;
  return strstr(err.message, "(see ulimit -u)") ? 0 : 3;
}

static void limits_of_the_host_are_told_of(void **state) {
  (void)state;
  if (!HAS_SANITIZER) assert_int_equal(in_child(open_with_few_descriptors), 0);
  if (geteuid() == 0)
    print_message("root has no limit of processes: not tried\n");
  else
    assert_int_equal(in_child(open_with_few_processes), 0);
}

/* ---- how many there are ---------------------------------------------------------------------- */

static void pool_can_be_resized(void **state) {
  (void)state;
  ml_error err = {0};
  long pids[5], after[5];
  ml_mproc *pool = open_pool(test_opts(2));
  assert_int_equal(ml_mproc_pids(pool, pids), 2);
  assert_int_equal(ml_mproc_resize(pool, 5, NULL, &err), ML_OK);
  assert_int_equal(ml_exec_n_workers(ml_mproc_exec(pool)), 5);
  assert_int_equal(ml_mproc_pids(pool, after), 5);
  assert_true(after[0] == pids[0] && after[1] == pids[1]);
  expect_usable(pool);
  assert_int_equal(ml_mproc_resize(pool, 1, NULL, &err), ML_OK);
  assert_int_equal(ml_mproc_pids(pool, pids), 1);
  assert_int_equal(pids[0], after[0]);
  expect_usable(pool);
  double end = seconds() + 10;
  for (size_t i = 1; i < 5; i++)
    while (is_running(after[i]) && seconds() < end) ml_mproc_poll(pool);
  for (size_t i = 1; i < 5; i++) assert_false(is_running(after[i]));
  assert_int_equal(ml_mproc_resize(pool, 3, NULL, &err), ML_OK);
  assert_int_equal(ml_mproc_pids(pool, pids), 3);
  expect_usable(pool);
  assert_int_equal(ml_mproc_resize(pool, 0, NULL, &err), ML_ERR_USAGE);
  assert_string_equal(err.message, "number of workers must be 1 to 1024, not 0");
  assert_int_equal(ml_mproc_get_stats(pool).workers_lost, 0);
  ml_mproc_close(pool);
}

static void worker_is_replaced_between_calls(void **state) {
  (void)state;
  long pids[2], after[2];
  ml_mproc *pool = open_pool(test_opts(2));
  assert_int_equal(ml_mproc_pids(pool, pids), 2);
  kill((pid_t)pids[1], SIGKILL);
  double end = seconds() + 20;
  while (seconds() < end && ml_mproc_get_stats(pool).workers_started < 3) ml_mproc_poll(pool);
  assert_int_equal(ml_mproc_pids(pool, after), 2);
  assert_true(after[0] == pids[0] && after[1] != pids[1]);
  ml_mproc_close(pool);
}

static size_t count_descriptors(void) {
  size_t n = 0;
  DIR *d = opendir("/proc/self/fd");
  assert_non_null(d);
  while (readdir(d)) n++;
  closedir(d);
  return n;
}

static long resident_kib(void) {
  long pages = 0;
  FILE *f = fopen("/proc/self/statm", "re");
  assert_non_null(f);
  assert_int_equal(fscanf(f, "%*s %ld", &pages), 1);
  fclose(f);
  return pages * (sysconf(_SC_PAGESIZE) / 1024);
}

static void cycles_leave_nothing_behind(void **state) {
  (void)state;
  size_t n = getenv("ML_LONG") ? 10000 : HAS_SANITIZER ? 50 : 200;
  for (size_t i = 0; i < n / 5; i++) ml_mproc_close(open_pool(test_opts(1)));
  size_t descriptors = count_descriptors();
  long resident = resident_kib();
  for (size_t i = n / 5; i < n; i++) ml_mproc_close(open_pool(test_opts(1)));
  assert_int_equal(count_descriptors(), descriptors);
  if (!HAS_SANITIZER) assert_true(resident_kib() < resident + 1024);
}

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
      cmocka_unit_test_teardown(lines_of_workers_are_passed_on_whole, no_children),
      cmocka_unit_test_teardown(host_that_does_not_read_is_not_blocked, no_children),
      cmocka_unit_test_teardown(crash_says_where, no_children),
      cmocka_unit_test_teardown(children_end_with_the_pool, no_children),
      cmocka_unit_test_teardown(children_end_with_a_killed_worker, no_children),
      cmocka_unit_test_teardown(children_end_with_a_worker_that_crashes, no_children),
      cmocka_unit_test_teardown(children_end_with_a_killed_central_process, no_children),
      cmocka_unit_test_teardown(item_is_told_to_end, no_children),
      cmocka_unit_test_teardown(worker_is_replaced_after_its_share, no_children),
      cmocka_unit_test_teardown(worker_that_has_grown_is_replaced, no_children),
      cmocka_unit_test_teardown(memory_beyond_the_limit_is_refused, no_children),
      cmocka_unit_test_teardown(limits_of_the_host_are_told_of, no_children),
      cmocka_unit_test_teardown(pool_can_be_resized, no_children),
      cmocka_unit_test_teardown(worker_is_replaced_between_calls, no_children),
      cmocka_unit_test_teardown(cycles_leave_nothing_behind, no_children),
  };
  return cmocka_run_group_tests_name("pool_life", tests, no_cores, NULL);
}
