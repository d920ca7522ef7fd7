/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Rank 0: the executor over all ranks, and commands for all pools. */
#include <stdlib.h>
#include <string.h>

#include "ranks.h"

ml_buf *lead__to(ml_mpi *m, int rank) {
  return &m->mesh.peers[rank].waiting;
}

void lead__tell(ml_mpi *m, frame_type type) {
  for (int rank = 1; rank < m->mesh.size; rank++) {
    ml_buf *out = lead__to(m, rank);
    packet__end(out, packet__begin(out, type));
  }
}

/* ---- what ranks say -------------------------------------------------------------------------- */

static void on_hello(crew *c, packet *in) {
  const char *host;
  packet__error(in, &c->error);
  c->n_workers = (size_t)packet__u64(in);
  host = packet__text(in);
  if (strlen(host) >= sizeof c->host || c->n_workers > UINT32_MAX) in->is_bad = true;
  if (!in->is_bad) strcpy(c->host, host);
}

static void on_frame(void *ctx, frame *f) {
  ml_mpi *m = ctx;
  crew *c = &m->crews[f->rank];
  if (f->type == FRAME_HELLO) {
    on_hello(c, &f->body);
  } else if (f->type == FRAME_READY) {
    packet__error(&f->body, &c->error);
  } else if (f->type == FRAME_INITED) {
    packet__error(&f->body, &c->error);
    ml_span trace = packet__bytes(&f->body);
    ml_buf_clear(&c->trace);
    ml_buf_put(&c->trace, trace.data, trace.size);
  } else {
    f->body.is_bad = true;
  }
  c->has_said = true;
}

/* With the name of the rank. */
static ml_status fail(const crew *c, int rank, ml_error *err) {
  ml_error said = c->error;
  return ml_error_at(err, said.status, said.source, said.line, said.column, "rank %d on %s: %s",
                     rank, c->host, said.message);
}

static bool have_all_said(const ml_mpi *m) {
  for (int rank = 1; rank < m->mesh.size; rank++)
    if (!m->crews[rank].has_said) return false;
  return true;
}

/* The first failure is told: others are the same, or follow from it. */
ml_status lead__await(ml_mpi *m, const ml_watch *watch, ml_error *err) {
  m->pace = (pace){.max_ns = BUSY_NS};
  while (!have_all_said(m)) {
    bool has_moved = mesh__turn(&m->mesh, on_frame, m);
    if (m->mesh.error.status != ML_OK) {
      if (err) *err = m->mesh.error;
      return m->mesh.error.status;
    }
    if (ml_watch_cancelled(watch)) return ml_error_set(err, ML_ERR_CANCELLED, "interrupted");
    if (has_moved)
      pace__hurry(&m->pace);
    else
      pace__wait(&m->pace, NULL, 0);
  }
  int failed = 0;
  for (int rank = m->mesh.size - 1; rank > 0; rank--) {
    m->crews[rank].has_said = false;
    if (m->crews[rank].error.status != ML_OK) failed = rank;
  }
  return failed ? fail(&m->crews[failed], failed, err) : ML_OK;
}

/* ---- commands -------------------------------------------------------------------------------- */

/* A value as it is sent, and the digest of a module's file with it, so that a rank which reads
 * another file is found out. */
static ml_status put_init(const ml_init *init, ml_buf *out, ml_error *err) {
  ml_buf arg = {0}, whole = {0};
  ml_status status = ML_OK;
  if (init->kind == ML_INIT_CALL) status = ml_value_encode(&init->arg, NULL, 0, &arg, err);
  if (status == ML_OK) status = ml_init_encode(init, &whole, err);
  if (status == ML_OK) {
    size_t at = packet__begin(out, FRAME_INIT);
    packet__put_u64(out, init->kind);
    packet__put_text(out, init->what);
    packet__put_bytes(out, init->bytes, init->n_bytes);
    packet__put_bytes(out, arg.data, arg.n);
    packet__put_bytes(out, whole.data, whole.n);
    packet__end(out, at);
  }
  ml_buf_release(&arg);
  ml_buf_release(&whole);
  return status;
}

static ml_status init_all(void *ctx, const ml_init *commands, size_t n, ml_buf *trace,
                          ml_error *err) {
  ml_mpi *m = ctx;
  ml_status status = ML_OK;
  for (size_t i = 0; i < n && status == ML_OK; i++) {
    for (int rank = 1; rank < m->mesh.size && status == ML_OK; rank++)
      status = put_init(&commands[i], lead__to(m, rank), err);
    if (status == ML_OK) status = lead__await(m, &m->watch, err);
  }
  for (int rank = 1; status != ML_OK && trace && rank < m->mesh.size; rank++) {
    const ml_buf *said = &m->crews[rank].trace;
    if (m->crews[rank].error.status == ML_OK || said->n == 0) continue;
    ml_buf_put(trace, said->data, said->n);
    break;
  }
  return status;
}

/* ---- the executor ---------------------------------------------------------------------------- */

/* Visitors of the pools are not counted: they come and go. */
static size_t n_workers(const ml_exec *exec) {
  const ml_mpi *m = (const ml_mpi *)exec;
  const crew *last = &m->crews[m->mesh.size - 1];
  return last->first_worker + last->n_workers;
}

static const ml_functions *functions(const ml_exec *exec) {
  return ml_exec_functions(((const ml_mpi *)exec)->local);
}

static const ml_exec_vtable vtable = {
    .n_workers = n_workers, .run = dispatch__run, .functions = functions};

ml_status lead__open(ml_mpi *m, ml_mproc *pool, const ml_watch *watch, ml_error *err) {
  m->exec = (ml_exec){.vtable = &vtable, .shares_memory = true, .renumbers = true};
  m->pool = pool;
  if (watch) m->watch = *watch;
  m->local = ml_mproc_exec(pool);
  m->crews[0].n_workers = ml_exec_n_workers(m->local);
  ml_status status = lead__await(m, watch, err);
  if (status != ML_OK) return status;
  for (int rank = 1; rank < m->mesh.size; rank++)
    m->crews[rank].first_worker = m->crews[rank - 1].first_worker + m->crews[rank - 1].n_workers;
  ml_mproc_extend(pool, &(ml_mproc_extension){.exec = &m->exec, .init = init_all, .ctx = m});
  return ML_OK;
}
