/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What trees and forests compute for the folds of a search is what fitting each one on its own
 * gives, to the last bit. */
#include "support.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <ml/models/models.h>
#include <ml/rng.h>

enum { N_ROWS = 90, P = 5, MAX_CLASSES = 4, MAX_PARAMS = 16, MAX_LISTED = 1000 };
enum { MAX_FOLDS = 4, MAX_CANDIDATES = 12 };

/* One search. */
typedef struct search {
  const ml_model *model;
  double x[P * N_ROWS], y[N_ROWS], weights[N_ROWS];
  uint32_t classes[N_ROWS], members[N_ROWS], listed[MAX_LISTED];
  ml_fold folds_of[MAX_FOLDS];
  ml_folds folds;
  double candidates[MAX_CANDIDATES * MAX_PARAMS];
  ml_cv cv;
  size_t fold, n_seen; /* that is computed; predictions that were handed over */
} search;

/* ---- folds of each kind ---------------------------------------------------------------------- */

static ml_run list(search *s, ml_rng *rng, size_t n, bool repeats) {
  ml_run run = {s->folds.n_listed, n};
  uint32_t *rows = s->listed + run.first, some[N_ROWS];
  memcpy(some, s->members, s->folds.n_members * sizeof *some);
  ml_rng_shuffle(rng, some, s->folds.n_members);
  for (size_t i = 0; i < n; i++)
    rows[i] = repeats ? some[ml_rng_below(rng, s->folds.n_members)] : some[i];
  s->folds.n_listed += n;
  return run;
}

static int by_number(const void *a, const void *b) {
  uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
  return (x > y) - (x < y);
}

/* Trained on all but those tested, which ascend then, or on two runs of rows that may be anywhere,
 * and there more than once. */
static void draw_folds(search *s, ml_rng *rng) {
  size_t n = 0;
  bool are_all = ml_rng_below(rng, 2);
  for (uint32_t i = 0; i < N_ROWS; i++)
    if (are_all || ml_rng_below(rng, 3)) s->members[n++] = i;
  s->folds = (ml_folds){.n_rows = N_ROWS,
                        .n = MAX_FOLDS,
                        .n_repeats = 1,
                        .folds = s->folds_of,
                        .rows = s->listed,
                        .members = are_all ? NULL : s->members,
                        .n_members = n};
  for (size_t k = 0; k < MAX_FOLDS; k++) {
    ml_fold *fold = &s->folds_of[k];
    *fold = (ml_fold){.test = list(s, rng, n / 4, false), .trains_others = k < 2};
    if (k < 2) qsort(s->listed + fold->test.first, fold->test.n, sizeof *s->listed, by_number);
    if (k < 2) continue;
    fold->train[0] = list(s, rng, n / 2, k == 3);
    fold->train[1] = list(s, rng, n / 3, k == 3);
  }
  if (are_all) s->folds.n_members = 0;
}

static void draw_data(search *s, ml_rng *rng, size_t n_classes, bool is_weighted) {
  size_t n_values = ml_rng_below(rng, 2) ? 12 : 100000;
  for (size_t i = 0; i < P * N_ROWS; i++) s->x[i] = (double)ml_rng_below(rng, n_values) / 7 - 1;
  bool are_whole = ml_rng_below(rng, 2);
  for (size_t i = 0; i < N_ROWS; i++) {
    s->y[i] = s->x[i] * 3 + ml_rng_real(rng);
    s->classes[i] = n_classes ? (uint32_t)ml_rng_below(rng, n_classes) : 0;
    s->weights[i] = are_whole ? (double)ml_rng_below(rng, 3) : ml_rng_real(rng);
  }
  s->cv.all = (ml_view){.n = s->folds.members ? s->folds.n_members : N_ROWS,
                        .n_columns = P,
                        .x = s->x,
                        .stride = N_ROWS,
                        .rows = s->folds.members,
                        .y = n_classes ? NULL : s->y,
                        .classes = n_classes ? s->classes : NULL,
                        .n_classes = n_classes,
                        .weights = is_weighted ? s->weights : NULL};
  s->cv.folds = &s->folds;
}

/* ---- candidates ------------------------------------------------------------------------------ */

static void set(const search *s, size_t candidate, const char *assignment) {
  double *params = (double *)s->cv.candidates + candidate * s->model->n_params;
  assert_int_equal(ml_model_set(s->model, assignment, params, NULL), ML_OK);
}

