/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A saved model for a person. */
#include <math.h>
#include <string.h>

#include "inspect.h"
#include "xval.h"
#include "xval_grid.h"

enum { SHOWN = 20 /* of names, and of columns without -v */, WIDTH = 100 };

/* ---- words ----------------------------------------------------------------------------------- */

static const char *text_of(const ml_value *dict, const char *name) {
  const ml_value *v = ml_value_find(dict, name);
  return v && v->type == ML_TYPE_STRING ? v->as.s.text : NULL;
}

static size_t count_of(const ml_value *dict, const char *name) {
  const ml_value *v = ml_value_find(dict, name);
  int64_t n = 0;
  return v && ml_value_as_int(v, &n) && n > 0 ? (size_t)n : 0;
}

/* ---- what it is ------------------------------------------------------------------------------ */

static void put_model(const inspected *m, ml_buf *out) {
  const ml_model *model = ml_pipeline_model(m->pipeline);
  const double *params = ml_pipeline_params(m->pipeline);
  ml_buf words = {0};
  ml_buf_puts(&words, model->name);
  for (size_t p = 0; p < model->n_params; p++) {
    ml_buf_printf(&words, "%s%s=", p ? ", " : ": ", model->params[p].name);
    ml_model_param_format(&model->params[p], params[p], &words);
  }
  xval__put_line("model", &words, out);
}

/* Classes with their rows of training. */
static void put_target(const inspected *m, const ml_value *data, ml_buf *out) {
  const ml_value *counts = ml_value_find(data, "classes"), *values = ml_value_find(data, "values");
  static const char *const names[] = {"min", "mean", "max"};
  size_t n;
  const char *const *classes = ml_pipeline_classes(m->pipeline, &n);
  ml_buf words = {0};
  xval__put_text(ml_pipeline_target(m->pipeline), &words);
  ml_buf_puts(&words, n ? ": classification, " : ": regression");
  if (n) ml_buf_printf(&words, "%zu classes (", n);
  for (size_t k = 0; k < n && k < SHOWN; k++) {
    ml_buf_puts(&words, k ? ", " : "");
    xval__put_text(classes[k], &words);
    if (counts) ml_buf_printf(&words, ": %zu", count_of(counts, classes[k]));
  }
  if (n) ml_buf_puts(&words, n > SHOWN ? ", ...)" : ")");
  for (size_t k = 0; n == 0 && values && k < 3; k++) {
    const ml_value *v = ml_value_find(values, names[k]);
    double x = NAN;
    if (!v || !ml_value_as_real(v, &x)) continue;
    ml_buf_printf(&words, "%s%s %.4g", k ? ", " : ": ", names[k], x);
  }
  xval__put_line("target", &words, out);
}

static void put_data(const ml_value *data, ml_buf *out) {
  const char *file = text_of(data, "file");
  const size_t n_rows = count_of(data, "rows"), n = count_of(data, "features");
  const ml_value *weighted = ml_value_find(data, "weighted");
  ml_buf words = {0};
  if (file) {
    xval__put_text(file, &words);
    ml_buf_puts(&words, ": ");
  }
  ml_buf_printf(&words, "%zu row%s, %zu feature%s", n_rows, cli__plural(n_rows), n, cli__plural(n));
  if (weighted && weighted->type == ML_TYPE_BOOL && weighted->as.b)
    ml_buf_puts(&words, ", with weights");
  xval__put_line("data", &words, out);
}

static void put_named(const char *what, const char *name, ml_buf *words) {
  if (!name || !*name) return;
  ml_buf_printf(words, "; %s ", what);
  xval__put_text(name, words);
}

static void put_kinds(const ml_fresh_settings *settings, ml_buf *words) {
  const char *kind;
  size_t n = 0;
  while (ml_fresh_settings_kind(settings, n)) n++;
  if (n > 0) ml_buf_printf(words, "; kind%s ", cli__plural(n));
  for (size_t i = 0; i < SHOWN && (kind = ml_fresh_settings_kind(settings, i)); i++) {
    ml_buf_puts(words, i ? ", " : "");
    xval__put_text(kind, words);
  }
  if (n > SHOWN) ml_buf_printf(words, " and %zu more", n - SHOWN);
}

