/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The result of cross-validation as one JSON object. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "xval.h"

enum { SCHEMA = 1 }; /* grows when a key changes its meaning or goes */

typedef struct writer {
  const xval_shown *s;
  const ml_xval_result *r;
  ml_buf *out;
  size_t *counts; /* room for one of each class; NULL: there are none */
} writer;

/* ---- values -------------------------------------------------------------------------------- */

static void put_string(writer *w, const char *key, const char *text) {
  ml_buf_printf(w->out, ", \"%s\": ", key);
  if (text)
    ml_buf_json_string(w->out, text);
  else
    ml_buf_puts(w->out, "null");
}

static void put_count(writer *w, const char *key, size_t n) {
  ml_buf_printf(w->out, ", \"%s\": %zu", key, n);
}

static void put_index(writer *w, const char *key, size_t i) {
  if (i < w->r->n_candidates)
    put_count(w, key, i);
  else
    ml_buf_printf(w->out, ", \"%s\": null", key);
}

static void put_number(writer *w, const char *key, double value) {
  ml_buf_printf(w->out, ", \"%s\": ", key);
  ml_buf_json_number(w->out, value);
}

static void put_bool(writer *w, const char *key, bool value) {
  ml_buf_printf(w->out, ", \"%s\": %s", key, value ? "true" : "false");
}

/* A number as a number, words as strings. */
static void put_param(const ml_model_param *param, double value, ml_buf *out) {
  double number;
  ml_buf text = {0};
  ml_model_param_format(param, value, &text);
  ml_buf_put(&text, "", 1);
  const char *end = text.failed ? NULL : text.data + text.n - 1;
  if (text.failed)
    out->failed = true;
  else if (param->kind == ML_MODEL_BOOL ||
           (ml_number_parse(text.data, end, &number) == end && isfinite(number)))
    ml_buf_puts(out, text.data);
  else
    ml_buf_json_string(out, text.data);
  ml_buf_release(&text);
}

void xval__json_params(const ml_model *model, const double *params, ml_buf *out) {
  ml_buf_puts(out, ", \"params\": {");
  for (size_t p = 0; p < model->n_params; p++) {
    ml_buf_printf(out, "%s\"%s\": ", p ? ", " : "", model->params[p].name);
    put_param(&model->params[p], params[p], out);
  }
  ml_buf_puts(out, "}");
}

/* {"r2": 0.5, "rmse": null}; and why there is null. */
static void put_scores(writer *w, const char *key, const double *scores) {
  ml_buf_printf(w->out, ", \"%s\": {", key);
  for (size_t m = 0; m < w->r->n_metrics; m++) {
    ml_buf_printf(w->out, "%s\"%s\": ", m ? ", " : "", w->s->metrics[m]);
    ml_buf_json_number(w->out, scores ? scores[m] : NAN);
  }
  ml_buf_puts(w->out, "}");
}

static void put_why(writer *w, const double *scores, const char *const *why) {
  const char *comma = "";
  for (size_t m = 0; m < w->r->n_metrics; m++) {
    if (!isnan(scores[m]) || !why || !why[m] || !*why[m]) continue;
    if (!*comma) ml_buf_puts(w->out, ", \"undefined\": {");
    ml_buf_printf(w->out, "%s\"%s\": ", comma, w->s->metrics[m]);
    ml_buf_json_string(w->out, why[m]);
    comma = ", ";
  }
  if (*comma) ml_buf_puts(w->out, "}");
}

/* ---- what was done ------------------------------------------------------------------------- */

static void put_classes(writer *w) {
  const ml_levels *classes = &w->r->data->classes;
  size_t *counts = xval__class_counts(w->s);
  if (!counts) {
    w->out->failed = true;
    return;
  }
  ml_buf_puts(w->out, ", \"classes\": [");
  for (size_t c = 0; c < classes->n; c++) {
    ml_buf_puts(w->out, c ? ", {\"label\": " : "{\"label\": ");
    ml_buf_json_string(w->out, classes->labels[c]);
    ml_buf_printf(w->out, ", \"rows\": %zu}", counts[c]);
  }
  ml_buf_puts(w->out, "]");
  free(counts);
}

