/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Truth and predictions from files: classes or numbers, in the order of the truth. */
#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <ml/number.h>

#include "score_internal.h"

/* The different texts of a column, as numbers. */
typedef struct texts {
  const score_file *file;
  const ml_column *column; /* NULL: there is none */
  double *values;          /* n_labels */
  csv_number_kind *kinds;
  bool are_numbers, are_whole;
} texts;

typedef struct building {
  const ml_score_opts *opts;
  const score_file *truth, *predicted;
  const size_t *rows; /* of the truth for each of the predictions; NULL: the same */
  size_t n;
  texts of_truth, of_prediction;
  ml_score *out;
  ml_error *err;
} building;

static size_t place(const building *b, size_t row) {
  return b->rows ? b->rows[row] : row;
}

static ml_status look_at(const score_file *file, score_role role, texts *t, ml_error *err) {
  const ml_column *column = score__column(file, role);
  *t = (texts){.file = file, .column = column, .are_numbers = true, .are_whole = true};
  if (!column) return ML_OK;
  t->values = reallocarray(NULL, column->n_labels, sizeof *t->values);
  t->kinds = reallocarray(NULL, column->n_labels, sizeof *t->kinds);
  if (!t->values || !t->kinds) return ml_error_memory(err);
  for (size_t k = 0; k < column->n_labels; k++) {
    const char *text = column->labels[k];
    t->kinds[k] = csv__number(text, strlen(text), &t->values[k]);
    t->are_numbers &= t->kinds[k] == CSV_NUMBER;
    t->are_whole &= t->values[k] == floor(t->values[k]);
  }
  return ML_OK;
}

static void release(texts *t) {
  free(t->values);
  free(t->kinds);
}

static ml_problem find_problem(const building *b) {
  const texts *y = &b->of_truth;
  if (b->opts->problem != ML_PROBLEM_AUTO) return b->opts->problem;
  if (b->predicted->n_shares > 0 || !y->are_numbers) return ML_CLASSIFICATION;
  bool is_few = y->are_whole && y->column->n_labels <= ML_CLASSES_MAX;
  return is_few && b->of_prediction.are_whole ? ML_CLASSIFICATION : ML_REGRESSION;
}

/* ---- numbers ------------------------------------------------------------------------------- */

static ml_status fail_number(const texts *t, size_t row, ml_error *err) {
  static const char *const words[] = {[CSV_NUMBER] = "",
                                      [CSV_MISSING] = "missing value",
                                      [CSV_INFINITE] = "infinite value",
                                      [CSV_TOO_LARGE] = "too large for a double:",
                                      [CSV_NO_NUMBER] = "expected a number, found"};
  char shown[CSV_QUOTE_MAX];
  uint32_t code = t->column->label[row];
  const char *text = t->column->labels[code];
  return ml_error_at(err, ML_ERR_PARSE, t->file->names.source, score__line(t->file, row), 0,
                     "%s \"%s\" in column \"%s\"", words[t->kinds[code]],
                     csv__quote(text, strlen(text), shown), t->column->name);
}

static ml_status take_numbers(const building *b, const texts *t, double **out) {
  bool is_placed = t->file == b->predicted;
  *out = reallocarray(NULL, b->n, sizeof **out);
  if (!*out) return ml_error_memory(b->err);
  for (size_t i = 0; i < b->n; i++) {
    uint32_t code = t->column->label[i];
    if (t->kinds[code] != CSV_NUMBER) return fail_number(t, i, b->err);
    (*out)[is_placed ? place(b, i) : i] = t->values[code];
  }
  return ML_OK;
}

static ml_status build_numbers(const building *b) {
  if (!b->of_prediction.column)
    return ml_error_at(b->err, ML_ERR_USAGE, b->predicted->names.source, 0, 0,
                       "no column of the predictions: --prediction names it");
  ml_status status = take_numbers(b, &b->of_truth, &b->out->y);
  if (status == ML_OK) status = take_numbers(b, &b->of_prediction, &b->out->y_pred);
  b->out->scored.y = b->out->y;
  b->out->scored.y_pred = b->out->y_pred;
  return status;
}

/* ---- classes ------------------------------------------------------------------------------- */

/* Names of classes, wherever they are: of the truth, the predictions, the probabilities, and of
 * --positive. Numbers are compared as such. */
typedef struct class_names {
  const char **cells;
  char (*numbers)[ML_NUMBER_MAX];
  size_t n, first_prediction, first_share, positive; /* where those are */
} class_names;

static void put_column(class_names *names, const ml_column *column) {
  for (size_t k = 0; column && k < column->n_labels; k++)
    names->cells[names->n++] = column->labels[k];
}

static const char *share_class(const score_file *f, size_t k) {
  return f->table->columns[f->first_share + k].name + strlen(f->share);
}

/* All of them written alike, if they are numbers. */
static void unify(class_names *names) {
  double value;
  for (size_t i = 0; i < names->n; i++)
    if (csv__number(names->cells[i], strlen(names->cells[i]), &value) != CSV_NUMBER) return;
  for (size_t i = 0; i < names->n; i++) {
    (void)csv__number(names->cells[i], strlen(names->cells[i]), &value);
    ml_number_format(value == 0 ? 0 : value, names->numbers[i]);
    names->cells[i] = names->numbers[i];
  }
}

