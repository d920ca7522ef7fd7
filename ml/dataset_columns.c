/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Columns of a dataset that are no features: targets, weights, levels, times, ids. */
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <ml/csv_internal.h>
#include <ml/labels.h>
#include <ml/number.h>

#include "dataset_internal.h"

ml_status dataset__fail_row(const dataset_column *c, size_t row, ml_error *err, const char *format,
                            ...) {
  char message[ML_ERROR_MESSAGE_MAX], id[CSV_QUOTE_MAX];
  const target_column *t = &c->column;
  va_list args;
  va_start(args, format);
  vsnprintf(message, sizeof message, format, args);
  va_end(args);
  if (c->csv)
    return ml_error_at(err, ML_ERR_PARSE, t->source, csv__line_of_row(c->csv, row), 0, "%s",
                       message);
  if (t->ids)
    return ml_error_at(err, ML_ERR_PARSE, t->source, 0, 0, "%s for id \"%s\"", message,
                       csv__quote(t->ids[row], strlen(t->ids[row]), id));
  return ml_error_at(err, ML_ERR_PARSE, t->source, 0, 0, "%s in row %zu", message, row + 1);
}

static const char *name_of(const target_column *t, char buf[CSV_QUOTE_MAX]) {
  return csv__quote(t->name, strlen(t->name), buf);
}

static size_t first_row_of(const target_column *t, size_t text) {
  size_t row = 0;
  while (row + 1 < t->n && t->codes[row] != text) row++;
  return row;
}

/* ---- levels ---- */

/* A copy of a text without the blanks around it. */
static bool put_trimmed(labels *to, const char *text, uint32_t *code) {
  size_t n = csv__trim(&text, strlen(text));
  *code = labels__put(to, text, n);
  return *code != LABELS_FULL;
}

/* The texts of a column of numbers, which have the codes as they appear. */
static bool put_numbers(labels *to, const target_column *t, uint32_t *codes) {
  char text[ML_NUMBER_MAX];
  for (size_t i = 0; i < t->n; i++) {
    size_t n = ml_number_format(t->numbers[i] == 0 ? 0 : t->numbers[i], text);
    codes[i] = labels__put(to, text, n);
    if (codes[i] == LABELS_FULL) return false;
  }
  return true;
}

static bool put_texts(labels *to, const target_column *t, uint32_t *codes) {
  uint32_t *code_of = reallocarray(NULL, t->n_texts + 1, sizeof *code_of);
  bool ok = code_of != NULL;
  for (size_t k = 0; ok && k < t->n_texts; k++) ok = put_trimmed(to, t->texts[k], &code_of[k]);
  for (size_t i = 0; ok && i < t->n; i++) codes[i] = code_of[t->codes[i]];
  free(code_of);
  return ok;
}

ml_status dataset__take_levels(const dataset_column *c, ml_levels *out, ml_error *err) {
  const target_column *t = &c->column;
  labels all = {0};
  char **texts = NULL, *storage = NULL;
  uint32_t *codes = reallocarray(NULL, t->n + 1, sizeof *codes);
  bool ok = codes && (t->numbers ? put_numbers(&all, t, codes) : put_texts(&all, t, codes));
  const size_t n = all.n;
  ok = ok && labels__take(&all, &texts, &storage);
  ml_status status = ok ? levels__make(texts, n, codes, t->n, out, err) : ml_error_memory(err);
  labels__release(&all);
  free(texts);
  free(storage);
  free(codes);
  return status;
}

/* ---- the target ---- */

/* What all cells of a target are. */
typedef struct target_shape {
  bool has_texts, has_booleans, has_numbers;
  bool is_whole;      /* each of the numbers */
  bool is_short;      /* at most ML_CLASSES_MAX different numbers */
  size_t text;        /* the first that is no number at all */
  target_cell *cells; /* of the texts; NULL: numbers */
  size_t bad;         /* row of the first cell that is missing or infinite; SIZE_MAX: none */
  bool bad_is_infinite;
} target_shape;

