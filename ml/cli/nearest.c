/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The word that a misspelt one was meant to be. */
#include "cli.h"

#include <string.h>

#define WORD_MAX 64

static size_t least(size_t a, size_t b) {
  return a < b ? a : b;
}

/* Edits (insert, delete, replace, swap neighbours) that make b of a; both shorter than WORD_MAX.
 * Rows of the dynamic programme are kept three deep, because a swap reaches two rows back. */
static size_t edit_distance(const char *a, const char *b) {
  size_t n = strlen(a), m = strlen(b), rows[3][WORD_MAX];
  for (size_t j = 0; j <= m; j++) rows[0][j] = j;
  for (size_t i = 1; i <= n; i++) {
    const size_t *above = rows[(i - 1) % 3], *two_above = rows[(i + 1) % 3];
    size_t *row = rows[i % 3];
    row[0] = i;
    for (size_t j = 1; j <= m; j++) {
      row[j] = least(least(above[j], row[j - 1]) + 1, above[j - 1] + (a[i - 1] != b[j - 1]));
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
        row[j] = least(row[j], two_above[j - 2] + 1);
    }
  }
  return rows[n % 3][m];
}

void cli__offer(cli_nearest *nearest, const char *candidate) {
  size_t n = strlen(nearest->typed);
  if (n == 0 || n >= WORD_MAX || strlen(candidate) >= WORD_MAX) return;
  /* The beginning of a word counts as one edit: --out for --output. */
  bool is_start = n > 1 && strncmp(candidate, nearest->typed, n) == 0;
  size_t distance = is_start ? 1 : edit_distance(nearest->typed, candidate);
  size_t allowed = n < 3 ? 1 : (n + 2) / 3;
  if (distance > allowed || (nearest->best && distance >= nearest->distance)) return;
  nearest->best = candidate;
  nearest->distance = distance;
}
