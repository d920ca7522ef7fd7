/* SPDX-License-Identifier: GPL-3.0-or-later */
/* How workers end: what is said of them, and when it happens too often. */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "mproc_internal.h"

#define BACK_OFF_FIRST (MPROC_SECOND / 20)
#define BACK_OFF_MAX   (2 * MPROC_SECOND)
#define FALSE_STARTS   3

static const char *const exit_meanings[] = {
    [ML_WORKER_NO_PORT] = "it was given no port",
    [2] = "it does not know its options",
    [ML_WORKER_NO_CONNECTION] = "it could not connect",
    [ML_WORKER_NO_LIBRARY] = "it could not load libml",
    [ML_WORKER_REFUSED] = "it was refused",
    [ML_WORKER_OTHER_BUILD] = "it is another build",
    [ML_WORKER_INIT_FAILED] = "a command failed that has worked before",
    [ML_WORKER_MEMORY] = "it ran out of memory"};
enum { N_MEANINGS = sizeof exit_meanings / sizeof exit_meanings[0] };

/* ": why", or "". What it said itself comes first. A code that user code gave means nothing to us.
 */
static void explain_exit(const slot *s, int code, char *buf, size_t size) {
  bool is_ours = !s->was_ready || code == ML_WORKER_MEMORY;
  if (s->complaint[0])
    snprintf(buf, size, ": %s", s->complaint);
  else if (is_ours && code > 0 && code < N_MEANINGS && exit_meanings[code])
    snprintf(buf, size, ": %s", exit_meanings[code]);
  else
    buf[0] = 0;
}

/* A SIGKILL that nobody but the kernel can have sent. */
static bool was_out_of_memory(const slot *s, const siginfo_t *info) {
  if (s->cause != CAUSE_UNKNOWN || info->si_status != SIGKILL) return false;
  uint64_t before = s->pool->oom_kills;
  s->pool->oom_kills = oom__kills_of_this_process();
  return s->pool->oom_kills > before;
}

static void describe_signal(const slot *s, const siginfo_t *info, const char *name, obituary *how) {
  const char *meaning = sigdescr_np(info->si_status);
  int n = snprintf(how->text, sizeof how->text, "%s was killed by signal %d (%s)", name,
                   info->si_status, meaning ? meaning : "unknown");
  if (n > 0 && (size_t)n < sizeof how->text && was_out_of_memory(s, info))
    snprintf(how->text + n, sizeof how->text - (size_t)n,
             ", likely out of memory (%llu MiB resident when last looked at)",
             (unsigned long long)(how->memory >> 20));
}

obituary loss__describe(const slot *s, const siginfo_t *info) {
  const status_page *page = s->page->data;
  const ml_mproc_opts *opts = &s->pool->opts;
  obituary how = {.worker = s->index + 1,
                  .pid = (long)s->pid,
                  .timed_out = s->cause == CAUSE_TIMEOUT,
                  .memory = atomic_load(&page->rss),
                  .said = words__last(s->words)};
  char name[64], why[260], *buf = how.text;
  size_t size = sizeof how.text;
  bool was_killed = info->si_code == CLD_KILLED || info->si_code == CLD_DUMPED;
  if (was_killed) how.signal = info->si_status;
  slot__name(s, name, sizeof name);
  if (s->cause == CAUSE_TIMEOUT)
    snprintf(buf, size, "%s took longer than %g s", name, opts->task_timeout);
  else if (s->cause == CAUSE_INIT_TIMEOUT)
    snprintf(buf, size, "%s took longer than %g s for a command", name, opts->init_timeout);
  else if (s->cause == CAUSE_SILENT)
    snprintf(buf, size, "%s gave no sign of life for %g s", name, opts->silence_limit);
  else if (s->cause == CAUSE_STOPPED)
    snprintf(buf, size, "%s was stopped for longer than %g s", name, opts->task_timeout);
  else if (s->cause == CAUSE_PROTOCOL)
    snprintf(buf, size, "%s sent what makes no sense", name);
  else if (s->cause == CAUSE_HUNG_UP)
    snprintf(buf, size, "%s closed its connection", name);
  else if (s->cause == CAUSE_NOT_REGISTERED)
    snprintf(buf, size, "%s did not register in time", name);
  else if (was_killed)
    describe_signal(s, info, name, &how);
  else if (info->si_code == CLD_EXITED)
    explain_exit(s, info->si_status, why, sizeof why),
        snprintf(buf, size, "%s ended with exit code %d%s", name, info->si_status, why);
  else
    snprintf(buf, size, "%s ended", name); /* a visitor, or the host has collected its status */
  return how;
}

