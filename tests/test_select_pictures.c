/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What mltool select --plot and --report draw: as text here, in a browser in
 * tests/seen/pictures.py.
 */
#include "picture_cases.h"
#include "support.h"
#include "xml.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>
#include <ml/cli/select_picture.h>
#include <ml/utf8.h>

/* ---- texts of pictures ---------------------------------------------------------------------- */

static char *text_of(ml_buf *buf) {
  ml_buf_put(buf, "", 1);
  assert_false(buf->failed);
  return buf->data;
}

static char *plot_of(const char *name) {
  ml_buf out = {0};
  cli_pictured p = picture_case_make(name);
  cli__select_plot(&p, &out);
  picture_case_release(&p);
  return text_of(&out);
}

static char *report_of(const char *name) {
  ml_buf out = {0};
  ml_error err = {0};
  cli_pictured p = picture_case_make(name);
  assert_int_equal(cli__select_report(&p, &out, &err), ML_OK);
  picture_case_release(&p);
  return text_of(&out);
}

static size_t count_of(const char *text, const char *what) {
  size_t n = 0;
  for (; (text = strstr(text, what)); text += strlen(what)) n++;
  return n;
}

/* The marks of all paths of a class; the legend, which has some of its own, comes behind. */
static size_t marks_of(const char *svg, const char *class, const char *mark) {
  size_t n = 0;
  char head[64];
  const char *legend = strstr(svg, "<g ");
  snprintf(head, sizeof head, "<path class=\"%s\"", class);
  for (const char *at = svg; (at = strstr(at, head)) && at < legend; at++) {
    const char *end = strstr(at, "/>");
    for (const char *m = at; (m = strstr(m, mark)) && m < end; m++) n++;
  }
  return n;
}

/* ---- all of them --------------------------------------------------------------------------- */

static void every_case_is_well_formed_and_small(void **state) {
  (void)state;
  for (const picture_case *c = picture_cases; c->name; c++) {
    char *svg = plot_of(c->name), *again = plot_of(c->name);
    expect_xml(c->name, svg);
    assert_string_equal(svg, again);
    assert_true(strlen(svg) < 100000);
    assert_null(strstr(svg, "nan"));
    assert_null(strstr(svg, "inf"));
    free(svg);
    free(again);
    char *page = report_of(c->name);
    again = report_of(c->name);
    assert_string_equal(page, again);
    assert_true(strlen(page) < 3000000);
    assert_null(strstr(page, "@@script"));
    assert_null(strstr(page, "\"nan"));
    for (const char *at = page; (at = strstr(at, "<svg ")); at++) {
      char *end = strstr(at, "</svg>");
      char *copy = strndup(at, (size_t)(end - at) + 6);
      expect_xml(c->name, copy);
      free(copy);
    }
    free(page);
    free(again);
  }
}

static void a_matrix_by_column_is_the_same(void **state) {
  (void)state;
  ml_buf out[2] = {{0}, {0}};
  ml_error err = {0};
  for (int k = 0; k < 2; k++) {
    cli_pictured p = picture_case_make("usual");
    ml_matrix *m = (ml_matrix *)p.features;
    if (k == 1) {
      size_t n = m->n_rows * m->n_columns;
      double *copy = malloc(n * sizeof *copy);
      memcpy(copy, m->values, n * sizeof *copy);
      for (size_t i = 0; i < n; i++)
        m->values[i % m->n_columns * m->n_rows + i / m->n_columns] = copy[i];
      m->by_column = true;
      free(copy);
    }
    assert_int_equal(cli__select_report(&p, &out[k], &err), ML_OK);
    picture_case_release(&p);
  }
  assert_int_equal(out[0].n, out[1].n);
  assert_memory_equal(out[0].data, out[1].data, out[0].n);
  ml_buf_release(&out[0]);
  ml_buf_release(&out[1]);
}

/* ---- the plot ------------------------------------------------------------------------------ */

