/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The features on the page of mltool train: which the model needs, their p-values, and the best of
 * them against the target. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "select_picture.h"
#include "train_picture.h"

enum { N_GLIMPSES = 12, NUMBER_MAX = 24 };

struct train_features {
  const trained *t;
  const ml_dataset *data;
  const char **names;          /* features */
  char (*numbers)[NUMBER_MAX]; /* what they are called if they have none */
  bool *are_chosen;            /* features: the model needs them */
  double *importance;          /* features; NaN: not known */
  bool has_importance;
  size_t n_chosen;

  ml_matrix matrix; /* of the columns of numbers */
  size_t *feature;  /* of each of its columns */
  size_t *n_odd;    /* its values that are missing or infinite */
  ml_select_opts opts;
  bool has_rules; /* a step has selected by them */
  bool has_mean;  /* missing values are replaced by the mean, else by the median */
  ml_target *made, target;
  ml_selection *selection; /* NULL: there are no p-values */
  char why[ML_ERROR_MESSAGE_MAX];

  size_t *order; /* all features: by p-value, then those without one, then texts */
};

static bool is_text(const ml_dataset *data, size_t j) {
  return data->categories && data->categories[j].n > 0;
}

/* ---- what the model needs ------------------------------------------------------------------ */

static ml_status make_names(train_features *f, ml_error *err) {
  size_t n = f->data->n_features;
  f->numbers = calloc(n + 1, sizeof *f->numbers);
  f->names = calloc(n + 1, sizeof *f->names);
  f->are_chosen = calloc(n + 1, sizeof *f->are_chosen);
  f->importance = calloc(n + 1, sizeof *f->importance);
  f->order = calloc(n + 1, sizeof *f->order);
  if (!f->numbers || !f->names || !f->are_chosen || !f->importance || !f->order)
    return ml_error_memory(err);
  for (size_t j = 0; j < n; j++) {
    snprintf(f->numbers[j], NUMBER_MAX, "x%zu", j);
    f->names[j] = f->data->names ? f->data->names[j] : f->numbers[j];
  }
  return ML_OK;
}

/* Those of a pipeline are in the order of the data. */
static void find_chosen(train_features *f) {
  size_t n, k = 0;
  const char *const *names = ml_pipeline_features(f->t->pipeline, &n);
  for (size_t j = 0; j < f->data->n_features && k < n; j++) {
    f->are_chosen[j] = strcmp(f->names[j], names[k]) == 0;
    k += f->are_chosen[j];
  }
  f->n_chosen = k;
}

/* ---- p-values ------------------------------------------------------------------------------- */

static ml_status make_matrix(train_features *f, ml_error *err) {
  const ml_dataset *data = f->data;
  ml_matrix *m = &f->matrix;
  size_t n = data->n_rows, size;
  *m = (ml_matrix){.n_rows = n, .by_column = true};
  if (__builtin_mul_overflow(n, data->n_features, &size) ||
      __builtin_mul_overflow(size, sizeof *m->values, &size))
    return ml_error_memory(err);
  m->values = malloc(size + 1);
  m->columns = calloc(data->n_features + 1, sizeof *m->columns);
  f->feature = calloc(data->n_features + 1, sizeof *f->feature);
  f->n_odd = calloc(data->n_features + 1, sizeof *f->n_odd);
  if (!m->values || !m->columns || !f->feature || !f->n_odd) return ml_error_memory(err);
  for (size_t j = 0; j < data->n_features; j++) {
    if (is_text(data, j)) continue;
    memcpy(m->values + m->n_columns * n, data->x + j * n, n * sizeof *m->values);
    m->columns[m->n_columns] = (char *)(uintptr_t)f->names[j];
    f->feature[m->n_columns++] = j;
  }
  return ML_OK;
}

static double mean_of(const double *x, size_t n) {
  double sum = 0;
  size_t m = 0;
  for (size_t i = 0; i < n; i++) m += isfinite(x[i]) != 0;
  for (size_t i = 0; i < n; i++)
    if (isfinite(x[i])) sum += x[i] / (double)m;
  return sum;
}

