/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A job over all ranks, as rank 0 runs it. */
#include <stdlib.h>
#include <string.h>

#include "ranks.h"

#define GONE_SECONDS 0.2

/* ---- results --------------------------------------------------------------------------------- */

/* Rows that workers of another machine have written. */
static void copy_places(const dispatch *d, size_t i, packet *in) {
  const ml_job *job = d->job;
  ml_span place;
  for (size_t k = 0; job->result && job->place(job->ctx, i, k, &place) && !in->is_bad; k++) {
    ml_span rows = packet__bytes(in);
    if (rows.size != place.size) in->is_bad = true;
    if (!in->is_bad && rows.size > 0) memcpy(place.data, rows.data, rows.size);
  }
}

static void read_report(packet *in, const crew *c, ml_report *out, ml_failure *failure) {
  *out = (ml_report){.item = (size_t)packet__u64(in), .started = packet__real(in)};
  out->seconds = packet__real(in);
  out->worker = c->first_worker + (size_t)packet__u64(in);
  out->pid = (long)packet__u64(in);
  out->attempts = (unsigned)packet__u64(in);
  if (packet__u64(in)) {
    packet__failure(in, failure);
    failure->worker = out->worker;
    failure->pid = out->pid;
    out->failure = failure;
  } else {
    ml_span bytes = packet__bytes(in);
    out->out = bytes.data;
    out->n_out = bytes.size;
  }
}

static void on_result(dispatch *d, int rank, packet *in) {
  crew *c = &d->mpi->crews[rank];
  ml_failure failure;
  ml_report report;
  read_report(in, c, &report, &failure);
  cell *given = in->is_bad ? NULL : ring__find(&d->order.cells, report.item);
  if (!given || given->rank != rank || given->is_over) {
    in->is_bad = true;
    return;
  }
  if (rank > 0 && !report.failure) copy_places(d, report.item, in);
  if (in->is_bad) return;
  c->n_out--;
  c->bytes_out -= given->bytes;
  c->n_done++;
  c->seconds += report.seconds;
  if (d->job->seen) d->job->seen(d->job->ctx, &report);
  ml_error error = {0};
  if (order__keep(&d->order, d->job, report.item, given, &report, &error) != ML_OK)
    d->fault = error;
}

/* A pool that gives its share up ends the job. */
static void end_share(dispatch *d, crew *c, const ml_error *error) {
  c->is_done = true;
  if (error->status != ML_OK && error->status != ML_ERR_CANCELLED && d->fault.status == ML_OK)
    d->fault = *error;
}

static void on_frame(void *ctx, frame *f) {
  dispatch *d = ctx;
  crew *c = &d->mpi->crews[f->rank];
  ml_error error;
  if (f->type == FRAME_RESULT) {
    on_result(d, f->rank, &f->body);
  } else if (f->type == FRAME_DONE) {
    packet__error(&f->body, &error);
    if (!f->body.is_bad) end_share(d, c, &error);
  } else {
    f->body.is_bad = true;
  }
}

static bool drain_own(dispatch *d) {
  bool is_over = false;
  ml_error error = {0};
  ml_buf frames = {0};
  bool has_some = share__drain(d->own, &frames, &is_over, &error);
  frame f = {0};
  for (size_t at = 0, n; (n = packet__frame(frames.data + at, frames.n - at, &f.type, &f.body)) > 0;
       at += n)
    on_result(d, 0, &f.body);
  ml_buf_release(&frames);
  if (is_over && !d->mpi->crews[0].is_done) {
    end_share(d, &d->mpi->crews[0], &error);
    return true;
  }
  return has_some;
}

/* ---- the beginning --------------------------------------------------------------------------- */

static bool has_block(const ml_mpi *m, uint64_t id) {
  for (size_t i = 0; i < m->n_blocks; i++)
    if (m->blocks[i] == id) return true;
  return false;
}

static void put_job(const ml_mpi *m, const ml_job *job, ml_buf *out) {
  size_t at = packet__begin(out, FRAME_JOB);
  packet__put_text(out, job->module->name);
  packet__put_text(out, job->task);
  packet__put_bytes(out, job->args, job->n_args);
  packet__put_u64(out, job->result != NULL);
  packet__put_u64(out, job->result ? job->result->size : 0);
  packet__put_u64(out, job->n_inputs);
  for (size_t i = 0; i < job->n_inputs; i++) {
    packet__put_u64(out, job->inputs[i]->id);
    packet__put_u64(out, job->inputs[i]->size);
    packet__put_u64(out, !has_block(m, job->inputs[i]->id));
  }
  packet__end(out, at);
}

static bool is_repeated(const ml_job *job, size_t input) {
  for (size_t i = 0; i < input; i++)
    if (job->inputs[i] == job->inputs[input]) return true;
  return false;
}

/* From now on the ranks have the inputs of this job, and no others. */
static ml_status send_blocks(ml_mpi *m, const ml_job *job, ml_error *err) {
  uint64_t *blocks = calloc(job->n_inputs + 1, sizeof *blocks);
  if (!blocks) return ml_error_memory(err);
  for (size_t i = 0; i < job->n_inputs; i++) {
    ml_block *block = job->inputs[i];
    blocks[i] = block->id;
    if (!has_block(m, block->id) && !is_repeated(job, i)) mesh__give(block->data, block->size);
  }
  free(m->blocks);
  m->blocks = blocks;
  m->n_blocks = job->n_inputs;
  return ML_OK;
}

