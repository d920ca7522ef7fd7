/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The table of metrics, their names and arguments, and what can be computed of what. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "support.h"

static void expect_metric(const char *text, const char *name, double argument) {
  ml_metric metric;
  ml_error err = {0};
  if (ml_metric_parse(text, &metric, &err) != ML_OK) fail_msg("%s: %s", text, err.message);
  assert_string_equal(metric.info->name, name);
  expect_same(text, metric.argument, argument);
}

static void expect_error(const char *text, const char *message) {
  ml_metric metric;
  ml_error err = {0};
  assert_int_equal(ml_metric_parse(text, &metric, &err), ML_ERR_USAGE);
  assert_string_equal(err.message, message);
}

static void test_names(void **state) {
  (void)state;
  expect_metric("rmse", "rmse", 0);
  expect_metric("neg_root_mean_squared_error", "rmse", 0);
  expect_metric("neg_log_loss", "log_loss", 0);
  expect_metric("matthews_corrcoef", "mcc", 0);
  expect_metric("f1Score", "f1", 0);
  expect_metric("r2Score", "r2", 0);
  expect_metric("rocAucScore", "roc_auc", 0);
  expect_metric("logLoss", "cross_entropy", 0);
  expect_metric("fbeta=0.5", "fbeta", 0.5);
  expect_metric("fbeta2", "fbeta", 2);
  expect_metric("fbeta_macro=2", "fbeta_macro", 2);
  expect_metric("pinball", "pinball", 0.5);
  expect_metric("mean_pinball_loss=0.9", "pinball", 0.9);
  expect_metric("top_3_accuracy", "top_k_accuracy", 3);
  expect_metric("adjusted_r2", "adjusted_r2", 0);
  expect_metric("adjusted_r2_p3", "adjusted_r2", 3);
  expect_metric("tweedie_deviance=-1", "tweedie_deviance", -1);
}

static void expect_shown(const char *text, const char *want) {
  ml_metric metric;
  ml_buf shown = {0};
  assert_int_equal(ml_metric_parse(text, &metric, NULL), ML_OK);
  ml_metric_format(&metric, &shown);
  ml_buf_put(&shown, "", 1);
  assert_string_equal(shown.data, want);
  ml_buf_release(&shown);
}

/* Who asks by some name looks for the result under it; a loss with a minus is none. */
static void test_shown(void **state) {
  (void)state;
  expect_shown("root_mean_squared_error", "root_mean_squared_error");
  expect_shown("top_2_accuracy", "top_2_accuracy");
  expect_shown("pinball_0.5", "pinball_0.5");
  expect_shown("fbeta=0.50", "fbeta=0.50");
  expect_shown("neg_root_mean_squared_error", "rmse");
  expect_shown("fbeta=0.50000000000000000000000000000000000000000", "fbeta=0.5");
}

static void test_mistakes(void **state) {
  (void)state;
  expect_error("rmes", "no metric 'rmes' (did you mean 'rmse'?)");
  expect_error("xyzzy", "no metric 'xyzzy'");
  expect_error("neg_r2", "no metric 'neg_r2'");
  expect_error("", "no metric ''");
  expect_error("=1", "no metric ''");
  expect_error("fbeta", "metric 'fbeta' needs its argument: fbeta=BETA");
  expect_error("pinball=2", "metric 'pinball' takes pinball=ALPHA, a number from 0 to 1, not '2'");
  expect_error("pinball=", "metric 'pinball' takes pinball=ALPHA, a number from 0 to 1, not ''");
  expect_error("pinball=nan",
               "metric 'pinball' takes pinball=ALPHA, a number from 0 to 1, not 'nan'");
  expect_error("mae=1", "metric 'mae' takes no argument, as in 'mae=1'");
  expect_error("top_2_accuracy=3",
               "metric 'top_2_accuracy' takes no argument, as in 'top_2_accuracy=3'");
  expect_error("top_k_accuracy=0.5",
               "metric 'top_k_accuracy' takes top_k_accuracy=K, a whole number from 1 to 1000000, "
               "not '0.5'");
}

/* The name and each alias means the metric, no name is there twice, and what is formatted is read.
 */
