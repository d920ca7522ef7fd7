/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Cross-validation: the run from its options to its result. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "checkpoint.h"
#include "run.h"

/* A result with what it owns. */
typedef struct owned {
  ml_xval_result result; /* first */
  ml_arena *arena;
  ml_fold_result *fits; /* of the main scene */
  double *scores;
} owned;

void ml_xval_free(ml_xval_result *result) {
  owned *o = (owned *)(void *)result;
  if (!o) return;
  for (size_t i = 0; i < result->n_warnings; i++) free(result->warnings[i]);
  ml_folds_free(result->folds);
  free(result->warnings);
  free(o->fits);
  free(o->scores);
  ml_arena_free(o->arena);
  free(o);
}

/* ---- what is asked for ----------------------------------------------------------------------- */

static bool is_gcv(const ml_xval_opts *o) {
  return o->cv && strcmp(o->cv, "gcv") == 0;
}

static ml_status check_gcv(const ml_xval_opts *o, const ml_model *model, ml_error *err) {
  static const char words[] = "generalised cross-validation has no test rows: ";
  if (!model->gcv)
    return ml_error_set(err, ML_ERR_USAGE, "model '%s' knows no generalised cross-validation",
                        model->name);
  if (o->metrics && o->n_metrics)
    return ml_error_set(err, ML_ERR_USAGE, "%sits score is gcv alone", words);
  if (o->holdout > 0 || o->nested || o->early != ML_EARLY_NONE || o->repeats > 1)
    return ml_error_set(err, ML_ERR_USAGE, "%sthere is nothing to hold out, nest, drop or repeat",
                        words);
  return ML_OK;
}

static ml_status check_shard(const ml_xval_opts *o, ml_error *err) {
  if (o->n_shards == 0) return ML_OK;
  if (o->early != ML_EARLY_NONE)
    return ml_error_set(err, ML_ERR_USAGE,
                        "a search that drops candidates early has no shards: which ones go on "
                        "depends on the fits of all");
  if (o->time_budget > 0)
    return ml_error_set(err, ML_ERR_USAGE, "a shard computes all of its fits: no time budget");
  if (!o->checkpoint || o->shard >= o->n_shards)
    return ml_error_set(err, ML_ERR_USAGE, "a shard from 0 to %zu needs a checkpoint, not %zu",
                        o->n_shards - 1, o->shard);
  return ML_OK;
}

static ml_status check_opts(const ml_xval_opts *o, const ml_model *model, const ml_dataset *d,
                            ml_error *err) {
  if (!(o->holdout >= 0 && o->holdout < 1))
    return ml_error_set(err, ML_ERR_USAGE, "a holdout must be a share from 0 to below 1, not %g",
                        o->holdout);
  if (o->nested && o->holdout > 0)
    return ml_error_set(err, ML_ERR_USAGE, "a nested search has outer folds in place of a holdout");
  if (o->nested && o->early != ML_EARLY_NONE)
    return ml_error_set(err, ML_ERR_USAGE, "a nested search computes all folds of all candidates");
  if (!(o->time_budget >= 0))
    return ml_error_set(err, ML_ERR_USAGE, "a time budget must be seconds, not %g", o->time_budget);
  if (d->weights && !o->fit_unweighted && !(model->traits & ML_MODEL_WEIGHTS))
    return ml_error_set(err, ML_ERR_USAGE, "model '%s' does not know weights of rows", model->name);
  ml_status status = check_shard(o, err);
  return status == ML_OK && is_gcv(o) ? check_gcv(o, model, err) : status;
}

/* ---- metrics --------------------------------------------------------------------------------- */