/* {"rows", "columns", "hash"}: what tells these data from others. */
static void put_fingerprint(writer *w) {
  char digest[ML_DIGEST_SIZE];
  if (ml_dataset_digest(w->r->data, digest, NULL) != ML_OK) {
    w->out->failed = true;
    return;
  }
  ml_buf_printf(w->out, ", \"fingerprint\": {\"rows\": %zu, \"columns\": %zu, \"hash\": \"%s\"}",
                w->r->data->n_rows, w->r->data->n_features, digest);
}

static void put_data(writer *w) {
  const ml_dataset *data = w->r->data;
  ml_buf_printf(w->out, "{\"schema\": %d", SCHEMA);
  put_string(w, "version", ml_version());
  put_string(w, "input", w->s->input);
  put_count(w, "rows", data->n_rows);
  put_count(w, "features", data->n_features);
  put_string(w, "target", xval__target(w->s));
  put_string(w, "task", w->r->problem == ML_REGRESSION ? "regression" : "classification");
  if (w->r->problem != ML_REGRESSION) put_classes(w);
  put_fingerprint(w);
  static const char *const uses[] = {"both", "fit", "score"};
  put_string(w, "weights", w->s->given->learn.weights);
  put_string(w, "weights_for", data->weights ? uses[w->s->given->weights_for] : NULL);
  put_string(w, "groups", w->s->given->learn.groups);
}

static void put_search(writer *w) {
  static const char *const draws[] = {"grid", "random", "sobol"};
  static const char *const picks[] = {[ML_PICK_BEST] = "best", [ML_PICK_1SE] = "1se"};
  const cli_xval *g = w->s->given;
  const cli_list *specs = g->grid.n > 0 ? &g->grid : &g->space;
  if (!xval__is_search(w->s)) {
    put_string(w, "search", NULL);
    return;
  }
  ml_buf_printf(w->out, ",\n\"search\": {\"draw\": \"%s\", \"specs\": [",
                draws[g->grid.n > 0     ? 0
                      : g->random.given ? 1
                                        : 2]);
  for (size_t i = 0; i < specs->n; i++) {
    ml_buf_puts(w->out, i ? ", " : "");
    ml_buf_json_string(w->out, specs->items[i].value);
  }
  ml_buf_puts(w->out, "], \"varied\": [");
  for (size_t i = 0; i < w->r->n_varied; i++)
    ml_buf_printf(w->out, "%s\"%s\"", i ? ", " : "", w->r->model->params[w->r->varied[i]].name);
  ml_buf_puts(w->out, "]");
  put_count(w, "drawn", w->r->n_drawn);
  put_string(w, "rules", g->space_rules == 1 ? "kx" : "default");
  put_string(w, "early", g->race ? "race" : g->halving ? "halving" : NULL);
  put_string(w, "pick", picks[g->pick]);
  ml_buf_puts(w->out, "}");
}

static void put_run(writer *w) {
  ml_buf_puts(w->out, ",\n\"model\": ");
  ml_buf_json_string(w->out, w->r->model->name);
  xval__json_params(w->r->model, w->s->asked->fixed, w->out);
  put_string(w, "prep", w->s->asked->prep_text);
  put_string(w, "cv", w->r->cv);
  put_count(w, "repeats", w->r->n_repeats);
  ml_buf_printf(w->out, ", \"seed\": %llu", (unsigned long long)w->r->seed);
  ml_buf_puts(w->out, ", \"metrics\": [");
  for (size_t m = 0; m < w->r->n_metrics; m++)
    ml_buf_printf(w->out, "%s{\"name\": \"%s\", \"best\": \"%s\"}", m ? ", " : "", w->s->metrics[m],
                  ml_metric_best(w->r->metrics[m].info));
  ml_buf_printf(w->out, "], \"zero_division\": %d", w->s->given->zero_division);
  put_bool(w, "ranks_pooled", w->r->ranks_pooled);
  put_search(w);
}

