/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Frames and messages of the pool: what goes in comes out, and nothing else is believed. */
#include "support.h"

#include <string.h>

#include "../mproc/wire.h"

/* By hand: 3 bytes, RESULT, a chunk of 2 items, job 0x01020304, 5 ns, item 0x1122334455667788, and
 * 5 zeros behind "abc". */
static const unsigned char by_hand[] = {
    3,    0,    0,    0,    FRAME_RESULT, FRAME_CHUNK, 2,    0,    4,   3,   2,   1, 5, 0, 0, 0,
    0x88, 0x77, 0x66, 0x55, 0x44,         0x33,        0x22, 0x11, 'a', 'b', 'c', 0, 0, 0, 0, 0};

static void header_is_little_endian(void **state) {
  (void)state;
  frame f = {0};
  ml_buf buf = {0};
  assert_int_equal(frame__parse(by_hand, sizeof by_hand, 3, &f), FRAME_WHOLE);
  assert_int_equal(f.type, FRAME_RESULT);
  assert_int_equal(f.flags, FRAME_CHUNK);
  assert_int_equal(f.items, 2);
  assert_int_equal(f.job, 0x01020304);
  assert_int_equal(f.spent_ns, 5);
  assert_true(f.item == UINT64_C(0x1122334455667788));
  assert_int_equal(f.n, 3);
  assert_memory_equal(f.payload, "abc", 3);
  assert_int_equal(frame__size(&f), sizeof by_hand);
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
  for (size_t i = 3; i < 6; i++) { /* a huge length, a type and flags that do not exist */
    memcpy(bytes, by_hand, sizeof bytes);
    bytes[i] = 0x7F;
    assert_int_equal(frame__parse(bytes, sizeof bytes, FRAME_PAYLOAD_MAX, &f), FRAME_BAD);
  }
  memcpy(bytes, by_hand, sizeof bytes);
  bytes[4] = 0;
  assert_int_equal(frame__parse(bytes, sizeof bytes, FRAME_PAYLOAD_MAX, &f), FRAME_BAD);
  for (size_t i = 27; i < sizeof by_hand; i++) { /* padding that is not zeros */
    memcpy(bytes, by_hand, sizeof bytes);
    bytes[i] = 1;
    assert_int_equal(frame__parse(bytes, sizeof bytes, FRAME_PAYLOAD_MAX, &f), FRAME_BAD);
  }
}

static frame only_frame(const ml_buf *buf, size_t payload_max) {
  frame f = {0};
  assert_false(buf->failed);
  assert_int_equal(frame__parse(buf->data, buf->n, payload_max, &f), FRAME_WHOLE);
  assert_int_equal(frame__size(&f), buf->n);
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
  ml_buf buf = {0}, lines = {0};
  ml_error err = {0}, got;
  const char *trace;
  size_t n_trace;
  ml_error_at(&err, ML_ERR_PARSE, "a.csv", 3, 7, "expected a number");
  message__put_error(&buf, &(frame){.job = 5, .item = 6, .spent_ns = 7}, &err, NULL);
  frame f = only_frame(&buf, FRAME_PAYLOAD_MAX);
  assert_int_equal(f.type, FRAME_ERROR);
  assert_int_equal(f.job, 5);
  assert_int_equal(f.item, 6);
  assert_int_equal(f.spent_ns, 7);
  assert_true(message__parse_error(&f, &got, &trace, &n_trace));
  assert_memory_equal(&got, &err, sizeof err);
  assert_int_equal(n_trace, 0);
  EXPECT_EXACT(f, message__parse_error(&cut, &got, &trace, &n_trace));
  buf.data[FRAME_HEADER] = ML_ERR_CLOSED + 1; /* no such status */
  assert_false(message__parse_error(&f, &got, &trace, &n_trace));
  buf.data[FRAME_HEADER] = ML_OK;
  assert_false(message__parse_error(&f, &got, &trace, &n_trace));

  ml_buf_puts(&lines, "line 1\nline 2");
  ml_buf_clear(&buf);
  message__put_error(&buf, &(frame){.job = 5}, &err, &lines);
  f = only_frame(&buf, FRAME_PAYLOAD_MAX);
  assert_true(message__parse_error(&f, &got, &trace, &n_trace));
  assert_int_equal(n_trace, 13);
  assert_memory_equal(trace, "line 1\nline 2", 13);
  while (lines.n < 2 * FRAME_TRACE_MAX) ml_buf_puts(&lines, "and so on\n");
  ml_buf_clear(&buf);
  message__put_error(&buf, &(frame){.job = 5}, &err, &lines);
  f = only_frame(&buf, FRAME_PAYLOAD_MAX);
  assert_true(message__parse_error(&f, &got, &trace, &n_trace));
  assert_int_equal(n_trace, FRAME_TRACE_MAX);
  ml_buf_release(&lines);
  ml_buf_release(&buf);
}

