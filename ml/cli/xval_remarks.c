/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What is said below the scores: what is undefined and why, what failed, warnings. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "xval.h"

enum { SHOWN = 5 }; /* different reasons, or places of one */

/* ---- reasons, each once -------------------------------------------------------------------- */

typedef struct reason {
  size_t metric;
  const char *words; /* borrowed */
  size_t n, folds[SHOWN];
} reason;

typedef struct reasons {
  reason *items;
  size_t n;
  bool failed; /* out of memory */
} reasons;

static void add(reasons *all, size_t metric, const char *words, size_t fold) {
  reason *at = all->items;
  for (; at < all->items + all->n; at++)
    if (at->metric == metric && strcmp(at->words, words) == 0) break;
  if (at == all->items + all->n) {
    reason *more = reallocarray(all->items, all->n + 1, sizeof *more);
    if (!more) {
      all->failed = true;
      return;
    }
    all->items = more;
    at = &more[all->n++];
    *at = (reason){.metric = metric, .words = words};
  }
  if (at->n < SHOWN) at->folds[at->n] = fold;
  at->n++;
}

static void put_places(const reason *of, ml_buf *out) {
  ml_buf_puts(out, of->n == 1 ? " (fold " : " (folds ");
  for (size_t i = 0; i < of->n && i < SHOWN; i++)
    ml_buf_printf(out, "%s%zu", i ? ", " : "", of->folds[i]);
  if (of->n > SHOWN) ml_buf_printf(out, " and %zu more", of->n - SHOWN);
  ml_buf_puts(out, ")\n");
}

static const char *known(const char *const *why, size_t m) {
  return why && why[m] && *why[m] ? why[m] : "no reason is known";
}

/* Of the winner, or of the outer folds. */
static void put_undefined(const xval_shown *s, ml_buf *out) {
  const ml_xval_result *r = s->result;
  const ml_candidate_result *c = xval__winner(s);
  reasons all = {0};
  for (size_t m = 0; m < r->n_metrics; m++) {
    for (size_t f = 0; c && f < r->n_folds; f++)
      if (c->folds[f].state == ML_FOLD_DONE && isnan(c->folds[f].scores[m]))
        add(&all, m, known(c->folds[f].why, m), f);
    for (size_t i = 0; i < r->n_outer; i++)
      if (!r->outer[i].error && isnan(r->outer[i].scores[m]))
        add(&all, m, known(r->outer[i].why, m), i);
  }
  for (size_t i = 0; i < all.n && i < 2 * SHOWN; i++) {
    ml_buf_printf(out, "%s is undefined: ", s->metrics[all.items[i].metric]);
    xval__put_text(all.items[i].words, out);
    put_places(&all.items[i], out);
  }
  if (all.failed) out->failed = true;
  free(all.items);
}

/* ---- failures ------------------------------------------------------------------------------ */

static void put_failures(const xval_shown *s, ml_buf *out) {
  const ml_xval_result *r = s->result;
  reasons all = {0}; /* metric: the candidate, so that each has its own */
  for (size_t i = 0; i < r->n_candidates && all.n <= SHOWN; i++)
    for (size_t f = 0; r->candidates[i].folds && f < r->n_folds; f++)
      if (r->candidates[i].folds[f].state == ML_FOLD_FAILED)
        add(&all, i, r->candidates[i].folds[f].error ? r->candidates[i].folds[f].error : "", f);
  for (size_t i = 0; i < all.n && i < SHOWN; i++) {
    if (xval__is_search(s)) {
      xval__put_params(s, r->candidates[all.items[i].metric].params, out);
      ml_buf_puts(out, " failed: ");
    } else {
      ml_buf_puts(out, "failed: ");
    }
    xval__put_text(all.items[i].words, out);
    put_places(&all.items[i], out);
  }
  if (all.n > SHOWN) ml_buf_puts(out, "(and more; --json has all errors)\n");
  if (all.failed) out->failed = true;
  free(all.items);
  for (size_t i = 0; i < r->n_outer; i++)
    if (r->outer[i].error) {
      ml_buf_printf(out, "outer fold %zu failed: ", i);
      xval__put_text(r->outer[i].error, out);
      ml_buf_puts(out, "\n");
    }
}

static void put_skipped(const xval_shown *s, ml_buf *out) {
  size_t n = s->result->n_skipped;
  if (n == 0) return;
  const char *why = s->given->race      ? "the race dropped their candidates"
                    : s->given->halving ? "halving dropped their candidates"
                                        : "the time was up";
  if (s->given->time_budget && (s->given->race || s->given->halving))
    why = "their candidates were dropped, or the time was up";
  ml_buf_printf(out, "%zu fit%s skipped: %s\n", n, n == 1 ? " was" : "s were", why);
}

void xval__put_remarks(const xval_shown *s, ml_buf *out) {
  ml_buf remarks = {0};
  put_undefined(s, &remarks);
  put_failures(s, &remarks);
  put_skipped(s, &remarks);
  for (size_t i = 0; i < s->result->n_warnings; i++) {
    ml_buf_puts(&remarks, "warning: ");
    xval__put_text(s->result->warnings[i], &remarks);
    ml_buf_puts(&remarks, "\n");
  }
  if (remarks.n > 0) ml_buf_puts(out, "\n");
  ml_buf_put(out, remarks.data, remarks.n);
  if (remarks.failed) out->failed = true;
  ml_buf_release(&remarks);
}
