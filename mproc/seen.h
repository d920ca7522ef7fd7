/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What is remembered of a pool for those who look at it. */
#ifndef MPROC_SEEN_H
#define MPROC_SEEN_H

#include <signal.h>

#include <ml/mproc.h>

enum {
  SEEN_LOSSES = 10,  /* the last of them, with their words */
  SEEN_SAMPLES = 64, /* one a second */
  SEEN_BUCKETS = 9,  /* of the time that items take */
  SEEN_TEXT = 256
};

/* Why workers were lost: constant, name. */
#define LOSS_REASON_MAP(X)                                 \
  X(SIGNAL, "signal")                                      \
  X(EXIT, "exit")                                          \
  X(TIMEOUT, "timeout")                                    \
  X(SILENT, "silent")                                      \
  X(STOPPED, "stopped")                                    \
  X(PROTOCOL, "protocol")                                  \
  X(NOT_REGISTERED, "not_registered") /* in time */        \
  X(INIT_TIMEOUT, "init_timeout")                          \
  X(NOT_STARTED, "not_started") /* there was no process */ \
  X(UNKNOWN, "unknown")         /* a worker of another host that hung up */

typedef enum loss_reason {
#define LOSS_REASON_ENUM(constant, name) LOSS_##constant,
  LOSS_REASON_MAP(LOSS_REASON_ENUM)
#undef LOSS_REASON_ENUM
      LOSS_N_REASONS
} loss_reason;

extern const char *const seen__reasons[LOSS_N_REASONS];
typedef struct seen_bucket {
  double bound; /* seconds, inclusive */
  const char *text;
} seen_bucket;

extern const seen_bucket seen__buckets[SEEN_BUCKETS]; /* ascending */

typedef struct seen_loss {
  double time; /* seconds since 1970 */
  size_t worker;
  loss_reason reason;
  char text[SEEN_TEXT];
} seen_loss;

typedef struct seen_sample {
  uint64_t at, done;
} seen_sample;

typedef struct seen {
  uint64_t opened;
  uint64_t begun;      /* the job that runs, or the last one */
  ml_mproc_stats base; /* when that began */
  seen_loss losses[SEEN_LOSSES];
  uint64_t n_losses; /* ever; number i is at i % SEEN_LOSSES */
  uint64_t reasons[LOSS_N_REASONS];
  seen_sample samples[SEEN_SAMPLES];
  uint64_t n_samples;                 /* ever */
  uint64_t buckets[SEEN_BUCKETS + 1]; /* not cumulated; the last has no bound */
} seen;

/* What the workers of one place have done, one after another. */
typedef struct tally {
  uint64_t items, losses;
  double seconds; /* in items */
} tally;

/* What a job is at, as run.c knows it. */
typedef struct run_view {
  const char *module, *task, *step, *function; /* NULL: none */
  size_t total;                                /* ML_ITEMS_UNKNOWN */
  size_t made;                                 /* items that were asked for so far */
  size_t in_flight;
  size_t bytes; /* of arguments and results that are held */
} run_view;

struct slot;

void seen__begin(ml_mproc *pool);                             /* a job */
void seen__done(struct slot *s, size_t n_items, uint64_t ns); /* that all of them took */
void seen__lost(struct slot *s, const siginfo_t *info, const char *text);
void seen__look(ml_mproc *pool, uint64_t now); /* at the clock */

/** Items a second, over the last seconds. */
double seen__rate(const ml_mproc *pool, uint64_t now);

#endif
