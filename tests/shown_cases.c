/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Results of cross-validation to show, made by hand. */
#include "shown_cases.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const shown_case shown_cases[] = {
    {"usual", "ridge", 60, 0, 5, 1, .metrics = "r2,rmse"},
    {"times", "ridge", 60, 0, 5, 1, .metrics = "r2", .has_times = true},
    {"repeats", "ridge", 60, 0, 4, 3, .metrics = "r2,mae", .has_ids = true},
    {"two", "logistic", 60, 2, 5, 1, .metrics = "accuracy,log_loss"},
    {"three", "knn", 90, 3, 5, 1, .metrics = "accuracy", .has_ids = true},
    {"many_classes", "knn", 400, 40, 5, 1, .metrics = "accuracy"},
    {"loo", "ols", 40, 0, 40, 1, .metrics = "r2,mae", .is_undefined = true},
    {"failures", "ridge", 60, 0, 5, 1, .metrics = "r2", .has_failures = true},
    {"grid", "ridge", 60, 0, 5, 1, {"alpha=log:1e-3:1e3:13"}, .metrics = "r2,rmse"},
    {"one_se", "ridge", 60, 0, 5, 1, {"alpha=log:1e-3:1e3:13"}, .metrics = "r2", .picks_1se = true},
    {"two_params",
     "knn",
     60,
     3,
     5,
     1,
     {"n_neighbors=int:1:20", "weights=uniform,distance"},
     .metrics = "accuracy,f1_macro",
     .holdout = "0.2"},
    {"words",
     "decision_tree",
     60,
     2,
     5,
     1,
     {"max_depth=none,2,4,8", "max_features=none,sqrt,0.5"},
     .metrics = "accuracy"},
    {"failed_search",
     "ridge",
     60,
     0,
     5,
     1,
     {"alpha=0.1,1,10"},
     .metrics = "r2",
     .has_failures = true},
    {"all_fail", "ridge", 60, 0, 3, 1, {"alpha=0.1,1,10"}, .metrics = "r2,mae", .all_fail = true},
    {"nested", "ridge", 60, 0, 5, 1, {"alpha=0.1,1,10"}, .metrics = "r2,rmse", .n_outer = 4},
    {"undefined_search",
     "ridge",
     30,
     0,
     30,
     1,
     {"alpha=0.1,1,10"},
     .metrics = "r2",
     .is_undefined = true},
    {"huge", "ridge", 60, 0, 5, 1, {"alpha=0.1,1,10"}, .metrics = "r2,mse", .scale = 1e300},
    {"tiny", "ridge", 60, 0, 5, 1, .metrics = "mse,r2", .scale = 1e-300},
    {"one_fold", "ridge", 10, 0, 1, 1, .metrics = "r2"},
    {"many", "ridge", 3000, 0, 3, 1, {"alpha=log:1e-3:1e3:2000"}, .metrics = "r2,rmse"},
    {"many_folds", "ridge", 2500, 0, 1250, 1, .metrics = "mae"},
    {"hostile",
     "knn",
     60,
     4,
     5,
     1,
     {"n_neighbors=int:1:5"},
     .metrics = "accuracy",
     .is_hostile = true,
     .has_failures = true,
     .has_ids = true},
    {0}};

static char *const hostile_labels[] = {"</script><script>document.title='caught'</script>",
                                       "<!--<script>",
                                       "]]>&lt;\"'><img src=x onerror=document.title='caught'>",
                                       ("@@facts@@ \xe2\x80\xae"
                                        "dnuora\x01 not\xff UTF-8,\n\"quoted\"")};

/* ---- memory that goes all at once ---------------------------------------------------------- */

typedef struct part {
  struct part *next;
} part;

static void *take(shown_made *m, size_t size) {
  part *p = calloc(1, sizeof *p + 16 + size);
  if (!p) abort();
  p->next = m->memory;
  m->memory = p;
  return (char *)p + 16;
}

static char *text(shown_made *m, const char *of) {
  return strcpy(take(m, strlen(of) + 1), of);
}

/* ---- scores -------------------------------------------------------------------------------- */

/* Somewhere in [0, 1), the same for the same numbers. */
static double noise(size_t a, size_t b, size_t c) {
  uint64_t x = (a + 1) * UINT64_C(0x9E3779B97F4A7C15) + (b + 1) * UINT64_C(0xBF58476D1CE4E5B9) + c;
  x ^= x >> 31;
  x *= UINT64_C(0x94D049BB133111EB);
  return (double)(x >> 40) * 0x1p-24;
}

