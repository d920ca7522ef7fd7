/* SPDX-License-Identifier: GPL-3.0-or-later */
/* How a caller follows a long operation, and stops it. */
#ifndef ML_WATCH_H
#define ML_WATCH_H

#include <ml/base.h>

ML_BEGIN_DECLS

/**
 * Hooks that long operations call now and then (at least every few
 * milliseconds of work) from the thread that called them. Both may be NULL.
 */
typedef struct ml_watch {
  /* True asks the operation to stop: it cleans up and returns ML_ERR_CANCELLED. */
  bool (*cancelled)(void *ctx);
  /* done of total in the unit of the step (bytes, rows, ids); total 0 when it is not known. */
  void (*progress)(void *ctx, const char *step, double done, double total);
  void *ctx;
} ml_watch;

static inline bool ml_watch_cancelled(const ml_watch *watch) {
  return watch && watch->cancelled && watch->cancelled(watch->ctx);
}

static inline void ml_watch_progress(const ml_watch *watch, const char *step, double done,
                                     double total) {
  if (watch && watch->progress) watch->progress(watch->ctx, step, done, total);
}

ML_END_DECLS
#endif
