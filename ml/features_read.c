/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Features from CSV: the values go straight into their block. */
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <ml/csv_internal.h>
#include <ml/series_internal.h>

#include "features_internal.h"
#include "matrix_internal.h"
#include "target_internal.h"

/* A file while it is read. */
typedef struct reading {
  const ml_features_opts *opts;
  const ml_exec *exec;
  ml_csv *csv;
  features_names names;
  features_roles roles;
  ml_table *table; /* the ids, if there are any, the target, if there is one, the features */
  ml_column *ids, *target, *features; /* in the table; NULL: none */
  csv_block values;
  ml_matrix *matrix;
  uint32_t *by_id;
  ml_error *err;
} reading;

ml_status features__list_columns(ml_csv *csv, ml_csv **out, features_names *names, ml_error *err) {
  const size_t n = ml_csv_n_columns(csv);
  const char **list = calloc(n, sizeof *list);
  if (!list) {
    ml_csv_close(csv);
    return ml_error_memory(err);
  }
  for (size_t j = 0; j < n; j++) list[j] = ml_csv_column(csv, j);
  *names = (features_names){.names = list, .n = n, .source = ml_csv_source(csv)};
  csv->keep_lines = true;
  *out = csv;
  return ML_OK;
}

ml_status features__open_csv(const char *path, char delimiter, const ml_watch *watch, ml_csv **csv,
                             features_names *names, ml_error *err) {
  const ml_csv_opts opts = {.delimiter = delimiter, .watch = watch};
  ml_csv *opened;
  ml_status status = ml_csv_open(path, &opts, &opened, err);
  return status == ML_OK ? features__list_columns(opened, csv, names, err) : status;
}

static ml_status open_csv(reading *r, const char *path) {
  const ml_features_opts *o = r->opts;
  ml_status status = features__open_csv(path, o->delimiter, o->watch, &r->csv, &r->names, r->err);
  const features_ask ask = features__ask(o);
  if (status == ML_OK) status = features__roles(&r->names, &ask, &r->roles, r->err);
  if (status == ML_OK) r->csv->empty_column = r->roles.empty;
  return status;
}

/* ---- the cells ---- */

static bool make_hints(const reading *r, char **hints) {
  for (size_t k = 0; k < r->roles.n; k++)
    if (!(hints[k] = series__hint(r->names.names[r->roles.columns[k]], NULL))) return false;
  return true;
}

static void free_hints(char **hints, size_t n) {
  for (size_t k = 0; hints && k < n; k++) free(hints[k]);
  free(hints);
}

static ml_status read_table(reading *r) {
  const features_roles *roles = &r->roles;
  const bool has_ids = roles->id != SIZE_MAX, has_target = roles->target != SIZE_MAX;
  ml_csv_want *want = calloc(roles->n + 2, sizeof *want);
  char **hints = calloc(roles->n, sizeof *hints);
  size_t n = 0;
  ml_status status = ML_OK;
  if (!want || !hints || !make_hints(r, hints)) status = ml_error_memory(r->err);
  if (status == ML_OK) {
    if (has_ids) want[n++] = (ml_csv_want){.column = roles->id, .type = ML_LABEL, .finite = true};
    if (has_target)
      want[n++] = (ml_csv_want){.column = roles->target, .type = ML_LABEL, .finite = true};
    for (size_t k = 0; k < roles->n; k++)
      want[n++] = (ml_csv_want){
          .column = roles->columns[k], .type = ML_NUMBER, .takes_booleans = true, .hint = hints[k]};
    r->values = (csv_block){.exec = r->exec, .n_columns = roles->n};
    r->csv->block = &r->values;
    r->csv->block_from = n - roles->n;
    status = ml_csv_read(r->csv, want, n, &r->table, r->err);
  }
  free_hints(hints, roles->n);
  free(want);
  if (status != ML_OK) return status;
  r->ids = has_ids ? &r->table->columns[0] : NULL;
  r->target = has_target ? &r->table->columns[has_ids] : NULL;
  r->features = &r->table->columns[has_ids + has_target];
  if (r->table->n_rows > 0 && r->table->n_rows < UINT32_MAX) return ML_OK;
  return ml_error_at(r->err, ML_ERR_PARSE, r->names.source, 0, 0,
                     r->table->n_rows ? "too many rows" : "no rows");
}

/* ---- the ids ---- */

ml_status features__order(char *const *ids, size_t n, uint32_t **by_id, bool *are_numbers,
                          size_t twice[2], ml_error *err) {
  series_ranking ranking;
  *by_id = NULL;
  twice[0] = twice[1] = SIZE_MAX;
  bool ok = series__rank(ids, n, &ranking);
  if (ok && ranking.n < n) {
    size_t i = n;
    while (i-- > 0) /* the first of a rank is the first in the file, too */
      if (ranking.first[ranking.rank[i]] != i) {
        twice[0] = ranking.first[ranking.rank[i]];
        twice[1] = i;
      }
  }
  if (ok) {
    *are_numbers = ranking.are_numbers;
    *by_id = ranking.first;
    ranking.first = NULL;
  }
  series__ranking_release(&ranking);
  return ok ? ML_OK : ml_error_memory(err);
}

