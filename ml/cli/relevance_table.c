/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The relevance table of a selection, as CSV and as JSON. */
#include "relevance.h"

#include <math.h>
#include <string.h>

#include "select_picture.h"

/* All forms go through the same cells, so that header, rows and keys agree. */
typedef enum form { HEADER, ROW, OBJECT } form;

typedef struct table {
  ml_buf *out;
  form form;
  size_t n_cells; /* of this row */
  ml_buf key;     /* of the cell, if it is that of a class */
} table;

/* @return whether a value is to follow */
static bool begin_cell(table *t, const char *key, const char *label) {
  if (label) {
    ml_buf_clear(&t->key);
    ml_buf_printf(&t->key, "%s_%s", key, label);
    ml_buf_put(&t->key, "", 1);
    if (t->key.failed) return false;
    key = t->key.data;
  }
  if (t->n_cells++) ml_buf_puts(t->out, t->form == OBJECT ? ", " : ",");
  if (t->form == HEADER) ml_buf_csv_cell(t->out, key);
  if (t->form == OBJECT) {
    ml_buf_json_string(t->out, key);
    ml_buf_puts(t->out, ": ");
  }
  return t->form != HEADER;
}

static void put_text(table *t, const char *key, const char *text) {
  if (!begin_cell(t, key, NULL)) return;
  if (t->form == ROW)
    ml_buf_csv_cell(t->out, text ? text : "");
  else if (text)
    ml_buf_json_string(t->out, text);
  else
    ml_buf_puts(t->out, "null");
}

static void put_number(table *t, const char *key, const char *label, double value) {
  if (!begin_cell(t, key, label)) return;
  if (t->form == OBJECT)
    ml_buf_json_number(t->out, value);
  else if (!isnan(value))
    ml_buf_number(t->out, value);
}

static void put_count(table *t, const char *key, size_t n) {
  if (begin_cell(t, key, NULL)) ml_buf_printf(t->out, "%zu", n);
}

static void put_bool(table *t, const char *key, const char *label, bool value) {
  static const char *const words[2][2] = {{"False", "True"}, {"false", "true"}};
  if (begin_cell(t, key, label)) ml_buf_puts(t->out, words[t->form == OBJECT][value]);
}

static void put_classes(table *t, const cli_pictured *s, const ml_relevance *f) {
  for (size_t c = 0; c < s->selection->n_classes; c++) {
    const char *label = s->target->labels[c];
    const ml_class_relevance nothing = {NAN, NAN, false};
    const ml_class_relevance *of = f->classes ? &f->classes[c] : &nothing;
    put_number(t, "p_value", label, of->p_value);
    put_number(t, "threshold", label, of->threshold);
    put_bool(t, "relevant", label, of->is_relevant);
  }
  if (s->selection->n_classes > 0) put_count(t, "n_significant", f->n_significant);
}

static void put_feature(table *t, const cli_pictured *s, const ml_relevance *f) {
  char *const *names = s->features->columns;
  t->n_cells = 0;
  put_text(t, "feature", names[f->column]);
  put_text(t, "type", picture__types[f->type]);
  put_text(t, "test", f->test[0] ? f->test : NULL);
  put_number(t, "p_value", NULL, f->p_value);
  put_number(t, "threshold", NULL, f->threshold);
  put_bool(t, "relevant", NULL, f->is_relevant);
  if (s->opts->redundancy > 0)
    put_text(t, "redundant_with", f->redundant_with == SIZE_MAX ? NULL : names[f->redundant_with]);
  put_classes(t, s, f);
}

static void put_csv(table *t, const cli_pictured *s) {
  const ml_selection *selection = s->selection;
  t->form = HEADER;
  if (selection->n > 0) put_feature(t, s, &selection->features[0]);
  ml_buf_puts(t->out, "\n");
  t->form = ROW;
  for (size_t i = 0; i < selection->n; i++) {
    put_feature(t, s, &selection->features[i]);
    ml_buf_puts(t->out, "\n");
  }
}

static void put_json(table *t, const cli_pictured *s) {
  t->form = OBJECT;
  ml_buf_puts(t->out, "[");
  for (size_t i = 0; i < s->selection->n; i++) {
    ml_buf_puts(t->out, i ? ",\n{" : "\n{");
    put_feature(t, s, &s->selection->features[i]);
    ml_buf_puts(t->out, "}");
  }
  ml_buf_puts(t->out, "]\n");
}

ml_status relevance__table(const cli_pictured *selected, bool is_json, ml_buf *out, ml_error *err) {
  table t = {.out = out};
  if (is_json)
    put_json(&t, selected);
  else
    put_csv(&t, selected);
  bool failed = out->failed || t.key.failed;
  ml_buf_release(&t.key);
  return failed ? ml_error_memory(err) : ML_OK;
}
