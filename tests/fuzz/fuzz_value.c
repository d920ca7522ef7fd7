/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Values: what is read, as bytes or (behind a 'J') as JSON, is written as it was and read again. */
#include <stdlib.h>
#include <string.h>

#include <ml/value.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n);

static _Alignas(64) unsigned char first_block[64], second_block[24];
static const ml_shared shared[] = {{first_block, sizeof first_block},
                                   {second_block, sizeof second_block}};

static void check(bool holds) {
  if (!holds) abort();
}

static void check_error(const ml_error *err) {
  check(err->message[0] != 0 && !strchr(err->message, '\n'));
}

/* JSON of a value is JSON, and the same again of what is read from it. */
static void through_json(const ml_value *v, ml_arena *arena) {
  ml_buf first = {0}, second = {0};
  ml_error err = {0};
  ml_value again;
  ml_status status = ml_value_to_json(v, &first, &err);
  if (status == ML_OK) {
    check(ml_value_from_json(first.data, first.n, "again", arena, &again, &err) == ML_OK);
    check(ml_value_to_json(&again, &second, &err) == ML_OK);
    check(first.n == second.n && memcmp(first.data, second.data, first.n) == 0);
  } else {
    check(status == ML_ERR_USAGE); /* an object */
    check_error(&err);
  }
  ml_buf_release(&first);
  ml_buf_release(&second);
}

static void read_bytes(const uint8_t *bytes, size_t n, ml_arena *arena) {
  ml_value v, copy;
  ml_error err = {0};
  ml_buf out = {0};
  void *aligned = malloc(n ? n : 1);
  check(aligned != NULL);
  memcpy(aligned, bytes, n);
  if (ml_value_decode(aligned, n, shared, 2, arena, &v, &err) != ML_OK) {
    check_error(&err);
  } else {
    check(ml_value_encode(&v, shared, 2, &out, &err) == ML_OK);
    check(out.n == n && memcmp(out.data, bytes, n) == 0);
    check(ml_value_copy(&v, arena, &copy) && ml_value_equal(&v, &copy));
    through_json(&v, arena);
  }
  ml_buf_release(&out);
  free(aligned);
}

static void read_json(const uint8_t *bytes, size_t n, ml_arena *arena) {
  ml_value v, again;
  ml_error err = {0};
  ml_buf out = {0};
  if (ml_value_from_json((const char *)bytes, n, "fuzz", arena, &v, &err) != ML_OK) {
    check_error(&err);
    bool is_deep = strstr(err.message, "nested deeper") != NULL; /* found when it has been read */
    check(is_deep || (err.line > 0 && err.column > 0 && err.column <= n + 1));
    return;
  }
  check(ml_value_encode(&v, NULL, 0, &out, &err) == ML_OK);
  check(ml_value_decode(out.data, out.n, NULL, 0, arena, &again, &err) == ML_OK);
  check(ml_value_equal(&v, &again));
  through_json(&v, arena);
  ml_buf_release(&out);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n) {
  ml_arena *arena = ml_arena_new();
  check(arena != NULL);
  if (n > 0 && bytes[0] == 'J')
    read_json(bytes + 1, n - 1, arena);
  else
    read_bytes(bytes, n, arena);
  ml_arena_free(arena);
  return 0;
}
