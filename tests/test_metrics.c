/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Metrics against their definitions, written down slowly; their names; what is undefined. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "support.h"

enum { MOST = 300, CLASSES = 5 };

/* Random truth and predictions, with ties and, if weighted, rows of weight 0. */
typedef struct sample {
  size_t n, n_classes;
  double y[MOST], y_pred[MOST], weights[MOST], scores[MOST * CLASSES];
  uint32_t classes[MOST], predicted[MOST];
  bool is_weighted;
} sample;

static double draw(uint64_t *seed) {
  return (double)(next_random(seed) >> 11) * 0x1p-53;
}

static void fill(sample *s, uint64_t *seed) {
  s->n = 2 + next_random(seed) % (MOST - 2);
  s->n_classes = 2 + next_random(seed) % (CLASSES - 1);
  s->is_weighted = next_random(seed) % 2;
  bool has_ties = next_random(seed) % 2;
  for (size_t i = 0; i < s->n; i++) {
    double *row = s->scores + i * s->n_classes, sum = 0;
    s->y[i] = 4 * draw(seed) + 0.125;
    s->y_pred[i] = s->y[i] + draw(seed);
    s->weights[i] = s->is_weighted ? (double)(next_random(seed) % 4) : 1;
    if (has_ties) {
      s->y[i] = ceil(s->y[i]);
      s->y_pred[i] = ceil(s->y_pred[i]);
    }
    s->classes[i] = (uint32_t)(i < s->n_classes ? i : next_random(seed) % s->n_classes);
    if (i < s->n_classes) s->weights[i] = 1;
    for (size_t c = 0; c < s->n_classes; c++) {
      row[c] = has_ties ? (double)(1 + next_random(seed) % 4) : draw(seed) + 0.01;
      sum += row[c];
    }
    for (size_t c = 0; c < s->n_classes; c++) row[c] /= sum;
  }
  ml_predict_classes(s->scores, s->n, s->n_classes, s->predicted);
}

static ml_scored scored_of(const sample *s, ml_problem problem) {
  return (ml_scored){.problem = problem,
                     .n = s->n,
                     .y = s->y,
                     .y_pred = s->y_pred,
                     .classes = s->classes,
                     .predicted = s->predicted,
                     .scores = s->scores,
                     .are_probabilities = true,
                     .n_classes = s->n_classes,
                     .weights = s->is_weighted ? s->weights : NULL};
}

static double compute(const char *name, const ml_scored *scored) {
  ml_metric metric;
  ml_error err = {0};
  char why[ML_WHY_MAX];
  double value;
  if (ml_metric_parse(name, &metric, &err) != ML_OK) fail_msg("%s", err.message);
  if (ml_metric_compute(&metric, scored, &value, why, &err) != ML_OK) fail_msg("%s", err.message);
  assert_int_equal(isnan(value), why[0] != '\0');
  return value;
}

/* ---- definitions --------------------------------------------------------------------------- */

/* Of all pairs of rows of two classes, or of a class and all others: O(n^2). */
static double slow_area(const sample *s, size_t positive, size_t other, bool all_others) {
  double right = 0, all = 0;
  for (size_t i = 0; i < s->n; i++)
    for (size_t j = 0; j < s->n; j++) {
      if (s->classes[i] != positive || s->classes[j] == positive) continue;
      if (!all_others && s->classes[j] != other) continue;
      double a = s->scores[i * s->n_classes + positive], b = s->scores[j * s->n_classes + positive];
      double w = s->weights[i] * s->weights[j];
      all += w;
      right += a > b ? w : a == b ? w / 2 : 0;
    }
  return right / all;
}

static double slow_ovr(const sample *s, bool is_weighted) {
  double sum = 0, total = 0;
  for (size_t c = 0; c < s->n_classes; c++) {
    double w = is_weighted ? 0 : 1;
    for (size_t i = 0; i < s->n && is_weighted; i++) w += s->classes[i] == c ? s->weights[i] : 0;
    sum += w * slow_area(s, c, 0, true);
    total += w;
  }
  return sum / total;
}

