/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "support.h"

#include <errno.h>
#include <ftw.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
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

/* Root could replace the real one if what is tested were broken, so root gets a node of its own. */
const char *full_device(void) {
  static char path[512];
  if (geteuid() != 0) return "/dev/full";
  snprintf(path, sizeof path, "%s/full", temp_dir());
  if (mknod(path, S_IFCHR | 0666, makedev(1, 7)) != 0 && errno != EEXIST) skip();
  if (access(path, W_OK) != 0) skip();
  return path;
}

ml_status call_function(ml_functions *functions, ml_arena *arena, const char *name, const char *arg,
                        ml_value *out, ml_error *err) {
  ml_init command = {.kind = ML_INIT_CALL, .what = name};
  assert_int_equal(ml_value_from_json(arg, strlen(arg), NULL, arena, &command.arg, err), ML_OK);
  return ml_functions_init(functions, &command, arena, out, NULL, err);
}

void expect_result(ml_functions *functions, ml_arena *arena, const char *name, const char *arg,
                   const char *want) {
  ml_value out;
  ml_error err = {0};
  ml_buf json = {0};
  if (call_function(functions, arena, name, arg, &out, &err) != ML_OK)
    fail_msg("%s %s: %s", name, arg, err.message);
  assert_int_equal(ml_value_to_json(&out, &json, &err), ML_OK);
  ml_buf_put(&json, "", 1);
  assert_string_equal(json.data, want);
  ml_buf_release(&json);
}
