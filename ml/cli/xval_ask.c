/* SPDX-License-Identifier: GPL-3.0-or-later */
/* From the options of mltool xval to what the library takes; what contradicts itself is said before
 * any data are read. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "xval.h"

/* ---- options that need or exclude one another ---------------------------------------------- */

typedef struct rule {
  bool is_broken;
  const char *words; /* of the error */
} rule;

static ml_status first_broken(const rule *rules, size_t n, ml_error *err) {
  for (size_t i = 0; i < n; i++)
    if (rules[i].is_broken) return ml_error_set(err, ML_ERR_USAGE, "%s", rules[i].words);
  return ML_OK;
}

static ml_status check_search(const cli_xval *g, ml_error *err) {
  bool is_drawn = g->random.given || g->sobol.given;
  bool is_search = g->grid.n > 0 || is_drawn;
  const rule rules[] = {
      {g->random.given && g->sobol.given, "--random and --sobol exclude one another"},
      {g->grid.n > 0 && is_drawn,
       "--grid tries all of its values; --random and --sobol draw from "
       "--space"},
      {g->grid.n > 0 && g->space.n > 0, "--grid and --space exclude one another"},
      {is_drawn && g->space.n == 0, "nothing to draw: name a range with --space NAME=RANGE"},
      {g->space.n > 0 && !is_drawn, "--space needs --random N or --sobol N"},
      {g->space_rules_given && !is_drawn, "--space-rules needs --random N or --sobol N"},
      {g->halving && g->race, "--halving and --race exclude one another"},
      {g->halving && !is_search,
       "--halving without a search: say what is tried with --grid, "
       "--random or --sobol"},
      {g->race && !is_search,
       "--race without a search: say what is tried with --grid, --random or "
       "--sobol"},
      {g->pick != ML_PICK_BEST && !is_search,
       "--pick without a search: say what is tried with "
       "--grid, --random or --sobol"},
      {g->nested && !is_search,
       "--nested without a search: say what is tried with --grid, --random "
       "or --sobol"},
      {g->nested && g->holdout > 0, "--nested and --holdout exclude one another"},
      {g->nested && g->oof, "--oof without one winner: --nested has one for each outer fold"},
      {g->nested && (g->race || g->halving),
       "--nested computes all folds of all candidates: --race and --halving are not for it"},
      {g->oof && g->cv && strcmp(g->cv, "gcv") == 0,
       "--oof without predictions: gcv tests no rows"},
      {g->holdout_shuffle && !(g->holdout > 0), "--holdout-shuffle needs --holdout SHARE"}};
  return first_broken(rules, sizeof rules / sizeof *rules, err);
}

static ml_status check_names(const cli_xval *g, ml_error *err) {
  const rule rules[] = {
      {!g->learn.target && !g->learn.target_file,
       "no target: name its column with --target NAME, or its file "
       "with --target-file FILE"},
      {g->learn.target && !*g->learn.target, "option '--target' takes the name of a column"},
      {!g->model, "no model: name one with --model, as in --model ridge; 'mltool models' has them"},
      {g->weights_for_given && !g->learn.weights, "--weights-for needs --weights NAME"},
      {g->learn.start && !g->learn.end, "--start needs --end NAME"},
      {g->learn.end && !g->learn.start, "--end needs --start NAME"},
      {g->csv && g->output &&
           (cli__ends_in(g->output, ".json") || cli__ends_in(g->output, ".json.gz")),
       "--csv and a file of JSON exclude one another"}};
  return first_broken(rules, sizeof rules / sizeof *rules, err);
}

/* ---- schemes ------------------------------------------------------------------------------- */

/* COLUMN of "predefined=COLUMN". @return NULL: it is another scheme */
static const char *predefined_column(const char *scheme) {
  static const char start[] = "predefined=";
  bool is_so = scheme && strncmp(scheme, start, strlen(start)) == 0;
  return is_so ? scheme + strlen(start) : NULL;
}

static bool is_number(const char *text) {
  return *text && text[strspn(text, "0123456789")] == 0;
}

/* What a scheme looks at must be named; gcv has no folds. @param[out] uses  what it looks at is
 * added */
static ml_status check_scheme(const cli_xval *g, const char *option, const char *text,
                              ml_scheme *uses, ml_error *err) {
  const ml_scheme *scheme;
  if (!text || is_number(text) || strcmp(text, "gcv") == 0) return ML_OK;
  ml_status status = ml_scheme_find(text, &scheme, err);
  if (status != ML_OK) return status;
  uses->needs_times |= scheme->needs_times;
  const char *column = predefined_column(text);
  if (scheme->needs_groups && !g->learn.groups && !g->learn.window.window)
    return ml_error_set(err, ML_ERR_USAGE, "--%s %s needs --groups NAME", option, text);
  if (scheme->needs_times && !g->learn.start)
    return ml_error_set(err, ML_ERR_USAGE, "--%s %s needs --start NAME and --end NAME", option,
                        text);
  if (scheme->needs_predefined && (!column || !*column))
    return ml_error_set(err, ML_ERR_USAGE, "--%s predefined=COLUMN names the column of the folds",
                        option);
  return ML_OK;
}

