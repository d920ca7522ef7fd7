/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What workers write to standard error: passed on line by line, and its end kept for the report of
 * a loss. */
#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "mproc_internal.h"

enum { TAIL = 4096, LINE = 4096, READS_PER_TURN = 16 };

struct words {
  int fd;
  io *io; /* NULL: everything was read */
  bool is_passed_on, is_waiting;
  size_t n_tail, n_line;
  char tail[TAIL + 1]; /* ends with NUL */
  char line[LINE];     /* not passed on yet */
};

/* The host's standard error may be a pipe that nobody reads: that is no reason to end the host. */
static ssize_t write_without_signal(const char *bytes, size_t n) {
  sigset_t sigpipe, pending, before;
  sigemptyset(&sigpipe);
  sigaddset(&sigpipe, SIGPIPE);
  sigpending(&pending);
  pthread_sigmask(SIG_BLOCK, &sigpipe, &before);
  ssize_t sent = write(STDERR_FILENO, bytes, n);
  int error = errno;
  if (sent < 0 && error == EPIPE && !sigismember(&pending, SIGPIPE))
    sigtimedwait(&sigpipe, NULL, &(struct timespec){0});
  pthread_sigmask(SIG_SETMASK, &before, NULL);
  errno = error;
  return sent;
}

/* Write what does not block. @return bytes that are settled: written, or nobody will ever read them
 */
static size_t pass_on(const words *w, const char *bytes, size_t n) {
  size_t at = 0;
  while (w->is_passed_on && at < n) {
    struct pollfd fd = {.fd = STDERR_FILENO, .events = POLLOUT};
    if (poll(&fd, 1, 0) <= 0) return at;
    size_t part = n - at < PIPE_BUF ? n - at : PIPE_BUF;
    ssize_t sent = write_without_signal(bytes + at, part);
    if (sent < 0 && (errno == EINTR || errno == EAGAIN)) return at;
    if (sent < 0) return n;
    at += (size_t)sent;
  }
  return n;
}

static void remember(words *w, const char *bytes, size_t n) {
  if (n > TAIL) {
    bytes += n - TAIL;
    n = TAIL;
  }
  size_t keep = w->n_tail < TAIL - n ? w->n_tail : TAIL - n;
  memmove(w->tail, w->tail + w->n_tail - keep, keep);
  memcpy(w->tail + keep, bytes, n);
  w->n_tail = keep + n;
  w->tail[w->n_tail] = 0;
}

/* Whole lines, or what there is of one that is longer than the buffer. @return nothing is left to
 * wait for */
static bool pass_lines_on(words *w) {
  const char *end = memrchr(w->line, '\n', w->n_line);
  size_t n = end ? (size_t)(end - w->line) + 1 : w->n_line == LINE ? LINE : 0;
  size_t done = pass_on(w, w->line, n);
  memmove(w->line, w->line + done, w->n_line - done);
  w->n_line -= done;
  return done == n;
}

/* @return 0 at the end, -1 when there is nothing more for now, else bytes read */
static ssize_t read_some(words *w) {
  ssize_t n;
  do n = read(w->fd, w->line + w->n_line, LINE - w->n_line);
  while (n < 0 && errno == EINTR);
  if (n <= 0) return n < 0 && errno == EAGAIN ? -1 : 0;
  /* A NUL would cut the text short for whoever prints it. */
  for (char *at = w->line + w->n_line, *end = at + n; (at = memchr(at, 0, (size_t)(end - at)));)
    *at = ' ';
  remember(w, w->line + w->n_line, (size_t)n);
  w->n_line += (size_t)n;
  return n;
}

/* While the host's standard error takes nothing the worker waits, as it would if it had it. */
static void on_words(void *ctx, int events) {
  (void)events;
  words *w = ctx;
  for (int i = 0; i < READS_PER_TURN; i++) {
    ssize_t n = read_some(w);
    if (n < 0) return;
    if (n == 0) {
      io__free(w->io);
      w->io = NULL;
      return;
    }
    if (pass_lines_on(w)) continue;
    w->is_waiting = true;
    io__want(w->io, 0);
    return;
  }
}

words *words__new(ml_mproc *pool, int fd) {
  words *w = calloc(1, sizeof *w);
  if (!w) return NULL;
  w->fd = fd;
  w->is_passed_on = pool->has_stderr;
  w->io = io__new(&pool->loop, fd, on_words, w);
  if (w->io) return w;
  free(w);
  return NULL;
}

void words__look(words *w) {
  if (!w || !w->is_waiting || !pass_lines_on(w)) return;
  w->is_waiting = false;
  if (w->io) io__want(w->io, UV_READABLE);
}

/* Its descendants may still hold the pipe, so this is not the end of the stream but of what is
 * there. */
const char *words__last(words *w) {
  if (!w) return "";
  for (int i = 0; i < READS_PER_TURN * 2; i++) {
    if (!pass_lines_on(w) && w->n_line == LINE) w->n_line = 0; /* nobody takes them */
    if (read_some(w) <= 0) break;
  }
  pass_lines_on(w);
  if (w->n_line > 0) pass_on(w, w->line, w->n_line);
  w->n_line = 0;
  return w->tail;
}

void words__free(words *w) {
  if (!w) return;
  io__free(w->io);
  close(w->fd);
  free(w);
}