/* Count different values as long as they may be classes. */
static void note_value(target_shape *s, double seen[ML_CLASSES_MAX], size_t *n_seen, double value) {
  s->has_numbers = true;
  s->is_whole &= value == trunc(value);
  for (size_t k = 0; k < *n_seen; k++)
    if (seen[k] == value) return;
  s->is_short &= *n_seen < ML_CLASSES_MAX;
  if (s->is_short) seen[(*n_seen)++] = value;
}

static void note_bad(target_shape *s, size_t row, bool is_infinite) {
  if (row >= s->bad) return;
  s->bad = row;
  s->bad_is_infinite = is_infinite;
}

static void look_at_numbers(const target_column *t, target_shape *s) {
  double seen[ML_CLASSES_MAX];
  size_t n_seen = 0;
  for (size_t i = 0; i < t->n; i++) {
    if (!isfinite(t->numbers[i]))
      note_bad(s, i, isinf(t->numbers[i]));
    else if (s->is_whole && s->is_short)
      note_value(s, seen, &n_seen, t->numbers[i]);
  }
}

static void look_at_texts(const target_column *t, target_shape *s) {
  double seen[ML_CLASSES_MAX];
  size_t n_seen = 0;
  for (size_t k = 0; k < t->n_texts; k++) {
    target_kind kind = s->cells[k].kind;
    if (kind == TARGET_TEXT && !s->has_texts) s->text = k;
    s->has_texts |= kind == TARGET_TEXT;
    s->has_booleans |= kind == TARGET_BOOLEAN;
    if (kind < TARGET_BOOLEAN) note_value(s, seen, &n_seen, s->cells[k].value);
  }
  /* Among texts, none and inf are words as all others. */
  const bool are_texts = s->has_texts || (s->has_booleans && s->has_numbers);
  for (size_t k = 0; k < t->n_texts && !are_texts; k++) {
    target_kind kind = s->cells[k].kind;
    if (kind == TARGET_MISSING || kind == TARGET_INFINITE)
      note_bad(s, first_row_of(t, k), kind == TARGET_INFINITE);
  }
  s->has_texts = are_texts;
}

static ml_status look_at(const dataset_column *c, target_shape *s, ml_error *err) {
  const target_column *t = &c->column;
  char name[CSV_QUOTE_MAX];
  *s = (target_shape){.is_whole = true, .is_short = true, .bad = SIZE_MAX};
  if (!t->numbers) {
    s->cells = calloc(t->n_texts + 1, sizeof *s->cells);
    if (!s->cells) return ml_error_memory(err);
    for (size_t k = 0; k < t->n_texts; k++) s->cells[k] = target__read_cell(t->texts[k]);
    look_at_texts(t, s);
  } else {
    look_at_numbers(t, s);
  }
  if (s->bad == SIZE_MAX) return ML_OK;
  return dataset__fail_row(c, s->bad, err, "target \"%s\" %s", name_of(t, name),
                           s->bad_is_infinite ? "is infinite" : "has no value");
}

static ml_status take_values(const dataset_column *c, const target_shape *s, ml_dataset *data,
                             ml_error *err) {
  const target_column *t = &c->column;
  char name[CSV_QUOTE_MAX], shown[CSV_QUOTE_MAX];
  if (s->has_texts) {
    const char *text = t->texts[s->text];
    return dataset__fail_row(c, first_row_of(t, s->text), err,
                             "target \"%s\" is to be numbers for a regression, but is \"%s\"",
                             name_of(t, name), csv__quote(text, strlen(text), shown));
  }
  data->y = reallocarray(NULL, t->n, sizeof *data->y);
  if (!data->y) return ml_error_memory(err);
  for (size_t i = 0; i < t->n; i++)
    data->y[i] = t->numbers ? t->numbers[i] : s->cells[t->codes[i]].value;
  return ML_OK;
}

