/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Dates and times against the C library's calendar, and by hand. */
#include "support.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#include <ml/iso8601.h>

#define S INT64_C(1000000000)

static const struct {
  const char *text;
  int64_t ns;
  const char *why; /* NULL: ns is what it means */
} cases[] = {
    {"1970-01-01", 0, NULL},
    {"1970-01-01T00:00", 0, NULL},
    {"1970-01-01 00:00:01", S, NULL},
    {"1969-12-31T23:59:59Z", -S, NULL},
    {"1970-01-01T00:00:00.5", S / 2, NULL},
    {"1970-01-01T00:00:00.000000001Z", 1, NULL},
    {"1969-12-31T23:59:59.999999999", -1, NULL},
    {"1970-01-01T02:00+02:00", 0, NULL},
    {"1970-01-01T02:00+0200", 0, NULL},
    {"1970-01-01T02:00+02", 0, NULL},
    {"1969-12-31T18:30:00-05:30", 0, NULL},
    {"2000-03-01", 951868800 * S, NULL},
    {"2000-02-29", 951782400 * S, NULL},
    {"2020-01-02", 1577923200 * S, NULL},
    {"1678-01-01", -9214560000 * S, NULL},
    {"2261-12-31T23:59:59.999999999-23:59", INT64_C(9214732739999999999), NULL},
    {"1900-02-29", 0, "no such day"},
    {"2021-02-29", 0, "no such day"},
    {"2021-04-31", 0, "no such day"},
    {"2021-00-01", 0, "no such month"},
    {"2021-13-01", 0, "no such month"},
    {"2021-01-00", 0, "no such day"},
    {"1677-12-31", 0, "year not between 1678 and 2261"},
    {"2262-01-01", 0, "year not between 1678 and 2261"},
    {"2021-01-01T24:00", 0, "no such hour"},
    {"2021-01-01T23:60", 0, "no such minute"},
    {"2021-01-01T23:59:60", 0, "no such second"},
    {"2021-01-01T23:59:00+24:00", 0, "no such offset"},
    {"2021-01-01T23:59:00+02:60", 0, "no such offset"},
    {"2021-01-01T23:59:00.1234567891", 0, "more than nine decimals of a second"},
    {"2021-01-01T23:59:00.", 0, "no digits after the point"},
    {"2021-01-01T23:59.5", 0, "text after the time"},
    {"2021-01-01T23", 0, "time not of the form 03:04:05"},
    {"2021-01-01T23:5", 0, "time not of the form 03:04:05"},
    {"2021-01-01T23:59:", 0, "time not of the form 03:04:05"},
    {"2021-01-01T", 0, "time not of the form 03:04:05"},
    {"2021-01-01Z", 0, "text after the date"},
    {"2021-01-01T23:59Zx", 0, "text after the time"},
    {"2021-01-01T23:59+", 0, "offset not of the form +02:00"},
    {"2021-01-01T23:59+02:", 0, "offset not of the form +02:00"},
    {"2021-1-1", 0, "not of the form 2020-01-02"},
    {"20210101", 0, "not of the form 2020-01-02"},
    {"2021-01", 0, "not of the form 2020-01-02"},
    {"+021-01-01", 0, "not of the form 2020-01-02"},
    {"", 0, "not of the form 2020-01-02"},
};

static void texts_mean_what_they_say(void **state) {
  (void)state;
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    int64_t ns = 0;
    const char *why = iso8601__parse(cases[i].text, strlen(cases[i].text), &ns);
    if (!why != !cases[i].why || (why && strcmp(why, cases[i].why) != 0))
      fail_msg("%s: %s", cases[i].text, why ? why : "accepted");
    if (!why && ns != cases[i].ns) fail_msg("%s: %lld", cases[i].text, (long long)ns);
  }
}

/* Every day of the range, as gmtime_r() has it. */
static void days_are_those_of_the_c_library(void **state) {
  (void)state;
  int64_t ns, seconds = INT64_C(-9214560000);
  size_t n = 0;
  for (; seconds < INT64_C(9214646400); seconds += 86400, n++) {
    time_t t = (time_t)seconds;
    struct tm tm;
    char text[64], back[ISO8601_MAX];
    assert_non_null(gmtime_r(&t, &tm));
    strftime(text, sizeof text, "%Y-%m-%d", &tm);
    assert_null(iso8601__parse(text, strlen(text), &ns));
    assert_true(ns == seconds * S);
    if (n % 97) continue; /* formatting is slow, and serves messages */
    iso8601__format(ns, back);
    assert_string_equal(back, text);
  }
  assert_int_equal(n, 213301); /* 584 years of 365 days and 141 leap days */
}

static void formatting_keeps_what_is_needed(void **state) {
  (void)state;
  static const char *const texts[] = {"2020-02-29", "2020-02-29T23:04:05",
                                      "2020-02-29T23:04:05.120", "1969-12-31T23:59:59.000001",
                                      "1678-01-01T00:00:00.000000001"};
  for (size_t i = 0; i < 5; i++) {
    int64_t ns;
    char back[ISO8601_MAX];
    assert_null(iso8601__parse(texts[i], strlen(texts[i]), &ns));
    iso8601__format(ns, back);
    assert_string_equal(back, texts[i]);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(texts_mean_what_they_say),
      cmocka_unit_test(days_are_those_of_the_c_library),
      cmocka_unit_test(formatting_keeps_what_is_needed),
  };
  return cmocka_run_group_tests_name("iso8601", tests, NULL, NULL);
}