static void put_window(const ml_window *w, ml_buf *words) {
  if (!w) return;
  if (w->rows)
    ml_buf_printf(words, "; windows of %zu rows", w->rows);
  else
    ml_buf_printf(words, "; windows of %g s", (double)w->span * 1e-9);
}

static void put_input(const inspected *m, ml_buf *out) {
  const ml_fresh_settings *settings = ml_pipeline_settings(m->pipeline);
  const ml_series_opts *columns = ml_pipeline_columns(m->pipeline);
  const char *id = ml_pipeline_id(m->pipeline);
  ml_buf words = {0};
  ml_buf_puts(&words, !settings ? "a table" : id && !*id ? "one series" : "series");
  put_named("ids in", id, &words);
  if (settings) {
    put_named("times in", columns->sort, &words);
    put_named("kinds in", columns->kind, &words);
    put_named("values in", columns->value, &words);
    put_kinds(settings, &words);
    put_window(columns->window, &words);
  }
  xval__put_line("reads", &words, out);
}

static void put_steps(const inspected *m, ml_buf *out) {
  const char *steps = ml_pipeline_steps(m->pipeline);
  ml_buf words = {0};
  ml_buf_puts(&words, steps ? "" : "none");
  if (steps) xval__put_text(steps, &words);
  xval__put_line("prep", &words, out);
}

static void put_scores(const ml_value *validation, ml_buf *out) {
  const ml_value *metrics = ml_value_find(validation, "metrics");
  ml_buf words = {0};
  for (size_t k = 0; metrics && k < metrics->as.l.n; k++) {
    const ml_value *metric = &metrics->as.l.values[k];
    const ml_value *mean = ml_value_find(metric, "mean"), *sd = ml_value_find(metric, "sd");
    const char *name = text_of(metric, "name");
    double x = NAN, y = NAN;
    const bool is_known = mean && ml_value_as_real(mean, &x);
    if (!is_known && (mean = ml_value_find(metric, "pooled"))) (void)ml_value_as_real(mean, &x);
    ml_buf_puts(&words, k ? ", " : "");
    if (name) xval__put_text(name, &words);
    if (isnan(x))
      ml_buf_puts(&words, " -");
    else
      ml_buf_printf(&words, " %.5f", x);
    if (is_known && sd && ml_value_as_real(sd, &y)) ml_buf_printf(&words, " +- %.5f", y);
  }
  xval__put_line("scores", &words, out);
}

static void put_validation(const ml_value *validation, ml_buf *out) {
  ml_buf words = {0};
  if (!validation || validation->type != ML_TYPE_DICT) {
    ml_buf_puts(&words, "none: it was fitted without cross-validation");
    xval__put_line("scores", &words, out);
    return;
  }
  const char *cv = text_of(validation, "cv");
  const size_t n = count_of(validation, "candidates");
  if (cv) xval__put_text(cv, &words);
  ml_buf_printf(&words, "%s%zu folds", cv ? ", " : "", count_of(validation, "folds"));
  if (n > 1) ml_buf_printf(&words, "; the best of %zu candidates", n);
  xval__put_line("folds", &words, out);
  put_scores(validation, out);
}

/* It was loaded by this build: that is all that has to fit. */
static void put_versions(const ml_value *about, ml_buf *out) {
  const char *version = text_of(about, "mltool");
  ml_buf words = {0};
  ml_buf_puts(&words, "mltool ");
  xval__put_text(version ? version : "?", &words);
  if (!version || strcmp(version, ml_version()) != 0)
    ml_buf_printf(&words, "; this is mltool %s, which reads it", ml_version());
  else
    ml_buf_puts(&words, ", as this is");
  xval__put_line("written", &words, out);
}

