/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a worker runs: the blocks it has mapped, the task that is open, its items. */
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "mproc_internal.h"

typedef struct mapping {
  uint64_t id;
  void *data; /* NULL: not mapped */
  size_t size;
} mapping;

struct worker_job {
  const ml_worker_opts *opts;
  int lane;
  status_page *page;
  mapping blocks[WIRE_BLOCKS_MAX]; /* in the order of the job that named them last */
  size_t n_blocks;
  ml_span inputs[WIRE_BLOCKS_MAX];
  ml_job_data data;
  const ml_task *task; /* NULL: none is open */
  void *state;
  uint32_t serial;
  uint64_t now;
  ml_buf result; /* of one item */
};

worker_job *worker_job__new(const ml_worker_opts *opts, int lane, status_page *page) {
  worker_job *w = calloc(1, sizeof *w);
  if (!w) return NULL;
  w->opts = opts;
  w->lane = lane;
  w->page = page;
  return w;
}

uint64_t worker_job__now(const worker_job *w) {
  return w->now;
}

/* ---- blocks ---------------------------------------------------------------------------------- */

static size_t mapped_size(size_t size) {
  return size ? size : 1; /* as ml_block_new() makes them */
}

static void unmap(mapping *m) {
  if (m->data) munmap(m->data, mapped_size(m->size));
  *m = (mapping){0};
}

/* Never more than the descriptor has, and nothing that could be made shorter under us. */
static ml_status map(mapping *m, const open_block *block, int fd, ml_error *err) {
  struct stat st;
  int seals = fcntl(fd, F_GET_SEALS);
  size_t size = mapped_size((size_t)block->size);
  if (fstat(fd, &st) != 0 || st.st_size < 0 || (uint64_t)st.st_size < size || seals < 0 ||
      !(seals & F_SEAL_SHRINK))
    return ml_error_set(err, ML_ERR_WORKER, "block %llu is not what it should be",
                        (unsigned long long)block->id);
  int protection = block->is_result ? PROT_READ | PROT_WRITE : PROT_READ;
  void *data = mmap(NULL, size, protection, MAP_SHARED, fd, 0);
  if (data == MAP_FAILED)
    return ml_error_set(err, ML_ERR_MEMORY, "cannot map a block of %zu bytes", size);
  *m = (mapping){.id = block->id, .data = data, .size = (size_t)block->size};
  return ML_OK;
}

static mapping *find(mapping *all, size_t n, uint64_t id) {
  for (size_t i = 0; i < n; i++)
    if (all[i].data && all[i].id == id) return &all[i];
  return NULL;
}

/* Map the new blocks of a job, keep the old ones it names, drop the rest. */
static ml_status exchange_blocks(worker_job *w, const open_message *open, const int *fds,
                                 ml_error *err) {
  mapping next[WIRE_BLOCKS_MAX] = {0};
  ml_status status = ML_OK;
  for (size_t i = 0, used = 0; i < open->n_blocks && status == ML_OK; i++) {
    const open_block *block = &open->blocks[i];
    mapping *old = find(w->blocks, w->n_blocks, block->id);
    mapping *twin = find(next, i, block->id);
    if (block->is_new) {
      status = map(&next[i], block, fds[used++], err);
    } else if (old) {
      next[i] = *old;
      *old = (mapping){0};
    } else if (!twin) {
      status =
          ml_error_set(err, ML_ERR_WORKER, "block %llu is not here", (unsigned long long)block->id);
    }
  }
  for (size_t i = 0; i < w->n_blocks; i++) unmap(&w->blocks[i]);
  memcpy(w->blocks, next, sizeof next);
  w->n_blocks = open->n_blocks;
  return status;
}

static void fill_data(worker_job *w, const open_message *open) {
  w->data = (ml_job_data){.inputs = w->inputs};
  for (size_t i = 0; i < open->n_blocks; i++) {
    const mapping *m = find(w->blocks, w->n_blocks, open->blocks[i].id);
    ml_span span = {m->data, m->size};
    if (open->blocks[i].is_result)
      w->data.result = span;
    else
      w->inputs[w->data.n_inputs++] = span;
  }
}

/* @return false: the central process is gone, or sends what it did not announce */
static bool receive_blocks(worker_job *w, const open_message *open, ml_status *status,
                           ml_error *err) {
  int fds[WIRE_BLOCKS_MAX];
  size_t n_new = 0;
  char byte;
  for (size_t i = 0; i < open->n_blocks; i++) n_new += open->blocks[i].is_new;
  if (n_new > 0 && lane__receive(w->lane, &byte, 1, fds, n_new) != 1) return false;
  *status = exchange_blocks(w, open, fds, err);
  for (size_t i = 0; i < n_new; i++) close(fds[i]);
  return true;
}

