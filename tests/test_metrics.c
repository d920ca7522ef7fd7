/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Metrics against their definitions, written down slowly; weights. */
#include <math.h>
#include <string.h>

#include "metrics_cases.h"

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

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_definitions),
      cmocka_unit_test(test_weights_repeat_rows),
      cmocka_unit_test(test_weight_of_zero),
  };
  return cmocka_run_group_tests_name("metrics", tests, NULL, NULL);
}
