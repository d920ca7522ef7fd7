/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Dates and times as text; never installed. */
#ifndef ML_ISO8601_H
#define ML_ISO8601_H

#include <ml/base.h>

/**
 * Parse a whole text: 2020-01-02, 2020-01-02T03:04, with :05 and .123456789 (up to nine
 * digits), a blank instead of the T, and Z or +hh:mm (+hhmm, +hh) behind a time. No offset means
 * UTC. Years 1678 to 2261, which int64_t nanoseconds can hold.
 *
 * @param[out] ns  nanoseconds since 1970-01-01T00:00:00 UTC; not written on failure
 * @return NULL, or in words what is wrong
 */
const char *iso8601__parse(const char *text, size_t n, int64_t *ns);

/* Format as UTC with as many decimals (0, 3, 6, 9) as it takes; no time of day at midnight.
 * @param buf  at least ISO8601_MAX bytes */
#define ISO8601_MAX 40
void iso8601__format(int64_t ns, char *buf);

/* Format as pandas shows it: "2020-01-02 03:04:05.123456", always with a time of day, with 0, 6 or
 * 9 decimals. */
void iso8601__timestamp(int64_t ns, char *buf);

#endif
