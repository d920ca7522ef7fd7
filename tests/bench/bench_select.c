/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What selection takes: seconds, and memory in terms of that of the matrix; as CSV.
 *
 *   bench_select [-w WORKERS] [-r REDUNDANCY] [JOB]...
 *
 * With -r all features are relevant, and looked at for what is redundant.
 * robot_lp1 is read from the folder that ML_REFERENCE names, where it is set. */
#include "../support.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum target_kind { BINARY, REAL, FIVE_CLASSES };

typedef struct bench_job {
  const char *name;
  size_t n_rows, n_columns; /* 0: robot_lp1 */
  bool by_column;
  enum target_kind target;
  ml_select_test test;
  int rounds;
} bench_job;

static const bench_job jobs[] = {
    {"robot_lp1", 0, 0, false, BINARY, ML_SELECT_MANN, 10},
    {"robot_lp1_ks", 0, 0, false, BINARY, ML_SELECT_KS, 10},
    {"short", 88, 4698, false, BINARY, ML_SELECT_MANN, 10},
    {"short_ks", 88, 4698, false, BINARY, ML_SELECT_KS, 10},
    {"short_real", 88, 4698, false, REAL, ML_SELECT_MANN, 10},
    {"middle_ks", 10000, 783, false, BINARY, ML_SELECT_KS, 2},
    {"middle_kx", 10000, 783, false, BINARY, ML_SELECT_KX, 2},
    {"long_binary", 100000, 800, false, BINARY, ML_SELECT_MANN, 1},
    {"long_binary_by_column", 100000, 800, true, BINARY, ML_SELECT_MANN, 1},
    {"long_five_classes", 100000, 800, true, FIVE_CLASSES, ML_SELECT_MANN, 1},
    {"long_ks", 100000, 800, true, BINARY, ML_SELECT_KS, 1},
    {"long_real", 100000, 800, false, REAL, ML_SELECT_MANN, 1},
    {"long_real_by_column", 100000, 800, true, REAL, ML_SELECT_MANN, 1},
};

