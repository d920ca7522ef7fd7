/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Splits that test what comes later, and those that keep labels which overlap in time apart. */
#include <math.h>
#include <stdlib.h>

#include "split_internal.h"

static size_t at_most(size_t a, size_t b) {
  return a < b ? a : b;
}

/* ---- in order ------------------------------------------------------------------------------ */

static ml_status too_short(const split *s, size_t needed, ml_error *err) {
  return ml_error_set(err, ML_ERR_USAGE, "%s: needs %zu rows, and there %s %zu", s->text, needed,
                      s->n == 1 ? "is" : "are", s->n);
}

ml_status split__timeseries(split *s, ml_error *err) {
  const split_args *a = &s->args;
  size_t k = a->k, n = s->n, test = a->test ? a->test : n / (k + 1), needed;
  ml_status status = split__check_k(s, err);
  if (status != ML_OK) return status;
  if (k + 1 > n)
    return ml_error_set(err, ML_ERR_USAGE, "%s: %zu tests of one row leave none of %zu to train on",
                        s->text, k, n);
  if (__builtin_mul_overflow(k, test, &needed) ||
      __builtin_add_overflow(needed, a->gap + 1, &needed) || needed > n)
    return ml_error_set(err, ML_ERR_USAGE,
                        "%s: %zu tests of %zu row%s and a gap of %zu leave none of %zu to train on",
                        s->text, k, test, test == 1 ? "" : "s", a->gap, n);
  status = split__reserve(s, k, n, false, err);
  if (status != ML_OK) return status;
  split__list_all(s);
  for (size_t first = n - k * test; first < n; first += test) {
    size_t end = first - a->gap, most = a->max_train ? a->max_train : end;
    split__add(s, (ml_run){first, test}, split__run(end - at_most(end, most), end), (ml_run){0});
  }
  return ML_OK;
}

/* The last test ends with the last row; each window in front of it is `step` rows earlier. */
ml_status split__rolling(split *s, ml_error *err) {
  const split_args *a = &s->args;
  size_t needed = a->train + a->gap + a->test, step = a->step ? a->step : a->test;
  if (!a->train || !a->test)
    return ml_error_set(err, ML_ERR_USAGE, "%s: needs %s, as in rolling:train=100,test=10", s->text,
                        a->train ? "'test'" : "'train'");
  if (needed > s->n) return too_short(s, needed, err);
  size_t n_folds = (s->n - needed) / step + 1;
  ml_status status = split__reserve(s, n_folds, s->n, false, err);
  if (status != ML_OK) return status;
  split__list_all(s);
  for (size_t i = 0, first = (s->n - needed) % step; i < n_folds; i++, first += step)
    split__add(s, (ml_run){first + a->train + a->gap, a->test}, (ml_run){first, a->train},
               (ml_run){0});
  return ML_OK;
}

/* ---- purged -------------------------------------------------------------------------------- */

typedef struct spanned {
  double start, end;
  uint32_t row;
} spanned;

static int by_start(const void *a, const void *b) {
  const spanned *x = a, *y = b;
  if (x->start != y->start) return x->start < y->start ? -1 : 1;
  return x->row < y->row ? -1 : x->row > y->row;
}

/* What a test leaves to train on, of rows that are sorted by their start: those before it, of which
 * the first `whole` all end in time and further ones are picked, and those from `after` on. */
typedef struct kept {
  ml_run test;
  double low;
  size_t whole, n_before, n_picked, after;
} kept;

/* The number of the first n rows that start below a limit, or at it, too. */
static size_t count_starts(const spanned *x, size_t n, double limit, bool also_at) {
  size_t low = 0, high = n;
  while (low < high) {
    size_t middle = low + (high - low) / 2;
    if (x[middle].start < limit || (also_at && x[middle].start == limit))
      low = middle + 1;
    else
      high = middle;
  }
  return low;
}

