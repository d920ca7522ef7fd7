/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What can be read once only is copied to temporary files, as it is, so that it can be read again.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <ml/input_internal.h>
#include <ml/parts_internal.h>
#include <ml/temporary.h>

/* A copy that is read. */
struct parts_copy {
  int fd; /* -1: none */
  uint64_t at, n;
};

static bool is_regular(const char *path) {
  struct stat st;
  const bool is_stdin = strcmp(path, "-") == 0;
  const int got = is_stdin ? fstat(STDIN_FILENO, &st) : stat(path, &st);
  return got == 0 && S_ISREG(st.st_mode) && !is_stdin;
}

/* What cannot be opened is left to be said by who reads it. */
static int open_source(const char *path) {
  return strcmp(path, "-") == 0 ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC);
}

static ml_status copy_all(const ml_parts *parts, const char *path, int from, parts_copy *to,
                          ml_error *err) {
  enum { SIZE = 1 << 18 };
  char *bytes = malloc(SIZE);
  ml_status status = bytes ? temporary__open(&to->fd, err) : ml_error_memory(err);
  while (status == ML_OK) {
    const ssize_t n = read(from, bytes, SIZE);
    if (n == 0) break;
    if (n < 0 && errno != EINTR)
      status = ml_error_at(err, ML_ERR_IO, path, 0, 0, "cannot read: %s", strerror(errno));
    else if (ml_watch_cancelled(parts->watch))
      status = ml_error_at(err, ML_ERR_CANCELLED, path, 0, 0, "interrupted");
    else if (n > 0)
      status = temporary__write(to->fd, bytes, (size_t)n, to->n, err);
    if (n > 0) to->n += (uint64_t)n;
    ml_watch_progress(parts->watch, "copy", (double)to->n, 0);
  }
  free(bytes);
  return status;
}

ml_status parts__keep_pipes(ml_parts *parts, ml_error *err) {
  ml_status status = ML_OK;
  parts->copies = calloc(parts->n_paths, sizeof *parts->copies);
  if (!parts->copies) return ml_error_memory(err);
  for (size_t i = 0; i < parts->n_paths; i++) parts->copies[i].fd = -1;
  for (size_t i = 0; i < parts->n_paths && status == ML_OK; i++) {
    if (is_regular(parts->paths[i])) continue;
    const int fd = open_source(parts->paths[i]);
    if (fd < 0) continue;
    status = copy_all(parts, parts->paths[i], fd, &parts->copies[i], err);
    if (fd != STDIN_FILENO) close(fd);
  }
  return status;
}

static ml_status read_copy(void *ctx, char *to, size_t size, size_t *n, ml_error *err) {
  parts_copy *copy = ctx;
  const uint64_t left = copy->n - copy->at;
  *n = left < size ? (size_t)left : size;
  ml_status status = *n ? temporary__read(copy->fd, to, *n, copy->at, err) : ML_OK;
  copy->at += *n;
  return status;
}

ml_status parts__open_file(void *ctx, size_t file, const ml_watch *watch, ml_input **out,
                           ml_error *err) {
  const ml_parts *parts = ctx;
  parts_copy *copy = parts->copies ? &parts->copies[file] : NULL;
  if (!copy || copy->fd < 0) return ML_OK;
  copy->at = 0;
  return input__open_reader(read_copy, copy, parts->paths[file], watch, out, err);
}

void parts__close_copies(ml_parts *parts) {
  for (size_t i = 0; parts->copies && i < parts->n_paths; i++)
    if (parts->copies[i].fd >= 0) close(parts->copies[i].fd);
  free(parts->copies);
}
