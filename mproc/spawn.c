/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Starting the process of a worker: posix_spawn costs the same whatever the parent's size,
 * while fork, and so uv_spawn, copies its page tables. */
#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <sodium.h>

#include "mproc_internal.h"

/* Workers are the parallelism; a thread pool in each would only fight over the same CPUs. What
 * the user has set stays. */
static const char *const thread_variables[] = {
    "OPENBLAS_NUM_THREADS",   "OMP_NUM_THREADS",     "MKL_NUM_THREADS",  "BLIS_NUM_THREADS",
    "VECLIB_MAXIMUM_THREADS", "NUMEXPR_NUM_THREADS", "NUMBA_NUM_THREADS"};
enum { N_VARIABLES = sizeof thread_variables / sizeof thread_variables[0], SETTING_MAX = 40 };

#define MARK_NAME "MLTOOL_WORKER="

/* A worker below a rank of MPI is none itself, and must not take itself for one; and below another
 * worker it has its own mark. */
static const char *const left_out[] = {"OMPI_", "PMIX_", "PMI_", MARK_NAME};
enum { N_LEFT_OUT = sizeof left_out / sizeof left_out[0] };

static bool is_left_out(const char *setting) {
  for (size_t i = 0; i < N_LEFT_OUT; i++)
    if (strncmp(setting, left_out[i], strlen(left_out[i])) == 0) return true;
  return false;
}

/* What this worker leaves behind is known by it; a number that nobody guesses, so that nothing else
 * has it by chance. */
static bool make_mark(char mark[MARK_TEXT]) {
  unsigned char number[16];
  static_assert(sizeof MARK_NAME + 2 * sizeof number <= MARK_TEXT, "it fits");
  if (getrandom(number, sizeof number, 0) != sizeof number) return false;
  strcpy(mark, MARK_NAME);
  sodium_bin2hex(mark + strlen(MARK_NAME), 2 * sizeof number + 1, number, sizeof number);
  return true;
}

static bool is_set(const char *name) {
  size_t n = strlen(name);
  for (char **at = environ; at && *at; at++)
    if (strncmp(*at, name, n) == 0 && (*at)[n] == '=') return true;
  return false;
}

/* @param texts  room for what is added. @return array to free(), whose texts are borrowed */
static char **worker_environment(slot *s, char texts[N_VARIABLES][SETTING_MAX]) {
  size_t n_all = 0, n = 0;
  while (environ && environ[n_all]) n_all++;
  char **all = calloc(n_all + N_VARIABLES + 2, sizeof *all);
  if (!all) return NULL;
  all[n++] = s->mark;
  for (size_t i = 0; i < n_all; i++)
    if (!is_left_out(environ[i])) all[n++] = environ[i];
  for (size_t i = 0; i < N_VARIABLES; i++) {
    if (is_set(thread_variables[i])) continue;
    snprintf(texts[i], SETTING_MAX, "%s=%d", thread_variables[i], s->pool->opts.threads);
    all[n++] = texts[i];
  }
  return all;
}

/* Nothing of the host reaches the worker. What a task prints must not end up among the results, so
 * its standard output goes where its errors go: to us. */
static int plan_files(posix_spawn_file_actions_t *files, int lane, int speech) {
  int rc = posix_spawn_file_actions_addopen(files, 0, "/dev/null", O_RDONLY, 0);
  if (!rc) rc = posix_spawn_file_actions_adddup2(files, speech, 1);
  if (!rc) rc = posix_spawn_file_actions_adddup2(files, speech, 2);
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

static int spawn(slot *s, int lane, int speech) {
  char port[16];
  snprintf(port, sizeof port, "%d", s->pool->port);
  /* As a person finds it among the processes; the path may be /proc/self/exe. */
  char *argv[] = {"mltool", "worker", "-p", port, NULL};
  char texts[N_VARIABLES][SETTING_MAX];
  if (!make_mark(s->mark)) return EAGAIN;
  char **environment = worker_environment(s, texts);
  if (!environment) return ENOMEM;

  posix_spawn_file_actions_t files;
  posix_spawnattr_t attributes;
  int rc = posix_spawn_file_actions_init(&files);
  if (rc) goto no_files;
  if ((rc = posix_spawnattr_init(&attributes))) goto no_attributes;
  rc = plan_files(&files, lane, speech);
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
bool spawn__hello(const slot *s) {
  const ml_mproc *pool = s->pool;
  lane_hello hello = {.magic = LANE_MAGIC,
                      .version = WIRE_VERSION,
                      .parent = getpid(),
                      .index = (uint32_t)s->index,
                      .memory = pool->opts.worker_memory};
  memcpy(hello.host, pool->host, sizeof hello.host);
  if (s->is_ours) memcpy(hello.token, pool->token, sizeof hello.token);
  bool ok = lane__send(s->lane, &hello, sizeof hello, &s->page->fd, 1);
  sodium_memzero(&hello, sizeof hello);
  return ok;
}

static int end_spawned(slot *s, int error) {
  kill(s->pid, SIGKILL);
  waitpid(s->pid, NULL, 0);
  return error;
}

/* Away from the descriptors that are replaced in the child, should the host have closed those. */
static int move_up(int fd) {
  int up = fcntl(fd, F_DUPFD_CLOEXEC, LANE_FD + 1);
  int error = errno;
  close(fd);
  errno = error;
  return up;
}

/* The worker's ends of its lane and of its words; ours are in the slot. @return 0 or an errno */
static int make_ends(slot *s, int *lane, int *speech) {
  int pair[2], pipes[2];
  if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) != 0) return errno;
  s->lane = pair[0];
  if ((*lane = move_up(pair[1])) < 0) return errno;
  if (pipe2(pipes, O_CLOEXEC) != 0) return errno;
  int rc = (*speech = move_up(pipes[1])) < 0 ? errno : 0;
  if (!rc && fcntl(pipes[0], F_SETFL, O_NONBLOCK) != 0) rc = errno;
  if (!rc && !(s->words = words__new(s->pool, pipes[0]))) rc = ENOMEM;
  if (rc) close(pipes[0]);
  return rc;
}

int spawn__worker(slot *s) {
  int lane = -1, speech = -1;
  int rc = make_ends(s, &lane, &speech);
  if (!rc && !spawn__hello(s)) rc = errno;
  if (!rc) rc = spawn(s, lane, speech);
  if (lane >= 0) close(lane);
  if (speech >= 0) close(speech);
  if (!rc && (s->pidfd = pidfd_open(s->pid, 0)) < 0) rc = end_spawned(s, errno);
  if (rc) s->pid = 0; /* the rest goes with the slot */
  return rc;
}
