/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The order and identity of ids: numbers as exact decimals, never rounded; names of windows by both
 * their parts; or else text by bytes.
 */
#include <endian.h>
#include <stdlib.h>
#include <string.h>

#define XXH_INLINE_ALL
#include <xxhash.h>

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

/* The exponent behind a number, up to the end; none is 0. */
static bool parse_exponent(const char *p, char end, int64_t *exponent) {
  *exponent = 0;
  if (*p == end) return true;
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
  return *p == end;
}

/* All up to the end must be a plain decimal number: sign, digits with a point, exponent. */
static bool parse_decimal(const char *text, char end, decimal *d) {
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
  if (n_digits == 0 || !parse_exponent(text, end, &d->exponent)) return false;
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

/* ---- names of windows: "(7, 3)", "('a', Timestamp('2020-01-02 00:00:00'))" ---- */

/* What follows a text in quotes; NULL when it does not end. */
static const char *skip_quoted(const char *p) {
  const char quote = *p++;
  for (; *p != quote; p++) {
    if (*p == '\\' && p[1]) p++;
    if (!*p) return NULL;
  }
  return p + 1;
}

/* The comma between the two parts of a pair, or NULL when the text is none. */
static const char *find_comma(const char *text) {
  const char *p = text + 1;
  if (*text != '(') return NULL;
  p = *p == '\'' || *p == '"' ? skip_quoted(p) : strchr(p, ',');
  if (!p || p[0] != ',' || p[1] != ' ') return NULL;
  size_t n = strlen(p);
  return n > 3 && p[n - 1] == ')' ? p : NULL;
}

/* Without its quotes, which depend on what is between them. */
static const char *first_part(const char *text, size_t *n) {
  const char *end = find_comma(text), *p = text + 1;
  bool is_quoted = *p == '\'' || *p == '"';
  *n = (size_t)(end - p) - 2 * is_quoted;
  return p + is_quoted;
}

/* ---- what holds for all texts ---- */

void series__note_forms(series_forms *forms, const char *text) {
  decimal d;
  const char *comma = find_comma(text);
  const bool is_whole = series__is_whole(text);
  forms->not_numbers |= !is_whole && !parse_decimal(text, 0, &d);
  forms->not_whole |= !is_whole;
  forms->not_pairs |= !comma;
  forms->not_first_numbers |= !comma || !parse_decimal(text + 1, ',', &d);
  forms->not_second_numbers |= !comma || !parse_decimal(comma + 2, ')', &d);
}

void series__add_forms(series_forms *forms, const series_forms *others) {
  forms->not_numbers |= others->not_numbers;
  forms->not_whole |= others->not_whole;
  forms->not_pairs |= others->not_pairs;
  forms->not_first_numbers |= others->not_first_numbers;
  forms->not_second_numbers |= others->not_second_numbers;
}

/* XXH64 of bytes that come one after another: mostly so few that they are held and hashed at once,
 * which takes a fraction of the time. */
typedef struct hashing {
  uint64_t seed;
  size_t n_held;
  char held[256];
  bool is_long; /* there is a state, with what came before what is held */
  XXH64_state_t state;
} hashing;

/* Not inlined: compilers warn of what XXH64_update() would do with more than they see. */
__attribute__((noinline)) static void spill(hashing *h, const void *bytes, size_t n) {
  if (!h->is_long) XXH64_reset(&h->state, h->seed);
  h->is_long = true;
  XXH64_update(&h->state, h->held, h->n_held);
  XXH64_update(&h->state, bytes, n);
  h->n_held = 0;
}

static void feed(hashing *h, const void *bytes, size_t n) {
  if (n > sizeof h->held - h->n_held) {
    spill(h, bytes, n);
    return;
  }
  memcpy(h->held + h->n_held, bytes, n);
  h->n_held += n;
}

static uint64_t end_hash(hashing *h) {
  if (!h->is_long) return XXH64(h->held, h->n_held, h->seed);
  spill(h, "", 0);
  return XXH64_digest(&h->state);
}

static void hash_decimal(hashing *h, const decimal *d) {
  const uint64_t exponent = htole64((uint64_t)d->exponent);
  feed(h, &"-0+"[d->sign + 1], 1);
  if (d->sign == 0) return;
  const char *point = memchr(d->p, '.', (size_t)(d->end - d->p)), *end = point ? point : d->end;
  feed(h, d->p, (size_t)(end - d->p));
  if (point) feed(h, point + 1, (size_t)(d->end - point) - 1);
  feed(h, &exponent, sizeof exponent);
}

/* text[n] is no digit. */
static void hash_part(hashing *h, const char *text, size_t n) {
  decimal d;
  if (parse_decimal(text, text[n], &d)) {
    hash_decimal(h, &d);
  } else {
    feed(h, "'", 1);
    feed(h, text, n);
  }
}

uint64_t series__id_hash(const char *id, uint64_t seed) {
  hashing h;
  const char *comma = find_comma(id);
  size_t n = strlen(id);
  h.seed = seed;
  h.n_held = 0;
  h.is_long = false;
  if (comma) {
    const char *first = first_part(id, &n);
    hash_part(&h, first, n);
    feed(&h, ",", 1);
    comma += 2;
    n = strlen(comma) - 1;
  }
  hash_part(&h, comma ? comma : id, n);
  return end_hash(&h);
}

const char *series__window_end(const char *id) {
  return find_comma(id) + 2;
}

/* ---- ranks ---- */

/* One of the parts, of all texts. */
typedef struct part {
  decimal *decimals; /* NULL: compare as text */
  bool is_second;
} part;

typedef struct ranked {
  char *const *texts;
  decimal *decimals; /* of whole texts; NULL: they are no numbers */
  part *pairs;       /* both parts; NULL: they are no pairs */
} ranked;

static int compare_parts(const ranked *r, const part *of, uint32_t a, uint32_t b) {
  if (of->decimals) return compare_decimals(&of->decimals[a], &of->decimals[b]);
  if (of->is_second) return strcmp(find_comma(r->texts[a]), find_comma(r->texts[b]));
  size_t n, m;
  const char *p = first_part(r->texts[a], &n), *q = first_part(r->texts[b], &m);
  int order = memcmp(p, q, n < m ? n : m);
  return order ? order : (n > m) - (n < m);
}

static int compare(const ranked *r, uint32_t a, uint32_t b) {
  if (r->decimals) return compare_decimals(&r->decimals[a], &r->decimals[b]);
  int order = r->pairs ? compare_parts(r, &r->pairs[0], a, b) : 0;
  if (order) return order;
  return r->pairs ? compare_parts(r, &r->pairs[1], a, b) : strcmp(r->texts[a], r->texts[b]);
}

static bool parse_part(const char *text, bool is_second, decimal *d) {
  return is_second ? parse_decimal(find_comma(text) + 2, ')', d) : parse_decimal(text + 1, ',', d);
}

int series__compare_ids(const char *a, const char *b, series_forms form) {
  char *const texts[] = {(char *)(uintptr_t)a, (char *)(uintptr_t)b};
  decimal whole[2], first[2], second[2];
  part pairs[] = {{NULL, false}, {NULL, true}};
  ranked r = {.texts = texts};
  if (!form.not_numbers && parse_decimal(a, 0, &whole[0]) && parse_decimal(b, 0, &whole[1])) {
    r.decimals = whole;
  } else if (form.not_numbers && !form.not_pairs && find_comma(a) && find_comma(b)) {
    r.pairs = pairs;
    if (!form.not_first_numbers && parse_part(a, false, &first[0]) &&
        parse_part(b, false, &first[1]))
      pairs[0].decimals = first;
    if (!form.not_second_numbers && parse_part(a, true, &second[0]) &&
        parse_part(b, true, &second[1]))
      pairs[1].decimals = second;
  }
  return compare(&r, 0, 1);
}

static int compare_stably(const void *a, const void *b, void *context) {
  uint32_t i = *(const uint32_t *)a, j = *(const uint32_t *)b;
  int order = compare(context, i, j);
  return order ? order : (i > j) - (i < j);
}

/* The texts, or the parts of them, as numbers. @param[out] decimals  NULL when one is none.
 * @return false when memory ran out */
static bool parse_all(char *const *texts, size_t n, const part *of, decimal **decimals) {
  decimal *all = malloc((n ? n : 1) * sizeof *all);
  bool are_numbers = n > 0;
  *decimals = NULL;
  if (!all) return false;
  for (size_t i = 0; i < n && are_numbers; i++) {
    const char *text = !of ? texts[i] : of->is_second ? find_comma(texts[i]) + 2 : texts[i] + 1;
    are_numbers = parse_decimal(text, !of ? 0 : of->is_second ? ')' : ',', &all[i]);
  }
  if (are_numbers)
    *decimals = all;
  else
    free(all);
  return true;
}

static bool parse_pairs(ranked *r, size_t n, const series_forms *others) {
  for (size_t i = 0; i < n; i++)
    if (!find_comma(r->texts[i])) return true;
  r->pairs = calloc(2, sizeof *r->pairs);
  if (!r->pairs) return false;
  r->pairs[1].is_second = true;
  return (others->not_first_numbers ||
          parse_all(r->texts, n, &r->pairs[0], &r->pairs[0].decimals)) &&
         (others->not_second_numbers ||
          parse_all(r->texts, n, &r->pairs[1], &r->pairs[1].decimals));
}

static void release(ranked *r) {
  free(r->decimals);
  for (size_t i = 0; r->pairs && i < 2; i++) free(r->pairs[i].decimals);
  free(r->pairs);
}

bool series__rank(char *const *texts, size_t n, series_ranking *ranking) {
  const series_forms none = {0};
  return series__rank_among(texts, n, &none, ranking);
}

bool series__rank_among(char *const *texts, size_t n, const series_forms *others,
                        series_ranking *ranking) {
  ranked r = {.texts = texts};
  bool ok = others->not_numbers || parse_all(texts, n, NULL, &r.decimals);
  if (ok && n > 0 && !r.decimals && !others->not_pairs) ok = parse_pairs(&r, n, others);
  ranking->are_numbers = r.decimals != NULL;
  ranking->rank = malloc((n ? n : 1) * sizeof *ranking->rank);
  ranking->first = malloc((n ? n : 1) * sizeof *ranking->first);
  ranking->n = 0;
  if (!ok || !ranking->rank || !ranking->first) {
    release(&r);
    return false;
  }
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
  release(&r);
  return true;
}

void series__ranking_release(series_ranking *ranking) {
  free(ranking->rank);
  free(ranking->first);
  *ranking = (series_ranking){0};
}
