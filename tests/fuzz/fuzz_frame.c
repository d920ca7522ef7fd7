/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Frames and messages from any bytes, with the limits before and after authentication. */
#include <stdlib.h>
#include <string.h>

#include "../../mproc/wire.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(bool holds) {
  if (!holds) abort();
}

/* What a parser accepts is written again as it was. */
static void write_again(const frame *f, const void *bytes) {
  ml_buf buf = {0};
  frame__put(&buf, f);
  check(!buf.failed && buf.n == frame__size(f) && memcmp(buf.data, bytes, buf.n) == 0);
  ml_buf_release(&buf);
}

/* Every item lies within the payload, and the chunk is written again as it was, but for the
 * padding of its items. */
static void read_chunk(const frame *f) {
  chunk_table table;
  const char *at = f->payload, *end = at + f->n;
  if (!chunk__parse(f->payload, f->n, f->items, &table)) return;
  uint32_t *lengths = malloc(f->items * sizeof *lengths);
  ml_buf buf = {0};
  check(lengths != NULL);
  for (size_t i = 0; i < f->items; i++) {
    size_t n;
    check(chunk__next(&table, &n) == at && (size_t)(end - at) >= n);
    at += wire_padded(n);
    lengths[i] = (uint32_t)n;
  }
  chunk__put(&buf, f, f->payload, lengths);
  check(!buf.failed && buf.n == FRAME_HEADER + f->n &&
        memcmp(buf.data + FRAME_HEADER, f->payload, f->n - 4 * (f->items % 2)) == 0);
  free(lengths);
  ml_buf_release(&buf);
}

static void parse_all(const frame *f) {
  unsigned char nonce[WIRE_NONCE], proof[WIRE_PROOF], token[WIRE_TOKEN] = {0};
  handshake h = {0};
  ml_error err;
  open_message open;
  uint64_t ids[WIRE_BLOCKS_MAX], total;
  const char *trace;
  size_t n;
  message__parse_hello(f, nonce);
  if (message__parse_auth(f, &h, proof)) proof__holds(proof, token, PROOF_WORKER, &h);
  bool has_lane;
  (void)message__parse_welcome(f, proof, &has_lane);
  if (message__parse_error(f, &err, &trace, &n)) {
    check(n <= f->n && trace + n == (const char *)f->payload + f->n);
    char text[1024];
    ml_error_format(&err, text, sizeof text);
    check(ml_status_name(err.status));
  }
  if (message__parse_open(f, &open))
    check(open.n_blocks <= WIRE_BLOCKS_MAX && open.n_args <= FRAME_ARGS_MAX);
  if (message__parse_release(f, ids, &n)) check(n <= WIRE_BLOCKS_MAX);
  if (message__parse_size(f, &total)) check(total > 0);
  read_chunk(f);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  const size_t limits[] = {FRAME_GUEST_MAX, FRAME_PAYLOAD_MAX};
  for (size_t k = 0; k < 2; k++) {
    frame f;
    for (size_t at = 0; frame__parse(data + at, size - at, limits[k], &f) == FRAME_WHOLE;) {
      check(f.n <= limits[k] && f.n <= size - at - FRAME_HEADER);
      write_again(&f, data + at);
      parse_all(&f);
      at += frame__size(&f);
    }
  }
  return 0;
}
