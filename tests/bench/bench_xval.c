/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Seconds of the processor that cross-validations and searches take from arrays in memory, in one
 * thread, and the best score; as CSV. bench_xval.py does the same jobs with scikit-learn and
 * XGBoost, on the arrays that --write has written:
 *
 *   bench_xval [JOB...]       every job, or these
 *   bench_xval --write DIR    DIR/JOB.x.npy, DIR/JOB.y.npy, DIR/JOB.grid.npy */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>

#include <ml/ml.h>

extern void openblas_set_num_threads(int n);

/* ---- jobs ------------------------------------------------------------------------------------ */

typedef struct bench_job {
  const char *name, *model;
  size_t n, p;
  bool classes;
  const char *cv;
  const char *fixed[3]; /* NAME=VALUE */
  const char *varied;   /* NULL: nothing is searched */
  double from, to;
  size_t n_values;
  bool is_log, is_path; /* path: `from` and `to` are shares of the alpha at which all is 0 */
  double common;        /* weight of a factor that all features have in common: they correlate */
  size_t rounds;
} bench_job;

static const bench_job jobs[] = {
    {.name = "ridge",
     .model = "ridge",
     .n = 100000,
     .p = 50,
     .cv = "kfold:10",
     .varied = "alpha",
     .from = 1e-3,
     .to = 1e5,
     .n_values = 20,
     .is_log = true,
     .rounds = 7},
    {.name = "elastic_net",
     .model = "elastic_net",
     .n = 20000,
     .p = 100,
     .cv = "kfold:5",
     .varied = "alpha",
     .from = 1,
     .to = 1e-3,
     .n_values = 100,
     .is_log = true,
     .is_path = true,
     .common = 1,
     .rounds = 7},
    {.name = "elastic_net_apart",
     .model = "elastic_net",
     .n = 20000,
     .p = 100,
     .cv = "kfold:5",
     .varied = "alpha",
     .from = 1,
     .to = 1e-3,
     .n_values = 100,
     .is_log = true,
     .is_path = true,
     .rounds = 7},
    {.name = "logistic",
     .model = "logistic",
     .n = 50000,
     .p = 30,
     .classes = true,
     .cv = "stratified:5",
     .rounds = 5},
    {.name = "logistic_grid",
     .model = "logistic",
     .n = 50000,
     .p = 30,
     .classes = true,
     .cv = "stratified:5",
     .varied = "C",
     .from = 1e-4,
     .to = 1e4,
     .n_values = 10,
     .is_log = true,
     .rounds = 3},
    {.name = "decision_tree",
     .model = "decision_tree",
     .n = 20000,
     .p = 20,
     .classes = true,
     .cv = "stratified:5",
     .varied = "max_depth",
     .from = 5,
     .to = 10,
     .n_values = 6,
     .rounds = 3},
    {.name = "knn",
     .model = "knn",
     .n = 20000,
     .p = 20,
     .classes = true,
     .cv = "stratified:5",
     .varied = "n_neighbors",
     .from = 1,
     .to = 20,
     .n_values = 20,
     .rounds = 2},
    {.name = "random_forest",
     .model = "random_forest",
     .n = 5000,
     .p = 20,
     .classes = true,
     .cv = "stratified:5",
     .fixed = {"n_estimators=100"},
     .rounds = 2},
    {.name = "xgboost",
     .model = "xgboost",
     .n = 50000,
     .p = 30,
     .classes = true,
     .cv = "stratified:5",
     .fixed = {"n_estimators=100"},
     .rounds = 1},
    {.name = "xgboost_stops",
     .model = "xgboost",
     .n = 50000,
     .p = 30,
     .classes = true,
     .cv = "stratified:5",
     .fixed = {"n_estimators=1000", "early_stopping_rounds=10"},
     .rounds = 1},
};

/* ---- data ------------------------------------------------------------------------------------ */

typedef struct data {
  ml_dataset set;
  double *x, *grid;
} data;

static double uniform(ml_rng *rng) {
  return ml_rng_real(rng) + 0x1p-54;
}