/* ---- jobs ------------------------------------------------------------------------------------ */

static void begin(worker_job *w, uint64_t what) {
  atomic_store_explicit(&w->page->since, w->now, memory_order_release);
  atomic_store_explicit(&w->page->item, what, memory_order_release);
}

static void end(worker_job *w) {
  atomic_store_explicit(&w->page->item, PAGE_IDLE, memory_order_release);
}

static void close_task(worker_job *w) {
  if (w->task && w->task->close) w->task->close(w->state);
  w->task = NULL;
  w->state = NULL;
}

static const ml_task *find_task(const worker_job *w, const open_message *open, ml_error *err) {
  for (size_t i = 0; i < w->opts->n_modules; i++) {
    const ml_module *module = w->opts->modules[i];
    if (module->abi != ML_MODULE_ABI || strcmp(module->name, open->module) != 0) continue;
    const ml_task *task = ml_module_find(module, open->task);
    if (task) return task;
  }
  ml_error_set(err, ML_ERR_WORKER, "the workers have no task '%s' of module '%s'", open->task,
               open->module);
  return NULL;
}

static ml_status open_task(worker_job *w, const open_message *open, ml_error *err) {
  const ml_task *task = find_task(w, open, err);
  if (!task) return ML_ERR_WORKER;
  fill_data(w, open);
  w->now = mproc__now();
  begin(w, PAGE_OPENING);
  ml_status status = task->open ? task->open(&w->data, &w->state, err) : ML_OK;
  end(w);
  if (status == ML_OK) w->task = task;
  return status;
}

static bool on_open(worker_job *w, const frame *f, ml_buf *out) {
  open_message open;
  ml_status status;
  ml_error err = {0};
  close_task(w);
  w->serial = f->job;
  if (!message__parse_open(f, &open) || !receive_blocks(w, &open, &status, &err)) return false;
  if (status == ML_OK) status = open_task(w, &open, &err);
  err.status = status;
  if (status != ML_OK)
    message__put_error(out, &(frame){.job = f->job, .item = FRAME_NO_ITEM}, &err, NULL);
  return true;
}

static void run_item(worker_job *w, const frame *f, ml_buf *out) {
  ml_error err = {0};
  uint64_t started = w->now = mproc__now();
  ml_buf_clear(&w->result);
  begin(w, f->item);
  ml_status status = w->task->run(
      w->state, &w->data, &(ml_item){.index = (size_t)f->item, .in = f->payload, .n_in = f->n},
      &w->result, &err);
  end(w);
  w->now = mproc__now();
  if (status == ML_OK && w->result.failed) status = ml_error_memory(&err);
  if (status == ML_OK && w->result.n > FRAME_PAYLOAD_MAX)
    status = ml_error_set(&err, ML_ERR_USAGE, "item %llu: its result has %zu bytes, more than %zu",
                          (unsigned long long)f->item, w->result.n, FRAME_PAYLOAD_MAX);
  err.status = status;
  if (status != ML_OK) {
    message__put_error(out, &(frame){.job = f->job, .item = f->item}, &err, NULL);
    return;
  }
  uint64_t spent = w->now - started;
  frame__put(out, &(frame){.type = FRAME_RESULT,
                           .job = f->job,
                           .spent_ns = spent < UINT32_MAX ? (uint32_t)spent : UINT32_MAX,
                           .item = f->item,
                           .payload = w->result.data,
                           .n = w->result.n});
}

bool worker_job__frame(worker_job *w, const frame *f, ml_buf *out) {
  if (f->type == FRAME_OPEN) return on_open(w, f, out);
  if (f->job != w->serial) return false;
  if (f->type == FRAME_ITEM) {
    if (w->task) run_item(w, f, out); /* else it could not be opened, which was answered */
    return true;
  }
  if (f->type != FRAME_CLOSE) return false;
  close_task(w);
  frame__put(out, &(frame){.type = FRAME_CLOSED, .job = f->job});
  return true;
}

void worker_job__free(worker_job *w) {
  if (!w) return;
  close_task(w);
  for (size_t i = 0; i < w->n_blocks; i++) unmap(&w->blocks[i]);
  ml_buf_release(&w->result);
  free(w);
}
