/* SPDX-License-Identifier: GPL-3.0-or-later */
/* k nearest neighbours against the definition, and folds against fits. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "class_cases.h"
#include "ml/models/knn_internal.h"

static const ml_model *model;

static int find_model(void **state) {
  (void)state;
  model = class_model("knn");
  return 0;
}

/* ---- the definition -------------------------------------------------------------------------- */

static double distance(const class_data *a, size_t i, const class_data *b, size_t j,
                       bool manhattan) {
  double sum = 0;
  for (size_t c = 0; c < a->p; c++) {
    double d = a->x[c * a->n + i] - b->x[c * b->n + j];
    sum += manhattan ? fabs(d) : d * d;
  }
  return manhattan ? sum : sqrt(sum);
}

/* The outputs of one row: k times the nearest that was not taken yet, the first of equals. */
static void answer_twin(const class_data *train, const class_data *test, size_t row,
                        const double *params, double *out) {
  size_t k = (size_t)params[0], n_outputs = train->k ? train->k : 1;
  bool *taken = calloc(train->n, sizeof *taken), by_distance = params[1] == 1, is_equal = false;
  double all = 0;
  for (size_t c = 0; c < n_outputs; c++) out[c] = 0;
  for (size_t i = 0; i < k; i++) {
    size_t nearest = SIZE_MAX;
    double least = 0;
    for (size_t r = 0; r < train->n; r++) {
      double d = distance(train, r, test, row, params[2] == 1);
      if (taken[r] || (nearest != SIZE_MAX && d >= least)) continue;
      nearest = r;
      least = d;
    }
    taken[nearest] = true;
    is_equal = is_equal || (by_distance && least == 0);
    double w = !by_distance ? 1 : least == 0 ? 1 : is_equal ? 0 : 1 / least;
    all += w;
    out[train->k ? train->classes[nearest] : 0] += train->k ? w : w * train->y[nearest];
  }
  for (size_t c = 0; c < n_outputs; c++) out[c] /= all;
  free(taken);
}

static void expect_twin(const class_data *train, const class_data *test, const double *params) {
  ml_error err = {0};
  size_t n_outputs = train->k ? train->k : 1;
  double *got = class_fit(model, params, train, test, &err), want[8];
  if (!got) fail_msg("%s", err.message);
  for (size_t i = 0; i < test->n; i++) {
    answer_twin(train, test, i, params, want);
    for (size_t c = 0; c < n_outputs; c++)
      expect_close("output", got[i * n_outputs + c], want[c], 1e-13, 0);
  }
  free(got);
}

/* Rounded features, so that there are ties and equal rows. */
static void expect_all(size_t n, size_t n_test, size_t p, size_t k, double unit) {
  class_data train = class_random(n, p, k, n + p), test = class_random(n_test, p, k, 1);
  for (size_t i = 0; i < n * p; i++) train.x[i] = unit * rint(train.x[i] / unit);
  for (size_t i = 0; i < n_test * p; i++) test.x[i] = unit * rint(test.x[i] / unit);
  for (size_t neighbors = 1; neighbors <= n;
       neighbors = neighbors < 4 ? neighbors + 1 : neighbors * 3)
    for (double by_distance = 0; by_distance < 2; by_distance++)
      for (double manhattan = 0; manhattan < 2; manhattan++) {
        const double params[] = {(double)neighbors, by_distance, manhattan};
        expect_twin(&train, &test, params);
      }
  class_release(&test);
  class_release(&train);
}

static void neighbours_are_those_of_the_twin(void **state) {
  (void)state;
  for (size_t k = 0; k < 4; k += k ? 1 : 2) {
    expect_all(1, 3, 2, k, 0.5);
    expect_all(63, 5, 1, k, 0.25);
    expect_all(65, 9, 3, k, 1);
    expect_all(200, 30, 6, k, 1e-6);
  }
}

static void columns_far_from_zero(void **state) {
  class_data data = class_random(150, 3, 2, 3);
  (void)state;
  for (size_t i = 0; i < data.n * data.p; i++) data.x[i] = 1e8 + data.x[i];
  for (double neighbors = 1; neighbors < 20; neighbors += 6) {
    const double params[] = {neighbors, 1, 0};
    expect_twin(&data, &data, params);
  }
  class_release(&data);
}

/* ---- the search, bit for bit ----------------------------------------------------------------- */

/* Sums over the columns in their order. */
static double far_from(const double *x, size_t n, const double *q, size_t n_queries, size_t p,
                       knn_metric metric) {
  double sum = 0;
  for (size_t j = 0; j < p; j++) {
    double d = x[j * n] - q[j * n_queries];
    sum += metric == KNN_EUCLIDEAN ? d * d : fabs(d);
  }
  return sum;
}