static ml_status use_metrics(xval_run *run, ml_error *err) {
  static const ml_metric_info gcv = {.name = "gcv",
                                     .aliases = "",
                                     .summary = "generalised cross-validation",
                                     .problem = ML_REGRESSION,
                                     .is_loss = true,
                                     .fallback = NAN};
  const ml_xval_opts *o = run->opts;
  xval_plan *plan = &run->plan;
  bool has_probabilities =
      plan->problem == ML_CLASSIFICATION && !(plan->model->traits & ML_MODEL_SCORES);
  ml_metric defaults[ML_METRICS_DEFAULT_MAX];
  const ml_metric *metrics = o->metrics;
  size_t n_classes = plan->problem == ML_CLASSIFICATION ? run->given->classes.n : 0;
  size_t n = metrics ? o->n_metrics : 0;
  if (plan->is_gcv) {
    defaults[0] = (ml_metric){.info = &gcv, .argument = NAN};
    metrics = defaults;
    n = 1;
  } else if (n == 0) {
    n = ml_metrics_default(plan->problem, n_classes, has_probabilities, defaults);
    metrics = defaults;
  }
  ml_status status = ML_OK;
  for (size_t k = 0; k < n && status == ML_OK && !plan->is_gcv; k++)
    status = ml_metric_check(&metrics[k], plan->problem, n_classes,
                             plan->problem == ML_CLASSIFICATION, has_probabilities, err);
  if (status != ML_OK) return status;
  plan->metrics = run__alloc(run, n, sizeof *plan->metrics);
  run->no_why = run__alloc(run, n, sizeof *run->no_why);
  if (!plan->metrics || !run->no_why) return ml_error_memory(err);
  memcpy(plan->metrics, metrics, n * sizeof *metrics);
  plan->n_metrics = n;
  return ML_OK;
}

/* ---- candidates ------------------------------------------------------------------------------ */

static ml_status use_candidates(xval_run *run, const ml_candidates *given, const double *fixed,
                                ml_error *err) {
  const ml_model *model = run->plan.model;
  ml_xval_result *r = run->result;
  size_t n = given ? given->n : 1, n_params = model->n_params;
  if (n == 0 || (given && given->n_params != n_params))
    return ml_error_set(
        err, ML_ERR_USAGE,
        n ? "the candidates are not of model '%s'" : "there is no candidate for model '%s'",
        model->name);
  double *values = run__alloc(run, n * n_params, sizeof *values);
  if (!values) return ml_error_memory(err);
  if (given)
    memcpy(values, given->values, n * n_params * sizeof *values);
  else if (fixed)
    memcpy(values, fixed, n_params * sizeof *values);
  else
    ml_model_defaults(model, values);
  run->params = run->plan.candidates = values;
  run->plan.n_candidates = n;
  r->n_drawn = given ? given->n_drawn : 1;
  r->n_varied = given ? given->n_varied : 0;
  r->varied = run__alloc(run, r->n_varied, sizeof *r->varied);
  if (!r->varied) return ml_error_memory(err);
  if (r->n_varied) memcpy(r->varied, given->varied, r->n_varied * sizeof *r->varied);
  return ML_OK;
}

/* What the table of parameters and the model say beforehand; a step may change the columns, so that
 * the model is asked later then. */
static ml_status check_candidates(xval_run *run, ml_error *err) {
  const xval_plan *plan = &run->plan;
  const ml_model *model = plan->model;
  const ml_view all = plan__cv(plan, 0, NULL).all;
  run->checked = calloc(plan->n_candidates, sizeof *run->checked);
  if (!run->checked) return ml_error_memory(err);
  for (size_t c = 0; c < plan->n_candidates; c++) {
    const double *params = plan->candidates + c * model->n_params;
    ml_error *error = &run->checked[c];
    ml_status status = ML_OK;
    for (size_t p = 0; p < model->n_params && status == ML_OK; p++)
      status = ml_model_param_check(&model->params[p], params[p], error);
    if (status == ML_OK && model->check && !plan->prep) status = model->check(params, &all, error);
    if (status == ML_OK) continue;
    if (error->status == ML_OK) error->status = status;
    if (run->opts->stop_on_error) {
      if (err) *err = *error;
      return status;
    }
  }
  return ML_OK;
}

/* Nobody computes those that were refused, but models look at all candidates for what these have in
 * common: there, others stand in for them. */
static ml_status replace_refused(xval_run *run, ml_error *err) {
  xval_plan *plan = &run->plan;
  const size_t n = plan->n_candidates, n_params = plan->model->n_params;
  size_t good = 0, n_refused = 0;
  for (size_t c = 0; c < n; c++) n_refused += run->checked[c].status != ML_OK;
  if (n_refused == 0) return ML_OK;
  while (good < n && run->checked[good].status != ML_OK) good++;
  double *values = run__alloc(run, (n + 1) * n_params, sizeof *values), *fallback;
  if (!values) return ml_error_memory(err);
  memcpy(values, plan->candidates, n * n_params * sizeof *values);
  fallback = values + good * n_params;
  if (good == n) ml_model_defaults(plan->model, fallback);
  for (size_t c = 0; c < n; c++)
    if (run->checked[c].status != ML_OK)
      memcpy(values + c * n_params, fallback, n_params * sizeof *values);
  plan->candidates = values;
  return ML_OK;
}

