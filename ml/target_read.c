/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A target from a file of its own, joined by id to the rows of a matrix. */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include <ml/csv_internal.h>
#include <ml/series_internal.h>

#include "features_internal.h"
#include "target_internal.h"

/* A join while it is made. */
typedef struct join {
  const ml_target_opts *opts;
  const ml_matrix *matrix;
  ml_csv *csv;
  features_names names;
  size_t id, target;  /* columns of the file */
  ml_table *table;    /* these two */
  uint32_t *row;      /* of each rank of the ids: the row of the matrix, or NONE */
  uint32_t *file_row; /* of each rank: the row of the file, or NONE */
  uint32_t *by_id;    /* rows of the matrix, ascending */
  uint32_t *codes;    /* of the target, for each of these rows */
  ml_error *err;
} join;

#define NONE UINT32_MAX

/* ---- which column is what ---- */

static ml_status find(const join *j, const char *name, size_t *column) {
  *column = ml_csv_find(j->csv, name);
  return *column == SIZE_MAX ? features__fail_name(&j->names, name, j->err) : ML_OK;
}

static ml_status find_id(join *j) {
  const char *usual[] = {j->matrix->row_label, "id"};
  if (j->opts->id) return find(j, j->opts->id, &j->id);
  for (size_t k = 0; k < 2; k++)
    if ((j->id = ml_csv_find(j->csv, usual[k])) != SIZE_MAX) return ML_OK;
  j->id = 0;
  return ML_OK;
}

static ml_status find_target(join *j) {
  char list[SERIES_LIST_MAX];
  const size_t n = ml_csv_n_columns(j->csv);
  if (j->opts->name) {
    ml_status status = find(j, j->opts->name, &j->target);
    if (status != ML_OK || j->target != j->id) return status;
    return ml_error_at(j->err, ML_ERR_USAGE, j->names.source, 0, 0,
                       "column \"%.60s\" is both the id and the target", j->opts->name);
  }
  j->target = j->id == 0;
  if (n == 2) return ML_OK;
  return ml_error_at(
      j->err, ML_ERR_USAGE, j->names.source, 0, 0, "%s beside \"%.60s\" (the file has: %s)%s",
      n == 1 ? "no column" : "several columns", ml_csv_column(j->csv, j->id),
      series__list_columns(j->csv, list), n == 1 ? "" : "; --target names the one to predict");
}

static ml_status open_csv(join *j, const char *path) {
  const ml_target_opts *o = j->opts;
  ml_status status = features__open_csv(path, o->delimiter, o->watch, &j->csv, &j->names, j->err);
  if (status == ML_OK) status = find_id(j);
  return status == ML_OK ? find_target(j) : status;
}

/* ---- the join ---- */

/* Text i of all ids: those of the matrix, then those of the file. */
static const char *id_of(const join *j, size_t i) {
  const ml_column *ids = &j->table->columns[0];
  return i < j->matrix->n_rows ? j->matrix->rows[i]
                               : ids->labels[ids->label[i - j->matrix->n_rows]];
}

static ml_status fail_twice(const join *j, size_t first, size_t second) {
  char shown[CSV_QUOTE_MAX];
  const char *id = id_of(j, j->matrix->n_rows + second);
  return ml_error_at(j->err, ML_ERR_PARSE, j->names.source, csv__line_of_row(j->csv, second), 0,
                     "id \"%s\" is in line %zu already", csv__quote(id, strlen(id), shown),
                     csv__line_of_row(j->csv, first));
}

/* "2 ids (7, 9)": those of `rows` whose rank has none of `others`. @return how many */
static size_t put_lonely(const join *j, const uint32_t *rows, const uint32_t *others, size_t n,
                         size_t offset, ml_buf *to) {
  enum { SHOWN = 5 };
  char shown[CSV_QUOTE_MAX];
  size_t n_lonely = 0;
  for (size_t k = 0; k < n; k++) n_lonely += rows[k] != NONE && others[k] == NONE;
  if (n_lonely == 0) return 0;
  ml_buf_printf(to, "%zu id%s (", n_lonely, n_lonely == 1 ? "" : "s");
  for (size_t k = 0, i = 0; k < n && i < SHOWN; k++) {
    if (rows[k] == NONE || others[k] != NONE) continue;
    const char *id = id_of(j, offset + rows[k]);
    ml_buf_puts(to, i++ ? ", " : "");
    ml_buf_puts(to, csv__quote(id, strlen(id), shown));
  }
  ml_buf_puts(to, n_lonely > SHOWN ? ", ...)" : ")");
  return n_lonely;
}

/* Both must have the same ids. */
static ml_status check_ids(const join *j, size_t n_ranks) {
  ml_buf words = {0};
  size_t n = put_lonely(j, j->row, j->file_row, n_ranks, 0, &words);
  if (n > 0) ml_buf_printf(&words, " of the features ha%s no target", n == 1 ? "s" : "ve");
  size_t n_before = words.n;
  if (n > 0) ml_buf_puts(&words, ", and ");
  size_t m = put_lonely(j, j->file_row, j->row, n_ranks, j->matrix->n_rows, &words);
  if (m > 0)
    ml_buf_printf(&words, " of column \"%.60s\" %s not among the features",
                  ml_csv_column(j->csv, j->id), m == 1 ? "is" : "are");
  else
    words.n = n_before;
  ml_status status = ML_OK;
  if (words.failed)
    status = ml_error_memory(j->err);
  else if (n + m > 0)
    status =
        ml_error_at(j->err, ML_ERR_PARSE, j->names.source, 0, 0, "%.*s", (int)words.n, words.data);
  ml_buf_release(&words);
  return status;
}

