/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Candidates of grids, chance and Sobol sequences; those of the reference among them. */
#include <jansson.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "golden.h"

static const ml_model_param params[] = {
    {.name = "alpha", .kind = ML_MODEL_REAL, .lo = 0, .hi = INFINITY, .fallback = 1},
    {.name = "depth", .kind = ML_MODEL_INT, .lo = 1, .hi = 1e9, .fallback = 3, .none = "none"},
    {.name = "kind", .kind = ML_MODEL_CHOICE, .choices = "a|b|c"},
    {.name = "flag", .kind = ML_MODEL_BOOL},
    {.name = "any", .kind = ML_MODEL_REAL, .lo = -INFINITY, .hi = INFINITY},
    {.name = "whole", .kind = ML_MODEL_INT, .lo = -1e9, .hi = 1e9},
};
enum { ALPHA, DEPTH, KIND, FLAG, ANY, WHOLE, N_PARAMS };
static const ml_model model = {.abi = ML_MODEL_ABI,
                               .name = "made",
                               .traits = ML_MODEL_REGRESSES,
                               .params = params,
                               .n_params = N_PARAMS};

static ml_candidates *make(const char *const *specs, size_t n, const ml_candidates_opts *opts) {
  double fixed[N_PARAMS];
  ml_candidates *c = NULL;
  ml_error err = {0};
  ml_model_defaults(&model, fixed);
  if (ml_candidates_make(&model, fixed, specs, n, opts, &c, &err) != ML_OK)
    fail_msg("%s: %s", specs[0], err.message);
  return c;
}

static double at(const ml_candidates *c, size_t i, size_t param) {
  return c->values[i * c->n_params + param];
}

/* ---- grids ----------------------------------------------------------------------------------- */

static void the_last_key_of_a_grid_is_fastest(void **state) {
  (void)state;
  const char *const specs[] = {"kind=b,a", "alpha=0.5,2,1", "flag=true,false"};
  ml_candidates *c = make(specs, 3, NULL);
  static const double kinds[] = {1, 0}, alphas[] = {0.5, 2, 1}, flags[] = {1, 0};
  static const size_t varied[] = {KIND, ALPHA, FLAG};
  assert_int_equal(c->n, 12);
  assert_int_equal(c->n_drawn, 12);
  assert_int_equal(c->n_varied, 3);
  for (size_t i = 0; i < 3; i++) assert_int_equal(c->varied[i], varied[i]);
  for (size_t i = 0; i < 12; i++) {
    assert_true(at(c, i, KIND) == kinds[i / 6]);
    assert_true(at(c, i, ALPHA) == alphas[i / 2 % 3]);
    assert_true(at(c, i, FLAG) == flags[i % 2]);
    assert_true(at(c, i, DEPTH) == 3);
  }
  ml_candidates_free(c);
}

static void expect_values(const char *spec, size_t param, const double *want, size_t n) {
  ml_candidates *c = make(&spec, 1, NULL);
  assert_int_equal(c->n, n);
  for (size_t i = 0; i < n; i++) expect_close(spec, at(c, i, param), want[i], 1e-15, 0);
  ml_candidates_free(c);
}

static void ranges_of_a_grid(void **state) {
  (void)state;
  expect_values("alpha=log:1e-3:1e1:5", ALPHA, (double[]){1e-3, 1e-2, 0.1, 1, 10}, 5);
  expect_values("alpha=lin:0:1:5", ALPHA, (double[]){0, 0.25, 0.5, 0.75, 1}, 5);
  expect_values("alpha=lin:0.5:0.5:1", ALPHA, (double[]){0.5}, 1);
  expect_values("depth=int:2:4", DEPTH, (double[]){2, 3, 4}, 3);
  expect_values("depth=int:1:10:4", DEPTH, (double[]){1, 5, 9}, 3);
  expect_values("depth=log:1:100:3", DEPTH, (double[]){1, 10, 100}, 3);
  expect_values("depth=log:1:2:9", DEPTH, (double[]){1, 2}, 2);
  expect_values("depth=none,2", DEPTH, (double[]){INFINITY, 2}, 2);
}

