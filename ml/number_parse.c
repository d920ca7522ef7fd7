/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Text to double: eight digits at a time, one 128-bit product, exact arithmetic for the rest.
 *
 * Clinger (1990), How to read floating point numbers accurately; Lemire (2021), Number parsing at a
 * gigabyte per second. */
#include <ml/number.h>

#include <float.h>
#include <string.h>

#include "number_internal.h"

_Static_assert(FLT_EVAL_METHOD == 0, "products of doubles must round once");

/* Powers of ten that fit an integer (all) and that are exact doubles (up to 1e22). */
static const uint64_t ten_to[] = {1, 10, 100, 1000, 10000, 100000, 1000000, 10000000, 100000000};
static const double exact_ten_to[] = {1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,
                                      1e8,  1e9,  1e10, 1e11, 1e12, 1e13, 1e14, 1e15,
                                      1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};
#define EXACT_TENS     22
#define EXACT_DIGITS   19     /* any so long integer fits 64 bits */
#define SMALLEST_POWER (-342) /* w * 10^-343 rounds to 0 for every w of 64 bits */
#define GREATEST_POWER 308
#define EXPONENT_LIMIT INT64_C(100000000000000000) /* beyond any length of text */

static inline bool is_digit(char c) {
  return (unsigned char)(c - '0') < 10;
}

/* Append the digits at p to *w, modulo 2^64. Returns the first byte that is none. */
static inline const char *take_digits(const char *p, const char *end, uint64_t *w) {
  while (end - p >= 8) {
    uint64_t digits = number__eight(p);
    size_t n = number__n_digits(digits);
    if (n < 8) {
      if (n > 0) *w = *w * ten_to[n] + number__join(digits << (64 - 8 * n));
      return p + n;
    }
    *w = *w * ten_to[8] + number__join(digits);
    p += 8;
  }
  for (; p < end && is_digit(*p); p++) *w = *w * 10 + (uint64_t)(*p - '0');
  return p;
}

/* Add the exponent at p ("e5", "E+05") to *exponent. Returns what follows it, p itself when it has
 * no digits. */
static const char *take_exponent(const char *p, const char *end, int64_t *exponent) {
  const char *digits = p + 1;
  bool negative = digits < end && *digits == '-';
  if (digits < end && (*digits == '-' || *digits == '+')) digits++;
  if (digits == end || !is_digit(*digits)) return p;
  int64_t e = 0;
  for (p = digits; p < end && is_digit(*p); p++)
    if (e < EXPONENT_LIMIT) e = e * 10 + (*p - '0');
  *exponent += negative ? -e : e;
  return p;
}

/* Round w * 10^q; w is not 0. Returns false when the 128-bit product is too close to the middle of
 * two doubles to tell: *bits is then one of the two. */
static inline bool scale(uint64_t w, int q, uint64_t *bits) {
  int zeros = __builtin_clzll(w);
  w <<= zeros;
  number__power power = number__power_at(q);
  unsigned __int128 product = (unsigned __int128)w * power.high;
  product += (unsigned __int128)w * power.low >> 64;
  uint64_t high = (uint64_t)(product >> 64), low = (uint64_t)product;

  /* The true product is in [product, product + 2), as the power and the second product were rounded
   * down. It has 128 or 127 bits, of which the double takes the first 53, or fewer below the normal
   * numbers; the drop last ones of high and all of low round them. */
  int top = (int)(high >> 63);
  int biased = NUMBER__BIAS + number__log2_of_10_to(q) + 63 - zeros + top;
  int drop = 10 + top + (biased < 1 ? 1 - biased : 0);
  *bits = 0;
  if (drop > 63) return false;
  uint64_t half = UINT64_C(1) << (drop - 1), rest = high & (2 * half - 1);
  *bits = (high >> drop) + (rest >= half);
  if (biased > 1) *bits += (uint64_t)(biased - 1) << NUMBER__FRACTION_BITS;
  if (*bits > NUMBER__INFINITY) *bits = NUMBER__INFINITY;
  return !(rest == half && low == 0) && !(rest == half - 1 && low == UINT64_MAX);
}

