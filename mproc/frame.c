/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Frames: the header of 24 bytes that stands before everything on a connection. */
#include <string.h>

#include "wire.h"

/* Every multi-byte number on the wire is little endian, whatever the host is. */
static void put_number(unsigned char *at, uint64_t value, size_t n) {
  for (size_t i = 0; i < n; i++) at[i] = (unsigned char)(value >> (8 * i));
}

static uint64_t number_at(const unsigned char *at, size_t n) {
  uint64_t value = 0;
  for (size_t i = 0; i < n; i++) value |= (uint64_t)at[i] << (8 * i);
  return value;
}

/* Padding is zeros, so that a frame has one form. */
static bool is_padded(const unsigned char *at, size_t n) {
  for (size_t i = n; i < wire_padded(n); i++)
    if (at[i]) return false;
  return true;
}

frame_verdict frame__parse(const void *bytes, size_t n, size_t payload_max, frame *out) {
  const unsigned char *at = bytes;
  if (n < FRAME_HEADER) return FRAME_PARTIAL;
  size_t payload = (size_t)number_at(at, 4);
  unsigned type = at[4], flags = at[5];
  if (payload > payload_max || type < FRAME_HELLO || type >= FRAME_N_TYPES || flags & ~FRAME_FLAGS)
    return FRAME_BAD;
  if (n - FRAME_HEADER < wire_padded(payload)) return FRAME_PARTIAL;
  if (!is_padded(at + FRAME_HEADER, payload)) return FRAME_BAD;
  *out = (frame){.type = (frame_type)type,
                 .flags = (uint8_t)flags,
                 .items = (uint16_t)number_at(at + 6, 2),
                 .job = (uint32_t)number_at(at + 8, 4),
                 .spent_ns = (uint32_t)number_at(at + 12, 4),
                 .item = number_at(at + 16, 8),
                 .payload = at + FRAME_HEADER,
                 .n = payload};
  return FRAME_WHOLE;
}

bool frame__put_header(ml_buf *buf, const frame *f) {
  unsigned char *at = (unsigned char *)ml_buf_reserve(buf, frame__size(f));
  if (!at) return false;
  put_number(at, f->n, 4);
  at[4] = (unsigned char)f->type;
  at[5] = f->flags;
  put_number(at + 6, f->items, 2);
  put_number(at + 8, f->job, 4);
  put_number(at + 12, f->spent_ns, 4);
  put_number(at + 16, f->item, 8);
  buf->n += FRAME_HEADER;
  return true;
}

void frame__put(ml_buf *buf, const frame *f) {
  if (!frame__put_header(buf, f)) return;
  char *at = buf->data + buf->n;
  size_t padded = wire_padded(f->n);
  if (f->n) memcpy(at, f->payload, f->n);
  memset(at + f->n, 0, padded - f->n);
  buf->n += padded;
}
