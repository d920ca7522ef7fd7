/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Double to the shortest text that reads back to it, and of those the closest.
 *
 * Giulietti (2021), The Schubfach way to render doubles. Names of variables are the paper's. */
#include <ml/number.h>

#include <endian.h>
#include <math.h>
#include <string.h>

#include "number_internal.h"

/* digits * 10^exponent; digits has at most 17 digits. */
typedef struct decimal {
  uint64_t digits;
  int exponent;
} decimal;

/* The high 64 bits of g * cp / 2^64, with the lowest bit set when anything was cut off ("round to
 * odd"): comparisons with multiples of two then come out as with the exact product. */
static inline uint64_t round_to_odd(number__power g, uint64_t cp) {
  unsigned __int128 product = (unsigned __int128)g.high * cp;
  product += (unsigned __int128)g.low * cp >> 64;
  return (uint64_t)(product >> 64) | ((uint64_t)product > 1);
}

/* 10^e rounded up, as the paper has it. The table has no low part that would overflow. */
static inline number__power power_above(int e) {
  number__power g = number__power_at(e);
  g.low++;
  g.high += g.low == 0;
  return g;
}

/* The shortest decimal in the rounding interval of c * 2^q, which is
 * [c - 1/2, c + 1/2] * 2^q without its ends when c is odd, and with half the room below a power of
 * two. */
static inline decimal shortest(uint64_t c, int q, bool is_power_of_two) {
  uint64_t odd = c & 1;
  /* floor(log10(2^q)), or floor(log10(3/4 * 2^q)): 1262611 / 2^22 is log10(2), 524031 / 2^22 is
   * log10(4/3). The interval is then less than 10^(k+1) wide and holds a multiple of 10^k. */
  int k = (q * 1262611 - (is_power_of_two ? 524031 : 0)) >> 22;
  int h = q + number__log2_of_10_to(-k) + 1;
  number__power g = power_above(-k);
  /* v, and the ends of the interval, in units of 10^k / 4. */
  uint64_t low = round_to_odd(g, (4 * c - 2 + is_power_of_two) << h) + odd;
  uint64_t v = round_to_odd(g, (4 * c) << h);
  uint64_t high = round_to_odd(g, (4 * c + 2) << h) - odd;

  uint64_t s = v / 4;
  if (s >= 10) { /* one digit less */
    uint64_t tens = s / 10;
    bool below = low <= 40 * tens, above = 40 * tens + 40 <= high;
    if (below != above) return (decimal){tens + above, k + 1};
  }
  bool below = low <= 4 * s, above = 4 * s + 4 <= high;
  if (below != above) return (decimal){s + above, k};
  uint64_t middle = 4 * s + 2;
  return (decimal){s + (v > middle || (v == middle && s % 2 == 1)), k};
}

/* Of a finite value that is not 0. */
static inline decimal to_decimal(uint64_t bits) {
  uint64_t fraction = bits & ((UINT64_C(1) << NUMBER__FRACTION_BITS) - 1);
  int biased = (int)(bits >> NUMBER__FRACTION_BITS & 0x7FF);
  if (biased == 0) return shortest(fraction, 1 - NUMBER__BIAS - NUMBER__FRACTION_BITS, false);
  uint64_t c = fraction | UINT64_C(1) << NUMBER__FRACTION_BITS;
  int q = biased - NUMBER__BIAS - NUMBER__FRACTION_BITS;
  if (q <= 0 && q > -NUMBER__FRACTION_BITS - 1 && (c & ((UINT64_C(1) << -q) - 1)) == 0)
    return (decimal){c >> -q, 0}; /* integers below 2^53 need all their digits */
  return shortest(c, q, fraction == 0 && biased > 1);
}

/* Eight digits, each in its byte, the first in the lowest. */
static inline uint64_t split_eight(uint64_t n) {
  uint64_t v = n / 10000 | n % 10000 << 32;
  uint64_t hundreds = v * 10486 >> 20 & 0x0000007F0000007F; /* 10486 / 2^20: 1/100 below 10^4 */
  v = hundreds | (v - hundreds * 100) << 16;
  uint64_t tens = v * 103 >> 10 & 0x000F000F000F000F; /* 103 / 2^10: 1/10 below 100 */
  return tens | (v - tens * 10) << 8;
}

