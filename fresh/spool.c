/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Rows of sets that come one after the other, kept on disk until all are there. */
#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <ml/temporary.h>

#include "extract.h"
#include "spool.h"

enum { MEMORY = 1 << 28, SLICE_MAX = 1 << 26 /* bytes of rows that are computed at once */ };

ml_status ml_spool_open(const ml_spool_opts *opts, ml_spool **out, ml_error *err) {
  assert(opts && out);
  ml_spool *s = calloc(1, sizeof *s);
  if (!s) return ml_error_memory(err);
  s->opts = *opts;
  if (s->opts.memory == 0) s->opts.memory = MEMORY;
  s->file.fd = -1;
  s->all.irregular = SIZE_MAX;
  s->times_are_whole = true;
  ml_status status = temporary__open(&s->file.fd, err);
  if (status == ML_OK && opts->is_timed) status = fresh__costs_begin(&s->seconds, err);
  if (status == ML_OK && !opts->settings)
    status = ml_fresh_settings_named("comprehensive", &s->own, err);
  s->settings = opts->settings ? opts->settings : s->own;
  if (status == ML_OK)
    *out = s;
  else
    ml_spool_close(s);
  return status;
}

void ml_spool_close(ml_spool *s) {
  if (!s) return;
  if (s->file.fd >= 0) close(s->file.fd);
  spool__release_file(&s->file);
  fresh__layout_release(&s->layout);
  spool__release_kinds(&s->kinds);
  free(s->all.id_name);
  if (s->all.ids) free(s->all.ids[0]);
  free(s->all.ids);
  free(s->seconds);
  ml_fresh_settings_free(s->own);
  free(s);
}

size_t ml_spool_n_rows(const ml_spool *s) {
  return s->n_rows;
}

size_t ml_spool_n_columns(const ml_spool *s) {
  return s->has_layout ? s->layout.n_columns : 0;
}

const ml_series_set *ml_spool_series(const ml_spool *s) {
  return &s->all;
}

/* ---- what is known of all sets ---- */

static ml_status note_first(ml_spool *s, const ml_series_set *set, ml_error *err) {
  s->was_any = true;
  s->has_windows = set->parents != NULL;
  s->all.clock = set->clock;
  s->all.is_single = set->is_single;
  s->all.is_long = set->is_long;
  s->all.ids = calloc(1, sizeof *s->all.ids);
  s->all.id_name = strdup(set->id_name);
  return s->all.ids && s->all.id_name ? ML_OK : ml_error_memory(err);
}

/* The set may know more than its own ids: those of all parts, or of other shards. */
static void note_ids(ml_spool *s, const ml_series_set *set) {
  char *const *ids = set->parents ? set->parents : set->ids;
  const size_t n = set->parents ? set->n_parents : set->n_ids;
  for (size_t i = 0; i < n; i++) series__note_forms(&s->file.form, ids[i]);
  series__add_forms(&s->file.form, &set->forms);
}

/* The least of all ids whose step is not constant. */
static ml_status note_irregular(ml_spool *s, const ml_series_set *set, ml_error *err) {
  const char *id = ml_series_irregular(set);
  char **least = &s->all.ids[0];
  if (!id || (*least && series__compare_ids(id, *least, s->file.form) >= 0)) return ML_OK;
  char *copy = strdup(id);
  if (!copy) return ml_error_memory(err);
  free(*least);
  *least = copy;
  s->all.irregular = 0;
  return ML_OK;
}

static ml_status note_set(ml_spool *s, const ml_series_set *set, uint32_t *shape, ml_error *err) {
  ml_status status = s->was_any ? ML_OK : note_first(s, set, err);
  if (status != ML_OK) return status;
  if (set->clock != s->all.clock || set->is_long != s->all.is_long ||
      (set->parents != NULL) != s->has_windows)
    return ml_error_set(err, ML_ERR_PARSE, "the parts of the input are not of one shape");
  s->all.n_rows += set->n_rows;
  s->n_series += fresh__n_series(set);
  s->times_are_whole = s->times_are_whole && set->times_are_whole;
  note_ids(s, set);
  status = note_irregular(s, set, err);
  if (status == ML_OK) status = spool__add_shape(&s->kinds, set, s->settings, shape, err);
  if (status == ML_OK) status = spool__note_least(&s->kinds, set, *shape, s->file.form, err);
  return status;
}

