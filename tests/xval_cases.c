/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the tests of cross-validation share. */
#include "xval_cases.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static double real(uint64_t *seed) {
  return (double)(next_random(seed) >> 11) * 0x1p-53;
}

ml_dataset made_data(size_t n_rows, size_t n_features, size_t n_classes, uint64_t seed) {
  uint64_t random = 88172645463325252u + seed;
  double *x = calloc(n_rows * n_features, sizeof *x);
  ml_dataset d = {.n_rows = n_rows, .n_features = n_features, .x = x};
  d.problem = n_classes ? ML_CLASSIFICATION : ML_REGRESSION;
  d.y = calloc(n_rows, sizeof *d.y);
  for (size_t i = 0; i < n_rows * n_features; i++) x[i] = real(&random) * 4 - 2;
  for (size_t i = 0; i < n_rows; i++) {
    d.y[i] = real(&random);
    for (size_t j = 0; j < n_features; j++) d.y[i] += x[j * n_rows + i] * (double)(j + 1);
  }
  if (n_classes == 0) return d;
  d.classes.n = n_classes;
  d.classes.labels = calloc(n_classes, sizeof *d.classes.labels);
  d.classes.codes = calloc(n_rows, sizeof *d.classes.codes);
  for (size_t k = 0; k < n_classes; k++)
    assert_true(asprintf(&d.classes.labels[k], "class%zu", k) > 0);
  for (size_t i = 0; i < n_rows; i++) {
    double place = d.y[i] / 6 + (double)n_classes / 2;
    d.classes.codes[i] = (uint32_t)fmin(fmax(place, 0), (double)n_classes - 1);
  }
  free(d.y);
  d.y = NULL;
  return d;
}

void free_made(ml_dataset *d) {
  for (size_t k = 0; k < d->classes.n; k++) free(d->classes.labels[k]);
  free(d->classes.labels);
  free(d->classes.codes);
  free(d->y);
  free((double *)d->x);
  *d = (ml_dataset){0};
}

ml_xval_result *run_xval(const ml_dataset *data, const ml_model *model,
                         const ml_candidates *candidates, const ml_xval_opts *opts, ml_exec *exec) {
  ml_xval_result *r = NULL;
  ml_error err = {0};
  if (ml_xval(data, model, candidates, NULL, opts, exec, NULL, &r, &err) != ML_OK)
    fail_msg("%s: %s", model->name, err.message);
  return r;
}

void expect_no_xval(const ml_dataset *data, const ml_model *model, const ml_candidates *candidates,
                    const ml_xval_opts *opts, ml_status status, const char *words) {
  ml_xval_result *r = NULL;
  ml_error err = {0};
  ml_status got = ml_xval(data, model, candidates, NULL, opts, NULL, NULL, &r, &err);
  if (got != status || !strstr(err.message, words))
    fail_msg("expected %s '%s', got %s '%s'", ml_status_name(status), words, ml_status_name(got),
             err.message);
  assert_null(r);
}

static void expect_text(const char *got, const char *want) {
  assert_string_equal(got ? got : "", want ? want : "");
}

static void expect_fold(const ml_fold_result *got, const ml_fold_result *want, size_t n_metrics) {
  assert_int_equal(got->state, want->state);
  assert_int_equal(got->is_irrelevant, want->is_irrelevant);
  expect_text(got->error, want->error);
  for (size_t k = 0; k < n_metrics; k++) {
    expect_same("score", got->scores[k], want->scores[k]);
    expect_text(got->why ? got->why[k] : NULL, want->why ? want->why[k] : NULL);
  }
}

static void expect_outer(const ml_outer_result *got, const ml_outer_result *want, size_t n,
                         size_t n_candidates) {
  assert_int_equal(got->best, want->best);
  assert_int_equal(got->n_train, want->n_train);
  assert_int_equal(got->n_test, want->n_test);
  expect_text(got->error, want->error);
  for (size_t k = 0; k < n; k++) expect_same("outer score", got->scores[k], want->scores[k]);
  for (size_t c = 0; want->inner_mean && c < n_candidates; c++)
    expect_same("inner mean", got->inner_mean[c], want->inner_mean[c]);
}

static void expect_predicted(const ml_predicted *got, const ml_predicted *want, size_t n_classes) {
  assert_int_equal(!got, !want);
  if (!want) return;
  assert_int_equal(got->n, want->n);
  for (size_t i = 0; i < want->n; i++) {
    assert_int_equal(got->row[i], want->row[i]);
    assert_int_equal(got->fold[i], want->fold[i]);
    if (want->values) expect_same("prediction", got->values[i], want->values[i]);
    if (want->classes) assert_int_equal(got->classes[i], want->classes[i]);
    for (size_t k = 0; want->scores && k < n_classes; k++)
      expect_same("probability", got->scores[i * n_classes + k], want->scores[i * n_classes + k]);
  }
}

