/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Folds of rows, classes and groups against slow twins that follow the definitions. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "split_cases.h"

/* ---- rows and classes ------------------------------------------------------------------------ */

static void kfold(const split_rows *r) {
  char scheme[40];
  int fold_of[ROWS];
  size_t i = 0;
  snprintf(scheme, sizeof scheme, "kfold:%zu", r->k);
  for (size_t f = 0; f < r->k; f++)
    for (size_t j = 0; j < r->n / r->k + (f < r->n % r->k); j++) fold_of[i++] = (int)f;
  if (r->k > r->n)
    split_compare(scheme, r, &split_none);
  else
    split_compare_dealt(scheme, r, fold_of, r->k);
}

static void loo(const split_rows *r) {
  int fold_of[ROWS];
  for (size_t i = 0; i < r->n; i++) fold_of[i] = (int)i;
  if (r->n < 2)
    split_compare("loo", r, &split_none);
  else
    split_compare_dealt("loo", r, fold_of, r->n);
}

/* Number of the class of row i by first appearance. */
static int number_of(const split_rows *r, size_t i) {
  int number = 0;
  for (size_t j = 0; j < r->n && r->class[j] != r->class[i]; j++) {
    bool is_new = true;
    for (size_t m = 0; m < j; m++) is_new &= r->class[m] != r->class[j];
    number += is_new;
  }
  return number;
}

static void stratified(const split_rows *r) {
  char scheme[40];
  int sorted[ROWS], fold_of[ROWS];
  size_t most = 0, n_sorted = 0;
  snprintf(scheme, sizeof scheme, "stratified:%zu", r->k);
  for (int c = 0; c < 8; c++) {
    size_t n = 0;
    for (size_t i = 0; i < r->n; i++)
      if (number_of(r, i) == c) sorted[n_sorted++] = c, n++;
    if (n > most) most = n;
  }
  for (int c = 0; c < 8; c++) {
    size_t at = 0;
    for (size_t f = 0; f < r->k; f++) {
      size_t n = 0;
      for (size_t i = f; i < r->n; i += r->k) n += sorted[i] == c;
      for (; n > 0; at++)
        if (number_of(r, at) == c) fold_of[at] = (int)f, n--;
    }
  }
  if (r->k > r->n || most < r->k)
    split_compare(scheme, r, &split_none);
  else
    split_compare_dealt(scheme, r, fold_of, r->k);
}

/* ---- groups ---------------------------------------------------------------------------------- */

static size_t size_of(const split_rows *r, int group) {
  size_t n = 0;
  for (size_t i = 0; i < r->n; i++) n += r->group[i] == group;
  return n;
}

static void place(const split_rows *r, int group, size_t f, int *fold_of) {
  for (size_t i = 0; i < r->n; i++)
    if (r->group[i] == group) fold_of[i] = (int)f;
}

static size_t rows_in(const split_rows *r, const int *fold_of, size_t f) {
  size_t n = 0;
  for (size_t i = 0; i < r->n; i++) n += fold_of[i] == (int)f;
  return n;
}

static size_t count_groups(const split_rows *r) {
  size_t n = 0;
  for (int g = 0; g < 12; g++) n += size_of(r, g) > 0;
  return n;
}

static void group(const split_rows *r) {
  char scheme[40];
  int fold_of[ROWS];
  bool placed[12] = {false};
  size_t n = count_groups(r);
  snprintf(scheme, sizeof scheme, "group:%zu", r->k);
  memset(fold_of, 0xff, sizeof fold_of);
  for (size_t step = 0; step < n; step++) {
    int largest = -1;
    size_t lightest = 0;
    for (int g = 11; g >= 0; g--)
      if (!placed[g] && (largest < 0 || size_of(r, g) > size_of(r, largest))) largest = g;
    for (size_t f = 1; f < r->k; f++)
      if (rows_in(r, fold_of, f) < rows_in(r, fold_of, lightest)) lightest = f;
    placed[largest] = true;
    place(r, largest, lightest, fold_of);
  }
  if (r->k > n)
    split_compare(scheme, r, &split_none);
  else
    split_compare_dealt(scheme, r, fold_of, r->k);
}

static void logo(const split_rows *r) {
  int fold_of[ROWS], f = 0;
  for (int g = 0; g < 12; g++)
    if (size_of(r, g)) place(r, g, (size_t)f++, fold_of);
  if (f < 2)
    split_compare("logo", r, &split_none);
  else
    split_compare_dealt("logo", r, fold_of, (size_t)f);
}

static long double deviation(const long double *x, size_t n) {
  long double mean = 0, squares = 0;
  for (size_t i = 0; i < n; i++) mean += x[i] / (long double)n;
  for (size_t i = 0; i < n; i++) squares += (x[i] - mean) * (x[i] - mean);
  return sqrtl(squares / (long double)n);
}

