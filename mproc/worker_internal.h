/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Shared by what a worker runs: worker_job.c has the job, worker_blocks.c what it has mapped,
 * worker_items.c its items. */
#ifndef MPROC_WORKER_INTERNAL_H
#define MPROC_WORKER_INTERNAL_H

#include <ml/exec_internal.h>

#include "mproc_internal.h"

typedef struct block_map {
  uint64_t id;
  void *data; /* NULL: not mapped */
  size_t size;
} block_map;

struct worker_job {
  exec_cancel cancel; /* first */
  worker *worker;
  const ml_worker_opts *opts;
  int lane; /* -1: none */
  status_page *page;
  block_map blocks[WIRE_BLOCKS_MAX]; /* in the order of the job that named them last */
  size_t n_blocks;
  ml_span inputs[WIRE_BLOCKS_MAX];
  uint64_t ids[WIRE_BLOCKS_MAX];
  ml_buf args; /* of the job */
  ml_job_data data;
  const ml_task *task; /* NULL: none is open */
  void *state;
  uint32_t serial;
  bool is_timed;  /* the time of each item counts, also in chunks */
  uint64_t now;   /* when the last item, or chunk, ended */
  uint64_t began; /* what is answered next */
  ml_buf result;  /* of one item, or several of a chunk */
  ml_buf lengths; /* of those, u32 */
  ml_buf trace;
};

/* ---- worker_blocks.c ------------------------------------------------------------------------- */

/** Map the new blocks of a job, keep the old ones it names, drop the rest; fill in the job's data.
 * @return false: the central process is gone, or sends what it did not announce */
bool worker_blocks__exchange(worker_job *w, const open_message *open, ml_status *status,
                             ml_error *err);
bool worker_blocks__release(worker_job *w, const frame *f);
void worker_blocks__drop_all(worker_job *w);

/* ---- worker_items.c -------------------------------------------------------------------------- */

/** Run the items of a frame; answers are appended to out. @return false when it makes no sense */
bool worker_items__run(worker_job *w, const frame *f, ml_buf *out);

/** Whether nobody wants the results of this job any more. */
static inline bool worker_job__is_closed(const worker_job *w) {
  return atomic_load_explicit(&w->page->closed, memory_order_relaxed) == w->serial;
}

/** The status page says what runs. */
static inline void worker_job__begin(worker_job *w, uint64_t what) {
  atomic_store_explicit(&w->page->since, w->now, memory_order_relaxed);
  atomic_store_explicit(&w->page->last, what, memory_order_relaxed);
  atomic_store_explicit(&w->page->item, what, memory_order_release);
}

static inline void worker_job__idle(worker_job *w) {
  atomic_store_explicit(&w->page->item, PAGE_IDLE, memory_order_release);
}

#endif
