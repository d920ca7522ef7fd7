/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The linker leads calls of allocations to the wrappers below. */
#include "memory.h"

#include <errno.h>
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

size_t left;
static long n_blocks; /* of memory from the wrappers that was not freed yet */

static bool is_due(void) {
  if (left == 0 || --left > 0) return false;
  errno = ENOMEM;
  return true;
}

static void *counted(void *block) {
  n_blocks += block != NULL;
  return block;
}

/* What the linker calls instead of NAME, and what it calls for __real_NAME. */
#define WRAP(type, name, ...)      \
  type __real_##name(__VA_ARGS__); \
  type __wrap_##name(__VA_ARGS__); \
  type __wrap_##name(__VA_ARGS__)

WRAP(void *, malloc, size_t size) {
  return is_due() ? NULL : counted(__real_malloc(size));
}

WRAP(void *, calloc, size_t n, size_t size) {
  return is_due() ? NULL : counted(__real_calloc(n, size));
}

WRAP(void *, realloc, void *block, size_t size) {
  bool shrinks = block && size <= malloc_usable_size(block); /* which does not fail */
  if (!shrinks && is_due()) return NULL;
  return block ? __real_realloc(block, size) : counted(__real_realloc(NULL, size));
}

WRAP(void *, reallocarray, void *block, size_t n, size_t size) {
  if (is_due()) return NULL;
  return block ? __real_reallocarray(block, n, size) : counted(__real_reallocarray(NULL, n, size));
}

WRAP(void *, aligned_alloc, size_t alignment, size_t size) {
  return is_due() ? NULL : counted(__real_aligned_alloc(alignment, size));
}

WRAP(char *, strdup, const char *text) {
  return is_due() ? NULL : counted(__real_strdup(text));
}

WRAP(char *, strndup, const char *text, size_t n) {
  return is_due() ? NULL : counted(__real_strndup(text, n));
}

ML_PRINTF(2, 0) int __real_vasprintf(char **out, const char *format, va_list args);

ML_PRINTF(2, 0) static int print(char **out, const char *format, va_list args) {
  int n = is_due() ? -1 : __real_vasprintf(out, format, args);
  if (n >= 0) n_blocks++;
  return n;
}

ML_PRINTF(2, 3) int __wrap_asprintf(char **out, const char *format, ...);
int __wrap_asprintf(char **out, const char *format, ...) {
  va_list args;
  va_start(args, format);
  int n = print(out, format, args);
  va_end(args);
  return n;
}

ML_PRINTF(2, 0) int __wrap_vasprintf(char **out, const char *format, va_list args);
int __wrap_vasprintf(char **out, const char *format, va_list args) {
  return print(out, format, args);
}

/* What they are in a build with checks. */
ML_PRINTF(3, 0) int __wrap___vasprintf_chk(char **out, int flag, const char *format, va_list args);
int __wrap___vasprintf_chk(char **out, int flag, const char *format, va_list args) {
  (void)flag;
  return print(out, format, args);
}

ML_PRINTF(3, 4) int __wrap___asprintf_chk(char **out, int flag, const char *format, ...);
int __wrap___asprintf_chk(char **out, int flag, const char *format, ...) {
  va_list args;
  (void)flag;
  va_start(args, format);
  int n = print(out, format, args);
  va_end(args);
  return n;
}

WRAP(void, free, void *block) {
  n_blocks -= block != NULL;
  __real_free(block);
}

WRAP(void *, mmap, void *at, size_t size, int protection, int flags, int fd, off_t offset) {
  return is_due() ? MAP_FAILED : counted(__real_mmap(at, size, protection, flags, fd, offset));
}

WRAP(int, munmap, void *at, size_t size) {
  n_blocks--;
  return __real_munmap(at, size);
}

void fail_each(const char *name, ml_status (*step)(ml_error *err), size_t n_spare) {
  size_t k = 0, n_done = 0;
  for (bool failed = true; failed;) {
    ml_error err = {0};
    long before = n_blocks;
    left = ++k;
    ml_status status = step(&err);
    failed = left == 0;
    left = 0;
    n_done += failed && status == ML_OK;
    if (status != ML_OK && (status != ML_ERR_MEMORY || !failed || !err.message[0]))
      fail_msg("%s: allocation %zu: status %d: %s", name, k, status, err.message);
    if (n_blocks != before)
      fail_msg("%s: allocation %zu: %ld blocks are left", name, k, n_blocks - before);
  }
  assert_true(k > 1);
  if (n_done != n_spare)
    fail_msg("%s: does without %zu allocations, not %zu", name, n_done, n_spare);
}