/* ---- scores -------------------------------------------------------------------------------- */

/* How many rows of each class a fold tests. */
static void put_test_classes(writer *w, size_t fold) {
  const ml_levels *classes = &w->r->data->classes;
  if (!w->counts) return;
  size_t n;
  const uint32_t *rows = ml_folds_test(w->r->folds, fold, &n);
  memset(w->counts, 0, classes->n * sizeof *w->counts);
  for (size_t i = 0; i < n; i++) w->counts[classes->codes[rows[i]]]++;
  ml_buf_puts(w->out, ", \"test_classes\": [");
  for (size_t c = 0; c < classes->n; c++) ml_buf_printf(w->out, c ? ", %zu" : "%zu", w->counts[c]);
  ml_buf_puts(w->out, "]");
}

static void put_folds(writer *w) {
  size_t each = xval__folds_each(w->s);
  ml_buf_puts(w->out, ",\n\"folds\": [");
  for (size_t f = 0; f < w->r->n_folds; f++) {
    ml_buf_printf(w->out, "%s{\"repeat\": %zu, \"n_train\": %zu, \"n_test\": %zu", f ? ", " : "",
                  f / (each ? each : 1), w->r->n_train[f], w->r->n_test[f]);
    put_test_classes(w, f);
    ml_buf_puts(w->out, "}");
  }
  ml_buf_puts(w->out, "]");
}

static void put_fold(writer *w, const ml_fold_result *fold) {
  static const char *const states[] = {
      [ML_FOLD_DONE] = "done", [ML_FOLD_FAILED] = "failed", [ML_FOLD_SKIPPED] = "skipped"};
  ml_buf_printf(w->out, "{\"state\": \"%s\"", states[fold->state]);
  if (fold->state == ML_FOLD_DONE) {
    put_scores(w, "scores", fold->scores);
    put_why(w, fold->scores, fold->why);
  }
  if (fold->state == ML_FOLD_FAILED) put_string(w, "error", fold->error);
  if (w->s->has_times && fold->state != ML_FOLD_SKIPPED) {
    put_number(w, "fit_seconds", fold->fit_seconds);
    put_number(w, "score_seconds", fold->score_seconds);
  }
  ml_buf_puts(w->out, "}");
}

/* Why a mean is null. */
static void put_mean_why(writer *w, const ml_candidate_result *c) {
  const char *comma = "";
  for (size_t m = 0; m < w->r->n_metrics; m++) {
    if (!isnan(c->mean[m])) continue;
    ml_buf why = {0};
    xval__put_mean_why(w->s, c, m, &why);
    ml_buf_put(&why, "", 1);
    if (why.failed) w->out->failed = true;
    if (!*comma) ml_buf_puts(w->out, ", \"undefined\": {");
    ml_buf_printf(w->out, "%s\"%s\": ", comma, w->s->metrics[m]);
    ml_buf_json_string(w->out, why.failed ? "" : why.data);
    comma = ", ";
    ml_buf_release(&why);
  }
  if (*comma) ml_buf_puts(w->out, "}");
}

static void put_candidate(writer *w, size_t i) {
  const ml_candidate_result *c = &w->r->candidates[i];
  ml_buf_puts(w->out, i ? ",\n{" : "\n{");
  ml_buf_printf(w->out, "\"candidate\": %zu", i);
  xval__json_params(w->r->model, c->params, w->out);
  if (c->folds) {
    if (c->rank > 0)
      put_count(w, "rank", c->rank);
    else
      ml_buf_puts(w->out, ", \"rank\": null");
    put_count(w, "done", c->n_done);
    put_count(w, "failed", c->n_failed);
    put_scores(w, "mean", c->mean);
    put_mean_why(w, c);
    put_scores(w, "sd", c->sd);
    put_scores(w, "pooled", c->pooled);
    ml_buf_puts(w->out, ", \"folds\": [");
    for (size_t f = 0; f < w->r->n_folds; f++) {
      ml_buf_puts(w->out, f ? ", " : "");
      put_fold(w, &c->folds[f]);
    }
    ml_buf_puts(w->out, "]");
  }
  ml_buf_puts(w->out, "}");
}