/* Of the counts of the classes that there are in a group. */
static long double unevenness(const split_rows *r, int group) {
  long double counts[4] = {0};
  size_t n = 0;
  for (int c = 0; c < 4; c++) {
    bool is_there = false;
    for (size_t i = 0; i < r->n; i++) {
      if (r->class[i] != c) continue;
      is_there = true;
      if (r->group[i] == group) counts[n]++;
    }
    n += is_there;
  }
  return deviation(counts, n);
}

/* Mean over classes of the deviation over folds of the share of the class. */
static long double imbalance(const split_rows *r, const int *fold_of) {
  long double sum = 0, n_classes = 0;
  for (int c = 0; c < 4; c++) {
    long double shares[MOST] = {0}, all = 0;
    for (size_t i = 0; i < r->n; i++) {
      if (r->class[i] != c) continue;
      all++;
      if (fold_of[i] >= 0) shares[fold_of[i]]++;
    }
    for (size_t f = 0; f < r->k && all > 0; f++) shares[f] /= all;
    sum += deviation(shares, r->k);
    n_classes += all > 0;
  }
  return sum / n_classes;
}

static size_t best_fold(const split_rows *r, int group, int *fold_of, size_t n_left) {
  long double eval[MOST], best = INFINITY;
  size_t chosen = SIZE_MAX, n_empty = 0;
  for (size_t f = 0; f < r->k; f++) n_empty += rows_in(r, fold_of, f) == 0;
  for (size_t f = 0; f < r->k; f++) {
    place(r, group, f, fold_of);
    eval[f] = imbalance(r, fold_of);
    place(r, group, (size_t)-1, fold_of);
    if (n_left <= n_empty && rows_in(r, fold_of, f)) eval[f] = INFINITY;
    best = fminl(best, eval[f]);
  }
  for (size_t f = 0; f < r->k; f++)
    if (eval[f] <= best + 1e-9L &&
        (chosen == SIZE_MAX || rows_in(r, fold_of, f) < rows_in(r, fold_of, chosen)))
      chosen = f;
  return chosen;
}

static void stratified_group(const split_rows *r) {
  char scheme[40];
  int fold_of[ROWS];
  bool placed[12] = {false};
  size_t n = count_groups(r), most = 0;
  snprintf(scheme, sizeof scheme, "stratified-group:%zu", r->k);
  memset(fold_of, 0xff, sizeof fold_of);
  for (int c = 0; c < 4; c++) {
    size_t of_class = 0;
    for (size_t i = 0; i < r->n; i++) of_class += r->class[i] == c;
    if (of_class > most) most = of_class;
  }
  if (r->k > r->n || r->k > n || most < r->k) {
    split_compare(scheme, r, &split_none);
    return;
  }
  for (size_t step = 0; step < n; step++) {
    int next = -1;
    for (int g = 0; g < 12; g++)
      if (!placed[g] && size_of(r, g) &&
          (next < 0 || unevenness(r, g) > unevenness(r, next) + 1e-12L))
        next = g;
    placed[next] = true;
    place(r, next, best_fold(r, next, fold_of, n - step), fold_of);
  }
  split_compare_dealt(scheme, r, fold_of, r->k);
}

static void predefined(const split_rows *r) {
  int fold_of[ROWS], n = 0;
  memset(fold_of, 0xff, sizeof fold_of);
  bool has_never = false;
  for (int given = -1; given < MOST; given++) {
    bool is_there = false;
    for (size_t i = 0; i < r->n; i++) {
      if (r->given[i] != given) continue;
      is_there = true;
      fold_of[i] = given < 0 ? -1 : n;
    }
    n += given >= 0 && is_there;
    has_never |= given < 0 && is_there;
  }
  if (n + has_never < 2 || n == 0)
    split_compare("predefined", r, &split_none);
  else
    split_compare_dealt("predefined", r, fold_of, (size_t)n);
}

static void kfold_is_its_definition(void **state) {
  (void)state;
  split_run_twin(kfold);
}

static void loo_is_its_definition(void **state) {
  (void)state;
  split_run_twin(loo);
}

static void stratified_is_its_definition(void **state) {
  (void)state;
  split_run_twin(stratified);
}

static void group_is_its_definition(void **state) {
  (void)state;
  split_run_twin(group);
}

static void logo_is_its_definition(void **state) {
  (void)state;
  split_run_twin(logo);
}

static void stratified_group_is_its_definition(void **state) {
  (void)state;
  split_run_twin(stratified_group);
}

static void predefined_is_its_definition(void **state) {
  (void)state;
  split_run_twin(predefined);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(kfold_is_its_definition),
      cmocka_unit_test(loo_is_its_definition),
      cmocka_unit_test(stratified_is_its_definition),
      cmocka_unit_test(group_is_its_definition),
      cmocka_unit_test(logo_is_its_definition),
      cmocka_unit_test(stratified_group_is_its_definition),
      cmocka_unit_test(predefined_is_its_definition),
  };
  return cmocka_run_group_tests_name("split_twins", tests, NULL, NULL);
}