static double seconds(clockid_t clock) {
  struct timespec t;
  clock_gettime(clock, &t);
  return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

static void expect_ok(ml_status status, const ml_error *err) {
  if (status == ML_OK) return;
  fprintf(stderr, "bench_select: %s\n", err->message);
  exit(1);
}

/* Most bytes that this process has had resident. */
static double most_memory(void) {
  char line[256];
  double kilobytes = 0;
  FILE *file = fopen("/proc/self/status", "r");
  while (file && fgets(line, sizeof line, file))
    if (sscanf(line, "VmHWM: %lf", &kilobytes) == 1) break;
  if (file) fclose(file);
  return kilobytes * 1024;
}

/* ---- what is selected from ------------------------------------------------------------------- */

static double uniform(uint64_t *seed) {
  return (double)((next_random(seed) >> 11) + 1) * 0x1p-53;
}

static double normal(uint64_t *seed) {
  return sqrt(-2 * log(uniform(seed))) * cos(2 * M_PI * uniform(seed));
}

static ml_target *make_target(const bench_job *job, uint64_t *seed) {
  size_t n = job->n_rows;
  double *values = calloc(n, sizeof *values);
  ml_target *target = NULL;
  ml_error err = {0};
  if (!values) exit(1);
  for (size_t i = 0; i < n; i++) {
    double u = uniform(seed);
    values[i] = job->target == REAL ? normal(seed) : job->target == BINARY ? u < 0.3 : floor(5 * u);
  }
  ml_problem problem = job->target == REAL ? ML_REGRESSION : ML_CLASSIFICATION;
  expect_ok(ml_target_from_numbers("y", values, n, problem, &target, &err), &err);
  free(values);
  return target;
}

/* Most are normal; of ten, one has ties, one is binary, one has a signal. */
static double cell(size_t j, double y, uint64_t *seed) {
  double x = normal(seed);
  switch (j % 10) {
    case 3:
      return round(10 * x);
    case 5:
      return x > 1;
    case 7:
      return x + 0.2 * y;
    default:
      return x;
  }
}

static ml_matrix *make_matrix(const bench_job *job, const ml_target *target, const ml_exec *exec,
                              uint64_t *seed) {
  ml_matrix *m = NULL;
  ml_error err = {0};
  expect_ok(ml_matrix_new(exec, job->n_rows, job->n_columns, &m, &err), &err);
  m->by_column = job->by_column;
  for (size_t j = 0; j < m->n_columns; j++) {
    char name[32];
    snprintf(name, sizeof name, "f%zu", j);
    m->columns[j] = strdup(name);
  }
  size_t n_lines = m->by_column ? m->n_columns : m->n_rows, at = 0;
  size_t n = m->by_column ? m->n_rows : m->n_columns;
  for (size_t a = 0; a < n_lines; a++)
    for (size_t b = 0; b < n; b++)
      m->values[at++] = cell(m->by_column ? a : b, target->values[m->by_column ? b : a], seed);
  return m;
}

/* @return false where the reference is not there */
static bool read_robot(const ml_exec *exec, ml_matrix **m, ml_target **target) {
  ml_error err = {0};
  const char *path = reference("extract/robot_lp1.comprehensive.csv");
  if (!path) return false;
  expect_ok(ml_features_read(path, NULL, exec, m, NULL, &err), &err);
  ml_impute_range *ranges = calloc((*m)->n_columns, sizeof *ranges);
  if (!ranges) exit(1);
  expect_ok(ml_impute_learn(*m, ranges, NULL, NULL, &err), &err);
  ml_impute(*m, ranges);
  free(ranges);
  path = reference("extract/inputs/robot_lp1.y.csv");
  expect_ok(ml_target_read(path, NULL, *m, target, &err), &err);
  return true;
}

/* ---- jobs ------------------------------------------------------------------------------------ */

static void run(const bench_job *job, double redundancy, ml_exec *exec) {
  uint64_t seed = 7;
  ml_target *target = NULL;
  ml_matrix *m = NULL;
  ml_selection *selection = NULL;
  ml_error err = {0};
  const ml_select_opts opts = {
      .test = job->test, .redundancy = redundancy, .percentile = redundancy > 0 ? 100 : 0};
  double best = 1e9, best_cpu = 1e9;
  if (job->n_rows == 0) {
    if (!read_robot(exec, &m, &target)) return;
  } else {
    target = make_target(job, &seed);
    m = make_matrix(job, target, exec, &seed);
  }
  for (int round = 0; round < job->rounds; round++) {
    ml_selection_free(selection);
    double start = seconds(CLOCK_MONOTONIC), cpu = seconds(CLOCK_PROCESS_CPUTIME_ID);
    expect_ok(ml_select(m, target, &opts, exec, NULL, &selection, &err), &err);
    double took = seconds(CLOCK_MONOTONIC) - start;
    cpu = seconds(CLOCK_PROCESS_CPUTIME_ID) - cpu;
    if (took < best) best = took;
    if (cpu < best_cpu) best_cpu = cpu;
  }
  double size = (double)m->n_rows * (double)m->n_columns * sizeof(double);
  printf("%s,selected,%zu\n%s,seconds,%.4g\n", job->name, selection->n_selected, job->name, best);
  printf("%s,cpu_seconds,%.4g\n", job->name, best_cpu); /* of this process, without its workers */
  printf("%s,matrix_mb,%.4g\n%s,memory_mb,%.4g\n", job->name, size / 1e6, job->name,
         most_memory() / 1e6);
  ml_selection_free(selection);
  ml_matrix_free(m);
  ml_target_free(target);
}

/* In a process of its own, whose memory is that of the job alone. */
static int run_apart(const bench_job *job, double redundancy, size_t n_workers) {
  fflush(stdout);
  pid_t pid = fork();
  if (pid == 0) {
    ml_mproc *pool = NULL;
    ml_error err = {0};
    ml_mproc_opts opts = ml_mproc_opts_default();
    opts.n_workers = n_workers;
    if (n_workers > 0) expect_ok(ml_mproc_open(&opts, &pool, &err), &err);
    run(job, redundancy, ml_mproc_exec(pool));
    ml_mproc_close(pool);
    exit(0);
  }
  int status = 0;
  return pid > 0 && waitpid(pid, &status, 0) == pid && status == 0 ? 0 : 1;
}

static bool is_wanted(const char *name, char **names, int n) {
  for (int i = 0; i < n; i++)
    if (strcmp(name, names[i]) == 0) return true;
  return n == 0;
}

int main(int argc, char **argv) {
  size_t n_workers = 0;
  double redundancy = 0;
  int first = 1, failed = 0;
  for (; first + 1 < argc && argv[first][0] == '-'; first += 2)
    if (argv[first][1] == 'w')
      n_workers = strtoul(argv[first + 1], NULL, 10);
    else
      redundancy = strtod(argv[first + 1], NULL);
  puts("name,unit,value");
  for (size_t i = 0; i < sizeof jobs / sizeof *jobs; i++)
    if (is_wanted(jobs[i].name, argv + first, argc - first))
      failed |= run_apart(&jobs[i], redundancy, n_workers);
  return failed;
}
