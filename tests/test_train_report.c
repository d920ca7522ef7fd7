/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The page of a training: its numbers here, in a browser in tests/seen/pictures.py. */
#include "shown_texts.h"
#include "train_cases.h"
#include "xml.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <ml/cli/picture_bars.h>
#include <ml/cli/xval_picture.h>
#include <ml/utf8.h>

/* The rows of a table of a page. */
static json_t *data_of(const char *page, const char *name) {
  char mark[64];
  json_error_t error;
  snprintf(mark, sizeof mark, "id=\"data-%s\">", name);
  const char *from = strstr(page, mark);
  if (!from) fail_msg("no %s", mark);
  from += strlen(mark);
  json_t *data = json_loadb(from, (size_t)(strstr(from, "</script>") - from), 0, &error);
  if (!data) fail_msg("%d: %s", error.line, error.text);
  return data;
}

/* A row of a table as words, a blank between. */
static void expect_row(const char *page, const char *name, size_t row, const char *want) {
  char path[32], got[1024] = "";
  json_t *data = data_of(page, name), *cell;
  size_t k;
  snprintf(path, sizeof path, "texts.%zu", row);
  json_array_foreach(shown_at(data, path), k, cell) {
    strcat(got, k ? " " : "");
    strcat(got, json_string_value(cell));
  }
  assert_string_equal(got, want);
  json_decref(data);
}

/* ---- all pages ------------------------------------------------------------------------------ */

static void every_page_is_well_formed_and_the_same_again(void **state) {
  (void)state;
  for (const train_case *c = train_cases; c->name; c++) {
    char *page = train_case_page(c->name), *again = train_case_page(c->name);
    assert_string_equal(page, again);
    assert_true(utf8__is_text(page, strlen(page)));
    assert_null(strstr(page, "@@script"));
    if (strlen(page) > 400000) fail_msg("%s: %zu bytes", c->name, strlen(page));
    for (const char *from = page; (from = strstr(from, "<svg ")); from++) {
      char *copy = strndup(from, (size_t)(strstr(from, "</svg>") - from) + 6);
      expect_xml(c->name, copy);
      assert_null(strstr(copy, "nan"));
      free(copy);
    }
    free(page);
    free(again);
  }
}

static void sections_are_of_their_case(void **state) {
  (void)state;
  static const struct {
    const char *name, *words;
    bool is_there;
  } cases[] = {
      {"two", "<h2 id=\"data\">Data</h2>", true},
      {"two", "<h2 id=\"scores\">Scores</h2>", true},
      {"two", "<h2 id=\"results\">Folds</h2>", true},
      {"two", "<b>true against false positive rate of class 1</b>", true},
      {"two", "<b>share of true rows against probability of class 1</b>", true},
      {"two", "<b>rows: true (down) and predicted (across)</b>", true},
      {"two", "residuals", false},
      {"two", "<b>rows of each class</b>", true},
      {"two", "40 (50 %)", true},
      {"two", "times the standard deviation of the column", true},
      {"two", "each fold of the cross-validation has selected", true},
      {"two", "<h2 id=\"times\">", false},
      {"three", "share of the impurity", true},
      {"three", "nothing was selected by them", true},
      {"forty", "<span>the 20 largest of 40</span>", true},
      {"forty", " The 8 largest of 40 classes.", true},
      {"numbers", "<h2 id=\"results\">Candidates</h2>", true},
      {"numbers", "<h2 id=\"folds\">Folds of the winner</h2>", true},
      {"two", "Folds of the winner", false},
      {"two", "<h2 id=\"p-values\">", true},
      {"two", ">FDR line: ", true},
      {"three", "<h2 id=\"p-values\">", false},
      {"numbers", "<b>residuals (upwards) against predicted</b>", true},
      {"numbers", "<b>predicted (upwards) against true</b>", true},
      {"numbers", "<b>rows by their target</b>", true},
      {"numbers", "<b>r2 by alpha</b>", true},
      {"numbers", "probability", false},
      {"permuted", "By permutation, since", true},
      {"permuted", "<dd>8, in 1 of 4 features</dd>", true},
      {"permuted", "with the mean in place of missing values", true},
      {"texts", "<dt>features that are texts</dt><dd>1</dd>", true},
      {"texts", "feature 1=red", true},
      {"unscored", "knn, fitted on 20 rows", true},
      {"unscored", "no cross-validation", true},
      {"unscored", "<h2 id=\"scores\">", false},
      {"unscored", "without folds there are no rows to try it on", true},
      {"featureless", "It is not known: model &#39;dummy&#39; uses none.", true},
      {"series", "<dt>series</dt><dd>6</dd>", true},
      {"series", "<dt>kinds</dt><dd>2</dd>", true},
      {"series", "<dt>rows of the file</dt><dd>17</dd>", true},
      {"series", "<b>series by their length</b>", true},
      {"times", "<th scope=\"row\">cross-validate</th><td class=\"n\">1.500</td>", true},
      {"times", "5 fits of the cross-validation took 0.250 s, their scores 0.125 s", true},
      {"times", "extract features", false}, /* of a table nothing is */
      {"times", "There were no workers", true},
      {"workers", "There were no workers", false},
  };
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    char *page = train_case_page(cases[i].name);
    if (!strstr(page, cases[i].words) == cases[i].is_there)
      fail_msg("%s: '%s'", cases[i].name, cases[i].words);
    free(page);
  }
}

