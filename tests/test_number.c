/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Numbers from text and to text. ML_LONG=1 in the environment makes the random tests ten times as
 * long (10^7 doubles). */
#include "support.h"

#include <locale.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <ml/number_internal.h>

#define COUNT(array) (sizeof(array) / sizeof(array)[0])

static size_t rounds(size_t n) {
  return getenv("ML_LONG") ? 10 * n : n;
}

static double from_bits(uint64_t bits) {
  double v;
  memcpy(&v, &bits, sizeof v);
  return v;
}

static uint64_t to_bits(double v) {
  uint64_t bits;
  memcpy(&bits, &v, sizeof bits);
  return bits;
}

/* ---- parsing ------------------------------------------------------------------------------- */

enum { GUARDED = 1 << 16 };

/* The end of memory that can be read: a byte too far is a crash. */
static char *guarded_end(void) {
  static char *end;
  if (!end) {
    size_t page = (size_t)sysconf(_SC_PAGESIZE);
    char *map =
        mmap(NULL, GUARDED + page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    assert_true(map != MAP_FAILED);
    assert_int_equal(mprotect(map + GUARDED, page, PROT_NONE), 0);
    end = map + GUARDED;
  }
  return end;
}

/* How many bytes of text are a number, -1 for no number. */
static ptrdiff_t parse(const char *text, double *value) {
  size_t n = strlen(text);
  assert_true(n <= GUARDED);
  char *end = guarded_end(), *start = end - n;
  memcpy(start, text, n);
  const char *stop = ml_number_parse(start, end, value);
  return stop ? stop - start : -1;
}

static void expect_number(const char *text, double want) {
  double got = -12345;
  ptrdiff_t n = parse(text, &got);
  if (n != (ptrdiff_t)strlen(text)) fail_msg("%s: %td bytes taken", text, n);
  expect_same(text, got, want);
}

/* The C library, in the C locale. */
static void expect_as_strtod(const char *text) {
  expect_number(text, strtod(text, NULL));
}

static void grammar(void **state) {
  (void)state;
  static const struct {
    const char *text;
    ptrdiff_t n; /* bytes of it that are a number; -1: none */
    double want;
  } cases[] = {
      {"0", 1, 0.0},
      {"-0", 2, -0.0},
      {"+7", 2, 7.0},
      {"1.", 2, 1.0},
      {".5", 2, 0.5},
      {"-.5e1", 5, -5.0},
      {"1e5", 3, 1e5},
      {"1E+05", 5, 1e5},
      {"25e-2", 5, 0.25},
      {"007", 3, 7.0},
      {"1.e2", 4, 100.0},
      {"12345678", 8, 12345678.0},
      {"123456789", 9, 123456789.0},
      /* what follows a number is left */
      {"1,2", 1, 1.0},
      {"1 ", 1, 1.0},
      {"1e", 1, 1.0},
      {"1e+", 1, 1.0},
      {"1ex", 1, 1.0},
      {"1.5.2", 3, 1.5},
      {"0x10", 1, 0.0},
      {"1_000", 1, 1.0},
      {"1-2", 1, 1.0},
      {"12345678,9", 8, 12345678.0},
      {"1234567,12345678", 7, 1234567.0},
      {"3\xff\xff\xff\xff\xff\xff\xff\xff", 1, 3.0},
      {"12:3456789", 2, 12.0},
      {"1:2", 1, 1.0},
      {"12/:;<=>?", 2, 12.0},
      /* words */
      {"nan", 3, NAN},
      {"NaN", 3, NAN},
      {"-nAn", 4, NAN},
      {"nano", 3, NAN},
      {"nan(1)", 3, NAN},
      {"inf", 3, INFINITY},
      {"-INF", 4, -INFINITY},
      {"Infinity", 8, INFINITY},
      {"+infinity", 9, INFINITY},
      {"-infinit", 4, -INFINITY},
      /* none */
      {"", -1, 0},
      {"-", -1, 0},
      {"+", -1, 0},
      {".", -1, 0},
      {"-.", -1, 0},
      {".e5", -1, 0},
      {"e5", -1, 0},
      {" 1", -1, 0},
      {"--1", -1, 0},
      {"+-1", -1, 0},
      {"na", -1, 0},
      {"-in", -1, 0},
      {".inf", -1, 0},
      {"x.5", -1, 0},
      {"-:.5", -1, 0},
      {"x", -1, 0},
      {",", -1, 0},
  };
  for (size_t i = 0; i < COUNT(cases); i++) {
    double got = 99;
    ptrdiff_t n = parse(cases[i].text, &got);
    if (n != cases[i].n) fail_msg("\"%s\": took %td bytes, not %td", cases[i].text, n, cases[i].n);
    expect_same(cases[i].text, got, n < 0 ? 99 : cases[i].want);
  }
}

static void a_nul_byte_ends_a_number(void **state) {
  (void)state;
  static const char text[] =
      "12\0"
      "345678901234";
  double got;
  assert_ptr_equal(ml_number_parse(text, text + sizeof text, &got), text + 2);
  expect_same("NUL", got, 12);
}

static void ends_of_the_range(void **state) {
  (void)state;
  static const struct {
    const char *text;
    double want;
  } cases[] = {
      {"1.7976931348623157e308", 0x1.fffffffffffffp1023},
      {"1.7976931348623158e308", 0x1.fffffffffffffp1023},
      {"1.7976931348623159e308", INFINITY},
      {"1e309", INFINITY},
      {"-1e400", -INFINITY},
      {"1e99999999999999", INFINITY},
      {"1e9223372036854775808", INFINITY},
      {"1e99999999999999999999999999999999", INFINITY},
      {"2.2250738585072014e-308", 0x1p-1022},
      {"2.2250738585072011e-308", 0x0.fffffffffffffp-1022},
      {"4.9406564584124654e-324", 0x1p-1074},
      {"2.4703282292062328e-324", 0x1p-1074}, /* just above half of the smallest */
      {"2.4703282292062327e-324", 0.0},
      {"1e-400", 0.0},
      {"-1e-9223372036854775808", -0.0},
      {"1e-99999999999999999999999999999999", 0.0},
      {"0e99999999999999999999999999999999", 0.0},
      {"9007199254740993", 9007199254740992.0}, /* ties to even, both ways */
      {"9007199254740995", 9007199254740996.0},
      {"9007199254740993.0000000000000000000000000000001", 9007199254740994.0},
      {"9007199254740992.9999999999999999999999999999999", 9007199254740992.0},
  };
  for (size_t i = 0; i < COUNT(cases); i++) expect_number(cases[i].text, cases[i].want);
}

/* "0.", n zeros, "1e", n + 3 is 100; and the same the other way round. */
static void long_texts(void **state) {
  (void)state;
  enum { ZEROS = 50000 };
  char *text = malloc(ZEROS + 64);
  assert_non_null(text);
  memset(text, '0', ZEROS + 2);
  text[1] = '.';
  snprintf(text + ZEROS + 2, 62, "1e%d", ZEROS + 3);
  expect_number(text, 100);
  snprintf(text + ZEROS + 2, 62, "12345678901234567890123e%d", ZEROS);
  expect_number(text, 0.12345678901234567890123);
  text[0] = '7', text[1] = '0';
  snprintf(text + ZEROS + 2, 62, "e-%d", ZEROS + 1);
  expect_number(text, 7);
  /* A tie but for the last of many digits. */
  memcpy(text, "9007199254740993.", 17);
  text[ZEROS + 2] = 0;
  expect_number(text, 9007199254740992.0);
  text[ZEROS + 1] = '1';
  expect_number(text, 9007199254740994.0);
  free(text);
}

/* Lines of the reference: half, single, double in hexadecimal, text. */
static void check_lines(const char *path, size_t at_least) {
  size_t n_lines = 0;
  char *data = read_file(path, NULL), *save = NULL;
  for (char *line = strtok_r(data, "\n", &save); line; line = strtok_r(NULL, "\n", &save)) {
    char *text = strrchr(line, ' ');
    assert_true(text && text - line == 30);
    expect_number(text + 1, from_bits(strtoull(line + 14, NULL, 16)));
    n_lines++;
  }
  free(data);
  assert_true(n_lines >= at_least);
}

static void reference_texts(void **state) {
  (void)state;
  static const struct {
    const char *path;
    size_t n;
  } files[] = {{"csv/numbers/freetype-2-7.txt", 3566},
               {"csv/numbers/lemire-fast-float.txt", 3299},
               {"csv/numbers/more-test-cases.txt", 59}};
  for (size_t i = 0; i < COUNT(files); i++) {
    const char *path = reference(files[i].path);
    if (!path) {
      print_message("the reference data is not there\n");
      skip();
    }
    check_lines(path, files[i].n);
  }
}

static size_t put_digits(char *text, size_t n, uint64_t *seed) {
  for (size_t i = 0; i < n; i++) text[i] = (char)('0' + next_random(seed) % 10);
  return n;
}

static void random_texts_read_as_strtod_reads_them(void **state) {
  (void)state;
  uint64_t seed = 1;
  char text[128];
  for (size_t i = 0; i < rounds(200000); i++) {
    size_t n = 0;
    if (next_random(&seed) % 2) text[n++] = '-';
    n += put_digits(text + n, next_random(&seed) % 25, &seed);
    text[n++] = '.';
    n += put_digits(text + n, 1 + next_random(&seed) % 25, &seed);
    int e = (int)(next_random(&seed) % 700) - 350;
    text[n] = 0;
    if (next_random(&seed) % 4) snprintf(text + n, sizeof text - n, "e%d", e);
    expect_as_strtod(text);
  }
}

static void random_doubles_read_in_any_precision(void **state) {
  (void)state;
  uint64_t seed = 2;
  char text[64];
  for (size_t i = 0; i < rounds(150000); i++) {
    double v = from_bits(next_random(&seed));
    if (!isfinite(v)) continue;
    snprintf(text, sizeof text, "%.*e", (int)(next_random(&seed) % 22), v);
    expect_as_strtod(text);
    snprintf(text, sizeof text, "%.17f", (double)(next_random(&seed) >> 11) * 0x1p-53);
    expect_as_strtod(text);
  }
}

/* The middle of two doubles, in full, cut short and with one digit more. */
static void middles_of_doubles(void **state) {
  (void)state;
  uint64_t seed = 3;
  char text[1200];
  for (size_t i = 0; i < rounds(3000); i++) {
    uint64_t bits = next_random(&seed) >> 1;
    if (i % 3 == 0) bits >>= 11 + next_random(&seed) % 50; /* subnormal */
    if (bits >= NUMBER__INFINITY - 1) continue;
    long double middle = ((long double)from_bits(bits) + (long double)from_bits(bits + 1)) / 2;
    int digits = i % 2 ? 780 : (int)(next_random(&seed) % 780);
    int n = snprintf(text, sizeof text, "%.*Le", digits, middle);
    expect_as_strtod(text);
    char *e = memchr(text, 'e', (size_t)n);
    memmove(e + 101, e, strlen(e) + 1);
    memset(e, '0', 101);
    e[100] = '1';
    expect_as_strtod(text);
  }
}

static void exact_rounding_finds_its_way_from_any_near_double(void **state) {
  (void)state;
  static const char *texts[] = {"9007199254740993", "45035996273704985", "17976931348623157", "1",
                                "123456789012345678901234567890"};
  for (size_t i = 0; i < COUNT(texts); i++) {
    uint64_t want = to_bits(strtod(texts[i], NULL));
    for (uint64_t off = 0; off <= 6; off++)
      assert_true(number__round(want - 3 + off, texts[i], texts[i] + strlen(texts[i]), 0) == want);
  }
  /* The ends of the range, from the inside. */
  assert_true(number__round(3, "2", &"2"[1], -324) == 0);
  assert_true(number__round(NUMBER__INFINITY - 3, "2", &"2"[1], 308) == NUMBER__INFINITY);
}

static void another_locale_changes_nothing(void **state) {
  (void)state;
  if (!setlocale(LC_ALL, "de_DE.UTF-8") && !setlocale(LC_ALL, "fr_FR.UTF-8")) {
    print_message("no locale with a decimal comma is installed\n");
    skip();
  }
  char text[ML_NUMBER_MAX];
  expect_number("0.1", 0x1.999999999999ap-4);
  expect_number("9007199254740993.0000000000000000000000000000001", 9007199254740994.0);
  ml_number_format(2.5, text);
  setlocale(LC_ALL, "C");
  assert_string_equal(text, "2.5");
}

/* ---- the table ----------------------------------------------------------------------------- */

static void powers_of_ten_by_hand(void **state) {
  (void)state;
  static const struct {
    int e;
    number__power want;
  } cases[] = {{0, {0x8000000000000000, 0}},
               {1, {0xA000000000000000, 0}},
               {3, {0xFA00000000000000, 0}},
               {-1, {0xCCCCCCCCCCCCCCCC, 0xCCCCCCCCCCCCCCCC}},
               {19, {0x8AC7230489E80000, 0}}};
  for (size_t i = 0; i < COUNT(cases); i++) {
    number__power got = number__power_at(cases[i].e);
    assert_true(got.high == cases[i].want.high && got.low == cases[i].want.low);
  }
}

static void powers_of_ten_are_what_the_script_makes(void **state) {
  (void)state;
  if (system("python3 -c '' 2>/dev/null") != 0) {
    print_message("python3 is not there\n");
    skip();
  }
  char command[256], made_path[128];
  snprintf(made_path, sizeof made_path, "%s/powers_of_ten.h", temp_dir());
  snprintf(command, sizeof command, "python3 scripts/make_powers_of_ten.py > %s", made_path);
  assert_int_equal(system(command), 0);
  size_t n_made, n_here;
  char *made = read_file(made_path, &n_made), *here = read_file("ml/powers_of_ten.h", &n_here);
  assert_true(n_made == n_here && memcmp(made, here, n_made) == 0);
  free(made);
  free(here);
}

/* ---- formatting ---------------------------------------------------------------------------- */

static void layouts(void **state) {
  (void)state;
  static const struct {
    double value;
    const char *format, *repr;
  } cases[] = {
      {0.0, "0", "0.0"},
      {-0.0, "-0", "-0.0"},
      {1, "1", "1.0"},
      {10, "10", "10.0"},
      {-2.5, "-2.5", "-2.5"},
      {0.1, "0.1", "0.1"},
      {0.15000000000000002, "0.15000000000000002", "0.15000000000000002"},
      {1234.5, "1234.5", "1234.5"},
      {120, "120", "120.0"},
      {1e12, "1000000000000", "1000000000000.0"},
      {1e15, "1000000000000000", "1000000000000000.0"},
      {9999999999999998, "9999999999999998", "9999999999999998.0"},
      {1e16, "10000000000000000", "1e+16"},
      {12345678901234567890.0, "12345678901234567000", "1.2345678901234567e+19"},
      {1e20, "100000000000000000000", "1e+20"},
      {999999999999999868928.0, "999999999999999900000", "9.999999999999999e+20"},
      /* Halfway to the next double: reads back to the even one of the two. */
      {20000000000000008, "20000000000000010", "2.000000000000001e+16"},
      {20000000000000012, "20000000000000012", "2.0000000000000012e+16"},
      {1e21, "1e21", "1e+21"},
      {1.5e300, "1.5e300", "1.5e+300"},
      {0.001, "0.001", "0.001"},
      {0.0001, "0.0001", "0.0001"},
      {0.00001, "0.00001", "1e-05"},
      {1e-7, "0.0000001", "1e-07"},
      {1.2345678901234566e-7, "0.00000012345678901234566", "1.2345678901234566e-07"},
      {1e-8, "1e-8", "1e-08"},
      {-1.5e-8, "-1.5e-8", "-1.5e-08"},
      {1e-10, "1e-10", "1e-10"},
      {1e23, "1e23", "1e+23"},
      {9007199254740991.0, "9007199254740991", "9007199254740991.0"},
      {9007199254740992.0, "9007199254740992", "9007199254740992.0"},
      {0x1.fffffffffffffp1023, "1.7976931348623157e308", "1.7976931348623157e+308"},
      {0x1p-1022, "2.2250738585072014e-308", "2.2250738585072014e-308"},
      {0x0.fffffffffffffp-1022, "2.225073858507201e-308", "2.225073858507201e-308"},
      {0x1p-1074, "5e-324", "5e-324"},
      {0x1p-1073, "1e-323", "1e-323"},
      {0x3p-1074, "1.5e-323", "1.5e-323"},
      {NAN, "NaN", "nan"},
      {-NAN, "NaN", "nan"},
      {INFINITY, "inf", "inf"},
      {-INFINITY, "-inf", "-inf"},
  };
  char text[ML_NUMBER_MAX];
  for (size_t i = 0; i < COUNT(cases); i++) {
    assert_int_equal(ml_number_format(cases[i].value, text), strlen(cases[i].format));
    assert_string_equal(text, cases[i].format);
    assert_int_equal(ml_number_repr(cases[i].value, text), strlen(cases[i].repr));
    assert_string_equal(text, cases[i].repr);
  }
}

/* Digits of a text without point, sign, exponent and zeros at the ends. */
static size_t significant(const char *text, char *digits) {
  size_t n = 0;
  for (; *text && *text != 'e'; text++)
    if (*text >= '0' && *text <= '9' && (n || *text != '0')) digits[n++] = *text;
  while (n && digits[n - 1] == '0') n--;
  digits[n] = 0;
  return n;
}

/* Whether the n digits of printf, or those one unit in the last place off, read back to v. The
 * neighbours matter below a power of two, where the doubles are closer. */
static bool reads_back_with(double v, size_t n, int unit) {
  char text[64], moved[64];
  snprintf(text, sizeof text, "%.*e", (int)n - 1, v);
  char *e = strchr(text, 'e');
  uint64_t digits = 0;
  for (char *p = text; p < e; p++)
    if (*p != '.') digits = digits * 10 + (uint64_t)(*p - '0');
  digits = unit < 0 ? digits - 1 : digits + (uint64_t)unit;
  snprintf(moved, sizeof moved, "%llue%d", (unsigned long long)digits, atoi(e + 1) - ((int)n - 1));
  return strtod(moved, NULL) == v;
}

/* v > 0. The text reads back; nothing one digit shorter does; and no text of that length is closer,
 * which is what printf finds. */
static void expect_shortest(double v) {
  char text[ML_NUMBER_MAX], digits[ML_NUMBER_MAX], closest[64], closest_digits[64];
  size_t length = ml_number_format(v, text);
  assert_true(length < ML_NUMBER_MAX && text[length] == 0);
  if (strtod(text, NULL) != v) fail_msg("%a: %s does not read back", v, text);
  expect_number(text, v);
  size_t n = significant(text, digits);
  for (int unit = -1; n > 1 && unit <= 1; unit++)
    if (reads_back_with(v, n - 1, unit)) fail_msg("%a: %s could be shorter", v, text);
  if (!reads_back_with(v, n, 0)) return;
  snprintf(closest, sizeof closest, "%.*e", (int)n - 1, v);
  significant(closest, closest_digits);
  if (strcmp(digits, closest_digits) != 0) fail_msg("%a: %s, but %s is closer", v, text, closest);

  char repr[ML_NUMBER_MAX], repr_digits[ML_NUMBER_MAX];
  ml_number_repr(v, repr);
  significant(repr, repr_digits);
  assert_string_equal(digits, repr_digits);
  if (strtod(repr, NULL) != v) fail_msg("%a: %s does not read back", v, repr);
}

/* v and the doubles next to it. */
static void expect_shortest_around(double v) {
  uint64_t bits = to_bits(v);
  for (uint64_t near = bits > 2 ? bits - 2 : 1; near <= bits + 2; near++)
    if (near < NUMBER__INFINITY) expect_shortest(from_bits(near));
}

static void shortest_at_powers_of_two_and_ten(void **state) {
  (void)state;
  char text[16];
  for (int e = -1074; e < 1024; e++) expect_shortest_around(ldexp(1.0, e));
  for (int e = -323; e < 309; e++) {
    snprintf(text, sizeof text, "1e%d", e);
    expect_shortest_around(strtod(text, NULL));
  }
}

static void shortest_of_integers_and_short_decimals(void **state) {
  (void)state;
  uint64_t seed = 4;
  for (int i = 1; i < 5000; i++) {
    expect_shortest(i);
    expect_shortest(i * 1000);
    expect_shortest(i / 1000.0);
    expect_shortest(i * 0.05);
    expect_shortest((double)(1 + (next_random(&seed) >> (next_random(&seed) % 63))));
  }
}

static void shortest_of_random_doubles(void **state) {
  (void)state;
  uint64_t seed = 5;
  for (size_t i = 0; i < rounds(1000000); i++) {
    double v = from_bits(next_random(&seed) >> 1);
    if (i % 4 == 1) v = (double)((next_random(&seed) >> 11) + 1) * 0x1p-53;
    if (i % 16 == 2) v = from_bits((next_random(&seed) >> 12 >> next_random(&seed) % 52) + 1);
    if (isfinite(v)) expect_shortest(v);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(grammar),
      cmocka_unit_test(a_nul_byte_ends_a_number),
      cmocka_unit_test(ends_of_the_range),
      cmocka_unit_test(long_texts),
      cmocka_unit_test(reference_texts),
      cmocka_unit_test(random_texts_read_as_strtod_reads_them),
      cmocka_unit_test(random_doubles_read_in_any_precision),
      cmocka_unit_test(middles_of_doubles),
      cmocka_unit_test(exact_rounding_finds_its_way_from_any_near_double),
      cmocka_unit_test(another_locale_changes_nothing),
      cmocka_unit_test(powers_of_ten_by_hand),
      cmocka_unit_test(powers_of_ten_are_what_the_script_makes),
      cmocka_unit_test(layouts),
      cmocka_unit_test(shortest_at_powers_of_two_and_ten),
      cmocka_unit_test(shortest_of_integers_and_short_decimals),
      cmocka_unit_test(shortest_of_random_doubles),
  };
  return cmocka_run_group_tests_name("number", tests, NULL, NULL);
}
