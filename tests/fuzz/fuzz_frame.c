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
  check(!buf.failed && buf.n == FRAME_HEADER + f->n && memcmp(buf.data, bytes, buf.n) == 0);
  ml_buf_release(&buf);
}

static void parse_all(const frame *f) {
  unsigned char nonce[WIRE_NONCE], proof[WIRE_PROOF], token[WIRE_TOKEN] = {0};
  handshake h = {0};
  ml_error err;
  open_message open;
  message__parse_hello(f, nonce);
  if (message__parse_auth(f, &h, proof)) proof__holds(proof, token, PROOF_WORKER, &h);
  if (message__parse_error(f, &err)) {
    char text[1024];
    ml_error_format(&err, text, sizeof text);
    check(ml_status_name(err.status));
  }
  if (message__parse_open(f, &open)) check(open.n_blocks <= WIRE_BLOCKS_MAX);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  const size_t limits[] = {FRAME_GUEST_MAX, FRAME_PAYLOAD_MAX};
  for (size_t k = 0; k < 2; k++) {
    frame f;
    for (size_t at = 0; frame__parse(data + at, size - at, limits[k], &f) == FRAME_WHOLE;) {
      check(f.n <= limits[k] && f.n <= size - at - FRAME_HEADER);
      write_again(&f, data + at);
      parse_all(&f);
      at += FRAME_HEADER + f.n;
    }
  }
  return 0;
}