/* @param latest  the greatest end of rows 0 to i */
static kept purge(const split *s, const spanned *x, const double *latest, size_t f) {
  size_t first = split__bound(s->n, s->args.k, f), end = split__bound(s->n, s->args.k, f + 1);
  kept k = {.test = split__run(first, end), .low = x[first].start};
  double high = x[first].end;
  for (size_t i = first; i < end; i++) high = fmax(high, x[i].end);
  k.n_before = count_starts(x, first, k.low, false);
  k.after = count_starts(x, s->n, high + s->args.embargo, true);
  if (k.after < end) k.after = end;
  size_t last = k.n_before;
  while (k.whole < last) { /* latest ascends */
    size_t middle = k.whole + (last - k.whole) / 2;
    if (latest[middle] < k.low)
      k.whole = middle + 1;
    else
      last = middle;
  }
  for (size_t i = k.whole; i < k.n_before; i++) k.n_picked += x[i].end < k.low;
  return k;
}

/* Rows that are picked have to be listed anew, and those in front of them as well. */
static size_t n_listed(const kept *k) {
  return k->n_picked ? k->whole + k->n_picked : 0;
}

static void add_kept(split *s, const spanned *x, const kept *k) {
  ml_run before = {0, k->whole};
  size_t at = s->made->n_listed;
  if (k->n_picked) {
    before = (ml_run){at, n_listed(k)};
    for (size_t i = 0; i < k->n_before; i++)
      if (i < k->whole || x[i].end < k->low) s->rows[at++] = x[i].row;
    s->made->n_listed = at;
  }
  split__add(s, k->test, before, split__run(k->after, s->n));
}

static ml_status check_kept(const split *s, const kept *all, ml_error *err) {
  for (size_t f = 0; f < s->args.k; f++)
    if (all[f].whole + all[f].n_picked == 0 && all[f].after >= s->n)
      return ml_error_set(err, ML_ERR_USAGE,
                          "%s: fold %zu has no rows to train on: the label of every other row "
                          "meets those of its test or begins within the embargo",
                          s->text, f);
  return ML_OK;
}

static ml_status split_sorted(split *s, const spanned *x, double *latest, kept *all,
                              ml_error *err) {
  size_t n = s->n;
  for (size_t i = 0; i < s->n; i++) latest[i] = i ? fmax(latest[i - 1], x[i].end) : x[i].end;
  for (size_t f = 0; f < s->args.k; f++) {
    all[f] = purge(s, x, latest, f);
    n += n_listed(&all[f]);
  }
  ml_status status = check_kept(s, all, err);
  if (status == ML_OK) status = split__reserve(s, s->args.k, n, false, err);
  if (status != ML_OK) return status;
  for (size_t i = 0; i < s->n; i++) s->rows[i] = x[i].row;
  s->made->n_listed = s->n;
  for (size_t f = 0; f < s->args.k; f++) add_kept(s, x, &all[f]);
  return ML_OK;
}

static ml_status check_embargo(const split *s, ml_error *err) {
  const split_args *a = &s->args;
  if (s->data->are_times && a->embargo > 0 && !a->unit)
    return ml_error_set(err, ML_ERR_USAGE,
                        "%s: the embargo needs a unit, as in 3d, 12h, 30min or 90s, because start "
                        "and end are times",
                        s->text);
  if (!s->data->are_times && a->unit)
    return ml_error_set(err, ML_ERR_USAGE,
                        "%s: the embargo has no unit of time where start and end are numbers",
                        s->text);
  return ML_OK;
}

ml_status split__purged(split *s, ml_error *err) {
  ml_status status = split__check_k(s, err);
  if (status == ML_OK) status = check_embargo(s, err);
  if (status != ML_OK) return status;
  spanned *x = malloc(s->n * sizeof *x);
  double *latest = malloc(s->n * sizeof *latest);
  kept *all = malloc(s->args.k * sizeof *all);
  if (x && latest && all) {
    for (size_t i = 0; i < s->n; i++) {
      uint32_t row = split__row(s, i);
      x[i] = (spanned){s->data->start[row], s->data->end[row], row};
    }
    qsort(x, s->n, sizeof *x, by_start);
    status = split_sorted(s, x, latest, all, err);
  } else {
    status = ml_error_memory(err);
  }
  free(x);
  free(latest);
  free(all);
  return status;
}