static ml_status fail_twice(const reading *r, size_t first, size_t second) {
  char shown[CSV_QUOTE_MAX];
  const char *id = r->ids->labels[r->ids->label[second]];
  return ml_error_at(r->err, ML_ERR_PARSE, r->names.source, csv__line_of_row(r->csv, second), 0,
                     "id \"%s\" is in line %zu already%s", csv__quote(id, strlen(id), shown),
                     csv__line_of_row(r->csv, first),
                     r->roles.id_is_guess ? "; --id names the column of the ids, --id \"\" says "
                                            "that there is none"
                                          : "; features have one row for each id");
}

/* Ids that are there twice, byte by byte. */
static ml_status check_labels(const reading *r) {
  const ml_column *ids = r->ids;
  for (size_t i = 0; i < r->table->n_rows && ids->n_labels < r->table->n_rows; i++) {
    if (ids->label[i] == i) continue; /* labels are numbered as they appear */
    size_t first = 0;
    while (ids->label[first] != ids->label[i]) first++;
    return fail_twice(r, first, i);
  }
  return ML_OK;
}

static ml_status name_rows(reading *r) {
  ml_matrix *m = r->matrix;
  size_t twice[2];
  ml_status status = r->ids ? check_labels(r) : ML_OK;
  if (status == ML_OK && r->ids)
    status =
        features__order(r->ids->labels, m->n_rows, &r->by_id, &m->rows_are_numbers, twice, r->err);
  if (status != ML_OK) return status;
  if (r->ids && twice[0] != SIZE_MAX) return fail_twice(r, twice[0], twice[1]);
  if (!r->ids) m->rows_are_numbers = true;
  for (size_t i = 0; i < m->n_rows; i++) {
    char number[24];
    snprintf(number, sizeof number, "%zu", i);
    if (!(m->rows[i] = strdup(r->ids ? r->ids->labels[i] : number))) return ml_error_memory(r->err);
  }
  if (!r->ids || !*r->ids->name) return ML_OK;
  free(m->row_label);
  m->row_label = strdup(r->ids->name);
  return m->row_label ? ML_OK : ml_error_memory(r->err);
}

/* ---- the matrix ---- */

static ml_status take_values(reading *r) {
  ml_block *block = r->values.block;
  r->values.block = NULL;
  ml_status status = matrix__of_block(block, r->table->n_rows, r->roles.n, &r->matrix, r->err);
  for (size_t j = 0; status == ML_OK && j < r->roles.n; j++) {
    r->matrix->columns[j] = r->features[j].name;
    r->features[j].name = NULL;
  }
  if (status == ML_OK) r->matrix->by_column = true;
  return status;
}

static ml_status make_target(const reading *r, ml_target **target) {
  const ml_column *t = r->target;
  const target_column column = {.name = t->name,
                                .source = r->names.source,
                                .n = r->matrix->n_rows,
                                .texts = (const char *const *)t->labels,
                                .n_texts = t->n_labels,
                                .codes = t->label,
                                .by_id = r->by_id,
                                .ids = r->ids ? r->matrix->rows : NULL};
  return target__make(&column, r->opts->problem, target, r->err);
}

static ml_status read_csv(const char *path, const ml_features_opts *opts, const ml_exec *exec,
                          ml_matrix **out, ml_target **target, ml_error *err) {
  reading r = {.opts = opts, .exec = exec, .err = err};
  ml_status status = open_csv(&r, path);
  if (status == ML_OK) status = read_table(&r);
  if (status == ML_OK) status = take_values(&r);
  if (status == ML_OK) status = name_rows(&r);
  if (status == ML_OK && r.target) status = make_target(&r, target);
  if (status == ML_OK)
    *out = r.matrix;
  else
    ml_matrix_free(r.matrix);
  free(r.by_id);
  ml_block_free(r.values.block);
  ml_table_free(r.table);
  features__roles_release(&r.roles);
  free((void *)r.names.names);
  ml_csv_close(r.csv);
  return status;
}

ml_status ml_features_read(const char *path, const ml_features_opts *opts, const ml_exec *exec,
                           ml_matrix **out, ml_target **target, ml_error *err) {
  static const ml_features_opts defaults;
  assert(path && out && (target || !opts || !opts->target));
  const ml_format format = matrix__format_of(path);
  if (target) *target = NULL;
  if (format == ML_FORMAT_JSON)
    return ml_error_at(err, ML_ERR_PARSE, path, 0, 0,
                       "a matrix is not read from JSON; write it as .csv, .csv.gz or .npy");
  return (format == ML_FORMAT_NPY ? features__read_npy : read_csv)(path, opts ? opts : &defaults,
                                                                   exec, out, target, err);
}