static double slow_ovo(const sample *s) {
  double sum = 0;
  size_t n = 0;
  for (size_t a = 0; a < s->n_classes; a++)
    for (size_t b = 0; b < s->n_classes; b++) {
      if (a == b) continue;
      sum += slow_area(s, a, b, false);
      n++;
    }
  return sum / (double)n;
}

/* Precision at the score of each positive row, all rows with at least that score counted. */
static double slow_average_precision(const sample *s) {
  double sum = 0, positive = 0;
  for (size_t i = 0; i < s->n; i++) {
    if (s->classes[i] != 1 || s->weights[i] == 0) continue;
    double right = 0, all = 0;
    for (size_t j = 0; j < s->n; j++) {
      if (s->scores[2 * j + 1] < s->scores[2 * i + 1]) continue;
      all += s->weights[j];
      right += s->classes[j] == 1 ? s->weights[j] : 0;
    }
    sum += s->weights[i] * right / all;
    positive += s->weights[i];
  }
  return sum / positive;
}

static double slow_r2(const sample *s) {
  double mean = 0, total = 0, errors = 0, spread = 0;
  for (size_t i = 0; i < s->n; i++) total += s->weights[i];
  for (size_t i = 0; i < s->n; i++) mean += s->weights[i] * s->y[i] / total;
  for (size_t i = 0; i < s->n; i++) {
    errors += s->weights[i] * pow(s->y[i] - s->y_pred[i], 2);
    spread += s->weights[i] * pow(s->y[i] - mean, 2);
  }
  return 1 - errors / spread;
}

/* The smallest error that half of the weight does not exceed; without weights the usual median. */
static double slow_median_error(const sample *s) {
  double best = INFINITY, above = INFINITY, total = 0;
  size_t n_best = 0;
  for (size_t i = 0; i < s->n; i++) total += s->weights[i];
  for (size_t i = 0; i < s->n; i++) {
    double e = fabs(s->y_pred[i] - s->y[i]), reached = 0;
    for (size_t j = 0; j < s->n; j++)
      if (fabs(s->y_pred[j] - s->y[j]) <= e) reached += s->weights[j];
    if (s->weights[i] > 0 && reached >= total / 2 && e < best) best = e;
  }
  for (size_t j = 0; j < s->n; j++) {
    double e = fabs(s->y_pred[j] - s->y[j]);
    n_best += e <= best;
    if (e > best && e < above) above = e;
  }
  return s->is_weighted || 2 * n_best != s->n ? best : (best + above) / 2;
}

/* Ranks by counting, of rows as often as their weights say. */
static double slow_spearman(const sample *s) {
  double ra[MOST], rb[MOST], n = 0, a0 = 0, b0 = 0, ab = 0, aa = 0, bb = 0;
  for (size_t i = 0; i < s->n; i++) {
    ra[i] = rb[i] = 0;
    for (size_t j = 0; j < s->n; j++) {
      double w = s->weights[j];
      ra[i] += s->y[j] < s->y[i] ? w : s->y[j] == s->y[i] ? w / 2 : 0;
      rb[i] += s->y_pred[j] < s->y_pred[i] ? w : s->y_pred[j] == s->y_pred[i] ? w / 2 : 0;
    }
    n += s->weights[i];
    a0 += s->weights[i] * ra[i];
    b0 += s->weights[i] * rb[i];
  }
  for (size_t i = 0; i < s->n; i++) {
    double a = ra[i] - a0 / n, b = rb[i] - b0 / n;
    ab += s->weights[i] * a * b;
    aa += s->weights[i] * a * a;
    bb += s->weights[i] * b * b;
  }
  return ab / sqrt(aa * bb);
}

/* From the confusion matrix, by the formulas as they are printed. */
static double slow_kappa(const sample *s, int power) {
  double table[CLASSES][CLASSES] = {{0}}, rows[CLASSES] = {0}, columns[CLASSES] = {0};
  double total = 0, apart = 0, chance = 0;
  for (size_t i = 0; i < s->n; i++) {
    table[s->classes[i]][s->predicted[i]] += s->weights[i];
    rows[s->classes[i]] += s->weights[i];
    columns[s->predicted[i]] += s->weights[i];
    total += s->weights[i];
  }
  for (size_t a = 0; a < s->n_classes; a++)
    for (size_t b = 0; b < s->n_classes; b++) {
      double d = power == 0 ? a != b : pow(fabs((double)a - (double)b), power);
      apart += d * table[a][b];
      chance += d * rows[a] * columns[b] / total;
    }
  return 1 - apart / chance;
}

