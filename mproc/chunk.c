/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Chunks: the bytes of many small items in one payload, and where each of them is. */
#include <endian.h>
#include <string.h>

#include "wire.h"

void chunk__put(ml_buf *buf, const frame *f, const void *bytes, const uint32_t *lengths) {
  size_t n = 0, table = f->items * sizeof *lengths;
  for (size_t i = 0; i < f->items; i++) n += wire_padded(lengths[i]);
  frame whole = *f;
  whole.n = n + wire_padded(table);
  if (!frame__put_header(buf, &whole)) return;
  char *at = buf->data + buf->n;
  if (n) memcpy(at, bytes, n);
  at += n;
  for (size_t i = 0; i < f->items; i++, at += sizeof *lengths) {
    uint32_t length = htole32(lengths[i]);
    memcpy(at, &length, sizeof length);
  }
  memset(at, 0, wire_padded(table) - table);
  buf->n += whole.n;
}

static uint32_t length_at(const unsigned char *at) {
  uint32_t length;
  memcpy(&length, at, sizeof length);
  return le32toh(length);
}

bool chunk__parse(const void *payload, size_t n, size_t n_items, chunk_table *out) {
  size_t table = wire_padded(n_items * sizeof(uint32_t)), sum = 0;
  if (n_items == 0 || n < table) return false;
  *out = (chunk_table){.bytes = payload, .lengths = (const unsigned char *)payload + (n - table)};
  for (size_t i = 0; i < n_items; i++) sum += wire_padded(length_at(out->lengths + 4 * i));
  return sum == n - table;
}

const void *chunk__next(chunk_table *table, size_t *n) {
  const char *bytes = table->bytes;
  *n = length_at(table->lengths);
  table->lengths += sizeof(uint32_t);
  table->bytes += wire_padded(*n);
  return bytes;
}
