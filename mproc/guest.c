/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The port, and connections that have proved nothing yet: few, small, and not for long. */
#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <unistd.h>

#include <ml/version.h>

#include "mproc_internal.h"

#define NOTE_EVERY (10 * MPROC_SECOND)

enum { GUESTS_MAX = 16, ACCEPTS_PER_TURN = 64, BACKLOG = 4096 };
struct guest {
  guest *next;
  ml_mproc *pool;
  channel chan;
  handshake said;
  uint64_t leaves; /* when it must have proved itself, or taken its answer */
  int port;        /* that it calls from */
  bool is_answered;
};

static void leave(guest *g) {
  guest **at = &g->pool->guests;
  while (*at != g) at = &(*at)->next;
  *at = g->next;
  g->pool->n_guests--;
  channel__close(&g->chan);
  free(g);
}

/* Whoever keeps calling must not fill the host's screen. */
static void note_refusal(ml_mproc *pool) {
  uint64_t now = mproc__now();
  pool->refusals_untold++;
  if (pool->refusal_noted > 0 && now - pool->refusal_noted < NOTE_EVERY) return;
  pool__note(pool, "port %d: %llu connection%s refused", pool->port,
             (unsigned long long)pool->refusals_untold, pool->refusals_untold == 1 ? "" : "s");
  pool->refusal_noted = now;
  pool->refusals_untold = 0;
}

static void refuse(guest *g) {
  g->pool->stats.connections_refused++;
  note_refusal(g->pool);
  leave(g);
}

/* Only a peer that knows its own kind is told why; what it cannot send is its own loss. */
static void refuse_with(guest *g, unsigned char code) {
  frame_type type = FRAME_REFUSE;
  frame__put(&g->chan.out, &(frame){.type = type, .payload = &code, .n = 1});
  channel__flush(&g->chan);
  refuse(g);
}

static slot *starting_slot(ml_mproc *pool, uint32_t pid) {
  for (size_t i = 0; i < pool->n_slots; i++) {
    slot *s = &pool->slots[i];
    if (s->state == SLOT_STARTING && (uint32_t)s->pid == pid) return s;
  }
  return NULL;
}

/* One that we have started ourselves would be so again. */
static void refuse_build(guest *g) {
  ml_mproc *pool = g->pool;
  ml_error error = {0};
  ml_error_set(&error, ML_ERR_WORKER, "worker '%s' is another build (%s) than this program (%s)",
               g->said.role == PEER_WORKER ? pool->exe : "by hand", g->said.build, ml_build_id());
  if (g->said.role == PEER_WORKER && pool->fault.status == ML_OK) pool->fault = error;
  pool__note(pool, "%s", error.message);
  refuse_with(g, ML_WORKER_OTHER_BUILD);
}

static void welcome_to(guest *g, bool has_lane) {
  unsigned char proof[WIRE_PROOF];
  const ml_mproc *pool = g->pool;
  proof__make(proof, g->said.role == PEER_WORKER ? pool->token : pool->file_token, PROOF_CENTRAL,
              &g->said);
  message__put_welcome(&g->chan.out, proof, has_lane);
}

static void admit_worker(guest *g) {
  slot *s = starting_slot(g->pool, g->said.pid);
  if (!s) {
    refuse_with(g, ML_WORKER_REFUSED);
    return;
  }
  welcome_to(g, true);
  slot__register(s, &g->chan);
  leave(g);
}

static void admit_visitor(guest *g) {
  slot *s = visitor__place(g->pool, &g->said);
  if (!s) {
    refuse_with(g, ML_WORKER_REFUSED);
    return;
  }
  welcome_to(g, s->lane >= 0);
  visitor__register(s, &g->chan);
  leave(g);
}

static void leave_when_sent(guest *g) {
  if (!channel__flush(&g->chan) || g->chan.out.n == 0) leave(g);
}

static void answer_status(guest *g) {
  ml_buf json = {0};
  ml_mproc_describe(g->pool, &json);
  welcome_to(g, false);
  frame__put(&g->chan.out, &(frame){.type = FRAME_STATUS, .payload = json.data, .n = json.n});
  ml_buf_release(&json);
  g->is_answered = true;
  leave_when_sent(g);
}

static void admit(guest *g, const frame *f) {
  ml_mproc *pool = g->pool;
  unsigned char proof[WIRE_PROOF];
  g->said.port = (uint16_t)pool->port;
  if (!message__parse_auth(f, &g->said, proof)) {
    refuse(g);
    return;
  }
  bool is_ours = g->said.role == PEER_WORKER;
  if ((!is_ours && !pool->has_file_token) ||
      !proof__holds(proof, is_ours ? pool->token : pool->file_token, PROOF_WORKER, &g->said))
    refuse_with(g, ML_WORKER_REFUSED);
  else if (g->said.role == PEER_STATUS)
    answer_status(g);
  else if (strcmp(g->said.build, ml_build_id()) != 0)
    refuse_build(g);
  else if (is_ours)
    admit_worker(g);
  else
    admit_visitor(g);
}

