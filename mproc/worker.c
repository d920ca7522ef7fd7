/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A worker process: the way in, and two threads. The main one runs items; the other reads the
 * connection into an inbox, and ends the process at once when the central process is gone. */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <unistd.h>

#include <sodium.h>

#include <ml/version.h>

#include "mproc_internal.h"

#define READ_MAX   ((size_t)256 << 10)
#define SEND_AT    ((size_t)32 << 10)    /* bytes of results that are worth a send */
#define SEND_AFTER (MPROC_SECOND / 2000) /* and the longest that one waits for company */
#define CALLS_MAX  100                   /* a full waiting room may push us out a few times */
#define CALL_PAUSE 20                    /* ms */

typedef struct worker {
  lane_hello hello;
  status_page *page;
  channel chan; /* read by the reader, written by the main thread */
  int wake;     /* eventfd that ends the reader */
  pthread_mutex_t lock;
  pthread_cond_t filled;
  ml_buf inbox; /* whole frames */
  bool has_bye;
  atomic_uint closed; /* last job that was closed: its items need not be run */
} worker;

/* ---- the way in ------------------------------------------------------------------------------ */

static int fail(ml_error *err, int code, const char *what) {
  ml_error_set(err, ML_ERR_WORKER, "%s", what);
  return code;
}