double shown_case_score(const shown_case *c, size_t candidate, size_t fold, size_t metric) {
  double scale = c->scale > 0 ? c->scale : 1, peak = (double)candidate - 4;
  if (c->is_undefined && metric == 0) return NAN;
  return scale * (metric == 0 ? 0.7 - 0.01 * peak * peak + 0.01 * noise(candidate, fold, 0)
                              : 50 + 5 * noise(candidate, fold, metric));
}

/* ---- parts --------------------------------------------------------------------------------- */

static void make_data(shown_made *m, const shown_case *c) {
  ml_dataset *d = &m->data;
  size_t n = c->n_rows;
  *d = (ml_dataset){.n_rows = n,
                    .n_features = 10,
                    .problem = c->n_classes ? ML_CLASSIFICATION : ML_REGRESSION,
                    .target = text(m, c->is_hostile ? hostile_labels[0] : "y")};
  double *x = take(m, n * d->n_features * sizeof *x);
  for (size_t i = 0; i < n * d->n_features; i++) x[i] = noise(i, 1, 1);
  d->x = x;
  d->y = take(m, n * sizeof *d->y);
  d->classes.codes = take(m, n * sizeof *d->classes.codes);
  d->classes.labels = take(m, (c->n_classes + 1) * sizeof *d->classes.labels);
  d->classes.n = c->n_classes;
  for (size_t k = 0; k < c->n_classes; k++) {
    char label[32];
    snprintf(label, sizeof label, "class %zu", k);
    d->classes.labels[k] = text(m, c->is_hostile ? hostile_labels[k] : label);
  }
  if (c->has_ids) d->ids = take(m, n * sizeof *d->ids);
  for (size_t i = 0; i < n; i++) {
    char id[32];
    snprintf(id, sizeof id, "row %zu", i);
    d->y[i] = 100 * noise(i, 0, 1);
    if (c->n_classes) d->classes.codes[i] = (uint32_t)(i % c->n_classes);
    if (d->ids) d->ids[i] = text(m, c->is_hostile ? hostile_labels[i % 4] : id);
  }
  d->id = text(m, "id");
}

static size_t make_params(shown_made *m, const shown_case *c) {
  ml_error err = {0};
  ml_candidates *made = NULL;
  const ml_model *model = NULL;
  size_t n_specs = 0;
  if (ml_model_find(c->model, NULL, &model, &err) != ML_OK) abort();
  m->asked.model = m->result.model = model;
  m->asked.fixed = take(m, (model->n_params + 1) * sizeof(double));
  ml_model_defaults(model, m->asked.fixed);
  while (n_specs < 3 && c->specs[n_specs]) n_specs++;
  if (n_specs == 0) return 1;
  m->given.grid.items = take(m, n_specs * sizeof *m->given.grid.items);
  m->given.grid.n = n_specs;
  for (size_t i = 0; i < n_specs; i++) m->given.grid.items[i].value = c->specs[i];
  if (ml_candidates_make(model, m->asked.fixed, c->specs, n_specs, NULL, &made, &err) != ML_OK) {
    fprintf(stderr, "%s\n", err.message);
    abort();
  }
  m->candidates = *made; /* its arrays are freed with it: copies */
  size_t size = made->n * made->n_params * sizeof(double);
  m->candidates.values = memcpy(take(m, size), made->values, size);
  size = made->n_varied * sizeof(size_t);
  m->candidates.varied = memcpy(take(m, size), made->varied, size);
  ml_candidates_free(made);
  m->asked.candidates = &m->candidates;
  return m->candidates.n;
}

static void make_metrics(shown_made *m, const shown_case *c) {
  ml_xval_result *r = &m->result;
  ml_error err = {0};
  char *names = text(m, c->metrics), *rest = names;
  r->metrics = take(m, 8 * sizeof *r->metrics);
  for (char *name; (name = strsep(&rest, ","));)
    if (ml_metric_parse(name, &r->metrics[r->n_metrics++], &err) != ML_OK) abort();
}

static void make_fold(shown_made *m, const shown_case *c, size_t i, size_t f) {
  const ml_xval_result *r = &m->result;
  ml_fold_result *fold = &r->candidates[i].folds[f];
  fold->scores = take(m, r->n_metrics * sizeof(double));
  fold->why = take(m, r->n_metrics * sizeof(char *));
  fold->fit_seconds = 0.25;
  fold->score_seconds = 0.125;
  if (c->all_fail || (c->has_failures && (i + f) % 4 == 2)) {
    fold->state = ML_FOLD_FAILED;
    fold->error = c->is_hostile ? hostile_labels[2] : "the matrix is singular";
    return;
  }
  for (size_t k = 0; k < r->n_metrics; k++) {
    fold->scores[k] = shown_case_score(c, i, f, k);
    if (isnan(fold->scores[k])) fold->why[k] = "one row";
  }
}

