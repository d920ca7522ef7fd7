/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Queries and windows that are alike: by hand, and against the definition. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "fresh_cases.h"

#define QUERY(query, rest)     "{\"query_similarity_count\": [{\"query\": " query rest "}]}"
#define PROFILE(feature, rest) "{\"matrix_profile\": [{\"feature\": \"" feature "\", " rest "}]}"

typedef struct json_case {
  const char *name, *json;
  size_t n;
  double x[CASE_VALUES];
  double want;
} json_case;

static const json_case json_cases[] = {
    {"no query", QUERY("null", ", \"threshold\": 0.0"), 4, {1, 2, 3, 4}, NAN},
    {"two values are too few", QUERY("[1, 2]", ", \"threshold\": 9.0"), 4, {1, 2, 3, 4}, NAN},
    {"a query longer than the series", QUERY("[1, 2, 3]", ""), 2, {1, 2}, NAN},
    /* Distances to 1 2 3: 0, sqrt(3), and of 3 4 9 sqrt(4 + 4 + 36). */
    {"plain distances, at the threshold",
     QUERY("[1, 2, 3]", ", \"threshold\": 1.7320508075688772, \"normalize\": false"),
     5,
     {1, 2, 3, 4, 9},
     2},
    {"the threshold is 0 unless it is given",
     QUERY("[1, 2, 3]", ", \"normalize\": false"),
     5,
     {1, 2, 3, 4, 9},
     1},
    /* Windows 0, 1 and 3 are ramps. */
    {"offset and scale do not matter",
     QUERY("[1, 2, 3]", ", \"threshold\": 0.001"),
     7,
     {10, 20, 30, 40, 40.5, 41, 0},
     3},
    {"all windows",
     QUERY("[1, 2, 3]", ", \"threshold\": 3.4642"),
     7,
     {10, 20, 30, 40, 40.5, 41, 0},
     5},
    {"two constants are alike", QUERY("[7, 7, 7]", ", \"threshold\": 0.0"), 5, {2, 2, 2, 2, 5}, 2},
    /* sqrt(3) from anything else. */
    {"a constant is far from the rest",
     QUERY("[7, 7, 7]", ", \"threshold\": 1.74"),
     5,
     {2, 2, 2, 2, 5},
     3},
    {"a window with a NaN is infinitely far",
     QUERY("[1, 2, 3]", ", \"threshold\": 1e300"),
     6,
     {1, 2, 3, NAN, 1, 5},
     1},
    {"a window longer than the series", PROFILE("min", "\"windows\": 17"), 16, {0}, NAN},
    {"one window is no profile", PROFILE("min", "\"windows\": 5"), 5, {1, 5, 2, 8, 3}, NAN},
    {"too short to search",
     PROFILE("min", "\"threshold\": 0.5"),
     15,
     {1, 2, 1, 2, 1, 2, 1, 2, 1, 2, 1, 2, 1, 2, 1},
     NAN},
    /* Windows 3 and more apart: 4 apart the same up to scale, so all distances are 0. */
    {"a period comes back",
     PROFILE("mean", "\"windows\": 4"),
     12,
     {0, 1, 0, -1, 0, 2, 0, -2, 0, 4, 0, -4},
     0},
    /* All are constant: correlation 0, distance sqrt(8). */
    {"constant windows",
     PROFILE("max", "\"windows\": 4"),
     9,
     {3, 3, 3, 3, 3, 3, 3, 3, 3},
     2.8284271247461900976},
};

static void by_hand(void **state) {
  (void)state;
  for (size_t i = 0; i < sizeof json_cases / sizeof *json_cases; i++) {
    const json_case *c = &json_cases[i];
    double got = feature_by_json(c->json, false, c->x, c->n);
    /* A distance of 0 is the root of a rounding error. */
    expect_close(c->name, got, c->want, 1e-14, c->want == 0 ? 1e-6 : 0);
  }
}

