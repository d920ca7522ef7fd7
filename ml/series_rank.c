/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The order and identity of ids: numbers as exact decimals, never rounded, or else text by bytes.
 */
#include <stdlib.h>
#include <string.h>

#include <ml/series_internal.h>

/* sign * 0.DIGITS * 10^exponent; the digits begin and end with one that is not 0. */
typedef struct decimal {
  int sign; /* 0 for zero, which has nothing else */
  int64_t exponent;
  const char *p, *end; /* the digits, perhaps with a point among them */
} decimal;

/* More is no number but a text: it keeps the sum of exponent and digits far from overflow. */
#define EXPONENT_MAX 1000000

static bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

/* The exponent behind a number, up to the end of the text; none is 0. */
static bool parse_exponent(const char *p, int64_t *exponent) {
  *exponent = 0;
  if (!*p) return true;
  if (*p != 'e' && *p != 'E') return false;
  p++;
  bool negative = *p == '-';
  if (*p == '-' || *p == '+') p++;
  if (!is_digit(*p)) return false;
  for (; is_digit(*p); p++) {
    *exponent = 10 * *exponent + (*p - '0');
    if (*exponent > EXPONENT_MAX) return false;
  }
  if (negative) *exponent = -*exponent;
  return *p == 0;
}

/* The whole text must be a plain decimal number: sign, digits with a point, exponent. */
static bool parse_decimal(const char *text, decimal *d) {
  *d = (decimal){0};
  bool negative = *text == '-';
  if (*text == '-' || *text == '+') text++;
  int64_t n_digits = 0, n_leading = 0, n_whole = -1;
  for (; is_digit(*text) || (*text == '.' && n_whole < 0); text++) {
    if (*text == '.') {
      n_whole = n_digits;
      continue;
    }
    n_digits++;
    if (*text == '0' && !d->p) n_leading++;
    if (*text == '0') continue;
    if (!d->p) d->p = text;
    d->end = text + 1;
  }
  if (n_digits == 0 || !parse_exponent(text, &d->exponent)) return false;
  d->exponent += (n_whole < 0 ? n_digits : n_whole) - n_leading;
  d->sign = !d->p ? 0 : negative ? -1 : 1;
  return true;
}

static int compare_digits(const decimal *a, const decimal *b) {
  const char *p = a->p, *q = b->p;
  for (;; p++, q++) {
    if (p < a->end && *p == '.') p++;
    if (q < b->end && *q == '.') q++;
    if (p == a->end || q == b->end) return (p < a->end) - (q < b->end);
    if (*p != *q) return *p < *q ? -1 : 1;
  }
}

static int compare_decimals(const decimal *a, const decimal *b) {
  if (a->sign != b->sign) return a->sign < b->sign ? -1 : 1;
  if (a->sign == 0) return 0;
  if (a->exponent != b->exponent) return a->exponent < b->exponent ? -a->sign : a->sign;
  return a->sign * compare_digits(a, b);
}

typedef struct ranked {
  char *const *texts;
  const decimal *decimals; /* NULL: compare as text */
} ranked;

static int compare(const ranked *r, uint32_t a, uint32_t b) {
  return r->decimals ? compare_decimals(&r->decimals[a], &r->decimals[b])
                     : strcmp(r->texts[a], r->texts[b]);
}

static int compare_stably(const void *a, const void *b, void *context) {
  uint32_t i = *(const uint32_t *)a, j = *(const uint32_t *)b;
  int order = compare(context, i, j);
  return order ? order : (i > j) - (i < j);
}

static decimal *parse_all(char *const *texts, size_t n, bool *are_numbers) {
  decimal *decimals = malloc((n ? n : 1) * sizeof *decimals);
  *are_numbers = n > 0;
  for (size_t i = 0; decimals && i < n && *are_numbers; i++)
    *are_numbers = parse_decimal(texts[i], &decimals[i]);
  return decimals;
}

bool series__rank(char *const *texts, size_t n, series_ranking *ranking) {
  decimal *decimals = parse_all(texts, n, &ranking->are_numbers);
  ranking->rank = malloc((n ? n : 1) * sizeof *ranking->rank);
  ranking->first = malloc((n ? n : 1) * sizeof *ranking->first);
  ranking->n = 0;
  if (!decimals || !ranking->rank || !ranking->first) {
    free(decimals);
    return false;
  }
  ranked r = {texts, ranking->are_numbers ? decimals : NULL};
  uint32_t *order = ranking->first; /* sorted first, then thinned out in place */
  bool sorted = true;
  for (size_t i = 0; i < n; i++) {
    order[i] = (uint32_t)i;
    sorted = sorted && (i == 0 || compare(&r, (uint32_t)i - 1, (uint32_t)i) <= 0);
  }
  if (!sorted) qsort_r(order, n, sizeof *order, compare_stably, &r);
  for (size_t i = 0; i < n; i++) {
    uint32_t text = order[i];
    if (i == 0 || compare(&r, ranking->first[ranking->n - 1], text) != 0)
      ranking->first[ranking->n++] = text;
    ranking->rank[text] = (uint32_t)(ranking->n - 1);
  }
  free(decimals);
  return true;
}

void series__ranking_release(series_ranking *ranking) {
  free(ranking->rank);
  free(ranking->first);
  *ranking = (series_ranking){0};
}
