/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Folders of files that appear complete or not at all. */
#include <ml/folder.h>

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <fnmatch.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <ml/beside.h>

#include "output_internal.h"

struct ml_folder {
  char *path;   /* as given, for messages */
  char *target; /* with its link followed, and without slashes at its end */
  const char *base;
  const ml_folder_kind *kind;
  int parent, fd;             /* of the folder that it is in; of the temporary one */
  char temporary[BESIDE_MAX]; /* in parent; "": there is none */
  char *temporary_path;
};

static ml_status fail(const ml_folder *f, ml_error *err) {
  if (errno == ENOMEM) return ml_error_memory(err);
  return output__error(err, f->path, errno);
}

static ml_status refuse(const ml_folder *f, ml_error *err, const char *why, const char *name) {
  return ml_error_at(err, ML_ERR_IO, f->path, 0, 0, "cannot replace it by the folder of %s: %s%s%s",
                     f->kind->what, why, name, *name ? "\"" : "");
}

/* ---- what is at its place -------------------------------------------------------------------- */

static bool is_known(const ml_folder_kind *kind, const char *name) {
  for (const char *const *known = kind->names; *known; known++)
    if (fnmatch(*known, name, 0) == 0) return true;
  return false;
}

/* The first file that is none of its kind, NULL: there is none. @param[out] n  files */
static ml_status find_stranger(const ml_folder *f, int fd, size_t *n, ml_error *err) {
  DIR *dir = fdopendir(fd);
  ml_status status = ML_OK;
  *n = 0;
  if (!dir) {
    close(fd);
    return fail(f, err);
  }
  for (struct dirent *entry; status == ML_OK && (entry = readdir(dir));) {
    const char *name = entry->d_name;
    if (strcmp(name, ".") == 0 || strcmp(name, "..") == 0) continue;
    ++*n;
    if (!is_known(f->kind, name)) status = refuse(f, err, "it has another file, \"", name);
  }
  closedir(dir);
  return status;
}