static void one_of_two_is_given(void **state) {
  (void)state;
  static const char *const wrong[] = {PROFILE("min", "\"windows\": 8, \"threshold\": 0.5"),
                                      "{\"matrix_profile\": [{\"feature\": \"min\"}]}"};
  for (size_t i = 0; i < 2; i++) {
    ml_fresh_settings *settings = NULL;
    ml_error err = {0};
    assert_int_equal(ml_fresh_settings_parse(wrong[i], strlen(wrong[i]), "wrong", &settings, &err),
                     ML_ERR_PARSE);
    assert_non_null(strstr(err.message, "either threshold or windows must be given"));
  }
}

/* ---- twins ---- */

enum { MOST = 200 };

static uint64_t seed = 3;

static size_t random_series(double *x, int round) {
  size_t n = 16 + next_random(&seed) % (MOST - 16);
  double walk = 0;
  for (size_t i = 0; i < n; i++) {
    double noise = (double)(int64_t)next_random(&seed) * 0x1p-62;
    walk += noise;
    x[i] = (double[]){noise, floor(2 * noise), walk, 1e5 + sin((double)i / 3)}[round % 4];
  }
  return n;
}

/* Correlation of two windows; 0 when one is constant. */
static double correlation(const double *a, const double *b, size_t w) {
  double ma = 0, mb = 0, ab = 0, aa = 0, bb = 0;
  bool a_changes = false, b_changes = false;
  for (size_t i = 0; i < w; i++) {
    ma += a[i] / (double)w;
    mb += b[i] / (double)w;
    a_changes |= a[i] != a[0];
    b_changes |= b[i] != b[0];
  }
  for (size_t i = 0; i < w; i++) {
    ab += (a[i] - ma) * (b[i] - mb);
    aa += (a[i] - ma) * (a[i] - ma);
    bb += (b[i] - mb) * (b[i] - mb);
  }
  return a_changes && b_changes ? ab / sqrt(aa * bb) : 0;
}

static void profiles(void **state) {
  (void)state;
  double x[MOST];
  for (int round = 0; round < 60; round++) {
    size_t n = random_series(x, round), w = 4 + next_random(&seed) % (n - 5), m = n - w + 1;
    double mean = 0;
    for (size_t i = 0; i < m; i++) {
      double best = -1;
      for (size_t j = 0; j < m; j++) {
        double apart = fabs((double)i - (double)j);
        if (apart > ceil((double)w / 4)) best = fmax(best, correlation(x + i, x + j, w));
      }
      mean += sqrt(2 * (double)w * (1 - fmin(best, 1))) / (double)m;
    }
    char json[100];
    snprintf(json, sizeof json, PROFILE("mean", "\"windows\": %zu"), w);
    expect_close("profile", feature_by_json(json, false, x, n), mean, 1e-6, 1e-5);
  }
}

static void queries(void **state) {
  (void)state;
  double x[MOST];
  for (int round = 0; round < 60; round++) {
    size_t n = random_series(x, round), m = 3 + next_random(&seed) % 13, want = 0;
    ml_param_value query[16], values[3] = {{.v = 1, .form = ML_FORM_BOOL}};
    double q[16], threshold = sqrt((double)m) * (double)(next_random(&seed) % 100) / 50.3, count;
    for (size_t i = 0; i < m; i++) {
      q[i] = (double)(next_random(&seed) % 1000) / 100;
      query[i] = (ml_param_value){.v = q[i]};
    }
    values[1] = (ml_param_value){.v = NAN, .form = ML_FORM_LIST, .items = query, .n_items = m};
    values[2].v = threshold;
    for (size_t i = 0; i + m <= n; i++) {
      bool is_constant = true;
      for (size_t k = 1; k < m; k++) is_constant &= x[i + k] == x[i];
      double rho = is_constant ? 0.5 : correlation(q, x + i, m);
      want += sqrt(2 * (double)m * (1 - rho)) <= threshold;
    }
    feature_values("query_similarity_count", values, 1, x, n, &count);
    expect_same("query_similarity_count", count, (double)want);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(by_hand),
      cmocka_unit_test(one_of_two_is_given),
      cmocka_unit_test(profiles),
      cmocka_unit_test(queries),
  };
  return cmocka_run_group_tests_name("fresh/profile", tests, NULL, NULL);
}
