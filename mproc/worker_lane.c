/* SPDX-License-Identifier: GPL-3.0-or-later */
/* How a worker comes by its lane, and with it by the status page. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <unistd.h>

#include "mproc_internal.h"

#define ACCEPT_MS 5000

static bool map_page(worker *w, int fd, int flags) {
  void *page = mmap(NULL, sizeof *w->page, PROT_READ | PROT_WRITE, flags, fd, 0);
  if (page == MAP_FAILED) return false;
  w->page = page;
  return true;
}

static bool receive_hello(worker *w) {
  int fd;
  if (lane__receive(w->lane, &w->hello, sizeof w->hello, &fd, 1) != sizeof w->hello) return false;
  bool ok = memcmp(w->hello.magic, LANE_MAGIC, sizeof w->hello.magic) == 0 &&
            w->hello.version == WIRE_VERSION && memchr(w->hello.host, 0, sizeof w->hello.host) &&
            map_page(w, fd, MAP_SHARED);
  close(fd);
  return ok;
}

int worker_lane__inherit(worker *w, ml_error *err) {
  static const char none[] =
      "a worker is started by the central process of a pool, or by hand with --token-file";
  w->lane = LANE_FD;
  if (!receive_hello(w)) {
    w->lane = -1;
    return worker__fail(err, ML_WORKER_REFUSED, none);
  }
  fcntl(w->lane, F_SETFD, FD_CLOEXEC);
  memcpy(w->token, w->hello.token, sizeof w->token);
  return ML_WORKER_DONE;
}

int worker_lane__listen(unsigned char name[WIRE_LANE]) {
  struct sockaddr_un at;
  int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (fd >= 0 && getrandom(name, WIRE_LANE, 0) == WIRE_LANE &&
      bind(fd, (struct sockaddr *)&at, lane__address(name, &at)) == 0 && listen(fd, 1) == 0)
    return fd;
  if (fd >= 0) close(fd);
  memset(name, 0, WIRE_LANE);
  return -1;
}

int worker_lane__accept(worker *w, int listener, ml_error *err) {
  struct pollfd fd = {.fd = listener, .events = POLLIN};
  struct ucred peer;
  socklen_t n = sizeof peer;
  if (listener >= 0 && poll(&fd, 1, ACCEPT_MS) == 1)
    w->lane = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
  if (w->lane >= 0 && getsockopt(w->lane, SOL_SOCKET, SO_PEERCRED, &peer, &n) == 0 &&
      peer.uid == geteuid() && receive_hello(w))
    return ML_WORKER_DONE;
  return worker__fail(err, ML_WORKER_REFUSED, "the pool did not open its lane");
}

int worker_lane__none(worker *w, ml_error *err) {
  if (map_page(w, -1, MAP_PRIVATE | MAP_ANONYMOUS)) return ML_WORKER_DONE;
  ml_error_memory(err);
  return ML_WORKER_MEMORY;
}
