/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Fields of frames. */
#include "packet.h"

#include <string.h>

typedef struct head {
  uint64_t type, n; /* bytes behind the head */
} head;

size_t packet__begin(ml_buf *buf, frame_type type) {
  const head h = {type, 0};
  size_t at = buf->n;
  ml_buf_put(buf, &h, sizeof h);
  return at;
}

void packet__end(ml_buf *buf, size_t at) {
  if (buf->failed) return;
  uint64_t n = buf->n - at - sizeof(head);
  memcpy(buf->data + at + offsetof(head, n), &n, sizeof n);
}

size_t packet__frame(const char *bytes, size_t n, frame_type *type, packet *body) {
  head h;
  if (n < sizeof h) return 0;
  memcpy(&h, bytes, sizeof h);
  if (n - sizeof h < h.n) return 0;
  *type = (frame_type)h.type;
  *body = (packet){.at = bytes + sizeof h, .left = (size_t)h.n};
  return sizeof h + (size_t)h.n;
}

/* ---- out ------------------------------------------------------------------------------------- */

void packet__put_u64(ml_buf *buf, uint64_t value) {
  ml_buf_put(buf, &value, sizeof value);
}

void packet__put_real(ml_buf *buf, double value) {
  ml_buf_put(buf, &value, sizeof value);
}

void packet__put_bytes(ml_buf *buf, const void *bytes, size_t n) {
  packet__put_u64(buf, n);
  if (n > 0) ml_buf_put(buf, bytes, n);
  ml_buf_put(buf, "\0\0\0\0\0\0\0", (8 - n % 8) % 8);
}

void packet__put_text(ml_buf *buf, const char *text) {
  packet__put_bytes(buf, text, strlen(text) + 1);
}

void packet__put_error(ml_buf *buf, const ml_error *error) {
  packet__put_u64(buf, error->status);
  packet__put_u64(buf, error->line);
  packet__put_u64(buf, error->column);
  packet__put_text(buf, error->source);
  packet__put_text(buf, error->message);
}

void packet__put_failure(ml_buf *buf, const ml_failure *failure) {
  packet__put_error(buf, &failure->error);
  packet__put_text(buf, failure->trace);
  packet__put_text(buf, failure->output);
  packet__put_u64(buf, failure->attempts);
  packet__put_u64(buf, (uint64_t)failure->signal);
  packet__put_u64(buf, failure->memory);
}

/* ---- in -------------------------------------------------------------------------------------- */

static const void *take(packet *in, size_t n) {
  if (in->is_bad || n > in->left) {
    in->is_bad = true;
    return NULL;
  }
  const void *at = in->at;
  in->at += n;
  in->left -= n;
  return at;
}

uint64_t packet__u64(packet *in) {
  uint64_t value = 0;
  const void *at = take(in, sizeof value);
  if (at) memcpy(&value, at, sizeof value);
  return value;
}

double packet__real(packet *in) {
  double value = 0;
  const void *at = take(in, sizeof value);
  if (at) memcpy(&value, at, sizeof value);
  return value;
}

ml_span packet__bytes(packet *in) {
  uint64_t n = packet__u64(in);
  if (n > in->left) in->is_bad = true;
  size_t padded = in->is_bad ? 0 : (size_t)n + (8 - n % 8) % 8;
  const void *at = take(in, padded);
  return at ? (ml_span){(void *)at, (size_t)n} : (ml_span){(void *)"", 0};
}

const char *packet__text(packet *in) {
  ml_span bytes = packet__bytes(in);
  const char *text = bytes.data;
  if (bytes.size == 0 || text[bytes.size - 1] != 0) in->is_bad = true;
  return in->is_bad ? "" : text;
}

void packet__error(packet *in, ml_error *out) {
  uint64_t status = packet__u64(in), line = packet__u64(in), column = packet__u64(in);
  const char *source = packet__text(in), *message = packet__text(in);
  if (status > ML_ERR_CLOSED) in->is_bad = true;
  *out = (ml_error){0};
  if (in->is_bad || status == ML_OK) return;
  ml_error_at(out, (ml_status)status, source, (size_t)line, (size_t)column, "%s", message);
}

void packet__failure(packet *in, ml_failure *out) {
  *out = (ml_failure){0};
  packet__error(in, &out->error);
  out->trace = packet__text(in);
  out->output = packet__text(in);
  out->attempts = (unsigned)packet__u64(in);
  out->signal = (int)packet__u64(in);
  out->memory = packet__u64(in);
}
