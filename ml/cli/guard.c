/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The parent of a rank. A launcher of MPI that loses a process ends the whole run with the signal
 * of that process as the exit code, and says much: a parent that outlives it says one line, and
 * gives the code that the loss of a worker has. */
#include "cli.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

#define LATE_MS     20
#define PATIENCE_MS 2000 /* that a rank has to clean up in when the launcher is gone */

typedef struct guard {
  pid_t child, launcher;
  size_t rank, size;
  int child_fd, launcher_fd, signals;
  bool was_warned;
  bool was_told; /* to end, by the launcher or somebody else */
  int timeout;   /* until the child is killed, ms; -1: it is not */
} guard;

static const int forwarded[] = {SIGTERM, SIGINT, SIGHUP, SIGUSR1, SIGUSR2, SIGCONT};
enum { N_FORWARDED = sizeof forwarded / sizeof *forwarded };

/* Queued, so that the child can tell it from the same signal to all of the process group. */
static void tell(const guard *g, int number) {
  (void)sigqueue(g->child, number, (union sigval){0});
}

/* mpirun, when it ends a run, sends SIGCONT, sooner or later SIGTERM, and perhaps SIGKILL at once,
 * which leaves no time to clean up; but nobody continues what was not stopped. */
static bool is_warning(const guard *g, const struct signalfd_siginfo *info) {
  siginfo_t stopped = {0};
  if (info->ssi_signo != SIGCONT || (pid_t)info->ssi_pid != g->launcher) return false;
  if (!getenv("OMPI_COMM_WORLD_RANK")) return false;
  (void)waitid(P_PID, (id_t)g->child, &stopped, WSTOPPED | WCONTINUED | WNOHANG);
  return stopped.si_pid == 0;
}

static void forward(guard *g) {
  struct signalfd_siginfo info;
  if (read(g->signals, &info, sizeof info) != sizeof info) return;
  int number = (int)info.ssi_signo;
  bool was_warned = g->was_warned;
  if (is_warning(g, &info)) {
    g->was_warned = true;
    number = SIGTERM;
  } else if (was_warned && number == SIGTERM) { /* it has been told */
    g->was_warned = false;
    return;
  }
  if (number == SIGTERM || number == SIGINT || number == SIGHUP) g->was_told = true;
  tell(g, number);
}

static void lose_launcher(guard *g) {
  g->was_told = true;
  g->timeout = PATIENCE_MS;
  close(g->launcher_fd);
  g->launcher_fd = -1;
  tell(g, SIGTERM);
}

/* What has ended the child may have come to both of us, and be read here only now. */
static void look_again(guard *g) {
  struct pollfd signals = {.fd = g->signals, .events = POLLIN};
  while (!g->was_told && poll(&signals, 1, LATE_MS) > 0) forward(g);
}

static int end(guard *g) {
  int status;
  siginfo_t ended; /* it is not reaped yet, so that its number stays its own */
  while (waitid(P_PID, (id_t)g->child, &ended, WEXITED | WNOWAIT) < 0 && errno == EINTR) continue;
  if (ended.si_code != CLD_EXITED) look_again(g);
  while (waitpid(g->child, &status, 0) < 0 && errno == EINTR) continue;
  if (WIFEXITED(status)) return WEXITSTATUS(status);
  int number = WTERMSIG(status);
  char host[256] = "?";
  gethostname(host, sizeof host - 1);
  if (!g->was_told && number != SIGPIPE)
    dprintf(STDERR_FILENO, "mltool: rank %zu of %zu, on %s, was lost: signal %d (%s)\n", g->rank,
            g->size, host, number, strsignal(number));
  return number == SIGPIPE ? 128 + number : ml_status_exit_code(ML_ERR_WORKER);
}

static int watch(guard *g) {
  for (;;) {
    struct pollfd fds[] = {{.fd = g->child_fd, .events = POLLIN},
                           {.fd = g->signals, .events = POLLIN},
                           {.fd = g->launcher_fd, .events = POLLIN}};
    int n = poll(fds, 3, g->timeout);
    if (n == 0) kill(g->child, SIGKILL);
    if (n <= 0) continue;
    if (fds[0].revents) return end(g);
    if (fds[1].revents) forward(g);
    if (fds[2].revents) lose_launcher(g);
  }
}

/* It dies with its guard, which may be killed, too. */
static ml_status be_guarded(pid_t parent, const sigset_t *mask, ml_error *err) {
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (getppid() != parent)
    return ml_error_set(err, ML_ERR_WORKER, "the guard of this rank is gone");
  sigprocmask(SIG_SETMASK, mask, NULL);
  return ML_OK;
}

ml_status cli__guard(size_t rank, size_t size, ml_error *err) {
  pid_t self = getpid(), launcher = getppid();
  sigset_t signals, before;
  sigemptyset(&signals);
  for (size_t i = 0; i < N_FORWARDED; i++) sigaddset(&signals, forwarded[i]);
  sigprocmask(SIG_BLOCK, &signals, &before);
  guard g = {.launcher = launcher,
             .rank = rank,
             .size = size,
             .launcher_fd = pidfd_open(launcher, 0), /* -1: it is of another PID namespace */
             .signals = signalfd(-1, &signals, SFD_CLOEXEC),
             .timeout = -1};
  g.child = g.signals >= 0 ? fork() : -1;
  if (g.child == 0) {
    close(g.signals);
    if (g.launcher_fd >= 0) close(g.launcher_fd);
    return be_guarded(self, &before, err);
  }
  if (g.child > 0) g.child_fd = pidfd_open(g.child, 0);
  if (g.child > 0 && g.child_fd >= 0) _exit(watch(&g));
  if (g.child > 0) _exit(end(&g));
  return ml_error_set(err, ML_ERR_IO, "cannot start a rank: %s", strerror(errno));
}