static int compare_near(const void *a, const void *b) {
  const knn_near *s = a, *t = b;
  if (s->far != t->far) return s->far < t->far ? -1 : 1;
  return s->at < t->at ? -1 : 1;
}

static void expect_nearest(const char *label, const class_data *rows, const class_data *queries,
                           size_t k, knn_metric metric) {
  const ml_view view = class_view(rows), asked = class_view(queries);
  ml_error err = {0};
  knn_rows table = {0};
  knn_near *got = calloc(queries->n * k, sizeof *got), *want = calloc(rows->n, sizeof *want);
  assert_int_equal(knn__rows(&view, metric, &table, &err), ML_OK);
  assert_int_equal(knn__nearest(&table, &asked, k, metric, NULL, got, &err), ML_OK);
  for (size_t i = 0; i < queries->n; i++) {
    for (size_t r = 0; r < rows->n; r++)
      want[r] = (knn_near){
          far_from(rows->x + r, rows->n, queries->x + i, queries->n, rows->p, metric), (uint32_t)r};
    qsort(want, rows->n, sizeof *want, compare_near);
    for (size_t c = 0; c < k; c++)
      if (got[i * k + c].at != want[c].at || got[i * k + c].far != want[c].far)
        fail_msg("%s: k = %zu, query %zu, neighbour %zu: row %u at %a, not row %u at %a", label, k,
                 i, c, got[i * k + c].at, got[i * k + c].far, want[c].at, want[c].far);
  }
  knn__rows_release(&table);
  free(want);
  free(got);
}

/* What rounding in float, offsets and scales could hide. */
typedef double distortion(double x, size_t row, size_t column);

static double as_it_is(double x, size_t row, size_t column) {
  (void)row, (void)column;
  return x;
}

static double ties(double x, size_t row, size_t column) {
  (void)row, (void)column;
  return rint(x);
}

static double nearly_ties(double x, size_t row, size_t column) {
  (void)column;
  return rint(x) + 1e-9 * (double)(row % 7);
}

static double far_away(double x, size_t row, size_t column) {
  (void)row;
  return column % 2 ? 1e9 + rint(x * 64) / 1024 : -1e12 + rint(8 * x);
}

static double huge_column(double x, size_t row, size_t column) {
  (void)row;
  return column ? x : 1e300 * rint(x);
}

static double huge(double x, size_t row, size_t column) {
  (void)row, (void)column;
  return 4e307 * x;
}

static double overflowing_squares(double x, size_t row, size_t column) {
  (void)row, (void)column;
  return 1e154 * x;
}

static double underflowing_squares(double x, size_t row, size_t column) {
  (void)row, (void)column;
  return 2e-162 * x;
}

static double tiny(double x, size_t row, size_t column) {
  (void)row, (void)column;
  return 1e-310 * x;
}

static double outliers(double x, size_t row, size_t column) {
  (void)column;
  return row % 50 == 49 ? 1e12 * x : x;
}

static double equal_rows(double x, size_t row, size_t column) {
  (void)x;
  return row % 300 < 250 ? 0.1 : (double)column;
}

static double clusters(double x, size_t row, size_t column) {
  (void)column;
  return (double)(row / 70) + 1e-6 * x;
}

static void search_is_exact(void **state) {
  static const struct {
    const char *label;
    distortion *distort;
  } kinds[] = {
      {"as it is", as_it_is},
      {"ties", ties},
      {"nearly ties", nearly_ties},
      {"far away", far_away},
      {"huge column", huge_column},
      {"huge", huge},
      {"overflow", overflowing_squares},
      {"underflow", underflowing_squares},
      {"tiny", tiny},
      {"outliers", outliers},
      {"equal rows", equal_rows},
      {"clusters", clusters},
  };
  static const size_t columns[] = {1, 2, 7, 20, 65}, neighbors[] = {1, 5, 64, 300};
  (void)state;
  for (size_t kind = 0; kind < sizeof kinds / sizeof *kinds; kind++)
    for (size_t c = 0; c < sizeof columns / sizeof *columns; c++) {
      size_t p = columns[c];
      class_data rows = class_random(333, p, 0, 10 * kind + c), asked = class_random(70, p, 0, 9);
      for (size_t i = 0; i < rows.n * p; i++)
        rows.x[i] = kinds[kind].distort(rows.x[i], i % rows.n, i / rows.n);
      for (size_t i = 0; i < asked.n * p; i++)
        asked.x[i] = i % 3 ? kinds[kind].distort(asked.x[i], i % asked.n, i / asked.n)
                           : rows.x[i / asked.n * rows.n + i % asked.n];
      for (size_t j = 0; j < p; j++) { /* far out */
        double *x = &asked.x[j * asked.n + 5];
        *x = fmax(fmin(*x * 1e20, 1e308), -1e308);
      }
      for (size_t j = 0; j < p && kind == 0; j++) asked.x[j * asked.n + 6] = 1e308;
      for (size_t k = 0; k < sizeof neighbors / sizeof *neighbors; k++) {
        expect_nearest(kinds[kind].label, &rows, &asked, neighbors[k], KNN_EUCLIDEAN);
        if (k == 1) expect_nearest(kinds[kind].label, &rows, &asked, neighbors[k], KNN_MANHATTAN);
      }
      class_release(&asked);
      class_release(&rows);
    }
}

