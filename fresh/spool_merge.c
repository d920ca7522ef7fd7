/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Rows of several sorted segments in the order of their ids: a heap of what is next of each. */
#include <stdlib.h>
#include <string.h>

#include <ml/temporary.h>

#include "spool.h"

enum { ROOM_MIN = 1 << 16, ROOM_MAX = 1 << 21, WAYS_MIN = 4 };

typedef struct way {
  spool_reader reader;
  spool_row row; /* the next */
} way;

struct spool_merge {
  way *ways;
  size_t n_ways; /* that are open */
  size_t *heap;  /* of those that have a row */
  size_t n;
  bool has_given; /* the row of the first is with the caller */
  series_forms form;
};

static bool is_before(const spool_merge *m, size_t a, size_t b) {
  int order = series__compare_ids(m->ways[a].row.id, m->ways[b].row.id, m->form);
  return order ? order < 0 : a < b;
}

static void sift(spool_merge *m, size_t i) {
  for (;;) {
    size_t child = 2 * i + 1;
    if (child >= m->n) return;
    if (child + 1 < m->n && is_before(m, m->heap[child + 1], m->heap[child])) child++;
    if (!is_before(m, m->heap[child], m->heap[i])) return;
    const size_t moved = m->heap[i];
    m->heap[i] = m->heap[child];
    m->heap[child] = moved;
    i = child;
  }
}

static ml_status open_ways(spool_merge *m, const spool_file *file, const spool_kinds *kinds,
                           size_t n, size_t room, ml_error *err) {
  for (size_t i = 0; i < n; i++) {
    ml_status status = spool__read_open(&m->ways[i].reader, file, kinds, i, room, err);
    if (status != ML_OK) return status;
    m->n_ways++;
    status = spool__read(&m->ways[i].reader, &m->ways[i].row, err);
    if (status != ML_OK) return status;
    if (m->ways[i].row.bytes) m->heap[m->n++] = i;
  }
  for (size_t i = m->n; i > 0; i--) sift(m, i - 1);
  return ML_OK;
}

/* Merge the first n segments. */
static ml_status open_some(const spool_file *file, const spool_kinds *kinds, size_t n,
                           size_t memory, spool_merge **out, ml_error *err) {
  spool_merge *m = calloc(1, sizeof *m);
  if (!m) return ml_error_memory(err);
  size_t room = memory / (n ? n : 1);
  room = room < ROOM_MIN ? ROOM_MIN : room > ROOM_MAX ? ROOM_MAX : room;
  m->form = file->form;
  m->ways = calloc(n + 1, sizeof *m->ways);
  m->heap = calloc(n + 1, sizeof *m->heap);
  ml_status status =
      m->ways && m->heap ? open_ways(m, file, kinds, n, room, err) : ml_error_memory(err);
  if (status == ML_OK)
    *out = m;
  else
    spool__merge_close(m);
  return status;
}

ml_status spool__merge_open(spool_file *file, const spool_kinds *kinds, size_t memory,
                            spool_merge **out, ml_error *err) {
  return open_some(file, kinds, file->n, memory, out, err);
}

ml_status spool__merge_next(spool_merge *m, spool_row *row, ml_error *err) {
  if (m->has_given) {
    way *w = &m->ways[m->heap[0]];
    ml_status status = spool__read(&w->reader, &w->row, err);
    if (status != ML_OK) return status;
    if (!w->row.bytes) m->heap[0] = m->heap[--m->n];
    sift(m, 0);
  }
  m->has_given = m->n > 0;
  *row = m->n > 0 ? m->ways[m->heap[0]].row : (spool_row){0};
  return ML_OK;
}

void spool__merge_close(spool_merge *m) {
  if (!m) return;
  for (size_t i = 0; i < m->n_ways; i++) spool__read_close(&m->ways[i].reader);
  free(m->ways);
  free(m->heap);
  free(m);
}

/* ---- fewer segments ---- */

static ml_status merge_some(spool_file *file, const spool_kinds *kinds, size_t n, size_t memory,
                            const ml_watch *watch, ml_error *err) {
  spool_merge *m = NULL;
  spool_row row = {0};
  ml_status status = open_some(file, kinds, n, memory, &m, err);
  if (status == ML_OK) status = spool__begin(file, err);
  while (status == ML_OK) {
    status = spool__merge_next(m, &row, err);
    if (status != ML_OK || !row.bytes) break;
    status = spool__copy(file, &row, err);
    if (status == ML_OK && ml_watch_cancelled(watch))
      status = ml_error_set(err, ML_ERR_CANCELLED, "interrupted");
  }
  spool__merge_close(m);
  return status == ML_OK ? spool__flush(file, err) : status;
}

ml_status spool__reduce(spool_file *file, const spool_kinds *kinds, size_t memory,
                        const ml_watch *watch, ml_error *err) {
  const size_t fit = memory / ROOM_MIN, most = fit > WAYS_MIN ? fit : WAYS_MIN;
  while (file->n > most) {
    ml_status status = merge_some(file, kinds, most, memory, watch, err);
    if (status != ML_OK) return status;
    for (size_t i = 0; i < most; i++)
      temporary__forget(file->fd, file->segments[i].at, file->segments[i].size);
    file->n -= most;
    memmove(file->segments, file->segments + most, file->n * sizeof *file->segments);
  }
  return ML_OK;
}
