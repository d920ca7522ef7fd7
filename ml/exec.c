/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The serial executor, and the way to any other. */
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <ml/exec_internal.h>

#define CHUNK_MAX 4096 /* items in one put_chunk() */

size_t ml_exec_n_workers(const ml_exec *exec) {
  return exec ? exec->vtable->n_workers(exec) : 1;
}

const ml_functions *ml_exec_functions(const ml_exec *exec) {
  return exec && exec->vtable->functions ? exec->vtable->functions(exec) : NULL;
}

const ml_task *ml_module_find(const ml_module *module, const char *task) {
  for (size_t i = 0; i < module->n_tasks; i++)
    if (strcmp(module->tasks[i].name, task) == 0) return &module->tasks[i];
  return NULL;
}

bool ml_item_cancelled(const void *cancel) {
  const exec_cancel *c = cancel;
  return c && c->asks(c);
}

/* ---- a serial run ---------------------------------------------------------------------------- */

typedef struct serial {
  exec_cancel cancel; /* first */
  const ml_job *job;
  const ml_task *task;
  void *state;
  ml_job_data data;
  ml_buf in, out, trace;
  bool was_cancelled; /* as an item has found out: it need not be so a second time */
} serial;

static bool is_cancelled(const exec_cancel *cancel) {
  serial *s = (serial *)(void *)cancel;
  if (ml_watch_cancelled(s->job->watch)) s->was_cancelled = true;
  return s->was_cancelled;
}