/* ---- by hand --------------------------------------------------------------------------------- */

static void ties_and_equal_rows_by_hand(void **state) {
  static double x[] = {0, 1, 1, 3, 5}, y[] = {10, 20, 40, 80, 160}, q[] = {1, 2, 4};
  const class_data train = {.n = 5, .p = 1, .x = x, .y = y}, test = {.n = 3, .p = 1, .x = q};
  static const struct {
    double params[3], want[3];
  } cases[] = {
      {{1, 0, 0}, {20, 20, 80}}, /* the first of rows 1 and 2; of 1, 2 and 3; of 3 and 4 */
      {{2, 0, 0}, {30, 30, 120}},
      {{3, 0, 0}, {(10 + 20 + 40) / 3.0, 140 / 3.0, (20 + 80 + 160) / 3.0}},
      {{3, 1, 0}, {30, 140 / 3.0, (20 / 3.0 + 80 + 160) / (7 / 3.0)}}, /* 0 takes all the weight */
  };
  ml_error err = {0};
  (void)state;
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    double *got = class_fit(model, cases[i].params, &train, &test, &err);
    for (size_t r = 0; r < 3; r++) expect_close("by hand", got[r], cases[i].want[r], 1e-15, 0);
    free(got);
  }
}

static void what_cannot_be_is_said(void **state) {
  const double many[] = {31, 0, 0}, one[] = {1, 0, 0};
  class_data data = class_random(30, 2, 2, 3);
  ml_error err = {0};
  (void)state;
  assert_null(class_fit(model, many, &data, &data, &err));
  assert_string_equal(err.message, "31 neighbours of 30 training rows: n_neighbors is too great");
  data.x[31] = INFINITY;
  assert_null(class_fit(model, one, &data, &data, &err));
  assert_string_equal(err.message, "column 2 has a value that is missing or infinite");
  class_release(&data);
}

/* ---- folds ----------------------------------------------------------------------------------- */

static void folds_equal_fits(void **state) {
  double candidates[41][3] = {{0}};
  (void)state;
  for (size_t i = 0; i < 20; i++) {
    candidates[2 * i][0] = candidates[2 * i + 1][0] = (double)(20 - i);
    candidates[2 * i + 1][1] = 1;
  }
  candidates[40][0] = 35; /* more than some folds have */
  for (size_t k = 0; k <= 3; k += 3) {
    class_data data = class_random(120, 3, k, k);
    for (size_t i = 0; i < data.n * data.p; i++) data.x[i] = rint(2 * data.x[i]);
    class_compare_all(model, &data, candidates[0], 41);
    ml_folds *folds = class_folds(&data, "rolling:train=30,test=5,step=7", 1, false);
    assert_int_equal(class_compare("35 of 30", model, &data, folds, candidates[40], 1), 0);
    ml_folds_free(folds);
    class_release(&data);
  }
}

static void a_missing_value_fails_all_candidates(void **state) {
  const double candidates[][3] = {{1, 0, 0}, {3, 1, 0}};
  class_data data = class_random(30, 2, 2, 3);
  ml_folds *folds = class_folds(&data, "pcSplit:0.2", 1, false);
  (void)state;
  data.x[4] = NAN; /* the same message as that of fit(), for both */
  assert_int_equal(class_compare("missing", model, &data, folds, candidates[0], 2), 0);
  ml_folds_free(folds);
  class_release(&data);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(neighbours_are_those_of_the_twin),
      cmocka_unit_test(columns_far_from_zero),
      cmocka_unit_test(search_is_exact),
      cmocka_unit_test(ties_and_equal_rows_by_hand),
      cmocka_unit_test(what_cannot_be_is_said),
      cmocka_unit_test(folds_equal_fits),
      cmocka_unit_test(a_missing_value_fails_all_candidates),
  };
  return cmocka_run_group_tests(tests, find_model, NULL);
}
