/* SPDX-License-Identifier: GPL-3.0-or-later */
/* How a worker process gets in: what it inherits, the connection, the proofs. */
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
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
#define ANSWER_MS  10000

int worker__fail(ml_error *err, int code, const char *what) {
  ml_error_set(err, ML_ERR_WORKER, "%s", what);
  return code;
}

/* Make sure to end with the parent. Not by SIGKILL: what we have started has to end, too, so that
 * is the watcher's to do; it must only run, which a stopped process does not. */
static int bind_to_parent(const worker *w, ml_error *err) {
  prctl(PR_SET_PDEATHSIG, SIGCONT);
  /* It may have died before we asked. */
  if (getppid() == w->hello.parent) return ML_WORKER_DONE;
  return worker__fail(err, ML_WORKER_REFUSED, "the central process is gone");
}

/* Wait for the connection, but not beyond the end of the central process, and not for ever: it may
 * be none. */
static bool await_frame(worker *w, frame *f) {
  for (;;) {
    frame_verdict verdict = channel__next(&w->chan, FRAME_GUEST_MAX, f);
    if (verdict != FRAME_PARTIAL) return verdict == FRAME_WHOLE;
    struct pollfd fds[] = {{.fd = w->chan.fd, .events = POLLIN}, {.fd = w->lane}};
    int n = poll(fds, 2, ANSWER_MS);
    if (ml_watch_cancelled(w->watch)) return false;
    if (n == 0 || (n < 0 && errno != EINTR)) return false;
    if (fds[1].revents) return false;
    if (fds[0].revents && !channel__read(&w->chan, READ_MAX)) return false;
  }
}

bool worker__send_all(channel *c) {
  bool ok = !c->out.failed;
  while (ok && c->out_at < c->out.n) {
    ssize_t n = send(c->fd, c->out.data + c->out_at, c->out.n - c->out_at, MSG_NOSIGNAL);
    if (n > 0) c->out_at += (size_t)n;
    ok = n > 0 || (n < 0 && errno == EINTR);
    if (!ok && n < 0 && errno == EAGAIN) {
      struct pollfd fd = {.fd = c->fd, .events = POLLOUT};
      ok = poll(&fd, 1, -1) >= 0 || errno == EINTR;
    }
  }
  ml_buf_clear(&c->out);
  c->out_at = 0;
  return ok;
}

/* The central process knows by the port who calls, and lets no crowd push this one out. Without it
 * there is only less of a chance to get in. */
static void announce(const worker *w, int family) {
  address from = {.any.sa_family = (sa_family_t)family};
  socklen_t n = sizeof from;
  if (w->page && bind(w->chan.fd, &from.any, address__size(&from)) == 0 &&
      getsockname(w->chan.fd, &from.any, &n) == 0)
    atomic_store(&w->page->port, address__port(&from));
}

static bool dial(worker *w, const address *to) {
  channel *c = &w->chan;
  *c = (channel){.fd = socket(to->any.sa_family, SOCK_STREAM | SOCK_CLOEXEC, 0)};
  if (c->fd < 0) return false;
  announce(w, to->any.sa_family);
  if (connect(c->fd, &to->any, address__size(to)) != 0) return false;
  channel__hurry(c->fd, address__is_loopback(to));
  return fcntl(c->fd, F_SETFL, O_NONBLOCK) == 0;
}

static int refused(const frame *f, ml_error *err) {
  if (f->type == FRAME_REFUSE && f->n == 1 &&
      *(const unsigned char *)f->payload == ML_WORKER_OTHER_BUILD)
    return worker__fail(err, ML_WORKER_OTHER_BUILD,
                        "the central process is another build of mltool");
  return worker__fail(err, ML_WORKER_REFUSED, "the pool refused this worker");
}

/* Prove the token, and have the other side prove it. @return -1: it hung up without a word */
static int shake_hands(worker *w, handshake *h, bool *has_lane, ml_error *err) {
  unsigned char proof[WIRE_PROOF];
  frame f;
  if (!await_frame(w, &f)) return -1;
  if (!message__parse_hello(&f, h->central_nonce))
    return worker__fail(err, ML_WORKER_REFUSED,
                        "what listens on the port is no pool of this version");
  if (getrandom(h->worker_nonce, WIRE_NONCE, 0) != WIRE_NONCE) return -1;
  proof__make(proof, w->token, PROOF_WORKER, h);
  message__put_auth(&w->chan.out, h, proof);
  if (!worker__send_all(&w->chan) || !await_frame(w, &f)) return -1;
  if (!message__parse_welcome(&f, proof, has_lane) ||
      !proof__holds(proof, w->token, PROOF_CENTRAL, h))
    return refused(&f, err);
  return ML_WORKER_DONE;
}

static int register_at(worker *w, const address *to, handshake *h, bool *has_lane, ml_error *err) {
  char host[ADDRESS_TEXT];
  address__to_call(to, host);
  for (int call = 0; call < CALLS_MAX; call++) {
    if (!dial(w, to)) {
      ml_error_set(err, ML_ERR_WORKER, "cannot connect to %s port %d: %s", host, h->port,
                   strerror(errno));
      return ML_WORKER_NO_CONNECTION;
    }
    int code = shake_hands(w, h, has_lane, err);
    if (code >= 0) return code;
    if (ml_watch_cancelled(w->watch))
      return worker__fail(err, ML_WORKER_INTERRUPTED, "interrupted");
    channel__close(&w->chan);
    struct pollfd lane = {.fd = w->lane};
    if (poll(&lane, 1, CALL_PAUSE) > 0) break;
  }
  return worker__fail(err, ML_WORKER_REFUSED, "the pool hung up");
}

/* A worker that the pool has started. */
static int start_member(worker *w, handshake *h, ml_error *err) {
  address to;
  bool has_lane;
  int code = worker_lane__inherit(w, err);
  if (code == ML_WORKER_DONE) code = bind_to_parent(w, err);
  if (code != ML_WORKER_DONE) return code;
  if (!address__parse(w->hello.host, h->port, &to))
    return worker__fail(err, ML_WORKER_REFUSED, "the lane names no address");
  limits__memory(w->hello.memory);
  return register_at(w, &to, h, &has_lane, err);
}

/* A worker that was started by hand. It takes no limits: its user has set them. */
static int start_visitor(worker *w, const ml_worker_opts *opts, handshake *h, ml_error *err) {
  address to;
  bool has_lane;
  h->role = PEER_VISITOR;
  w->is_visitor = true;
  if (token__read(opts->token_file, false, w->token, err) != ML_OK) return ML_WORKER_REFUSED;
  if (address__find(opts->host, h->port, &to, err) != ML_OK) return ML_WORKER_NO_CONNECTION;
  int listener = worker_lane__listen(h->lane);
  int code = register_at(w, &to, h, &has_lane, err);
  if (code == ML_WORKER_DONE) channel__keep_alive(w->chan.fd);
  if (code == ML_WORKER_DONE)
    code = has_lane ? worker_lane__accept(w, listener, err) : worker_lane__none(w, err);
  if (listener >= 0) close(listener);
  return code;
}

int worker__start(worker *w, const ml_worker_opts *opts, ml_error *err) {
  handshake h = {.port = (uint16_t)opts->port, .pid = (uint32_t)getpid()};
  strncpy(h.build, ml_build_id(), sizeof h.build - 1);
  int code = opts->token_file ? start_visitor(w, opts, &h, err) : start_member(w, &h, err);
  sodium_memzero(w->hello.token, sizeof w->hello.token);
  sodium_memzero(w->token, sizeof w->token);
  return code;
}
