/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Frames and messages of the pool: what goes in comes out, and nothing else is believed. */
#include "support.h"

#include <string.h>

#include "../mproc/wire.h"

/* By hand: 3 bytes, RESULT, job 0x01020304, 5 ns, item 0x1122334455667788. */
static const unsigned char by_hand[] = {
    3, 0, 0,    0,    FRAME_RESULT, 0,    0,    0,    4,    3,    2,   1,   5,  0,
    0, 0, 0x88, 0x77, 0x66,         0x55, 0x44, 0x33, 0x22, 0x11, 'a', 'b', 'c'};

static void header_is_little_endian(void **state) {
  (void)state;
  frame f = {0};
  ml_buf buf = {0};
  assert_int_equal(frame__parse(by_hand, sizeof by_hand, 3, &f), FRAME_WHOLE);
  assert_int_equal(f.type, FRAME_RESULT);
  assert_int_equal(f.job, 0x01020304);
  assert_int_equal(f.spent_ns, 5);
  assert_true(f.item == UINT64_C(0x1122334455667788));
  assert_int_equal(f.n, 3);
  assert_memory_equal(f.payload, "abc", 3);
  frame__put(&buf, &f);
  assert_int_equal(buf.n, sizeof by_hand);
  assert_memory_equal(buf.data, by_hand, sizeof by_hand);
  ml_buf_release(&buf);
}

static void parts_and_nonsense_are_told_apart(void **state) {
  (void)state;
  frame f;
  unsigned char bytes[sizeof by_hand];
  for (size_t n = 0; n < sizeof by_hand; n++)
    assert_int_equal(frame__parse(by_hand, n, 3, &f), FRAME_PARTIAL);
  assert_int_equal(frame__parse(by_hand, sizeof by_hand, 2, &f), FRAME_BAD); /* too long */
  for (size_t i = 3; i < 8; i++) { /* a huge length, types that do not exist, zeros that are not */
    memcpy(bytes, by_hand, sizeof bytes);
    bytes[i] = 0x7F;
    assert_int_equal(frame__parse(bytes, sizeof bytes, FRAME_PAYLOAD_MAX, &f), FRAME_BAD);
  }
  bytes[4] = 0;
  assert_int_equal(frame__parse(bytes, sizeof bytes, FRAME_PAYLOAD_MAX, &f), FRAME_BAD);
}

static frame only_frame(const ml_buf *buf, size_t payload_max) {
  frame f = {0};
  assert_false(buf->failed);
  assert_int_equal(frame__parse(buf->data, buf->n, payload_max, &f), FRAME_WHOLE);
  assert_int_equal(FRAME_HEADER + f.n, buf->n);
  return f;
}

/* No message may be cut short or have something behind it. */
#define EXPECT_EXACT(f, parse)                                   \
  do {                                                           \
    frame cut = (f);                                             \
    for (cut.n = 0; cut.n < (f).n; cut.n++) assert_false(parse); \
  } while (0)

static void handshake_messages_come_back(void **state) {
  (void)state;
  ml_buf buf = {0};
  handshake h = {.pid = 4711, .port = 1234, .build = "0123456789abcdef", .role = PEER_VISITOR};
  handshake got = {0};
  memset(h.lane, 7, WIRE_LANE);
  unsigned char proof[WIRE_PROOF], proof_got[WIRE_PROOF], nonce[WIRE_NONCE];
  memset(h.central_nonce, 1, WIRE_NONCE);
  memset(h.worker_nonce, 2, WIRE_NONCE);
  memset(proof, 3, WIRE_PROOF);
  message__put_hello(&buf, h.central_nonce);
  frame f = only_frame(&buf, FRAME_GUEST_MAX);
  assert_true(message__parse_hello(&f, nonce));
  assert_memory_equal(nonce, h.central_nonce, WIRE_NONCE);
  EXPECT_EXACT(f, message__parse_hello(&cut, nonce));
  buf.data[FRAME_HEADER + 8]++; /* the version */
  assert_false(message__parse_hello(&f, nonce));

  ml_buf_clear(&buf);
  message__put_auth(&buf, &h, proof);
  f = only_frame(&buf, FRAME_GUEST_MAX);
  assert_true(message__parse_auth(&f, &got, proof_got));
  assert_int_equal(got.pid, 4711);
  assert_string_equal(got.build, h.build);
  assert_memory_equal(got.worker_nonce, h.worker_nonce, WIRE_NONCE);
  assert_memory_equal(proof_got, proof, WIRE_PROOF);
  assert_int_equal(got.role, PEER_VISITOR);
  assert_memory_equal(got.lane, h.lane, WIRE_LANE);
  EXPECT_EXACT(f, message__parse_auth(&cut, &got, proof_got));
  buf.data[FRAME_HEADER + WIRE_NONCE] = PEER_N_ROLES;
  assert_false(message__parse_auth(&f, &got, proof_got));

  bool has_lane = false;
  ml_buf_clear(&buf);
  message__put_welcome(&buf, proof, true);
  f = only_frame(&buf, FRAME_GUEST_MAX);
  memset(proof_got, 0, WIRE_PROOF);
  assert_true(message__parse_welcome(&f, proof_got, &has_lane) && has_lane);
  assert_memory_equal(proof_got, proof, WIRE_PROOF);
  EXPECT_EXACT(f, message__parse_welcome(&cut, proof_got, &has_lane));
  buf.data[FRAME_HEADER + WIRE_PROOF] = 2;
  assert_false(message__parse_welcome(&f, proof_got, &has_lane));
  ml_buf_release(&buf);
}