static double normal(ml_rng *rng) {
  double r = sqrt(-2 * log(uniform(rng)));
  return r * cos(2 * 3.14159265358979323846 * uniform(rng));
}

static void *must(void *memory) {
  if (memory) return memory;
  fputs("bench_xval: out of memory\n", stderr);
  exit(1);
}

static void check(ml_status status, const ml_error *err) {
  if (status == ML_OK) return;
  fprintf(stderr, "bench_xval: %s\n", err->message);
  exit(1);
}

/* Every third feature matters, the first most. */
static void make_target(const bench_job *job, data *d, ml_rng *rng) {
  static char *labels[] = {"0", "1"};
  double *y = must(calloc(job->n, sizeof *y));
  for (size_t i = 0; i < job->n; i++) {
    for (size_t j = 0; j < job->p; j += 3) y[i] += d->x[j * job->n + i] / (double)(1 + j / 3);
    y[i] += normal(rng);
  }
  d->set.y = y;
  d->set.problem = job->classes ? ML_CLASSIFICATION : ML_REGRESSION;
  if (!job->classes) return;
  uint32_t *codes = must(calloc(job->n, sizeof *codes));
  for (size_t i = 0; i < job->n; i++) y[i] = codes[i] = y[i] > 0;
  d->set.classes = (ml_levels){.labels = labels, .n = 2, .codes = codes};
}

/* The least alpha at which all coefficients of an elastic net with l1_ratio 0.5 are 0. */
static double greatest_alpha(const bench_job *job, const data *d) {
  double mean = 0, most = 0;
  for (size_t i = 0; i < job->n; i++) mean += d->set.y[i] / (double)job->n;
  for (size_t j = 0; j < job->p; j++) {
    double sum = 0;
    for (size_t i = 0; i < job->n; i++) sum += d->x[j * job->n + i] * (d->set.y[i] - mean);
    most = fmax(most, fabs(sum) / (double)job->n / 0.5);
  }
  return most;
}

static data make_data(const bench_job *job) {
  data d = {.x = must(calloc(job->n * job->p, sizeof(double))),
            .grid = must(calloc(job->n_values + 1, sizeof(double)))};
  ml_rng rng = ml_rng_seeded(20260101);
  for (size_t i = 0; i < job->n * job->p; i++) d.x[i] = normal(&rng);
  for (size_t i = 0; i < job->n && job->common > 0; i++) {
    double factor = job->common * normal(&rng);
    for (size_t j = 0; j < job->p; j++) d.x[j * job->n + i] += factor;
  }
  d.set.n_rows = job->n;
  d.set.n_features = job->p;
  d.set.x = d.x;
  make_target(job, &d, &rng);
  double unit = job->is_path ? greatest_alpha(job, &d) : 1;
  for (size_t k = 0; k < job->n_values; k++) {
    double at = (double)k / (double)(job->n_values - 1);
    d.grid[k] = job->is_log ? unit * job->from * pow(job->to / job->from, at)
                            : job->from + at * (job->to - job->from);
  }
  return d;
}

static void release_data(data *d) {
  free(d->x);
  free(d->grid);
  free(d->set.y);
  free(d->set.classes.codes);
}

/* ---- .npy ------------------------------------------------------------------------------------ */

static void write_npy(const char *folder, const char *name, const char *what, const double *x,
                      size_t n, size_t p) {
  char path[4096], header[128], shape[64];
  snprintf(path, sizeof path, "%s/%s.%s.npy", folder, name, what);
  if (p)
    snprintf(shape, sizeof shape, "(%zu, %zu)", n, p);
  else
    snprintf(shape, sizeof shape, "(%zu,)", n);
  memset(header, ' ', sizeof header);
  memcpy(header, "\x93NUMPY\x01\x00\x76\x00", 10);
  int used = snprintf(header + 10, sizeof header - 10,
                      "{'descr': '<f8', 'fortran_order': True, 'shape': %s, }", shape);
  header[10 + used] = ' ';
  header[sizeof header - 1] = '\n';
  FILE *file = fopen(path, "wb");
  if (!file || fwrite(header, sizeof header, 1, file) != 1 ||
      fwrite(x, sizeof *x, n * (p ? p : 1), file) != n * (p ? p : 1) || fclose(file) != 0) {
    perror(path);
    exit(1);
  }
}

