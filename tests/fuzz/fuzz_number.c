/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Parsing numbers: never beyond the end, and as strtod() where both know the form. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <ml/number.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n);

static void check(bool holds) {
  if (!holds) abort();
}

static bool same(double a, double b) {
  return (isnan(a) && isnan(b)) || memcmp(&a, &b, sizeof a) == 0;
}

/* strtod() in the C locale also takes blanks in front, hexadecimal and "nan(...)". */
static bool is_common(const char *text) {
  return !strpbrk(text, "xX(") && !strchr(" \t\n\v\f\r", text[0]);
}

static void check_round_trip(double value, size_t (*format)(double, char *)) {
  char text[ML_NUMBER_MAX];
  double back;
  size_t n = format(value, text);
  check(n < ML_NUMBER_MAX && text[n] == 0);
  check(ml_number_parse(text, text + n, &back) == text + n && same(value, back));
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n) {
  double value = 0;
  const char *text = (const char *)bytes;
  const char *stop = ml_number_parse(text, text + n, &value);
  check(!stop || (stop > text && stop <= text + n));

  char *copy = malloc(n + 1);
  if (!copy) return 0;
  if (n) memcpy(copy, bytes, n);
  copy[n] = 0;
  if (is_common(copy)) {
    char *end;
    double want = strtod(copy, &end);
    check(end == copy ? stop == NULL : stop == text + (end - copy) && same(value, want));
  }
  free(copy);

  if (n >= sizeof value) memcpy(&value, bytes, sizeof value);
  check_round_trip(value, ml_number_format);
  check_round_trip(value, ml_number_repr);
  return 0;
}