void expect_same_result(const ml_xval_result *got, const ml_xval_result *want) {
  assert_int_equal(got->n_candidates, want->n_candidates);
  assert_int_equal(got->n_folds, want->n_folds);
  assert_int_equal(got->n_metrics, want->n_metrics);
  assert_int_equal(got->best, want->best);
  assert_int_equal(got->best_by_mean, want->best_by_mean);
  assert_int_equal(got->n_outer, want->n_outer);
  assert_int_equal(got->n_done, want->n_done);
  assert_int_equal(got->n_failed, want->n_failed);
  assert_int_equal(got->n_skipped, want->n_skipped);
  assert_int_equal(got->ranks_pooled, want->ranks_pooled);
  assert_int_equal(got->n_warnings, want->n_warnings);
  for (size_t i = 0; i < want->n_warnings; i++) expect_text(got->warnings[i], want->warnings[i]);
  for (size_t c = 0; c < want->n_candidates; c++) {
    const ml_candidate_result *a = &got->candidates[c], *b = &want->candidates[c];
    assert_int_equal(a->rank, b->rank);
    for (size_t k = 0; k < want->n_metrics; k++) {
      expect_same("mean", a->mean[k], b->mean[k]);
      expect_same("sd", a->sd[k], b->sd[k]);
      expect_same("pooled", a->pooled[k], b->pooled[k]);
    }
    for (size_t f = 0; b->folds && f < want->n_folds; f++)
      expect_fold(&a->folds[f], &b->folds[f], want->n_metrics);
  }
  assert_int_equal(!got->holdout, !want->holdout);
  if (want->holdout) expect_outer(got->holdout, want->holdout, want->n_metrics, want->n_candidates);
  for (size_t o = 0; o < want->n_outer; o++)
    expect_outer(&got->outer[o], &want->outer[o], want->n_metrics, want->n_candidates);
  expect_predicted(got->predicted, want->predicted, want->data->classes.n);
}

/* An executor that runs the items last to first, each with a state of its own, on copies. */
size_t three_workers(const ml_exec *exec) {
  (void)exec;
  return 3;
}

typedef struct backwards_item {
  ml_buf in, out;
} backwards_item;

ml_status run_backwards(ml_exec *exec, const ml_job *job, ml_error *err) {
  (void)exec;
  const ml_task *task = ml_module_find(job->module, job->task);
  ml_span inputs[8] = {{0}};
  for (size_t i = 0; i < job->n_inputs; i++) {
    assert_false(job->inputs[i]->lent);
    inputs[i] = (ml_span){job->inputs[i]->data, job->inputs[i]->size};
  }
  ml_job_data given = {
      .inputs = inputs, .n_inputs = job->n_inputs, .args = {(void *)job->args, job->n_args}};
  if (job->result) given.result = (ml_span){job->result->data, job->result->size};
  backwards_item *items = calloc(job->n_items, sizeof *items);
  for (size_t i = job->n_items; i-- > 0;) {
    void *state = NULL;
    char text[100];
    job->describe(job->ctx, i, text, sizeof text);
    assert_int_equal(job->put(job->ctx, i, &items[i].in, err), ML_OK);
    assert_int_equal(task->open(&given, &state, err), ML_OK);
    const ml_item item = {.index = i, .in = items[i].in.data, .n_in = items[i].in.n};
    assert_int_equal(task->run(state, &given, &item, &items[i].out, err), ML_OK);
    task->close(state);
  }
  for (size_t i = 0; i < job->n_items; i++) {
    assert_int_equal(job->take(job->ctx, i, items[i].out.data, items[i].out.n, err), ML_OK);
    ml_buf_release(&items[i].in);
    ml_buf_release(&items[i].out);
  }
  free(items);
  return ML_OK;
}

static const ml_exec_vtable backwards_table = {.n_workers = three_workers, .run = run_backwards};
ml_exec backwards = {.vtable = &backwards_table, .shares_memory = true};

ml_candidates *ridge_candidates(const ml_model *model) {
  const char *const specs[] = {"fit_intercept=true,false", "alpha=log:1e-3:1e3:7"};
  double fixed[64];
  ml_candidates *c = NULL;
  ml_error err = {0};
  ml_model_defaults(model, fixed);
  if (ml_candidates_make(model, fixed, specs, 2, NULL, &c, &err) != ML_OK)
    fail_msg("%s", err.message);
  return c;
}

ml_candidates *moods(const ml_model *model, const char *spec) {
  double fixed[2];
  ml_candidates *c = NULL;
  ml_error err = {0};
  ml_model_defaults(model, fixed);
  if (ml_candidates_make(model, fixed, &spec, 1, NULL, &c, &err) != ML_OK)
    fail_msg("%s", err.message);
  return c;
}

const ml_model *moody(void) {
  const ml_model *model = NULL;
  ml_error err = {0};
  if (ml_model_find(MODULES "/moody_model.so", NULL, &model, &err) != ML_OK)
    fail_msg("%s", err.message);
  return model;
}
