/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Descriptors in the loop: handles that may be freed at any time, in their own callback too. */
#include <stdlib.h>
#include <time.h>

#include "mproc_internal.h"

struct io {
  uv_poll_t poll; /* first: libuv's handle is ours */
  io_ready *ready;
  void *ctx;
  int wanted;
};

uint64_t mproc__now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (uint64_t)t.tv_sec * MPROC_SECOND + (uint64_t)t.tv_nsec;
}

/* An error of the descriptor shows itself to whoever reads it, but bytes that came before it are
 * read first: libuv has stopped watching, so it is told to go on. */
static void on_poll(uv_poll_t *poll, int status, int events) {
  io *h = (io *)poll;
  if (status < 0) uv_poll_start(&h->poll, h->wanted, on_poll);
  h->ready(h->ctx, status < 0 ? UV_READABLE : events);
}

static void on_closed(uv_handle_t *handle) {
  free(handle);
}

io *io__new(uv_loop_t *loop, int fd, io_ready *ready, void *ctx) {
  io *h = calloc(1, sizeof *h);
  if (!h) return NULL;
  if (uv_poll_init(loop, &h->poll, fd) != 0) {
    free(h);
    return NULL;
  }
  io__attach(h, ready, ctx);
  io__want(h, UV_READABLE);
  return h;
}

void io__attach(io *h, io_ready *ready, void *ctx) {
  h->ready = ready;
  h->ctx = ctx;
}

/* libuv leaves and enters epoll each time, two system calls, also when nothing changes. */
void io__want(io *h, int events) {
  if (events == h->wanted) return;
  h->wanted = events;
  if (events)
    uv_poll_start(&h->poll, events, on_poll);
  else
    uv_poll_stop(&h->poll);
}

void io__free(io *h) {
  if (h) uv_close((uv_handle_t *)h, on_closed);
}