/* Those that were refused have failed in every fold. */
static ml_status fail_refused(xval_run *run, ml_error *err) {
  for (size_t c = 0; c < run->plan.n_candidates; c++) {
    if (run->checked[c].status == ML_OK) continue;
    const char *words = run__text(run, run->checked[c].message);
    if (!words) return ml_error_memory(err);
    for (size_t s = 0; s < run->plan.n_scenes; s++) {
      if (s == run->final) continue;
      for (size_t f = 0; f < run->plan.scenes[s].folds.n; f++) {
        ml_fold_result *fit = run__fit(run, s, c, f);
        fit->state = ML_FOLD_FAILED;
        fit->error = words;
        run->result->n_failed++;
      }
    }
  }
  return ML_OK;
}

/* ---- the result ------------------------------------------------------------------------------ */

static ml_status make_candidates(xval_run *run, ml_error *err) {
  ml_xval_result *r = run->result;
  const size_t n_metrics = run->plan.n_metrics, n_params = run->plan.model->n_params;
  r->n_candidates = run->plan.n_candidates;
  r->candidates = run__alloc(run, r->n_candidates, sizeof *r->candidates);
  double *scores = run__alloc(run, r->n_candidates * n_metrics * 3, sizeof *scores);
  if (!r->candidates || !scores) return ml_error_memory(err);
  for (size_t i = 0; i < r->n_candidates * n_metrics * 3; i++) scores[i] = NAN;
  for (size_t c = 0; c < r->n_candidates; c++) {
    ml_candidate_result *candidate = &r->candidates[c];
    candidate->params = run->params + c * n_params;
    candidate->mean = scores + c * n_metrics * 3;
    candidate->sd = candidate->mean + n_metrics;
    candidate->pooled = candidate->sd + n_metrics;
    if (run->main != SIZE_MAX) candidate->folds = run__fit(run, run->main, c, 0);
  }
  return ML_OK;
}

static ml_status fill_result(xval_run *run, ml_error *err) {
  ml_xval_result *r = run->result;
  const xval_plan *plan = &run->plan;
  const ml_folds *folds = &plan->scenes[run->main == SIZE_MAX ? run->final : run->main].folds;
  const char *cv = run->opts->cv ? run->opts->cv : ml_scheme_default(plan->problem);
  r->model = plan->model;
  r->data = run->given;
  r->problem = plan->problem;
  r->cv = run__text(run, cv);
  r->seed = run->opts->seed;
  r->n_folds = folds->n;
  r->n_repeats = folds->n_repeats;
  r->n_train = run__alloc(run, folds->n, sizeof *r->n_train);
  r->n_test = run__alloc(run, folds->n, sizeof *r->n_test);
  if (!r->cv || !r->n_train || !r->n_test) return ml_error_memory(err);
  for (size_t f = 0; f < folds->n; f++) {
    r->n_train[f] = ml_folds_n_train(folds, f);
    r->n_test[f] = folds->folds[f].test.n;
  }
  r->metrics = plan->metrics;
  r->n_metrics = plan->n_metrics;
  r->best = r->best_by_mean = SIZE_MAX;
  return make_candidates(run, err);
}

static ml_status find_leaks(xval_run *run, ml_error *err) {
  char **lines = NULL;
  size_t n = 0;
  const ml_folds *folds = &run->plan.scenes[run->main == SIZE_MAX ? run->final : run->main].folds;
  if (run->plan.is_gcv) return ML_OK;
  ml_status status = xval__leaks(&run->plan.data, folds, &lines, &n, err);
  for (size_t i = 0; i < n; i++) {
    if (status == ML_OK && run__warn(run, "%s", lines[i]) != ML_OK) status = ml_error_memory(err);
    free(lines[i]);
  }
  free(lines);
  return status;
}

