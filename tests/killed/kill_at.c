/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Preloaded into a program: kills it before its KILL_AT'th call that changes files. With
 * NO_EXCHANGE renameat2() is one that the filesystem does not know. */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <unistd.h>

static void count(void) {
  static long n;
  const char *at = getenv("KILL_AT");
  if (at && ++n == atol(at)) (void)kill(getpid(), SIGKILL);
}

/* The function of that name which is not ours. */
#define NEXT(name, type) ((type)dlsym(RTLD_NEXT, name))

#pragma GCC visibility push(default)

int open(const char *path, int flags, ...) {
  va_list args;
  va_start(args, flags);
  mode_t mode = flags & O_CREAT ? va_arg(args, mode_t) : 0;
  va_end(args);
  if (flags & O_CREAT) count();
  return NEXT("open", int (*)(const char *, int, ...))(path, flags, mode);
}

int openat(int folder, const char *path, int flags, ...) {
  va_list args;
  va_start(args, flags);
  mode_t mode = flags & O_CREAT ? va_arg(args, mode_t) : 0;
  va_end(args);
  if (flags & O_CREAT) count();
  return NEXT("openat", int (*)(int, const char *, int, ...))(folder, path, flags, mode);
}

ssize_t write(int fd, const void *bytes, size_t n) {
  count();
  return NEXT("write", ssize_t(*)(int, const void *, size_t))(fd, bytes, n);
}

int fsync(int fd) {
  count();
  return NEXT("fsync", int (*)(int))(fd);
}

int flock(int fd, int operation) {
  count();
  return NEXT("flock", int (*)(int, int))(fd, operation);
}

int mkdirat(int folder, const char *path, mode_t mode) {
  count();
  return NEXT("mkdirat", int (*)(int, const char *, mode_t))(folder, path, mode);
}

int unlink(const char *path) {
  count();
  return NEXT("unlink", int (*)(const char *))(path);
}

int unlinkat(int folder, const char *path, int flags) {
  count();
  return NEXT("unlinkat", int (*)(int, const char *, int))(folder, path, flags);
}

int rename(const char *from, const char *to) {
  count();
  return NEXT("rename", int (*)(const char *, const char *))(from, to);
}

int renameat(int from_folder, const char *from, int to_folder, const char *to) {
  count();
  return NEXT("renameat", int (*)(int, const char *, int, const char *))(from_folder, from,
                                                                         to_folder, to);
}

int renameat2(int from_folder, const char *from, int to_folder, const char *to, unsigned flags) {
  count();
  if (getenv("NO_EXCHANGE")) {
    errno = EINVAL;
    return -1;
  }
  return NEXT("renameat2", int (*)(int, const char *, int, const char *, unsigned))(
      from_folder, from, to_folder, to, flags);
}