static void hostile_texts_stay_texts(void **state) {
  (void)state;
  char *page = train_case_page("hostile");
  assert_int_equal(count_of(page, "<script"), 4); /* three tables, and that of the page */
  assert_int_equal(count_of(page, "</script"), 4);
  assert_int_equal(count_of(page, "<!--"), 0);
  assert_int_equal(count_of(page, "<img"), 0);
  assert_int_equal(count_of(page, "<dl>"), 2);
  free(page);
}

static void nothing_is_fetched(void **state) {
  (void)state;
  char *page = train_case_page("numbers");
  assert_non_null(strstr(page, "content=\"default-src 'none';"));
  assert_int_equal(count_of(page, "http"), 1 + count_of(page, "xmlns=\"http"));
  assert_int_equal(count_of(page, " src="), 0);
  assert_int_equal(count_of(page, "url("), 0);
  free(page);
}

/* ---- numbers -------------------------------------------------------------------------------- */

/* a has 2 3 5 3 2 2 values, b one less in the second series. */
static void kinds_are_counted(void **state) {
  (void)state;
  char *page = train_case_page("series");
  expect_row(page, "kinds", 0, "a 6 2 2.5 5 17 0");
  expect_row(page, "kinds", 1, "b 6 2 2 5 16 0");
  free(page);
}

/* Of the 20 ways to give two values to six rows, three each, two part the classes. The second
 * feature is constant. Of the third 1 2 1 against 2 1 2 no table is more likely. */
static void p_values_are_those_of_the_tests(void **state) {
  (void)state;
  char *page = train_case_page("by_hand");
  expect_row(page, "features", 0, "1 feature 0 yes binary fisher 0.1 0");
  expect_row(page, "features", 1, "2 feature 2 yes binary fisher 1 0");
  expect_row(page, "features", 2, "3 feature 1 yes constant \xe2\x80\x93 \xe2\x80\x93 0");
  free(page);
}

static void the_chosen_are_those_of_the_pipeline(void **state) {
  (void)state;
  train_made *m = train_case_make("many_features");
  const trained *t = train_case_trained(m);
  char *page = train_case_page("many_features");
  json_t *data = data_of(page, "features"), *row;
  size_t n, k, n_chosen = 0;
  const char *const *names = ml_pipeline_features(t->pipeline, &n);
  assert_int_equal(n, 20);
  assert_int_equal(json_array_size(shown_at(data, "texts")), 800);
  assert_int_equal(json_array_size(shown_at(data, "marked")), 20);
  json_array_foreach(shown_at(data, "texts"), k, row) {
    const char *name = json_string_value(json_array_get(row, 1));
    bool is_chosen = strcmp(json_string_value(json_array_get(row, 2)), "yes") == 0,
         is_there = false;
    for (size_t j = 0; j < n; j++) is_there |= strcmp(names[j], name) == 0;
    assert_int_equal(is_chosen, is_there);
    if (k < 20) assert_true(is_chosen); /* select=k:20 takes the least p-values */
    n_chosen += is_chosen;
  }
  assert_int_equal(n_chosen, 20);
  assert_int_equal(count_of(page, "<span>p = "), 12);
  assert_non_null(strstr(page, "The best 12 of 20, by their p-values."));
  assert_non_null(strstr(page, "20 of 800 features are what the model needs."));
  json_decref(data);
  free(page);
  train_case_release(m);
}