static void proof_depends_on_everything(void **state) {
  (void)state;
  unsigned char token[WIRE_TOKEN] = {9}, proof[WIRE_PROOF];
  handshake h = {.pid = 1, .port = 2, .build = "b"};
  proof__make(proof, token, PROOF_WORKER, &h);
  assert_true(proof__holds(proof, token, PROOF_WORKER, &h));
  assert_false(proof__holds(proof, token, PROOF_CENTRAL, &h));
  unsigned char *parts[] = {token,
                            proof,
                            h.central_nonce,
                            h.lane,
                            (unsigned char *)&h.role,
                            h.worker_nonce + WIRE_NONCE - 1,
                            (unsigned char *)&h.port,
                            (unsigned char *)&h.pid,
                            (unsigned char *)h.build};
  for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
    *parts[i] ^= 4;
    assert_false(proof__holds(proof, token, PROOF_WORKER, &h));
    *parts[i] ^= 4;
  }
  assert_true(proof__holds(proof, token, PROOF_WORKER, &h));
}

static void errors_come_back_whole(void **state) {
  (void)state;
  ml_buf buf = {0};
  ml_error err = {0}, got;
  ml_error_at(&err, ML_ERR_PARSE, "a.csv", 3, 7, "expected a number");
  message__put_error(&buf, 5, 6, &err);
  frame f = only_frame(&buf, FRAME_PAYLOAD_MAX);
  assert_int_equal(f.job, 5);
  assert_int_equal(f.item, 6);
  assert_true(message__parse_error(&f, &got));
  assert_memory_equal(&got, &err, sizeof err);
  EXPECT_EXACT(f, message__parse_error(&cut, &got));
  buf.data[FRAME_HEADER] = ML_ERR_CLOSED + 1; /* no such status */
  assert_false(message__parse_error(&f, &got));
  buf.data[FRAME_HEADER] = ML_OK;
  assert_false(message__parse_error(&f, &got));
  ml_buf_release(&buf);
}

static void jobs_come_back_whole(void **state) {
  (void)state;
  ml_buf buf = {0};
  open_message open = {.module = "fresh", .task = "extract", .n_blocks = WIRE_BLOCKS_MAX}, got;
  for (size_t i = 0; i < open.n_blocks; i++)
    open.blocks[i] = (open_block){
        .id = i + 1, .size = UINT64_MAX - i, .is_new = i % 2, .is_result = i + 1 == open.n_blocks};
  message__put_open(&buf, 1, &open);
  frame f = only_frame(&buf, FRAME_PAYLOAD_MAX);
  assert_true(message__parse_open(&f, &got));
  assert_string_equal(got.task, "extract");
  assert_int_equal(got.n_blocks, WIRE_BLOCKS_MAX);
  for (size_t i = 0; i < open.n_blocks; i++) {
    assert_true(got.blocks[i].id == open.blocks[i].id);
    assert_true(got.blocks[i].size == open.blocks[i].size);
    assert_int_equal(got.blocks[i].is_new, open.blocks[i].is_new);
    assert_int_equal(got.blocks[i].is_result, open.blocks[i].is_result);
  }
  EXPECT_EXACT(f, message__parse_open(&cut, &got));
  buf.data[FRAME_HEADER + 2 + 5 + 2 + 7] = (char)(WIRE_BLOCKS_MAX + 1);
  assert_false(message__parse_open(&f, &got));
  ml_buf_release(&buf);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(header_is_little_endian),
      cmocka_unit_test(parts_and_nonsense_are_told_apart),
      cmocka_unit_test(handshake_messages_come_back),
      cmocka_unit_test(proof_depends_on_everything),
      cmocka_unit_test(errors_come_back_whole),
      cmocka_unit_test(jobs_come_back_whole),
  };
  return cmocka_run_group_tests_name("wire", tests, NULL, NULL);
}
