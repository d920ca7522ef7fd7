/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Which rows the same folds train on, and their sums of squares and products. */
#include <cblas.h>
#include <ml/rng.h>
#include <stdlib.h>
#include <string.h>

#include "linear_parts.h"

#define ATOMS_PER_FOLD 4                   /* more are not worth it: each fold would add too many */
#define ROWS_PER_ATOM  4                   /* fewer are as soon summed up again */
#define BYTES_MAX      ((size_t)256 << 20) /* of all parts, unless the features take as many */

/* ---- atoms ----------------------------------------------------------------------------------- */

/* Sets of rows that are trained on by the same folds, equally often. */
typedef struct atoms {
  size_t n;
  uint32_t *of;   /* n_rows: the atom of a row; NO_ATOM: no fold trains on it. NULL: the atoms are
                     the tests of the folds, and each fold trains on all others */
  uint64_t *keys; /* n: sum of a key of each fold that trains on it */
} atoms;

#define NO_ATOM UINT32_MAX

static uint64_t key_of(size_t fold) {
  return ml_rng_mix(fold);
}

static void release_atoms(atoms *a) {
  free(a->of);
  free(a->keys);
}

/* The tests have as many rows as there are, and all of them ascend, as those of KFold do: then each
 * is there once. */
static bool do_ascend(const ml_folds *folds) {
  uint64_t next = 0;
  size_t n_tested = 0, n_members = folds->members ? folds->n_members : folds->n_rows;
  for (size_t k = 0; k < folds->n; k++) {
    size_t n;
    const uint32_t *test = ml_folds_test(folds, k, &n);
    n_tested += n;
    for (size_t i = 0; i < n; i++) {
      if (test[i] < next) return false;
      next = (uint64_t)test[i] + 1;
    }
  }
  return n_tested == n_members;
}

/* Folds that are the others of tests of which no two share a row. */
static bool are_plain(const ml_folds *folds) {
  for (size_t k = 0; k < folds->n; k++)
    if (!folds->folds[k].trains_others) return false;
  return do_ascend(folds) || (folds->n_repeats == 1 && ml_folds_are_partition(folds));
}

/* The sum of the keys of the folds that train on a row, times how often. */
static void sum_keys(const ml_folds *folds, uint64_t *sums, uint32_t *rows) {
  uint64_t others = 0;
  size_t n_members = folds->members ? folds->n_members : folds->n_rows;
  for (size_t k = 0; k < folds->n; k++)
    if (folds->folds[k].trains_others) others += key_of(k);
  for (size_t i = 0; i < n_members; i++) sums[folds->members ? folds->members[i] : i] = others;
  for (size_t k = 0; k < folds->n; k++) {
    size_t n;
    bool is_rest = folds->folds[k].trains_others;
    const uint32_t *test = ml_folds_test(folds, k, &n);
    if (!is_rest) {
      n = ml_folds_n_train(folds, k);
      ml_folds_train(folds, k, rows);
      test = rows;
    }
    uint64_t key = is_rest ? -key_of(k) : key_of(k);
    for (size_t i = 0; i < n; i++) sums[test[i]] += key;
  }
}

/* Number the sums in the order of their first rows, up to `limit` of them. */
static void number_sums(const uint64_t *sums, size_t n_rows, size_t limit, atoms *a) {
  for (size_t i = 0; i < n_rows && a->n <= limit; i++) {
    size_t at = 0;
    a->of[i] = NO_ATOM;
    if (!sums[i]) continue;
    if (i && sums[i] == sums[i - 1])
      at = a->of[i - 1];
    else
      while (at < a->n && a->keys[at] != sums[i]) at++;
    if (at == a->n && a->n++ < limit) a->keys[at] = sums[i];
    a->of[i] = (uint32_t)at;
  }
}