/* Correlation of indicators, Gorodkin's R_K. */
static double slow_mcc(const sample *s) {
  double total = 0, ab = 0, aa = 0, bb = 0;
  for (size_t i = 0; i < s->n; i++) total += s->weights[i];
  for (size_t c = 0; c < s->n_classes; c++) {
    double a0 = 0, b0 = 0;
    for (size_t i = 0; i < s->n; i++) {
      a0 += s->weights[i] * (s->classes[i] == c) / total;
      b0 += s->weights[i] * (s->predicted[i] == c) / total;
    }
    for (size_t i = 0; i < s->n; i++) {
      double a = (s->classes[i] == c) - a0, b = (s->predicted[i] == c) - b0;
      ab += s->weights[i] * a * b;
      aa += s->weights[i] * a * a;
      bb += s->weights[i] * b * b;
    }
  }
  return aa * bb > 0 ? ab / sqrt(aa * bb) : 0;
}

static void test_definitions(void **state) {
  (void)state;
  uint64_t seed = 20;
  static sample s;
  for (size_t k = 0; k < 60; k++) {
    fill(&s, &seed);
    ml_scored numbers = scored_of(&s, ML_REGRESSION), classes = scored_of(&s, ML_CLASSIFICATION);
    expect_close("r2", compute("r2", &numbers), slow_r2(&s), 1e-11, 1e-11);
    expect_close("medae", compute("medae", &numbers), slow_median_error(&s), 0, 0);
    if (!isnan(compute("spearman", &numbers)))
      expect_close("spearman", compute("spearman", &numbers), slow_spearman(&s), 1e-11, 1e-12);
    if (s.n_classes == 2) {
      expect_close("roc_auc", compute("roc_auc", &classes), slow_area(&s, 1, 0, true), 1e-12, 0);
      expect_close("average_precision", compute("average_precision", &classes),
                   slow_average_precision(&s), 1e-12, 0);
    }
    expect_close("ovr", compute("roc_auc_ovr", &classes), slow_ovr(&s, false), 1e-12, 0);
    expect_close("ovr", compute("roc_auc_ovr_weighted", &classes), slow_ovr(&s, true), 1e-12, 0);
    expect_close("ovo", compute("roc_auc_ovo", &classes), slow_ovo(&s), 1e-12, 0);
    expect_close("kappa", compute("cohen_kappa", &classes), slow_kappa(&s, 0), 1e-11, 1e-12);
    expect_close("kappa", compute("cohen_kappa_linear", &classes), slow_kappa(&s, 1), 1e-11, 1e-12);
    expect_close("kappa", compute("cohen_kappa_quadratic", &classes), slow_kappa(&s, 2), 1e-11,
                 1e-12);
    expect_close("mcc", compute("mcc", &classes), slow_mcc(&s), 1e-11, 1e-12);
  }
}

/* ---- weights ------------------------------------------------------------------------------- */

/* Each row as often as its weight says: the same, but for what weighted medians are. */
static void repeat_rows(const sample *from, sample *to) {
  *to = *from;
  to->is_weighted = false;
  to->n = 0;
  for (size_t i = 0; i < from->n; i++)
    for (double w = 0; w < from->weights[i]; w++) {
      assert_true(to->n < MOST);
      to->y[to->n] = from->y[i];
      to->y_pred[to->n] = from->y_pred[i];
      to->classes[to->n] = from->classes[i];
      to->predicted[to->n] = from->predicted[i];
      memcpy(to->scores + to->n * from->n_classes, from->scores + i * from->n_classes,
             from->n_classes * sizeof(double));
      to->weights[to->n++] = 1;
    }
}

