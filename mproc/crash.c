/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Last words of a worker that crashes: signal, address and backtrace on standard error. */
#include <execinfo.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "mproc_internal.h"

enum { FRAMES = 48, STACK = 64 << 10 };

static const struct {
  int signal;
  const char *words;
} crashes[] = {{SIGSEGV, "segmentation fault"},
               {SIGBUS, "bus error"},
               {SIGFPE, "arithmetic exception"},
               {SIGILL, "illegal instruction"},
               {SIGABRT, "aborted"}};
enum { N_CRASHES = sizeof crashes / sizeof crashes[0] };

/* Nothing here may allocate or take a lock: the crash may have come in the middle of malloc(). */
static void say(const char *text) {
  (void)!write(STDERR_FILENO, text, strlen(text));
}

static void say_address(uintptr_t value) {
  char text[2 + 2 * sizeof value + 1], *at = text + sizeof text - 1;
  *at = 0;
  do *--at = "0123456789abcdef"[value & 15];
  while (value >>= 4);
  *--at = 'x';
  *--at = '0';
  say(at);
}

/* The disposition is the default one again, and the signal blocked until we return: it is then
 * delivered, and the process ends as it would have without us. */
static void on_crash(int number, siginfo_t *info, void *context) {
  (void)context;
  void *frames[FRAMES];
  say("mltool worker: ");
  for (size_t i = 0; i < N_CRASHES; i++)
    if (crashes[i].signal == number) say(crashes[i].words);
  if (info->si_code > 0 && number != SIGABRT) {
    say(" at address ");
    say_address((uintptr_t)info->si_addr);
  }
  say("\n");
  int n = backtrace(frames, FRAMES);
  backtrace_symbols_fd(frames, n, STDERR_FILENO);
  raise(number);
}

/* A stack that has overflowed has no room for a handler. */
static void make_stack(void) {
  stack_t now, stack = {.ss_size = STACK};
  if (sigaltstack(NULL, &now) != 0 || !(now.ss_flags & SS_DISABLE)) return;
  stack.ss_sp = mmap(NULL, STACK, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (stack.ss_sp != MAP_FAILED) sigaltstack(&stack, NULL);
}

void crash__watch(void) {
  void *first;
  struct sigaction action = {.sa_sigaction = on_crash,
                             .sa_flags = SA_SIGINFO | SA_ONSTACK | (int)SA_RESETHAND};
  sigemptyset(&action.sa_mask);
  make_stack();
  backtrace(&first, 1); /* the first call loads a library, which must not happen in a crash */
  for (size_t i = 0; i < N_CRASHES; i++) {
    struct sigaction before;
    if (sigaction(crashes[i].signal, NULL, &before) == 0 && before.sa_handler == SIG_DFL)
      sigaction(crashes[i].signal, &action, NULL);
  }
}
