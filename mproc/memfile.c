/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Large payloads: sealed memory files, which the other side maps and nobody can change. */
#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "mproc_internal.h"

#define SEALS (F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE | F_SEAL_SEAL)

static bool fill(int fd, const char *bytes, size_t n) {
  for (size_t at = 0; at < n;) {
    ssize_t put = pwrite(fd, bytes + at, n - at, (off_t)at);
    if (put < 0 && errno == EINTR) continue;
    if (put <= 0) return false;
    at += (size_t)put;
  }
  return true;
}

int memfile__make(const void *bytes, size_t n) {
  int fd = memfd_create("ml-payload", MFD_CLOEXEC | MFD_ALLOW_SEALING);
  if (fd < 0) return -1;
  if (fill(fd, bytes, n) && fcntl(fd, F_ADD_SEALS, SEALS) == 0) return fd;
  int saved = errno;
  close(fd);
  errno = saved;
  return -1;
}

/* The other side may send any descriptor: what could be shortened under us, or is no memory file,
 * is not mapped. */
void *memfile__map(int fd, uint64_t size) {
  struct stat st;
  int seals = fcntl(fd, F_GET_SEALS);
  if (seals < 0 || (seals & SEALS) != SEALS || fstat(fd, &st) != 0 || size == 0 ||
      (uint64_t)st.st_size != size)
    return NULL;
  void *data = mmap(NULL, (size_t)size, PROT_READ, MAP_SHARED, fd, 0);
  return data == MAP_FAILED ? NULL : data;
}
