/* SPDX-License-Identifier: GPL-3.0-or-later */
/* --drift: in what the columns of new data differ from those that were learnt from. What is needed
 * and not there is an error before; here is what is there and not needed. */
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "predict.h"

/* ---- collecting ------------------------------------------------------------------------------ */

static bool add(schema_names *names, const char *name) {
  char **items = reallocarray(names->items, names->n + 1, sizeof *items);
  if (!items) return false;
  names->items = items;
  items[names->n] = strdup(name);
  if (!items[names->n]) return false;
  names->n++;
  return true;
}

static bool is_same(const char *a, const char *b) {
  return a && b && strcmp(a, b) == 0;
}

static bool is_feature(const ml_pipeline *p, const char *name) {
  size_t n;
  const char *const *names = ml_pipeline_features(p, &n);
  size_t j = 0;
  while (j < n && strcmp(names[j], name) != 0) j++;
  return j < n;
}

static bool is_kind(const ml_pipeline *p, const char *name) {
  const ml_fresh_settings *settings = ml_pipeline_settings(p);
  const char *kind;
  for (size_t i = 0; (kind = ml_fresh_settings_kind(settings, i)); i++)
    if (strcmp(kind, name) == 0) return true;
  return false;
}

static bool is_needed(const ml_pipeline *p, const char *id, const char *name) {
  const ml_series_opts *o = ml_pipeline_columns(p);
  if (is_same(name, id ? id : ml_pipeline_id(p)) || is_same(name, ml_pipeline_target(p)))
    return true;
  if (!ml_pipeline_settings(p)) return is_feature(p, name);
  if (is_same(name, o->sort ? o->sort : "time")) return true;
  return o->value ? is_same(name, o->kind) || is_same(name, o->value) : is_kind(p, name);
}

static ml_status find_columns(const ml_pipeline *p, const char *id, const ml_csv *csv,
                              drift_schema *out, ml_error *err) {
  out->is_known = true;
  for (size_t j = 0; j < ml_csv_n_columns(csv); j++) {
    const char *name = ml_csv_column(csv, j);
    if (*name && !is_needed(p, id, name) && !add(&out->columns, name)) return ml_error_memory(err);
  }
  return ML_OK;
}

/* Of the long shape, whose kinds are in a column. */
static ml_status find_kinds(const ml_pipeline *p, ml_csv *csv, drift_schema *out, ml_error *err) {
  const char *kind = ml_pipeline_columns(p)->kind;
  const ml_csv_want want = {.column = kind ? ml_csv_find(csv, kind) : SIZE_MAX, .type = ML_LABEL};
  ml_table *table;
  if (!ml_pipeline_settings(p) || want.column == SIZE_MAX) return ML_OK;
  ml_status status = ml_csv_read(csv, &want, 1, &table, err);
  if (status != ML_OK) return status;
  const ml_column *c = &table->columns[0];
  for (size_t k = 0; k < c->n_labels && status == ML_OK; k++)
    if (!is_kind(p, c->labels[k]) && !add(&out->kinds, c->labels[k])) status = ml_error_memory(err);
  ml_table_free(table);
  return status;
}

/* What comes through a pipe has been read already. */
static bool can_be_read_again(const char *path) {
  struct stat st;
  return !cli__is_stdio(path) && stat(path, &st) == 0 && S_ISREG(st.st_mode) &&
         !cli__ends_in(path, ".npy");
}

ml_status predict__schema(const ml_pipeline *pipeline, const char *path, const char *id,
                          char delimiter, drift_schema *out, ml_error *err) {
  const ml_csv_opts opts = {.delimiter = delimiter};
  ml_csv *csv;
  if (!can_be_read_again(path)) return ML_OK;
  ml_status status = ml_csv_open(path, &opts, &csv, err);
  if (status != ML_OK) return status;
  status = find_columns(pipeline, id, csv, out, err);
  if (status == ML_OK) status = find_kinds(pipeline, csv, out, err);
  ml_csv_close(csv);
  return status;
}

static void release_names(schema_names *names) {
  for (size_t i = 0; i < names->n; i++) free(names->items[i]);
  free((void *)names->items);
  *names = (schema_names){0};
}

void predict__release_schema(drift_schema *schema) {
  release_names(&schema->columns);
  release_names(&schema->kinds);
}

