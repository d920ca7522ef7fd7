/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Ending what a worker has started, children that left its process group included. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "mproc_internal.h"

enum { DEPTH_MAX = 64, ROUNDS_MAX = 1000 };

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

/* Those that are started while we look are found in the next round. */
void descendants__kill(pid_t root) {
  for (int round = 0; round < ROUNDS_MAX && kill_children(root, 0) > 0; round++) {
    struct timespec moment = {.tv_nsec = 100000};
    nanosleep(&moment, NULL);
  }
}
