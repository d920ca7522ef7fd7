/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Files without a name in the folder for temporary files. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <ml/temporary.h>

static const char *folder(void) {
  const char *given = getenv("TMPDIR");
  return given && *given ? given : "/tmp";
}

/* What the folder's filesystem does not know is done with a name, which is taken away at once. */
static int open_named(void) {
  char path[4096];
  const int n = snprintf(path, sizeof path, "%s/mltool-XXXXXX", folder());
  if (n >= (int)sizeof path) return errno = ENAMETOOLONG, -1;
  const int fd = mkostemp(path, O_CLOEXEC);
  if (fd >= 0) unlink(path);
  return fd;
}

static ml_status fail(ml_error *err, const char *what, int code) {
  return ml_error_set(
      err, ML_ERR_IO, "cannot %s a temporary file in %.200s: %s%s", what, folder(), strerror(code),
      code == ENOSPC || code == EDQUOT || code == EFBIG ? "; TMPDIR names another folder" : "");
}

ml_status temporary__open(int *fd, ml_error *err) {
  int got = open(folder(), O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
  if (got < 0 && (errno == EOPNOTSUPP || errno == EISDIR || errno == EINVAL)) got = open_named();
  if (got < 0) return fail(err, "make", errno);
  *fd = got;
  return ML_OK;
}

ml_status temporary__write(int fd, const void *bytes, size_t n, uint64_t at, ml_error *err) {
  const char *p = bytes;
  while (n > 0) {
    const ssize_t done = pwrite(fd, p, n, (off_t)at);
    if (done < 0 && errno == EINTR) continue;
    if (done <= 0) return fail(err, "write", done < 0 ? errno : ENOSPC);
    p += done;
    at += (uint64_t)done;
    n -= (size_t)done;
  }
  return ML_OK;
}

ml_status temporary__read(int fd, void *to, size_t n, uint64_t at, ml_error *err) {
  char *p = to;
  while (n > 0) {
    const ssize_t done = pread(fd, p, n, (off_t)at);
    if (done < 0 && errno == EINTR) continue;
    if (done <= 0) return fail(err, "read", done < 0 ? errno : EIO);
    p += done;
    at += (uint64_t)done;
    n -= (size_t)done;
  }
  return ML_OK;
}

void temporary__forget(int fd, uint64_t at, uint64_t n) {
  (void)!fallocate(fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, (off_t)at, (off_t)n);
}
