/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Series from rows in memory. */
#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <ml/buffer.h>
#include <ml/series_internal.h>

static ml_status fail_row(ml_error *err, size_t row, const char *what, const char *name) {
  return ml_error_at(err, ML_ERR_PARSE, NULL, row + 1, 0, "%s%s%s", what, name ? " " : "",
                     name ? name : "");
}

static ml_status check(const ml_series_rows *rows, ml_error *err) {
  for (size_t i = 0; i < rows->n_rows; i++) {
    if (rows->id && rows->id[i] >= rows->n_ids)
      return fail_row(err, i, "id code out of range", NULL);
    if (rows->time && !rows->date && !isfinite(rows->time[i]))
      return fail_row(err, i, "time not finite", NULL);
    for (size_t k = 0; k < rows->n_kinds; k++)
      if (!isfinite(rows->values[k][i]))
        return fail_row(err, i, "value not finite:", rows->kinds[k]);
  }
  return rows->n_rows ? ML_OK : ml_error_set(err, ML_ERR_PARSE, "no rows");
}

/* n texts, in the order of `which` (NULL: as they are), as pointers into one storage. */
static char **copy_texts(const char *const *texts, const uint32_t *which, size_t n,
                         char **storage) {
  ml_buf text = {0};
  char **copies = malloc((n ? n : 1) * sizeof *copies);
  for (size_t i = 0; i < n; i++) {
    const char *t = texts[which ? which[i] : i];
    ml_buf_put(&text, t, strlen(t) + 1);
  }
  if (!copies || text.failed) {
    free(copies);
    ml_buf_release(&text);
    return NULL;
  }
  *storage = text.data;
  char *at = text.data;
  for (size_t i = 0; i < n; i++, at += strlen(at) + 1) copies[i] = at;
  return copies;
}

/* Ids in order, and the rank of each row's id; NULL when memory ran out. */
static uint32_t *make_ids(const ml_series_rows *rows, ml_series_set *set) {
  static const char *const single[] = {"0"};
  const char *const *ids = rows->id ? rows->ids : single;
  series_ranking ranking = {0};
  uint32_t *group = malloc(rows->n_rows * sizeof *group);
  if (series__rank((char *const *)(void *)(uintptr_t)ids, rows->id ? rows->n_ids : 1, &ranking))
    set->ids = copy_texts(ids, ranking.first, ranking.n, &set->id_text);
  set->id_name = strdup("id");
  set->n_ids = ranking.n;
  set->ids_are_numbers = ranking.are_numbers;
  set->is_single = !rows->id;
  if (!set->ids || !set->id_name) {
    free(group);
    group = NULL;
  }
  for (size_t i = 0; group && i < rows->n_rows; i++)
    group[i] = rows->id ? ranking.rank[rows->id[i]] : 0;
  series__ranking_release(&ranking);
  return group;
}

static bool make_values(const ml_series_rows *rows, const series_order *order, ml_series_set *set) {
  set->n_values = rows->n_rows * rows->n_kinds;
  set->values = reallocarray(NULL, set->n_values ? set->n_values : 1, sizeof *set->values);
  set->spans = malloc((set->n_ids * set->n_kinds + 1) * sizeof *set->spans);
  if (!set->values || !set->spans) return false;
  for (size_t k = 0; k < rows->n_kinds; k++)
    for (size_t p = 0; p < rows->n_rows; p++)
      set->values[k * rows->n_rows + p] = rows->values[k][series__row(order, p)];
  series__wide_spans(set, order);
  return true;
}

static bool make_times(const ml_series_rows *rows, const series_order *order, ml_series_set *set) {
  if (!rows->date) return true;
  set->times = series__sorted_keys(rows->date, rows->n_rows, order);
  set->n_times = set->times ? rows->n_rows : 0;
  return set->times != NULL;
}

static ml_status build(const ml_series_rows *rows, ml_series_set *set, ml_error *err) {
  set->n_rows = rows->n_rows;
  set->n_kinds = rows->n_kinds;
  set->clock = rows->date ? ML_CLOCK_TIME : rows->time ? ML_CLOCK_NUMBER : ML_CLOCK_NONE;
  set->kinds = copy_texts(rows->kinds, NULL, rows->n_kinds, &set->kind_text);
  uint32_t *group = make_ids(rows, set);
  const int64_t *key = rows->date;
  double *time = !key && rows->time ? malloc(rows->n_rows * sizeof *time) : NULL;
  series_order order = {0};
  bool ok = set->kinds && group && (key || time || !rows->time);
  if (ok && time) memcpy(time, rows->time, rows->n_rows * sizeof *time);
  if (ok && time) key = series__keys(time, rows->n_rows);
  ml_status status = ok ? series__order(rows->n_rows, group, set->n_ids, key, NULL, &order, err)
                        : ml_error_memory(err);
  if (status == ML_OK && (!make_values(rows, &order, set) || !make_times(rows, &order, set)))
    status = ml_error_memory(err);
  free(time);
  free(group);
  series__order_release(&order);
  return status;
}

ml_status ml_series_from_rows(const ml_series_rows *rows, ml_series_set **out, ml_error *err) {
  assert(rows && out);
  ml_status status = check(rows, err);
  if (status != ML_OK) return status;
  ml_series_set *set = calloc(1, sizeof *set);
  status = set ? build(rows, set, err) : ml_error_memory(err);
  if (status == ML_OK)
    *out = set;
  else
    ml_series_free(set);
  return status;
}
