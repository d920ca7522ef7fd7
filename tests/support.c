/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "support.h"

#include <ftw.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

void expect_close(const char *label, double got, double want, double rtol, double atol) {
  if (isnan(got) && isnan(want)) return;
  if (got == want) return;
  double allowed = fmax(rtol * fabs(want), atol);
  if (isfinite(got) && isfinite(want) && fabs(got - want) <= allowed) return;
  fail_msg("%s: got %.17g, want %.17g (off by %.3g, allowed %.3g)", label, got, want,
           fabs(got - want), allowed);
}

void expect_same(const char *label, double got, double want) {
  if (isnan(got) && isnan(want)) return;
  if (memcmp(&got, &want, sizeof got) == 0) return;
  fail_msg("%s: got %.17g (%a), want %.17g (%a)", label, got, got, want, want);
}

const char *reference(const char *path) {
  static char full[4096];
  const char *root = getenv("ML_REFERENCE");
  if (!root) return NULL;
  snprintf(full, sizeof full, "%s/%s", root, path);
  return access(full, R_OK) == 0 ? full : NULL;
}

char *read_file(const char *path, size_t *n) {
  FILE *f = fopen(path, "rb");
  if (!f) fail_msg("cannot open %s", path);
  size_t capacity = 1 << 16, used = 0, got;
  char *data = malloc(capacity + 1);
  while (data && (got = fread(data + used, 1, capacity - used, f)) > 0) {
    used += got;
    if (used == capacity) data = realloc(data, (capacity *= 2) + 1);
  }
  fclose(f);
  if (!data) fail_msg("no memory for %s", path);
  data[used] = 0;
  if (n) *n = used;
  return data;
}

static char dir[64];

static int remove_entry(const char *path, const struct stat *st, int flag, struct FTW *ftw) {
  (void)st, (void)flag, (void)ftw;
  return remove(path);
}

static void remove_dir(void) {
  nftw(dir, remove_entry, 16, FTW_DEPTH | FTW_PHYS);
}

const char *temp_dir(void) {
  if (!dir[0]) {
    snprintf(dir, sizeof dir, "/tmp/mltest.XXXXXX");
    if (!mkdtemp(dir)) fail_msg("cannot make a temporary folder");
    atexit(remove_dir);
  }
  return dir;
}

uint64_t next_random(uint64_t *state) {
  *state ^= *state >> 12;
  *state ^= *state << 25;
  *state ^= *state >> 27;
  return *state * 0x2545F4914F6CDD1DULL;
}