/* More than the limit: n is limit + 1. */
static ml_status find_atoms(const ml_folds *folds, atoms *a, ml_error *err) {
  const size_t limit = ATOMS_PER_FOLD * folds->n;
  *a = (atoms){.n = folds->n};
  if (are_plain(folds)) return ML_OK;
  size_t n_train = 1;
  for (size_t k = 0; k < folds->n; k++)
    if (ml_folds_n_train(folds, k) > n_train) n_train = ml_folds_n_train(folds, k);
  uint64_t *sums = calloc(folds->n_rows + 1, sizeof *sums);
  uint32_t *rows = calloc(n_train, sizeof *rows);
  *a = (atoms){.of = calloc(folds->n_rows + 1, sizeof *a->of),
               .keys = calloc(limit, sizeof *a->keys)};
  bool ok = sums && rows && a->of && a->keys;
  if (ok) {
    sum_keys(folds, sums, rows);
    number_sums(sums, folds->n_rows, limit, a);
  }
  free(sums);
  free(rows);
  if (ok) return ML_OK;
  release_atoms(a);
  return ml_error_memory(err);
}

/* The rows of an atom: room for n_rows. @return how many */
static size_t rows_of_atom(const ml_folds *folds, const atoms *a, size_t atom, uint32_t *rows) {
  size_t n = 0;
  if (a->of) {
    for (size_t i = 0; i < folds->n_rows; i++)
      if (a->of[i] == atom) rows[n++] = (uint32_t)i;
  } else {
    const uint32_t *test = ml_folds_test(folds, atom, &n);
    if (n) memcpy(rows, test, n * sizeof *rows);
  }
  return n;
}

/* How often each fold trains on an atom, which is as often as on its first row. */
static void count_uses(const ml_folds *folds, const atoms *a, size_t atom, const uint32_t *rows,
                       size_t n, uint32_t *train, double *uses) {
  for (size_t k = 0; k < folds->n; k++) {
    uses[k] = !a->of && k != atom;
    if (!a->of || !n) continue;
    size_t n_listed = ml_folds_n_train(folds, k);
    const uint32_t *listed = train;
    bool is_rest = folds->folds[k].trains_others;
    if (is_rest) {
      listed = ml_folds_test(folds, k, &n_listed);
      uses[k] = 1;
    } else {
      ml_folds_train(folds, k, train);
    }
    for (size_t i = 0; i < n_listed; i++)
      if (listed[i] == rows[0]) uses[k] += is_rest ? -1 : 1;
  }
}

/* ---- parts ----------------------------------------------------------------------------------- */

/* A part: the number of atoms, uses (n_folds), shift (p + 1), gram ((p + 2)^2). */
static size_t doubles_of(const ml_cv *cv) {
  size_t p = cv->all.n_columns;
  return 1 + cv->folds->n + p + 1 + (p + 2) * (p + 2);
}

/* One for the candidates with an intercept, one for those without. */
static size_t n_kinds(const ml_cv *cv, const linear_names *names, bool *with_first) {
  bool with = false, without = false;
  for (size_t c = 0; c < cv->n_candidates; c++) {
    bool has = linear__param(cv, names, c, names->fit_intercept, 1) != 0;
    with |= has;
    without |= !has;
  }
  *with_first = with;
  return (size_t)with + without;
}

ml_status linear__parts_size(const ml_cv *cv, const linear_names *names, size_t *n_parts,
                             size_t *part_bytes, ml_error *err) {
  const ml_folds *folds = cv->folds;
  const size_t p = cv->all.n_columns, n = cv->all.n;
  bool with;
  atoms a;
  *n_parts = *part_bytes = 0;
  if (folds->n < 2 || p >= n) return ML_OK;
  ml_status status = find_atoms(folds, &a, err);
  if (status != ML_OK) return status;
  size_t parts = a.n * n_kinds(cv, names, &with), bytes = doubles_of(cv) * sizeof(double);
  size_t limit = n * p * sizeof(double) > BYTES_MAX ? n * p * sizeof(double) : BYTES_MAX;
  if (a.n <= ATOMS_PER_FOLD * folds->n && a.n <= n / ROWS_PER_ATOM && bytes <= limit / parts) {
    *n_parts = parts;
    *part_bytes = bytes;
  }
  release_atoms(&a);
  return ML_OK;
}