/* They differ in shared parameters alone. */
static void draw_candidates(search *s, ml_rng *rng) {
  static const char *const common[] = {"min_samples_leaf=3", "max_features=2", "max_features=0.5",
                                       "min_samples_split=9", "min_impurity_decrease=0.01"};
  static const char *const depths[] = {"max_depth=1", "max_depth=2", "max_depth=4",
                                       "max_depth=none"};
  const bool is_forest = s->model == &models__random_forest;
  static const char *const alphas[] = {"ccp_alpha=0", "ccp_alpha=0.004", "ccp_alpha=0.03"};
  static const char *const sizes[] = {"n_estimators=1", "n_estimators=4", "n_estimators=9"};
  size_t setting = ml_rng_below(rng, 8), no_bootstrap = ml_rng_below(rng, 3);
  s->cv.candidates = s->candidates;
  s->cv.n_candidates = MAX_CANDIDATES;
  s->cv.seed = ml_rng_next(rng);
  for (size_t c = 0; c < MAX_CANDIDATES; c++) {
    ml_model_defaults(s->model, s->candidates + c * s->model->n_params);
    if (setting < 5) set(s, c, common[setting]);
    if (setting == 7 && s->cv.all.n_classes) set(s, c, "criterion=entropy");
    if (is_forest && no_bootstrap == 0) set(s, c, "bootstrap=false");
    if (is_forest && no_bootstrap == 1) set(s, c, "max_samples=0.4");
    set(s, c, depths[c % 4]);
    set(s, c, is_forest ? sizes[c / 4] : alphas[c / 4]);
  }
}

/* ---- comparison ------------------------------------------------------------------------------ */

static ml_status take(void *ctx, size_t candidate, const double *predictions, const ml_error *error,
                      ml_error *err) {
  search *s = ctx;
  uint32_t rows[2 * N_ROWS];
  void *fitted;
  ml_view train = ml_cv_train(&s->cv, s->fold, rows), test = ml_cv_test(&s->cv, s->fold);
  size_t n = test.n * (train.n_classes ? train.n_classes : 1);
  double want[N_ROWS * MAX_CLASSES];
  assert_null(error);
  const double *params = s->candidates + candidate * s->model->n_params;
  uint64_t seed = ml_cv_seed(&s->cv, s->fold);
  assert_int_equal(s->model->fit(params, &train, seed, NULL, &fitted, err), ML_OK);
  assert_int_equal(s->model->predict(fitted, &test, want, err), ML_OK);
  for (size_t i = 0; i < n; i++) expect_same("a prediction", predictions[i], want[i]);
  s->model->free(fitted);
  s->n_seen++;
  return ML_OK;
}

static void *share(const search *s) {
  size_t n_parts, part_bytes;
  assert_int_equal(s->model->share_size(&s->cv, &n_parts, &part_bytes, NULL), ML_OK);
  part_bytes = (part_bytes + 63) / 64 * 64;
  char *shared = malloc(n_parts * part_bytes);
  assert_non_null(shared);
  for (size_t part = n_parts; part-- > 0;)
    assert_int_equal(s->model->share(&s->cv, part, shared + part * part_bytes, NULL), ML_OK);
  return shared;
}

static void compare(search *s) {
  void *shared = share(s);
  for (s->fold = 0; s->fold < MAX_FOLDS; s->fold++) {
    size_t some[MAX_CANDIDATES], n = 0;
    for (size_t c = 0; c < MAX_CANDIDATES; c++)
      if ((c + s->fold) % 3) some[n++] = c;
    s->n_seen = 0;
    ml_error err = {0};
    assert_int_equal(s->model->fold(&s->cv, shared, s->fold, some, n, take, s, &err), ML_OK);
    assert_int_equal(s->n_seen, n);
  }
  free(shared);
}

static void check_folds(const ml_model *model, size_t n_searches) {
  ml_rng rng = ml_rng_seeded(11);
  for (size_t k = 0; k < n_searches; k++) {
    search *s = calloc(1, sizeof *s);
    assert_non_null(s);
    s->model = model;
    draw_folds(s, &rng);
    draw_data(s, &rng, k % 4 ? k % 4 + 1 : 0, k % 3);
    draw_candidates(s, &rng);
    compare(s);
    free(s);
  }
}

static void check_tree(void **state) {
  (void)state;
  check_folds(&models__decision_tree, 60);
}

static void check_forest(void **state) {
  (void)state;
  check_folds(&models__random_forest, 40);
}

/* ---- folds that cannot be learnt from -------------------------------------------------------- */

static ml_status take_failure(void *ctx, size_t candidate, const double *predictions,
                              const ml_error *error, ml_error *err) {
  (void)candidate;
  (void)err;
  size_t *n_failed = ctx;
  assert_null(predictions);
  assert_string_equal(error->message, "no row of weight above 0 to learn from");
  ++*n_failed;
  return ML_OK;
}

static void check_failure(void **state) {
  (void)state;
  const ml_model *models[] = {&models__decision_tree, &models__random_forest};
  for (size_t m = 0; m < 2; m++) {
    ml_rng rng = ml_rng_seeded(12);
    search *s = calloc(1, sizeof *s);
    const size_t candidates[] = {2, 5};
    size_t n_failed = 0;
    assert_non_null(s);
    s->model = models[m];
    draw_folds(s, &rng);
    draw_data(s, &rng, 2, true);
    memset(s->weights, 0, sizeof s->weights);
    draw_candidates(s, &rng);
    void *shared = share(s);
    ml_status status =
        s->model->fold(&s->cv, shared, 1, candidates, 2, take_failure, &n_failed, NULL);
    assert_int_equal(status, ML_OK);
    assert_int_equal(n_failed, 2);
    free(shared);
    free(s);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(check_tree),
      cmocka_unit_test(check_forest),
      cmocka_unit_test(check_failure),
  };
  return cmocka_run_group_tests_name("tree_folds", tests, NULL, NULL);
}
