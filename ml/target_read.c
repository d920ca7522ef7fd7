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
  const target_join *ask;
  const ml_target_opts *opts;
  const ml_matrix *matrix;
  ml_csv *csv;
  features_names names;
  size_t id, columns[1 + TARGET_MORE_MAX]; /* of the file: target, and more */
  size_t n;                                /* of these columns */
  ml_table *table;                         /* the id, and these */
  uint32_t *row;      /* of each rank of the ids: the row of the matrix, or NONE */
  uint32_t *file_row; /* of each rank: the row of the file, or NONE */
  uint32_t *by_id;    /* rows of the matrix, ascending */
  uint32_t *codes;    /* of each column, for each of the rows that are joined */
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

static bool is_taken(const join *j, size_t column) {
  for (size_t k = 0; k < j->n; k++)
    if (j->columns[k] == column) return true;
  return column == j->id;
}

static ml_status find_named(join *j, const char *name) {
  size_t column = SIZE_MAX;
  ml_status status = find(j, name, &column);
  if (status == ML_OK && column == j->id && j->n == 0)
    return ml_error_at(j->err, ML_ERR_USAGE, j->names.source, 0, 0,
                       "column \"%.60s\" is both the id and the target", name);
  if (status == ML_OK && is_taken(j, column))
    return ml_error_at(j->err, ML_ERR_USAGE, j->names.source, 0, 0,
                       "column \"%.60s\" is given two parts", name);
  j->columns[j->n++] = column;
  return status;
}

static bool is_more(const join *j, size_t column) {
  for (size_t k = 0; k < j->ask->n_more; k++)
    if (strcmp(j->ask->more[k], ml_csv_column(j->csv, column)) == 0) return true;
  return false;
}

/* The only one that is nothing else. */
static ml_status find_target(join *j) {
  char list[SERIES_LIST_MAX];
  size_t n = 0;
  if (j->opts->name) return find_named(j, j->opts->name);
  for (size_t column = 0; column < ml_csv_n_columns(j->csv); column++) {
    if (column == j->id || is_more(j, column)) continue;
    j->columns[0] = column;
    n++;
  }
  j->n = 1;
  if (n == 1) return ML_OK;
  return ml_error_at(
      j->err, ML_ERR_USAGE, j->names.source, 0, 0, "%s beside \"%.60s\" (the file has: %s)%s",
      n == 0 ? "no column" : "several columns", ml_csv_column(j->csv, j->id),
      series__list_columns(j->csv, list), n == 0 ? "" : "; --target names the one to predict");
}

