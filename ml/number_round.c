/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Decimal digits to the nearest double by comparing big integers: slow, simple, always right. */
#include <assert.h>
#include <string.h>

#include "number_internal.h"

/* The middle of two doubles has at most 767 significant digits: of more digits it only matters
 * whether any of them is not 0. */
#define MAX_DIGITS 800
/* 801 digits take 2661 bits; the other side of a comparison is as large within a few bits when
 * `near` is near. */
#define MAX_LIMBS 48

typedef struct big {
  size_t n;                  /* limbs in use, the last of them not 0 */
  uint64_t limbs[MAX_LIMBS]; /* lowest first */
} big;

static void multiply_add(big *b, uint64_t factor, uint64_t carry) {
  for (size_t i = 0; i < b->n; i++) {
    unsigned __int128 t = (unsigned __int128)b->limbs[i] * factor + carry;
    b->limbs[i] = (uint64_t)t;
    carry = (uint64_t)(t >> 64);
  }
  if (carry == 0) return;
  assert(b->n < MAX_LIMBS);
  b->limbs[b->n++] = carry;
}

static void multiply_by_5_to(big *b, int64_t e) {
  const uint64_t five_to_27 = UINT64_C(7450580596923828125);
  for (; e >= 27; e -= 27) multiply_add(b, five_to_27, 0);
  for (; e > 0; e--) multiply_add(b, 5, 0);
}

static void shift_left(big *b, int64_t n_bits) {
  size_t whole = (size_t)n_bits / 64;
  multiply_add(b, UINT64_C(1) << (n_bits % 64), 0);
  assert(b->n + whole <= MAX_LIMBS);
  memmove(b->limbs + whole, b->limbs, b->n * sizeof *b->limbs);
  memset(b->limbs, 0, whole * sizeof *b->limbs);
  b->n += whole;
}

static int compare(const big *a, const big *b) {
  if (a->n != b->n) return a->n < b->n ? -1 : 1;
  for (size_t i = a->n; i-- > 0;)
    if (a->limbs[i] != b->limbs[i]) return a->limbs[i] < b->limbs[i] ? -1 : 1;
  return 0;
}

/* Read digits into b, at most MAX_DIGITS and one more that stands for the rest. Returns the power
 * of ten that b is to be multiplied by. */
static int64_t read_digits(big *b, const char *p, const char *end, int64_t exponent) {
  size_t n = 0;
  bool more = false;
  b->n = 0;
  for (; p < end; p++) {
    if (*p == '.') continue;
    if (n < MAX_DIGITS) {
      multiply_add(b, 10, (uint64_t)(*p - '0'));
      n++;
    } else {
      more = more || *p != '0';
      exponent++;
    }
  }
  if (!more) return exponent;
  multiply_add(b, 10, 1);
  return exponent - 1;
}

/* Compare digits * 10^exponent with the middle between a double and the next one above. */
static int compare_with_middle(const big *digits, int64_t exponent, uint64_t bits) {
  uint64_t fraction = bits & ((UINT64_C(1) << NUMBER__FRACTION_BITS) - 1);
  int biased = (int)(bits >> NUMBER__FRACTION_BITS);
  if (biased > 0) fraction |= UINT64_C(1) << NUMBER__FRACTION_BITS;

  /* left * 10^exponent against right * 2^e, both brought to integers. */
  big left = *digits, right = {1, {2 * fraction + 1}};
  int64_t e = (biased > 0 ? biased : 1) - NUMBER__BIAS - NUMBER__FRACTION_BITS - 1;
  multiply_by_5_to(exponent > 0 ? &left : &right, exponent > 0 ? exponent : -exponent);
  int64_t shift = exponent - e;
  shift_left(shift > 0 ? &left : &right, shift > 0 ? shift : -shift);
  return compare(&left, &right);
}

uint64_t number__round(uint64_t near, const char *digits, const char *end, int64_t exponent) {
  big value;
  exponent = read_digits(&value, digits, end, exponent);
  for (uint64_t bits = near;;) {
    int above = bits < NUMBER__INFINITY ? compare_with_middle(&value, exponent, bits) : -1;
    if (above > 0 || (above == 0 && bits % 2 == 1)) {
      bits++;
      continue;
    }
    int below = bits > 0 ? compare_with_middle(&value, exponent, bits - 1) : 1;
    if (below > 0 || (below == 0 && bits % 2 == 0)) return bits;
    bits--;
  }
}