/* ---- when it is too often -------------------------------------------------------------------- */

uint64_t loss__back_off(const ml_mproc *pool) {
  unsigned losses = pool->losses > pool->false_starts ? pool->losses : pool->false_starts;
  if (losses < 2) return 0;
  unsigned doublings = losses - 2 < 8 ? losses - 2 : 8;
  uint64_t wait = BACK_OFF_FIRST << doublings;
  return wait < BACK_OFF_MAX ? wait : BACK_OFF_MAX;
}

static size_t losses_max(const ml_mproc *pool) {
  return 2 * pool->n_workers > 5 ? 2 * pool->n_workers : 5;
}

void loss__forget(ml_mproc *pool) {
  pool->losses = pool->n_given_up = 0;
}

void loss__give_up(ml_mproc *pool) {
  if (++pool->n_given_up < losses_max(pool)) pool->losses = 0;
}

/* The last line of what it said, for a message of one line. */
static void last_line(const char *said, char *buf, size_t size) {
  size_t n = strlen(said);
  while (n > 0 && said[n - 1] == '\n') n--;
  const char *start = memrchr(said, '\n', n);
  start = start ? start + 1 : said;
  n -= (size_t)(start - said);
  snprintf(buf, size, "%.*s", (int)(n < size ? n : size - 1), start);
}

/* Every place of ours stands empty or starts: nobody does the work meanwhile. */
static bool is_deserted(const ml_mproc *pool) {
  for (size_t i = 0; i < pool->n_slots; i++)
    if (pool->slots[i].was_ready && pool->slots[i].state != SLOT_ENDING) return false;
  return true;
}

static void end_for_false_starts(const slot *s, const char *how) {
  ml_mproc *pool = s->pool;
  char said[200];
  last_line(words__last(s->words), said, sizeof said);
  if (said[0] && !s->complaint[0])
    ml_error_set(&pool->fault, ML_ERR_WORKER, "workers do not start: %s ('%s'); it said: %s", how,
                 pool->exe, said);
  else
    ml_error_set(&pool->fault, ML_ERR_WORKER, "workers do not start: %s ('%s')", how, pool->exe);
}

static void count(slot *s, const char *how, bool may_be_chance) {
  ml_mproc *pool = s->pool;
  pool->stats.workers_lost++;
  pool->losses++;
  if (!s->was_ready && s->is_ours) pool->false_starts++;
  if (pool->fault.status != ML_OK) return;
  /* A worker that leaves by itself before it is ready will do so again. One that was killed need
   * not, and while others do the work there is time to see. */
  if (pool->false_starts >= FALSE_STARTS && (!pool->run || !may_be_chance))
    end_for_false_starts(s, how);
  else if (pool->losses > losses_max(pool))
    ml_error_set(
        &pool->fault, ML_ERR_WORKER,
        "task '%s': %u workers were lost and no item was finished in between; the last: %s",
        pool->run ? run__task(pool->run) : "", pool->losses, how);
}

void loss__count(slot *s, const siginfo_t *info, const char *how) {
  seen__lost(s, info, how);
  if (!s->is_visitor || s->was_ready) pool__note(s->pool, "%s", how);
  count(s, how, info->si_code == CLD_KILLED || info->si_code == CLD_DUMPED);
}

static const char *limit_of(int error) {
  switch (error) {
    case EAGAIN:
      return " (see ulimit -u)";
    case EMFILE:
      return " (see ulimit -n)";
    default:
      return "";
  }
}

/* What the machine has not got at the moment it may have later, as long as others work; a program
 * that is not there stays away. */
void loss__not_started(slot *s, int error) {
  char what[256];
  bool is_shortage =
      error == EAGAIN || error == EMFILE || error == ENFILE || error == ENOMEM || error == ENOSPC;
  snprintf(what, sizeof what, "worker %zu cannot be started: %s%s", s->index + 1, strerror(error),
           limit_of(error));
  if (!is_shortage || is_deserted(s->pool)) s->pool->false_starts = FALSE_STARTS;
  if (s->pool->losses == 0) pool__note(s->pool, "%s", what);
  seen__lost(s, &(siginfo_t){0}, what);
  count(s, what, is_shortage && !is_deserted(s->pool));
}
