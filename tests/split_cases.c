/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Random rows, and what a slow twin says of their folds. */
#include "split_cases.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static uint64_t random_state = 20240611;

int split_below(int n) {
  return (int)(next_random(&random_state) >> 33) % n;
}

static ml_levels make_levels(const int *codes, size_t n) {
  char text[ROWS][12];
  const char *cells[ROWS];
  ml_levels levels;
  for (size_t i = 0; i < n; i++) {
    snprintf(text[i], sizeof text[i], "%d", codes[i]);
    cells[i] = text[i];
  }
  assert_int_equal(ml_levels_make(cells, n, &levels, NULL), ML_OK);
  return levels;
}

static void make_rows(split_rows *r) {
  int class[ROWS], group[ROWS], given[ROWS], n_classes = 1 + split_below(4),
                                             n_groups = 1 + split_below(12);
  size_t n_rows = 4 + (size_t)split_below(ROWS - 4);
  double *start = calloc(2 * n_rows, sizeof *start), *end = start + n_rows;
  memset(r, 0, sizeof *r);
  r->k = 2 + (size_t)split_below(MOST - 2);
  bool takes_all = split_below(2);
  for (size_t i = 0; i < n_rows; i++) {
    class[i] = split_below(n_classes) * split_below(2);
    group[i] = split_below(n_groups);
    given[i] = split_below((int)r->k + 1) - 1;
    start[i] = split_below(30);
    end[i] = start[i] + split_below(6);
    if (!takes_all && split_below(4) == 0) continue;
    r->members[r->n] = (uint32_t)i;
    r->class[r->n] = class[i];
    r->group[r->n] = group[i];
    r->given[r->n] = given[i];
    r->start[r->n] = start[i];
    r->end[r->n++] = end[i];
  }
  r->data = (ml_dataset){.n_rows = n_rows,
                         .classes = make_levels(class, n_rows),
                         .groups = make_levels(group, n_rows),
                         .predefined = make_levels(given, n_rows),
                         .start = start,
                         .end = end};
}

static void release(split_rows *r) {
  ml_levels_release(&r->data.classes);
  ml_levels_release(&r->data.groups);
  ml_levels_release(&r->data.predefined);
  free(r->data.start);
}

/* ---- comparison ------------------------------------------------------------------------------ */

static size_t n_equal, n_refused;

static void expect_list(const char *scheme, const split_rows *r, const uint32_t *got, size_t n,
                        const size_t *want, size_t n_want) {
  if (n != n_want) fail_msg("%s: %zu rows, not %zu", scheme, n, n_want);
  for (size_t i = 0; i < n; i++)
    if (got[i] != r->members[want[i]])
      fail_msg("%s: row %zu is %u, not %u", scheme, i, got[i], r->members[want[i]]);
}

/* @param want  no folds: it cannot be */
void split_compare(const char *scheme, const split_rows *r, const split_expected *want) {
  ml_folds *folds = NULL;
  ml_error err = {0};
  uint32_t train[ROWS];
  bool are_all = r->n == r->data.n_rows;
  ml_status status =
      ml_split(scheme, &r->data, are_all ? NULL : r->members, r->n, NULL, &folds, &err);
  if (want->n == 0) {
    if (status != ML_ERR_USAGE) fail_msg("%s of %zu rows is not refused", scheme, r->n);
    n_refused++;
    return;
  }
  if (status != ML_OK) fail_msg("%s", err.message);
  assert_int_equal(folds->n, want->n);
  for (size_t f = 0; f < folds->n; f++) {
    size_t n_test;
    const uint32_t *test = ml_folds_test(folds, f, &n_test);
    expect_list(scheme, r, test, n_test, want->test[f], want->n_test[f]);
    ml_folds_train(folds, f, train);
    expect_list(scheme, r, train, ml_folds_n_train(folds, f), want->train[f], want->n_train[f]);
  }
  n_equal++;
  ml_folds_free(folds);
}

/* Folds in which every row is trained on that is not tested. */
void split_compare_dealt(const char *scheme, const split_rows *r, const int *fold_of, size_t k) {
  split_expected want = {.n = k};
  for (size_t f = 0; f < k; f++)
    for (size_t i = 0; i < r->n; i++)
      if (fold_of[i] == (int)f)
        want.test[f][want.n_test[f]++] = i;
      else
        want.train[f][want.n_train[f]++] = i;
  split_compare(scheme, r, &want);
}

const split_expected split_none;

void split_run_twin(void (*twin)(const split_rows *)) {
  enum { CASES = 400 };
  n_equal = n_refused = 0;
  for (size_t i = 0; i < CASES; i++) {
    split_rows r;
    make_rows(&r);
    if (r.n) twin(&r);
    release(&r);
  }
  assert_true(n_equal > CASES / 4);
  assert_true(n_refused > 0);
}