static ml_status read_schemes(xval_asked *a, ml_error *err) {
  const cli_xval *g = a->given;
  ml_scheme uses = {0};
  ml_status status = check_scheme(g, "cv", g->cv, &uses, err);
  if (status == ML_OK) status = check_scheme(g, "nested", g->nested, &uses, err);
  if (status != ML_OK) return status;
  const char *inner = predefined_column(g->cv), *outer = predefined_column(g->nested);
  const rule rules[] = {
      {g->learn.start && !uses.needs_times, "--start and --end are for --cv purged:5"},
      {inner && outer && strcmp(inner, outer) != 0,
       "--cv and --nested name two columns of folds: there can be one"}};
  status = first_broken(rules, sizeof rules / sizeof *rules, err);
  const char *column = inner ? inner : outer;
  if (status != ML_OK || !column) return status;
  a->predefined = strdup(column);
  return a->predefined ? ML_OK : ml_error_memory(err);
}

/* ---- the model and its candidates ---------------------------------------------------------- */

static ml_status read_problem(xval_asked *a, ml_problem of_name, ml_error *err) {
  static const char *const names[] = {
      [ML_CLASSIFICATION] = "classification", [ML_REGRESSION] = "regression"};
  ml_problem task = (ml_problem)a->given->learn.task;
  if (task && of_name && task != of_name)
    return ml_error_set(err, ML_ERR_USAGE, "--model %s is for %s, not --task %s", a->given->model,
                        names[of_name], names[task]);
  unsigned both = ML_MODEL_CLASSIFIES | ML_MODEL_REGRESSES;
  a->problem = task ? task : of_name;
  if (!a->problem && (a->model->traits & both) != both)
    a->problem = a->model->traits & ML_MODEL_CLASSIFIES ? ML_CLASSIFICATION : ML_REGRESSION;
  /* Few whole numbers would be taken for classes, and any number may be one: not the other way. */
  if (!a->problem && a->n_metrics > 0 && a->metrics[0].info->problem == ML_REGRESSION)
    a->problem = ML_REGRESSION;
  if (!a->problem) return ML_OK;
  return ml_model_problem(a->model, a->problem, a->problem, &a->problem, err);
}

/* "alpha" of "alpha=1". */
static size_t name_length(const char *assignment) {
  return strcspn(assignment, "=");
}

static ml_status check_set(const cli_list *set, const cli_list *specs, ml_error *err) {
  for (size_t i = 0; i < set->n; i++) {
    const char *one = set->items[i].value;
    size_t n = name_length(one);
    for (size_t k = 0; k < i; k++)
      if (name_length(set->items[k].value) == n && memcmp(set->items[k].value, one, n) == 0)
        return ml_error_set(err, ML_ERR_USAGE, "--set %.*s is given twice", (int)n, one);
    for (size_t k = 0; k < specs->n; k++)
      if (name_length(specs->items[k].value) == n && memcmp(specs->items[k].value, one, n) == 0)
        return ml_error_set(err, ML_ERR_USAGE, "--set %.*s: --%s varies it", (int)n, one,
                            specs->items[k].opt->name);
  }
  return ML_OK;
}

static ml_status read_fixed(xval_asked *a, ml_error *err) {
  const cli_xval *g = a->given;
  ml_status status = check_set(&g->set, g->grid.n > 0 ? &g->grid : &g->space, err);
  if (status != ML_OK) return status;
  a->fixed = calloc(a->model->n_params + 1, sizeof *a->fixed);
  if (!a->fixed) return ml_error_memory(err);
  ml_model_defaults(a->model, a->fixed);
  for (size_t i = 0; i < g->set.n && status == ML_OK; i++)
    status = ml_model_set(a->model, g->set.items[i].value, a->fixed, err);
  return status;
}

static ml_status read_candidates(xval_asked *a, ml_error *err) {
  const cli_xval *g = a->given;
  const cli_list *list = g->grid.n > 0 ? &g->grid : &g->space;
  if (list->n == 0) return ML_OK;
  const ml_candidates_opts opts = {
      .draw = g->grid.n > 0    ? ML_DRAW_GRID
              : g->sobol.given ? ML_DRAW_SOBOL
                               : ML_DRAW_RANDOM,
      .n = (size_t)(g->sobol.given ? g->sobol.value : g->random.value),
      .seed = (uint64_t)g->seed.value,
      .kx_rules = g->space_rules == 1,
  };
  const char **specs = calloc(list->n, sizeof *specs);
  if (!specs) return ml_error_memory(err);
  for (size_t i = 0; i < list->n; i++) specs[i] = list->items[i].value;
  ml_status status =
      ml_candidates_make(a->model, a->fixed, specs, list->n, &opts, &a->candidates, err);
  free(specs);
  return status;
}

