/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What one prediction takes, from the bytes of a series to its class: one series of 1000 values and
 * 20 cheap features at a time, as CSV: microseconds, 50th and 99th of 100 and the least.
 *
 *   bench_predict [ROUNDS] */
#include "../support.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { N_VALUES = 1000, N_SERIES = 60, N_FEATURES = 20 };

static const char *const features[N_FEATURES] = {"value__mean",
                                                 "value__median",
                                                 "value__standard_deviation",
                                                 "value__variance",
                                                 "value__minimum",
                                                 "value__maximum",
                                                 "value__abs_energy",
                                                 "value__mean_abs_change",
                                                 "value__absolute_sum_of_changes",
                                                 "value__skewness",
                                                 "value__kurtosis",
                                                 "value__sum_values",
                                                 "value__root_mean_square",
                                                 "value__quantile__q_0.1",
                                                 "value__quantile__q_0.9",
                                                 "value__first_location_of_maximum",
                                                 "value__count_above_mean",
                                                 "value__longest_strike_above_mean",
                                                 "value__mean_change",
                                                 "value__variation_coefficient"};

static const struct {
  const char *name, *prep;
} models[] = {{"logistic", "standard"}, {"random_forest", NULL}, {"gaussian_nb", NULL}};

static void expect_ok(ml_status status, const ml_error *err) {
  if (status == ML_OK) return;
  fprintf(stderr, "bench_predict: %s\n", err->message);
  exit(1);
}

static double microseconds(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (double)t.tv_sec * 1e6 + (double)t.tv_nsec * 1e-3;
}

static void put_series(ml_buf *out, int id, uint64_t *seed) {
  for (int i = 0; i < N_VALUES; i++)
    ml_buf_printf(out, "%d,%d,%.6f\n", id, i,
                  (1 + id % 2) * sin(i * 0.05) + (double)(next_random(seed) >> 40) * 0x1p-24);
}

static ml_pipeline *train(const char *name, const char *steps, uint64_t *seed) {
  static const char *labels[N_SERIES];
  ml_buf text = {0};
  ml_series_set *set;
  ml_fresh_settings *settings;
  ml_matrix *matrix;
  ml_target *target;
  ml_dataset *data;
  ml_prep *prep = NULL;
  ml_pipeline *p, *again;
  const ml_model *model;
  ml_error err = {0};
  ml_buf_puts(&text, "id,time,value\n");
  for (int i = 0; i < N_SERIES; i++) {
    put_series(&text, 100 + i, seed);
    labels[i] = i % 2 ? "loud" : "quiet";
  }
  expect_ok(ml_series_parse(text.data, text.n, "train", NULL, &set, &err), &err);
  expect_ok(ml_fresh_settings_from_names(features, N_FEATURES, NULL, &settings, &err), &err);
  expect_ok(ml_fresh_extract(set, settings, NULL, NULL, &matrix, &err), &err);
  expect_ok(
      ml_target_from_texts("kind", labels, N_SERIES, NULL, ML_CLASSIFICATION, NULL, &target, &err),
      &err);
  expect_ok(ml_dataset_of_matrix(matrix, target, NULL, &data, &err), &err);
  expect_ok(ml_model_find(name, NULL, &model, &err), &err);
  if (steps) expect_ok(ml_prep_parse(steps, &prep, &err), &err);
  const ml_pipeline_opts opts = {.prep = prep, .model = model, .set = set, .settings = settings};
  expect_ok(ml_pipeline_fit(data, &opts, &p, &err), &err);
  ml_buf_clear(&text);
  expect_ok(ml_pipeline_json(p, &text, &err), &err);
  const double from = microseconds();
  expect_ok(ml_pipeline_parse(text.data, text.n, "model", &again, &err), &err);
  printf("%s,load,%zu bytes,,%.0f\n", name, text.n, microseconds() - from);
  ml_pipeline_free(p);
  ml_prep_free(prep);
  ml_dataset_free(data);
  ml_target_free(target);
  ml_matrix_free(matrix);
  ml_fresh_settings_free(settings);
  ml_series_free(set);
  ml_buf_release(&text);
  return again;
}

static int compare(const void *a, const void *b) {
  const double x = *(const double *)a, y = *(const double *)b;
  return (x > y) - (x < y);
}

static void print(const char *name, const char *step, double *times, size_t n) {
  qsort(times, n, sizeof *times, compare);
  printf("%s,%s,%.1f,%.1f,%.1f\n", name, step, times[n / 2], times[n - 1 - n / 100], times[0]);
}

/* Three steps: the bytes, the features, the class. */
static void run(const char *name, const ml_pipeline *p, size_t rounds, uint64_t *seed) {
  enum { READ, EXTRACT, PREDICT, LATTER, N_TIMES };
  static const char *const steps[N_TIMES] = {"read", "extract", "predict", "extract and predict"};
  double *times[N_TIMES], out[2];
  ml_buf text = {0};
  ml_error err = {0};
  for (size_t k = 0; k < N_TIMES; k++)
    if (!(times[k] = calloc(rounds, sizeof *times[k]))) exit(1);
  for (size_t i = 0; i < rounds; i++) {
    ml_series_set *set;
    ml_dataset *data;
    ml_buf_clear(&text);
    ml_buf_puts(&text, "id,time,value\n");
    put_series(&text, (int)i, seed);
    const double t0 = microseconds();
    expect_ok(ml_series_parse(text.data, text.n, "new", ml_pipeline_columns(p), &set, &err), &err);
    const double t1 = microseconds();
    expect_ok(ml_pipeline_extract(p, set, NULL, NULL, &data, &err), &err);
    const double t2 = microseconds();
    expect_ok(ml_pipeline_predict(p, data, out, &err), &err);
    const double t3 = microseconds();
    times[READ][i] = t1 - t0;
    times[EXTRACT][i] = t2 - t1;
    times[PREDICT][i] = t3 - t2;
    times[LATTER][i] = t3 - t1;
    ml_dataset_free(data);
    ml_series_free(set);
  }
  for (size_t k = 0; k < N_TIMES; k++) {
    print(name, steps[k], times[k], rounds);
    free(times[k]);
  }
  ml_buf_release(&text);
}

int main(int argc, char **argv) {
  const size_t rounds = argc > 1 ? strtoul(argv[1], NULL, 10) : 2000;
  uint64_t seed = 3;
  ml_own_process();
  if (rounds == 0) return 2;
  printf("model,step,p50_us,p99_us,least_us\n");
  for (size_t m = 0; m < sizeof models / sizeof *models; m++) {
    ml_pipeline *p = train(models[m].name, models[m].prep, &seed);
    run(models[m].name, p, rounds, &seed);
    ml_pipeline_free(p);
  }
  return 0;
}