static void test_table(void **state) {
  (void)state;
  const ml_metric_info *info;
  size_t n = 0;
  for (; (info = ml_metric_at(n)); n++) {
    char text[128];
    ml_buf formatted = {0};
    ml_metric metric = {.info = info, .argument = isnan(info->fallback) ? 2 : info->fallback};
    ml_metric_format(&metric, &formatted);
    ml_buf_put(&formatted, "", 1);
    expect_metric(formatted.data, info->name, metric.argument);
    ml_buf_release(&formatted);
    assert_true(info->summary && *info->summary);
    for (const char *a = info->aliases; *a;) {
      size_t length = strcspn(a, "|");
      const char *hole = memchr(a, '#', length);
      size_t before = hole ? (size_t)(hole - a) : length;
      snprintf(text, sizeof text, "%.*s%s%.*s%s", (int)before, a, hole ? "1" : "",
               hole ? (int)(length - before - 1) : 0, hole ? hole + 1 : "",
               !hole && info->argument ? "=1" : "");
      expect_metric(text, info->name, info->argument ? 1 : 0);
      a += length + (a[length] == '|');
    }
  }
  assert_true(n > 60);
  assert_null(ml_metric_at(n + 1));
}

static void expect_use(const char *name, ml_problem problem, size_t n_classes, bool has_scores,
                       bool has_probabilities, const char *message) {
  ml_metric metric;
  ml_error err = {0};
  assert_int_equal(ml_metric_parse(name, &metric, &err), ML_OK);
  ml_status status =
      ml_metric_check(&metric, problem, n_classes, has_scores, has_probabilities, &err);
  assert_int_equal(status, message ? ML_ERR_USAGE : ML_OK);
  if (message) assert_string_equal(err.message, message);
}

static void test_checks(void **state) {
  (void)state;
  expect_use("r2", ML_REGRESSION, 0, false, false, NULL);
  expect_use("r2", ML_CLASSIFICATION, 2, true, true,
             "metric 'r2' is for numbers, and the target is classes");
  expect_use("f1_macro", ML_REGRESSION, 0, false, false,
             "metric 'f1_macro' is for classes, and the target is numbers");
  expect_use("f1", ML_CLASSIFICATION, 2, false, false, NULL);
  expect_use("f1", ML_CLASSIFICATION, 3, false, false,
             "metric 'f1' is for two classes, not 3 (did you mean 'f1_macro'?)");
  expect_use("roc_auc", ML_CLASSIFICATION, 3, true, true,
             "metric 'roc_auc' is for two classes, not 3 (did you mean 'roc_auc_ovr'?)");
  expect_use("brier", ML_CLASSIFICATION, 3, true, true, "metric 'brier' is for two classes, not 3");
  expect_use("roc_auc", ML_CLASSIFICATION, 2, true, false, NULL);
  expect_use("roc_auc", ML_CLASSIFICATION, 2, false, false,
             "metric 'roc_auc' needs scores of the classes");
  expect_use("log_loss", ML_CLASSIFICATION, 2, true, false,
             "metric 'log_loss' needs probabilities of the classes");
}

static void expect_default(ml_problem problem, size_t n_classes, bool has_probabilities,
                           const char *want) {
  ml_metric metrics[ML_METRICS_DEFAULT_MAX];
  ml_buf names = {0};
  size_t n = ml_metrics_default(problem, n_classes, has_probabilities, metrics);
  for (size_t i = 0; i < n; i++) {
    ml_buf_puts(&names, i > 0 ? " " : "");
    ml_metric_format(&metrics[i], &names);
  }
  ml_buf_put(&names, "", 1);
  assert_string_equal(names.data, want);
  ml_buf_release(&names);
}

static void test_defaults(void **state) {
  (void)state;
  expect_default(ML_REGRESSION, 0, false, "r2 rmse mae");
  expect_default(ML_CLASSIFICATION, 2, true, "accuracy balanced_accuracy f1 roc_auc log_loss");
  expect_default(ML_CLASSIFICATION, 2, false, "accuracy balanced_accuracy f1 roc_auc");
  expect_default(ML_CLASSIFICATION, 3, true, "accuracy balanced_accuracy f1_macro log_loss");
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_names),  cmocka_unit_test(test_mistakes),
      cmocka_unit_test(test_shown),  cmocka_unit_test(test_table),
      cmocka_unit_test(test_checks), cmocka_unit_test(test_defaults)};
  return cmocka_run_group_tests_name("names of metrics", tests, NULL, NULL);
}