static double seconds(clockid_t clock) {
  struct timespec t;
  clock_gettime(clock, &t);
  return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

/* @param failure  NULL: done */
static void report(const serial *s, size_t item, double took, const ml_failure *failure) {
  if (!s->job->seen) return;
  bool has_out = !failure && !s->job->put_chunk;
  s->job->seen(s->job->ctx, &(ml_report){.item = item,
                                         .started = seconds(CLOCK_REALTIME) - took,
                                         .seconds = took,
                                         .attempts = 1,
                                         .failure = failure,
                                         .out = has_out ? s->out.data : NULL,
                                         .n_out = has_out ? s->out.n : 0});
}

/* The task has failed: the job goes on if the caller wants it so. */
static ml_status fail(serial *s, size_t item, double took, ml_error *error, ml_error *err) {
  ml_buf_put(&s->trace, "", 1);
  if (s->trace.failed) return ml_error_memory(err);
  ml_failure failure = {.error = *error, .trace = s->trace.data, .output = "", .attempts = 1};
  report(s, item, took, &failure);
  if (s->job->fail && !s->was_cancelled) return s->job->fail(s->job->ctx, item, &failure, err);
  if (err) *err = *error;
  return error->status;
}

static ml_status run_item(serial *s, size_t item, ml_error *err) {
  const ml_job *job = s->job;
  ml_error error = {0};
  ml_buf_clear(&s->in);
  ml_buf_clear(&s->out);
  ml_buf_clear(&s->trace);
  ml_status status = job->put ? job->put(job->ctx, item, &s->in, err) : ML_OK;
  if (status == ML_OK && s->in.failed) status = ml_error_memory(err);
  if (status != ML_OK) return status;

  double start = job->seen ? seconds(CLOCK_MONOTONIC) : 0;
  ml_item given = {
      .index = item, .in = s->in.data, .n_in = s->in.n, .trace = &s->trace, .cancel = &s->cancel};
  error.status = s->task->run(s->state, &s->data, &given, &s->out, &error);
  if (error.status == ML_OK && s->out.failed) ml_error_memory(&error);
  double took = job->seen ? seconds(CLOCK_MONOTONIC) - start : 0;
  if (error.status != ML_OK) return fail(s, item, took, &error, err);
  report(s, item, took, NULL);
  return job->take ? job->take(job->ctx, item, s->out.data, s->out.n, err) : ML_OK;
}

static void begin_item(ml_chunk *chunk, size_t i) {
  (void)chunk, (void)i;
}

/* What a call of run_chunk() has done. */
static ml_status take_part(serial *s, const ml_chunk *c, size_t from, double took, ml_error *err) {
  const ml_job *job = s->job;
  size_t n = c->next - from;
  for (size_t i = 0; job->seen && i < n; i++)
    report(s, c->first + from + i, took / (double)n, NULL);
  if (n == 0 || !job->take_chunk) return ML_OK;
  return job->take_chunk(job->ctx, c->first + from, n, s->out.data, s->out.n, err);
}

/* One call of run_chunk(): results up to an item that fails, and then that. */
static ml_status run_part(serial *s, ml_chunk *c, ml_error *err) {
  ml_error error = {0};
  size_t from = c->next;
  ml_buf_clear(&s->out);
  ml_buf_clear(&s->trace);
  double start = s->job->seen ? seconds(CLOCK_MONOTONIC) : 0;
  error.status = s->task->run_chunk(s->state, &s->data, c, &s->out, &error);
  double took = s->job->seen ? seconds(CLOCK_MONOTONIC) - start : 0;
  if (s->out.failed) return ml_error_memory(err);
  bool is_sane = c->next >= from && (error.status == ML_OK ? c->next == c->n : c->next < c->n);
  if (!is_sane)
    return ml_error_set(err, ML_ERR_FUNCTION, "task '%s' has lost count of its items",
                        s->task->name);
  ml_status status = take_part(s, c, from, took, err);
  if (status != ML_OK || error.status == ML_OK) return status;
  return fail(s, c->first + c->next++, took, &error, err);
}

static ml_status run_chunk(serial *s, size_t first, size_t n, ml_error *err) {
  const ml_job *job = s->job;
  ml_buf_clear(&s->in);
  ml_status status = job->put_chunk(job->ctx, first, n, &s->in, err);
  if (status == ML_OK && s->in.failed) status = ml_error_memory(err);
  ml_chunk c = {.first = first,
                .n = n,
                .in = s->in.data,
                .n_in = s->in.n,
                .trace = &s->trace,
                .cancel = &s->cancel,
                .begin = begin_item};
  while (status == ML_OK && c.next < n) status = run_part(s, &c, err);
  return status;
}

/* Items from `first` on, of at most max. */
static size_t ask(const ml_job *job, size_t first, size_t max) {
  size_t left = job->n_items - first;
  if (max > left) max = left;
  size_t n = job->more && max > 0 ? job->more(job->ctx, first, max) : max;
  return n < max ? n : max;
}

static ml_status run_items(serial *s, ml_error *err) {
  const ml_job *job = s->job;
  bool is_known = job->n_items != ML_ITEMS_UNKNOWN;
  size_t first = 0, n, max = 1;
  ml_status status = ML_OK;
  while (status == ML_OK && (n = ask(job, first, max)) > 0) {
    if (s->was_cancelled || ml_watch_cancelled(job->watch))
      return ml_error_set(err, ML_ERR_CANCELLED, "interrupted");
    status = job->put_chunk ? run_chunk(s, first, n, err) : run_item(s, first, err);
    first += n;
    if (job->put_chunk && max < CHUNK_MAX) max *= 2;
    ml_watch_progress(job->watch, job->step, (double)first, is_known ? (double)job->n_items : 0);
  }
  if (s->was_cancelled) return ml_error_set(err, ML_ERR_CANCELLED, "interrupted");
  return status;
}

static ml_status check(const ml_job *job, const ml_task *task, ml_error *err) {
  const char *module = job->module->name;
  if (!task)
    return ml_error_set(err, ML_ERR_USAGE, "module '%s' has no task '%s'", module, job->task);
  if (job->put_chunk && !task->run_chunk)
    return ml_error_set(err, ML_ERR_USAGE, "task '%s' of module '%s' takes no chunks", job->task,
                        module);
  if (job->n_items == ML_ITEMS_UNKNOWN && !job->more)
    return ml_error_set(err, ML_ERR_USAGE, "a job must know its items, or ask for more");
  return ML_OK;
}

static ml_status run_open(serial *s, ml_error *err) {
  ml_status status = s->task->open ? s->task->open(&s->data, &s->state, err) : ML_OK;
  if (status != ML_OK) return status;
  status = run_items(s, err);
  if (s->task->close) s->task->close(s->state);
  ml_buf_release(&s->in);
  ml_buf_release(&s->out);
  ml_buf_release(&s->trace);
  return status;
}

static ml_status run_serial(const ml_job *job, ml_error *err) {
  const ml_task *task = ml_module_find(job->module, job->task);
  ml_status status = check(job, task, err);
  if (status != ML_OK) return status;
  ml_span *inputs = calloc(job->n_inputs + 1, sizeof *inputs);
  uint64_t *ids = calloc(job->n_inputs + 1, sizeof *ids);
  if (inputs && ids) {
    for (size_t i = 0; i < job->n_inputs; i++) {
      inputs[i] = (ml_span){job->inputs[i]->data, job->inputs[i]->size};
      ids[i] = job->inputs[i]->id;
    }
    serial s = {.cancel = {is_cancelled},
                .job = job,
                .task = task,
                .data = {.inputs = inputs,
                         .n_inputs = job->n_inputs,
                         .ids = ids,
                         .args = {(void *)job->args, job->n_args},
                         .functions = job->functions}};
    if (job->result) s.data.result = (ml_span){job->result->data, job->result->size};
    status = run_open(&s, err);
  } else {
    status = ml_error_memory(err);
  }
  free(inputs);
  free(ids);
  return status;
}

ml_status ml_exec_run(ml_exec *exec, const ml_job *job, ml_error *err) {
  for (size_t i = 0; i < job->n_inputs; i++) {
    ml_status status = ml_block_seal(job->inputs[i], err);
    if (status != ML_OK) return status;
  }
  return exec ? exec->vtable->run(exec, job, err) : run_serial(job, err);
}
