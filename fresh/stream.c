/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Rows in the order in which their ids come. The columns are known from the first on. */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include <ml/fresh_stream.h>
#include <ml/matrix_internal.h>
#include <ml/series_internal.h>

#include "extract.h"
#include "layout.h"

enum { SLICE_MAX = 1 << 26 /* bytes of rows that are computed at once */ };

struct ml_fresh_stream {
  ml_fresh_stream_opts opts;
  ml_format format;
  ml_fresh_settings *own; /* "comprehensive", when there are no settings */
  const ml_fresh_settings *settings;
  char **kinds; /* n_kinds that have columns */
  size_t n_kinds;
  bool are_of_first; /* the kinds are those of the first id */
  fresh_layout layout;
  ml_matrix head;
  ml_matrix_writer *writer; /* NULL: there was no row */
};

ml_status ml_fresh_stream_open(const ml_fresh_stream_opts *opts, ml_fresh_stream **out,
                               ml_error *err) {
  assert(opts && opts->path && out);
  const ml_format format =
      opts->format == ML_FORMAT_AUTO ? matrix__format_of(opts->path) : opts->format;
  if (matrix__needs_all_names(format))
    return ml_error_set(err, ML_ERR_USAGE,
                        "rows that are written as they come are CSV or JSON lines: what is written "
                        "as %s has all ids before the first row",
                        format == ML_FORMAT_NPY       ? ".npy"
                        : format == ML_FORMAT_PARQUET ? "Parquet"
                                                      : "JSON");
  ml_fresh_stream *s = calloc(1, sizeof *s);
  if (!s) return ml_error_memory(err);
  s->opts = *opts;
  s->format = format;
  ml_status status = ML_OK;
  if (!opts->settings) status = ml_fresh_settings_named("comprehensive", &s->own, err);
  s->settings = opts->settings ? opts->settings : s->own;
  if (status == ML_OK)
    *out = s;
  else
    ml_fresh_stream_abort(s);
  return status;
}

void ml_fresh_stream_abort(ml_fresh_stream *s) {
  if (!s) return;
  ml_matrix_write_abort(s->writer);
  fresh__layout_release(&s->layout);
  for (size_t k = 0; s->kinds && k < s->n_kinds; k++) free(s->kinds[k]);
  free(s->kinds);
  free(s->head.row_label);
  ml_fresh_settings_free(s->own);
  free(s);
}

size_t ml_fresh_stream_n_rows(const ml_fresh_stream *s) {
  return s->head.n_rows;
}

size_t ml_fresh_stream_n_columns(const ml_fresh_stream *s) {
  return s->layout.n_columns;
}

/* ---- which kinds there are ---- */

static ml_status copy_kinds(ml_fresh_stream *s, const char *const *kinds, size_t n, ml_error *err) {
  s->kinds = calloc(n + 1, sizeof *s->kinds);
  if (!s->kinds) return ml_error_memory(err);
  for (; s->n_kinds < n; s->n_kinds++)
    if (!(s->kinds[s->n_kinds] = strdup(kinds[s->n_kinds]))) return ml_error_memory(err);
  return ML_OK;
}

/* Does a window of the id that came first, or the id itself, have rows of a kind? */
static bool has_first(const ml_series_set *set, size_t k) {
  const char *first = ml_series_parent(set, 0);
  for (size_t i = 0; i < set->n_ids && ml_series_parent(set, i) == first; i++)
    if (set->spans[i * set->n_kinds + k].n > 0) return true;
  return false;
}

/* In the order that one id's kinds have. */
static ml_status take_first(ml_fresh_stream *s, const ml_series_set *set, ml_error *err) {
  series_ranking ranking = {0};
  char **found = calloc(set->n_kinds + 1, sizeof *found);
  const char **sorted = calloc(set->n_kinds + 1, sizeof *sorted);
  size_t n = 0;
  for (size_t k = 0; found && k < set->n_kinds; k++)
    if (has_first(set, k)) found[n++] = set->kinds[k];
  bool ok = found && sorted && series__rank(found, n, &ranking);
  for (size_t k = 0; ok && k < ranking.n; k++) sorted[k] = found[ranking.first[k]];
  s->are_of_first = true;
  ml_status status = ok ? copy_kinds(s, sorted, ranking.n, err) : ml_error_memory(err);
  series__ranking_release(&ranking);
  free((void *)sorted);
  free(found);
  return status;
}

static ml_status take_named(ml_fresh_stream *s, ml_error *err) {
  const size_t n = s->settings->n_kinds;
  const char **kinds = calloc(n + 1, sizeof *kinds);
  if (!kinds) return ml_error_memory(err);
  for (size_t k = 0; k < n; k++) kinds[k] = s->settings->kinds[k].kind;
  ml_status status = copy_kinds(s, kinds, n, err);
  free((void *)kinds);
  return status;
}

static ml_status find_kinds(ml_fresh_stream *s, const ml_series_set *set, ml_error *err) {
  if (!set->is_long) return copy_kinds(s, (const char *const *)set->kinds, set->n_kinds, err);
  if (s->opts.kinds) return copy_kinds(s, s->opts.kinds, s->opts.n_kinds, err);
  return s->settings->n_kinds > 0 && s->settings->defaults.n == 0 ? take_named(s, err)
                                                                  : take_first(s, set, err);
}