static void write_job(const bench_job *job, const char *folder) {
  data d = make_data(job);
  write_npy(folder, job->name, "x", d.x, job->n, job->p);
  write_npy(folder, job->name, "y", d.set.y, job->n, 0);
  write_npy(folder, job->name, "grid", d.grid, job->n_values, 0);
  release_data(&d);
}

/* ---- the search ------------------------------------------------------------------------------ */

/* Of the processor: other programs on the machine do not count. */
static double seconds(void) {
  struct timespec t;
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
  return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

/* @return n_candidates x n_params */
static double *make_candidates(const bench_job *job, const ml_model *model, const data *d,
                               size_t *n) {
  ml_error err = {0};
  *n = job->n_values ? job->n_values : 1;
  double *values = must(calloc(*n * model->n_params, sizeof *values));
  for (size_t c = 0; c < *n; c++) {
    double *params = values + c * model->n_params;
    size_t at;
    ml_model_defaults(model, params);
    for (size_t i = 0; i < 3 && job->fixed[i]; i++)
      check(ml_model_set(model, job->fixed[i], params, &err), &err);
    if (!job->varied) continue;
    check(ml_model_find_param(model, job->varied, &at, &err), &err);
    params[at] = d->grid[c];
  }
  return values;
}

/* @return the best mean score */
static double search(const bench_job *job, const ml_model *model, const data *d,
                     const double *values, size_t n) {
  ml_error err = {0};
  size_t varied = 0;
  ml_metric metric;
  ml_xval_result *result = NULL;
  check(ml_metric_parse(job->classes ? "accuracy" : "r2", &metric, &err), &err);
  if (job->varied) check(ml_model_find_param(model, job->varied, &varied, &err), &err);
  const ml_candidates candidates = {.n = n,
                                    .n_params = model->n_params,
                                    .values = (double *)values,
                                    .varied = &varied,
                                    .n_varied = job->varied != NULL,
                                    .n_drawn = n};
  const ml_xval_opts opts = {.cv = job->cv, .metrics = &metric, .n_metrics = 1};
  check(ml_xval(&d->set, model, &candidates, NULL, &opts, NULL, NULL, &result, &err), &err);
  double best = result->best == SIZE_MAX ? NAN : result->candidates[result->best].mean[0];
  ml_xval_free(result);
  return best;
}

static void run_job(const bench_job *job) {
  ml_error err = {0};
  const ml_model *model;
  ml_problem problem;
  if (ml_model_find(job->model, &problem, &model, &err) != ML_OK) {
    fprintf(stderr, "bench_xval: %s: %s\n", job->name, err.message);
    return;
  }
  data d = make_data(job);
  size_t n_candidates;
  double *candidates = make_candidates(job, model, &d, &n_candidates), least = INFINITY, best = 0;
  for (size_t round = 0; round < job->rounds; round++) {
    double start = seconds();
    best = search(job, model, &d, candidates, n_candidates);
    least = fmin(least, seconds() - start);
  }
  struct rusage usage;
  getrusage(RUSAGE_SELF, &usage);
  printf("%s,%.4f,%.12g,%ld\n", job->name, least, best, usage.ru_maxrss / 1024);
  fflush(stdout);
  free(candidates);
  release_data(&d);
}

int main(int argc, char **argv) {
  const size_t n = sizeof jobs / sizeof *jobs;
  openblas_set_num_threads(1);
  if (argc == 3 && strcmp(argv[1], "--write") == 0) {
    for (size_t i = 0; i < n; i++) write_job(&jobs[i], argv[2]);
    return 0;
  }
  puts("job,seconds,best_score,peak_mb");
  for (size_t i = 0; i < n; i++) {
    bool is_asked = argc == 1;
    for (int a = 1; a < argc; a++) is_asked |= strcmp(argv[a], jobs[i].name) == 0;
    if (is_asked) run_job(&jobs[i]);
  }
  return 0;
}
