/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Messages: the payloads of frames, and the proof that a peer holds the token. */
#include <string.h>

#include <sodium.h>

#include "wire.h"

static const char magic[8] = "ml-pool";

/* ---- writing: a payload is built behind a frame header whose length is filled in at the end -- */

static void put_number(ml_buf *buf, uint64_t value, size_t n) {
  unsigned char bytes[8];
  for (size_t i = 0; i < n; i++) bytes[i] = (unsigned char)(value >> (8 * i));
  ml_buf_put(buf, bytes, n);
}

static void put_text(ml_buf *buf, const char *text) {
  size_t n = strlen(text);
  put_number(buf, n, 2);
  ml_buf_put(buf, text, n);
}

/* Wrap what was written to payload into a frame, and release it. */
static void put_wrapped(ml_buf *buf, frame f, ml_buf *payload) {
  f.payload = payload->data;
  f.n = payload->n;
  if (payload->failed)
    buf->failed = true;
  else
    frame__put(buf, &f);
  ml_buf_release(payload);
}

/* ---- reading: running over the end makes the cursor bad, and reads give zeros ---------------- */

typedef struct cursor {
  const unsigned char *at, *end;
  bool bad;
} cursor;

static cursor cursor_of(const frame *f) {
  const unsigned char *at = f->payload;
  return (cursor){.at = at, .end = f->n ? at + f->n : at};
}

static const unsigned char *skip(cursor *c, size_t n) {
  if (c->bad || (size_t)(c->end - c->at) < n) {
    c->bad = true;
    return NULL;
  }
  c->at += n;
  return c->at - n;
}

static void bytes(cursor *c, void *out, size_t n) {
  const unsigned char *at = skip(c, n);
  if (at) memcpy(out, at, n);
}

static uint64_t number(cursor *c, size_t n) {
  const unsigned char *at = skip(c, n);
  uint64_t value = 0;
  for (size_t i = 0; at && i < n; i++) value |= (uint64_t)at[i] << (8 * i);
  return value;
}

static void text(cursor *c, char *out, size_t size) {
  size_t n = (size_t)number(c, 2);
  out[0] = 0;
  if (n >= size) c->bad = true;
  const unsigned char *at = skip(c, n);
  if (!at) return;
  memcpy(out, at, n);
  out[n] = 0;
  if (strlen(out) != n) c->bad = true;
}

/* All of the payload was read, and no more than it. */
static bool is_complete(const cursor *c) {
  return !c->bad && c->at == c->end;
}

/* ---- handshake ------------------------------------------------------------------------------- */

void message__put_hello(ml_buf *buf, const unsigned char nonce[WIRE_NONCE]) {
  ml_buf payload = {0};
  ml_buf_put(&payload, magic, sizeof magic);
  put_number(&payload, WIRE_VERSION, 4);
  ml_buf_put(&payload, nonce, WIRE_NONCE);
  put_wrapped(buf, (frame){.type = FRAME_HELLO}, &payload);
}

bool message__parse_hello(const frame *f, unsigned char nonce[WIRE_NONCE]) {
  char got[sizeof magic] = {0};
  cursor c = cursor_of(f);
  bytes(&c, got, sizeof got);
  uint64_t version = number(&c, 4);
  bytes(&c, nonce, WIRE_NONCE);
  return f->type == FRAME_HELLO && is_complete(&c) && version == WIRE_VERSION &&
         memcmp(got, magic, sizeof magic) == 0;
}

void message__put_auth(ml_buf *buf, const handshake *h, const unsigned char proof[WIRE_PROOF]) {
  ml_buf payload = {0};
  ml_buf_put(&payload, h->worker_nonce, WIRE_NONCE);
  put_number(&payload, h->role, 1);
  put_number(&payload, h->pid, 4);
  put_text(&payload, h->build);
  ml_buf_put(&payload, h->lane, WIRE_LANE);
  ml_buf_put(&payload, proof, WIRE_PROOF);
  put_wrapped(buf, (frame){.type = FRAME_AUTH}, &payload);
}

bool message__parse_auth(const frame *f, handshake *h, unsigned char proof[WIRE_PROOF]) {
  cursor c = cursor_of(f);
  bytes(&c, h->worker_nonce, WIRE_NONCE);
  uint64_t role = number(&c, 1);
  h->pid = (uint32_t)number(&c, 4);
  text(&c, h->build, sizeof h->build);
  bytes(&c, h->lane, WIRE_LANE);
  bytes(&c, proof, WIRE_PROOF);
  if (role >= PEER_N_ROLES) return false;
  h->role = (peer_role)role;
  return f->type == FRAME_AUTH && is_complete(&c);
}

void message__put_welcome(ml_buf *buf, const unsigned char proof[WIRE_PROOF], bool has_lane) {
  ml_buf payload = {0};
  ml_buf_put(&payload, proof, WIRE_PROOF);
  put_number(&payload, has_lane, 1);
  put_wrapped(buf, (frame){.type = FRAME_WELCOME}, &payload);
}

bool message__parse_welcome(const frame *f, unsigned char proof[WIRE_PROOF], bool *has_lane) {
  cursor c = cursor_of(f);
  bytes(&c, proof, WIRE_PROOF);
  uint64_t flag = number(&c, 1);
  *has_lane = flag == 1;
  return f->type == FRAME_WELCOME && is_complete(&c) && flag <= 1;
}