/* Round the digits in [p, end), whose value is w * 10^exponent when they are few. */
static inline uint64_t round_short(uint64_t w, int64_t exponent, const char *p, const char *end) {
  uint64_t bits;
  if (w >> 53 == 0 && exponent >= -EXACT_TENS && exponent <= EXACT_TENS) {
    double v =
        exponent < 0 ? (double)w / exact_ten_to[-exponent] : (double)w * exact_ten_to[exponent];
    memcpy(&bits, &v, sizeof bits);
    return bits;
  }
  if (w == 0 || exponent < SMALLEST_POWER) return 0;
  if (exponent > GREATEST_POWER) return NUMBER__INFINITY;
  if (scale(w, (int)exponent, &bits)) return bits;
  while (*p == '0' || *p == '.') p++;
  return number__round(bits, p, end, exponent);
}

/* The same for any number of digits: the first 19 that count decide, but for very few. */
static uint64_t round_long(int64_t exponent, const char *p, const char *end) {
  while (p < end && (*p == '0' || *p == '.')) p++;
  uint64_t w = 0;
  int n = 0;
  const char *rest = p;
  for (; rest < end && n < EXACT_DIGITS; rest++) {
    if (*rest == '.') continue;
    w = w * 10 + (uint64_t)(*rest - '0');
    n++;
  }
  int64_t n_rest = end - rest;
  if (n_rest > 0 && memchr(rest, '.', (size_t)n_rest)) n_rest--;
  if (n_rest == 0) return round_short(w, exponent, p, end);

  int64_t q = exponent + n_rest;
  uint64_t bits, next;
  if (q < SMALLEST_POWER) return 0;
  if (q > GREATEST_POWER) return NUMBER__INFINITY;
  bool decided = scale(w, (int)q, &bits);
  if (scale(w + 1, (int)q, &next) && decided && bits == next) return bits;
  return number__round(bits, p, end, exponent);
}

static bool starts_with(const char *p, const char *end, const char *word) {
  for (; *word; p++, word++)
    if (p == end || (*p | 0x20) != *word) return false;
  return true;
}

/* "nan", "inf" or "infinity", in any case. */
static const char *take_word(const char *p, const char *end, uint64_t *bits) {
  static const struct {
    const char *word;
    uint64_t bits;
  } words[] = {{"infinity", NUMBER__INFINITY},
               {"inf", NUMBER__INFINITY},
               {"nan", NUMBER__INFINITY | NUMBER__INFINITY >> 1}};
  for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
    if (!starts_with(p, end, words[i].word)) continue;
    *bits = words[i].bits;
    return p + strlen(words[i].word);
  }
  return NULL;
}

const char *ml_number_parse(const char *text, const char *end, double *value) {
  const char *p = text;
  uint64_t sign = p < end && *p == '-' ? UINT64_C(1) << 63 : 0;
  if (p < end && (*p == '-' || *p == '+')) p++;

  uint64_t w = 0, bits;
  int64_t exponent = 0;
  const char *digits = p;
  if (end - p >= 2 && p[1] == '.' && is_digit(p[0])) /* the usual "0.5" */
    w = (uint64_t)(*p++ - '0');
  else
    p = take_digits(p, end, &w);
  int64_t n = p - digits;
  if (p < end && *p == '.') {
    const char *fraction = ++p;
    p = take_digits(p, end, &w);
    exponent = fraction - p;
    n -= exponent;
  }
  if (n == 0) {
    p = take_word(digits, end, &bits);
    if (!p) return NULL;
  } else {
    const char *stop = p;
    if (p < end && (*p | 0x20) == 'e') p = take_exponent(p, end, &exponent);
    bits = n <= EXACT_DIGITS ? round_short(w, exponent, digits, stop)
                             : round_long(exponent, digits, stop);
  }
  bits |= sign;
  memcpy(value, &bits, sizeof bits);
  return p;
}