/* As the step `impute` does. */
static ml_status impute(train_features *f, ml_error *err) {
  static const char by_mean[] = "impute=mean";
  const char *steps = f->t->shown->asked->prep_text;
  ml_matrix *m = &f->matrix;
  ml_impute_range *ranges = calloc(m->n_columns + 1, sizeof *ranges);
  ml_status status =
      ranges ? ml_impute_learn(m, ranges, f->n_odd, f->t->watch, err) : ml_error_memory(err);
  f->has_mean = steps && strncmp(steps, by_mean, sizeof by_mean - 1) == 0;
  for (size_t k = 0; f->has_mean && status == ML_OK && k < m->n_columns; k++)
    ranges[k].median = mean_of(m->values + k * m->n_rows, m->n_rows);
  if (status == ML_OK) ml_impute(m, ranges);
  free(ranges);
  return status;
}

/* The classes as they are. */
static void take_classes(train_features *f) {
  const ml_dataset *data = f->data;
  f->target = (ml_target){.name = (char *)(uintptr_t)xval__target(f->t->shown),
                          .type = ML_TARGET_TEXT,
                          .problem = ML_CLASSIFICATION,
                          .n = data->n_rows,
                          .classes = data->classes.codes,
                          .labels = data->classes.labels,
                          .n_classes = data->classes.n};
}

static ml_status make_target(train_features *f, ml_error *err) {
  const ml_dataset *data = f->data;
  if (data->problem == ML_REGRESSION) {
    ml_status status = ml_target_from_numbers(xval__target(f->t->shown), data->y, data->n_rows,
                                              ML_REGRESSION, &f->made, err);
    if (status == ML_OK) f->target = *f->made;
    return status;
  }
  take_classes(f);
  if (data->classes.n < 2) return ml_error_set(err, ML_ERR_PARSE, "there is one class only");
  return ML_OK;
}

/* The tests of KX take more than two classes for numbers. */
static ml_status take_numbers(train_features *f, ml_error *err) {
  const ml_levels *classes = &f->data->classes;
  if (f->opts.test != ML_SELECT_KX || classes->n <= 2 || f->data->problem == ML_REGRESSION)
    return ML_OK;
  const char **cells = calloc(f->data->n_rows + 1, sizeof *cells);
  if (!cells) return ml_error_memory(err);
  for (size_t i = 0; i < f->data->n_rows; i++) cells[i] = classes->labels[classes->codes[i]];
  ml_status status = ml_target_from_texts(xval__target(f->t->shown), cells, f->data->n_rows, NULL,
                                          ML_CLASSIFICATION, NULL, &f->made, err);
  free(cells);
  if (status == ML_OK) f->target = *f->made;
  return status;
}

static ml_status test(train_features *f, ml_error *err) {
  f->has_rules = ml_prep_rules(f->t->shown->asked->prep, &f->opts);
  ml_status status = make_target(f, err);
  if (status == ML_OK) status = take_numbers(f, err);
  if (status == ML_OK && f->matrix.n_columns == 0)
    status = ml_error_set(err, ML_ERR_PARSE, "there is no column of numbers");
  if (status == ML_OK)
    status =
        ml_select(&f->matrix, &f->target, &f->opts, f->t->exec, f->t->watch, &f->selection, err);
  if (status != ML_ERR_PARSE && status != ML_ERR_USAGE) return status;
  snprintf(f->why, sizeof f->why, "%s", err->message);
  *err = (ml_error){0};
  return ML_OK; /* of such a target there are none */
}

static void make_order(train_features *f) {
  const ml_selection *s = f->selection;
  size_t n = 0;
  for (size_t k = 0; k < f->matrix.n_columns; k++)
    f->order[n++] = s ? f->feature[s->features[k].column] : f->feature[k];
  for (size_t j = 0; j < f->data->n_features; j++)
    if (is_text(f->data, j)) f->order[n++] = j;
}