/* Take the token and the status page, and make sure to end with the parent. */
static int read_lane(worker *w, ml_error *err) {
  static const char none[] = "a worker is started by the central process of a pool, not by hand";
  int fd;
  if (lane__receive(LANE_FD, &w->hello, sizeof w->hello, &fd, 1) != sizeof w->hello)
    return fail(err, WORKER_REFUSED, none);
  fcntl(LANE_FD, F_SETFD, FD_CLOEXEC);
  void *page = mmap(NULL, sizeof *w->page, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  close(fd);
  if (page == MAP_FAILED || memcmp(w->hello.magic, LANE_MAGIC, sizeof w->hello.magic) != 0 ||
      w->hello.version != WIRE_VERSION)
    return fail(err, WORKER_REFUSED, none);
  w->page = page;
  if (w->hello.with_parent) prctl(PR_SET_PDEATHSIG, SIGKILL);
  /* It may have died before we asked. */
  if (getppid() != w->hello.parent) return fail(err, WORKER_REFUSED, "the central process is gone");
  return WORKER_OK;
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

/* All of the outgoing bytes, however long it takes. @return false: the peer is gone */
static bool send_all(channel *c) {
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
  int yes = 1;
  *c = (channel){.fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)};
  if (c->fd < 0 || connect(c->fd, (struct sockaddr *)&to, sizeof to) != 0) return false;
  setsockopt(c->fd, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
  return fcntl(c->fd, F_SETFL, O_NONBLOCK) == 0;
}

/* Prove the token, and have the other side prove it. @return -1: it hung up without a word */
static int shake_hands(worker *w, int port, ml_error *err) {
  handshake h = {.port = (uint16_t)port, .pid = (uint32_t)getpid()};
  unsigned char proof[WIRE_PROOF];
  frame f;
  if (!await_frame(w, &f)) return -1;
  if (!message__parse_hello(&f, h.central_nonce))
    return fail(err, WORKER_REFUSED, "what listens on the port is no pool of this version");
  if (getrandom(h.worker_nonce, WIRE_NONCE, 0) != WIRE_NONCE) return -1;
  strncpy(h.build, ml_build_id(), sizeof h.build - 1);
  proof__make(proof, w->hello.token, PROOF_WORKER, &h);
  message__put_auth(&w->chan.out, &h, proof);
  if (!send_all(&w->chan) || !await_frame(w, &f)) return -1;

  if (f.type == FRAME_REFUSE && f.n == 1 && *(const unsigned char *)f.payload == WORKER_OTHER_BUILD)
    return fail(err, WORKER_OTHER_BUILD, "the central process is another build of mltool");
  if (f.type != FRAME_WELCOME || f.n != WIRE_PROOF ||
      !proof__holds(f.payload, w->hello.token, PROOF_CENTRAL, &h))
    return fail(err, WORKER_REFUSED, "the pool refused this worker");
  return WORKER_OK;
}

static int register_at(worker *w, int port, ml_error *err) {
  for (int call = 0; call < CALLS_MAX; call++) {
    if (!dial(&w->chan, port)) {
      ml_error_set(err, ML_ERR_WORKER, "cannot connect to 127.0.0.1 port %d: %s", port,
                   strerror(errno));
      return WORKER_NO_CONNECTION;
    }
    int code = shake_hands(w, port, err);
    if (code >= 0) return code;
    channel__close(&w->chan);
    struct pollfd lane = {.fd = LANE_FD};
    if (poll(&lane, 1, CALL_PAUSE) > 0) break;
  }
  return fail(err, WORKER_REFUSED, "the pool hung up");
}

/* ---- the reader ------------------------------------------------------------------------------ */

/* What must be known before the main thread gets there. */
static void look_at(worker *w, const frame *f) {
  if (f->type == FRAME_CLOSE) atomic_store(&w->closed, f->job);
  if (f->type == FRAME_BYE) w->has_bye = true;
}

/* Move whole frames to the inbox. */
static void deliver(worker *w) {
  const char *first = w->chan.in.data + w->chan.in_at;
  frame f;
  frame_verdict verdict;
  pthread_mutex_lock(&w->lock);
  while ((verdict = channel__next(&w->chan, FRAME_PAYLOAD_MAX, &f)) == FRAME_WHOLE) look_at(w, &f);
  ml_buf_put(&w->inbox, first, (size_t)(w->chan.in.data + w->chan.in_at - first));
  if (verdict == FRAME_BAD || w->inbox.failed) _exit(WORKER_REFUSED);
  pthread_cond_signal(&w->filled);
  pthread_mutex_unlock(&w->lock);
}

/* The end of the stream or of the lane is the end of the central process, and so of this one,
 * whatever the main thread is busy with. The kernel frees what is mapped. */
static void *read_inbox(void *ctx) {
  worker *w = ctx;
  deliver(w); /* what came with the welcome */
  for (;;) {
    struct pollfd fds[] = {
        {.fd = w->chan.fd, .events = POLLIN}, {.fd = LANE_FD}, {.fd = w->wake, .events = POLLIN}};
    if (poll(fds, 3, -1) < 0 && errno != EINTR) _exit(WORKER_OK);
    if (fds[2].revents) return NULL;
    if (fds[1].revents) _exit(WORKER_OK);
    if (!fds[0].revents) continue;
    if (!channel__read(&w->chan, READ_MAX)) _exit(WORKER_OK);
    deliver(w);
  }
}

/* ---- the main thread ------------------------------------------------------------------------- */

/* Swap the inbox for an empty one. */
static bool next_batch(worker *w, ml_buf *batch) {
  ml_buf_clear(batch);
  pthread_mutex_lock(&w->lock);
  bool is_waiting = w->inbox.n == 0;
  pthread_mutex_unlock(&w->lock);
  /* Nothing to do: results go out before we sleep. */
  if (is_waiting && !send_all(&w->chan)) return false;
  pthread_mutex_lock(&w->lock);
  while (w->inbox.n == 0) pthread_cond_wait(&w->filled, &w->lock);
  ml_buf empty = *batch;
  *batch = w->inbox;
  w->inbox = empty;
  bool has_bye = w->has_bye;
  pthread_mutex_unlock(&w->lock);
  return !has_bye;
}

static bool is_stale(worker *w, const frame *f) {
  return f->type == FRAME_ITEM && f->job == atomic_load(&w->closed);
}

static bool run_batch(worker *w, worker_job *job, const ml_buf *batch) {
  uint64_t sent = mproc__now();
  for (size_t at = 0; at < batch->n;) {
    frame f;
    if (frame__parse(batch->data + at, batch->n - at, FRAME_PAYLOAD_MAX, &f) != FRAME_WHOLE)
      return false;
    at += FRAME_HEADER + f.n;
    if (!is_stale(w, &f) && !worker_job__frame(job, &f, &w->chan.out)) return false;
    bool is_due = w->chan.out.n > SEND_AT || worker_job__now(job) > sent + SEND_AFTER;
    if (!is_due) continue;
    if (!send_all(&w->chan)) return false;
    sent = worker_job__now(job);
  }
  return true;
}

/* Signals of the process are for the thread that runs the host's code. */
static bool start_reader(worker *w, pthread_t *reader) {
  sigset_t all, before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  int rc = pthread_create(reader, NULL, read_inbox, w);
  pthread_sigmask(SIG_SETMASK, &before, NULL);
  return rc == 0;
}

static int run_all(worker *w, const ml_worker_opts *opts, ml_error *err) {
  pthread_t reader;
  ml_buf batch = {0};
  int code = WORKER_OK;
  uint64_t one = 1;
  worker_job *job = worker_job__new(opts, LANE_FD, w->page);
  w->wake = eventfd(0, EFD_CLOEXEC);
  if (!job || w->wake < 0 || !start_reader(w, &reader)) {
    code = fail(err, WORKER_REFUSED, "out of resources");
  } else {
    while (next_batch(w, &batch) && run_batch(w, job, &batch)) {
    }
    if (write(w->wake, &one, sizeof one) != sizeof one) _exit(WORKER_OK);
    pthread_join(reader, NULL);
  }
  if (w->wake >= 0) close(w->wake);
  worker_job__free(job);
  ml_buf_release(&batch);
  ml_buf_release(&w->inbox);
  return code;
}

int ml_worker_run(const ml_worker_opts *opts, ml_error *err) {
  worker w = {.chan = {.fd = -1},
              .wake = -1,
              .lock = PTHREAD_MUTEX_INITIALIZER,
              .filled = PTHREAD_COND_INITIALIZER};
  ml_own_process();
  (void)prctl(PR_SET_NAME, "mltool-worker");
  if (sodium_init() < 0) return fail(err, WORKER_REFUSED, "no random numbers from the system");
  int code = read_lane(&w, err);
  if (code == WORKER_OK) code = register_at(&w, opts->port, err);
  sodium_memzero(w.hello.token, sizeof w.hello.token);
  if (code == WORKER_OK) code = run_all(&w, opts, err);
  channel__close(&w.chan);
  if (w.page) munmap(w.page, sizeof *w.page);
  return code;
}