static void jobs_come_back_whole(void **state) {
  (void)state;
  ml_buf buf = {0};
  open_message open = {.module = "fresh",
                       .task = "extract",
                       .is_timed = true,
                       .n_blocks = WIRE_BLOCKS_MAX,
                       .args = "arguments",
                       .n_args = 9},
               got;
  for (size_t i = 0; i < open.n_blocks; i++)
    open.blocks[i] = (open_block){
        .id = i + 1, .size = UINT64_MAX - i, .is_new = i % 2, .is_result = i + 1 == open.n_blocks};
  message__put_open(&buf, 1, &open);
  frame f = only_frame(&buf, FRAME_PAYLOAD_MAX);
  assert_true(message__parse_open(&f, &got));
  assert_string_equal(got.task, "extract");
  assert_true(got.is_timed);
  assert_int_equal(got.n_blocks, WIRE_BLOCKS_MAX);
  for (size_t i = 0; i < open.n_blocks; i++) {
    assert_true(got.blocks[i].id == open.blocks[i].id);
    assert_true(got.blocks[i].size == open.blocks[i].size);
    assert_int_equal(got.blocks[i].is_new, open.blocks[i].is_new);
    assert_int_equal(got.blocks[i].is_result, open.blocks[i].is_result);
  }
  assert_int_equal(got.n_args, 9);
  assert_memory_equal(got.args, "arguments", 9);
  EXPECT_EXACT(f, message__parse_open(&cut, &got));
  buf.data[FRAME_HEADER + 2 + 5 + 2 + 7] = 2; /* flags that do not exist */
  assert_false(message__parse_open(&f, &got));
  buf.data[FRAME_HEADER + 2 + 5 + 2 + 7] = 0;
  buf.data[FRAME_HEADER + 2 + 5 + 2 + 7 + 1] = (char)(WIRE_BLOCKS_MAX + 1);
  assert_false(message__parse_open(&f, &got));
  ml_buf_release(&buf);
}

static void blocks_to_release_come_back(void **state) {
  (void)state;
  ml_buf buf = {0};
  uint64_t ids[WIRE_BLOCKS_MAX + 1] = {7, UINT64_MAX}, got[WIRE_BLOCKS_MAX];
  size_t n;
  message__put_release(&buf, ids, 2);
  frame f = only_frame(&buf, FRAME_PAYLOAD_MAX);
  assert_true(message__parse_release(&f, got, &n));
  assert_int_equal(n, 2);
  assert_true(got[0] == 7 && got[1] == UINT64_MAX);
  for (frame cut = f; cut.n-- > 0;)
    if (cut.n != 8) assert_false(message__parse_release(&cut, got, &n));
  ml_buf_clear(&buf);
  message__put_release(&buf, ids, WIRE_BLOCKS_MAX + 1);
  f = only_frame(&buf, FRAME_PAYLOAD_MAX);
  assert_false(message__parse_release(&f, got, &n));
  ml_buf_release(&buf);
}

static void chunks_hold_items_of_any_length(void **state) {
  (void)state;
  /* By hand: items "ab", "" and "123456789", padded, and their lengths. */
  static const char items[] =
      "ab\0\0\0\0\0\0"
      "123456789\0\0\0\0\0\0";
  static const uint32_t lengths[] = {2, 0, 9};
  static const unsigned char table[] = {2, 0, 0, 0, 0, 0, 0, 0, 9, 0, 0, 0, 0, 0, 0, 0};
  ml_buf buf = {0};
  chunk_table got;
  size_t n;
  chunk__put(&buf, &(frame){.type = FRAME_ITEM, .flags = FRAME_CHUNK, .items = 3}, items, lengths);
  frame f = only_frame(&buf, FRAME_PAYLOAD_MAX);
  assert_int_equal(f.n, 24 + 16);
  assert_memory_equal(f.payload, items, 24);
  assert_memory_equal((const char *)f.payload + 24, table, sizeof table);
  assert_true(chunk__parse(f.payload, f.n, f.items, &got));
  assert_memory_equal(chunk__next(&got, &n), "ab", 2);
  assert_int_equal(n, 2);
  chunk__next(&got, &n);
  assert_int_equal(n, 0);
  assert_memory_equal(chunk__next(&got, &n), "123456789", 9);
  assert_int_equal(n, 9);
  for (size_t k = 0; k < f.n; k++) assert_false(chunk__parse(f.payload, k, 3, &got));
  assert_false(chunk__parse(f.payload, f.n, 0, &got));
  assert_false(chunk__parse(f.payload, f.n, 2, &got));
  buf.data[FRAME_HEADER + 24 + 3] = 0x7F; /* a huge length */
  assert_false(chunk__parse(f.payload, f.n, 3, &got));
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
      cmocka_unit_test(blocks_to_release_come_back),
      cmocka_unit_test(chunks_hold_items_of_any_length),
  };
  return cmocka_run_group_tests_name("wire", tests, NULL, NULL);
}