static void points_are_marked_by_fate(void **state) {
  (void)state;
  char *svg = plot_of("best"); /* 5 of 30 by --k; those at or below 1e-3 in the case: p falls */
  cli_pictured p = picture_case_make("best");
  size_t n = p.selection->n_selected;
  picture_case_release(&p);
  assert_true(n > 3 && n < 30);
  assert_int_equal(marks_of(svg, "selected", "h0"), n);
  assert_int_equal(marks_of(svg, "rest", "h0"), 30 - n);
  assert_null(strstr(svg, "FDR line"));
  assert_non_null(strstr(svg, "the 5 smallest p-values"));
  free(svg);
  svg = plot_of("zeros"); /* 3 are 0, 2 are 1e-310 */
  assert_int_equal(marks_of(svg, "selected", "m-4,3"), 5);
  assert_non_null(strstr(svg, "p = 0 or below 1e-300"));
  free(svg);
  svg = plot_of("redundant");
  assert_true(marks_of(svg, "redundant", "l4,4") > 5);
  assert_non_null(strstr(svg, "relevant, but redundant"));
  free(svg);
}

static void words_say_what_was_done(void **state) {
  (void)state;
  static const struct {
    const char *name, *words;
  } cases[] = {
      {"usual", ">wind.csv, target broken (classification, 2 classes)<"},
      {"usual", ">Benjamini-Yekutieli, FDR 0.05<"},
      {"usual", "FDR line: 0.05 \xc2\xb7 i / (37 \xc2\xb7 4.202)<"}, /* H_37 */
      {"usual", "not drawn: 3 constant features"},
      {"usual", "threshold: p = 0.001<"},
      {"bh", "Benjamini-Hochberg, FDR 0.05<"},
      {"bh", "FDR line: 0.05 \xc2\xb7 i / 400<"},
      {"bh", "rank of the feature by p-value, log scale"},
      {"kx", "FDR line: 0.05 \xc2\xb7 i / (400 \xc2\xb7 (1 + \xe2\x80\xa6 + 1/i))<"},
      {"percentile", "the lowest 20% of the p-values<"},
      {"regression", "target broken (regression)"},
      {"regression", "FDR 0.01"},
      {"multi", "for 2 of 3 classes, no two correlated above 0.9<"},
      {"multi", ", for each class by itself<"},
      {"nothing", ">0 of 100 features selected<"},
      {"one", ">1 of 1 feature selected<"},
      {"constant", "There is no p-value to draw."},
      {"only_nan", "not drawn: 30 without a p-value"},
      {"nan", "not drawn: 4 without a p-value"},
  };
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    char *svg = plot_of(cases[i].name);
    if (!strstr(svg, cases[i].words)) fail_msg("%s: no '%s'", cases[i].name, cases[i].words);
    free(svg);
  }
}

/* Names are below one another, at least a line apart, and in the picture. */
static void names_do_not_overlap(void **state) {
  (void)state;
  for (const picture_case *c = picture_cases; c->name; c++) {
    char *svg = plot_of(c->name);
    double last = 80, y;
    size_t n = 0;
    for (const char *at = svg; (at = strstr(at, "\"><title>")); at++, n++) {
      const char *from = at;
      while (strncmp(from, " y=\"", 4) != 0) from--;
      assert_non_null(ml_number_parse(from + 4, at, &y));
      assert_true(y >= last + (n > 0 ? 16.9 : 0) && y <= 502);
      last = y;
    }
    assert_true(n <= 20);
    free(svg);
  }
}

static void full_names_are_in_titles(void **state) {
  (void)state;
  char *svg = plot_of("hostile");
  ml_buf title = {0};
  for (size_t i = 0; hostile_names[i]; i++) {
    ml_buf_clear(&title);
    ml_buf_puts(&title, "<title>");
    ml_buf_xml_text(&title, hostile_names[i]);
    ml_buf_puts(&title, "</title>");
    assert_non_null(strstr(svg, text_of(&title)));
  }
  ml_buf_release(&title);
  free(svg);
}

