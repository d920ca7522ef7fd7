/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Bytes that mean numbers, texts and arrays, in multiples of 8. */
#include <string.h>

#include "xval_internal.h"

enum { UNIT = 8 };

void wire__put(ml_buf *out, const void *bytes, size_t n) {
  static const char zeros[UNIT];
  if (n) ml_buf_put(out, bytes, n);
  if (n % UNIT) ml_buf_put(out, zeros, UNIT - n % UNIT);
}

void wire__put_u64(ml_buf *out, uint64_t x) {
  ml_buf_put(out, &x, sizeof x);
}

void wire__put_text(ml_buf *out, const char *text) {
  size_t n = text ? strlen(text) + 1 : 0;
  wire__put_u64(out, n);
  wire__put(out, text, n);
}

const void *wire__array(wire *in, uint64_t n, size_t size) {
  const char *at = in->at;
  size_t bytes, padded;
  if (in->bad || __builtin_mul_overflow(n, size, &bytes) ||
      __builtin_add_overflow(bytes, (UNIT - bytes % UNIT) % UNIT, &padded) || padded > in->left) {
    in->bad = true;
    return NULL;
  }
  in->at += padded;
  in->left -= padded;
  return at;
}

uint64_t wire__u64(wire *in) {
  uint64_t x = 0;
  const void *at = wire__array(in, 1, sizeof x);
  if (at) memcpy(&x, at, sizeof x);
  return x;
}

double wire__real(wire *in) {
  double x = 0;
  const void *at = wire__array(in, 1, sizeof x);
  if (at) memcpy(&x, at, sizeof x);
  return x;
}

const char *wire__text(wire *in) {
  uint64_t n = wire__u64(in);
  if (n == 0) return NULL;
  const char *text = wire__array(in, n, 1);
  if (text && memchr(text, 0, n) != text + n - 1) in->bad = true;
  return in->bad ? NULL : text;
}
