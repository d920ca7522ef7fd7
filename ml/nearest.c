/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The name that a misspelt one was meant to be, by Damerau's edits. */
#include <ml/nearest.h>

#include <string.h>
#include <strings.h>

enum { NAME_MAX_LENGTH = 64 };

static size_t least(size_t a, size_t b) {
  return a < b ? a : b;
}

/* Rows of the dynamic programme are kept three deep, because a swap reaches two rows back. */
static size_t edits(const char *a, size_t n_a, const char *b, size_t n_b) {
  size_t rows[3][NAME_MAX_LENGTH + 1];
  for (size_t j = 0; j <= n_b; j++) rows[0][j] = j;
  for (size_t i = 1; i <= n_a; i++) {
    const size_t *above = rows[(i - 1) % 3], *two_above = rows[(i + 1) % 3];
    size_t *row = rows[i % 3];
    row[0] = i;
    for (size_t j = 1; j <= n_b; j++) {
      row[j] = least(least(above[j], row[j - 1]) + 1, above[j - 1] + (a[i - 1] != b[j - 1]));
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
        row[j] = least(row[j], two_above[j - 2] + 1);
    }
  }
  return rows[n_a % 3][n_b];
}

ml_nearest ml_nearest_to(const char *wanted) {
  size_t n = strlen(wanted), most = n < 3 ? 1 : n / 3;
  return (ml_nearest){.wanted = wanted, .distance = most + 1};
}

void ml_nearest_try(ml_nearest *nearest, const char *name, size_t n) {
  size_t n_wanted = strlen(nearest->wanted);
  if (n_wanted == 0 || n > NAME_MAX_LENGTH || n_wanted > NAME_MAX_LENGTH) return;
  bool is_start = n_wanted > 1 && n_wanted < n && memcmp(name, nearest->wanted, n_wanted) == 0;
  bool is_same = n_wanted == n && strncasecmp(name, nearest->wanted, n) == 0;
  size_t distance = is_same ? 0 : is_start ? 1 : edits(nearest->wanted, n_wanted, name, n);
  if (distance >= nearest->distance) return;
  nearest->distance = distance;
  nearest->name = name;
  nearest->n = n;
}
