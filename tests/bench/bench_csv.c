/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Reading a large CSV file into columns: speed against a plain strtod() reader, and memory. As CSV.
 *
 * bench_csv [--ids N] [--file PATH]: 10 000 series of 1000 rows, 284 MB, unless told otherwise. The
 * file is written once, from a fixed seed, and kept when its path was given. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <ml/ml.h>

enum { ROWS_PER_ID = 1000, ROUNDS = 5 };

static double seconds(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

static _Noreturn void die(const char *what) {
  fprintf(stderr, "bench_csv: %s\n", what);
  exit(1);
}

static uint64_t next_random(void) {
  static uint64_t state = 88172645463325252;
  state ^= state >> 12, state ^= state << 25, state ^= state >> 27;
  return state * 0x2545F4914F6CDD1DULL;
}

static void write_file(const char *path, size_t n_ids) {
  FILE *f = fopen(path, "w");
  if (!f) die("cannot write the file");
  fputs("id,time,value\n", f);
  for (size_t i = 0; i < n_ids; i++)
    for (int t = 0; t < ROWS_PER_ID; t++) {
      /* 17 significant digits, a point after the first */
      uint64_t digits = 10000000000000000U + next_random() % 90000000000000000U;
      fprintf(f, "%zu,%d,%s%llu.%016llu\n", i, t, next_random() & 1 ? "-" : "",
              (unsigned long long)(digits / 10000000000000000U),
              (unsigned long long)(digits % 10000000000000000U));
    }
  if (fclose(f) != 0) die("cannot write the file");
}

/* ---- what is measured: both make columns of time, value and an id code ---- */

typedef double run(const char *path, size_t n_rows);

static double read_ours(const char *path, size_t n_rows) {
  static const ml_csv_want want[] = {
      {0, ML_LABEL, true, NULL}, {1, ML_TIME, true, NULL}, {2, ML_NUMBER, true, NULL}};
  ml_csv *csv;
  ml_table *table;
  ml_error err = {0};
  if (ml_csv_open(path, NULL, &csv, &err) != ML_OK ||
      ml_csv_read(csv, want, 3, &table, &err) != ML_OK)
    die(err.message);
  if (table->n_rows != n_rows) die("rows are missing");
  double last = table->columns[2].number[n_rows - 1];
  ml_table_free(table);
  ml_csv_close(csv);
  return last;
}

/* The plain way: a line at a time, strtod(), ids that come together. */
static double read_strtod(const char *path, size_t n_rows) {
  FILE *f = fopen(path, "r");
  double *time = malloc(n_rows * sizeof *time), *value = malloc(n_rows * sizeof *value);
  uint32_t *id = malloc(n_rows * sizeof *id), code = 0;
  char *line = NULL, last_id[64] = "";
  size_t size = 0, i = 0;
  if (!f || !time || !value || !id || getline(&line, &size, f) < 0) die("cannot read the file");
  for (; i < n_rows && getline(&line, &size, f) > 0; i++) {
    char *comma = strchr(line, ',');
    if (!comma) die("no comma");
    *comma = 0;
    if (strcmp(line, last_id) != 0) {
      code++;
      snprintf(last_id, sizeof last_id, "%s", line);
    }
    id[i] = code;
    time[i] = strtod(comma + 1, &comma);
    value[i] = strtod(comma + 1, NULL);
  }
  double last = value[i - 1];
  free(line), free(time), free(value), free(id);
  fclose(f);
  return last;
}

static double read_series(const char *path, size_t n_rows) {
  ml_series_set *set;
  ml_error err = {0};
  if (ml_series_read(path, NULL, &set, &err) != ML_OK) die(err.message);
  if (ml_series_n_rows(set) != n_rows) die("rows are missing");
  ml_series last = ml_series_at(set, ml_series_n_ids(set) - 1, 0);
  double result = last.x[last.n - 1];
  ml_series_free(set);
  return result;
}

/* Largest resident set, in bytes, of a process that does one thing. */
static double peak(run *measured, const char *path, size_t n_rows) {
  fflush(stdout);
  pid_t child = fork();
  if (child == 0) {
    if (measured) measured(path, n_rows);
    _exit(0);
  }
  int status;
  struct rusage usage;
  if (child < 0 || wait4(child, &status, 0, &usage) != child || status != 0) die("child failed");
  return (double)usage.ru_maxrss * 1024;
}

typedef struct reader {
  const char *name;
  run *read;
  double seconds; /* of the best round */
} reader;

/* Round by round through all readers, so that a busy machine disturbs them alike. */
static void measure(reader *readers, size_t n, const char *path, size_t n_rows) {
  double want = readers[0].read(path, n_rows);
  for (int round = 0; round < ROUNDS; round++)
    for (size_t k = 0; k < n; k++) {
      double start = seconds();
      if (readers[k].read(path, n_rows) != want) die("the readers disagree");
      double t = seconds() - start;
      if (round == 0 || t < readers[k].seconds) readers[k].seconds = t;
    }
}

static void report(const char *path, size_t n_ids) {
  reader readers[] = {
      {"csv_read", read_ours, 0}, {"csv_series", read_series, 0}, {"csv_strtod", read_strtod, 0}};
  struct stat st;
  size_t n_rows = n_ids * ROWS_PER_ID;
  if (stat(path, &st) != 0) die("no file");
  double base = peak(NULL, path, n_rows);
  printf("csv_file,MB,%.1f\n", (double)st.st_size / 1e6);
  for (size_t k = 0; k < 2; k++)
    printf("%s_peak,bytes/row,%.2f\n", readers[k].name,
           (peak(readers[k].read, path, n_rows) - base) / (double)n_rows);
  measure(readers, 3, path, n_rows);
  for (size_t k = 0; k < 3; k++)
    printf("%s,GB/s,%.3f\n", readers[k].name, (double)st.st_size / readers[k].seconds / 1e9);
  printf("csv_read_gain,ratio,%.2f\n", readers[2].seconds / readers[0].seconds);
}

int main(int argc, char **argv) {
  size_t n_ids = 10000;
  char own[64] = "/tmp/bench_csv.XXXXXX";
  const char *path = NULL;
  for (int i = 1; i + 1 < argc; i += 2) {
    if (strcmp(argv[i], "--ids") == 0) n_ids = strtoul(argv[i + 1], NULL, 10);
    if (strcmp(argv[i], "--file") == 0) path = argv[i + 1];
  }
  if (n_ids == 0) die("usage: bench_csv [--ids N] [--file PATH]");
  if (!path) {
    int fd = mkstemp(own);
    if (fd < 0) die("cannot make a temporary file");
    close(fd);
  }
  if (!path || access(path, R_OK) != 0) write_file(path ? path : own, n_ids);
  report(path ? path : own, n_ids);
  if (!path) unlink(own);
  return 0;
}
