/* SPDX-License-Identifier: GPL-3.0-or-later */
/* New data, as the training data were read: series, whose features are extracted, or a table. */
#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <ml/dataset_internal.h>
#include <ml/name_list.h>
#include <ml/series_internal.h>

#include "stream.h"

/* ---- series -----------------------------------------------------------------------------------
 */

static bool has_kind(const ml_series_set *set, const char *kind) {
  const size_t n = ml_series_n_kinds(set);
  size_t k = 0;
  while (k < n && strcmp(ml_series_kind(set, k), kind) != 0) k++;
  return k < n;
}

/* Of the wide shape, kinds are columns and were there. */
static ml_status fail_kinds(name_list *missing, const char *path, ml_error *err) {
  if (missing->n == 0) return ML_OK;
  return ml_error_at(err, ML_ERR_PARSE, path, 0, 0, "no row has the kind%s %s",
                     missing->n == 1 ? "" : "s", name_list__text(missing));
}

static ml_status check_kinds(const ml_pipeline *p, const ml_series_set *set, const char *path,
                             ml_error *err) {
  name_list missing = {0};
  const char *kind;
  for (size_t i = 0; (kind = ml_fresh_settings_kind(p->settings, i)); i++)
    if (!has_kind(set, kind)) name_list__add(&missing, kind);
  return fail_kinds(&missing, path, err);
}

ml_status read__check_kinds(const ml_pipeline *p, const bool *are_there, const char *source,
                            ml_error *err) {
  name_list missing = {0};
  const char *kind;
  for (size_t i = 0; (kind = ml_fresh_settings_kind(p->settings, i)); i++)
    if (!are_there[i]) name_list__add(&missing, kind);
  return fail_kinds(&missing, source, err);
}

/* Features that need dates are not there without them. */
static ml_status check_columns(const ml_pipeline *p, const ml_matrix *matrix, const char *path,
                               ml_error *err) {
  bool same = matrix->n_columns == p->n_features;
  for (size_t j = 0; j < p->n_features && same; j++)
    same = strcmp(matrix->columns[j], p->names[j]) == 0;
  if (same) return ML_OK;
  return ml_error_at(err, ML_ERR_PARSE, path, 0, 0, "these series do not have all features");
}

static ml_status name_source(const char *path, ml_dataset *data, ml_error *err) {
  data->source = strdup(path);
  return data->source ? ML_OK : ml_error_memory(err);
}

static ml_status extract(const ml_pipeline *p, const ml_series_set *set, const char *source,
                         const ml_watch *watch, ml_exec *exec, ml_dataset **out, ml_error *err) {
  ml_matrix *matrix = NULL;
  ml_status status = check_kinds(p, set, source, err);
  if (status == ML_OK) status = ml_fresh_extract(set, p->settings, exec, watch, &matrix, err);
  if (status == ML_ERR_USAGE && err) {
    const ml_error why = *err;
    status = ml_error_at(err, ML_ERR_PARSE, source, 0, 0, "%s", why.message);
  }
  if (status == ML_OK) status = check_columns(p, matrix, source, err);
  if (status == ML_OK) status = ml_dataset_of_matrix(matrix, NULL, exec, out, err);
  ml_matrix_free(matrix);
  return status;
}

ml_status ml_pipeline_extract(const ml_pipeline *pipeline, const ml_series_set *set, ml_exec *exec,
                              const ml_watch *watch, ml_dataset **out, ml_error *err) {
  assert(pipeline && set && out);
  if (!pipeline->is_series)
    return ml_error_set(err, ML_ERR_USAGE, "the model has learnt from a table, not from series");
  return extract(pipeline, set, NULL, watch, exec, out, err);
}

static ml_series_opts series_opts(const ml_pipeline *p, const ml_pipeline_read_opts *opts) {
  ml_series_opts columns = p->columns;
  if (opts->id) columns.id = opts->id;
  columns.delimiter = opts->delimiter;
  columns.watch = opts->watch;
  return columns;
}

