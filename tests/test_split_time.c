/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Splits in order of time, and KX's, against slow twins that follow the definitions. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "split_cases.h"

/* ---- time ------------------------------------------------------------------------------------ */

static void timeseries(const split_rows *r) {
  char scheme[100];
  int n = (int)r->n, k = (int)r->k, gap = split_below(4),
      given = split_below(2) ? 1 + split_below(5) : 0,
      most = split_below(2) ? 1 + split_below(9) : 0;
  int test = given ? given : n / (k + 1), at;
  split_expected want = {.n = r->k};
  at = snprintf(scheme, sizeof scheme, "timeseries:%d,gap=%d", k, gap);
  if (given) at += snprintf(scheme + at, sizeof scheme - (size_t)at, ",test=%d", test);
  if (most) snprintf(scheme + at, sizeof scheme - (size_t)at, ",max-train=%d", most);
  if (k + 1 > n || n - gap - k * test <= 0) {
    split_compare(scheme, r, &split_none);
    return;
  }
  for (int f = 0; f < k; f++)
    for (int i = 0; i < n; i++) {
      int first = n - (k - f) * test;
      if (i >= first && i < first + test) want.test[f][want.n_test[f]++] = (size_t)i;
      if (i < first - gap && (!most || i >= first - gap - most))
        want.train[f][want.n_train[f]++] = (size_t)i;
    }
  split_compare(scheme, r, &want);
}

static void rolling(const split_rows *r) {
  char scheme[100];
  int n = (int)r->n, train = 1 + split_below(9), test = 1 + split_below(5), gap = split_below(3),
      step = 1 + split_below(6);
  split_expected want = {0};
  snprintf(scheme, sizeof scheme, "rolling:train=%d,test=%d,step=%d,gap=%d", train, test, step,
           gap);
  int end = n; /* of the earliest window */
  while (end - step - test - gap - train >= 0) end -= step;
  for (; end <= n && end - test - gap - train >= 0; end += step, want.n++)
    for (int i = 0; i < n; i++) {
      if (i >= end - test && i < end) want.test[want.n][want.n_test[want.n]++] = (size_t)i;
      if (i >= end - test - gap - train && i < end - test - gap)
        want.train[want.n][want.n_train[want.n]++] = (size_t)i;
    }
  split_compare(scheme, r, &want);
}

static void purged(const split_rows *r) {
  char scheme[100];
  double embargo = split_below(8) / 2.0;
  size_t order[ROWS], n_order = 0;
  split_expected want = {.n = r->k};
  snprintf(scheme, sizeof scheme, "purged:%zu,embargo=%.1f", r->k, embargo);
  for (int start = 0; start < 30; start++)
    for (size_t i = 0; i < r->n; i++)
      if (r->start[i] == start) order[n_order++] = i;
  for (size_t f = 0; f < r->k; f++) {
    double low = INFINITY, high = -INFINITY;
    size_t first = f * r->n / r->k, end = (f + 1) * r->n / r->k;
    for (size_t i = first; i < end; i++) {
      want.test[f][want.n_test[f]++] = order[i];
      low = fmin(low, r->start[order[i]]);
      high = fmax(high, r->end[order[i]]);
    }
    for (size_t i = 0; i < r->n; i++) {
      double s = r->start[order[i]], e = r->end[order[i]];
      if ((i < first || i >= end) && !(s <= high && e >= low) && !(s > high && s <= high + embargo))
        want.train[f][want.n_train[f]++] = order[i];
    }
    if (want.n_train[f] == 0 || r->k > r->n) want.n = 0;
    if (want.n == 0) break;
  }
  split_compare(scheme, r, &want);
}

/* ---- KX -------------------------------------------------------------------------------------- */

static void put_chunk(const split_rows *r, size_t f, size_t *to, size_t *n) {
  for (size_t i = f * r->n / r->k; i < (f + 1) * r->n / r->k; i++) to[(*n)++] = i;
}

static void kx(const split_rows *r) {
  char scheme[40];
  split_expected split = {0}, rolls = {0}, chain = {0};
  for (size_t i = 0; i < r->k && r->k <= r->n; i++, split.n++) {
    size_t tested = r->k - 1 - i;
    put_chunk(r, tested, split.test[i], &split.n_test[i]);
    for (size_t j = 1; j < r->k; j++)
      put_chunk(r, (tested + j) % r->k, split.train[i], &split.n_train[i]);
  }
  for (size_t i = 0; i + 1 < r->k && r->k <= r->n; i++, rolls.n++, chain.n++) {
    put_chunk(r, i, rolls.train[i], &rolls.n_train[i]);
    put_chunk(r, i + 1, rolls.test[i], &rolls.n_test[i]);
    for (size_t j = 0; j <= i; j++) put_chunk(r, j, chain.train[i], &chain.n_train[i]);
    put_chunk(r, i + 1, chain.test[i], &chain.n_test[i]);
  }
  snprintf(scheme, sizeof scheme, "kfSplit:%zu", r->k);
  split_compare(scheme, r, &split);
  snprintf(scheme, sizeof scheme, "tsRolls:%zu", r->k);
  split_compare(scheme, r, &rolls);
  snprintf(scheme, sizeof scheme, "tsChain:%zu", r->k);
  split_compare(scheme, r, &chain);
}

static void timeseries_is_its_definition(void **state) {
  (void)state;
  split_run_twin(timeseries);
}

static void rolling_is_its_definition(void **state) {
  (void)state;
  split_run_twin(rolling);
}

static void purged_is_its_definition(void **state) {
  (void)state;
  split_run_twin(purged);
}

static void kx_is_its_definition(void **state) {
  (void)state;
  split_run_twin(kx);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(timeseries_is_its_definition),
      cmocka_unit_test(rolling_is_its_definition),
      cmocka_unit_test(purged_is_its_definition),
      cmocka_unit_test(kx_is_its_definition),
  };
  return cmocka_run_group_tests_name("split_time", tests, NULL, NULL);
}