/* ---- what it has learnt ---------------------------------------------------------------------- */

static void put_table(const inspect_columns *c, size_t n, ml_buf *out) {
  const bool has_coefficient = c->n_rows > 0, has_class = c->classes && c->n_rows > 1;
  grid g = {0};
  grid__cell(&g, "importance");
  if (has_coefficient) grid__cell(&g, "coefficient");
  if (has_class) grid__cell(&g, "class");
  grid__cell(&g, "column");
  for (size_t j = 0; j < n; j++) {
    const inspect_column *item = &c->items[j];
    grid__cell(&g, "%.4g", item->importance);
    if (has_coefficient) grid__cell(&g, "%.4g", item->coefficient);
    if (has_class) {
      xval__put_text(c->classes[item->row], &g.cells);
      grid__end_cell(&g);
    }
    xval__put_text(item->name, &g.cells);
    grid__end_cell(&g);
  }
  grid__print(&g, 2 + (size_t)has_coefficient + has_class, out);
}

static void put_meaning(const char *is, ml_buf *out) {
  ml_buf words = {0};
  ml_buf_puts(&words, "importance: ");
  xval__put_text(is, &words);
  ml_buf_put(&words, "", 1);
  if (words.failed)
    out->failed = true;
  else
    cli__wrap(out, words.data, 0, 0, WIDTH);
  ml_buf_release(&words);
}

static void put_columns(const cli_call *cli, const inspected *m, ml_buf *out) {
  const inspect_columns *c = &m->columns;
  const size_t n = cli->common.verbose || c->n <= SHOWN ? c->n : SHOWN;
  put_table(c, n, out);
  if (n < c->n) ml_buf_printf(out, "and %zu smaller ones (-v shows all)\n", c->n - n);
  put_meaning(c->is, out);
  if (c->classes && c->n_rows == 1) {
    ml_buf_puts(out, "coefficients above 0: towards class '");
    xval__put_text(c->classes[0], out);
    ml_buf_puts(out, "'\n");
  }
  if (c->classes && c->n_rows > 1)
    ml_buf_puts(out, "of the coefficients of all classes, the largest is shown\n");
}

/* Of a model that says nothing of its columns. */
static void put_names(const cli_call *cli, const inspected *m, ml_buf *out) {
  size_t n;
  const char *const *names = ml_pipeline_features(m->pipeline, &n);
  const size_t n_shown = cli->common.verbose || n <= SHOWN ? n : SHOWN;
  for (size_t j = 0; j < n_shown; j++) {
    ml_buf_puts(out, "  ");
    xval__put_text(names[j], out);
    ml_buf_puts(out, "\n");
  }
  if (n_shown < n) ml_buf_printf(out, "  and %zu more (-v shows all)\n", n - n_shown);
}

static void put_features(const cli_call *cli, const inspected *m, ml_buf *out) {
  size_t n, n_columns = 0;
  (void)ml_pipeline_features(m->pipeline, &n);
  while (ml_pipeline_column(m->pipeline, n_columns)) n_columns++;
  ml_buf_printf(out, "\nneeds %zu feature%s", n, cli__plural(n));
  if (n_columns != n)
    ml_buf_printf(out, ", of which the steps make %zu column%s", n_columns, cli__plural(n_columns));
  ml_buf_puts(out, ":\n");
  (m->columns.is ? put_columns : put_names)(cli, m, out);
}

void inspect__text(const cli_call *cli, const inspected *m, ml_buf *out) {
  const ml_value *about = ml_pipeline_about(m->pipeline);
  const ml_value *data = ml_value_find(about, "data");
  put_model(m, out);
  put_target(m, data, out);
  put_data(data, out);
  put_input(m, out);
  put_steps(m, out);
  put_validation(ml_value_find(about, "validation"), out);
  put_versions(about, out);
  put_features(cli, m, out);
}