static ml_status open_csv(join *j) {
  const ml_target_opts *o = j->opts;
  ml_status status =
      features__open_csv(j->ask->path, o->delimiter, o->watch, &j->csv, &j->names, j->err);
  if (status == ML_OK) status = find_id(j);
  if (status == ML_OK) status = find_target(j);
  for (size_t k = 0; k < j->ask->n_more && status == ML_OK; k++)
    status = find_named(j, j->ask->more[k]);
  return status;
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

/* Both must have the same ids, but for those of the file that are not used. */
static ml_status check_ids(const join *j, size_t n_ranks) {
  ml_buf words = {0};
  size_t n = put_lonely(j, j->row, j->file_row, n_ranks, 0, &words);
  if (n > 0) ml_buf_printf(&words, " of the features ha%s no target", n == 1 ? "s" : "ve");
  size_t n_before = words.n;
  if (n > 0) ml_buf_puts(&words, ", and ");
  size_t m = put_lonely(j, j->file_row, j->row, n_ranks, j->matrix->n_rows, &words);
  bool may_be_more = j->ask->n_unused && n < j->matrix->n_rows;
  if (may_be_more) *j->ask->n_unused = m;
  if (m > 0 && !may_be_more)
    ml_buf_printf(&words, " of column \"%.60s\" %s not among the features",
                  ml_csv_column(j->csv, j->id), m == 1 ? "is" : "are");
  else
    words.n = n_before;
  ml_status status = ML_OK;
  if (words.failed)
    status = ml_error_memory(j->err);
  else if (words.n > 0)
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

/* Rows that get a value. */
static size_t n_over(const join *j) {
  return j->ask->over ? j->ask->over->n : j->matrix->n_rows;
}

static void take_row(join *j, size_t i, size_t rank) {
  for (size_t k = 0; k < j->n; k++)
    j->codes[k * n_over(j) + i] = j->table->columns[1 + k].label[j->file_row[rank]];
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
  j->codes = calloc(n_over(j) + 1, j->n * sizeof *j->codes);
  ok = ok && j->row && j->file_row && j->by_id && j->codes;
  ml_status status = ok ? enter_ids(j, &ranking) : ml_error_memory(j->err);
  for (size_t i = 0; status == ML_OK && i < n_over(j); i++)
    take_row(j, i, ranking.rank[j->ask->over ? j->ask->over->row[i] : i]);
  for (size_t k = 0, at = 0; status == ML_OK && k < ranking.n; k++)
    if (j->row[k] != NONE) j->by_id[at++] = j->row[k];
  series__ranking_release(&ranking);
  return status;
}

static ml_status read_and_match(join *j) {
  ml_csv_want want[2 + TARGET_MORE_MAX] = {{.column = j->id, .type = ML_LABEL, .finite = true}};
  for (size_t k = 0; k < j->n; k++)
    want[1 + k] = (ml_csv_want){.column = j->columns[k], .type = ML_LABEL, .finite = true};
  ml_status status = ml_csv_read(j->csv, want, 1 + j->n, &j->table, j->err);
  return status == ML_OK ? match(j) : status;
}

/* Texts of column k that only ids have which are not used say nothing of the rows.
 * @param[out] texts  room for all labels. @return how many are left */
static size_t keep_used(join *j, size_t k, const char **texts, uint32_t *place) {
  const ml_column *t = &j->table->columns[1 + k];
  uint32_t *codes = j->codes + k * n_over(j);
  size_t n = 0;
  memset(place, 0xFF, t->n_labels * sizeof *place);
  for (size_t i = 0; i < n_over(j); i++) place[codes[i]] = 0;
  for (size_t c = 0; c < t->n_labels; c++) {
    if (place[c] == NONE) continue;
    place[c] = (uint32_t)n;
    texts[n++] = t->labels[c];
  }
  for (size_t i = 0; i < n_over(j); i++) codes[i] = place[codes[i]];
  return n;
}

static ml_status use_columns(join *j, target_use *use, void *ctx) {
  const target_over *over = j->ask->over;
  target_column columns[1 + TARGET_MORE_MAX];
  size_t n_labels = 0, at = 0;
  for (size_t k = 0; k < j->n; k++) n_labels += j->table->columns[1 + k].n_labels;
  const char **texts = calloc(n_labels + 1, sizeof *texts);
  uint32_t *place = calloc(n_labels + 1, sizeof *place);
  ml_status status = texts && place ? ML_OK : ml_error_memory(j->err);
  for (size_t k = 0; k < j->n && status == ML_OK; k++) {
    const ml_column *t = &j->table->columns[1 + k];
    size_t n_texts = keep_used(j, k, texts + at, place);
    columns[k] = (target_column){.name = t->name,
                                 .source = j->names.source,
                                 .n = n_over(j),
                                 .texts = texts + at,
                                 .n_texts = n_texts,
                                 .codes = j->codes + k * n_over(j),
                                 .by_id = over ? NULL : j->by_id,
                                 .ids = over ? over->ids : j->matrix->rows};
    at += n_texts;
  }
  if (status == ML_OK) status = use(ctx, columns, j->err);
  free((void *)texts);
  free(place);
  return status;
}

ml_status target__join(const target_join *ask, target_use *use, void *ctx, ml_error *err) {
  static const ml_target_opts defaults;
  join j = {.ask = ask, .opts = ask->opts ? ask->opts : &defaults, .matrix = ask->rows, .err = err};
  assert(ask->n_more <= TARGET_MORE_MAX);
  ml_status status = open_csv(&j);
  if (status == ML_OK) status = read_and_match(&j);
  if (status == ML_OK) status = use_columns(&j, use, ctx);
  free(j.row);
  free(j.file_row);
  free(j.by_id);
  free(j.codes);
  ml_table_free(j.table);
  free((void *)j.names.names);
  ml_csv_close(j.csv);
  return status;
}

/* What is made of a column. */
typedef struct making {
  ml_problem problem;
  ml_target **out;
} making;

static ml_status make(void *ctx, const target_column *columns, ml_error *err) {
  const making *m = ctx;
  return target__make(&columns[0], m->problem, m->out, err);
}

ml_status target__read(const target_join *ask, ml_target **out, ml_error *err) {
  return target__join(ask, make, &(making){ask->opts ? ask->opts->problem : ML_PROBLEM_AUTO, out},
                      err);
}

ml_status ml_target_read(const char *path, const ml_target_opts *opts, const ml_matrix *rows,
                         ml_target **out, ml_error *err) {
  assert(path && rows && out);
  return target__read(&(target_join){.path = path, .opts = opts, .rows = rows}, out, err);
}
