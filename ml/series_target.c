/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The columns of the target and of attributes: one text for each id. */
#include <stdlib.h>
#include <string.h>

#include <ml/csv_internal.h>
#include <ml/series_internal.h>

enum { NONE = UINT32_MAX };

typedef struct targets {
  const ml_csv *csv;
  const char *what; /* the column is */
  const ml_column *column;
  uint32_t *of; /* code of each id; NONE: not seen yet */
  const ml_series_set *set;
  ml_error *err;
} targets;

static const char *quote(const targets *t, uint32_t code, char *buf) {
  const char *text = t->column->labels[code];
  return csv__quote(text, strlen(text), buf);
}

static ml_status fail_change(const targets *t, uint32_t id, size_t row) {
  char first[CSV_QUOTE_MAX], second[CSV_QUOTE_MAX];
  return ml_error_at(
      t->err, ML_ERR_PARSE, csv__source_of_row(t->csv, row), csv__line_of_row(t->csv, row), 0,
      "%s \"%.60s\" of id %.60s is \"%s\" here, and \"%s\" before; there must be one "
      "value for each id",
      t->what, t->column->name, t->set->ids[id], quote(t, t->column->label[row], second),
      quote(t, t->of[id], first));
}

static ml_status see_rows(const targets *t, uint32_t id, size_t from, size_t to) {
  for (size_t i = from; i < to; i++) {
    uint32_t code = t->column->label[i];
    if (t->of[id] == NONE) t->of[id] = code;
    if (t->of[id] != code) return fail_change(t, id, i);
  }
  return ML_OK;
}

static ml_status see_all(const targets *t, const uint32_t *id) {
  const csv_run *runs = t->csv->runs;
  size_t n_runs = t->csv->n_runs, n_rows = t->set->n_rows, at = 0;
  ml_status status = ML_OK;
  if (!id && n_runs == 0) return see_rows(t, 0, 0, n_rows);
  for (size_t i = 0; id && i < n_rows && status == ML_OK; i++)
    status = see_rows(t, id[i], i, i + 1);
  for (size_t r = 0; !id && r < n_runs && status == ML_OK; at += runs[r++].n)
    status = see_rows(t, runs[r].code, at, at + runs[r].n);
  return status;
}

/* The texts stay where they are. */
static void keep(targets *t, ml_column *column, series_attribute *out) {
  out->of = t->of;
  out->texts = column->labels;
  out->n_texts = column->n_labels;
  out->storage = column->label_text;
  t->of = NULL;
  column->labels = NULL;
  column->label_text = NULL;
  column->n_labels = 0;
}

ml_status series__make_attribute(const ml_csv *csv, ml_column *column, const char *what,
                                 const uint32_t *id, const ml_series_set *set,
                                 series_attribute *out, ml_error *err) {
  targets t = {.csv = csv, .what = what, .column = column, .set = set, .err = err};
  t.of = malloc(set->n_ids * sizeof *t.of);
  ml_status status = t.of ? ML_OK : ml_error_memory(err);
  for (size_t i = 0; status == ML_OK && i < set->n_ids; i++) t.of[i] = NONE;
  if (status == ML_OK) status = see_all(&t, id);
  if (status == ML_OK) keep(&t, column, out);
  free(t.of);
  return status;
}

void series__attribute_release(series_attribute *attribute) {
  free(attribute->name);
  free(attribute->of);
  free(attribute->texts);
  free(attribute->storage);
}