static ml_status read_model(xval_asked *a, ml_error *err) {
  ml_problem of_name = ML_PROBLEM_AUTO;
  ml_status status = ml_model_find(a->given->model, &of_name, &a->model, err);
  if (status == ML_OK) status = read_problem(a, of_name, err);
  for (size_t m = 0; m < a->n_metrics && a->problem && status == ML_OK; m++)
    status = ml_metric_check(&a->metrics[m], a->problem, 2, true, true, err);
  if (status == ML_OK) status = read_fixed(a, err);
  return status == ML_OK ? read_candidates(a, err) : status;
}

/* ---- metrics ------------------------------------------------------------------------------- */

static ml_status add_metric(xval_asked *a, const char *name, size_t n, ml_error *err) {
  ml_metric *more = reallocarray(a->metrics, a->n_metrics + 1, sizeof *more);
  char *text = strndup(name, n);
  if (more) a->metrics = more;
  ml_metric metric;
  ml_status status = more && text ? ml_metric_parse(text, &metric, err) : ml_error_memory(err);
  for (size_t i = 0; i < a->n_metrics && status == ML_OK; i++)
    if (a->metrics[i].info == metric.info &&
        (!metric.info->argument || a->metrics[i].argument == metric.argument))
      status = ml_error_set(err, ML_ERR_USAGE, "--metric has %s twice", text);
  if (status == ML_OK) a->metrics[a->n_metrics++] = metric;
  free(text);
  return status;
}

static ml_status read_metrics(xval_asked *a, ml_error *err) {
  ml_status status = ML_OK;
  for (const char *at = a->given->metric; at && status == ML_OK;) {
    size_t n = strcspn(at, ",");
    status = add_metric(a, at, n, err);
    at = at[n] ? at + n + 1 : NULL;
  }
  return status;
}

/* ---- the rest ------------------------------------------------------------------------------ */

/* "30s", "10m", "1.5h"; a number alone is seconds. */
static ml_status read_time(const char *text, double *seconds, ml_error *err) {
  static const struct {
    const char *name;
    double seconds;
  } units[] = {{"", 1}, {"s", 1}, {"m", 60}, {"min", 60}, {"h", 3600}, {"d", 86400}};
  double number;
  const char *unit = ml_number_parse(text, text + strlen(text), &number);
  for (size_t i = 0; unit && i < sizeof units / sizeof *units; i++)
    if (strcmp(unit, units[i].name) == 0 && number > 0 && isfinite(number)) {
      *seconds = number * units[i].seconds;
      return ML_OK;
    }
  return ml_error_set(err, ML_ERR_USAGE,
                      "option '--time-budget' takes a time, such as 30s, 10m or 2h, not '%s'",
                      text);
}

static ml_status read_rest(xval_asked *a, ml_error *err) {
  const cli_xval *g = a->given;
  ml_xval_opts *o = &a->opts;
  ml_status status = learn__ask(&g->learn, a->problem, a->predefined, &a->learning, err);
  if (status == ML_OK) status = learn__prep(&g->learn, g->prep, &a->prep, err);
  if (status == ML_OK && g->time_budget) status = read_time(g->time_budget, &o->time_budget, err);
  if (a->prep) a->prep_text = ml_prep_text(a->prep);
  *o = (ml_xval_opts){
      .cv = g->cv,
      .repeats = (size_t)g->repeat.value,
      .seed = (uint64_t)g->seed.value,
      .metrics = a->metrics,
      .n_metrics = a->n_metrics,
      .prep = a->prep,
      .fit_unweighted = g->weights_for == CLI_WEIGHTS_SCORE,
      .score_unweighted = g->weights_for == CLI_WEIGHTS_FIT,
      .zero_division = g->zero_division,
      .pick = (ml_pick)g->pick,
      .early = g->race      ? ML_EARLY_RACE
               : g->halving ? ML_EARLY_HALVING
                            : ML_EARLY_NONE,
      .holdout = g->holdout,
      .holdout_shuffle = g->holdout_shuffle,
      .nested = g->nested,
      .pool_winner = true,
      .keep_predictions = !g->nested && (g->oof || g->plot || g->report || g->run_dir),
      .checkpoint = g->checkpoint,
      .time_budget = o->time_budget,
      .stop_on_error = g->on_error == 0,
  };
  return status;
}

ml_status xval__ask(const cli_xval *given, xval_asked *asked, ml_error *err) {
  asked->given = given;
  ml_status status = check_names(given, err);
  if (status == ML_OK) status = check_search(given, err);
  if (status == ML_OK) status = read_schemes(asked, err);
  if (status == ML_OK) status = read_metrics(asked, err);
  if (status == ML_OK) status = read_model(asked, err);
  return status == ML_OK ? read_rest(asked, err) : status;
}

void xval__release(xval_asked *asked) {
  free(asked->fixed);
  ml_candidates_free(asked->candidates);
  ml_prep_free(asked->prep);
  learn__release(&asked->learning);
  free(asked->metrics);
  free(asked->predefined);
  *asked = (xval_asked){0};
}