/* ---- rows ---- */

typedef struct adding {
  ml_spool *spool;
  const ml_series_set *set;
  uint32_t shape;
  size_t n_columns;
} adding;

static ml_status put_row(const adding *a, size_t i, const double *values, ml_error *err) {
  const ml_series_set *set = a->set;
  const char *id = ml_series_parent(set, i);
  const char *time = set->parents ? series__window_end(set->ids[i]) : "";
  const spool_head head = {.n_id = (uint32_t)strlen(id) + 1,
                           .n_time = set->parents ? (uint32_t)strlen(time) + 1 : 0,
                           .shape = a->shape,
                           .is_whole = set->times_are_whole};
  return spool__put(&a->spool->file, &head, id, time, values, a->n_columns, err);
}

static ml_status take_rows(void *ctx, size_t first, size_t n, const double *values, ml_error *err) {
  const adding *a = ctx;
  ml_status status = ML_OK;
  for (size_t i = 0; i < n && status == ML_OK; i++)
    status = put_row(a, first + i, values ? values + i * a->n_columns : NULL, err);
  if (status == ML_OK) a->spool->n_rows += n;
  return status;
}

static ml_status make_layout(ml_spool *s, char *const *kinds, size_t n, ml_error *err) {
  if (s->has_layout) return ML_OK;
  ml_status status =
      fresh__layout_init(&s->layout, s->settings, kinds, n, s->all.clock == ML_CLOCK_TIME, err);
  s->has_layout = status == ML_OK;
  return status;
}

ml_status ml_spool_add(ml_spool *s, const ml_series_set *set, ml_error *err) {
  assert(s && set);
  adding a = {.spool = s, .set = set};
  const fresh_slices to = {take_rows, &a};
  const uint64_t share = s->opts.memory / 2;
  ml_status status = note_set(s, set, &a.shape, err);
  /* The kinds of the wide shape are known at once, and what cannot be said early. */
  if (status == ML_OK && !set->is_long) status = make_layout(s, set->kinds, set->n_kinds, err);
  if (status != ML_OK) return status;
  a.n_columns = s->kinds.shapes[a.shape].starts[set->n_kinds];
  return fresh__extract_slices(set, s->settings, a.n_columns, share < SLICE_MAX ? share : SLICE_MAX,
                               s->opts.exec, s->opts.watch, &to, s->seconds, err);
}

ml_status ml_spool_add_kind(ml_spool *s, const char *kind, ml_error *err) {
  assert(s && kind);
  return spool__add_kind(&s->kinds, kind) ? ML_OK : ml_error_memory(err);
}

/* ---- the end ---- */

ml_status ml_spool_costs(const ml_spool *s, ml_fresh_costs *out, ml_error *err) {
  assert(s && s->seconds && out);
  return fresh__costs_list(s->seconds, s->n_series, out, err);
}

ml_status ml_spool_end(ml_spool *s, ml_error *err) {
  assert(s);
  const size_t share = (size_t)(s->opts.memory / 2);
  if (!s->was_any) return ml_error_set(err, ML_ERR_PARSE, "no rows");
  ml_status status = spool__order_kinds(&s->kinds, s->file.form, err);
  s->all.kinds = s->kinds.kinds;
  s->all.n_kinds = s->kinds.n_kinds;
  s->all.ids_are_numbers = !s->file.form.not_numbers && !s->has_windows;
  /* A shard without rows need not know any kind. */
  if (status == ML_OK && s->n_rows > 0)
    status = make_layout(s, s->kinds.kinds, s->kinds.n_kinds, err);
  if (status == ML_OK) status = spool__flush(&s->file, err);
  if (status == ML_OK) status = spool__sort(&s->file, &s->kinds, share, err);
  if (status == ML_OK) status = spool__reduce(&s->file, &s->kinds, share, s->opts.watch, err);
  return status;
}