static void test_weights_repeat_rows(void **state) {
  (void)state;
  uint64_t seed = 31;
  static sample weighted, repeated;
  for (size_t k = 0; k < 20; k++) {
    do fill(&weighted, &seed);
    while (weighted.n > MOST / 3);
    weighted.is_weighted = true;
    repeat_rows(&weighted, &repeated);
    const ml_metric_info *info;
    for (size_t i = 0; (info = ml_metric_at(i)); i++) {
      ml_metric metric = {.info = info, .argument = isnan(info->fallback) ? 2 : info->fallback};
      ml_scored a = scored_of(&weighted, info->problem), b = scored_of(&repeated, info->problem);
      double x, y;
      bool counts_rows = strcmp(info->name, "adjusted_r2") == 0 || strcmp(info->name, "rse") == 0;
      bool has_median =
          strcmp(info->name, "medae") == 0 || strcmp(info->name, "d2_absolute_error") == 0;
      if (counts_rows || has_median || (info->is_binary && weighted.n_classes != 2)) continue;
      assert_int_equal(ml_metric_compute(&metric, &a, &x, NULL, NULL), ML_OK);
      assert_int_equal(ml_metric_compute(&metric, &b, &y, NULL, NULL), ML_OK);
      expect_close(info->name, x, y, 1e-10, 1e-12);
    }
  }
}

/* Rows of weight 0 may be anything but no number. */
static void test_weight_of_zero(void **state) {
  (void)state;
  const double y[] = {1, 2, 4, -9}, p[] = {1, 3, 3, -1e6}, w[] = {1, 2, 1, 0};
  const ml_metric_info *info;
  for (size_t i = 0; (info = ml_metric_at(i)); i++) {
    if (info->problem != ML_REGRESSION) continue;
    ml_metric metric = {.info = info, .argument = info->fallback};
    ml_scored s = {.problem = ML_REGRESSION, .n = 4, .y = y, .y_pred = p, .weights = w};
    double all, without;
    assert_int_equal(ml_metric_compute(&metric, &s, &all, NULL, NULL), ML_OK);
    s.n = 3;
    assert_int_equal(ml_metric_compute(&metric, &s, &without, NULL, NULL), ML_OK);
    expect_close(info->name, all, without, 1e-15, 0);
  }
}

/* ---- numbers that are hard ----------------------------------------------------------------- */

static void test_offsets(void **state) {
  (void)state;
  static double y[10007], p[10007], w[10007];
  uint64_t seed = 7;
  double errors = 0, spread = 0;
  for (size_t i = 0; i < 10007; i++) {
    y[i] = (double)(next_random(&seed) % 16);
    p[i] = y[i] + ((double)(next_random(&seed) % 5) - 2) / 8;
    w[i] = 1;
    errors += (p[i] - y[i]) * (p[i] - y[i]); /* exact */
  }
  double mean = 0;
  for (size_t i = 0; i < 10007; i++) mean += y[i];
  mean /= 10007;
  for (size_t i = 0; i < 10007; i++) spread += (y[i] - mean) * (y[i] - mean);
  for (size_t i = 0; i < 10007; i++) {
    y[i] += 0x1p40;
    p[i] += 0x1p40;
  }
  ml_scored s = {.problem = ML_REGRESSION, .n = 10007, .y = y, .y_pred = p};
  expect_close("r2", compute("r2", &s), 1 - errors / spread, 1e-12, 0);
  expect_same("sse", compute("sse", &s), errors);
  s.weights = w;
  expect_close("weighted r2", compute("r2", &s), 1 - errors / spread, 1e-12, 0);
}