/* Digits of a decimal, without zeros at either end. */
typedef struct text {
  char digits[24]; /* as characters */
  int first, n;
  int exponent; /* of the first digit */
} text;

static inline void store(char *at, uint64_t bytes) {
  bytes = htole64(bytes);
  memcpy(at, &bytes, sizeof bytes);
}

static inline void to_text(decimal d, text *t) {
  uint64_t high = d.digits / 100000000, low = d.digits % 100000000;
  uint64_t a = high / 100000000, b = split_eight(high % 100000000), c = split_eight(low);
  const uint64_t zeros = UINT64_C(0x3030303030303030);
  store(t->digits, a << 56 | zeros);
  store(t->digits + 8, b | zeros);
  store(t->digits + 16, c | zeros);
  t->first = a ? 7 : b ? 8 + __builtin_ctzll(b) / 8 : 16 + __builtin_ctzll(c) / 8;
  int last = c ? 23 - __builtin_clzll(c) / 8 : b ? 15 - __builtin_clzll(b) / 8 : 7;
  t->n = last + 1 - t->first;
  t->exponent = d.exponent + 23 - t->first;
}

typedef struct style {
  int plain_from, plain_below; /* exponents of the first digit that are written without an e */
  const char *integer_end, *plus;
  int exponent_digits; /* at least */
  const char *nan;
} style;

static const style short_style = {-7, 21, "", "", 1, "NaN"};
static const style python_style = {-4, 16, ".0", "+", 2, "nan"};

static char *put(char *p, const char *bytes, size_t n) {
  memcpy(p, bytes, n);
  return p + n;
}

static inline char *put_text(char *p, const char *s) {
  while (*s) *p++ = *s++;
  return p;
}

static inline char *put_plain(char *p, const text *t, const style *s) {
  const char *digits = t->digits + t->first;
  int whole = t->exponent + 1; /* digits before the point */
  if (whole <= 0) {
    memcpy(p, "0.000000", 8);
    return put(p + 2 - whole, digits, (size_t)t->n);
  }
  if (whole < t->n) {
    p = put(p, digits, (size_t)whole);
    *p++ = '.';
    return put(p, digits + whole, (size_t)(t->n - whole));
  }
  p = put(p, digits, (size_t)t->n);
  for (int i = t->n; i < whole; i++) *p++ = '0';
  return put_text(p, s->integer_end);
}

static char *put_exponent(char *p, const text *t, const style *s) {
  const char *digits = t->digits + t->first;
  *p++ = digits[0];
  if (t->n > 1) {
    *p++ = '.';
    p = put(p, digits + 1, (size_t)t->n - 1);
  }
  *p++ = 'e';
  p = put_text(p, t->exponent < 0 ? "-" : s->plus);
  int e = t->exponent < 0 ? -t->exponent : t->exponent;
  if (e >= 100) *p++ = (char)('0' + e / 100);
  if (e >= 10 || s->exponent_digits > 1) *p++ = (char)('0' + e / 10 % 10);
  *p++ = (char)('0' + e % 10);
  return p;
}

static inline size_t write_number(double value, const style *s, char *buf) {
  uint64_t bits;
  memcpy(&bits, &value, sizeof bits);
  char *p = buf;
  if (isnan(value)) {
    p = put_text(p, s->nan);
  } else {
    if (bits >> 63) *p++ = '-';
    if (isinf(value)) {
      p = put_text(p, "inf");
    } else if (value == 0) {
      *p++ = '0';
      p = put_text(p, s->integer_end);
    } else {
      text t;
      to_text(to_decimal(bits), &t);
      bool plain = t.exponent >= s->plain_from && t.exponent < s->plain_below;
      p = plain ? put_plain(p, &t, s) : put_exponent(p, &t, s);
    }
  }
  *p = 0;
  return (size_t)(p - buf);
}

size_t ml_number_format(double value, char *buf) {
  return write_number(value, &short_style, buf);
}

size_t ml_number_repr(double value, char *buf) {
  return write_number(value, &python_style, buf);
}
