/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a pool remembers for those who look at it: the last losses, throughput, times of items. */
#include <stdio.h>
#include <time.h>

#include "mproc_internal.h"

#define RATE_WINDOW (5 * MPROC_SECOND)

const char *const seen__reasons[LOSS_N_REASONS] = {
#define REASON_NAME(constant, name) [LOSS_##constant] = name,
    LOSS_REASON_MAP(REASON_NAME)
#undef REASON_NAME
};

const seen_bucket seen__buckets[SEEN_BUCKETS] = {{1e-6, "1e-06"}, {1e-5, "1e-05"}, {1e-4, "0.0001"},
                                                 {1e-3, "0.001"}, {1e-2, "0.01"},  {0.1, "0.1"},
                                                 {1, "1.0"},      {10, "10.0"},    {100, "100.0"}};

void seen__begin(ml_mproc *pool) {
  seen *sn = &pool->seen;
  sn->begun = mproc__now();
  sn->base = pool->stats;
}

void seen__done(slot *s, size_t n_items, uint64_t ns) {
  seen *sn = &s->pool->seen;
  double seconds = (double)ns * 1e-9, mean = n_items > 0 ? seconds / (double)n_items : 0;
  size_t b = 0;
  while (b < SEEN_BUCKETS && mean > seen__buckets[b].bound) b++;
  sn->buckets[b] += n_items;
  s->tally.items += n_items;
  s->tally.seconds += seconds;
  s->pool->stats.items_done += n_items;
  s->pool->stats.task_seconds += seconds;
}

static loss_reason reason_of(const slot *s, const siginfo_t *info) {
  static const struct {
    slot_cause cause;
    loss_reason reason;
  } known[] = {{CAUSE_TIMEOUT, LOSS_TIMEOUT},          {CAUSE_SILENT, LOSS_SILENT},
               {CAUSE_STOPPED, LOSS_STOPPED},          {CAUSE_PROTOCOL, LOSS_PROTOCOL},
               {CAUSE_HUNG_UP, LOSS_PROTOCOL},         {CAUSE_NOT_REGISTERED, LOSS_NOT_REGISTERED},
               {CAUSE_INIT_TIMEOUT, LOSS_INIT_TIMEOUT}};
  for (size_t i = 0; i < sizeof known / sizeof *known; i++)
    if (s->cause == known[i].cause) return known[i].reason;
  if (s->pid <= 0) return LOSS_NOT_STARTED;
  if (info->si_code == CLD_KILLED || info->si_code == CLD_DUMPED) return LOSS_SIGNAL;
  return info->si_code == CLD_EXITED ? LOSS_EXIT : LOSS_UNKNOWN;
}

void seen__lost(slot *s, const siginfo_t *info, const char *text) {
  seen *sn = &s->pool->seen;
  seen_loss *loss = &sn->losses[sn->n_losses++ % SEEN_LOSSES];
  struct timespec t;
  clock_gettime(CLOCK_REALTIME, &t);
  loss->time = (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
  loss->worker = s->index + 1;
  loss->reason = reason_of(s, info);
  snprintf(loss->text, sizeof loss->text, "%s", text);
  sn->reasons[loss->reason]++;
  s->tally.losses++;
}

void seen__look(ml_mproc *pool, uint64_t now) {
  seen *sn = &pool->seen;
  if (sn->n_samples > 0 && now - sn->samples[(sn->n_samples - 1) % SEEN_SAMPLES].at < MPROC_SECOND)
    return;
  sn->samples[sn->n_samples++ % SEEN_SAMPLES] =
      (seen_sample){.at = now, .done = pool->stats.items_done};
}

double seen__rate(const ml_mproc *pool, uint64_t now) {
  const seen *sn = &pool->seen;
  seen_sample from = {.at = sn->begun, .done = sn->base.items_done};
  if (!pool->run) return 0;
  for (uint64_t k = 1; k <= SEEN_SAMPLES && k <= sn->n_samples; k++) {
    const seen_sample *sample = &sn->samples[(sn->n_samples - k) % SEEN_SAMPLES];
    if (sample->at < sn->begun || now - sample->at > RATE_WINDOW) break;
    if (now - sample->at > MPROC_SECOND) from = *sample; /* not over less than a second */
  }
  double seconds = (double)(now - from.at) * 1e-9;
  return seconds > 0 ? (double)(pool->stats.items_done - from.done) / seconds : 0;
}