/* No rounding makes equal values differ from their mean. */
static void test_constants(void **state) {
  (void)state;
  double y[1000], p[1000];
  for (size_t i = 0; i < 1000; i++) y[i] = p[i] = 0.1;
  ml_scored s = {.problem = ML_REGRESSION, .n = 1000, .y = y, .y_pred = p};
  expect_same("all right", compute("r2", &s), 1);
  expect_same("all right", compute("explained_variance", &s), 1);
  expect_same("all right", compute("d2_absolute_error", &s), 1);
  assert_true(isnan(compute("pearson", &s)));
  assert_true(isnan(compute("spearman", &s)));
  for (size_t i = 0; i < 1000; i++) y[i] = (double)i, p[i] = i % 3 ? 0.3 : 0.1 + 0.2;
  assert_true(p[0] != p[1]); /* equal but for rounding */
  assert_true(isnan(compute("pearson", &s)));
  assert_true(isnan(compute("spearman", &s)));
  for (size_t i = 0; i < 1000; i++) p[i] = 1e8 + 1e-3 * (double)i;
  expect_close("far from 0", compute("pearson", &s), 1, 1e-9, 0);
  for (size_t i = 0; i < 1000; i++) y[i] = p[i] = 0.1;
  p[0] = 7;
  expect_same("one wrong", compute("r2", &s), 0);
  expect_same("one wrong", compute("d2_absolute_error", &s), 0);
  y[0] = p[0] = 1e300;
  p[1] = -1e300;
  assert_true(isnan(compute("mse", &s)));
}

/* A deviance of numbers that are large and near is not lost in their difference: for small d,
 * d^2 / mu^power. */
static void test_deviances(void **state) {
  (void)state;
  const double y[] = {1e12}, p[] = {1e12 + 1};
  const ml_scored s = {.problem = ML_REGRESSION, .n = 1, .y = y, .y_pred = p};
  expect_close("Poisson", compute("poisson_deviance", &s), 1e-12, 1e-3, 0);
  expect_close("gamma", compute("gamma_deviance", &s), 1e-24, 1e-3, 0);
  expect_close("1.5", compute("tweedie_deviance=1.5", &s), 1e-18, 1e-3, 0);
  expect_same("0", compute("tweedie_deviance=0", &s), 1);
  const double zero[] = {0}, two[] = {2};
  const ml_scored none = {.problem = ML_REGRESSION, .n = 1, .y = zero, .y_pred = two};
  expect_close("Poisson of 0", compute("poisson_deviance", &none), 4, 1e-15, 0);
  expect_close("1.5 of 0", compute("tweedie_deviance=1.5", &none), 2 * sqrt(2) / 0.5, 1e-15, 0);
}

static void test_no_numbers(void **state) {
  (void)state;
  const double y[] = {1, 2, 3}, p[] = {1, NAN, INFINITY}, scores[] = {0.5, 0.5, 0.5, NAN};
  const uint32_t classes[] = {0, 1};
  ml_scored s = {.problem = ML_REGRESSION, .n = 3, .y = y, .y_pred = p};
  ml_metric metric;
  double value;
  ml_error err = {0};
  assert_int_equal(ml_metric_parse("mae", &metric, &err), ML_OK);
  assert_int_equal(ml_metric_compute(&metric, &s, &value, NULL, &err), ML_ERR_NUMERIC);
  assert_string_equal(err.message, "the prediction of row 1 is NaN");
  s = (ml_scored){.problem = ML_CLASSIFICATION,
                  .n = 2,
                  .classes = classes,
                  .predicted = classes,
                  .scores = scores,
                  .are_probabilities = true,
                  .n_classes = 2};
  assert_int_equal(ml_metric_parse("log_loss", &metric, &err), ML_OK);
  assert_int_equal(ml_metric_compute(&metric, &s, &value, NULL, &err), ML_ERR_NUMERIC);
  assert_string_equal(err.message, "a score of row 1 is NaN");
  assert_int_equal(ml_metric_parse("accuracy", &metric, &err), ML_OK);
  assert_int_equal(ml_metric_compute(&metric, &s, &value, NULL, &err), ML_OK);
}

/* ---- calibration, the k best, by hand ------------------------------------------------------- */