ml_status features__new(const trained *t, const train_importance *importance, train_features **out,
                        ml_error *err) {
  train_features *f = calloc(1, sizeof *f);
  if (!f) return ml_error_memory(err);
  f->t = t;
  f->data = t->shown->result->data;
  ml_status status = make_names(f, err);
  if (status == ML_OK) find_chosen(f);
  if (status == ML_OK && importance) {
    f->has_importance = importance__is_known(importance);
    importance__find(importance, f->names, f->data->n_features, f->importance);
  }
  if (status == ML_OK) status = make_matrix(f, err);
  if (status == ML_OK) status = impute(f, err);
  if (status == ML_OK) status = test(f, err);
  if (status == ML_OK) {
    make_order(f);
    *out = f;
  } else {
    features__free(f);
  }
  return status;
}

void features__free(train_features *f) {
  if (!f) return;
  free(f->numbers);
  free(f->names);
  free(f->are_chosen);
  free(f->importance);
  free(f->matrix.values);
  free(f->matrix.columns);
  free(f->feature);
  free(f->n_odd);
  free(f->order);
  ml_selection_free(f->selection);
  ml_target_free(f->made);
  free(f);
}

/* ---- as JSON --------------------------------------------------------------------------------- */

static const ml_relevance *relevance_of(const train_features *f, size_t feature) {
  for (size_t k = 0; f->selection && k < f->selection->n; k++)
    if (f->feature[f->selection->features[k].column] == feature) return &f->selection->features[k];
  return NULL;
}

void features__json(const train_features *f, ml_buf *out) {
  const char *comma = "";
  ml_buf_printf(out, "{\"schema\": 1,\n\"n\": %zu,\n\"features\": [", f->n_chosen);
  for (size_t j = 0; j < f->data->n_features; j++) {
    if (!f->are_chosen[j]) continue;
    const ml_relevance *r = f->has_rules ? relevance_of(f, j) : NULL;
    ml_buf_printf(out, "%s\n  {\"name\": ", comma);
    ml_buf_json_string(out, f->names[j]);
    if (r) {
      ml_buf_printf(out, ", \"test\": \"%s\", \"p_value\": ", r->test);
      ml_buf_json_number(out, r->p_value);
    }
    ml_buf_puts(out, "}");
    comma = ",";
  }
  ml_buf_puts(out, *comma ? "\n]}\n" : "]}\n");
}

/* ---- small plots ---------------------------------------------------------------------------- */

/* Of those that are chosen, the ones with the least p-values. */
static size_t n_glimpses(const train_features *f) {
  size_t n = 0;
  for (size_t k = 0; f->selection && k < f->selection->n; k++)
    n += f->are_chosen[f->feature[f->selection->features[k].column]];
  return n < N_GLIMPSES ? n : N_GLIMPSES;
}

static ml_status put_glimpses(const train_features *f, const cli_pictured *p, ml_buf *out,
                              ml_error *err) {
  glimpses *g = NULL;
  size_t n = n_glimpses(f);
  if (n == 0) return ML_OK;
  ml_status status = glimpse__new(p, &g, err);
  if (status != ML_OK) return status;
  train__begin_section(out, "best", "Chosen features against the target");
  ml_buf_printf(out, "<p class=\"dim\">%s%zu of %zu, by their p-values. ",
                n < f->n_chosen ? "The best " : "All ", n, f->n_chosen);
  glimpse__legend(p, out);
  ml_buf_puts(out, "</p>\n<div class=\"glimpses\">\n");
  for (size_t k = 0; k < f->selection->n && n > 0; k++) {
    const ml_relevance *one = &f->selection->features[k];
    if (!f->are_chosen[f->feature[one->column]]) continue;
    glimpse__draw(g, one, out);
    n--;
  }
  ml_buf_puts(out, "</div>");
  train__end_section(out);
  glimpse__free(g);
  return ML_OK;
}

