/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Names of what is not complete yet, and what is left of it. */
#include <ml/beside.h>

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <fnmatch.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

enum { NAME_KEPT = 200, N_RANDOM = 6 };
static const char letters[] = "abcdefghijklmnopqrstuvwxyz012345", mark[] = ".mltool-";

/* @return length of what all names beside the target begin with */
static size_t make_start(const char *base, char name[BESIDE_MAX]) {
  return (size_t)snprintf(name, BESIDE_MAX, ".%.*s%s", NAME_KEPT, base, mark);
}

bool beside__make_name(const char *base, char name[BESIDE_MAX]) {
  unsigned char random[N_RANDOM];
  size_t n = make_start(base, name);
  if (getrandom(random, sizeof random, 0) != sizeof random) return false;
  for (size_t i = 0; i < N_RANDOM; i++) name[n + i] = letters[random[i] % 32];
  name[n + N_RANDOM] = 0;
  return true;
}

/* A filesystem without locks has none for the others either: they remove nothing there. */
bool beside__hold(int fd) {
  struct stat st;
  if (flock(fd, LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK) return false;
  return fstat(fd, &st) == 0 && st.st_nlink > 0;
}

static bool is_one_of(const char *name, const char *const *patterns) {
  for (; *patterns; patterns++)
    if (fnmatch(*patterns, name, 0) == 0) return true;
  return false;
}

int beside__remove_folder(int parent, const char *name, const char *const *names) {
  int fd = openat(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
  DIR *dir = fd >= 0 ? fdopendir(fd) : NULL;
  if (!dir && fd >= 0) close(fd);
  for (struct dirent *entry; dir && (entry = readdir(dir));)
    if (is_one_of(entry->d_name, names)) (void)unlinkat(fd, entry->d_name, 0);
  if (dir) closedir(dir);
  return unlinkat(parent, name, AT_REMOVEDIR);
}

static bool is_beside(const char *name, const char *start, size_t n_start) {
  return strncmp(name, start, n_start) == 0 && strlen(name) == n_start + N_RANDOM &&
         strspn(name + n_start, letters) == N_RANDOM;
}

/* The lock goes with the descriptor, after the name. */
static void remove_left(int folder, const char *name, const char *const *names) {
  int fd = openat(folder, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
  struct stat st;
  if (fd < 0) return;
  if (fstat(fd, &st) == 0 && flock(fd, LOCK_EX | LOCK_NB) == 0) {
    if (S_ISREG(st.st_mode) && !names) (void)unlinkat(folder, name, 0);
    if (S_ISDIR(st.st_mode) && names) (void)beside__remove_folder(folder, name, names);
  }
  close(fd);
}

void beside__sweep(int folder, const char *base, const char *const *names) {
  char start[BESIDE_MAX];
  const size_t n = make_start(base, start);
  int fd = openat(folder, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  DIR *dir = fd >= 0 ? fdopendir(fd) : NULL;
  if (!dir && fd >= 0) close(fd);
  for (struct dirent *entry; dir && (entry = readdir(dir));)
    if (is_beside(entry->d_name, start, n)) remove_left(folder, entry->d_name, names);
  if (dir) closedir(dir);
}