static void test_by_hand(void **state) {
  (void)state;
  const double scores[] = {0.75, 0.25, 0.25, 0.75, 0.625, 0.375, 0.5, 0.5};
  const uint32_t classes[] = {0, 1, 1, 1}, predicted[] = {0, 1, 0, 0};
  ml_scored s = {.problem = ML_CLASSIFICATION,
                 .n = 4,
                 .classes = classes,
                 .predicted = predicted,
                 .scores = scores,
                 .are_probabilities = true,
                 .n_classes = 2};
  /* (0.4, 0.5]: 0 - 0.5; (0.6, 0.7]: 0 - 0.625; (0.7, 0.8]: 2 - 1.5 */
  expect_close("ece", compute("ece", &s), (0.5 + 0.625 + 0.5) / 4, 1e-15, 0);
  expect_close("ece=1", compute("ece=1", &s), fabs(2 - 2.625) / 4, 1e-15, 0);
  /* Of two equal classes the first is ahead. */
  expect_same("top 1", compute("top_k_accuracy=1", &s), compute("accuracy", &s));
  expect_same("top 2", compute("top_k_accuracy", &s), 1);
  const double three[] = {0.5, 0.5, 0}, sums[] = {0, 0.5};
  s = (ml_scored){.problem = ML_CLASSIFICATION,
                  .n = 1,
                  .classes = classes,
                  .predicted = predicted,
                  .scores = three,
                  .are_probabilities = true,
                  .n_classes = 3};
  expect_same("of more the last", compute("top_k_accuracy=1", &s), 0);
  s.n_classes = 2;
  s.scores = sums; /* that of the true class is 0 */
  expect_close("log_loss", compute("log_loss", &s), log((0.5 + 0x1p-52) / 0x1p-52), 1e-14, 0);
  expect_close("cross_entropy", compute("cross_entropy", &s), 52 * log(2), 1e-14, 0);
}

/* Both are 0: such rows are left out, as nulls are from q's means. */
static void test_kx(void **state) {
  (void)state;
  const double y[] = {0, 1, 2}, p[] = {0, 3, 2};
  ml_scored s = {.problem = ML_REGRESSION, .n = 3, .y = y, .y_pred = p};
  expect_close("smape", compute("smape", &s), 25, 1e-15, 0);
  s.n = 1;
  assert_true(isnan(compute("smape", &s)));
  const double t[] = {2, 4}, q[] = {1, 6};
  s = (ml_scored){.problem = ML_REGRESSION, .n = 2, .y = t, .y_pred = q};
  expect_same("mape_kx", compute("mape_kx", &s), 50);
  expect_same("mape", compute("mape", &s), 0.5);
  expect_close("rse", compute("rse=2", &s), sqrt(2.5), 1e-15, 0);
}

/* ---- tables of classes --------------------------------------------------------------------- */

/* More classes than are counted at once. */
static void test_many_classes(void **state) {
  (void)state;
  enum { N = 100 };
  uint32_t classes[2 * N], predicted[2 * N];
  double precision[N], recall[N], f1[N], support[N], *table = calloc(N * N, sizeof *table);
  for (uint32_t i = 0; i < 2 * N; i++) {
    classes[i] = i % N;
    predicted[i] = i < N ? i : (i + 1) % N;
  }
  ml_scored s = {.problem = ML_CLASSIFICATION,
                 .n = 2 * N,
                 .classes = classes,
                 .predicted = predicted,
                 .n_classes = N};
  ml_class_scores(&s, precision, recall, f1, support);
  ml_class_scores(&s, NULL, NULL, NULL, NULL);
  ml_confusion_matrix(&s, table);
  for (size_t c = 0; c < N; c++) {
    expect_same("precision", precision[c], 0.5);
    expect_same("recall", recall[c], 0.5);
    expect_same("f1", f1[c], 0.5);
    expect_same("support", support[c], 2);
    expect_same("right", table[c * N + c], 1);
    expect_same("wrong", table[c * N + (c + 1) % N], 1);
  }
  expect_same("macro", compute("f1_macro", &s), 0.5);
  expect_close("mcc", compute("mcc", &s), (0.5 - 1.0 / N) / (1 - 1.0 / N), 1e-14, 0);
  free(table);
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(test_definitions),
                                     cmocka_unit_test(test_weights_repeat_rows),
                                     cmocka_unit_test(test_weight_of_zero),
                                     cmocka_unit_test(test_offsets),
                                     cmocka_unit_test(test_constants),
                                     cmocka_unit_test(test_deviances),
                                     cmocka_unit_test(test_no_numbers),
                                     cmocka_unit_test(test_by_hand),
                                     cmocka_unit_test(test_kx),
                                     cmocka_unit_test(test_many_classes)};
  return cmocka_run_group_tests_name("metrics", tests, NULL, NULL);
}