/* ---- the page ------------------------------------------------------------------------------ */

static void hostile_texts_stay_texts(void **state) {
  (void)state;
  char *page = report_of("hostile");
  assert_int_equal(count_of(page, "<script"), 2);
  assert_int_equal(count_of(page, "</script"), 2);
  assert_int_equal(count_of(page, "<!--"), 0);
  assert_int_equal(count_of(page, "<img"), 0);
  assert_true(utf8__is_text(page, strlen(page)));
  free(page);
}

static void nothing_is_fetched(void **state) {
  (void)state;
  char *page = report_of("usual");
  assert_non_null(strstr(page, "content=\"default-src 'none';"));
  assert_int_equal(count_of(page, "http"), 1 + count_of(page, "xmlns=\"http"));
  assert_int_equal(count_of(page, "http-equiv"), 1);
  assert_int_equal(count_of(page, " src="), 0);
  assert_int_equal(count_of(page, "url("), 0);
  assert_int_equal(count_of(page, "@import"), 0);
  free(page);
}

static json_t *data_of(const char *page) {
  json_error_t error;
  const char *from = strstr(page, "id=\"data\">") + 10, *end = strstr(from, "</script>");
  json_t *data = json_loadb(from, (size_t)(end - from), 0, &error);
  if (!data) fail_msg("%d: %s", error.line, error.text);
  return data;
}

static void data_are_those_of_the_selection(void **state) {
  (void)state;
  char *page = report_of("hostile");
  json_t *data = data_of(page);
  cli_pictured p = picture_case_make("hostile");
  const char *fates = json_string_value(json_object_get(data, "fate"));
  assert_int_equal(json_array_size(json_object_get(data, "name")), p.selection->n);
  for (size_t i = 0; i < p.selection->n; i++) {
    const ml_relevance *f = &p.selection->features[i];
    const char *name = p.features->columns[f->column];
    const char *got = json_string_value(json_array_get(json_object_get(data, "name"), i));
    if (utf8__is_text(name, strlen(name))) assert_string_equal(got, name);
    expect_same(name, json_real_value(json_array_get(json_object_get(data, "p"), i)), f->p_value);
    assert_int_equal(fates[i], '0' + (int)picture__fate(f));
    for (size_t k = 0; k < p.selection->n_classes; k++) {
      json_t *ps = json_array_get(json_object_get(data, "class_p"), k);
      json_t *marks = json_array_get(json_object_get(data, "class_relevant"), k);
      expect_close(name, json_number_value(json_array_get(ps, i)), f->classes[k].p_value, 0.006, 0);
      assert_int_equal(json_string_value(marks)[i], '0' + f->classes[k].is_relevant);
    }
  }
  assert_int_equal(json_object_size(json_object_get(data, "redundant")), count_of(fates, "1"));
  picture_case_release(&p);
  json_decref(data);
  free(page);
}

static void pages_are_of_their_case(void **state) {
  (void)state;
  static const struct {
    const char *name, *words;
  } cases[] = {
      {"usual", "<h1>28 of 40 features selected</h1>"},
      {"usual", "<dd><bdi>class 2</bdi> (30)"},
      {"usual", "<dd>fisher (9), mann-whitney (28)</dd>"},
      {"usual", "The best 12 features against the target"},
      {"usual", "aria-label=\"box plots\""},
      {"usual", "aria-label=\"shares of the two values\""},
      {"regression", "aria-label=\"scatter plot: feature across, target upwards\""},
      {"regression", "(1000 of the rows)"},
      {"nothing", "None is selected; these have the least p-values."},
      {"one", "The best feature against the target"},
      {"fifty", "The 8 largest of 50 classes."},
      {"fifty", " and 42 more</dd>"},
      {"multi", "<span>p of class 1</span>"},
      {"multi", "<span>redundant with</span>"},
      {"constant", "<dd>none</dd>"},
      {"only_nan", "<dt>without a p-value</dt><dd>30</dd>"},
  };
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    char *page = report_of(cases[i].name);
    if (!strstr(page, cases[i].words)) fail_msg("%s: no '%s'", cases[i].name, cases[i].words);
    free(page);
  }
}