void proof__make(unsigned char proof[WIRE_PROOF], const unsigned char token[WIRE_TOKEN],
                 proof_role role, const handshake *h) {
  /* Fixed places for every part, so that no two handshakes give the same bytes. */
  struct {
    unsigned char role, peer, port[2], pid[4], nonces[2][WIRE_NONCE], build[WIRE_BUILD_MAX],
        lane[WIRE_LANE];
  } said = {.role = (unsigned char)role, .peer = (unsigned char)h->role};
  for (size_t i = 0; i < 2; i++) said.port[i] = (unsigned char)(h->port >> (8 * i));
  for (size_t i = 0; i < 4; i++) said.pid[i] = (unsigned char)(h->pid >> (8 * i));
  memcpy(said.nonces[0], h->central_nonce, WIRE_NONCE);
  memcpy(said.nonces[1], h->worker_nonce, WIRE_NONCE);
  memcpy(said.build, h->build, strlen(h->build));
  memcpy(said.lane, h->lane, WIRE_LANE);
  crypto_auth_hmacsha256(proof, (const unsigned char *)&said, sizeof said, token);
}

bool proof__holds(const unsigned char proof[WIRE_PROOF], const unsigned char token[WIRE_TOKEN],
                  proof_role role, const handshake *h) {
  unsigned char want[WIRE_PROOF];
  proof__make(want, token, role, h);
  return sodium_memcmp(proof, want, sizeof want) == 0;
}

/* ---- jobs ------------------------------------------------------------------------------------ */

void message__put_error(ml_buf *buf, const frame *f, const ml_error *err, const ml_buf *trace) {
  ml_buf payload = {0};
  frame error = *f;
  error.type = FRAME_ERROR;
  put_number(&payload, err->status, 1);
  put_number(&payload, err->line, 8);
  put_number(&payload, err->column, 8);
  put_text(&payload, err->source);
  put_text(&payload, err->message);
  if (trace)
    ml_buf_put(&payload, trace->data, trace->n < FRAME_TRACE_MAX ? trace->n : FRAME_TRACE_MAX);
  put_wrapped(buf, error, &payload);
}

bool message__parse_error(const frame *f, ml_error *err, const char **trace, size_t *n_trace) {
  cursor c = cursor_of(f);
  *err = (ml_error){0};
  uint64_t status = number(&c, 1);
  err->line = (size_t)number(&c, 8);
  err->column = (size_t)number(&c, 8);
  text(&c, err->source, sizeof err->source);
  text(&c, err->message, sizeof err->message);
  if (c.bad || status == ML_OK || status > ML_ERR_CLOSED) return false;
  err->status = (ml_status)status;
  *trace = (const char *)c.at;
  *n_trace = (size_t)(c.end - c.at);
  return *n_trace <= FRAME_TRACE_MAX;
}

void message__put_open(ml_buf *buf, uint32_t job, const open_message *open) {
  ml_buf payload = {0};
  put_text(&payload, open->module);
  put_text(&payload, open->task);
  put_number(&payload, open->is_timed, 1);
  put_number(&payload, open->n_blocks, 2);
  for (size_t i = 0; i < open->n_blocks; i++) {
    const open_block *block = &open->blocks[i];
    put_number(&payload, block->id, 8);
    put_number(&payload, block->size, 8);
    put_number(&payload, (block->is_new ? 1u : 0u) | (block->is_result ? 2u : 0u), 1);
  }
  put_number(&payload, open->n_args, 4);
  ml_buf_put(&payload, open->args, open->n_args);
  put_wrapped(buf, (frame){.type = FRAME_OPEN, .job = job}, &payload);
}

bool message__parse_open(const frame *f, open_message *open) {
  cursor c = cursor_of(f);
  text(&c, open->module, sizeof open->module);
  text(&c, open->task, sizeof open->task);
  uint64_t timed = number(&c, 1);
  open->is_timed = timed;
  open->n_blocks = (size_t)number(&c, 2);
  if (timed > 1 || open->n_blocks > WIRE_BLOCKS_MAX) return false;
  for (size_t i = 0; i < open->n_blocks; i++) {
    open_block *block = &open->blocks[i];
    block->id = number(&c, 8);
    block->size = number(&c, 8);
    uint64_t flags = number(&c, 1);
    if (flags > 3) return false;
    block->is_new = flags & 1;
    block->is_result = flags & 2;
  }
  open->n_args = (size_t)number(&c, 4);
  open->args = skip(&c, open->n_args);
  return f->type == FRAME_OPEN && is_complete(&c) && open->n_args <= FRAME_ARGS_MAX;
}

void message__put_release(ml_buf *buf, const uint64_t *ids, size_t n) {
  ml_buf payload = {0};
  for (size_t i = 0; i < n; i++) put_number(&payload, ids[i], 8);
  put_wrapped(buf, (frame){.type = FRAME_RELEASE}, &payload);
}

bool message__parse_release(const frame *f, uint64_t *ids, size_t *n) {
  cursor c = cursor_of(f);
  *n = f->n / 8;
  if (*n == 0 || *n > WIRE_BLOCKS_MAX) return false;
  for (size_t i = 0; i < *n; i++) ids[i] = number(&c, 8);
  return f->type == FRAME_RELEASE && is_complete(&c);
}

/* ---- sizes of memory files ------------------------------------------------------------------- */

void message__put_size(unsigned char bytes[8], uint64_t size) {
  for (size_t i = 0; i < 8; i++) bytes[i] = (unsigned char)(size >> (8 * i));
}

bool message__parse_size(const frame *f, uint64_t *size) {
  cursor c = cursor_of(f);
  *size = number(&c, 8);
  return is_complete(&c) && *size > 0 && *size <= SIZE_MAX / 2;
}
