/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Workers that the kernel ends for want of memory: its account in made-up files, and a real one
 * where this user may make a memory cgroup. */
#include "life_tasks.h"
#include "pool_support.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../mproc/mproc_internal.h"

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define HAS_SANITIZER 1 /* it needs more memory than the group has */
#else
#define HAS_SANITIZER 0
#endif

/* ---- the account ---------------------------------------------------------------------------- */

/* A file below a folder of its own for each case, and the folders on the way. */
static void put(const char *mount, const char *file, const char *text) {
  char path[PATH_MAX];
  int n = snprintf(path, sizeof path, "%s/%s", mount, file);
  assert_true(n > 0 && (size_t)n < sizeof path);
  for (char *at = path + 1; (at = strchr(at, '/')); at++) {
    *at = 0;
    if (mkdir(path, 0700) != 0) assert_int_equal(errno, EEXIST);
    *at = '/';
  }
  FILE *f = fopen(path, "we");
  assert_non_null(f);
  fputs(text, f);
  assert_int_equal(fclose(f), 0);
}

static void kills_are_counted_by_the_group(void **state) {
  (void)state;
  static const struct {
    const char *file, *text, *membership;
    uint64_t n;
  } cases[] = {
      {"memory.events", "low 0\noom 7\noom_kill 3\noom_group_kill 0\n", "0::/\n", 3},
      {"a/b/memory.events", "oom 7\noom_kill 12\n", "0::/a/b\n", 12},
      /* The path of the host, of which a container sees the root only. */
      {"memory.events", "oom_kill 5\n", "0::/not/here\n", 5},
      {"a/memory.events", "oom_kill 6\n", "0::/a/not/here\n", 6},
      {"memory/x/memory.oom_control", "oom_kill_disable 0\nunder_oom 0\noom_kill 4\n",
       "12:cpu:/y\n4:memory:/x\n0::/\n", 4},
      {"memory/memory.oom_control", "oom_kill_disable 1\nunder_oom 0\n", "4:memory:/\n", 0},
      {"memory.events", "oom 9\n", "0::/\n", 0},
      {"memory.events", "oom_kill many\n", "0::/\n", 0},
      {"memory.events", "", "0::/\n", 0},
      {"memory.events", "oom_kill 5\n", "", 0},
      {"memory.events", "oom_kill 5\n", "no sense at all\n\n:::\n", 0},
      {"memory.events", "oom_kill 18446744073709551615\n", "0::/", UINT64_MAX},
  };
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    char mount[PATH_MAX];
    snprintf(mount, sizeof mount, "%s/group%zu", temp_dir(), i);
    put(mount, cases[i].file, cases[i].text);
    uint64_t n = oom__kills(mount, cases[i].membership);
    if (n != cases[i].n) fail_msg("case %zu: %llu", i, (unsigned long long)n);
  }
  assert_int_equal(oom__kills("/does/not/exist", "0::/\n"), 0);
}

/* ---- a real one ------------------------------------------------------------------------------ */

static bool put_text(const char *folder, const char *file, const char *text) {
  char path[PATH_MAX];
  if (snprintf(path, sizeof path, "%s/%s", folder, file) >= (int)sizeof path) return false;
  int fd = open(path, O_WRONLY | O_CLOEXEC);
  if (fd < 0) return false;
  bool ok = write(fd, text, strlen(text)) == (ssize_t)strlen(text);
  close(fd);
  return ok;
}

/* @return false: this process may not limit the memory of another */
static bool make_group(char folder[PATH_MAX]) {
  char line[1024], path[1024] = "";
  FILE *f = fopen("/proc/self/cgroup", "re");
  const char *root = NULL;
  if (!f) return false;
  while (!root && fgets(line, sizeof line, f)) {
    if (sscanf(line, "%*u:memory:%1023[^\n]", path) == 1) root = "/sys/fs/cgroup/memory";
    if (sscanf(line, "0::%1023[^\n]", path) == 1) root = "/sys/fs/cgroup";
  }
  fclose(f);
  if (!root) return false;
  int n = snprintf(folder, PATH_MAX, "%s%s/ml-test-%ld", root, path, (long)getpid());
  if (n >= PATH_MAX || mkdir(folder, 0755) != 0) return false;
  (void)put_text(folder, "memory.swap.max", "0");
  (void)put_text(folder, "memory.swappiness", "0");
  if (put_text(folder, "memory.max", "300M") || put_text(folder, "memory.limit_in_bytes", "300M"))
    return true;
  rmdir(folder);
  return false;
}

enum { RIGHT, NOT_ADMITTED, WRONG };

/* The central process, in the group. */
static int lose_one_for_want_of_memory(const char *folder) {
  static const char *const items[] = {"pid", "alloc 600"};
  char number[32];
  ml_error err = {0};
  snprintf(number, sizeof number, "%ld", (long)getpid());
  if (!put_text(folder, "cgroup.procs", number)) return NOT_ADMITTED;
  ml_mproc_opts opts = test_opts(1);
  opts.retries = 0;
  ml_mproc *pool = open_pool(opts);
  texts t = {.items = items};
  ml_job job = texts_job(&t, 2);
  ml_status status = ml_exec_run(ml_mproc_exec(pool), &job, &err);
  const char *text =
      strstr(err.message, ") was killed by signal 9 (Killed), likely out of memory (");
  if (status != ML_ERR_WORKER || !text) {
    print_message("wrong message: %s\n", err.message);
    return WRONG;
  }
  expect_usable(pool);
  ml_mproc_close(pool);
  return RIGHT;
}

static void kernel_that_kills_for_memory_is_named(void **state) {
  (void)state;
  char folder[PATH_MAX];
  int status;
  if (HAS_SANITIZER) skip();
  if (!make_group(folder)) {
    print_message("no memory cgroup can be made here: not tried\n");
    skip();
  }
  pid_t pid = fork();
  if (pid == 0) _exit(lose_one_for_want_of_memory(folder));
  assert_int_equal(waitpid(pid, &status, 0), pid);
  for (int i = 0; rmdir(folder) != 0 && errno == EBUSY && i < 1000; i++) usleep(1000);
  assert_true(WIFEXITED(status));
  if (WEXITSTATUS(status) == NOT_ADMITTED) {
    print_message("a process cannot be put into a memory cgroup here: not tried\n");
    skip();
  }
  assert_int_equal(WEXITSTATUS(status), RIGHT);
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(kills_are_counted_by_the_group),
                                     cmocka_unit_test(kernel_that_kills_for_memory_is_named)};
  return cmocka_run_group_tests_name("pool_oom", tests, NULL, NULL);
}