/* Enter each text under its rank. */
static ml_status enter_ids(join *j, const series_ranking *ranking) {
  const size_t n = j->matrix->n_rows;
  memset(j->row, 0xFF, ranking->n * sizeof *j->row);
  memset(j->file_row, 0xFF, ranking->n * sizeof *j->file_row);
  for (size_t i = 0; i < n; i++) {
    uint32_t *row = &j->row[ranking->rank[i]];
    if (*row != NONE)
      return ml_error_set(j->err, ML_ERR_PARSE, "id \"%.60s\" is among the features twice",
                          j->matrix->rows[i]);
    *row = (uint32_t)i;
  }
  for (size_t i = 0; i < j->table->n_rows; i++) {
    uint32_t *row = &j->file_row[ranking->rank[n + i]];
    if (*row != NONE) return fail_twice(j, *row, i);
    *row = (uint32_t)i;
  }
  return check_ids(j, ranking->n);
}

static ml_status match(join *j) {
  const size_t n = j->matrix->n_rows, n_all = n + j->table->n_rows;
  if (n_all >= UINT32_MAX)
    return ml_error_at(j->err, ML_ERR_PARSE, j->names.source, 0, 0, "too many rows");
  char **texts = calloc(n_all + 1, sizeof *texts);
  series_ranking ranking = {0};
  for (size_t i = 0; texts && i < n_all; i++) texts[i] = (char *)id_of(j, i);
  bool ok = texts && series__rank(texts, n_all, &ranking);
  free(texts);
  j->row = calloc(n_all + 1, sizeof *j->row);
  j->file_row = calloc(n_all + 1, sizeof *j->file_row);
  j->by_id = calloc(n + 1, sizeof *j->by_id);
  j->codes = calloc(n + 1, sizeof *j->codes);
  ok = ok && j->row && j->file_row && j->by_id && j->codes;
  ml_status status = ok ? enter_ids(j, &ranking) : ml_error_memory(j->err);
  for (size_t k = 0; status == ML_OK && k < n; k++) { /* as many ranks as rows */
    j->by_id[k] = j->row[k];
    j->codes[j->row[k]] = j->table->columns[1].label[j->file_row[k]];
  }
  series__ranking_release(&ranking);
  return status;
}

static ml_status read_and_match(join *j) {
  const ml_csv_want want[] = {{.column = j->id, .type = ML_LABEL, .finite = true},
                              {.column = j->target, .type = ML_LABEL, .finite = true}};
  ml_status status = ml_csv_read(j->csv, want, 2, &j->table, j->err);
  return status == ML_OK ? match(j) : status;
}

ml_status target__join(const char *path, const ml_target_opts *opts, const ml_matrix *rows,
                       target_use *use, void *ctx, ml_error *err) {
  join j = {.opts = opts, .matrix = rows, .err = err};
  ml_status status = open_csv(&j, path);
  if (status == ML_OK) status = read_and_match(&j);
  if (status == ML_OK) {
    const ml_column *t = &j.table->columns[1];
    const target_column column = {.name = t->name,
                                  .source = j.names.source,
                                  .n = rows->n_rows,
                                  .texts = (const char *const *)t->labels,
                                  .n_texts = t->n_labels,
                                  .codes = j.codes,
                                  .by_id = j.by_id,
                                  .ids = rows->rows};
    status = use(ctx, &column, err);
  }
  free(j.row);
  free(j.file_row);
  free(j.by_id);
  free(j.codes);
  ml_table_free(j.table);
  free((void *)j.names.names);
  ml_csv_close(j.csv);
  return status;
}

/* What is made of a column: the target as it was joined, or of the rows over them. */
typedef struct making {
  const target_over *over;
  ml_problem problem;
  ml_target **out;
} making;

static ml_status make(void *ctx, const target_column *column, ml_error *err) {
  const making *m = ctx;
  const target_over *over = m->over;
  if (!over) return target__make(column, m->problem, m->out, err);
  uint32_t *codes = calloc(over->n + 1, sizeof *codes);
  if (!codes) return ml_error_memory(err);
  for (size_t i = 0; i < over->n; i++) codes[i] = column->codes[over->row[i]];
  target_column spread = *column;
  spread.n = over->n;
  spread.codes = codes;
  spread.by_id = NULL;
  spread.ids = over->ids;
  ml_status status = target__make(&spread, m->problem, m->out, err);
  free(codes);
  return status;
}

ml_status target__read(const char *path, const ml_target_opts *opts, const ml_matrix *rows,
                       const target_over *over, ml_target **out, ml_error *err) {
  static const ml_target_opts defaults;
  if (!opts) opts = &defaults;
  return target__join(path, opts, rows, make, &(making){over, opts->problem, out}, err);
}

ml_status ml_target_read(const char *path, const ml_target_opts *opts, const ml_matrix *rows,
                         ml_target **out, ml_error *err) {
  assert(path && rows && out);
  return target__read(path, opts, rows, NULL, out, err);
}