/* ---- parts --------------------------------------------------------------------------------- */

static void names_are_shortened_in_the_middle(void **state) {
  (void)state;
  static const char *const names[] = {"", "short", "wwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwww",
                                      "iiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiii",
                                      "\xc3\xa4\xc3\xb6\xe6\xb8\xac\xe5\xae\x9a\xf0\x9f\x8c\x80"};
  for (size_t i = 0; i < sizeof names / sizeof *names; i++)
    for (double room = 20; room < 500; room += 3.7) {
      ml_buf out = {0};
      picture__name(&out, names[i], room, 11);
      const char *got = text_of(&out), *dots = strstr(got, "\xe2\x80\xa6");
      assert_true(picture__width(got, 11) <= room);
      assert_true(utf8__is_text(got, strlen(got)));
      assert_int_equal(dots == NULL, picture__width(names[i], 11) <= room);
      if (dots) {
        const char *tail = dots + 3;
        assert_memory_equal(got, names[i], (size_t)(dots - got));
        assert_string_equal(tail, names[i] + strlen(names[i]) - strlen(tail));
        assert_true(picture__width(got, 11) > room - 3 * 11 || room < 40);
      } else {
        assert_string_equal(got, names[i]);
      }
      ml_buf_release(&out);
    }
}

static void ticks_are_round(void **state) {
  (void)state;
  static const struct {
    double lo, hi;
    size_t wanted;
    const char *labels; /* each with a blank behind */
  } cases[] = {{0, 10, 5, "0 2 4 6 8 10 "},
               {-1, 1, 4, "-1.0 -0.5 0 0.5 1.0 "},
               {0.03, 0.11, 4, "0.04 0.06 0.08 0.10 "},
               {0, 3e6, 3, "0 1e6 2e6 3e6 "},
               {1.2e-7, 3.2e-7, 4, "1.5e-7 2.0e-7 2.5e-7 3.0e-7 "},
               {950, 1050, 4, "950 1000 1050 "},
               {-1.7e308, 1.7e308, 4, "-1e308 0 1e308 "},
               {5, 5, 4, ""},
               {1e15, 1e15 + 1, 4, ""}, /* no digits are left */
               {0, 5e-324, 4, ""},
               {999999999, 1000000001, 4,
                "9.9999999900e8 9.9999999950e8 1.0000000000e9 1.0000000005e9 1.0000000010e9 "}};
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    picture_ticks ticks;
    char got[512] = "";
    picture__ticks(cases[i].lo, cases[i].hi, cases[i].wanted, &ticks);
    for (size_t k = 0; k < ticks.n; k++) {
      double value;
      const char *end = ticks.labels[k] + strlen(ticks.labels[k]);
      assert_ptr_equal(ml_number_parse(ticks.labels[k], end, &value), end);
      expect_close(ticks.labels[k], value, ticks.at[k], 1e-12, 1e-300);
      strcat(strcat(got, ticks.labels[k]), " ");
    }
    assert_string_equal(got, cases[i].labels);
  }
}

static void p_values_in_three_digits(void **state) {
  (void)state;
  static const struct {
    double p;
    const char *want;
  } cases[] = {{0, "0"},
               {1, "1"},
               {0.05, "0.05"},
               {0.123456, "0.123"},
               {0.001, "0.001"},
               {1e-4, "1.00e-4"},
               {1.876e-12, "1.88e-12"},
               {1e-300, "1.00e-300"},
               {1e-310, "&lt; 1e-300"},
               {NAN, "\xe2\x80\x93"}};
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    ml_buf out = {0};
    picture__p(&out, cases[i].p);
    assert_string_equal(text_of(&out), cases[i].want);
    ml_buf_release(&out);
  }
}