static void on_guest(void *ctx, int events) {
  guest *g = ctx;
  frame f;
  if (g->is_answered) {
    leave_when_sent(g);
    return;
  }
  if (events & UV_WRITABLE && !channel__flush(&g->chan)) {
    refuse(g);
    return;
  }
  if (!(events & UV_READABLE)) return;
  if (!channel__read(&g->chan, FRAME_HEADER + FRAME_GUEST_MAX)) {
    refuse(g);
    return;
  }
  frame_verdict verdict = channel__next(&g->chan, FRAME_GUEST_MAX, &f);
  if (verdict == FRAME_WHOLE)
    admit(g, &f);
  else if (verdict == FRAME_BAD)
    refuse(g);
}

/* A worker that we have started calls from there. */
static bool is_expected(const guest *g) {
  const ml_mproc *pool = g->pool;
  for (size_t i = 0; i < pool->n_slots; i++) {
    const status_page *page = pool->slots[i].page->data;
    if (pool->slots[i].state == SLOT_STARTING && atomic_load(&page->port) == g->port) return true;
  }
  return false;
}

/* A crowd loses its oldest, but none that is expected: there are no more of these than places. */
static void make_room(ml_mproc *pool) {
  guest *g = pool->guests;
  if (pool->n_guests < GUESTS_MAX) return;
  while (g && is_expected(g)) g = g->next;
  if (!g && pool->n_guests >= GUESTS_MAX + pool->n_slots) g = pool->guests;
  if (g) refuse(g);
}

static void welcome(ml_mproc *pool, int fd, int port) {
  guest *g = calloc(1, sizeof *g);
  if (!g) {
    close(fd);
    return;
  }
  channel__hurry(fd, !pool->opts.allow_remote);
  g->pool = pool;
  g->chan.fd = fd;
  g->port = port;
  g->leaves = mproc__now() + pool->guest_time;
  guest **last = &pool->guests;
  while (*last) last = &(*last)->next;
  *last = g;
  pool->n_guests++;
  g->chan.io = io__new(&pool->loop, fd, on_guest, g);
  bool has_nonce = getrandom(g->said.central_nonce, sizeof g->said.central_nonce, 0) == WIRE_NONCE;
  message__put_hello(&g->chan.out, g->said.central_nonce);
  if (!g->chan.io || !has_nonce || !channel__flush(&g->chan)) refuse(g);
}

/* Out of descriptors: the listener would wake the loop for ever, so it is looked at again by the
 * clock. When nobody works who could give one back, that is the end of it. */
static void rest(ml_mproc *pool) {
  bool has_descriptors = errno != EMFILE && errno != ENFILE;
  io__want(pool->listener_io, 0);
  if (has_descriptors || pool->run || pool->fault.status != ML_OK) return;
  ml_error_set(&pool->fault, ML_ERR_WORKER, "workers cannot connect: %s (see ulimit -n)",
               strerror(errno));
}

static void on_connection(void *ctx, int events) {
  (void)events;
  ml_mproc *pool = ctx;
  for (int i = 0; i < ACCEPTS_PER_TURN; i++) {
    address from;
    socklen_t n = sizeof from;
    int fd = accept4(pool->listener, &from.any, &n, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (fd >= 0) {
      make_room(pool);
      welcome(pool, fd, address__port(&from));
    } else if (errno != EINTR && errno != ECONNABORTED) {
      if (errno != EAGAIN && errno != EWOULDBLOCK) rest(pool);
      return;
    }
  }
}

void guest__expire(ml_mproc *pool, uint64_t now) {
  while (pool->guests && pool->guests->leaves < now) refuse(pool->guests);
  io__want(pool->listener_io, UV_READABLE);
}

void guest__close_all(ml_mproc *pool) {
  while (pool->guests) leave(pool->guests);
  io__free(pool->listener_io);
  if (pool->listener >= 0) close(pool->listener);
  pool->listener_io = NULL;
  pool->listener = -1;
}

static ml_status port_error(const ml_mproc *pool, ml_error *err) {
  int port = pool->opts.port;
  if (errno == EADDRINUSE)
    return ml_error_set(err, ML_ERR_IO,
                        "port %d is in use (another mltool? choose another with -p, or -p 0 for "
                        "any free port)",
                        port);
  if (errno == EACCES)
    return ml_error_set(err, ML_ERR_IO,
                        "port %d is not allowed to this user (choose one from 1024 to 65535, or "
                        "-p 0 for any free port)",
                        port);
  return ml_error_set(err, ML_ERR_IO, "cannot listen on %s port %d: %s",
                      pool->opts.bind ? pool->opts.bind : "127.0.0.1", port, strerror(errno));
}

ml_status guest__listen(ml_mproc *pool, ml_error *err) {
  address at;
  int yes = 1;
  (void)address__parse(pool->opts.bind, pool->opts.port, &at); /* it was checked */
  socklen_t n = address__size(&at);
  pool->listener = socket(at.any.sa_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (pool->listener < 0) return port_error(pool, err);
  /* Connections of an earlier run that linger do not keep the port; a listener does. */
  setsockopt(pool->listener, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
  if (bind(pool->listener, &at.any, n) != 0 || listen(pool->listener, BACKLOG) != 0 ||
      getsockname(pool->listener, &at.any, &n) != 0)
    return port_error(pool, err);
  pool->port = address__port(&at);
  address__to_call(&at, pool->host);
  pool->listener_io = io__new(&pool->loop, pool->listener, on_connection, pool);
  return pool->listener_io ? ML_OK : ml_error_memory(err);
}