static ml_status check_mark(const ml_folder *f, int dir, ml_error *err) {
  char start[64];
  const char *name = f->kind->names[0];
  const size_t n = strlen(f->kind->mark);
  int fd = openat(dir, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
  if (fd < 0) return refuse(f, err, "it has no file \"", name);
  const bool is_ours =
      n <= sizeof start && read(fd, start, n) == (ssize_t)n && memcmp(start, f->kind->mark, n) == 0;
  close(fd);
  return is_ours ? ML_OK : refuse(f, err, "no run has written its \"", name);
}

/* @param[out] is_there  there is a folder, and it may be replaced */
static ml_status check_target(const ml_folder *f, bool *is_there, ml_error *err) {
  size_t n = 0;
  *is_there = false;
  int fd = openat(f->parent, f->base, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
  if (fd < 0 && errno == ENOENT) return ML_OK;
  if (fd < 0 && errno == ENOTDIR) return refuse(f, err, "it is a file", "");
  if (fd < 0) return fail(f, err);
  int list = openat(fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  ml_status status = list < 0 ? fail(f, err) : find_stranger(f, list, &n, err);
  if (status == ML_OK && n > 0) status = check_mark(f, fd, err);
  close(fd);
  *is_there = status == ML_OK;
  return status;
}

/* ---- its place ------------------------------------------------------------------------------- */

/* A link is followed, so that what it points to is replaced and not the link. */
static bool find_target(ml_folder *f, const char *path) {
  struct stat st;
  f->path = strdup(path);
  f->target = strdup(path);
  if (!f->path || !f->target) return false;
  for (size_t n = strlen(path); n > 1 && f->target[n - 1] == '/';) f->target[--n] = 0;
  if (lstat(f->target, &st) == 0 && S_ISLNK(st.st_mode)) {
    char *real = realpath(f->target, NULL);
    if (!real) return false;
    free(f->target);
    f->target = real;
  }
  const char *slash = strrchr(f->target, '/');
  f->base = slash ? slash + 1 : f->target;
  return true;
}

static ml_status open_parent(ml_folder *f, ml_error *err) {
  const size_t n = (size_t)(f->base - f->target);
  if (!*f->base || strcmp(f->base, ".") == 0 || strcmp(f->base, "..") == 0)
    return ml_error_at(err, ML_ERR_IO, f->path, 0, 0,
                       "cannot write: the folder of %s has a name of its own", f->kind->what);
  char *parent = strndup(f->target, n);
  if (!parent) return ml_error_memory(err);
  f->parent = open(n > 0 ? parent : ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  int saved = errno;
  free(parent);
  errno = saved;
  return f->parent >= 0 ? ML_OK : fail(f, err);
}

static ml_status make_temporary(ml_folder *f, ml_error *err) {
  struct stat st;
  const bool exists = fstatat(f->parent, f->base, &st, 0) == 0;
  const mode_t mode = exists ? st.st_mode & 0777 : 0777;
  for (int i = 0; i < BESIDE_TRIES; i++) {
    char name[BESIDE_MAX];
    if (!beside__make_name(f->base, name)) return fail(f, err);
    if (mkdirat(f->parent, name, mode) != 0) {
      if (errno == EEXIST) continue;
      return fail(f, err);
    }
    f->fd = openat(f->parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (f->fd >= 0 && beside__hold(f->fd)) {
      strcpy(f->temporary, name);
      if (exists && fchmod(f->fd, mode) != 0) return fail(f, err);
      return ML_OK;
    }
    if (f->fd >= 0) close(f->fd);
    f->fd = -1;
  }
  errno = EEXIST;
  return fail(f, err);
}

ml_status ml_folder_open(const char *path, const ml_folder_kind *kind, ml_folder **out,
                         ml_error *err) {
  bool is_there;
  ml_folder *f = calloc(1, sizeof *f);
  if (!f) return ml_error_memory(err);
  f->kind = kind;
  f->parent = f->fd = -1;
  ml_status status =
      *path ? ML_OK : ml_error_set(err, ML_ERR_IO, "cannot write: the name of the folder is empty");
  if (status == ML_OK && !find_target(f, path))
    status = f->path ? fail(f, err) : ml_error_memory(err);
  if (status == ML_OK) status = open_parent(f, err);
  if (status == ML_OK) status = check_target(f, &is_there, err);
  if (status == ML_OK) beside__sweep(f->parent, f->base, kind->names);
  if (status == ML_OK) status = make_temporary(f, err);
  if (status == ML_OK && asprintf(&f->temporary_path, "%.*s%s", (int)(f->base - f->target),
                                  f->target, f->temporary) < 0) {
    f->temporary_path = NULL;
    status = ml_error_memory(err);
  }
  if (status == ML_OK)
    *out = f;
  else
    ml_folder_abort(f);
  return status;
}

/* ---- its files ------------------------------------------------------------------------------- */

static bool write_all(int fd, const char *bytes, size_t n) {
  while (n > 0) {
    ssize_t done = write(fd, bytes, n);
    if (done < 0 && errno != EINTR) return false;
    if (done > 0) bytes += done, n -= (size_t)done;
  }
  return true;
}

ml_status ml_folder_add(ml_folder *f, const char *name, const void *bytes, size_t n,
                        ml_error *err) {
  int fd = openat(f->fd, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0666);
  if (fd < 0) return fail(f, err);
  bool is_done = write_all(fd, bytes, n) && fsync(fd) == 0;
  int saved = errno;
  if (close(fd) != 0 && is_done && errno != EINTR) {
    saved = errno;
    is_done = false;
  }
  errno = saved;
  return is_done ? ML_OK : fail(f, err);
}

const char *ml_folder_path(const ml_folder *folder) {
  return folder->temporary_path;
}

/* ---- the exchange ---------------------------------------------------------------------------- */

static bool lacks_exchange(void) {
  return errno == EINVAL || errno == ENOSYS || errno == ENOTSUP;
}

/* Without an exchange: the old one gives way, and comes back if the new one cannot take its place.
 */
static int rename_twice(ml_folder *f) {
  char old[BESIDE_MAX];
  if (!beside__make_name(f->base, old) || renameat(f->parent, f->base, f->parent, old) != 0)
    return -1;
  if (renameat(f->parent, f->temporary, f->parent, f->base) != 0) {
    int saved = errno;
    (void)renameat(f->parent, old, f->parent, f->base);
    errno = saved;
    return -1;
  }
  strcpy(f->temporary, old);
  return 0;
}

/* Afterwards the old one has the temporary name. */
static int exchange(ml_folder *f) {
  if (renameat2(f->parent, f->temporary, f->parent, f->base, RENAME_EXCHANGE) == 0) return 0;
  return lacks_exchange() ? rename_twice(f) : -1;
}

static int put(ml_folder *f) {
  int done = renameat2(f->parent, f->temporary, f->parent, f->base, RENAME_NOREPLACE);
  if (done != 0 && lacks_exchange()) done = renameat(f->parent, f->temporary, f->parent, f->base);
  if (done == 0) f->temporary[0] = 0;
  return done;
}

ml_status ml_folder_commit(ml_folder *f, ml_error *err) {
  bool is_there = false;
  ml_status status = fsync(f->fd) == 0 ? ML_OK : fail(f, err);
  if (status == ML_OK) status = check_target(f, &is_there, err);
  if (status == ML_OK && (is_there ? exchange(f) : put(f)) != 0) status = fail(f, err);
  /* The names survive a power cut only then; the folder is complete either way. */
  if (status == ML_OK) (void)fsync(f->parent);
  ml_folder_abort(f);
  return status;
}

void ml_folder_abort(ml_folder *f) {
  if (!f) return;
  if (f->temporary[0]) (void)beside__remove_folder(f->parent, f->temporary, f->kind->names);
  if (f->fd >= 0) close(f->fd);
  if (f->parent >= 0) close(f->parent);
  free(f->temporary_path);
  free(f->target);
  free(f->path);
  free(f);
}
