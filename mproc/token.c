/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The file with the secret that workers started by hand have to know. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include <sodium.h>

#include "mproc_internal.h"

enum { DIGITS = 2 * WIRE_TOKEN };

static ml_status refuse(ml_error *err, const char *path, const char *why) {
  return ml_error_set(err, ML_ERR_IO, "token file '%s' %s", path, why);
}

/* Others could read what they may read, replace what they own, and point a link elsewhere. */
static ml_status check(int fd, const char *path, ml_error *err) {
  struct stat st;
  if (fstat(fd, &st) != 0) return refuse(err, path, strerror(errno));
  if (!S_ISREG(st.st_mode)) return refuse(err, path, "is not a regular file");
  if (st.st_uid != geteuid()) return refuse(err, path, "belongs to another user");
  if ((st.st_mode & 07777) != 0600)
    return ml_error_set(err, ML_ERR_IO,
                        "token file '%s' has mode %04o; it must be 0600 (chmod 600)", path,
                        (unsigned)(st.st_mode & 07777));
  return ML_OK;
}

static ssize_t read_all(int fd, char *text, size_t size) {
  size_t n = 0;
  while (n < size) {
    ssize_t got = read(fd, text + n, size - n);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return -1;
    if (got == 0) break;
    n += (size_t)got;
  }
  return (ssize_t)n;
}

static ml_status read_token(int fd, const char *path, unsigned char token[WIRE_TOKEN],
                            ml_error *err) {
  char text[DIGITS + 2];
  size_t n_token;
  ml_status status = check(fd, path, err);
  if (status != ML_OK) return status;
  ssize_t n = read_all(fd, text, sizeof text);
  if (n < 0) return refuse(err, path, strerror(errno));
  bool is_whole = n == DIGITS || (n == DIGITS + 1 && text[DIGITS] == '\n');
  if (!is_whole || sodium_hex2bin(token, WIRE_TOKEN, text, DIGITS, NULL, &n_token, NULL) != 0 ||
      n_token != WIRE_TOKEN)
    status = refuse(err, path, "does not hold 64 hexadecimal digits");
  sodium_memzero(text, sizeof text);
  return status;
}

/* Whole or not at all, and never over another: it is linked to its name when it is written. */
static ml_status make_token(const char *path, ml_error *err) {
  unsigned char token[WIRE_TOKEN];
  char text[DIGITS + 1], unfinished[PATH_MAX];
  unsigned char salt[8];
  char suffix[2 * sizeof salt + 1];
  if (getrandom(token, sizeof token, 0) != sizeof token ||
      getrandom(salt, sizeof salt, 0) != sizeof salt)
    return ml_error_set(err, ML_ERR_IO, "no random numbers from the system");
  sodium_bin2hex(suffix, sizeof suffix, salt, sizeof salt);
  if (snprintf(unfinished, sizeof unfinished, "%s.%s", path, suffix) >= (int)sizeof unfinished)
    return refuse(err, path, strerror(ENAMETOOLONG));
  int fd = open(unfinished, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
  if (fd < 0) return refuse(err, path, strerror(errno));
  sodium_bin2hex(text, sizeof text, token, sizeof token);
  text[DIGITS] = '\n';
  bool ok = fchmod(fd, 0600) == 0 && write(fd, text, sizeof text) == sizeof text && fsync(fd) == 0;
  int error = errno;
  close(fd);
  if (ok && link(unfinished, path) != 0 && errno != EEXIST) {
    ok = false;
    error = errno;
  }
  unlink(unfinished);
  sodium_memzero(token, sizeof token);
  sodium_memzero(text, sizeof text);
  return ok ? ML_OK : refuse(err, path, strerror(error));
}

ml_status token__read(const char *path, bool may_make, unsigned char token[WIRE_TOKEN],
                      ml_error *err) {
  for (int attempt = 0;; attempt++) {
    int fd = open(path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    if (fd >= 0) {
      ml_status status = read_token(fd, path, token, err);
      close(fd);
      return status;
    }
    if (errno == ELOOP) return refuse(err, path, "is a symbolic link");
    if (errno != ENOENT || !may_make || attempt > 0)
      return ml_error_set(err, ML_ERR_IO, "cannot read token file '%s': %s", path, strerror(errno));
    ml_status status = make_token(path, err);
    if (status != ML_OK) return status;
  }
}
