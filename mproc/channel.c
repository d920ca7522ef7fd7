/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Buffered frames on a non-blocking socket: one recv and one send per turn of the loop. */
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "mproc_internal.h"

#define KEEP_CAPACITY ((size_t)1 << 20) /* a larger buffer is given back when it is empty */

static void forget(ml_buf *buf, size_t *at) {
  *at = 0;
  if (buf->capacity > KEEP_CAPACITY)
    ml_buf_release(buf);
  else
    ml_buf_clear(buf);
}

/* Move the part of a frame that is there to the front. */
static void compact(channel *c) {
  if (c->in_at == c->in.n) {
    forget(&c->in, &c->in_at);
  } else if (c->in_at > 0) {
    memmove(c->in.data, c->in.data + c->in_at, c->in.n - c->in_at);
    c->in.n -= c->in_at;
    c->in_at = 0;
  }
}

bool channel__read(channel *c, size_t max) {
  compact(c);
  char *at = ml_buf_reserve(&c->in, max);
  if (!at) return false;
  ssize_t n;
  do n = recv(c->fd, at, max, 0);
  while (n < 0 && errno == EINTR);
  if (n < 0) return errno == EAGAIN || errno == EWOULDBLOCK;
  c->in.n += (size_t)n;
  return n > 0;
}

frame_verdict channel__next(channel *c, size_t payload_max, frame *out) {
  if (c->in_at == c->in.n) return FRAME_PARTIAL;
  frame_verdict verdict = frame__parse(c->in.data + c->in_at, c->in.n - c->in_at, payload_max, out);
  if (verdict == FRAME_WHOLE) c->in_at += frame__size(out);
  return verdict;
}

bool channel__flush(channel *c) {
  if (c->out.failed) return false;
  while (c->out_at < c->out.n) {
    ssize_t n = send(c->fd, c->out.data + c->out_at, c->out.n - c->out_at, MSG_NOSIGNAL);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) {
      io__want(c->io, UV_READABLE | UV_WRITABLE);
      return true;
    }
    if (n < 0) return false;
    c->out_at += (size_t)n;
  }
  if (c->out.n == 0) return true;
  forget(&c->out, &c->out_at);
  io__want(c->io, UV_READABLE);
  return true;
}

/* Small frames go out at once, and nothing is paced within a machine: some hosts do that by
 * default. */
void channel__hurry(int fd, bool is_loopback) {
  static const char reno[] = "reno";
  int yes = 1;
  setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
  if (is_loopback) setsockopt(fd, IPPROTO_TCP, TCP_CONGESTION, reno, sizeof reno - 1);
}

/* A machine that was switched off says nothing: the kernel asks it now and then. */
void channel__keep_alive(int fd) {
  const struct {
    int level, name, value;
  } options[] = {{SOL_SOCKET, SO_KEEPALIVE, 1},
                 {IPPROTO_TCP, TCP_KEEPIDLE, 10},
                 {IPPROTO_TCP, TCP_KEEPINTVL, 5},
                 {IPPROTO_TCP, TCP_KEEPCNT, 4}};
  for (size_t i = 0; i < sizeof options / sizeof options[0]; i++)
    setsockopt(fd, options[i].level, options[i].name, &options[i].value, sizeof(int));
}

void channel__close(channel *c) {
  io__free(c->io);
  if (c->fd >= 0) close(c->fd);
  ml_buf_release(&c->in);
  ml_buf_release(&c->out);
  *c = (channel){.fd = -1};
}
