/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Which file an output is written to: a temporary one in the folder of the target, or a device. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <ml/beside.h>

#include "output_internal.h"

enum { MAX_LINKS = 40, LINK_SIZE = 4096 };

/* Length of the folder of a path with its last slash; 0 when it names none. */
static size_t folder_length(const char *path) {
  const char *slash = strrchr(path, '/');
  return slash ? (size_t)(slash - path) + 1 : 0;
}

/* In some folders, such as /proc, no file can be made, which ENOENT says, too. */
static bool lacks_folder(const char *path) {
  char *folder = strndup(path, folder_length(path));
  bool lacks = folder && *folder && access(folder, F_OK) != 0;
  free(folder);
  return lacks;
}

ml_status output__error(ml_error *err, const char *path, int code) {
  const char *why = code == EISDIR                         ? "it is a folder"
                    : code == ENOENT && lacks_folder(path) ? "its folder does not exist"
                    : code == ENOTDIR                      ? "its folder is a file"
                                                           : strerror(code);
  return ml_error_at(err, ML_ERR_IO, path, 0, 0, "cannot write: %s", why);
}

/* Replace a link by what it points to, whether that exists or not. Returns false, with errno set,
 * when there is no memory or the links go round. */
static bool follow_links(char **path) {
  char to[LINK_SIZE];
  for (int i = 0; i < MAX_LINKS; i++) {
    ssize_t n = readlink(*path, to, sizeof to);
    if (n < 0) return true; /* no link, or nothing there: opening it will tell */
    if (n == sizeof to) break;
    char *next;
    int folder = to[0] == '/' ? 0 : (int)folder_length(*path);
    if (asprintf(&next, "%.*s%.*s", folder, *path, (int)n, to) < 0) {
      errno = ENOMEM;
      return false;
    }
    free(*path);
    *path = next;
  }
  errno = ELOOP;
  return false;
}

/* Create a file with a temporary name beside target. Returns its descriptor, or -1 with errno set.
 */
static int create_beside(const char *target, mode_t mode, char **temporary) {
  char name[BESIDE_MAX];
  const size_t folder = folder_length(target);
  for (int i = 0; i < BESIDE_TRIES; i++) {
    if (!beside__make_name(target + folder, name)) return -1;
    if (asprintf(temporary, "%.*s%s", (int)folder, target, name) < 0) {
      *temporary = NULL;
      errno = ENOMEM;
      return -1;
    }
    int fd = open(*temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, mode);
    if (fd >= 0 && beside__hold(fd)) return fd;
    int saved = fd >= 0 ? EEXIST : errno;
    if (fd >= 0) close(fd);
    free(*temporary);
    *temporary = NULL;
    errno = saved;
    if (errno != EEXIST) return -1;
  }
  return -1;
}

/* Returns a descriptor, or -1 with errno set. */
static int open_place(output__place *place, const char *path) {
  struct stat st;
  size_t n = strlen(path);
  if (strcmp(path, "-") == 0) return fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 3);
  if (n > 0 && path[n - 1] == '/') {
    errno = EISDIR;
    return -1;
  }
  bool exists = stat(path, &st) == 0;
  if (!exists && errno != ENOENT) return -1;
  if (exists && S_ISDIR(st.st_mode)) {
    errno = EISDIR;
    return -1;
  }
  if (exists && !S_ISREG(st.st_mode)) return open(path, O_WRONLY | O_CLOEXEC | O_NOCTTY);
  /* A rename would replace a file that may not be written to. */
  if (exists && faccessat(AT_FDCWD, path, W_OK, AT_EACCESS) != 0) return -1;

  place->target = strdup(path);
  if (!place->target || !follow_links(&place->target)) return -1;
  /* Never more open than the file replaced, not even for a moment. */
  mode_t mode = exists ? st.st_mode & 0777 : 0666;
  int fd = create_beside(place->target, mode, &place->temporary);
  if (fd >= 0 && exists && fchmod(fd, mode) != 0) {
    int saved = errno;
    close(fd);
    errno = saved;
    return -1;
  }
  return fd;
}

ml_status output__place_open(output__place *place, const char *path, int *fd, ml_error *err) {
  if (!*path) return ml_error_set(err, ML_ERR_IO, "cannot write: the name of the file is empty");
  int opened = open_place(place, path);
  if (opened < 0) {
    if (errno == ENOMEM) return ml_error_memory(err);
    return output__error(err, strcmp(path, "-") == 0 ? "standard output" : path, errno);
  }
  *fd = opened;
  return ML_OK;
}

static int open_folder(const char *target) {
  char *folder = strndup(target, folder_length(target));
  int fd = folder ? open(*folder ? folder : ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1;
  free(folder);
  return fd;
}

/* The name survives a power cut only when its folder is synced too. The file is complete either
 * way, so a folder that cannot be synced is no failure. */
static void sync_folder(const char *target) {
  int fd = open_folder(target);
  if (fd < 0) return;
  fsync(fd);
  close(fd);
}

int output__place_rename(output__place *place) {
  if (!place->temporary) return 0;
  if (rename(place->temporary, place->target) != 0) return -1;
  free(place->temporary);
  place->temporary = NULL;
  sync_folder(place->target);
  return 0;
}

int output__place_clear(const output__place *place) {
  return !place->temporary || unlink(place->target) == 0 || errno == ENOENT ? 0 : -1;
}

void output__place_release(output__place *place) {
  if (place->temporary) unlink(place->temporary);
  free(place->temporary);
  free(place->target);
  *place = (output__place){0};
}

void ml_output_sweep(const char *path) {
  char *target = strcmp(path, "-") != 0 ? strdup(path) : NULL;
  if (target && follow_links(&target)) {
    int fd = open_folder(target);
    if (fd >= 0) beside__sweep(fd, target + folder_length(target), NULL);
    if (fd >= 0) close(fd);
  }
  free(target);
}