static void quantiles_and_shares(void **state) {
  (void)state;
  static const double values[] = {1, 2, 4, 8};
  expect_same("first", picture__quantile(values, 4, 0), 1);
  expect_same("quartile", picture__quantile(values, 4, 0.25), 1.75);
  expect_same("median", picture__quantile(values, 4, 0.5), 3);
  expect_same("last", picture__quantile(values, 4, 1), 8);
  expect_same("of one", picture__quantile(values, 1, 0.75), 1);
  expect_same("middle", picture__share(5, 0, 10), 0.5);
  expect_same("no range", picture__share(5, 5, 5), 0.5);
  expect_same("the largest", picture__share(1.7e308, -1.7e308, 1.7e308), 1);
}

/* 1 to 9 and 1000: quartiles 3.25, 5.5, 7.75; whiskers from 1 to 9; 1000 is beyond 9 + 3 * 8. */
/* Numbers ascending, then texts, whatever the order of the classes. */
static void groups_are_ordered_by_label(void **state) {
  (void)state;
  static const char *const orders[][3] = {
      {"9", "10", "1x"}, {"1x", "10", "9"}, {"10", "1x", "9"}, {"9", "1x", "10"}};
  for (size_t i = 0; i < sizeof orders / sizeof *orders; i++) {
    cli_pictured p = picture_case_make("multi");
    ml_buf page = {0};
    ml_error err = {0};
    for (size_t k = 0; k < 3; k++) {
      free(p.target->labels[k]);
      p.target->labels[k] = strdup(orders[i][k]);
    }
    assert_int_equal(cli__select_report(&p, &page, &err), ML_OK);
    const char *nine = strstr(text_of(&page), "<title>9</title>");
    assert_non_null(nine);
    const char *ten = strstr(page.data, "<title>10</title>");
    assert_true(ten && ten > nine);
    const char *text = strstr(page.data, "<title>1x</title>");
    assert_true(text && text > ten);
    picture_case_release(&p);
    ml_buf_release(&page);
  }
}

static void far_outliers_are_marks(void **state) {
  (void)state;
  double values[10] = {1, 2, 3, 4, 5, 6, 7, 8, 9, 1000}, room[10];
  uint32_t group_of[10] = {0};
  picture_group group = {"all", 0, 10};
  picture_rows rows = {&group, 1, values, group_of, 10};
  ml_buf out = {0};
  assert_int_equal(picture__boxes(&rows, room, &out), 1);
  assert_int_equal(count_of(text_of(&out), "class=\"beyond\""), 1);
  ml_buf_release(&out);
  values[9] = 30;
  assert_int_equal(picture__boxes(&rows, room, &out), 0);
  const char *text = text_of(&out);
  assert_int_equal(count_of(text, "class=\"beyond\""), 0);
  assert_int_equal(count_of(text, "h0"), 1); /* 30 is an outlier */
  ml_buf_release(&out);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(every_case_is_well_formed_and_small),
      cmocka_unit_test(a_matrix_by_column_is_the_same),
      cmocka_unit_test(points_are_marked_by_fate),
      cmocka_unit_test(words_say_what_was_done),
      cmocka_unit_test(names_do_not_overlap),
      cmocka_unit_test(full_names_are_in_titles),
      cmocka_unit_test(hostile_texts_stay_texts),
      cmocka_unit_test(nothing_is_fetched),
      cmocka_unit_test(data_are_those_of_the_selection),
      cmocka_unit_test(pages_are_of_their_case),
      cmocka_unit_test(names_are_shortened_in_the_middle),
      cmocka_unit_test(ticks_are_round),
      cmocka_unit_test(p_values_in_three_digits),
      cmocka_unit_test(quantiles_and_shares),
      cmocka_unit_test(groups_are_ordered_by_label),
      cmocka_unit_test(far_outliers_are_marks),
  };
  return cmocka_run_group_tests_name("select_pictures", tests, NULL, NULL);
}
