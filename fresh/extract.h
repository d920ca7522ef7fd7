/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The task of a worker and the job that hands it out, and what they agree on. */
#ifndef FRESH_EXTRACT_H
#define FRESH_EXTRACT_H

#include <ml/exec.h>

/* Blocks of a job, in this order. */
enum {
  FRESH_VALUES,  /* doubles of all series */
  FRESH_SPANS,   /* series_span of every id and kind */
  FRESH_TIMES,   /* int64_t: of value v times[v % n]; empty without dates */
  FRESH_REQUEST, /* fresh_request, names of the kinds each with a NUL, settings as JSON */
  FRESH_N_BLOCKS
};

typedef struct fresh_request {
  uint64_t n_kinds, is_modern, has_times;
  uint64_t
      is_by_name;    /* the settings have an order of columns, of which workers know nothing else */
  uint64_t is_timed; /* an item gives back the seconds of each shared step and calculator */
} fresh_request;

/* Argument of an item: some neighbouring ids. */
typedef struct fresh_item {
  uint64_t first, n;
} fresh_item;

#endif
