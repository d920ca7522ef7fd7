/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Frames: the header of 24 bytes that stands before everything on a connection. */
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

frame_verdict frame__parse(const void *bytes, size_t n, size_t payload_max, frame *out) {
  const unsigned char *at = bytes;
  if (n < FRAME_HEADER) return FRAME_PARTIAL;
  size_t payload = (size_t)number_at(at, 4);
  uint64_t type = number_at(at + 4, 4); /* with the three zeros behind it */
  if (payload > payload_max || type < FRAME_HELLO || type >= FRAME_N_TYPES) return FRAME_BAD;
  if (n - FRAME_HEADER < payload) return FRAME_PARTIAL;
  *out = (frame){.type = (frame_type)type,
                 .job = (uint32_t)number_at(at + 8, 4),
                 .spent_ns = (uint32_t)number_at(at + 12, 4),
                 .item = number_at(at + 16, 8),
                 .payload = at + FRAME_HEADER,
                 .n = payload};
  return FRAME_WHOLE;
}

void frame__put(ml_buf *buf, const frame *f) {
  unsigned char *at = (unsigned char *)ml_buf_reserve(buf, FRAME_HEADER + f->n);
  if (!at) return;
  put_number(at, f->n, 4);
  put_number(at + 4, f->type, 4);
  put_number(at + 8, f->job, 4);
  put_number(at + 12, f->spent_ns, 4);
  put_number(at + 16, f->item, 8);
  buf->n += FRAME_HEADER;
  ml_buf_put(buf, f->payload, f->n);
}
