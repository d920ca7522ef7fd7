/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a cell means as a number, and the words for what it is instead. */
#include <math.h>
#include <string.h>

#include <ml/csv_internal.h>
#include <ml/number.h>

/* Spellings of a missing value, besides NaN in any case: those of pandas, R, Excel and SQL. */
static const char *const missing[] = {
    "",     "NA",   "N/A", "n/a", "#N/A",     "#NA",     "<NA>",   "null",    "NULL",    "Null",
    "None", "none", "NIL", "nil", "#N/A N/A", "-1.#IND", "1.#IND", "1.#QNAN", "-1.#QNAN"};

/* Those of pandas among texts. */
static const char *const missing_texts[] = {
    "",    "NA",   "N/A",  "n/a",      "#N/A",    "#NA",    "<NA>",    "null",     "NULL", "NaN",
    "nan", "-NaN", "-nan", "#N/A N/A", "-1.#IND", "1.#IND", "1.#QNAN", "-1.#QNAN", "None"};

static bool is_among(const char *const *texts, size_t n_texts, const char *text, size_t n) {
  for (size_t i = 0; i < n_texts; i++)
    if (strlen(texts[i]) == n && memcmp(text, texts[i], n) == 0) return true;
  return false;
}

static bool is_missing(const char *text, size_t n) {
  return is_among(missing, sizeof missing / sizeof *missing, text, n);
}

bool csv__is_missing_text(const char *text, size_t n) {
  return is_among(missing_texts, sizeof missing_texts / sizeof *missing_texts, text, n);
}

csv_number_kind csv__number(const char *text, size_t n, double *value) {
  n = csv__trim(&text, n);
  double v;
  if (ml_number_parse(text, text + n, &v) != text + n) {
    *value = NAN;
    return is_missing(text, n) ? CSV_MISSING : CSV_NO_NUMBER;
  }
  *value = v;
  if (isfinite(v)) return CSV_NUMBER;
  if (isnan(v)) return CSV_MISSING;
  return memchr(text, 'n', n) || memchr(text, 'N', n) ? CSV_INFINITE : CSV_TOO_LARGE;
}

bool csv__boolean(const char *text, size_t n, double *value) {
  n = csv__trim(&text, n);
  *value = n == strlen("true") && strncasecmp(text, "true", n) == 0;
  return *value != 0 || (n == strlen("false") && strncasecmp(text, "false", n) == 0);
}

static bool has_hex(const char *text, size_t n) {
  if (n > 0 && (*text == '+' || *text == '-')) text++, n--;
  return n > 2 && text[0] == '0' && (text[1] == 'x' || text[1] == 'X');
}

/* Digits, points, commas and a sign, nothing else. */
static bool is_grouped(const char *text, size_t n) {
  return n > 1 && memchr(text, ',', n) && strspn(text, "+-0123456789.,") >= n;
}

/* One comma in it, and it may be the decimal sign. */
static bool has_decimal_comma(const char *text, size_t n) {
  const char *comma = memchr(text, ',', n);
  return is_grouped(text, n) && !memchr(text, '.', n) &&
         !memchr(comma + 1, ',', n - (size_t)(comma + 1 - text));
}

static const struct {
  bool (*applies)(const char *text, size_t n);
  const char *words;
} hints[] = {
    {has_hex, "; hexadecimal is not read"},
    {has_decimal_comma, "; the decimal sign is a point, not a comma"},
    {is_grouped, "; thousands separators are not read"},
};

static const char *hint_for(const char *text, size_t n, const char *fallback) {
  /* strspn() wants the end of the text; what hints are for is short. */
  char copy[64];
  if (n >= sizeof copy) return fallback;
  memcpy(copy, text, n);
  copy[n] = 0;
  for (size_t i = 0; i < sizeof hints / sizeof hints[0]; i++)
    if (hints[i].applies(copy, n)) return hints[i].words;
  return fallback;
}

ml_status csv__fail_number(const ml_csv *csv, const char *at, csv_number_kind kind,
                           const char *text, size_t n, const char *expected, const char *hint,
                           ml_error *err) {
  char shown[CSV_QUOTE_MAX];
  n = csv__trim(&text, n);
  csv__quote(text, n, shown);
  switch (kind) {
    case CSV_MISSING:
      return n == 0 ? csv__fail(csv, at, err, "missing value (empty)")
                    : csv__fail(csv, at, err, "missing value (\"%s\")", shown);
    case CSV_INFINITE:
      return csv__fail(csv, at, err, "infinite value \"%s\"", shown);
    case CSV_TOO_LARGE:
      return csv__fail(csv, at, err, "\"%s\" is too large for a double", shown);
    default:
      return csv__fail(csv, at, err, "expected %s, found \"%s\"%s", expected, shown,
                       hint_for(text, n, hint ? hint : ""));
  }
}
