/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Words as doubles: the digest of a text, where no number is. */
#include <ml/literal.h>

#include <pthread.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#include <ml/utf8.h>

typedef struct word {
  struct word *next;
  double value;
  char text[];
} word;

static word *words; /* never freed: parameters live anywhere */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

/* Negative, and of the greatest finite exponent. */
#define HEAD     UINT64_C(0xFFE)
#define FRACTION ((UINT64_C(1) << 52) - 1)

static uint64_t bits_of(double value) {
  uint64_t bits;
  memcpy(&bits, &value, sizeof bits);
  return bits;
}

static double value_of(const char *text, size_t n) {
  unsigned char digest[crypto_generichash_BYTES];
  uint64_t bits;
  double value;
  crypto_generichash(digest, sizeof digest, (const unsigned char *)text, n, NULL, 0);
  memcpy(&bits, digest, sizeof bits);
  bits = HEAD << 52 | (bits & FRACTION);
  memcpy(&value, &bits, sizeof value);
  return value;
}

bool literal__is(double value) {
  return bits_of(value) >> 52 == HEAD;
}

/* The lock is held. */
static word *find(double value) {
  word *w = words;
  while (w && w->value != value) w = w->next;
  return w;
}

static word *add(double value, const char *text, size_t n) {
  word *w = malloc(sizeof *w + n + 1);
  if (!w) return NULL;
  w->value = value;
  memcpy(w->text, text, n);
  w->text[n] = 0;
  w->next = words;
  return words = w;
}

ml_status literal__of(const char *text, double *out, ml_error *err) {
  const size_t n = strlen(text);
  if (n > LITERAL_MOST || !utf8__is_text(text, n))
    return ml_error_set(err, ML_ERR_USAGE, "'%.40s...' is no UTF-8, or has more than %d bytes",
                        text, LITERAL_MOST);
  const double value = value_of(text, n);
  pthread_mutex_lock(&lock);
  word *w = find(value);
  if (!w) w = add(value, text, n);
  pthread_mutex_unlock(&lock);
  if (!w) return ml_error_memory(err);
  if (strcmp(w->text, text) != 0) /* once in 2^52 pairs */
    return ml_error_set(err, ML_ERR_USAGE, "'%.40s' and '%.40s' cannot be told apart", text,
                        w->text);
  *out = value;
  return ML_OK;
}

const char *literal__text(double value) {
  if (!literal__is(value)) return NULL;
  pthread_mutex_lock(&lock);
  const word *w = find(value);
  pthread_mutex_unlock(&lock);
  return w ? w->text : NULL;
}
