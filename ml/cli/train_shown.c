/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What mltool train has made: for a person, and for programs. */
#include "train.h"

#include <math.h>
#include <string.h>

enum { SCHEMA = 1 };

/* The scores that are said of a candidate: means over folds, but where single folds have none. */
static const double *means(const xval_shown *s, const ml_candidate_result *c) {
  return s->result->ranks_pooled ? c->pooled : c->mean;
}

/* ---- text ---------------------------------------------------------------------------------- */

static void put_scores(const xval_shown *s, ml_buf *out) {
  const ml_xval_result *r = s->result;
  const ml_candidate_result *c = xval__winner(s);
  ml_buf words = {0};
  if (!c) return;
  for (size_t m = 0; m < r->n_metrics; m++) {
    double mean = means(s, c)[m];
    ml_buf_printf(&words, "%s%s ", m ? ", " : "", s->metrics[m]);
    xval__put_score(s, m, mean, &words);
    if (isnan(mean) || r->ranks_pooled || r->n_folds < 2) continue;
    ml_buf_puts(&words, " +- ");
    xval__put_score(s, m, c->sd[m], &words);
  }
  xval__put_line(r->ranks_pooled ? "pooled" : "scores", &words, out);
}

static void put_size(size_t n_bytes, ml_buf *out) {
  if (n_bytes < 10000)
    ml_buf_printf(out, "%zu bytes", n_bytes);
  else if (n_bytes < 10000000)
    ml_buf_printf(out, "%zu kB", (n_bytes + 500) / 1000);
  else
    ml_buf_printf(out, "%zu MB", (n_bytes + 500000) / 1000000);
}

static void put_saved(const trained *t, ml_buf *out) {
  size_t n_rows = t->shown->result->data->n_rows, n_features;
  ml_buf words = {0};
  (void)ml_pipeline_features(t->pipeline, &n_features);
  xval__put_text(t->output, &words);
  ml_buf_printf(&words, ": fitted on all %zu row%s, needs %zu feature%s, ", n_rows,
                cli__plural(n_rows), n_features, cli__plural(n_features));
  put_size(t->n_bytes, &words);
  xval__put_line("saved", &words, out);
}

void train__text(const trained *t, ml_buf *out) {
  const xval_shown *s = t->shown;
  xval__put_head(s, out);
  ml_buf_puts(out, "\n");
  if (xval__is_search(s)) xval__put_winner(s, out);
  put_scores(s, out);
  if (s->result->holdout) xval__put_holdout(s, out);
  put_saved(t, out);
  xval__put_remarks(s, out);
}

/* ---- JSON ---------------------------------------------------------------------------------- */

static void put_string(const char *key, const char *text, ml_buf *out) {
  ml_buf_printf(out, ", \"%s\": ", key);
  if (text)
    ml_buf_json_string(out, text);
  else
    ml_buf_puts(out, "null");
}

static void put_numbers(const xval_shown *s, const char *key, const double *values, ml_buf *out) {
  ml_buf_printf(out, ", \"%s\": {", key);
  for (size_t m = 0; m < s->result->n_metrics; m++) {
    ml_buf_printf(out, "%s\"%s\": ", m ? ", " : "", s->metrics[m]);
    ml_buf_json_number(out, values[m]);
  }
  ml_buf_puts(out, "}");
}

static void put_validation(const xval_shown *s, ml_buf *out) {
  const ml_xval_result *r = s->result;
  const ml_candidate_result *c = xval__winner(s);
  if (!c) {
    ml_buf_puts(out, ",\n\"validation\": null");
    return;
  }
  ml_buf_puts(out, ",\n\"validation\": {\"cv\": ");
  ml_buf_json_string(out, r->cv);
  ml_buf_printf(out, ", \"repeats\": %zu, \"folds\": %zu, \"candidates\": %zu", r->n_repeats,
                r->n_folds, r->n_candidates);
  ml_buf_printf(out, ", \"done\": %zu, \"failed\": %zu", r->n_done, r->n_failed);
  put_numbers(s, "mean", c->mean, out);
  put_numbers(s, "sd", c->sd, out);
  put_numbers(s, "pooled", c->pooled, out);
  if (r->holdout && !r->holdout->error) put_numbers(s, "holdout", r->holdout->scores, out);
  ml_buf_puts(out, "}");
}

static void put_warnings(const ml_xval_result *r, ml_buf *out) {
  ml_buf_puts(out, ",\n\"warnings\": [");
  for (size_t i = 0; i < r->n_warnings; i++) {
    ml_buf_puts(out, i ? ", " : "");
    ml_buf_json_string(out, r->warnings[i]);
  }
  ml_buf_puts(out, "]");
}

void train__json(const trained *t, ml_buf *out) {
  const xval_shown *s = t->shown;
  const ml_dataset *data = s->result->data;
  size_t n_needed;
  (void)ml_pipeline_features(t->pipeline, &n_needed);
  ml_buf_printf(out, "{\"schema\": %d", SCHEMA);
  put_string("input", t->input, out);
  ml_buf_printf(out, ", \"rows\": %zu, \"features\": %zu, \"needed\": %zu", data->n_rows,
                data->n_features, n_needed);
  put_string("target", xval__target(s), out);
  put_string("task", s->result->problem == ML_REGRESSION ? "regression" : "classification", out);
  put_string("model", s->result->model->name, out);
  xval__json_params(s->result->model, ml_pipeline_params(t->pipeline), out);
  put_string("prep", s->asked->prep_text, out);
  ml_buf_printf(out, ", \"seed\": %llu", (unsigned long long)s->result->seed);
  put_validation(s, out);
  put_warnings(s->result, out);
  put_string("output", t->output, out);
  ml_buf_printf(out, ", \"bytes\": %zu, \"workers\": %zu, \"seconds\": %.3f}\n", t->n_bytes,
                t->n_workers, t->seconds);
}