static void make_summary(shown_made *m, const shown_case *c, size_t i) {
  const ml_xval_result *r = &m->result;
  ml_candidate_result *one = &r->candidates[i];
  for (size_t f = 0; f < r->n_folds; f++) {
    one->n_done += one->folds[f].state == ML_FOLD_DONE;
    one->n_failed += one->folds[f].state == ML_FOLD_FAILED;
  }
  for (size_t k = 0; k < r->n_metrics; k++) {
    double sum = 0, squares = 0, n = (double)r->n_folds;
    for (size_t f = 0; f < r->n_folds; f++) sum += one->folds[f].scores[k] / n;
    for (size_t f = 0; f < r->n_folds; f++) {
      double d = (one->folds[f].scores[k] - sum) / (c->scale > 0 ? c->scale : 1);
      squares += d * d / n;
    }
    bool is_known = one->n_done == r->n_folds;
    one->mean[k] = is_known ? sum : NAN;
    one->sd[k] = is_known ? sqrt(squares) * (c->scale > 0 ? c->scale : 1) : NAN;
    if (isnan(sum)) one->sd[k] = NAN;
    one->pooled[k] = c->all_fail ? NAN : 0.5 + 0.001 * (double)(i % 7);
  }
}

static void make_candidates(shown_made *m, const shown_case *c, size_t n) {
  ml_xval_result *r = &m->result;
  r->candidates = take(m, n * sizeof *r->candidates);
  r->n_candidates = n;
  r->n_drawn = n;
  r->varied = m->candidates.varied;
  r->n_varied = m->candidates.n_varied;
  size_t size = r->n_metrics * sizeof(double);
  for (size_t i = 0; i < n; i++) {
    ml_candidate_result *one = &r->candidates[i];
    one->params =
        m->asked.candidates ? m->candidates.values + i * r->model->n_params : m->asked.fixed;
    one->mean = take(m, size);
    one->sd = take(m, size);
    one->pooled = take(m, size);
    if (c->n_outer > 0) continue;
    one->folds = take(m, r->n_folds * sizeof *one->folds);
    for (size_t f = 0; f < r->n_folds; f++) make_fold(m, c, i, f);
    make_summary(m, c, i);
  }
}

static double ranked_by(const ml_xval_result *r, size_t i) {
  double score = r->ranks_pooled ? r->candidates[i].pooled[0] : r->candidates[i].mean[0];
  return r->metrics[0].info->is_loss ? -score : score;
}

static void rank(ml_xval_result *r) {
  r->best = r->best_by_mean = SIZE_MAX;
  for (size_t i = 0; i < r->n_candidates; i++) {
    size_t n_better = 0;
    if (isnan(ranked_by(r, i))) continue;
    for (size_t k = 0; k < r->n_candidates; k++) n_better += ranked_by(r, k) > ranked_by(r, i);
    r->candidates[i].rank = n_better + 1;
    if (n_better == 0 && r->best == SIZE_MAX) r->best = r->best_by_mean = i;
  }
}

static void make_predictions(shown_made *m, const shown_case *c) {
  ml_xval_result *r = &m->result;
  ml_predicted *p = r->predicted = take(m, sizeof *p);
  size_t n = p->n = c->n_rows * c->n_repeats, k = c->n_classes;
  p->row = take(m, n * sizeof *p->row);
  p->fold = take(m, n * sizeof *p->fold);
  p->values = take(m, n * sizeof *p->values);
  p->classes = take(m, n * sizeof *p->classes);
  p->scores = k ? take(m, n * k * sizeof *p->scores) : NULL;
  for (size_t i = 0; i < n; i++) {
    size_t row = i % c->n_rows;
    p->row[i] = (uint32_t)row;
    p->fold[i] = (uint32_t)(i * r->n_folds / n);
    p->values[i] = m->data.y[row] + 20 * (noise(i, 2, 0) - 0.5);
    for (size_t j = 0; j < k; j++) {
      p->scores[i * k + j] = noise(i, j, 3) / (double)k + (m->data.classes.codes[row] == j) * 0.3;
      if (p->scores[i * k + j] > p->scores[i * k + p->classes[i]]) p->classes[i] = (uint32_t)j;
    }
  }
}