static ml_status read_series(const ml_pipeline *p, const char *path,
                             const ml_pipeline_read_opts *opts, ml_exec *exec, ml_dataset **out,
                             ml_error *err) {
  ml_series_set *set = NULL;
  const ml_series_opts columns = series_opts(p, opts);
  ml_status status = ml_series_read(path, &columns, &set, err);
  if (status == ML_OK) status = extract(p, set, path, opts->watch, exec, out, err);
  ml_series_free(set);
  return status;
}

/* What this part lacks another part may have: such ids have features without a value. */
static ml_status add_kinds(const ml_pipeline *p, ml_series_set *set, bool *are_there,
                           ml_error *err) {
  const char *kind;
  for (size_t i = 0; (kind = ml_fresh_settings_kind(p->settings, i)); i++) {
    if (has_kind(set, kind))
      are_there[i] = true;
    else if (!series__add_kinds(set, &kind, 1))
      return ml_error_memory(err);
  }
  return ML_OK;
}

ml_status read__part_of_series(const ml_pipeline *p, const char *text, size_t n, const char *source,
                               const ml_pipeline_read_opts *opts, ml_exec *exec, bool *are_there,
                               ml_dataset **out, ml_error *err) {
  ml_series_set *set = NULL;
  ml_dataset *data = NULL;
  ml_series_opts columns = series_opts(p, opts);
  columns.watch = NULL; /* which has its own progress */
  ml_status status = ml_series_parse(text, n, source, &columns, &set, err);
  /* How many ids come together depends on the moment: the order must not. */
  if (status == ML_OK && !series__by_arrival(set)) status = ml_error_memory(err);
  if (status == ML_OK) status = add_kinds(p, set, are_there, err);
  if (status == ML_OK) status = extract(p, set, source, opts->watch, exec, &data, err);
  if (status == ML_OK) status = name_source(source, data, err);
  ml_series_free(set);
  if (status == ML_OK)
    *out = data;
  else
    ml_dataset_free(data);
  return status;
}

/* ---- tables -----------------------------------------------------------------------------------
 */

static bool has_numbers(const ml_dataset *data, size_t j) {
  const double *x = data->x + j * data->n_rows;
  size_t i = 0;
  while (i < data->n_rows && isnan(x[i])) i++;
  return i < data->n_rows;
}

static ml_status check_types(const ml_pipeline *p, const ml_dataset *data, ml_error *err) {
  name_list wrong[2] = {0};
  const char *text = NULL;
  for (size_t j = 0; j < p->n_features; j++) {
    const ml_levels *levels = data->categories ? &data->categories[j] : NULL;
    const bool is_text = levels && levels->n > 0;
    if (is_text == p->are_texts[j] || (!is_text && !has_numbers(data, j))) continue;
    name_list__add(&wrong[is_text], p->names[j]);
    if (is_text && !text) text = levels->labels[0];
  }
  char shown[CSV_QUOTE_MAX];
  if (wrong[1].n)
    return ml_error_at(err, ML_ERR_PARSE, data->source, 0, 0,
                       "the model has numbers in %s, and here are texts, such as \"%s\"",
                       name_list__text(&wrong[1]), csv__quote(text, strlen(text), shown));
  if (wrong[0].n)
    return ml_error_at(err, ML_ERR_PARSE, data->source, 0, 0,
                       "the model has texts in %s, and here are numbers",
                       name_list__text(&wrong[0]));
  return ML_OK;
}

