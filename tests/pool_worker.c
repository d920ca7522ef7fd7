/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The worker of the pool's tests, and a central process to be killed:
 *   pool_worker worker -p PORT
 *   pool_worker central N     keeps N workers busy for a minute; prints their pids
 *   pool_worker thread N      the same from a thread, whose end the kernel does not report
 *   pool_worker family        two busy workers that have started processes; prints all their pids
 *   pool_worker visitor PORT TOKEN_FILE
 * With POOL_TEST_FARAWAY a visitor does not know its own number, as if it were somewhere else. */
#include <netinet/in.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <sys/syscall.h>

#include "../mproc/mproc_internal.h"
#include "life_tasks.h"
#include "pool_tasks.h"

pid_t getpid(void) {
  return getenv("POOL_TEST_FARAWAY") ? 99999999 : (pid_t)syscall(SYS_getpid);
}

static atomic_int is_interrupted;

static void on_interrupt(int number) {
  (void)number;
  is_interrupted = 1;
}

static bool cancelled(void *ctx) {
  (void)ctx;
  return is_interrupted;
}

static int be_worker(int port, const char *token_file) {
  const ml_module *modules[] = {&pool_test_module, &life_test_module};
  ml_worker_opts opts = {
      .port = port, .token_file = token_file, .modules = modules, .n_modules = 2};
  ml_watch watch = {.cancelled = cancelled};
  if (token_file) {
    signal(SIGINT, on_interrupt);
    opts.watch = &watch;
  }
  ml_error err = {0};
  int code = ml_worker_run(&opts, &err);
  if (err.status != ML_OK && !getenv("POOL_TEST_QUIET"))
    fprintf(stderr, "pool_worker: %s\n", err.message);
  return code;
}

/* A worker that knows the token and is of another build. @return its exit code */
static int be_stranger(int port, const char *build) {
  lane_hello hello;
  handshake h = {.port = (uint16_t)port, .pid = (uint32_t)getpid()};
  unsigned char proof[WIRE_PROOF];
  char answer[512];
  int fd;
  struct sockaddr_in to = {.sin_family = AF_INET,
                           .sin_port = htons((uint16_t)port),
                           .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  frame f;
  ml_buf out = {0};
  if (lane__receive(LANE_FD, &hello, sizeof hello, &fd, 1) != sizeof hello) return 1;
  fd = socket(AF_INET, SOCK_STREAM, 0);
  if (connect(fd, (struct sockaddr *)&to, sizeof to) != 0) return 1;
  ssize_t n = recv(fd, answer, sizeof answer, 0);
  if (n < 0 || frame__parse(answer, (size_t)n, FRAME_GUEST_MAX, &f) != FRAME_WHOLE) return 1;
  if (!message__parse_hello(&f, h.central_nonce)) return 1;
  snprintf(h.build, sizeof h.build, "%s", build);
  proof__make(proof, hello.token, PROOF_WORKER, &h);
  message__put_auth(&out, &h, proof);
  if (send(fd, out.data, out.n, 0) < 0) return 1;
  n = recv(fd, answer, sizeof answer, 0);
  if (n < 0 || frame__parse(answer, (size_t)n, FRAME_GUEST_MAX, &f) != FRAME_WHOLE) return 1;
  return f.type == FRAME_REFUSE && f.n == 1 ? *(const unsigned char *)f.payload : 1;
}

static bool announce(void *ctx) {
  static bool done;
  ml_mproc *pool = ctx;
  long pids[16];
  if (done) return false;
  done = true;
  for (size_t i = 0, n = ml_mproc_pids(pool, pids); i < n; i++) printf("%ld ", pids[i]);
  printf("\n");
  fflush(stdout);
  return false;
}

static int be_central(size_t n_workers) {
  ml_mproc_opts opts = ml_mproc_opts_default();
  opts.n_workers = n_workers;
  opts.worker_exe = "/proc/self/exe";
  ml_mproc *pool;
  ml_error err = {0};
  if (ml_mproc_open(&opts, &pool, &err) != ML_OK) {
    fprintf(stderr, "%s\n", err.message);
    return 1;
  }
  acts a = acts_new(2 * n_workers);
  for (size_t i = 0; i < a.n; i++) {
    a.acts[i].kind = ACT_SPIN;
    a.acts[i].n = 60000;
  }
  ml_watch watch = {.cancelled = announce, .ctx = pool};
  ml_job job = acts_job(&a);
  job.watch = &watch;
  return ml_exec_run(ml_mproc_exec(pool), &job, &err) == ML_OK ? 0 : 1;
}

static ml_mproc *family;

/* The first three are children; with the last of them the workers' own numbers are known. */
static void tell_pids(size_t item, const char *result) {
  long pids[2];
  printf("%s ", result);
  if (item == 2 && ml_mproc_pids(family, pids) == 2) printf("%ld %ld\n", pids[0], pids[1]);
  fflush(stdout);
}

static int be_family(void) {
  static const char *const items[] = {"child plain", "child session", "child orphan", "spin 60000",
                                      "spin 60000"};
  ml_mproc_opts opts = ml_mproc_opts_default();
  opts.n_workers = 2;
  opts.worker_exe = "/proc/self/exe";
  ml_error err = {0};
  if (ml_mproc_open(&opts, &family, &err) != ML_OK) return 1;
  texts t = {.items = items, .on_take = tell_pids};
  ml_job job = texts_job(&t, 5);
  return ml_exec_run(ml_mproc_exec(family), &job, &err) == ML_OK ? 0 : 1;
}

static void *be_central_in_thread(void *ctx) {
  be_central(*(size_t *)ctx);
  return NULL;
}

static int be_thread(size_t n_workers) {
  pthread_t thread;
  if (pthread_create(&thread, NULL, be_central_in_thread, &n_workers) != 0) return 1;
  return pthread_join(thread, NULL);
}

int main(int argc, char **argv) {
  if (argc == 4 && strcmp(argv[1], "worker") == 0 && strcmp(argv[2], "-p") == 0) {
    const char *build = getenv("POOL_TEST_BUILD");
    return build ? be_stranger(atoi(argv[3]), build) : be_worker(atoi(argv[3]), NULL);
  }
  if (argc == 3 && strcmp(argv[1], "central") == 0) return be_central((size_t)atoi(argv[2]));
  if (argc == 3 && strcmp(argv[1], "thread") == 0) return be_thread((size_t)atoi(argv[2]));
  if (argc == 2 && strcmp(argv[1], "family") == 0) return be_family();
  if (argc == 4 && strcmp(argv[1], "visitor") == 0) return be_worker(atoi(argv[2]), argv[3]);
  return 2;
}