static ml_outer_result make_outer(shown_made *m, const shown_case *c, size_t i) {
  ml_xval_result *r = &m->result;
  ml_outer_result o = {.best = i % r->n_candidates, .n_train = 45, .n_test = 15};
  o.scores = take(m, r->n_metrics * sizeof(double));
  o.why = take(m, r->n_metrics * sizeof(char *));
  for (size_t k = 0; k < r->n_metrics; k++) o.scores[k] = shown_case_score(c, i, 99, k);
  if (c->n_outer == 0) return o;
  o.inner_mean = take(m, r->n_candidates * sizeof(double));
  for (size_t k = 0; k < r->n_candidates; k++) o.inner_mean[k] = 0.25 + 0.125 * (double)k;
  return o;
}

static void make_counts(ml_xval_result *r) {
  for (size_t i = 0; i < r->n_candidates; i++) {
    r->n_done += r->candidates[i].n_done;
    r->n_failed += r->candidates[i].n_failed;
  }
}

/* Neighbouring rows are tested together, in each repeat. */
static void make_folds(shown_made *m, const shown_case *c) {
  const size_t k = c->n_outer ? c->n_outer : c->n_folds, each = c->n_rows / k,
               n = c->n_outer ? k : k * c->n_repeats;
  ml_folds *folds = m->result.folds = take(m, sizeof *folds);
  ml_fold *fold = take(m, n * sizeof *fold);
  uint32_t *rows = take(m, c->n_rows * sizeof *rows);
  for (size_t i = 0; i < c->n_rows; i++) rows[i] = (uint32_t)i;
  for (size_t f = 0; f < n; f++)
    fold[f] =
        (ml_fold){.test = {f % k * each, each}, .trains_others = 1, .repeat = (uint32_t)(f / k)};
  *folds = (ml_folds){.n_rows = c->n_rows,
                      .n = n,
                      .n_repeats = n / k,
                      .folds = fold,
                      .rows = rows,
                      .n_listed = c->n_rows};
}

/* ---- all of it ----------------------------------------------------------------------------- */

static void make_result(shown_made *m, const shown_case *c) {
  ml_xval_result *r = &m->result;
  r->data = &m->data;
  r->problem = m->data.problem;
  r->cv = text(m, c->n_classes ? "stratified:5" : "kfold:5");
  r->seed = 42;
  r->n_repeats = c->n_repeats;
  r->n_folds = c->n_folds * c->n_repeats;
  r->n_train = take(m, r->n_folds * sizeof *r->n_train);
  r->n_test = take(m, r->n_folds * sizeof *r->n_test);
  for (size_t f = 0; f < r->n_folds; f++) {
    r->n_test[f] = c->n_rows / c->n_folds;
    r->n_train[f] = c->n_rows - r->n_test[f];
  }
  make_folds(m, c);
  size_t n = make_params(m, c);
  make_metrics(m, c);
  r->ranks_pooled = c->is_undefined;
  make_candidates(m, c, n);
  rank(r);
  if (c->picks_1se) r->best += 3;
  if (r->best < n && c->n_outer == 0) make_predictions(m, c);
  if (c->holdout) {
    r->holdout = take(m, sizeof *r->holdout);
    *r->holdout = make_outer(m, c, r->best);
  }
  r->outer = take(m, (c->n_outer + 1) * sizeof *r->outer);
  r->n_outer = c->n_outer;
  for (size_t i = 0; i < c->n_outer; i++) r->outer[i] = make_outer(m, c, i);
  make_counts(r);
  if (c->is_hostile) {
    r->warnings = take(m, sizeof(char *));
    r->warnings[r->n_warnings++] = hostile_labels[1];
  }
}

shown_made *shown_case_make(const char *name) {
  const shown_case *c = shown_cases;
  ml_error err = {0};
  while (c->name && strcmp(c->name, name) != 0) c++;
  shown_made *m = c->name ? calloc(1, sizeof *m) : NULL;
  if (!m) abort();
  m->given = (cli_xval){.holdout = c->holdout ? 0.2 : 0,
                        .nested = c->n_outer ? "kfold:4" : NULL,
                        .pick = c->picks_1se ? ML_PICK_1SE : ML_PICK_BEST};
  m->asked.given = &m->given;
  make_data(m, c);
  make_result(m, c);
  const char *input = c->is_hostile ? hostile_labels[2] : "data.csv";
  if (xval__show(input, &m->asked, &m->result, c->has_times, &m->shown, &err) != ML_OK) abort();
  return m;
}

void shown_case_release(shown_made *made) {
  xval__hide(&made->shown);
  for (part *p = made->memory, *next; p; p = next) {
    next = p->next;
    free(p);
  }
  free(made);
}
