/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Dates and times of ISO 8601, in the proleptic Gregorian calendar, without leap seconds. */
#include <ml/iso8601.h>

#include <stdio.h>

#define NS_PER_SECOND INT64_C(1000000000)
#define DAY_SECONDS   86400
#define YEAR_MIN      1678
#define YEAR_MAX      2261

/* What is still to be read. */
typedef struct cursor {
  const char *p, *end;
} cursor;

static bool take(cursor *c, char byte) {
  if (c->p == c->end || *c->p != byte) return false;
  c->p++;
  return true;
}

/* Exactly n digits. */
static bool take_digits(cursor *c, int n, int *value) {
  *value = 0;
  for (int i = 0; i < n; i++, c->p++) {
    if (c->p == c->end || *c->p < '0' || *c->p > '9') return false;
    *value = 10 * *value + (*c->p - '0');
  }
  return true;
}

static bool is_leap(int year) {
  return (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
}

static int days_in(int year, int month) {
  static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  return month == 2 && is_leap(year) ? 29 : days[month - 1];
}

/* Days from 1970-01-01. A year that starts in March has its leap day last, so that the days before
 * a month do not depend on the year: (153 m + 2) / 5 from March as 0. */
static int64_t days_from_civil(int year, int month, int day) {
  int64_t y = month <= 2 ? year - 1 : year;
  int64_t m = month <= 2 ? month + 9 : month - 3;
  return 365 * y + y / 4 - y / 100 + y / 400 + (153 * m + 2) / 5 + day - 1 - 719468;
}

static const char *parse_date(cursor *c, int64_t *days) {
  int year, month, day;
  if (!take_digits(c, 4, &year) || !take(c, '-') || !take_digits(c, 2, &month) || !take(c, '-') ||
      !take_digits(c, 2, &day))
    return "not of the form 2020-01-02";
  if (year < YEAR_MIN || year > YEAR_MAX) return "year not between 1678 and 2261";
  if (month < 1 || month > 12) return "no such month";
  if (day < 1 || day > days_in(year, month)) return "no such day";
  *days = days_from_civil(year, month, day);
  return NULL;
}

static const char *parse_fraction(cursor *c, int64_t *ns) {
  int64_t unit = NS_PER_SECOND;
  const char *first = c->p;
  for (; c->p < c->end && *c->p >= '0' && *c->p <= '9'; c->p++) {
    unit /= 10;
    if (unit == 0) return "more than nine decimals of a second";
    *ns += unit * (*c->p - '0');
  }
  return c->p == first ? "no digits after the point" : NULL;
}

static const char *parse_clock(cursor *c, int64_t *ns) {
  int hour, minute, second = 0;
  if (!take_digits(c, 2, &hour) || !take(c, ':') || !take_digits(c, 2, &minute))
    return "time not of the form 03:04:05";
  bool has_seconds = take(c, ':');
  if (has_seconds && !take_digits(c, 2, &second)) return "time not of the form 03:04:05";
  if (hour > 23) return "no such hour";
  if (minute > 59) return "no such minute";
  if (second > 59) return "no such second";
  *ns = NS_PER_SECOND * (3600 * hour + 60 * minute + second);
  return has_seconds && take(c, '.') ? parse_fraction(c, ns) : NULL;
}

static const char *parse_offset(cursor *c, int64_t *seconds) {
  *seconds = 0;
  if (c->p == c->end || take(c, 'Z')) return NULL;
  int sign = *c->p == '-' ? -1 : 1, hours, minutes = 0;
  if (!take(c, '+') && !take(c, '-')) return "text after the time";
  if (!take_digits(c, 2, &hours)) return "offset not of the form +02:00";
  if (c->p < c->end) {
    take(c, ':');
    if (!take_digits(c, 2, &minutes)) return "offset not of the form +02:00";
  }
  if (hours > 23 || minutes > 59) return "no such offset";
  *seconds = sign * (3600 * hours + 60 * minutes);
  return NULL;
}

const char *iso8601__parse(const char *text, size_t n, int64_t *ns) {
  cursor c = {text, text + n};
  int64_t days = 0, of_day = 0, offset = 0;
  const char *why = parse_date(&c, &days);
  if (why) return why;
  if (c.p < c.end) {
    if (!take(&c, 'T') && !take(&c, ' ')) return "text after the date";
    why = parse_clock(&c, &of_day);
    if (!why) why = parse_offset(&c, &offset);
    if (!why && c.p < c.end) why = "text after the time";
    if (why) return why;
  }
  *ns = (days * DAY_SECONDS - offset) * NS_PER_SECOND + of_day;
  return NULL;
}

/* The inverse of days_from_civil(). A year counts from March, so that its leap day is the last. */
static void civil_from_days(int64_t days, int *year, int *month, int *day) {
  int64_t d = days + 719468; /* since 0000-03-01 */
  int64_t era = d / 146097, of_era = d % 146097;
  int64_t y = (of_era - of_era / 1460 + of_era / 36524 - of_era / 146096) / 365;
  int64_t of_year = of_era - (365 * y + y / 4 - y / 100);
  int64_t m = (5 * of_year + 2) / 153;
  *day = (int)(of_year - (153 * m + 2) / 5) + 1;
  *month = (int)(m < 10 ? m + 3 : m - 9);
  *year = (int)(400 * era + y) + (*month <= 2);
}

/* @return length of the date; the time of day goes to *of_day */
static int format_date(int64_t ns, char *buf, int64_t *of_day) {
  int64_t day_ns = DAY_SECONDS * NS_PER_SECOND;
  int64_t days = ns / day_ns - (ns % day_ns < 0);
  int year, month, day;
  *of_day = ns - days * day_ns;
  civil_from_days(days, &year, &month, &day);
  return snprintf(buf, ISO8601_MAX, "%04d-%02d-%02d", year, month, day);
}

static int format_clock(int64_t of_day, char mark, char *buf, size_t size) {
  int64_t seconds = of_day / NS_PER_SECOND;
  return snprintf(buf, size, "%c%02d:%02d:%02d", mark, (int)(seconds / 3600),
                  (int)(seconds / 60 % 60), (int)(seconds % 60));
}

void iso8601__format(int64_t ns, char *buf) {
  int64_t of_day, fraction;
  int n = format_date(ns, buf, &of_day), digits = 9;
  if (of_day == 0) return;
  n += format_clock(of_day, 'T', buf + n, ISO8601_MAX - (size_t)n);
  fraction = of_day % NS_PER_SECOND;
  if (fraction == 0) return;
  for (; fraction % 1000 == 0; digits -= 3) fraction /= 1000;
  snprintf(buf + n, ISO8601_MAX - (size_t)n, ".%0*lld", digits, (long long)fraction);
}

void iso8601__timestamp(int64_t ns, char *buf) {
  int64_t of_day, fraction;
  int n = format_date(ns, buf, &of_day);
  n += format_clock(of_day, ' ', buf + n, ISO8601_MAX - (size_t)n);
  fraction = of_day % NS_PER_SECOND;
  if (fraction == 0) return;
  bool is_micro = fraction % 1000 == 0;
  snprintf(buf + n, ISO8601_MAX - (size_t)n, ".%0*lld", is_micro ? 6 : 9,
           (long long)(is_micro ? fraction / 1000 : fraction));
}
