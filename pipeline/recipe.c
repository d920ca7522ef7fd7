/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The settings that give the features: written as a recipe, and read again. */
#include <stdlib.h>
#include <string.h>

#include "pipeline.h"

/* ---- do they give the features? ---------------------------------------------------------------
 */

static ml_status compare(const ml_pipeline *p, const ml_matrix *matrix, const char *source,
                         ml_error *err) {
  for (size_t j = 0; j < p->n_features && j < matrix->n_columns; j++)
    if (strcmp(matrix->columns[j], p->names[j]) != 0)
      return ml_error_at(err, ML_ERR_PARSE, source, 0, 0,
                         "recipe: it gives '%.100s' where 'features' has '%.100s'",
                         matrix->columns[j], p->names[j]);
  if (matrix->n_columns == p->n_features) return ML_OK;
  return ml_error_at(err, ML_ERR_PARSE, source, 0, 0,
                     "recipe: it gives %zu columns, but there are %zu features", matrix->n_columns,
                     p->n_features);
}

/* A series of two values with dates has every feature, whatever their values. */
static ml_status try(const ml_pipeline *p, const char *const *kinds, size_t n_kinds,
                     const char *source, ml_error *err) {
  static const double values[] = {0, 1};
  static const int64_t dates[] = {0, 1000000000};
  ml_series_set *set = NULL;
  ml_matrix *matrix = NULL;
  const double **columns = calloc(n_kinds + 1, sizeof *columns);
  if (!columns) return ml_error_memory(err);
  for (size_t k = 0; k < n_kinds; k++) columns[k] = values;
  const ml_series_rows rows = {
      .n_rows = 2, .date = dates, .kinds = kinds, .values = columns, .n_kinds = n_kinds};
  ml_status status = ml_series_from_rows(&rows, &set, err);
  if (status == ML_OK) status = ml_fresh_extract(set, p->settings, NULL, NULL, &matrix, err);
  if (status == ML_OK)
    status = compare(p, matrix, source, err);
  else if (status == ML_ERR_USAGE && err) {
    const ml_error why = *err;
    status = ml_error_at(err, ML_ERR_PARSE, source, 0, 0, "recipe: %s", why.message);
  }
  ml_matrix_free(matrix);
  ml_series_free(set);
  free(columns);
  return status;
}

static ml_status check(const ml_pipeline *p, const char *source, ml_error *err) {
  size_t n = 0;
  while (ml_fresh_settings_kind(p->settings, n)) n++;
  if (n == 0)
    return ml_error_at(err, ML_ERR_PARSE, source, 0, 0, "recipe: it does not say what columns");
  const char **kinds = calloc(n, sizeof *kinds);
  if (!kinds) return ml_error_memory(err);
  for (size_t i = 0; i < n; i++) kinds[i] = ml_fresh_settings_kind(p->settings, i);
  ml_status status = try(p, kinds, n, source, err);
  free(kinds);
  return status;
}

/* ---- reading and making -----------------------------------------------------------------------
 */

ml_status recipe__read(ml_pipeline *p, const char *source, size_t line, size_t column,
                       ml_error *err) {
  ml_error why = {0};
  ml_status status = ml_fresh_settings_parse(p->recipe, p->n_recipe, source, &p->settings, &why);
  if (status == ML_OK) return check(p, source, err);
  if (line == 0) why.line = why.column = 0;
  if (why.line == 1 && why.column > 0) why.column += column - 1;
  if (why.line > 0) why.line += line - 1;
  if (status == ML_ERR_MEMORY) return ml_error_memory(err);
  return ml_error_at(err, ML_ERR_PARSE, source, why.line, why.column, "recipe: %s", why.message);
}

ml_status recipe__of_set(ml_pipeline *p, const ml_pipeline_opts *opts,
                         const ml_impute_range *ranges, ml_error *err) {
  ml_buf text = {0};
  ml_status status =
      ml_fresh_recipe_of(opts->set, opts->settings, p->names, p->n_features, ranges, &text, err);
  while (status == ML_OK && text.n > 0 && text.data[text.n - 1] == '\n') text.n--;
  if (status == ML_OK) {
    char *copy = pipeline__alloc(p, text.n + 1, 1);
    if (copy) memcpy(copy, text.data, text.n);
    p->recipe = copy;
    p->n_recipe = text.n;
    status = copy ? recipe__read(p, NULL, 1, 1, err) : ml_error_memory(err);
  }
  ml_buf_release(&text);
  return status;
}

ml_status recipe__put(const ml_pipeline *p, ml_buf *out, ml_error *err) {
  ml_value value;
  ml_arena *arena = ml_arena_new();
  if (!arena) return ml_error_memory(err);
  ml_status status =
      p->recipe ? ml_value_from_json(p->recipe, p->n_recipe, NULL, arena, &value, NULL) : ML_OK;
  ml_arena_free(arena);
  if (status == ML_ERR_MEMORY) return ml_error_memory(err);
  if (!p->recipe)
    ml_buf_puts(out, "null");
  else if (status == ML_OK)
    ml_buf_put(out, p->recipe, p->n_recipe);
  else /* it has NaN or infinities, which JSON has no words for */
    ml_buf_json_string(out, p->recipe);
  return ML_OK;
}