/* Lists in brackets are values, and a range has no integers unless the default is one. */
static void grids_of_anything(void **state) {
  (void)state;
  static const ml_model_param whatever[] = {
      {.name = "any", .kind = ML_MODEL_LITERAL, .fallback = 0.5},
      {.name = "count", .kind = ML_MODEL_LITERAL, .fallback = 10},
  };
  static const ml_model anything = {
      .abi = ML_MODEL_ABI, .name = "anything", .params = whatever, .n_params = 2};
  static const char *const cases[][2] = {
      {"any=(1,2),[3,{'a,':4}],\"x,y\",None,5", "(1,2) [3,{'a,':4}] \"x,y\" None 5 "},
      {"any=lin:0:1:3", "0.0 0.5 1.0 "},
      {"any=log:0.1:10:3", "0.1 1.0 10.0 "},
      {"any=int:1:3", "1 2 3 "},
      {"any=(1,2", "(1,2 "},
      {"any=a),b", "a) b "},
      {"count=log:1:100:3", "1 10 100 "},
      {"count=lin:1:3:3", "1 2 3 "},
      {"count=lin:0.5:1:2", "0.5 1.0 "},
  };
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    const double fixed[] = {0.5, 10};
    ml_candidates *made;
    ml_error err = {0};
    ml_buf text = {0};
    if (ml_candidates_make(&anything, fixed, cases[i], 1, NULL, &made, &err) != ML_OK)
      fail_msg("%s: %s", cases[i][0], err.message);
    for (size_t k = 0; k < made->n; k++) {
      const size_t p = made->varied[0];
      ml_model_param_format(&whatever[p], made->values[k * 2 + p], &text);
      ml_buf_puts(&text, " ");
    }
    ml_buf_put(&text, "", 1);
    assert_string_equal(text.data, cases[i][1]);
    ml_buf_release(&text);
    ml_candidates_free(made);
  }
}

static void expect_none(const char *spec, ml_draw draw, size_t n, const char *words) {
  double fixed[N_PARAMS] = {0};
  ml_candidates *c = NULL;
  ml_error err = {0};
  const ml_candidates_opts opts = {.draw = draw, .n = n};
  const char *specs[] = {spec, "whole=1"};
  ml_status status = ml_candidates_make(&model, fixed, specs, 1, &opts, &c, &err);
  if (status != ML_ERR_USAGE || !strstr(err.message, words))
    fail_msg("'%s': expected '%s', got %s '%s'", spec, words, ml_status_name(status), err.message);
  assert_null(c);
}