/* ---- a set as all sets are ---- */

static ml_status fail_kind(const ml_fresh_stream *s, const ml_series_set *set, size_t k,
                           ml_error *err) {
  size_t i = 0;
  while (i + 1 < set->n_ids && set->spans[i * set->n_kinds + k].n == 0) i++;
  return ml_error_at(err, ML_ERR_PARSE, set->source ? set->source : "", 0, 0,
                     "id \"%.60s\" has the kind \"%.60s\", which there are no columns for%s; "
                     "--kinds names all that come",
                     ml_series_parent(set, i), set->kinds[k],
                     s->are_of_first ? ": the first id has none of it" : "");
}

static size_t place_of(const ml_fresh_stream *s, const char *kind) {
  size_t k = 0;
  while (k < s->n_kinds && strcmp(s->kinds[k], kind) != 0) k++;
  return k;
}

/* Where each kind of the set goes; what has no features at all is left out. */
static ml_status find_places(const ml_fresh_stream *s, const ml_series_set *set, size_t *place,
                             ml_error *err) {
  for (size_t k = 0; k < set->n_kinds; k++) {
    place[k] = place_of(s, set->kinds[k]);
    if (place[k] == s->n_kinds && fresh__list_of(s->settings, set->kinds[k])->n > 0)
      return fail_kind(s, set, k, err);
  }
  return ML_OK;
}

static ml_status arrange_kinds(const ml_fresh_stream *s, ml_series_set *set, ml_error *err) {
  const size_t n = s->n_kinds;
  size_t *place = calloc(set->n_kinds + 1, sizeof *place);
  series_span *spans = calloc(set->n_ids * n + 1, sizeof *spans);
  char **kinds = calloc(n + 1, sizeof *kinds);
  ml_status status =
      place && spans && kinds ? find_places(s, set, place, err) : ml_error_memory(err);
  if (status == ML_OK) {
    for (size_t i = 0; i < set->n_ids; i++)
      for (size_t k = 0; k < set->n_kinds; k++)
        if (place[k] < n) spans[i * n + place[k]] = set->spans[i * set->n_kinds + k];
    memcpy(kinds, s->kinds, n * sizeof *kinds);
    free(set->spans);
    free(set->kinds);
    set->spans = spans;
    set->kinds = kinds;
    set->n_kinds = n;
    spans = NULL;
    kinds = NULL;
  }
  free(place);
  free(spans);
  free(kinds);
  return status;
}

/* ---- rows ---- */

typedef struct putting {
  ml_fresh_stream *stream;
  const ml_series_set *set;
} putting;

static ml_status take_rows(void *ctx, size_t first, size_t n, const double *values, ml_error *err) {
  const putting *p = ctx;
  ml_fresh_stream *s = p->stream;
  double *rows = (double *)(uintptr_t)values; /* of a matrix that nobody else looks at any more */
  ml_status status = fresh__layout_rows(&s->layout, rows, n, err);
  if (status == ML_OK) status = matrix__write_rows(s->writer, p->set->ids + first, values, n, err);
  s->head.n_rows += n;
  return status;
}

static ml_status begin(ml_fresh_stream *s, const ml_series_set *set, ml_error *err) {
  ml_status status = find_kinds(s, set, err);
  if (status == ML_OK)
    status = fresh__layout_init(&s->layout, s->settings, s->kinds, s->n_kinds,
                                set->clock == ML_CLOCK_TIME, err);
  if (status != ML_OK) return status;
  s->head = (ml_matrix){.n_columns = s->layout.n_columns,
                        .columns = s->layout.names,
                        .row_label = strdup(set->id_name)};
  if (!s->head.row_label) return ml_error_memory(err);
  return matrix__write_open(&s->head, NULL, s->opts.path, s->format, s->opts.safe_names,
                            s->opts.watch, &s->writer, err);
}

ml_status ml_fresh_stream_put(ml_fresh_stream *s, ml_series_set *set, ml_error *err) {
  assert(s && set);
  const putting p = {s, set};
  const fresh_slices to = {take_rows, (void *)(uintptr_t)&p};
  const uint64_t share = s->opts.memory / 2;
  const size_t memory = share == 0 || share > SLICE_MAX ? SLICE_MAX : (size_t)share;
  if (set->n_ids == 0) return ML_OK;
  if (!series__by_arrival(set)) return ml_error_memory(err);
  ml_status status = s->writer ? ML_OK : begin(s, set, err);
  if (status == ML_OK && set->is_long) status = arrange_kinds(s, set, err);
  if (status == ML_OK)
    status = fresh__extract_slices(set, s->settings, s->layout.n_columns, memory, s->opts.exec,
                                   s->opts.watch, &to, NULL, err);
  return status == ML_OK ? matrix__write_flush(s->writer, err) : status;
}

ml_status ml_fresh_stream_commit(ml_fresh_stream *s, ml_error *err) {
  ml_status status = s->writer ? ml_matrix_write_commit(s->writer, err)
                               : ml_error_set(err, ML_ERR_PARSE, "no rows");
  s->writer = NULL;
  ml_fresh_stream_abort(s);
  return status;
}
