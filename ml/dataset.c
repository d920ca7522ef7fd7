/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Datasets: reading by format, levels, and freeing both. */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include <ml/labels.h>
#include <ml/series_internal.h>

#include "dataset_internal.h"
#include "matrix_internal.h"

/* ---- levels ---- */

char **dataset__copy_texts(const char *const *texts, size_t n) {
  size_t size = (n + 1) * sizeof(char *);
  for (size_t i = 0; i < n; i++) size += strlen(texts[i]) + 1;
  char **copies = malloc(size);
  if (!copies) return NULL;
  char *to = (char *)(copies + n + 1);
  for (size_t i = 0; i < n; i++) {
    copies[i] = to;
    to = stpcpy(to, texts[i]) + 1;
  }
  copies[n] = NULL;
  return copies;
}

static bool fill_levels(char *const *texts, const series_ranking *ranking, const uint32_t *codes,
                        size_t n_rows, ml_levels *levels) {
  const char **sorted = calloc(ranking->n + 1, sizeof *sorted);
  for (size_t k = 0; sorted && k < ranking->n; k++) sorted[k] = texts[ranking->first[k]];
  levels->n = ranking->n;
  levels->labels = sorted ? dataset__copy_texts(sorted, ranking->n) : NULL;
  free((void *)sorted);
  levels->codes = reallocarray(NULL, n_rows ? n_rows : 1, sizeof *levels->codes);
  if (!levels->labels || !levels->codes) return false;
  for (size_t i = 0; i < n_rows; i++)
    levels->codes[i] = codes[i] == UINT32_MAX ? UINT32_MAX : ranking->rank[codes[i]];
  return true;
}

ml_status levels__make(char *const *texts, size_t n_texts, const uint32_t *codes, size_t n_rows,
                       ml_levels *out, ml_error *err) {
  series_ranking ranking = {0};
  ml_levels levels = {0};
  bool ok = series__rank(texts, n_texts, &ranking) &&
            fill_levels(texts, &ranking, codes, n_rows, &levels);
  series__ranking_release(&ranking);
  if (!ok) {
    ml_levels_release(&levels);
    return ml_error_memory(err);
  }
  *out = levels;
  return ML_OK;
}

ml_status ml_levels_make(const char *const *cells, size_t n_rows, ml_levels *out, ml_error *err) {
  assert((cells || n_rows == 0) && out);
  labels seen = {0};
  char **texts = NULL, *storage = NULL;
  uint32_t *codes = reallocarray(NULL, n_rows ? n_rows : 1, sizeof *codes);
  bool ok = codes != NULL;
  for (size_t i = 0; ok && i < n_rows; i++)
    ok = (codes[i] = labels__put(&seen, cells[i], strlen(cells[i]))) != LABELS_FULL;
  const size_t n = seen.n;
  ok = ok && labels__take(&seen, &texts, &storage);
  ml_status status = ok ? levels__make(texts, n, codes, n_rows, out, err) : ml_error_memory(err);
  labels__release(&seen);
  free(texts);
  free(storage);
  free(codes);
  return status;
}

void ml_levels_release(ml_levels *levels) {
  if (!levels) return;
  free(levels->labels);
  free(levels->codes);
  *levels = (ml_levels){0};
}

/* ---- datasets ---- */

features_ask dataset__ask(const ml_dataset_opts *opts, const dataset_some *some) {
  return (features_ask){.id = opts->id,
                        .target = opts->target_file ? NULL : opts->target,
                        .exclude = opts->exclude,
                        .no_features = opts->no_features,
                        .usual_id = some ? some->id : NULL,
                        .only = some ? some->names : NULL,
                        .n_only = some ? some->n : 0,
                        .may_lack_features = opts->may_lack_features,
                        .more = {[DATASET_WEIGHTS] = opts->weights,
                                 [DATASET_GROUPS] = opts->groups,
                                 [DATASET_PREDEFINED] = opts->predefined,
                                 [DATASET_START] = opts->start,
                                 [DATASET_END] = opts->end}};
}

static ml_status use_target(void *ctx, const target_column *column, ml_error *err) {
  ml_dataset *data = ctx;
  return dataset__take_target(&(dataset_column){.column = *column}, data->problem, data, err);
}

ml_status dataset__join_target(const ml_dataset_opts *opts, ml_dataset *data, ml_error *err) {
  const ml_target_opts target = {
      .name = opts->target, .delimiter = opts->delimiter, .watch = opts->watch};
  const ml_matrix rows = {.n_rows = data->n_rows, .rows = data->ids, .row_label = data->id};
  if (!data->ids)
    return ml_error_at(err, ML_ERR_USAGE, data->source, 0, 0,
                       "no column of ids, which a target of another file is joined by; --id names "
                       "it");
  data->problem = opts->problem;
  const target_join ask = {
      .path = opts->target_file, .opts = &target, .rows = &rows, .n_unused = &data->n_unused};
  return target__join(&ask, use_target, data, err);
}

static ml_dataset *new_dataset(const char *source) {
  ml_dataset *data = calloc(1, sizeof *data);
  if (data && (data->source = strdup(source))) return data;
  free(data);
  return NULL;
}

ml_status dataset__parse(const char *bytes, size_t n, const char *source,
                         const ml_dataset_opts *opts, const dataset_some *some, const ml_exec *exec,
                         ml_dataset **out, ml_error *err) {
  ml_dataset *data = new_dataset(source);
  if (!data) return ml_error_memory(err);
  ml_status status = dataset__parse_csv(bytes, n, source, opts, some, exec, data, err);
  if (status == ML_OK)
    *out = data;
  else
    ml_dataset_free(data);
  return status;
}

ml_status dataset__read(const char *path, const ml_dataset_opts *opts, const dataset_some *some,
                        const ml_exec *exec, ml_dataset **out, ml_error *err) {
  static const ml_dataset_opts defaults;
  assert(path && out);
  const ml_format format = matrix__format_of(path);
  if (!opts) opts = &defaults;
  if (format == ML_FORMAT_JSON)
    return ml_error_at(err, ML_ERR_PARSE, path, 0, 0,
                       "a dataset is not read from JSON; write it as .csv, .csv.gz or .npy");
  ml_dataset *data = new_dataset(path);
  if (!data) return ml_error_memory(err);
  dataset_reader *read = format == ML_FORMAT_NPY ? dataset__read_npy : dataset__read_csv;
  ml_status status = read(path, opts, some, exec, data, err);
  if (status == ML_OK && opts->target_file) status = dataset__join_target(opts, data, err);
  if (status == ML_OK)
    *out = data;
  else
    ml_dataset_free(data);
  return status;
}

ml_status ml_dataset_read(const char *path, const ml_dataset_opts *opts, const ml_exec *exec,
                          ml_dataset **out, ml_error *err) {
  return dataset__read(path, opts, NULL, exec, out, err);
}

void ml_dataset_free(ml_dataset *data) {
  if (!data) return;
  for (size_t j = 0; data->categories && j < data->n_features; j++)
    ml_levels_release(&data->categories[j]);
  free(data->categories);
  ml_levels_release(&data->classes);
  ml_levels_release(&data->groups);
  ml_levels_release(&data->predefined);
  ml_block_free(data->block);
  free(data->names);
  free(data->target);
  free(data->y);
  free(data->weights);
  free(data->start);
  free(data->end);
  free(data->ids);
  free(data->id);
  free(data->source);
  free(data);
}
