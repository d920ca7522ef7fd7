/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Asking the pool of another process what it does. */
#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <unistd.h>

#include <sodium.h>

#include <ml/version.h>

#include "mproc_internal.h"

#define LIMIT     (5 * MPROC_SECOND) /* for everything */
#define CALLS_MAX 50
#define PAUSE_MS  20 /* when a crowd has pushed us out */
#define READ_MAX  ((size_t)64 << 10)
#define JSON_MAX  ((size_t)8 << 20)

typedef struct question {
  address to;
  char name[ADDRESS_TEXT + 16]; /* "127.0.0.1 port 5001" */
  unsigned char token[WIRE_TOKEN];
  channel chan;
  handshake said;
  uint64_t deadline;
} question;

typedef enum outcome { ANSWERED, FAILED, HUNG_UP } outcome;

static outcome fail(ml_error *err, ml_status status, const question *q, const char *why) {
  ml_error_set(err, status, "%s: %s", q->name, why);
  return FAILED;
}

static outcome fail_late(ml_error *err, const question *q) {
  return fail(err, ML_ERR_IO, q,
              "no answer within 5 s: no pool, or its central process is busy with something else");
}

/* @return false when the time is up */
static bool await(const question *q, short events) {
  for (;;) {
    uint64_t now = mproc__now();
    struct pollfd fd = {.fd = q->chan.fd, .events = events};
    if (now >= q->deadline) return false;
    int n = poll(&fd, 1, (int)((q->deadline - now) / 1000000 + 1));
    if (n > 0) return true;
    if (n < 0 && errno != EINTR) return false;
  }
}

static outcome dial(question *q, ml_error *err) {
  int error = 0;
  socklen_t n = sizeof error;
  q->chan =
      (channel){.fd = socket(q->to.any.sa_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)};
  if (q->chan.fd < 0) return fail(err, ML_ERR_IO, q, strerror(errno));
  if (connect(q->chan.fd, &q->to.any, address__size(&q->to)) == 0) return ANSWERED;
  if (errno != EINPROGRESS) return fail(err, ML_ERR_IO, q, strerror(errno));
  if (!await(q, POLLOUT)) return fail_late(err, q);
  getsockopt(q->chan.fd, SOL_SOCKET, SO_ERROR, &error, &n);
  if (error == ECONNREFUSED) return fail(err, ML_ERR_IO, q, "nobody listens there");
  return error == 0 ? ANSWERED : fail(err, ML_ERR_IO, q, strerror(error));
}

static outcome next_frame(question *q, size_t payload_max, frame *f, ml_error *err) {
  for (;;) {
    frame_verdict verdict = channel__next(&q->chan, payload_max, f);
    if (verdict == FRAME_WHOLE) return ANSWERED;
    if (verdict == FRAME_BAD)
      return fail(err, ML_ERR_WORKER, q, "what listens there is no pool of this version");
    if (!await(q, POLLIN)) return fail_late(err, q);
    if (!channel__read(&q->chan, READ_MAX)) return HUNG_UP;
  }
}

static outcome prove(question *q, ml_error *err) {
  unsigned char proof[WIRE_PROOF];
  frame f;
  outcome o = next_frame(q, FRAME_GUEST_MAX, &f, err);
  if (o != ANSWERED) return o;
  if (!message__parse_hello(&f, q->said.central_nonce))
    return fail(err, ML_ERR_WORKER, q, "what listens there is no pool of this version");
  if (getrandom(q->said.worker_nonce, WIRE_NONCE, 0) != WIRE_NONCE)
    return fail(err, ML_ERR_IO, q, "no random numbers from the system");
  proof__make(proof, q->token, PROOF_WORKER, &q->said);
  message__put_auth(&q->chan.out, &q->said, proof);
  return worker__send_all(&q->chan) ? ANSWERED : HUNG_UP;
}

/* The pool proves itself, too, before anything that it says is believed. */
static outcome check_proof(question *q, ml_error *err) {
  unsigned char proof[WIRE_PROOF];
  bool has_lane;
  frame f;
  outcome o = next_frame(q, FRAME_GUEST_MAX, &f, err);
  if (o != ANSWERED) return o;
  if (f.type == FRAME_REFUSE)
    return fail(err, ML_ERR_WORKER, q,
                "refused: the pool has another token, or was opened without --token-file");
  if (!message__parse_welcome(&f, proof, &has_lane) ||
      !proof__holds(proof, q->token, PROOF_CENTRAL, &q->said))
    return fail(err, ML_ERR_WORKER, q, "what listens there does not know the token");
  return ANSWERED;
}

static outcome ask(question *q, ml_buf *json, ml_error *err) {
  frame f;
  outcome o = dial(q, err);
  if (o == ANSWERED) o = prove(q, err);
  if (o == ANSWERED) o = check_proof(q, err);
  if (o == ANSWERED) o = next_frame(q, JSON_MAX, &f, err);
  if (o != ANSWERED) return o;
  if (f.type != FRAME_STATUS)
    return fail(err, ML_ERR_WORKER, q, "what listens there is no pool of this version");
  ml_buf_put(json, f.payload, f.n);
  return ANSWERED;
}

ml_status ml_mproc_ask_status(const char *host, int port, const char *token_file, ml_buf *json,
                              ml_error *err) {
  ml_error why = {0};
  question q = {.chan = {.fd = -1},
                .said = {.port = (uint16_t)port, .pid = (uint32_t)getpid(), .role = PEER_STATUS},
                .deadline = mproc__now() + LIMIT};
  if (!host) host = "127.0.0.1";
  if (!address__parse(host, port, &q.to))
    return ml_error_set(err, ML_ERR_USAGE, "'%s' is no address", host);
  snprintf(q.name, sizeof q.name, "%.45s port %d", host, port);
  ml_status status = token__read(token_file, false, q.token, err);
  if (status != ML_OK) return status;
  strncpy(q.said.build, ml_build_id(), sizeof q.said.build - 1);
  outcome o = HUNG_UP;
  for (int call = 0; call < CALLS_MAX && o == HUNG_UP && mproc__now() < q.deadline; call++) {
    if (call > 0) poll(NULL, 0, PAUSE_MS);
    channel__close(&q.chan);
    o = ask(&q, json, &why);
  }
  if (o == HUNG_UP) fail(&why, ML_ERR_WORKER, &q, "what listens there hangs up: no pool?");
  channel__close(&q.chan);
  sodium_memzero(&q, sizeof q);
  if (o == ANSWERED && json->failed) return ml_error_memory(err);
  if (o != ANSWERED && err) *err = why;
  return o == ANSWERED ? ML_OK : why.status;
}