/* Nothing was computed: the first that went wrong is the error. */
static ml_status all_failed(const xval_run *run, ml_error *err) {
  if (run->opts->n_shards > 0) return ML_OK; /* others may have done better */
  if (run->result->n_done > 0 || run->result->n_failed == 0 || run->result->n_skipped > 0)
    return ML_OK;
  for (size_t s = 0; s < run->plan.n_scenes; s++)
    for (size_t f = 0; f < run->plan.scenes[s].folds.n; f++)
      for (size_t c = 0; c < run->plan.n_candidates; c++) {
        const ml_fold_result *fit = run__fit(run, s, c, f);
        if (fit->state == ML_FOLD_FAILED)
          return ml_error_set(err, ML_ERR_NUMERIC, "every fold failed: %s", fit->error);
      }
  return ML_OK;
}

/* ---- the whole ------------------------------------------------------------------------------- */

/* What is to be computed, before anything is. */
static ml_status plan(xval_run *run, const ml_candidates *candidates, const double *fixed,
                      ml_error *err) {
  const ml_xval_opts *o = run->opts;
  ml_problem asked = run->given->problem;
  if (o->time_budget > 0) run->deadline = xval__seconds() + o->time_budget;
  ml_status status = plan__check_data(run->given, err);
  if (status != ML_OK) ml_error_about(err, run->given->source);
  if (status == ML_OK)
    status = ml_model_problem(run->plan.model, asked, asked, &run->plan.problem, err);
  if (status == ML_OK) status = check_opts(o, run->plan.model, run->given, err);
  run->plan.is_gcv = is_gcv(o);
  run->plan.prep = (ml_prep *)o->prep;
  run->plan.fit_unweighted = o->fit_unweighted;
  run->plan.score_unweighted = o->score_unweighted;
  run->plan.zero_division = o->zero_division;
  if (status == ML_OK) status = use_metrics(run, err);
  if (status == ML_OK) status = use_candidates(run, candidates, fixed, err);
  if (status == ML_OK) status = columns__use(run, err);
  if (status == ML_OK) status = columns__check(run, err);
  if (status == ML_OK) status = scenes__make(run, err);
  if (status == ML_OK) status = items__group(run, err);
  if (status == ML_OK) status = check_candidates(run, err);
  if (status == ML_OK) status = replace_refused(run, err);
  if (status == ML_OK) status = fail_refused(run, err);
  return status == ML_OK ? fill_result(run, err) : status;
}

static ml_status compute(xval_run *run, ml_error *err) {
  ml_status status = find_leaks(run, err);
  if (status == ML_OK) status = columns__warn_empty(run, err);
  if (status == ML_OK) status = job__open(run, err);
  if (status == ML_OK && run->opts->checkpoint) status = journal__open(run, err);
  if (status == ML_OK) status = search__run(run, err);
  ml_status closed = journal__close(run, status == ML_OK ? err : NULL);
  if (status == ML_OK) status = closed;
  job__close(run);
  if (status == ML_OK) status = columns__warn_irrelevant(run, err);
  return status == ML_OK ? all_failed(run, err) : status;
}

static void release(xval_run *run) {
  scenes__release(run);
  free(run->checked);
  free(run->group);
  free(run->names);
  free(run->categories);
  free(run->x);
}

ml_status ml_xval(const ml_dataset *data, const ml_model *model, const ml_candidates *candidates,
                  const double *fixed, const ml_xval_opts *opts, ml_exec *exec,
                  const ml_watch *watch, ml_xval_result **out, ml_error *err) {
  static const ml_xval_opts defaults;
  owned *o = calloc(1, sizeof *o);
  if (!o) return ml_error_memory(err);
  o->arena = ml_arena_new();
  xval_run run = {.given = data,
                  .opts = opts ? opts : &defaults,
                  .exec = exec,
                  .watch = watch,
                  .plan = {.model = model},
                  .arena = o->arena,
                  .result = &o->result};
  ml_status status = o->arena ? plan(&run, candidates, fixed, err) : ml_error_memory(err);
  if (status == ML_OK) status = compute(&run, err);
  if (status == ML_OK) {
    run_scene *shown = &run.scenes[run.main == SIZE_MAX ? run.final : run.main];
    o->result.folds = shown->folds;
    shown->folds = NULL;
  }
  if (status == ML_OK && run.main != SIZE_MAX) {
    o->fits = run.scenes[run.main].fits;
    o->scores = run.scenes[run.main].scores;
    run.scenes[run.main].fits = NULL;
    run.scenes[run.main].scores = NULL;
  }
  release(&run);
  if (status == ML_OK)
    *out = &o->result;
  else
    ml_xval_free(&o->result);
  return status;
}
