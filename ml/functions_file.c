/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The files of modules: found, digested, and seen to stay the same. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <ml/functions_internal.h>

#define SIZE_MOST ((off_t)4 << 30) /* what is larger was not meant, and takes long to digest */

bool module__ends_in(const char *what, const char *ending) {
  size_t n = strlen(what), n_ending = strlen(ending);
  return n > n_ending && strcmp(what + n - n_ending, ending) == 0;
}

bool module__is_file(const char *what) {
  if (strncmp(what, "py:", 3) == 0) return false;
  return strchr(what, '/') || module__ends_in(what, ".so") || module__ends_in(what, ".py");
}

static ml_status cannot(const char *what, const char *why, ml_error *err) {
  return ml_error_set(err, ML_ERR_IO, "cannot read module '%s': %s", what, why);
}

static ml_status digest(int fd, const char *what, unsigned char *out, ml_error *err) {
  crypto_generichash_state state;
  unsigned char bytes[1 << 16];
  ssize_t n;
  crypto_generichash_init(&state, NULL, 0, MODULE_DIGEST);
  while ((n = read(fd, bytes, sizeof bytes)) != 0) {
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return cannot(what, strerror(errno), err);
    crypto_generichash_update(&state, bytes, (size_t)n);
  }
  crypto_generichash_final(&state, out, MODULE_DIGEST);
  return ML_OK;
}

/* The absolute path, through the links of its folders: a module has the name that its user gave it,
 * who may have it as a link to a file of another name. @return NULL: see errno */
static char *absolute(const char *what) {
  char resolved[PATH_MAX], *path = NULL;
  const char *slash = strrchr(what, '/'), *name = slash ? slash + 1 : what;
  char *folder = slash ? strndup(what, (size_t)(name - what)) : strdup(".");
  bool is_found = folder && realpath(folder, resolved);
  free(folder);
  if (!is_found) return NULL;
  const char *between = strcmp(resolved, "/") == 0 ? "" : "/";
  return asprintf(&path, "%s%s%s", resolved, between, name) < 0 ? NULL : path;
}

ml_status module__read_file(const char *what, module_file *out, ml_error *err) {
  *out = (module_file){.path = absolute(what)};
  if (!out->path) return cannot(what, strerror(errno), err);
  /* Not to wait for somebody at the other end of a pipe. */
  int fd = open(out->path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
  ml_status status = ML_OK;
  if (fd < 0 || fstat(fd, &out->seen) != 0)
    status = cannot(what, strerror(errno), err);
  else if (!S_ISREG(out->seen.st_mode))
    status = cannot(what, S_ISDIR(out->seen.st_mode) ? "it is a folder" : "it is no file", err);
  else if (out->seen.st_size > SIZE_MOST)
    status = cannot(what, "it is too large for a module", err);
  else
    status = digest(fd, what, out->digest, err);
  if (fd >= 0) close(fd);
  if (status != ML_OK) module__release_file(out);
  return status;
}

bool module__is_same(const module_file *file) {
  struct stat now;
  const struct stat *seen = &file->seen;
  return stat(file->path, &now) == 0 && now.st_dev == seen->st_dev && now.st_ino == seen->st_ino &&
         now.st_size == seen->st_size && now.st_mtim.tv_sec == seen->st_mtim.tv_sec &&
         now.st_mtim.tv_nsec == seen->st_mtim.tv_nsec;
}

void module__release_file(module_file *file) {
  free(file->path);
  file->path = NULL;
}