static ml_status gather_names(const building *b, class_names *names) {
  const score_file *f = b->predicted;
  const texts *p = &b->of_prediction;
  size_t most =
      b->of_truth.column->n_labels + (p->column ? p->column->n_labels : 0) + f->n_shares + 1;
  names->cells = calloc(most, sizeof *names->cells);
  names->numbers = calloc(most, sizeof *names->numbers);
  if (!names->cells || !names->numbers) return ml_error_memory(b->err);
  put_column(names, b->of_truth.column);
  names->first_prediction = names->n;
  put_column(names, p->column);
  names->first_share = names->n;
  for (size_t k = 0; k < f->n_shares; k++) names->cells[names->n++] = share_class(f, k);
  names->positive = names->n;
  if (b->opts->positive) names->cells[names->n++] = b->opts->positive;
  unify(names);
  return ML_OK;
}

/* The class of --positive must be one of two, and comes last. */
static ml_status put_positive_last(const building *b, const class_names *names) {
  ml_levels *classes = &b->out->classes;
  if (!b->opts->positive) return ML_OK;
  bool is_there = false;
  uint32_t positive = classes->codes[names->positive];
  for (size_t i = 0; i < names->positive; i++) is_there |= classes->codes[i] == positive;
  if (!is_there) return ml_error_set(b->err, ML_ERR_USAGE, "no class '%.60s'", b->opts->positive);
  if (classes->n != 2)
    return ml_error_set(b->err, ML_ERR_USAGE, "a positive class is one of two; there %s %zu",
                        classes->n == 1 ? "is" : "are", classes->n);
  if (positive == 1) return ML_OK;
  char *first = classes->labels[0];
  classes->labels[0] = classes->labels[1];
  classes->labels[1] = first;
  for (size_t i = 0; i < names->n; i++) classes->codes[i] ^= 1;
  return ML_OK;
}

/* Margins, as support vector machines have them, are negative on one side, unless they say what
 * they are. */
static bool are_margins(const score_file *f, size_t n) {
  if (f->share && strcmp(f->share, SCORE_MARGINS) == 0) return true;
  for (size_t k = 0; k < f->n_shares; k++)
    for (size_t i = 0; i < n; i++)
      if (f->table->columns[f->first_share + k].number[i] < 0) return true;
  return false;
}

static ml_status check_shares(const building *b, const uint32_t *class_of) {
  const score_file *f = b->predicted;
  for (size_t k = 0; k < f->n_shares; k++)
    for (size_t i = 0; i < b->n; i++) {
      double share = f->table->columns[f->first_share + k].number[i];
      if (share > 1)
        return ml_error_at(b->err, ML_ERR_PARSE, f->names.source, 0, 0,
                           "probability %.10g of class \"%.60s\" is not between 0 and 1", share,
                           b->out->classes.labels[class_of[k]]);
    }
  return ML_OK;
}

static ml_status take_probabilities(const building *b, const uint32_t *class_of) {
  const score_file *f = b->predicted;
  size_t n_classes = b->out->classes.n;
  double *p = calloc(b->n, n_classes * sizeof *p);
  bool *has = calloc(n_classes, sizeof *has);
  b->out->probabilities = p;
  bool is_margin = are_margins(f, b->n);
  ml_status status = !p || !has  ? ml_error_memory(b->err)
                     : is_margin ? ML_OK
                                 : check_shares(b, class_of);
  b->out->scored.are_probabilities = !is_margin;
  for (size_t k = 0; k < f->n_shares && status == ML_OK; k++) {
    const ml_column *share = &f->table->columns[f->first_share + k];
    size_t c = class_of[k];
    if (has[c])
      status = ml_error_at(b->err, ML_ERR_PARSE, f->names.source, 0, 0,
                           "more than one column of probabilities of class \"%.60s\"",
                           b->out->classes.labels[c]);
    has[c] = true;
    for (size_t i = 0; i < b->n && status == ML_OK; i++) {
      double *row = p + place(b, i) * n_classes;
      row[c] = share->number[i];
      if (n_classes == 2 && f->n_shares == 1) row[1 - c] = is_margin ? -row[c] : 1 - row[c];
    }
  }
  free(has);
  return status;
}

static ml_status take_classes(const building *b, const texts *t, const uint32_t *class_of,
                              uint32_t **out) {
  bool is_placed = t->file == b->predicted;
  *out = reallocarray(NULL, b->n, sizeof **out);
  if (!*out) return ml_error_memory(b->err);
  for (size_t i = 0; i < b->n; i++)
    (*out)[is_placed ? place(b, i) : i] = class_of[t->column->label[i]];
  return ML_OK;
}