static ml_status take_classes(const dataset_column *c, ml_dataset *data, ml_error *err) {
  char name[CSV_QUOTE_MAX], label[CSV_QUOTE_MAX];
  ml_status status = dataset__take_levels(c, &data->classes, err);
  if (status != ML_OK || data->classes.n > 1) return status;
  return ml_error_at(err, ML_ERR_PARSE, c->column.source, 0, 0,
                     "target \"%s\" has one class only, \"%s\"", name_of(&c->column, name),
                     csv__quote(data->classes.labels[0], strlen(data->classes.labels[0]), label));
}

ml_status dataset__take_target(const dataset_column *c, ml_problem problem, ml_dataset *data,
                               ml_error *err) {
  target_shape shape;
  ml_status status = look_at(c, &shape, err);
  const bool are_classes =
      shape.has_texts || shape.has_booleans || (shape.is_whole && shape.is_short);
  data->problem = problem ? problem : are_classes ? ML_CLASSIFICATION : ML_REGRESSION;
  if (status == ML_OK && !(data->target = strdup(c->column.name))) status = ml_error_memory(err);
  if (status == ML_OK)
    status = data->problem == ML_CLASSIFICATION ? take_classes(c, data, err)
                                                : take_values(c, &shape, data, err);
  free(shape.cells);
  return status;
}

/* ---- weights, times, ids ---- */

static double *copy_numbers(const target_column *t) {
  double *copy = reallocarray(NULL, t->n, sizeof *copy);
  if (copy) memcpy(copy, t->numbers, t->n * sizeof *copy);
  return copy;
}

ml_status dataset__take_weights(const dataset_column *c, ml_dataset *data, ml_error *err) {
  const target_column *t = &c->column;
  char name[CSV_QUOTE_MAX];
  bool has_any = false;
  for (size_t i = 0; i < t->n; i++) {
    const double w = t->numbers[i];
    if (!isfinite(w) || w < 0)
      return dataset__fail_row(c, i, err, "weight \"%s\" is %s", name_of(t, name),
                               isnan(w)   ? "missing"
                               : isinf(w) ? "infinite"
                                          : "negative");
    has_any |= w > 0;
  }
  if (!has_any)
    return ml_error_at(err, ML_ERR_PARSE, t->source, 0, 0, "all weights \"%s\" are 0",
                       name_of(t, name));
  data->weights = copy_numbers(t);
  return data->weights ? ML_OK : ml_error_memory(err);
}

ml_status dataset__check_times(const dataset_column *start, const ml_dataset *data, ml_error *err) {
  char name[CSV_QUOTE_MAX];
  for (size_t i = 0; i < data->n_rows && data->start && data->end; i++)
    if (data->start[i] > data->end[i])
      return dataset__fail_row(start, i, err, "start \"%s\" is after the end",
                               name_of(&start->column, name));
  return ML_OK;
}

static ml_status fail_twice(const dataset_column *c, const size_t twice[2], ml_error *err) {
  char shown[CSV_QUOTE_MAX];
  const char *id = c->column.ids[twice[1]];
  csv__quote(id, strlen(id), shown);
  if (!c->csv)
    return ml_error_at(err, ML_ERR_PARSE, c->column.source, 0, 0, "id \"%s\" is there twice",
                       shown);
  return ml_error_at(err, ML_ERR_PARSE, c->column.source, csv__line_of_row(c->csv, twice[1]), 0,
                     "id \"%s\" is in line %zu already; --id \"\" says that the column is no id",
                     shown, csv__line_of_row(c->csv, twice[0]));
}

ml_status dataset__take_ids(const dataset_column *c, const char *name, ml_dataset *data,
                            ml_error *err) {
  uint32_t *by_id;
  size_t twice[2];
  bool are_numbers;
  data->id = strdup(name);
  data->ids = dataset__copy_texts((const char *const *)c->column.ids, c->column.n);
  if (!data->id || !data->ids) return ml_error_memory(err);
  ml_status status = features__order(c->column.ids, c->column.n, &by_id, &are_numbers, twice, err);
  free(by_id);
  return status == ML_OK && twice[0] != SIZE_MAX ? fail_twice(c, twice, err) : status;
}
