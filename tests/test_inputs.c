/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Lists of inputs, and how much memory reading them may take. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <ml/parts_internal.h>

#include "support.h"

static void write_file(const char *name, const char *text) {
  char path[1024];
  snprintf(path, sizeof path, "%s/%s", temp_dir(), name);
  for (char *p = path + strlen(temp_dir()) + 1; (p = strchr(p, '/')); *p++ = '/') {
    *p = 0;
    mkdir(path, 0700);
  }
  FILE *f = fopen(path, "w");
  assert_non_null(f);
  fputs(text, f);
  fclose(f);
}

/* ---- lists ---- */

/* The names, each with a blank behind it, or the message. */
static void expect_list(const char *const *args, size_t n, ml_status want_status,
                        const char *want) {
  char with_folder[4][1024];
  const char *list[4];
  ml_inputs inputs = {0};
  ml_error err = {0};
  ml_buf out = {0};
  for (size_t i = 0; i < n; i++) {
    snprintf(with_folder[i], sizeof with_folder[i], "%s/%s", temp_dir(), args[i]);
    list[i] = strcmp(args[i], "-") == 0 ? args[i] : with_folder[i];
  }
  assert_int_equal(ml_inputs_list(list, n, &inputs, &err), want_status);
  for (size_t i = 0; i < inputs.n; i++) {
    const char *slash = strrchr(inputs.paths[i], '/');
    ml_buf_printf(&out, "%s ", slash ? slash + 1 : inputs.paths[i]);
  }
  ml_buf_put(&out, "", 1);
  assert_string_equal(want_status == ML_OK ? out.data : err.message, want);
  ml_buf_release(&out);
  ml_inputs_release(&inputs);
}

#define EXPECT_LIST(status, want, ...)            \
  expect_list((const char *const[]){__VA_ARGS__}, \
              sizeof((const char *const[]){__VA_ARGS__}) / sizeof(char *), status, want)

static void lists(void **state) {
  (void)state;
  const char *const names[] = {"x-10.csv", "x-9.csv", "X-1.csv", "y[1].csv", "y1.csv", ".x.csv"};
  for (size_t i = 0; i < sizeof names / sizeof *names; i++) write_file(names[i], "");
  EXPECT_LIST(ML_OK, "x-10.csv x-9.csv ", "x-*.csv");
  EXPECT_LIST(ML_OK, "X-1.csv x-10.csv x-9.csv y1.csv y[1].csv ", "*.csv");
  EXPECT_LIST(ML_OK, "y1.csv x-10.csv x-9.csv - none.csv ", "y1.csv", "x-?*.csv", "-", "none.csv");
  EXPECT_LIST(ML_OK, "y[1].csv ", "y[1].csv"); /* which is a file */
  EXPECT_LIST(ML_OK, "X-1.csv ", "[X]-*.csv");
  EXPECT_LIST(ML_ERR_IO, "no file matches", "z*.csv");
  EXPECT_LIST(ML_ERR_USAGE, "this input is given twice", "x-9.csv", "x-*.csv");
  EXPECT_LIST(ML_ERR_USAGE, "this input is given twice", "-", "-");
}

/* ---- memory ---- */

typedef struct machine {
  const char *name;
  const char *files[12]; /* pairs of names and texts, NULL behind the last */
  uint64_t want;
} machine;

#define MEMINFO "/proc/meminfo", "MemTotal: 9000 kB\nMemFree: 1 kB\nMemAvailable:    8000 kB\n"
#define V2      "/sys/fs/cgroup/"
#define V1      "/sys/fs/cgroup/memory/"

static const machine machines[] = {
    {"nothing is known", {"/proc/none", ""}, 0},
    {"no cgroups", {MEMINFO}, 4000 * 1024},
    {"no limit", {MEMINFO, "/proc/self/cgroup", "0::/\n", V2 "memory.max", "max\n"}, 4000 * 1024},
    {"a limit",
     {MEMINFO, "/proc/self/cgroup", "0::/a/b\n", V2 "a/b/memory.max", "1000000\n",
      V2 "a/b/memory.current", "300000\n", V2 "a/b/memory.stat", "anon 5\ninactive_file 100000\n"},
     (1000000 - 200000) / 2},
    {"a limit above",
     {MEMINFO, "/proc/self/cgroup", "0::/a/b\n", V2 "a/b/memory.max", "2000000\n",
      V2 "a/memory.max", "500000\n"},
     250000},
    {"more is used than allowed",
     {MEMINFO, "/proc/self/cgroup", "0::/\n", V2 "memory.max", "5000\n", V2 "memory.current",
      "6000\n"},
     0},
    {"the older cgroups",
     {MEMINFO, "/proc/self/cgroup", "5:cpu:/x\n4:blkio,memory:/a\n0::/\n",
      V1 "a/memory.limit_in_bytes", "9223372036854771712\n", V1 "memory.limit_in_bytes",
      "3000000\n", V1 "memory.usage_in_bytes", "1000000\n"},
     1000000},
};

static void check_machine(void **state) {
  const machine *m = *state;
  char root[1024];
  for (size_t i = 0; i + 1 < 12 && m->files[i]; i += 2) {
    char name[512];
    snprintf(name, sizeof name, "%d%s", (int)(m - machines), m->files[i]);
    write_file(name, m->files[i + 1]);
  }
  snprintf(root, sizeof root, "%s/%d", temp_dir(), (int)(m - machines));
  assert_int_equal(parts__memory_allowed(root), m->want);
}

static void here(void **state) {
  (void)state;
  assert_true(ml_memory_allowed() < UINT64_C(1) << 60);
}

int main(void) {
  enum { MACHINES = sizeof machines / sizeof *machines };
  const struct CMUnitTest tests[] = {cmocka_unit_test(lists), cmocka_unit_test(here)};
  struct CMUnitTest of_machines[MACHINES];
  for (size_t i = 0; i < MACHINES; i++)
    of_machines[i] = (struct CMUnitTest){.name = machines[i].name,
                                         .test_func = check_machine,
                                         .initial_state = (void *)(uintptr_t)&machines[i]};
  return cmocka_run_group_tests(tests, NULL, NULL) +
         cmocka_run_group_tests_name("memory", of_machines, NULL, NULL);
}