static void flush(ml_mpi *m) {
  while (!mesh__is_flushed(&m->mesh) && m->mesh.error.status == ML_OK)
    if (!mesh__send(&m->mesh)) pace__wait(&m->pace, NULL, 0);
}

/* All have room before anything large moves. */
static ml_status open_ranks(ml_mpi *m, const ml_job *job, ml_error *err) {
  for (int rank = 1; rank < m->mesh.size; rank++) put_job(m, job, lead__to(m, rank));
  ml_status status = lead__await(m, job->watch, err);
  lead__tell(m, status == ML_OK ? FRAME_GO : FRAME_DROP);
  flush(m);
  if (status != ML_OK) m->n_blocks = 0; /* they drop what they have, too */
  return status == ML_OK ? send_blocks(m, job, err) : status;
}

/* ---- the job --------------------------------------------------------------------------------- */

static void turn(dispatch *d, bool is_open) {
  ml_mpi *m = d->mpi;
  int fds[2] = {share__event(d->own), -1};
  bool has_moved = drain_own(d);
  if (is_open && feed__all(d, &fds[1])) has_moved = true;
  if (mesh__turn(&m->mesh, on_frame, d)) has_moved = true;
  if (m->mesh.error.status != ML_OK && d->fault.status == ML_OK) d->fault = m->mesh.error;
  if (has_moved)
    pace__hurry(&m->pace);
  else
    pace__wait(&m->pace, fds, 2);
}

static bool is_over(const dispatch *d) {
  return d->fault.status != ML_OK || d->order.cells.first >= d->order.end;
}

static void tell_progress(dispatch *d) {
  const ml_job *job = d->job;
  size_t taken = d->order.cells.first;
  size_t total = d->order.end < job->n_items ? d->order.end : job->n_items;
  if (taken == d->told) return;
  d->told = taken;
  ml_watch_progress(job->watch, job->step, (double)taken,
                    total == ML_ITEMS_UNKNOWN ? 0 : (double)total);
}

static void run_items(dispatch *d) {
  while (!is_over(d)) {
    ml_error error = {0};
    turn(d, true);
    if (d->fault.status == ML_OK && order__take(&d->order, d->job, &error) != ML_OK)
      d->fault = error;
    tell_progress(d);
    if (ml_watch_cancelled(d->job->watch)) ml_error_set(&d->fault, ML_ERR_CANCELLED, "interrupted");
  }
}

/* Everybody has ended, and nobody touches the blocks any more. When the run was interrupted, others
 * may be gone: the launcher ends all when it has lost one. */
static void close_ranks(dispatch *d) {
  ml_mpi *m = d->mpi;
  bool is_clean = d->fault.status == ML_OK && d->order.error.status == ML_OK;
  bool all = false;
  double until = mesh__now() + GONE_SECONDS;
  lead__tell(m, is_clean ? FRAME_CLOSE : FRAME_STOP);
  if (is_clean)
    share__close(d->own);
  else
    share__stop(d->own);
  while (!all && m->mesh.error.status == ML_OK) {
    if (d->fault.status == ML_ERR_CANCELLED && mesh__now() > until) return;
    turn(d, false);
    all = true;
    for (int rank = 0; rank < m->mesh.size; rank++) all = all && m->crews[rank].is_done;
  }
}

static ml_status run(ml_mpi *m, const ml_job *job, ml_error *err) {
  dispatch d = {.mpi = m, .job = job};
  ml_status status = open_ranks(m, job, err);
  if (status != ML_OK) return status;
  for (int rank = 0; rank < m->mesh.size; rank++) {
    crew *c = &m->crews[rank];
    c->n_out = c->bytes_out = c->n_done = 0;
    c->seconds = 0;
    c->is_done = false;
  }
  d.order.end = job->n_items;
  d.known = job->more ? 0 : job->n_items;
  m->pace = (pace){.max_ns = BUSY_NS};
  d.fault.status = share__begin(m->local, job, &d.own, &d.fault);
  if (d.own) {
    run_items(&d);
    close_ranks(&d);
  }
  share__free(d.own);
  order__release(&d.order);
  ml_buf_release(&d.own_frames);
  ml_buf_release(&d.in);
  const ml_error *error = d.fault.status != ML_OK ? &d.fault : &d.order.error;
  if (error->status != ML_OK && err) *err = *error;
  return error->status;
}

/* Nothing tells which bytes another rank's workers would have to send back, or where a chunk in the
 * caller's own form could be cut: the pool of rank 0 has all of it. */
static bool is_for_one(const ml_job *job) {
  return job->put_chunk || (job->result && !job->place);
}

ml_status dispatch__run(ml_exec *exec, const ml_job *job, ml_error *err) {
  ml_mpi *m = (ml_mpi *)exec;
  if (is_for_one(job) || m->mesh.size == 1) return ml_exec_run(m->local, job, err);
  if (!ml_module_find(job->module, job->task))
    return ml_error_set(err, ML_ERR_USAGE, "module '%s' has no task '%s'", job->module->name,
                        job->task);
  if (job->n_items == 0) return ML_OK;
  return run(m, job, err);
}