/* Of one feature: slope times deviation is covariance by deviation. */
static void importance_is_shown(void **state) {
  (void)state;
  train_made *m = train_case_make("one_feature");
  const ml_dataset *d = train_case_trained(m)->shown->result->data;
  char *page = train_case_page("one_feature");
  json_t *data = data_of(page, "features");
  double x = 0, y = 0, xx = 0, xy = 0, n = (double)d->n_rows;
  for (size_t i = 0; i < d->n_rows; i++) x += d->x[i] / n, y += d->y[i] / n;
  for (size_t i = 0; i < d->n_rows; i++) {
    xx += (d->x[i] - x) * (d->x[i] - x) / n;
    xy += (d->x[i] - x) * (d->y[i] - y) / n;
  }
  expect_close("importance", json_number_value(shown_at(data, "keys.0.6")), fabs(xy) / sqrt(xx),
               1e-9, 0);
  json_decref(data);
  free(page);
  train_case_release(m);
}

/* What tells the target counts most, and what steps have dropped has none. */
static void permuted_importance_finds_what_counts(void **state) {
  (void)state;
  char *page = train_case_page("permuted");
  json_t *data = data_of(page, "features");
  double first = json_number_value(shown_at(data, "keys.0.6"));
  assert_string_equal(json_string_value(shown_at(data, "texts.0.1")), "feature 0");
  for (size_t k = 1; k < 4; k++) {
    char path[16];
    snprintf(path, sizeof path, "keys.%zu.6", k);
    assert_true(json_is_number(shown_at(data, path)));
    assert_true(first > json_number_value(shown_at(data, path)));
  }
  json_decref(data);
  free(page);
}

/* Texts have no p-value, and are behind those that have one; columns of theirs are no features. */
static void texts_are_features_without_a_test(void **state) {
  (void)state;
  char *page = train_case_page("texts");
  json_t *data = data_of(page, "features");
  const char *const last[] = {
      "4", "feature 1", "yes", "text", "\xe2\x80\x93", "\xe2\x80\x93", "\xe2\x80\x93", "0"};
  for (size_t k = 0; k < 8; k++) {
    char path[16];
    snprintf(path, sizeof path, "texts.3.%zu", k);
    assert_string_equal(json_string_value(shown_at(data, path)), last[k]);
  }
  assert_string_equal(json_string_value(shown_at(data, "texts.0.1")), "feature 0");
  for (size_t k = 0; k < 3; k++) {
    char path[16];
    snprintf(path, sizeof path, "keys.%zu.6", k);
    assert_true(json_is_number(shown_at(data, path)));
  }
  json_decref(data);
  free(page);
}

static void workers_are_listed(void **state) {
  (void)state;
  char *page = train_case_page("workers");
  expect_row(page, "times", 0, "1 40 1.000 0");
  expect_row(page, "times", 1, "2 0 0.000 3");
  free(page);
}

/* ---- pictures ------------------------------------------------------------------------------- */

/* The attribute of each <rect>. */
static size_t numbers_of(const char *svg, const char *attribute, double *out) {
  size_t n = 0;
  char mark[32];
  snprintf(mark, sizeof mark, " %s=\"", attribute);
  for (const char *rect = svg; (rect = strstr(rect, "<rect ")); rect++)
    out[n++] = strtod(strstr(rect, mark) + strlen(mark), NULL);
  return n;
}

static void bars_are_as_long_as_their_values(void **state) {
  (void)state;
  static const picture_bar bars[] = {{"a", 4, "4"}, {"b", 1, "1"}, {"c", -2, "-2"}, {"d", 0, "0"}};
  ml_buf svg = {0};
  double widths[8], x[8];
  picture__bars(bars, 4, 400, 100, "bars", &svg);
  ml_buf_put(&svg, "", 1);
  expect_xml("bars", svg.data);
  assert_int_equal(numbers_of(svg.data, "width", widths), 4);
  numbers_of(svg.data, "x", x);
  expect_close("4 to 1", widths[0] / widths[1], 4, 0.01, 0);
  expect_close("4 to -2", widths[0] / widths[2], 2, 0.01, 0);
  expect_close("none", widths[3], 0.5, 0, 0);
  expect_close("to the left", x[2] + widths[2], x[0], 0, 0.2);
  ml_buf_release(&svg);
}

