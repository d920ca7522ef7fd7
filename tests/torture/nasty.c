/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A module of what functions should not do. nasty.act doubles a number; a word is a deed. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <ml/ml.h>

enum { DESCRIPTORS = 256 };

static volatile uintptr_t nowhere = 8;

static void segv(void) {
  *(volatile int *)nowhere = 1;
}

static void end_quietly(void) {
  exit(0);
}

static void end_at_once(void) {
  _exit(3);
}

static int sink;

static int dig(int depth) {
  volatile char ground[4096];
  ground[0] = (char)depth;
  return depth > 1 << 24 ? 0 : dig(depth + 1) + ground[0];
}

static void overflow(void) {
  sink = dig(1);
}

static void spin(void) {
  for (volatile unsigned i = 0;; i++) continue;
}

static void doze(void) {
  for (;;) pause();
}

static void stop(void) {
  raise(SIGSTOP);
}

static void kill_self(void) {
  raise(SIGKILL);
}

static void terminate(void) {
  raise(SIGTERM);
}

/* Memory that is used, not only asked for. */
static void bomb(void) {
  enum { STEP = 16 << 20 };
  for (char *p; (p = malloc(STEP));) memset(p, 1, STEP);
}

static void shout(void) {
  for (int i = 0; i < 15000; i++) fprintf(stderr, "%0100d\n", i);
  for (int i = 0; i < 15000; i++) printf("%0100d\n", i);
  fflush(stdout);
}

/* Children that outlive the call: one in the group, one that has left it. */
static void breed(void) {
  for (int k = 0; k < 2; k++)
    if (fork() == 0) {
      if (k == 1) setsid();
      for (;;) pause();
    }
}

static void close_all(void) {
  for (int fd = 0; fd < DESCRIPTORS; fd++) close(fd);
}

static void babble(void) {
  char junk[4096];
  memset(junk, 0xA5, sizeof junk);
  for (int fd = 3; fd < DESCRIPTORS; fd++)
    if (send(fd, junk, sizeof junk, MSG_NOSIGNAL | MSG_DONTWAIT) < 0 && errno == ENOTSOCK)
      (void)!write(fd, junk, sizeof junk);
}

static void move_away(void) {
  if (chdir("/") != 0) abort();
}

static void saw_off_the_branch(void) {
  char folder[] = "/tmp/nasty-XXXXXX";
  if (!mkdtemp(folder) || chdir(folder) != 0 || rmdir(folder) != 0) abort();
}

static void deaf(void) {
  sigset_t all;
  sigfillset(&all);
  sigprocmask(SIG_BLOCK, &all, NULL);
  for (int s = 1; s < NSIG; s++) signal(s, SIG_IGN);
}

static const struct deed {
  const char *name;
  void (*act)(void);
} deeds[] = {{"segv", segv},
             {"abort", abort},
             {"exit", end_quietly},
             {"_exit", end_at_once},
             {"overflow", overflow},
             {"spin", spin},
             {"doze", doze},
             {"stop", stop},
             {"kill", kill_self},
             {"term", terminate},
             {"bomb", bomb},
             {"shout", shout},
             {"breed", breed},
             {"close", close_all},
             {"babble", babble},
             {"chdir", move_away},
             {"rmdir", saw_off_the_branch},
             {"deaf", deaf}};

static ml_status act(ml_call *call, const ml_value *x, ml_value *out, ml_error *err) {
  (void)call;
  int64_t n;
  if (ml_value_as_int(x, &n)) {
    *out = ml_value_int(2 * n);
    return ML_OK;
  }
  const char *name = x->type == ML_TYPE_STRING ? x->as.s.text : "";
  for (size_t i = 0; i < sizeof deeds / sizeof *deeds; i++)
    if (strcmp(deeds[i].name, name) == 0) {
      deeds[i].act();
      *out = *x;
      return ML_OK;
    }
  return ml_error_set(err, ML_ERR_FUNCTION, "no deed '%s'", name);
}

/* Takes n ms and gives 2 n. */
static ml_status wait_ms(ml_call *call, const ml_value *x, ml_value *out, ml_error *err) {
  (void)call;
  int64_t n;
  if (!ml_value_as_int(x, &n)) return ml_error_set(err, ML_ERR_FUNCTION, "no number");
  struct timespec t = {.tv_sec = n / 1000, .tv_nsec = n % 1000 * 1000000};
  nanosleep(&t, NULL);
  *out = ml_value_int(2 * n);
  return ML_OK;
}

/* A vector of n times 2 n. */
static ml_status huge(ml_call *call, const ml_value *x, ml_value *out, ml_error *err) {
  int64_t n;
  if (!ml_value_as_int(x, &n) || n < 0) return ml_error_set(err, ML_ERR_FUNCTION, "no number");
  double *at = ml_value_new_vector(call->arena, ML_DTYPE_F64, (size_t)n, out);
  if (!at) return ml_error_memory(err);
  for (int64_t i = 0; i < n; i++) at[i] = (double)(2 * n);
  return ML_OK;
}

static const ml_function functions[] = {
    {.name = "act", .doc = "double a number, or do a deed", .call = act},
    {.name = "wait_ms", .doc = "take n ms and double n", .call = wait_ms},
    {.name = "huge", .doc = "n numbers", .call = huge}};

ML_API const ml_module ML_MODULE_SYMBOL = {.abi = ML_MODULE_ABI,
                                           .name = "nasty",
                                           .version = "1",
                                           .functions = functions,
                                           .n_functions = sizeof functions / sizeof *functions};