/* @param fold  of the outer scheme; SIZE_MAX: the holdout */
static void put_outer(writer *w, const ml_outer_result *o, size_t fold) {
  ml_buf_printf(w->out, "{\"n_train\": %zu, \"n_test\": %zu", o->n_train, o->n_test);
  if (fold != SIZE_MAX) put_test_classes(w, fold);
  put_index(w, "winner", o->best);
  if (o->best < w->r->n_candidates)
    xval__json_params(w->r->model, w->r->candidates[o->best].params, w->out);
  if (o->inner_mean) {
    ml_buf_puts(w->out, ", \"inner_mean\": [");
    for (size_t i = 0; i < w->r->n_candidates; i++) {
      ml_buf_puts(w->out, i ? ", " : "");
      ml_buf_json_number(w->out, o->inner_mean[i]);
    }
    ml_buf_puts(w->out, "]");
  }
  if (!o->error) {
    put_scores(w, "scores", o->scores);
    put_why(w, o->scores, o->why);
  }
  put_string(w, "error", o->error);
  ml_buf_puts(w->out, "}");
}

static void put_nested(writer *w) {
  ml_buf_puts(w->out, ",\n\"nested\": {\"folds\": [");
  for (size_t i = 0; i < w->r->n_outer; i++) {
    ml_buf_puts(w->out, i ? ",\n" : "\n");
    put_outer(w, &w->r->outer[i], i);
  }
  ml_buf_puts(w->out, "]");
  static const char *const keys[] = {"mean", "sd"};
  for (size_t k = 0; k < 2; k++) {
    ml_buf_printf(w->out, ", \"%s\": {", keys[k]);
    for (size_t m = 0; m < w->r->n_metrics; m++) {
      double pair[2];
      xval__outer_mean(w->s, m, &pair[0], &pair[1]);
      ml_buf_printf(w->out, "%s\"%s\": ", m ? ", " : "", w->s->metrics[m]);
      ml_buf_json_number(w->out, pair[k]);
    }
    ml_buf_puts(w->out, "}");
  }
  ml_buf_puts(w->out, "}");
}

static void put_scored(writer *w) {
  if (w->r->n_outer == 0) put_folds(w);
  ml_buf_puts(w->out, ",\n\"candidates\": [");
  for (size_t i = 0; i < w->r->n_candidates; i++) put_candidate(w, i);
  ml_buf_puts(w->out, "]");
  if (w->r->n_outer > 0) {
    put_nested(w);
    return;
  }
  ml_buf_puts(w->out, ",\n\"selection\": {");
  ml_buf_printf(w->out, "\"metric\": \"%s\"", w->s->metrics[0]);
  put_index(w, "winner", w->r->best);
  put_index(w, "best_mean", w->r->best_by_mean);
  ml_buf_puts(w->out, "},\n\"holdout\": ");
  if (w->r->holdout)
    put_outer(w, w->r->holdout, SIZE_MAX);
  else
    ml_buf_puts(w->out, "null");
}

void xval__json(const xval_shown *s, ml_buf *out) {
  writer w = {s, s->result, out, NULL};
  if (s->result->problem == ML_CLASSIFICATION) {
    w.counts = calloc(s->result->data->classes.n + 1, sizeof *w.counts);
    if (!w.counts) out->failed = true;
  }
  put_data(&w);
  put_run(&w);
  put_scored(&w);
  ml_buf_printf(out, ",\n\"fits\": {\"done\": %zu, \"failed\": %zu, \"skipped\": %zu}",
                s->result->n_done, s->result->n_failed, s->result->n_skipped);
  ml_buf_puts(out, ",\n\"warnings\": [");
  for (size_t i = 0; i < s->result->n_warnings; i++) {
    ml_buf_puts(out, i ? ", " : "");
    ml_buf_json_string(out, s->result->warnings[i]);
  }
  ml_buf_puts(out, "]}\n");
  free(w.counts);
}