static void what_is_no_specification_is_refused(void **state) {
  (void)state;
  static const char *const grids[][2] = {{"alpha", "NAME=VALUES"},
                                         {"=1", "NAME=VALUES"},
                                         {"alpha=", "NAME=VALUES"},
                                         {"alhpa=1", "alpha"},
                                         {"alpha=1,x", "x"},
                                         {"alpha=1,,2", "alpha"},
                                         {"alpha=-1", "alpha"},
                                         {"alpha=log:0:1:3", "above 0"},
                                         {"alpha=log:1:2", "log:LOW:HIGH:COUNT"},
                                         {"alpha=log:1:2:x", "log:LOW:HIGH:COUNT"},
                                         {"alpha=log:1:2:0", "from 1 to 1000000"},
                                         {"alpha=log:1:2:1.5", "from 1 to 1000000"},
                                         {"alpha=lin:2:1:3", "below the lower"},
                                         {"alpha=lin:0:inf:3", "lin:LOW"},
                                         {"alpha=lin:0:1:1e9", "from 1 to 1000000"},
                                         {"depth=int:1:3:0", "step"},
                                         {"depth=int:1.5:3", "integers"},
                                         {"depth=int:0:3", "depth"},
                                         {"kind=d", "d"},
                                         {"kind=int:1:2", "no range"},
                                         {"flag=lin:0:1:2", "no range"}};
  for (size_t i = 0; i < sizeof grids / sizeof *grids; i++)
    expect_none(grids[i][0], ML_DRAW_GRID, 0, grids[i][1]);
  expect_none("alpha=0.1,1", ML_DRAW_RANDOM, 4, "LOW:HIGH");
  expect_none("alpha=lin:0:1:3", ML_DRAW_RANDOM, 4, "no form of a space");
  expect_none("alpha=bool", ML_DRAW_RANDOM, 4, "no boolean");
  expect_none("alpha=1:0", ML_DRAW_SOBOL, 4, "below the lower");
  expect_none("alpha=0:1", ML_DRAW_SOBOL, 10, "power of two");
  expect_none("alpha=0:1", ML_DRAW_RANDOM, SIZE_MAX, "more than");
  double fixed[N_PARAMS] = {0};
  const char *const twice[] = {"alpha=1", "alpha=2"};
  ml_candidates *c = NULL;
  ml_error err = {0};
  assert_int_equal(ml_candidates_make(&model, fixed, twice, 2, NULL, &c, &err), ML_ERR_USAGE);
  assert_non_null(strstr(err.message, "twice"));
  const char *const many[] = {"alpha=lin:0:1:1000", "any=lin:0:1:1000", "whole=int:1:10"};
  assert_int_equal(ml_candidates_make(&model, fixed, many, 3, NULL, &c, &err), ML_ERR_USAGE);
}

/* ---- chance ---------------------------------------------------------------------------------- */

static void draws_stay_within_their_bounds(void **state) {
  (void)state;
  const char *const specs[] = {"any=uniform:-2:3", "alpha=log:1e-3:10", "depth=int:1:4",
                               "kind=choice:a,c", "flag=bool"};
  bool has_low = false, has_high = false;
  for (size_t draw = ML_DRAW_RANDOM; draw <= ML_DRAW_SOBOL; draw++) {
    const ml_candidates_opts opts = {.draw = (ml_draw)draw, .n = 256, .seed = 3};
    ml_candidates *c = make(specs, 5, &opts), *again = make(specs, 5, &opts);
    assert_int_equal(c->n_drawn, 256);
    assert_int_equal(c->n, 256);
    assert_memory_equal(c->values, again->values, c->n * c->n_params * sizeof(double));
    for (size_t i = 0; i < c->n; i++) {
      assert_true(at(c, i, ANY) >= -2 && at(c, i, ANY) < 3);
      assert_true(at(c, i, ALPHA) >= 1e-3 && at(c, i, ALPHA) < 10);
      assert_true(at(c, i, DEPTH) >= 1 && at(c, i, DEPTH) <= 4);
      assert_true(at(c, i, DEPTH) == floor(at(c, i, DEPTH)));
      assert_true(at(c, i, KIND) == 0 || at(c, i, KIND) == 2);
      assert_true(at(c, i, FLAG) == 0 || at(c, i, FLAG) == 1);
      has_low |= at(c, i, DEPTH) == 1;
      has_high |= at(c, i, DEPTH) == 4;
    }
    assert_true(has_low && has_high);
    ml_candidates_free(c);
    ml_candidates_free(again);
  }
}

static void repeats_are_removed(void **state) {
  (void)state;
  const char *const specs[] = {"flag=bool"};
  const ml_candidates_opts opts = {.draw = ML_DRAW_RANDOM, .n = 50, .seed = 1};
  ml_candidates *c = make(specs, 1, &opts);
  assert_int_equal(c->n_drawn, 50);
  assert_int_equal(c->n, 2);
  assert_true(at(c, 0, FLAG) != at(c, 1, FLAG));
  ml_candidates_free(c);
}

/* ---- the reference --------------------------------------------------------------------------- */

