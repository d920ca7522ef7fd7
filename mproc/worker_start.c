/* SPDX-License-Identifier: GPL-3.0-or-later */
/* How a worker process gets in: what it inherits, the connection, the proofs. */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <unistd.h>

#include <sodium.h>

#include <ml/version.h>

#include "mproc_internal.h"

#define READ_MAX   ((size_t)256 << 10)
#define CALLS_MAX  100 /* a full waiting room may push us out a few times */
#define CALL_PAUSE 20  /* ms */

int worker__fail(ml_error *err, int code, const char *what) {
  ml_error_set(err, ML_ERR_WORKER, "%s", what);
  return code;
}

/* Take the token and the status page, and make sure to end with the parent. */
static int read_lane(worker *w, ml_error *err) {
  static const char none[] = "a worker is started by the central process of a pool, not by hand";
  int fd;
  if (lane__receive(LANE_FD, &w->hello, sizeof w->hello, &fd, 1) != sizeof w->hello)
    return worker__fail(err, ML_WORKER_REFUSED, none);
  fcntl(LANE_FD, F_SETFD, FD_CLOEXEC);
  void *page = mmap(NULL, sizeof *w->page, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  close(fd);
  if (page == MAP_FAILED || memcmp(w->hello.magic, LANE_MAGIC, sizeof w->hello.magic) != 0 ||
      w->hello.version != WIRE_VERSION)
    return worker__fail(err, ML_WORKER_REFUSED, none);
  w->page = page;
  if (w->hello.with_parent) prctl(PR_SET_PDEATHSIG, SIGKILL);
  /* It may have died before we asked. */
  if (getppid() != w->hello.parent)
    return worker__fail(err, ML_WORKER_REFUSED, "the central process is gone");
  return ML_WORKER_DONE;
}

/* Wait for the connection, but not beyond the end of the central process. */
static bool await_frame(worker *w, frame *f) {
  for (;;) {
    frame_verdict verdict = channel__next(&w->chan, FRAME_GUEST_MAX, f);
    if (verdict != FRAME_PARTIAL) return verdict == FRAME_WHOLE;
    struct pollfd fds[] = {{.fd = w->chan.fd, .events = POLLIN}, {.fd = LANE_FD}};
    if (poll(fds, 2, -1) < 0 && errno != EINTR) return false;
    if (fds[1].revents) return false;
    if (fds[0].revents && !channel__read(&w->chan, READ_MAX)) return false;
  }
}

bool worker__send_all(channel *c) {
  bool ok = !c->out.failed;
  for (size_t at = 0; ok && at < c->out.n;) {
    ssize_t n = send(c->fd, c->out.data + at, c->out.n - at, MSG_NOSIGNAL);
    if (n > 0) at += (size_t)n;
    ok = n > 0 || (n < 0 && errno == EINTR);
    if (!ok && n < 0 && errno == EAGAIN) {
      struct pollfd fd = {.fd = c->fd, .events = POLLOUT};
      ok = poll(&fd, 1, -1) >= 0 || errno == EINTR;
    }
  }
  ml_buf_clear(&c->out);
  return ok;
}

static bool dial(channel *c, int port) {
  struct sockaddr_in to = {.sin_family = AF_INET,
                           .sin_port = htons((uint16_t)port),
                           .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  *c = (channel){.fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)};
  if (c->fd < 0 || connect(c->fd, (struct sockaddr *)&to, sizeof to) != 0) return false;
  channel__hurry(c->fd);
  return fcntl(c->fd, F_SETFL, O_NONBLOCK) == 0;
}

/* Prove the token, and have the other side prove it. @return -1: it hung up without a word */
static int shake_hands(worker *w, int port, ml_error *err) {
  handshake h = {.port = (uint16_t)port, .pid = (uint32_t)getpid()};
  unsigned char proof[WIRE_PROOF];
  frame f;
  if (!await_frame(w, &f)) return -1;
  if (!message__parse_hello(&f, h.central_nonce))
    return worker__fail(err, ML_WORKER_REFUSED,
                        "what listens on the port is no pool of this version");
  if (getrandom(h.worker_nonce, WIRE_NONCE, 0) != WIRE_NONCE) return -1;
  strncpy(h.build, ml_build_id(), sizeof h.build - 1);
  proof__make(proof, w->hello.token, PROOF_WORKER, &h);
  message__put_auth(&w->chan.out, &h, proof);
  if (!worker__send_all(&w->chan) || !await_frame(w, &f)) return -1;

  if (f.type == FRAME_REFUSE && f.n == 1 &&
      *(const unsigned char *)f.payload == ML_WORKER_OTHER_BUILD)
    return worker__fail(err, ML_WORKER_OTHER_BUILD,
                        "the central process is another build of mltool");
  bool has_lane;
  if (!message__parse_welcome(&f, proof, &has_lane) ||
      !proof__holds(proof, w->hello.token, PROOF_CENTRAL, &h))
    return worker__fail(err, ML_WORKER_REFUSED, "the pool refused this worker");
  return ML_WORKER_DONE;
}

static int register_at(worker *w, int port, ml_error *err) {
  for (int call = 0; call < CALLS_MAX; call++) {
    if (!dial(&w->chan, port)) {
      ml_error_set(err, ML_ERR_WORKER, "cannot connect to 127.0.0.1 port %d: %s", port,
                   strerror(errno));
      return ML_WORKER_NO_CONNECTION;
    }
    int code = shake_hands(w, port, err);
    if (code >= 0) return code;
    channel__close(&w->chan);
    struct pollfd lane = {.fd = LANE_FD};
    if (poll(&lane, 1, CALL_PAUSE) > 0) break;
  }
  return worker__fail(err, ML_WORKER_REFUSED, "the pool hung up");
}

int worker__start(worker *w, const ml_worker_opts *opts, ml_error *err) {
  int code = read_lane(w, err);
  if (code == ML_WORKER_DONE) code = register_at(w, opts->port, err);
  sodium_memzero(w->hello.token, sizeof w->hello.token);
  return code;
}
