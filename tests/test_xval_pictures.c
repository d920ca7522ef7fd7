/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Plots and pages of results that are made by hand: as text here, in a browser in
 * tests/seen/pictures.py. */
#include "shown_texts.h"
#include "xml.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <ml/cli/xval_picture.h>
#include <ml/utf8.h>

/* ---- pictures ------------------------------------------------------------------------------ */

static void every_picture_is_well_formed_and_small(void **state) {
  (void)state;
  for (const shown_case *c = shown_cases; c->name; c++) {
    char *svg = shown_picture(xval__plot, c->name), *again = shown_picture(xval__plot, c->name);
    expect_xml(c->name, svg);
    assert_string_equal(svg, again);
    if (strlen(svg) > 250000) fail_msg("%s: %zu bytes", c->name, strlen(svg));
    assert_null(strstr(svg, "nan"));
    assert_null(strstr(svg, "inf"));
    free(svg);
    free(again);
    char *page = shown_picture(xval__report, c->name);
    again = shown_picture(xval__report, c->name);
    assert_string_equal(page, again);
    assert_true(utf8__is_text(page, strlen(page)));
    assert_null(strstr(page, "@@script"));
    for (const char *from = page; (from = strstr(from, "<svg ")); from++) {
      char *copy = strndup(from, (size_t)(strstr(from, "</svg>") - from) + 6);
      expect_xml(c->name, copy);
      free(copy);
    }
    free(page);
    free(again);
  }
}

static void panels_are_of_their_case(void **state) {
  (void)state;
  static const struct {
    const char *name, *words;
    bool is_there;
  } cases[] = {
      {"usual", ">r2 of each fold<", true},
      {"usual", ">predicted (upwards) against true<", true},
      {"usual", "false positive", false},
      {"usual", " by alpha<", false},
      {"two", ">true against false positive rate of class 1<", true},
      {"two", ">rows: true (down) and predicted (across)<", true},
      {"grid", ">r2 by alpha<", true},
      {"grid", ">1e3<", false},
      {"grid", ">1000<", true}, /* the log axis */
      {"two_params", ">accuracy by n_neighbors<", true},
      {"two_params", ">distance<", true},
      {"words", ">none<", true},
      {"nested", " by alpha<", false},
      {"nested", ">r2 of each fold<", true},
      {"loo", ">undefined<", true},
      {"usual", "ridge: r2 0.5", true},
      {"grid", ">ridge alpha=0.1: r2 0.7", true},
      {"grid", "kfold:5, seed 42, best of 13 candidates<", true},
  };
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    char *svg = shown_picture(xval__plot, cases[i].name);
    if (!strstr(svg, cases[i].words) == cases[i].is_there)
      fail_msg("%s: '%s'", cases[i].name, cases[i].words);
    free(svg);
  }
}

static size_t marks_in(const char *svg, const char *class) {
  char head[64];
  snprintf(head, sizeof head, "<path class=\"%s\"", class);
  const char *from = strstr(svg, head), *end = from ? strstr(from, "/>") : NULL;
  size_t n = 0;
  for (const char *mark = from; mark && (mark = strstr(mark, "h0")) && mark < end; mark++) n++;
  return n;
}

static void candidates_and_predictions_are_points(void **state) {
  (void)state;
  char *svg = shown_picture(xval__plot, "grid");
  assert_int_equal(marks_in(svg, "selected"), 13);
  assert_int_equal(count_of(svg, "m0,-7l7,7-7,7-7,-7z"), 1); /* the winner */
  free(svg);
  svg = shown_picture(xval__plot, "usual");
  const char *scatter = strstr(svg, "scatter plot");
  assert_int_equal(marks_in(svg, "selected"), 5);
  assert_int_equal(marks_in(scatter, "selected") + marks_in(scatter, "line"), 60);
  free(svg);
}

/* Cells of a confusion matrix: of 60 rows, 30 of each class. */
static void counts_of_classes_are_all_rows(void **state) {
  (void)state;
  size_t want[2][2] = {{0}}, got, k = 0;
  shown_made *m = shown_case_make("two");
  for (size_t i = 0; i < 60; i++) want[m->data.classes.codes[i]][m->result.predicted->classes[i]]++;
  shown_case_release(m);
  char *svg = shown_picture(xval__plot, "two");
  for (const char *cell = svg; (cell = strstr(cell, "class=\"cell\"")); cell++, k++) {
    const char *text = strstr(cell, "text-anchor=\"middle\">");
    assert_int_equal(sscanf(text, "text-anchor=\"middle\">%zu<", &got), 1);
    assert_true(k < 4);
    assert_int_equal(got, want[k / 2][k % 2]);
  }
  assert_int_equal(k, 4);
  free(svg);
}