/* Rows without weight change no sum: a view of them alone has a Gram matrix of zeros. */
static ml_status gram_of(const ml_view *view, const double *shift, double *gram, ml_error *err) {
  linear_rows rows;
  ml_error ignored = {0};
  ml_status status = linear__rows_init(&rows, view, false, &ignored);
  if (status == ML_ERR_NUMERIC) return ML_OK;
  if (status != ML_OK) return ml_error_memory(err);
  double *block = linear__new(LINEAR_BLOCK_ROWS, rows.p + 2);
  memcpy(rows.shift, shift, (rows.p + 1) * sizeof *shift);
  if (block) linear__add_gram(&rows, block, gram);
  free(block);
  linear__rows_release(&rows);
  return block ? ML_OK : ml_error_memory(err);
}

/* The same shifts for all atoms: near the means of all members. */
static ml_status shift_of_all(const ml_cv *cv, bool has_intercept, double *shift, ml_error *err) {
  linear_rows rows;
  ml_status status = linear__rows_init(&rows, &cv->all, has_intercept, err);
  if (status != ML_OK) return status;
  memcpy(shift, rows.shift, (rows.p + 1) * sizeof *shift);
  linear__rows_release(&rows);
  return ML_OK;
}

ml_status linear__part(const ml_cv *cv, const linear_names *names, size_t part, void *out,
                       ml_error *err) {
  const ml_folds *folds = cv->folds;
  const size_t p = cv->all.n_columns;
  double *uses = (double *)out + 1, *shift = uses + folds->n, *gram = shift + p + 1;
  bool with;
  atoms a;
  const size_t kinds = n_kinds(cv, names, &with);
  ml_status status = find_atoms(folds, &a, err);
  if (status != ML_OK) return status;
  size_t n_train = folds->n_rows + 1;
  for (size_t k = 0; k < folds->n; k++)
    if (ml_folds_n_train(folds, k) > n_train) n_train = ml_folds_n_train(folds, k);
  uint32_t *rows = calloc(folds->n_rows + 1, sizeof *rows), *train = calloc(n_train, sizeof *train);
  if (!rows || !train) {
    status = ml_error_memory(err);
  } else {
    ml_view view = cv->all;
    view.n = rows_of_atom(folds, &a, part / kinds, rows);
    view.rows = rows;
    *(double *)out = (double)a.n;
    count_uses(folds, &a, part / kinds, rows, view.n, train, uses);
    memset(gram, 0, (p + 2) * (p + 2) * sizeof *gram);
    status = shift_of_all(cv, with && part % kinds == 0, shift, err);
    if (status == ML_OK) status = gram_of(&view, shift, gram, err);
  }
  free(rows);
  free(train);
  release_atoms(&a);
  return status;
}

void linear__add_parts(const ml_cv *cv, const linear_names *names, const void *shared, size_t fold,
                       bool has_intercept, double *shift, double *sum) {
  const size_t p = cv->all.n_columns, bytes = (doubles_of(cv) * sizeof(double) + 63) / 64 * 64;
  const size_t n_atoms = (size_t) * (const double *)shared;
  bool with;
  const size_t kinds = n_kinds(cv, names, &with), kind = with && !has_intercept;
  for (size_t atom = 0; atom < n_atoms; atom++) {
    const char *at = (const char *)shared + (atom * kinds + kind) * bytes;
    const double *uses = (const double *)(const void *)at + 1, *from = uses + cv->folds->n;
    const double *gram = from + p + 1;
    if (!atom) memcpy(shift, from, (p + 1) * sizeof *shift);
    for (size_t i = 0; uses[fold] != 0 && i < (p + 2) * (p + 2); i++)
      sum[i] += uses[fold] * gram[i];
  }
}