/* A parameter of the kind that is asked for, under a name of ours. */
static size_t param_of(const json_t *spec) {
  const char *space = json_string_value(json_object_get(spec, "space"));
  const char *type = json_string_value(json_object_get(spec, "type"));
  if (strcmp(space, "symbol") == 0) return KIND;
  if (strcmp(space, "boolean") == 0) return FLAG;
  if (strcmp(type, "int") == 0) return WHOLE;
  return strcmp(space, "uniform") == 0 ? ANY : ALPHA;
}

static void put_spec(const json_t *spec, char *out, size_t size) {
  size_t param = param_of(spec);
  const char *space = json_string_value(json_object_get(spec, "space"));
  const char *name = params[param].name;
  double lo = json_number_value(json_object_get(spec, "lo"));
  double hi = json_number_value(json_object_get(spec, "hi"));
  if (param == KIND)
    snprintf(out, size, "%s=choice:a,b", name);
  else if (param == FLAG)
    snprintf(out, size, "%s=bool", name);
  else
    snprintf(out, size, "%s=%s:%.17g:%.17g", name,
             strcmp(space, "loguniform") == 0 ? "log" : "uniform", lo, hi);
}

static ml_status make_case(const json_t *one, ml_draw draw, uint64_t seed, ml_candidates **out,
                           ml_error *err) {
  char texts[8][100];
  const char *specs[8];
  double fixed[N_PARAMS] = {0};
  const json_t *list = json_object_get(one, "spec");
  const ml_candidates_opts opts = {.draw = draw,
                                   .n = (size_t)json_integer_value(json_object_get(one, "n")),
                                   .seed = seed,
                                   .kx_rules = true};
  for (size_t k = 0; k < json_array_size(list); k++) {
    put_spec(json_array_get(list, k), texts[k], sizeof texts[k]);
    specs[k] = texts[k];
  }
  return ml_candidates_make(&model, fixed, specs, json_array_size(list), &opts, out, err);
}

static void sobol_parameters_of_the_reference(void **state) {
  (void)state;
  json_t *root = golden_json("xval/search/sobol_params.json");
  const json_t *cases = json_object_get(root, "cases");
  for (size_t i = 0; i < json_array_size(cases); i++) {
    const json_t *one = json_array_get(cases, i), *want = json_object_get(one, "distinct");
    const json_t *spec = json_object_get(one, "spec");
    ml_candidates *c = NULL;
    ml_error err = {0};
    ml_status status = make_case(one, ML_DRAW_SOBOL, 0, &c, &err);
    if (json_object_get(one, "expect")) {
      assert_int_equal(status, ML_ERR_USAGE);
      continue;
    }
    if (status != ML_OK) fail_msg("%s", err.message);
    assert_int_equal(c->n_drawn, json_array_size(json_object_get(one, "candidates")));
    assert_int_equal(c->n, json_array_size(want));
    for (size_t r = 0; r < c->n; r++)
      for (size_t k = 0; k < json_array_size(spec); k++) {
        const json_t *about = json_array_get(spec, k);
        const char *name = json_string_value(json_object_get(about, "name"));
        expect_close(name, at(c, r, param_of(about)),
                     json_number_value(json_object_get(json_array_get(want, r), name)), 1e-14, 0);
      }
    ml_candidates_free(c);
  }
  json_decref(root);
}

