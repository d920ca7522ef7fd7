/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Frames over MPI: an Isend for each rank that has something to be told, Improbe for all. */
#include "link.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define PART_MAX     ((size_t)256 << 20) /* bytes of one message: MPI counts in int */
#define KEEP_MAX     ((size_t)32 << 20)  /* of an empty buffer */
#define SPREAD_MAX   ((size_t)4 << 20)   /* bytes of one broadcast */
#define SPREAD_NS    100000L
#define FIRST_NS     100000L
#define GROWTH       4
#define TAG          1
#define POLLED_MAX   4
#define NS_OF_SECOND 1000000000L

double mesh__now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

/* ---- open, close ----------------------------------------------------------------------------- */

/* Errors of MPI end the process by themselves, which is MPI's default. */
ml_status mesh__open(mesh *m, ml_error *err) {
  int provided;
  *m = (mesh){0};
  /* What spins waits for a process that may need this very CPU. */
  (void)setenv("OMPI_MCA_mpi_yield_when_idle", "1", 0);
  if (MPI_Init_thread(NULL, NULL, MPI_THREAD_FUNNELED, &provided) != MPI_SUCCESS)
    return ml_error_set(err, ML_ERR_WORKER, "MPI does not start");
  MPI_Comm_rank(MPI_COMM_WORLD, &m->rank);
  MPI_Comm_size(MPI_COMM_WORLD, &m->size);
  m->peers = calloc((size_t)m->size, sizeof *m->peers);
  if (!m->peers) return ml_error_memory(err);
  for (int i = 0; i < m->size; i++) m->peers[i].request = MPI_REQUEST_NULL;
  return ML_OK;
}

void mesh__close(mesh *m) {
  for (int i = 0; m->peers && i < m->size; i++) {
    ml_buf_release(&m->peers[i].waiting);
    ml_buf_release(&m->peers[i].flying);
    ml_buf_release(&m->peers[i].in);
  }
  free(m->peers);
  m->peers = NULL;
}

static void fail_memory(mesh *m) {
  if (m->error.status == ML_OK) ml_error_memory(&m->error);
}

void mesh__malformed(mesh *m, int rank) {
  if (m->error.status == ML_OK)
    ml_error_set(&m->error, ML_ERR_WORKER, "malformed message of rank %d", rank);
}

/* ---- out ------------------------------------------------------------------------------------- */

static void reuse(ml_buf *buf) {
  if (buf->capacity > KEEP_MAX) ml_buf_release(buf);
  ml_buf_clear(buf);
}

/* @return something has moved */
static bool finish_part(peer *p) {
  int is_done = 0;
  if (p->request == MPI_REQUEST_NULL) return false;
  MPI_Test(&p->request, &is_done, MPI_STATUS_IGNORE);
  return is_done;
}

static bool send_part(mesh *m, int rank) {
  peer *p = &m->peers[rank];
  if (p->request != MPI_REQUEST_NULL) return false;
  if (p->sent == p->flying.n) {
    if (p->waiting.failed) fail_memory(m);
    if (p->waiting.n == 0 || p->waiting.failed) return false;
    reuse(&p->flying);
    ml_buf swapped = p->flying;
    p->flying = p->waiting;
    p->waiting = swapped;
    p->sent = 0;
  }
  size_t n = p->flying.n - p->sent < PART_MAX ? p->flying.n - p->sent : PART_MAX;
  MPI_Isend(p->flying.data + p->sent, (int)n, MPI_BYTE, rank, TAG, MPI_COMM_WORLD, &p->request);
  p->sent += n;
  return true;
}

bool mesh__is_flushed(const mesh *m) {
  for (int i = 0; i < m->size; i++) {
    const peer *p = &m->peers[i];
    if (p->waiting.n > 0 || p->sent < p->flying.n || p->request != MPI_REQUEST_NULL) return false;
  }
  return true;
}

/* ---- in -------------------------------------------------------------------------------------- */

static void read_frames(mesh *m, int rank, void (*on_frame)(void *ctx, frame *f), void *ctx) {
  ml_buf *in = &m->peers[rank].in;
  frame f = {.rank = rank};
  size_t at = 0, n;
  while (m->error.status == ML_OK &&
         (n = packet__frame(in->data + at, in->n - at, &f.type, &f.body)) > 0) {
    on_frame(ctx, &f);
    if (f.body.is_bad) mesh__malformed(m, rank);
    at += n;
  }
  if (at == in->n) {
    reuse(in);
  } else if (at > 0) {
    memmove(in->data, in->data + at, in->n - at);
    in->n -= at;
  }
}

