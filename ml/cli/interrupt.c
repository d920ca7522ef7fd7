/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Ctrl-C, SIGTERM and a terminal that is gone: the first is a wish, the second an order. */
#include "cli.h"

#include <signal.h>
#include <stdatomic.h>
#include <unistd.h>

static atomic_int caught; /* free of locks, so a handler may write it; any thread may read it */

/* What a guard hands on (guard.c) may have come to this process as well: that is one signal, not
 * two. */
static void on_signal(int signal_number, siginfo_t *info, void *context) {
  static atomic_bool seen[2];
  (void)context;
  if (atomic_exchange(&seen[info->si_code == SI_QUEUE], true)) _exit(128 + signal_number);
  caught = signal_number;
}

void cli__catch_signals(void) {
  /* Without SA_RESTART a read that waits for input comes back and sees the flag. */
  struct sigaction action = {.sa_sigaction = on_signal, .sa_flags = SA_SIGINFO};
  struct sigaction old;
  sigemptyset(&action.sa_mask);
  const int signals[] = {SIGINT, SIGTERM, SIGHUP};
  for (size_t i = 0; i < sizeof signals / sizeof signals[0]; i++) {
    /* nohup means it. A shell script ignores SIGINT for what it starts with &, but a Ctrl-C that
     * ends the script should not leave a run with all its workers behind. */
    bool is_kept = signals[i] == SIGHUP && sigaction(SIGHUP, NULL, &old) == 0;
    if (is_kept && old.sa_handler == SIG_IGN) continue;
    sigaction(signals[i], &action, NULL);
  }
}

void cli__ignore_interrupt(void) {
  signal(SIGINT, SIG_IGN);
}

int cli__caught_signal(void) {
  return caught;
}