/* ---- categories ------------------------------------------------------------------------------ */

/* New labels follow those of training. @param are_new  else those of training that no row has */
static void each_category(const ml_pipeline *p, const ml_dataset *data, size_t j, bool are_new,
                          void (*put)(const char *label, size_t n_before, ml_buf *out),
                          ml_buf *out) {
  const ml_levels *levels = data->categories ? &data->categories[j] : NULL;
  size_t n_known = 0, n_put = 0;
  if (!levels || levels->n == 0) return;
  (void)ml_pipeline_categories(p, j, &n_known);
  bool *is_there = calloc(levels->n + 1, sizeof *is_there);
  const double *x = data->x + j * data->n_rows;
  for (size_t i = 0; is_there && i < data->n_rows; i++)
    if (!isnan(x[i])) is_there[(size_t)x[i]] = true;
  for (size_t k = 0; is_there && k < levels->n; k++)
    if (is_there[k] == are_new && (k >= n_known) == are_new) put(levels->labels[k], n_put++, out);
  if (!is_there) out->failed = true;
  free(is_there);
}

/* ---- text ------------------------------------------------------------------------------------ */

enum { SHOWN = 10 };

static void put_word(const char *name, size_t n_before, ml_buf *out) {
  if (n_before == SHOWN) ml_buf_puts(out, ", ...");
  if (n_before >= SHOWN) return;
  ml_buf_puts(out, n_before ? ", " : "");
  ml_buf_csv_cell(out, *name ? name : "\"\"");
}

static void put_words(const char *what, const schema_names *names, ml_buf *out) {
  if (names->n == 0) return;
  ml_buf_printf(out, "%zu %s%s that the model does not use: ", names->n, what,
                cli__plural(names->n));
  for (size_t i = 0; i < names->n; i++) put_word(names->items[i], i, out);
  ml_buf_puts(out, "\n");
}

static void put_line(const char *feature, const char *what, ml_buf *words, ml_buf *out) {
  if (words->failed) out->failed = true;
  if (words->n > 0) {
    ml_buf_csv_cell(out, feature);
    ml_buf_printf(out, ": %s: ", what);
    ml_buf_put(out, words->data, words->n);
    ml_buf_puts(out, "\n");
  }
  ml_buf_release(words);
}

void predict__schema_text(const ml_pipeline *pipeline, const ml_dataset *data,
                          const drift_schema *schema, ml_buf *out) {
  size_t n;
  const char *const *names = ml_pipeline_features(pipeline, &n);
  put_words("column", &schema->columns, out);
  put_words("kind", &schema->kinds, out);
  for (size_t j = 0; j < n; j++) {
    ml_buf words = {0};
    each_category(pipeline, data, j, true, put_word, &words);
    put_line(names[j], "categories that training did not have", &words, out);
    words = (ml_buf){0};
    each_category(pipeline, data, j, false, put_word, &words);
    put_line(names[j], "categories of training that no row has", &words, out);
  }
}

/* ---- JSON ------------------------------------------------------------------------------------ */

static void put_string(const char *name, size_t n_before, ml_buf *out) {
  ml_buf_puts(out, n_before ? ", " : "");
  ml_buf_json_string(out, name);
}

static void put_list(const char *key, const schema_names *names, bool is_known, ml_buf *out) {
  ml_buf_printf(out, ", \"%s\": %s", key, is_known ? "[" : "null");
  for (size_t i = 0; i < names->n; i++) put_string(names->items[i], i, out);
  if (is_known) ml_buf_puts(out, "]");
}

void predict__schema_json(const drift_schema *schema, ml_buf *out) {
  put_list("unused_columns", &schema->columns, schema->is_known, out);
  put_list("unused_kinds", &schema->kinds, schema->is_known, out);
}

void predict__categories_json(const ml_pipeline *pipeline, const ml_dataset *data, size_t j,
                              ml_buf *out) {
  size_t n;
  if (!ml_pipeline_categories(pipeline, j, &n)) return;
  ml_buf_puts(out, ", \"new_categories\": [");
  each_category(pipeline, data, j, true, put_string, out);
  ml_buf_puts(out, "], \"absent_categories\": [");
  each_category(pipeline, data, j, false, put_string, out);
  ml_buf_puts(out, "]");
}