static ml_status take_predicted(const building *b, const class_names *names) {
  ml_score *out = b->out;
  if (b->of_prediction.column)
    return take_classes(b, &b->of_prediction, out->classes.codes + names->first_prediction,
                        &out->predicted_classes);
  out->predicted_classes = reallocarray(NULL, b->n, sizeof *out->predicted_classes);
  if (!out->predicted_classes) return ml_error_memory(b->err);
  ml_predict_classes(out->probabilities, b->n, out->classes.n, out->predicted_classes);
  return ML_OK;
}

static ml_status fill_classes(const building *b, const class_names *names) {
  ml_score *out = b->out;
  ml_status status = ml_levels_make(names->cells, names->n, &out->classes, b->err);
  if (status == ML_OK) status = put_positive_last(b, names);
  if (status == ML_OK)
    status = take_classes(b, &b->of_truth, out->classes.codes, &out->true_classes);
  if (status == ML_OK && b->predicted->n_shares > 0)
    status = take_probabilities(b, out->classes.codes + names->first_share);
  if (status == ML_OK) status = take_predicted(b, names);
  free(out->classes.codes); /* they are of names, not of rows */
  out->classes.codes = NULL;
  out->scored.classes = out->true_classes;
  out->scored.predicted = out->predicted_classes;
  out->scored.scores = out->probabilities;
  out->scored.n_classes = out->classes.n;
  out->scored.labels = out->classes.labels;
  return status;
}

static ml_status build_classes(const building *b) {
  class_names names = {0};
  ml_status status = gather_names(b, &names);
  if (status == ML_OK) status = fill_classes(b, &names);
  free((void *)names.cells);
  free(names.numbers);
  return status;
}

/* ---- the whole ----------------------------------------------------------------------------- */

static ml_status take_weights(const building *b) {
  bool is_placed = !score__column(b->truth, SCORE_WEIGHT);
  const score_file *file = is_placed ? b->predicted : b->truth;
  const ml_column *column = score__column(file, SCORE_WEIGHT);
  if (!column) return ML_OK;
  b->out->weights = reallocarray(NULL, b->n, sizeof *b->out->weights);
  if (!b->out->weights) return ml_error_memory(b->err);
  for (size_t i = 0; i < b->n; i++) {
    if (column->number[i] < 0)
      return ml_error_at(b->err, ML_ERR_PARSE, file->names.source, score__line(file, i), 0,
                         "weight \"%s\" is negative", column->name);
    b->out->weights[is_placed ? place(b, i) : i] = column->number[i];
  }
  b->out->scored.weights = b->out->weights;
  return ML_OK;
}

static bool copy_name(const ml_column *column, char **out) {
  return !column || (*out = strdup(column->name)) != NULL;
}

static ml_status build(building *b) {
  ml_score *out = b->out;
  ml_status status = look_at(b->truth, SCORE_TRUTH, &b->of_truth, b->err);
  if (status == ML_OK) status = look_at(b->predicted, SCORE_PREDICTION, &b->of_prediction, b->err);
  if (status != ML_OK) return status;
  out->scored.problem = find_problem(b);
  out->scored.n = b->n;
  status = out->scored.problem == ML_REGRESSION ? build_numbers(b) : build_classes(b);
  if (status == ML_OK) status = take_weights(b);
  if (status == ML_OK && !(copy_name(b->of_truth.column, &out->target) &&
                           copy_name(b->of_prediction.column, &out->prediction) &&
                           (b->truth == b->predicted ||
                            copy_name(score__column(b->predicted, SCORE_ID), &out->joined_by))))
    status = ml_error_memory(b->err);
  return status;
}

static ml_status read_both(building *b, const char *truth, const char *predictions,
                           score_file files[2]) {
  score_file *f = &files[0], *t = truth ? &files[1] : f;
  size_t *rows = NULL;
  ml_status status = score__open(truth, predictions, b->opts, t, f, b->err);
  if (status == ML_OK) status = score__read(f, b->err);
  if (status == ML_OK && t != f) status = score__read(t, b->err);
  if (status == ML_OK) status = score__join(t, f, &rows, b->err);
  b->truth = t;
  b->predicted = f;
  b->rows = rows;
  if (status == ML_OK) b->n = t->table->n_rows;
  if (status == ML_OK) status = build(b);
  free(rows);
  return status;
}

ml_status ml_score_read(const char *truth, const char *predictions, const ml_score_opts *opts,
                        ml_score **out, ml_error *err) {
  static const ml_score_opts defaults;
  assert(predictions && out);
  score_file files[2] = {0};
  building b = {.opts = opts ? opts : &defaults, .out = calloc(1, sizeof *b.out), .err = err};
  ml_status status = b.out ? read_both(&b, truth, predictions, files) : ml_error_memory(err);
  release(&b.of_truth);
  release(&b.of_prediction);
  score__close(&files[0]);
  score__close(&files[1]);
  if (status == ML_OK)
    *out = b.out;
  else
    ml_score_free(b.out);
  return status;
}

void ml_score_free(ml_score *score) {
  if (!score) return;
  ml_levels_release(&score->classes);
  free(score->true_classes);
  free(score->predicted_classes);
  free(score->y);
  free(score->y_pred);
  free(score->probabilities);
  free(score->weights);
  free(score->target);
  free(score->prediction);
  free(score->joined_by);
  free(score);
}