/* Categories have the codes they were learnt with; those that nobody has learnt come behind. */
static ml_status map_codes(const pipeline_feature *f, ml_levels *levels, double *x, size_t n,
                           ml_error *err) {
  const char **labels = calloc(f->n_bins + levels->n + 1, sizeof *labels);
  double *code = calloc(levels->n + 1, sizeof *code);
  size_t n_labels = f->n_bins;
  for (size_t k = 0; labels && k < f->n_bins; k++) labels[k] = f->labels[k];
  for (size_t k = 0; labels && code && k < levels->n; k++) {
    size_t known = 0;
    while (known < f->n_bins && strcmp(f->labels[known], levels->labels[k]) != 0) known++;
    if (known == f->n_bins) labels[known = n_labels++] = levels->labels[k];
    code[k] = (double)known;
  }
  char **copies = labels && code ? dataset__copy_texts(labels, n_labels) : NULL;
  for (size_t i = 0; copies && i < n; i++)
    if (!isnan(x[i])) x[i] = code[(size_t)x[i]];
  free((void *)labels);
  free(code);
  if (!copies) return ml_error_memory(err);
  free(levels->labels);
  levels->labels = copies;
  levels->n = n_labels;
  return ML_OK;
}

static ml_status map_texts(const ml_pipeline *p, ml_dataset *data, ml_error *err) {
  ml_status status = ML_OK;
  for (size_t j = 0; j < p->n_features && status == ML_OK; j++) {
    if (!p->are_texts[j]) continue;
    if (!data->categories) data->categories = calloc(p->n_features, sizeof *data->categories);
    double *x = (double *)data->block->data + j * data->n_rows;
    status = data->categories
                 ? map_codes(&p->features[j], &data->categories[j], x, data->n_rows, err)
                 : ml_error_memory(err);
  }
  return status;
}

/* Rows need no ids: where the column is not there, they are numbered. */
ml_dataset_opts read__table_opts(const ml_pipeline *p, const ml_pipeline_read_opts *opts) {
  return (ml_dataset_opts){.id = opts->id ? opts->id
                                 : p->id  ? NULL
                                          : "",
                           .takes_infinite = true,
                           .delimiter = opts->delimiter,
                           .watch = opts->watch};
}

dataset_some read__columns(const ml_pipeline *p) {
  return (dataset_some){
      .names = p->names, .are_texts = p->are_texts, .n = p->n_features, .id = p->id};
}

/* Takes data. */
static ml_status finish_table(const ml_pipeline *p, ml_dataset *data, ml_dataset **out,
                              ml_error *err) {
  ml_status status = check_types(p, data, err);
  if (status == ML_OK) status = map_texts(p, data, err);
  if (status == ML_OK)
    *out = data;
  else
    ml_dataset_free(data);
  return status;
}

static ml_status read_table(const ml_pipeline *p, const char *path,
                            const ml_pipeline_read_opts *opts, ml_exec *exec, ml_dataset **out,
                            ml_error *err) {
  const dataset_some some = read__columns(p);
  const ml_dataset_opts how = read__table_opts(p, opts);
  ml_dataset *data;
  ml_status status = dataset__read(path, &how, &some, exec, &data, err);
  return status == ML_OK ? finish_table(p, data, out, err) : status;
}

ml_status read__part_of_table(const ml_pipeline *p, const char *text, size_t n, const char *source,
                              const ml_pipeline_read_opts *opts, ml_exec *exec, ml_dataset **out,
                              ml_error *err) {
  const dataset_some some = read__columns(p);
  ml_dataset_opts how = read__table_opts(p, opts);
  ml_dataset *data;
  how.watch = NULL;
  ml_status status = dataset__parse(text, n, source, &how, &some, exec, &data, err);
  return status == ML_OK ? finish_table(p, data, out, err) : status;
}

ml_status ml_pipeline_read(const ml_pipeline *pipeline, const char *path,
                           const ml_pipeline_read_opts *opts, ml_exec *exec, ml_dataset **out,
                           ml_error *err) {
  static const ml_pipeline_read_opts none;
  assert(pipeline && path && out);
  if (!opts) opts = &none;
  if (!pipeline->is_series) return read_table(pipeline, path, opts, exec, out, err);
  ml_dataset *data = NULL;
  ml_status status = read_series(pipeline, path, opts, exec, &data, err);
  if (status == ML_OK) status = name_source(path, data, err);
  if (status == ML_OK)
    *out = data;
  else
    ml_dataset_free(data);
  return status;
}