static void log_ticks_are_round(void **state) {
  (void)state;
  static const struct {
    double lo, hi;
    const char *labels; /* each with a blank behind */
  } cases[] = {{1e-3, 1e3, "0.001 0.1 10 1000 "},
               {1, 10, "1 2 5 10 "},
               {3, 40, "5 10 20 "},
               {1e-8, 1e-4, "1e-8 1e-7 1e-6 1e-5 0.0001 "}};
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    picture_ticks ticks;
    char got[256] = "";
    picture__log_ticks(cases[i].lo, cases[i].hi, 5, &ticks);
    for (size_t k = 0; k < ticks.n; k++) strcat(strcat(got, ticks.labels[k]), " ");
    assert_string_equal(got, cases[i].labels);
  }
}

/* ---- the page ------------------------------------------------------------------------------ */

static void hostile_texts_stay_texts(void **state) {
  (void)state;
  char *page = shown_picture(xval__report, "hostile");
  assert_int_equal(count_of(page, "<script"), 2);
  assert_int_equal(count_of(page, "</script"), 2);
  assert_int_equal(count_of(page, "<!--"), 0);
  assert_int_equal(count_of(page, "<img"), 0);
  assert_int_equal(count_of(page, "<dl>"), 1); /* @@facts@@ of a label is no mark */
  free(page);
}

static void nothing_is_fetched(void **state) {
  (void)state;
  char *page = shown_picture(xval__report, "usual");
  assert_non_null(strstr(page, "content=\"default-src 'none';"));
  assert_int_equal(count_of(page, "http"), 1 + count_of(page, "xmlns=\"http"));
  assert_int_equal(count_of(page, " src="), 0);
  assert_int_equal(count_of(page, "url("), 0);
  free(page);
}

static void pages_are_of_their_case(void **state) {
  (void)state;
  static const expected cases[] = {
      {"usual", "<h2 id=\"all\">Folds</h2>"},
      {"usual", "<dt>parameters</dt><dd>alpha=1, fit_intercept=true</dd>"},
      {"usual", "<th scope=\"row\">rmse</th>"},
      {"grid", "<h2 id=\"all\">Candidates</h2>"},
      {"grid", "<dt>grid</dt><dd>alpha=log:1e-3:1e3:13</dd>"},
      {"grid", "<tr class=\"selected\"><td class=\"n\">1</td><td class=\"n\">0.1</td>"},
      {"nested", "<h2 id=\"all\">Outer folds</h2>"},
      {"two", "<bdi>class 1</bdi> (30)"},
      {"failures", "<p class=\"note\">failed: the matrix is singular (fold 2)</p>"},
      {"two_params", "<dt>holdout</dt><dd>15 rows: accuracy "},
  };
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    char *page = shown_picture(xval__report, cases[i].name);
    if (!strstr(page, cases[i].words)) fail_msg("%s: no '%s'", cases[i].name, cases[i].words);
    free(page);
  }
}

static void data_of_the_page_are_those_of_the_table(void **state) {
  (void)state;
  json_error_t error;
  char *page = shown_picture(xval__report, "grid");
  const char *from = strstr(page, "id=\"data\">") + 10, *end = strstr(from, "</script>");
  json_t *data = json_loadb(from, (size_t)(end - from), 0, &error);
  if (!data) fail_msg("%d: %s", error.line, error.text);
  assert_int_equal(json_array_size(shown_at(data, "texts")), 13);
  assert_int_equal(json_array_size(shown_at(data, "columns")),
                   count_of(page, "<th scope=\"col\"") - 4);
  assert_int_equal(json_integer_value(shown_at(data, "marked.0")), 0);
  expect_close("alpha", json_number_value(shown_at(data, "keys.0.1")), 0.1, 1e-12, 0);
  assert_string_equal(json_string_value(shown_at(data, "texts.0.1")), "0.1");
  json_decref(data);
  free(page);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(every_picture_is_well_formed_and_small),
      cmocka_unit_test(panels_are_of_their_case),
      cmocka_unit_test(candidates_and_predictions_are_points),
      cmocka_unit_test(counts_of_classes_are_all_rows),
      cmocka_unit_test(log_ticks_are_round),
      cmocka_unit_test(hostile_texts_stay_texts),
      cmocka_unit_test(nothing_is_fetched),
      cmocka_unit_test(pages_are_of_their_case),
      cmocka_unit_test(data_of_the_page_are_those_of_the_table),
  };
  return cmocka_run_group_tests_name("xval_pictures", tests, NULL, NULL);
}