/* All p-values with their threshold, where a step has selected by it. */
static ml_status put_pictures(const train_features *f, ml_buf *out, ml_error *err) {
  const cli_pictured p = {f->t->shown->input, &f->matrix, &f->target, &f->opts, f->selection};
  if (!f->selection) return ML_OK;
  if (f->has_rules) {
    train__begin_section(out, "p-values", "P-values");
    picture__plot(&p, false, out);
    train__end_section(out);
  }
  return put_glimpses(f, &p, out, err);
}

/* ---- the table ------------------------------------------------------------------------------ */

static void put_p(sheet *to, const char *name, double p) {
  ml_buf text = {0};
  picture__p(&text, p); /* "&lt; 1e-300" */
  ml_buf_put(&text, "", 1);
  if (text.failed) to->out->failed = true;
  ml_buf_puts(&to->text, text.failed ? "" : *text.data == '&' ? "< 1e-300" : text.data);
  ml_buf_release(&text);
  sheet__end_cell(to, "", name, SHEET_NUMBER, p);
}

static void put_real(sheet *to, const char *name, double value) {
  if (isfinite(value))
    ml_buf_printf(&to->text, "%.4g", value);
  else
    ml_buf_puts(&to->text, "\xe2\x80\x93");
  sheet__end_cell(to, "", name, SHEET_NUMBER, value);
}

static void put_missing(const train_features *f, sheet *to, size_t feature) {
  const double *x = f->data->x + feature * f->data->n_rows;
  size_t n = 0;
  for (size_t i = 0; i < f->data->n_rows; i++) n += !isfinite(x[i]);
  sheet__put_count(to, "missing", n);
}

static void put_row(sheet *to, const void *ctx, size_t row) {
  const train_features *f = ctx;
  size_t feature = f->order[row];
  bool has_p = f->selection && row < f->selection->n;
  const ml_relevance *r = has_p ? &f->selection->features[row] : NULL;
  if (f->selection) sheet__put_count(to, "#", row + 1);
  sheet__put_words(to, "feature", SHEET_NAME, f->names[feature]);
  sheet__put_words(to, "chosen", SHEET_WORDS, f->are_chosen[feature] ? "yes" : "no");
  sheet__put_words(to, "type", SHEET_WORDS,
                   r                           ? picture__types[r->type]
                   : is_text(f->data, feature) ? "text"
                                               : "");
  if (f->selection) {
    sheet__put_words(to, "test", SHEET_WORDS, r && *r->test ? r->test : "\xe2\x80\x93");
    put_p(to, "p-value", r ? r->p_value : NAN);
    if (f->has_rules) put_p(to, "threshold", r ? r->threshold : NAN);
  }
  if (f->has_importance) put_real(to, "importance", f->importance[feature]);
  put_missing(f, to, feature);
}

static bool is_chosen(const void *ctx, size_t row) {
  const train_features *f = ctx;
  return f->are_chosen[f->order[row]];
}

static void put_words(const train_features *f, ml_buf *out) {
  ml_buf_printf(out, "<p class=\"dim\">%zu of %zu features are what the model needs. ", f->n_chosen,
                f->data->n_features);
  if (!f->selection) {
    ml_buf_puts(out, "There are no p-values: ");
    ml_buf_xml_text(out, f->why);
    ml_buf_puts(out, ".</p>\n");
    return;
  }
  ml_buf_printf(out, "P-values are those of all rows, with the %s in place of missing values",
                f->has_mean ? "mean" : "median");
  ml_buf_puts(out, f->has_rules
                       ? "; each fold of the cross-validation has selected by those of its "
                         "own training rows.</p>\n"
                       : "; nothing was selected by them.</p>\n");
}

ml_status features__put(const train_features *f, ml_buf *out, ml_error *err) {
  const sheet_rows rows = {
      .n = f->data->n_features, .put = put_row, .is_marked = is_chosen, .ctx = f};
  ml_status status = put_pictures(f, out, err);
  if (status != ML_OK) return status;
  train__begin_section(out, "features", "Features");
  put_words(f, out);
  train__put_sheet(out, "features", "chosen only", &rows);
  train__end_section(out);
  return ML_OK;
}