static bool receive(mesh *m, void (*on_frame)(void *ctx, frame *f), void *ctx) {
  int is_there = 0, n = 0;
  MPI_Message message;
  MPI_Status status;
  MPI_Improbe(MPI_ANY_SOURCE, TAG, MPI_COMM_WORLD, &is_there, &message, &status);
  if (!is_there) return false;
  MPI_Get_count(&status, MPI_BYTE, &n);
  ml_buf *in = &m->peers[status.MPI_SOURCE].in;
  char *at = ml_buf_reserve(in, (size_t)n);
  if (!at) {
    fail_memory(m);
    return false;
  }
  MPI_Mrecv(at, n, MPI_BYTE, &message, MPI_STATUS_IGNORE);
  in->n += (size_t)n;
  read_frames(m, status.MPI_SOURCE, on_frame, ctx);
  return true;
}

bool mesh__turn(mesh *m, void (*on_frame)(void *ctx, frame *f), void *ctx) {
  bool has_moved = false;
  while (m->error.status == ML_OK && receive(m, on_frame, ctx)) has_moved = true;
  return mesh__send(m) || has_moved;
}

bool mesh__send(mesh *m) {
  bool has_moved = false;
  for (int i = 0; i < m->size; i++) {
    if (finish_part(&m->peers[i])) has_moved = true;
    if (send_part(m, i)) has_moved = true;
  }
  return has_moved;
}

/* ---- broadcast ------------------------------------------------------------------------------- */

/* Where memory is shared one side copies, and the other need not burn a CPU meanwhile. */
static void broadcast_part(void *data, size_t n) {
  pace p = {.max_ns = SPREAD_NS};
  MPI_Request request;
  int is_done = 0;
  MPI_Ibcast(data, (int)n, MPI_BYTE, 0, MPI_COMM_WORLD, &request);
  for (;;) {
    MPI_Test(&request, &is_done, MPI_STATUS_IGNORE);
    if (is_done) return;
    pace__wait(&p, NULL, 0);
  }
}

void mesh__give(const void *data, size_t n) {
  for (size_t at = 0; at < n; at += SPREAD_MAX) {
    size_t part = n - at < SPREAD_MAX ? n - at : SPREAD_MAX;
    broadcast_part((char *)data + at, part);
  }
}

static ml_status put(const ml_block *block, const char *bytes, size_t at, size_t n, ml_error *err) {
  while (n > 0) {
    ssize_t written = pwrite(block->fd, bytes, n, (off_t)at);
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0)
      return ml_error_set(err, ML_ERR_MEMORY, "no shared memory for %zu bytes: %s", block->size,
                          strerror(errno));
    bytes += written;
    at += (size_t)written;
    n -= (size_t)written;
  }
  return ML_OK;
}

/* Writing to the file costs half of what it costs to touch each page of the mapping first. */
ml_status mesh__take(ml_block *block, ml_error *err) {
  ml_status status = ML_OK;
  char *bytes = malloc(SPREAD_MAX);
  if (!bytes) return ml_error_memory(err);
  for (size_t at = 0; at < block->size && status == ML_OK; at += SPREAD_MAX) {
    size_t part = block->size - at < SPREAD_MAX ? block->size - at : SPREAD_MAX;
    broadcast_part(bytes, part);
    status = put(block, bytes, at, part, err);
  }
  free(bytes);
  return status;
}

/* ---- waiting --------------------------------------------------------------------------------- */

void pace__wait(pace *p, const int *fds, size_t n) {
  struct pollfd polled[POLLED_MAX];
  p->ns = p->ns == 0 ? FIRST_NS : GROWTH * p->ns;
  if (p->ns > p->max_ns) p->ns = p->max_ns;
  if (n > POLLED_MAX) n = POLLED_MAX;
  for (size_t i = 0; i < n; i++) polled[i] = (struct pollfd){.fd = fds[i], .events = POLLIN};
  const struct timespec time = {p->ns / NS_OF_SECOND, p->ns % NS_OF_SECOND};
  if (ppoll(polled, n, &time, NULL) > 0) p->ns = 0;
}
