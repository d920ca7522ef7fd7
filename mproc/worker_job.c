/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The job that a worker is at: its task is opened, its items are run, it is closed. */
#include <stdlib.h>
#include <string.h>

#include "worker_internal.h"

/* Its time is up, or nobody wants what it gives. */
static bool asks(const exec_cancel *cancel) {
  const worker_job *w = (const worker_job *)(const void *)cancel;
  uint64_t item = atomic_load_explicit(&w->page->item, memory_order_relaxed);
  return worker_job__is_closed(w) ||
         (item != PAGE_IDLE &&
          atomic_load_explicit(&w->page->cancel, memory_order_relaxed) == item);
}

worker_job *worker_job__new(const ml_worker_opts *opts, worker *owner) {
  worker_job *w = calloc(1, sizeof *w);
  if (!w) return NULL;
  w->cancel.asks = asks;
  w->opts = opts;
  w->worker = owner;
  w->lane = owner->lane;
  w->page = owner->page;
  return w;
}

uint64_t worker_job__now(const worker_job *w) {
  return w->now;
}

static void close_task(worker_job *w) {
  if (w->task && w->task->close) w->task->close(w->state);
  w->task = NULL;
  w->state = NULL;
}

static const ml_task *find_in(const ml_module *module, const open_message *open) {
  bool is_it = module->abi == ML_MODULE_ABI && strcmp(module->name, open->module) == 0;
  return is_it ? ml_module_find(module, open->task) : NULL;
}

/* What every worker has, and then what the program gave it. */
static const ml_task *find_task(const worker_job *w, const open_message *open, ml_error *err) {
  const ml_task *task = find_in(ml_peach_module(), open);
  if (!task) task = find_in(future__module(), open);
  for (size_t i = 0; !task && i < w->opts->n_modules; i++)
    task = find_in(w->opts->modules[i], open);
  if (!task)
    ml_error_set(err, ML_ERR_WORKER, "the workers have no task '%s' of module '%s'", open->task,
                 open->module);
  return task;
}

/* The frame's bytes go with the next read; a task may look at its arguments until it is closed. */
static ml_status keep_args(worker_job *w, const open_message *open, ml_error *err) {
  ml_buf_clear(&w->args);
  ml_buf_put(&w->args, open->args, open->n_args);
  if (w->args.failed) return ml_error_memory(err);
  w->data.args = (ml_span){w->args.data, w->args.n};
  return ML_OK;
}

static ml_status open_task(worker_job *w, const open_message *open, ml_error *err) {
  const ml_task *task = find_task(w, open, err);
  if (!task) return ML_ERR_WORKER;
  ml_status status = keep_args(w, open, err);
  if (status != ML_OK) return status;
  w->data.functions = w->worker->functions;
  w->is_timed = open->is_timed;
  w->now = mproc__now();
  worker_job__begin(w, PAGE_OPENING);
  status = task->open ? task->open(&w->data, &w->state, err) : ML_OK;
  worker_job__idle(w);
  if (status == ML_OK) w->task = task;
  return status;
}

static bool on_open(worker_job *w, const frame *f, ml_buf *out) {
  open_message open;
  ml_status status;
  ml_error err = {0};
  close_task(w);
  w->serial = f->job;
  atomic_store(&w->worker->serial, f->job);
  if (!message__parse_open(f, &open) || !worker_blocks__exchange(w, &open, &status, &err))
    return false;
  if (status == ML_OK) status = open_task(w, &open, &err);
  err.status = status;
  if (status != ML_OK)
    message__put_error(out, &(frame){.job = f->job, .item = FRAME_NO_ITEM}, &err, NULL);
  return true;
}

bool worker_job__frame(worker_job *w, const frame *f, ml_buf *out) {
  if (f->type == FRAME_OPEN) return on_open(w, f, out);
  if (f->type == FRAME_RELEASE) return worker_blocks__release(w, f);
  if (f->job != w->serial) return false;
  if (f->type == FRAME_ITEM) return worker_items__run(w, f, out);
  if (f->type != FRAME_CLOSE) return false;
  close_task(w);
  frame__put(out, &(frame){.type = FRAME_CLOSED, .job = f->job});
  return true;
}

void worker_job__free(worker_job *w) {
  if (!w) return;
  close_task(w);
  worker_blocks__drop_all(w);
  ml_buf_release(&w->args);
  ml_buf_release(&w->result);
  ml_buf_release(&w->lengths);
  ml_buf_release(&w->trace);
  free(w);
}
