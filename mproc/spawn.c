/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Starting the process of a worker: posix_spawn costs the same whatever the parent's size,
 * while fork, and so uv_spawn, copies its page tables. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "mproc_internal.h"

/* Workers are the parallelism; a thread pool in each would only fight over the same CPUs. What
 * the user has set stays. */
static const char *const one_thread[] = {
    "OPENBLAS_NUM_THREADS=1",   "OMP_NUM_THREADS=1",     "MKL_NUM_THREADS=1",  "BLIS_NUM_THREADS=1",
    "VECLIB_MAXIMUM_THREADS=1", "NUMEXPR_NUM_THREADS=1", "NUMBA_NUM_THREADS=1"};
enum { N_ONE_THREAD = sizeof one_thread / sizeof one_thread[0] };

static bool is_set(const char *setting) {
  size_t n = strcspn(setting, "=") + 1;
  for (char **at = environ; at && *at; at++)
    if (strncmp(*at, setting, n) == 0) return true;
  return false;
}

/* @return array to free(), whose texts are borrowed */
static char **worker_environment(void) {
  size_t n = 0;
  while (environ && environ[n]) n++;
  char **all = calloc(n + N_ONE_THREAD + 1, sizeof *all);
  if (!all) return NULL;
  if (n) memcpy(all, environ, n * sizeof *all);
  for (size_t i = 0; i < N_ONE_THREAD; i++)
    if (!is_set(one_thread[i])) all[n++] = (char *)one_thread[i];
  return all;
}

/* Nothing of the host reaches the worker but standard error: what a task prints must not end up
 * among the results, so its standard output goes there too. */
static int plan_files(posix_spawn_file_actions_t *files, int lane) {
  bool has_stderr = fcntl(STDERR_FILENO, F_GETFD) >= 0;
  int rc = posix_spawn_file_actions_addopen(files, 0, "/dev/null", O_RDONLY, 0);
  if (!rc && !has_stderr) rc = posix_spawn_file_actions_addopen(files, 2, "/dev/null", O_WRONLY, 0);
  if (!rc) rc = posix_spawn_file_actions_adddup2(files, 2, 1);
  if (!rc) rc = posix_spawn_file_actions_adddup2(files, lane, LANE_FD);
  if (!rc) rc = posix_spawn_file_actions_addclosefrom_np(files, LANE_FD + 1);
  return rc;
}

/* A process group of its own, so that Ctrl-C reaches the central process alone, and so that what
 * the worker starts can be ended with it. */
static int plan_attributes(posix_spawnattr_t *attributes) {
  sigset_t all, none;
  sigfillset(&all);
  sigemptyset(&none);
  int rc = posix_spawnattr_setflags(
      attributes, POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK);
  if (!rc) rc = posix_spawnattr_setpgroup(attributes, 0);
  if (!rc) rc = posix_spawnattr_setsigdefault(attributes, &all);
  if (!rc) rc = posix_spawnattr_setsigmask(attributes, &none);
  return rc;
}

static int spawn(slot *s, int lane) {
  char port[16];
  snprintf(port, sizeof port, "%d", s->pool->port);
  /* As a person finds it among the processes; the path may be /proc/self/exe. */
  char *argv[] = {"mltool", "worker", "-p", port, NULL};
  char **environment = worker_environment();
  if (!environment) return ENOMEM;

  posix_spawn_file_actions_t files;
  posix_spawnattr_t attributes;
  int rc = posix_spawn_file_actions_init(&files);
  if (rc) goto no_files;
  if ((rc = posix_spawnattr_init(&attributes))) goto no_attributes;
  rc = plan_files(&files, lane);
  if (!rc) rc = plan_attributes(&attributes);
  if (!rc) rc = posix_spawn(&s->pid, s->pool->exe, &files, &attributes, argv, environment);
  posix_spawnattr_destroy(&attributes);
no_attributes:
  posix_spawn_file_actions_destroy(&files);
no_files:
  free(environment);
  return rc;
}

/* What the worker finds on its lane when it starts. */
static bool send_hello(const slot *s) {
  lane_hello hello = {.magic = LANE_MAGIC,
                      .version = WIRE_VERSION,
                      .parent = getpid(),
                      /* The kernel takes the thread that spawned for the parent; only the main
                       * thread lives as long as the process. */
                      .with_parent = gettid() == getpid(),
                      .index = (uint32_t)s->index};
  memcpy(hello.token, s->pool->token, sizeof hello.token);
  return lane__send(s->lane, &hello, sizeof hello, &s->page->fd, 1);
}

static int end_spawned(slot *s, int error) {
  kill(s->pid, SIGKILL);
  waitpid(s->pid, NULL, 0);
  return error;
}

int spawn__worker(slot *s) {
  int pair[2];
  if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) != 0) return errno;
  s->lane = pair[0];
  /* Away from the descriptors that are replaced in the child, should the host have closed those. */
  int lane = fcntl(pair[1], F_DUPFD_CLOEXEC, LANE_FD + 1);
  int rc = lane < 0 || !send_hello(s) ? errno : 0;
  close(pair[1]);
  if (!rc) rc = spawn(s, lane);
  if (lane >= 0) close(lane);
  if (!rc && (s->pidfd = pidfd_open(s->pid, 0)) < 0) rc = end_spawned(s, errno);
  if (!rc) return 0;
  close(s->lane);
  s->lane = s->pidfd = -1;
  s->pid = 0;
  return rc;
}
