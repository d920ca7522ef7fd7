/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The places of a pool, for workers of its own and for visitors, and how many there are. */
#include <stdlib.h>

#include "mproc_internal.h"

slot *places__take(ml_mproc *pool, ml_error *err) {
  size_t i = 0;
  while (i < pool->n_slots && !slot__is_free(&pool->slots[i])) i++;
  slot *s = &pool->slots[i];
  if (i == PLACES_MAX) {
    ml_error_set(err, ML_ERR_WORKER, "no more than %d workers", PLACES_MAX);
    return NULL;
  }
  if (i < pool->n_slots) return s;
  *s = (slot){.pool = pool,
              .index = i,
              .told_to_end = PAGE_IDLE,
              .pidfd = -1,
              .lane = -1,
              .chan = {.fd = -1}};
  if (ml_block_new(&pool->exec, sizeof(status_page), &s->page, err) != ML_OK) return NULL;
  pool->n_slots = i + 1;
  return s;
}

ml_status places__make(ml_mproc *pool, ml_error *err) {
  pool->slots = calloc(PLACES_MAX, sizeof *pool->slots);
  if (!pool->slots) return ml_error_memory(err);
  ml_error error = {0};
  for (size_t i = 0; i < pool->n_workers; i++) {
    slot *s = places__take(pool, &error);
    if (!s) {
      if (err) *err = error;
      return error.status;
    }
    s->is_ours = true;
  }
  return ML_OK;
}

static void retire(slot *s) {
  s->is_ours = false;
  if (s->state == SLOT_READY)
    slot__recycle(s);
  else
    slot__kill(s, CAUSE_TOLD);
}

static void shrink(ml_mproc *pool, size_t n) {
  for (size_t i = pool->n_slots; i-- > 0 && pool->n_workers > n;) {
    if (!pool->slots[i].is_ours) continue;
    retire(&pool->slots[i]);
    pool->n_workers--;
  }
}

static ml_status grow(ml_mproc *pool, size_t n, ml_error *err) {
  for (; pool->n_workers < n; pool->n_workers++) {
    slot *s = places__take(pool, err);
    if (!s) return ML_ERR_WORKER;
    s->is_ours = true;
    s->when = 0;
  }
  return ML_OK;
}

ml_status ml_mproc_resize(ml_mproc *pool, size_t n, const ml_watch *watch, ml_error *err) {
  size_t before = pool->n_workers;
  ml_status status = options__check_n(n, err);
  if (status != ML_OK) return status;
  shrink(pool, n);
  if (n <= before) {
    pool__turn(pool, false);
    return ML_OK;
  }
  status = grow(pool, n, err);
  if (pool->run) return status; /* it takes them in as they come */
  pool__forgive(pool);
  if (status == ML_OK) status = pool__settle(pool, watch, err);
  if (status != ML_OK) shrink(pool, before);
  return status;
}
