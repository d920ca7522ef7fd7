/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Ending what a worker has started, children that left its process group included. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include "mproc_internal.h"

enum { DEPTH_MAX = 64, ROUNDS_MAX = 1000, SEARCHES_MAX = 50 };

static size_t kill_children(pid_t pid, int depth);

static bool is_alive(pid_t pid) {
  char path[64], text[256];
  snprintf(path, sizeof path, "/proc/%ld/stat", (long)pid);
  int fd = open(path, O_RDONLY | O_CLOEXEC);
  if (fd < 0) return false;
  ssize_t n = read(fd, text, sizeof text - 1);
  close(fd);
  if (n <= 0) return false;
  text[n] = 0;
  const char *state = strrchr(text, ')'); /* the name before it may hold anything */
  return state && state[1] == ' ' && state[2] != 'Z' && state[2] != 'X';
}

/* Deepest first: a parent that is dead has no children any more, they are somebody else's. */
static size_t kill_those_of_thread(const char *path, int depth) {
  size_t n = 0;
  long pid;
  FILE *f = fopen(path, "re");
  if (!f) return 0;
  while (fscanf(f, "%ld", &pid) == 1) {
    n += kill_children((pid_t)pid, depth + 1);
    if (is_alive((pid_t)pid) && kill((pid_t)pid, SIGKILL) == 0) n++;
  }
  fclose(f);
  return n;
}

static size_t kill_children(pid_t pid, int depth) {
  char path[PATH_MAX];
  size_t n = 0;
  if (depth > DEPTH_MAX) return 0;
  snprintf(path, sizeof path, "/proc/%ld/task", (long)pid);
  DIR *tasks = opendir(path);
  if (!tasks) return 0;
  for (struct dirent *task; (task = readdir(tasks));) {
    if (task->d_name[0] == '.') continue;
    snprintf(path, sizeof path, "/proc/%ld/task/%.20s/children", (long)pid, task->d_name);
    n += kill_those_of_thread(path, depth);
  }
  closedir(tasks);
  return n;
}

static void pause_briefly(void) {
  struct timespec moment = {.tv_nsec = 100000};
  nanosleep(&moment, NULL);
}

/* Those that are started while we look are found in the next round. */
void descendants__kill(pid_t root) {
  for (int round = 0; round < ROUNDS_MAX && kill_children(root, 0) > 0; round++) pause_briefly();
}

/* ---- of a process that is gone --------------------------------------------------------------- */

/* The environment of a process is what it was started with, and a child has a copy. A zombie has
 * none. */
static bool is_marked(pid_t pid, const char *mark) {
  char path[64], text[16384];
  size_t n = 0, n_mark = strlen(mark);
  ssize_t got;
  bool found = false;
  snprintf(path, sizeof path, "/proc/%ld/environ", (long)pid);
  int fd = open(path, O_RDONLY | O_CLOEXEC);
  if (fd < 0) return false;
  while (!found && (got = read(fd, text + n, sizeof text - n)) > 0) {
    n += (size_t)got;
    found = memmem(text, n, mark, n_mark) != NULL;
    size_t keep = n < n_mark ? n : n_mark; /* it may lie across two reads */
    memmove(text, text + n - keep, keep);
    n = keep;
  }
  close(fd);
  return found;
}

/* The descriptor is of the process whose environment was read, or of none: a number that was given
 * to another one meanwhile ends nobody. */
static bool kill_if_marked(pid_t pid, const char *mark) {
  int fd = pidfd_open(pid, 0);
  if (fd < 0) return false;
  bool is_killed = is_marked(pid, mark) && pidfd_send_signal(fd, SIGKILL, NULL, 0) == 0;
  close(fd);
  return is_killed;
}

static size_t kill_marked(const char *mark) {
  size_t n = 0;
  DIR *all = opendir("/proc");
  if (!all) return 0;
  for (struct dirent *entry; (entry = readdir(all));) {
    char *end;
    long pid = strtol(entry->d_name, &end, 10);
    if (*end == 0 && pid > 0 && pid != getpid()) n += kill_if_marked((pid_t)pid, mark);
  }
  closedir(all);
  return n;
}

void descendants__kill_marked(const char *mark) {
  for (int round = 0; round < SEARCHES_MAX && kill_marked(mark) > 0; round++) pause_briefly();
}
