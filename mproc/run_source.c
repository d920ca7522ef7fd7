/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Input that is not there yet: the loop goes on, and wakes when it comes. */
#include <sys/epoll.h>
#include <unistd.h>

#include "run_internal.h"

static void on_input(void *ctx, int events) {
  (void)events;
  source *in = ctx;
  io__want(in->io, 0); /* until somebody asks for it again */
}

/* The descriptor is the caller's, maybe shared with other processes: libuv, which makes
 * non-blocking what it watches, gets another one that tells of it. */
static bool watch(run *r, int fd) {
  source *in = &r->source;
  if (in->io && in->fd == fd) return true;
  run__close_source(r);
  in->fd = fd;
  in->epoll = epoll_create1(EPOLL_CLOEXEC);
  if (in->epoll < 0) return false;
  struct epoll_event event = {.events = EPOLLIN};
  if (epoll_ctl(in->epoll, EPOLL_CTL_ADD, fd, &event) == 0)
    in->io = io__new(&r->pool->loop, in->epoll, on_input, in);
  if (!in->io) close(in->epoll);
  return in->io;
}

bool run__awaits_input(run *r) {
  const ml_job *job = r->job;
  int fd = job->waits_for ? job->waits_for(job->ctx) : -1;
  if (fd < 0) return false;
  if (watch(r, fd)) io__want(r->source.io, UV_READABLE); /* else the next turn asks again */
  return true;
}

void run__close_source(run *r) {
  if (!r->source.io) return;
  io__free(r->source.io);
  close(r->source.epoll);
  r->source.io = NULL;
}