static void sobol_points_of_the_reference(void **state) {
  (void)state;
  json_t *root = golden_json("xval/search/sobol.json");
  const json_t *cases = json_object_get(root, "cases");
  static const ml_model_param any[] = {{.name = "a", .kind = ML_MODEL_REAL, .lo = -1, .hi = 2},
                                       {.name = "b", .lo = -1, .hi = 2},
                                       {.name = "c", .lo = -1, .hi = 2},
                                       {.name = "d", .lo = -1, .hi = 2},
                                       {.name = "e", .lo = -1, .hi = 2},
                                       {.name = "f", .lo = -1, .hi = 2},
                                       {.name = "g", .lo = -1, .hi = 2},
                                       {.name = "h", .lo = -1, .hi = 2},
                                       {.name = "i", .lo = -1, .hi = 2},
                                       {.name = "j", .lo = -1, .hi = 2}};
  static const char *const specs[] = {"a=0:1", "b=0:1", "c=0:1", "d=0:1", "e=0:1",
                                      "f=0:1", "g=0:1", "h=0:1", "i=0:1", "j=0:1"};
  const ml_model numbers = {.abi = ML_MODEL_ABI, .name = "n", .params = any, .n_params = 10};
  for (size_t i = 0; i < json_array_size(cases); i++) {
    const json_t *points = json_object_get(json_array_get(cases, i), "points");
    size_t n = json_array_size(points), d = json_array_size(json_array_get(points, 0));
    const ml_candidates_opts opts = {.draw = ML_DRAW_SOBOL, .n = n};
    const double fixed[10] = {0};
    ml_candidates *c = NULL;
    ml_error err = {0};
    assert_true(n > 0 && d > 0 && d <= 10);
    assert_int_equal(ml_candidates_make(&numbers, fixed, specs, d, &opts, &c, &err), ML_OK);
    for (size_t r = 0; r < n; r++)
      for (size_t k = 0; k < d; k++)
        expect_same("point", c->values[r * 10 + k],
                    json_number_value(json_array_get(json_array_get(points, r), k)));
    ml_candidates_free(c);
  }
  json_decref(root);
}

static void draws_have_the_properties_of_the_reference(void **state) {
  (void)state;
  json_t *root = golden_json("xval/search/random_properties.json");
  const json_t *cases = json_object_get(root, "cases");
  for (size_t i = 0; i < json_array_size(cases); i++) {
    const json_t *one = json_array_get(cases, i);
    const json_t *spec = json_array_get(json_object_get(one, "spec"), 0);
    uint64_t seed = (uint64_t)json_integer_value(json_object_get(one, "seed"));
    size_t param = param_of(spec);
    double lo = json_number_value(json_object_get(spec, "lo"));
    double hi = json_number_value(json_object_get(spec, "hi"));
    bool is_log = strcmp(json_string_value(json_object_get(spec, "space")), "loguniform") == 0;
    ml_candidates *c = NULL, *other = NULL;
    assert_int_equal(make_case(one, ML_DRAW_RANDOM, seed, &c, NULL), ML_OK);
    assert_int_equal(make_case(one, ML_DRAW_RANDOM, seed + 1, &other, NULL), ML_OK);
    if (is_log) lo = pow(10, lo), hi = pow(10, hi);
    for (size_t r = 0; r < c->n; r++) {
      double v = at(c, r, param);
      if (param == KIND || param == FLAG)
        assert_true(v == 0 || v == 1);
      else
        assert_true(v >= lo && v < hi && (param != WHOLE || v == floor(v)));
    }
    if (param == KIND || param == FLAG) assert_true(c->n <= 2);
    if (param == ANY || param == ALPHA)
      assert_true(memcmp(c->values, other->values, N_PARAMS * sizeof(double)) != 0);
    ml_candidates_free(c);
    ml_candidates_free(other);
  }
  json_decref(root);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(the_last_key_of_a_grid_is_fastest),
      cmocka_unit_test(ranges_of_a_grid),
      cmocka_unit_test(grids_of_anything),
      cmocka_unit_test(what_is_no_specification_is_refused),
      cmocka_unit_test(draws_stay_within_their_bounds),
      cmocka_unit_test(repeats_are_removed),
      cmocka_unit_test(sobol_parameters_of_the_reference),
      cmocka_unit_test(sobol_points_of_the_reference),
      cmocka_unit_test(draws_have_the_properties_of_the_reference),
  };
  return cmocka_run_group_tests_name("xval/candidates", tests, NULL, NULL);
}
