/* SPDX-License-Identifier: GPL-3.0-or-later */
/* metrics.json of a run: the scores of what was chosen. */
#include <math.h>

#include "run_folder.h"

enum { SCHEMA = 1 };

static void put_string(const char *key, const char *text, ml_buf *out) {
  ml_buf_printf(out, ",\n\"%s\": ", key);
  ml_buf_json_string(out, text);
}

static void put_number(const char *key, double value, ml_buf *out) {
  ml_buf_printf(out, ", \"%s\": ", key);
  ml_buf_json_number(out, value);
}

static double fold_score(const ml_fold_result *fold, size_t m) {
  return fold->state == ML_FOLD_DONE ? fold->scores[m] : NAN;
}

static double outer_score(const ml_outer_result *outer, size_t m) {
  return outer->scores && !outer->error ? outer->scores[m] : NAN;
}

/* @param c  NULL: of a nested search, whose folds have each a winner */
static void put_folds(const ml_xval_result *r, const ml_candidate_result *c, size_t m,
                      ml_buf *out) {
  const size_t n = c ? r->n_folds : r->n_outer;
  ml_buf_puts(out, ", \"folds\": [");
  for (size_t f = 0; f < n; f++) {
    ml_buf_puts(out, f ? ", " : "");
    ml_buf_json_number(out, c ? fold_score(&c->folds[f], m) : outer_score(&r->outer[f], m));
  }
  ml_buf_puts(out, "]");
}

static void put_metric(const xval_shown *s, const ml_candidate_result *c, size_t m, ml_buf *out) {
  const ml_xval_result *r = s->result;
  double mean, sd;
  ml_buf_puts(out, m ? ",\n  {\"name\": " : "\n  {\"name\": ");
  ml_buf_json_string(out, s->metrics[m]);
  if (!c) xval__outer_mean(s, m, &mean, &sd);
  put_number("mean", c ? c->mean[m] : mean, out);
  put_number("sd", c ? c->sd[m] : sd, out);
  if (c) put_number("pooled", c->pooled[m], out);
  if (r->holdout) put_number("holdout", outer_score(r->holdout, m), out);
  put_folds(r, c, m, out);
  ml_buf_puts(out, "}");
}

void run_folder__metrics(const xval_shown *s, ml_buf *out) {
  const ml_xval_result *r = s->result;
  const ml_candidate_result *c = xval__winner(s);
  const bool is_scored = c || r->n_outer > 0;
  ml_buf_printf(out, "{\"schema\": %d", SCHEMA);
  put_string("input", s->input, out);
  ml_buf_printf(out, ",\n\"rows\": %zu,\n\"features\": %zu", r->data->n_rows, r->data->n_features);
  put_string("target", xval__target(s), out);
  put_string("task", r->problem == ML_REGRESSION ? "regression" : "classification", out);
  put_string("model", r->model->name, out);
  put_string("cv", r->cv, out);
  ml_buf_printf(out, ",\n\"repeats\": %zu,\n\"folds\": %zu,\n\"candidates\": %zu", r->n_repeats,
                r->n_outer > 0 ? r->n_outer : r->n_folds, r->n_candidates);
  ml_buf_puts(out, ",\n\"metrics\": [");
  for (size_t m = 0; is_scored && m < r->n_metrics; m++) put_metric(s, c, m, out);
  ml_buf_puts(out, is_scored && r->n_metrics > 0 ? "\n]}\n" : "]}\n");
}
