/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What is to be computed, as options say it: a name, a JSON file, the columns of a former output.
 */
#include "cli.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* A settings name wins over a file of that name; ./minimal is the file. */
static ml_status read_params(const char *params, ml_fresh_settings **out, ml_error *err) {
  ml_status status = ml_fresh_settings_named(params, out, err);
  if (status != ML_ERR_USAGE) return status;
  bool is_path = strpbrk(params, "./") || access(params, F_OK) == 0;
  return is_path ? ml_fresh_settings_read(params, out, err) : status;
}

/* ---- names of columns ------------------------------------------------------------------------ */

/* A file of --names safe: which column is which. */
typedef struct mapping {
  ml_table *table; /* columns safe and name; NULL: there is none */
} mapping;

static const char *text_at(const ml_table *table, size_t column, size_t row) {
  const ml_column *c = &table->columns[column];
  return c->labels[c->label[row]];
}

static bool is_mapping(const ml_csv *csv) {
  return ml_csv_n_columns(csv) == 2 && strcmp(ml_csv_column(csv, 0), "safe") == 0 &&
         strcmp(ml_csv_column(csv, 1), "name") == 0;
}

static ml_status read_mapping(ml_csv *csv, mapping *out, ml_error *err) {
  const ml_csv_want want[] = {{.column = 0, .type = ML_LABEL}, {.column = 1, .type = ML_LABEL}};
  return ml_csv_read(csv, want, 2, &out->table, err);
}

/* The one beside a file of features, where there is one. */
static ml_status find_mapping(const char *features, mapping *out, ml_error *err) {
  char *path;
  ml_csv *csv = NULL;
  if (cli__is_stdio(features)) return ML_OK;
  ml_status status = ml_matrix_names_beside(features, &path, err);
  if (status != ML_OK) return status;
  if (access(path, F_OK) == 0) {
    status = ml_csv_open(path, NULL, &csv, err);
    if (status == ML_OK && is_mapping(csv)) status = read_mapping(csv, out, err);
    ml_csv_close(csv);
  }
  free(path);
  return status;
}

/* What a safe name stands for; itself when it is none. As a rule both files have the same order, so
 * the search goes on behind the row *at that was found last. */
static const char *full_name(const mapping *m, const char *name, size_t *at) {
  size_t n = m->table ? m->table->n_rows : 0;
  for (size_t i = 0; i < n; i++) {
    size_t row = (*at + i) % n;
    if (strcmp(text_at(m->table, 0, row), name) != 0) continue;
    *at = row + 1;
    return text_at(m->table, 1, row);
  }
  return name;
}

/* Ids come first, whatever they are called, unless the table was saved without them. */
static bool has_ids(const ml_csv *csv, const mapping *m) {
  size_t at = 0;
  const char *first = full_name(m, ml_csv_column(csv, 0), &at);
  ml_fresh_settings *settings = NULL;
  bool is_feature = strstr(first, "__") &&
                    ml_fresh_settings_from_names(&first, 1, NULL, &settings, NULL) == ML_OK;
  ml_fresh_settings_free(settings);
  return !is_feature;
}

/* The names of the mapping itself, or of the header but for the ids in front. */
static ml_status settings_of(ml_csv *csv, const mapping *m, ml_fresh_settings **out,
                             ml_error *err) {
  bool is_own = is_mapping(csv);
  size_t skip = !is_own && has_ids(csv, m);
  size_t n = is_own ? m->table->n_rows : ml_csv_n_columns(csv) - skip;
  const char **names = calloc(n + 1, sizeof *names);
  if (!names) return ml_error_memory(err);
  size_t at = 0;
  for (size_t i = 0; i < n; i++)
    names[i] = is_own ? text_at(m->table, 1, i) : full_name(m, ml_csv_column(csv, i + skip), &at);
  ml_status status = ml_fresh_settings_from_names(names, n, ml_csv_source(csv), out, err);
  free(names);
  return status;
}

static ml_status read_columns(const char *path, ml_fresh_settings **out, ml_error *err) {
  mapping names = {0};
  ml_csv *csv = NULL;
  ml_status status = ml_csv_open(path, NULL, &csv, err);
  if (status == ML_OK)
    status = is_mapping(csv) ? read_mapping(csv, &names, err) : find_mapping(path, &names, err);
  if (status == ML_OK) status = settings_of(csv, &names, out, err);
  ml_table_free(names.table);
  ml_csv_close(csv);
  return status;
}

/* ---- options --------------------------------------------------------------------------------- */

ml_status cli__read_settings(const cli_settings *options, ml_fresh_settings **out, ml_error *err) {
  const char *const given[] = {options->params, options->features, options->params_from};
  static const char *const names[] = {"--params", "--features", "--params-from"};
  const char *first = NULL;
  for (size_t i = 0; i < sizeof given / sizeof *given; i++) {
    if (given[i] && first)
      return ml_error_set(err, ML_ERR_USAGE, "%s and %s exclude one another", first, names[i]);
    if (given[i]) first = names[i];
  }
  if (options->features) return ml_fresh_settings_features(options->features, out, err);
  if (options->params_from) return read_columns(options->params_from, out, err);
  if (options->params) return read_params(options->params, out, err);
  *out = NULL;
  return ML_OK;
}