static void histograms_count(void **state) {
  (void)state;
  double values[] = {3, 1, 2, 3, 2, 3}, heights[32], many[1000];
  ml_buf svg = {0};
  assert_int_equal(picture__histogram(values, 6, "few", &svg), 0);
  ml_buf_put(&svg, "", 1);
  assert_int_equal(numbers_of(svg.data, "height", heights), 3);
  expect_close("1 of 3", heights[0] / heights[2], 1.0 / 3, 0.01, 0);
  expect_close("2 of 3", heights[1] / heights[2], 2.0 / 3, 0.01, 0);
  double x[32], widths[32];
  numbers_of(svg.data, "x", x);
  numbers_of(svg.data, "width", widths);
  const char *label = strstr(svg.data, ">2.0</text>");
  assert_non_null(label);
  while (*label != '<') label--;
  expect_close("its number is below a bar", x[1] + widths[1] / 2,
               strtod(strstr(label, " x=\"") + 4, NULL), 0, 0.2);
  ml_buf_clear(&svg);
  for (size_t i = 0; i < 1000; i++) many[i] = (double)i + 0.5;
  many[7] = 1e9;
  assert_int_equal(picture__histogram(many, 1000, "one is far", &svg), 1);
  ml_buf_put(&svg, "", 1);
  expect_xml("histogram", svg.data);
  ml_buf_clear(&svg);
  double wide[] = {-1.7e308, 0.5, 1.7e308, 1};
  (void)picture__histogram(wide, 4, "all doubles", &svg);
  ml_buf_put(&svg, "", 1);
  assert_null(strstr(svg.data, "nan"));
  double shares[] = {0, 0.25, 0.5, 0.75, 1};
  ml_buf_clear(&svg);
  (void)picture__histogram(shares, 5, "shares", &svg);
  ml_buf_put(&svg, "", 1);
  assert_int_equal(numbers_of(svg.data, "height", heights), 5); /* the greatest has its own */
  double one[] = {5, 5};
  ml_buf_clear(&svg);
  (void)picture__histogram(one, 2, "one value", &svg);
  ml_buf_put(&svg, "", 1);
  assert_int_equal(numbers_of(svg.data, "height", heights), 1);
  ml_buf_release(&svg);
}

/* Points of the tenths that have predictions, at their means. */
static void calibration_is_by_tenths(void **state) {
  (void)state;
  shown_made *m = shown_case_make("two");
  const ml_predicted *p = m->result.predicted;
  double sum[10] = {0}, n[10] = {0}, n_true[10] = {0};
  size_t n_bins = 0, k = 0;
  ml_buf svg = {0};
  for (size_t i = 0; i < p->n; i++) {
    size_t b = (size_t)(p->scores[2 * i + 1] * 10);
    sum[b] += p->scores[2 * i + 1];
    n[b]++;
    n_true[b] += m->data.classes.codes[p->row[i]] == 1;
  }
  for (size_t b = 0; b < 10; b++) n_bins += n[b] > 0;
  panel__calibration(&m->shown, "", &svg);
  ml_buf_put(&svg, "", 1);
  assert_int_equal(count_of(svg.data, "h0\"/>"), n_bins);
  const panel_field f = {.lo = 0, .hi = 1};
  for (const char *at = svg.data; (at = strstr(at, "h0\"/>")); at++) {
    const char *from = at;
    double x, y;
    while (*from != 'M') from--;
    assert_int_equal(sscanf(from, "M%lf,%lf", &x, &y), 2);
    while (n[k] == 0) k++;
    expect_close("x", x, panel__rate_x(sum[k] / n[k]), 0, 0.06);
    expect_close("y", y, panel__y(&f, n_true[k] / n[k]), 0, 0.06);
    k++;
  }
  const char *line =
      strstr(svg.data, "stroke-width=\"1.4\" d=\"") + strlen("stroke-width=\"1.4\" d=");
  for (size_t b = 0; b < 10; b++) {
    double x, y;
    int length;
    if (n[b] == 0) continue;
    assert_int_equal(sscanf(line + 1, "%*c%lf,%lf%n", &x, &y, &length), 2);
    line += length;
    expect_close("x of the line", x, panel__rate_x(sum[b] / n[b]), 0, 0.06);
    expect_close("y of the line", y, panel__y(&f, n_true[b] / n[b]), 0, 0.06);
  }
  ml_buf_release(&svg);
  shown_case_release(m);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(every_page_is_well_formed_and_the_same_again),
      cmocka_unit_test(sections_are_of_their_case),
      cmocka_unit_test(hostile_texts_stay_texts),
      cmocka_unit_test(nothing_is_fetched),
      cmocka_unit_test(kinds_are_counted),
      cmocka_unit_test(p_values_are_those_of_the_tests),
      cmocka_unit_test(the_chosen_are_those_of_the_pipeline),
      cmocka_unit_test(importance_is_shown),
      cmocka_unit_test(permuted_importance_finds_what_counts),
      cmocka_unit_test(texts_are_features_without_a_test),
      cmocka_unit_test(workers_are_listed),
      cmocka_unit_test(bars_are_as_long_as_their_values),
      cmocka_unit_test(histograms_count),
      cmocka_unit_test(calibration_is_by_tenths),
  };
  return cmocka_run_group_tests_name("train_report", tests, NULL, NULL);
}
