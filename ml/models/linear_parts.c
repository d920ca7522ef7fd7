/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Sums of squares and products of the rows that the same folds train on. */
#include <stdlib.h>
#include <string.h>

#include "atoms.h"
#include "linear_parts.h"

#define ATOMS_PER_FOLD 4                   /* more are not worth it: each fold would add too many */
#define ROWS_PER_ATOM  4                   /* fewer are as soon summed up again */
#define BYTES_MAX      ((size_t)256 << 20) /* of all parts, unless the features take as many */

static ml_status find_atoms(const ml_folds *folds, atoms *set, ml_error *err) {
  return atoms__find(folds, ATOMS_PER_FOLD * folds->n, set, err);
}

/* A part: shift (p + 1), gram ((p + 2)^2). */
static size_t doubles_of(const ml_cv *cv) {
  size_t p = cv->all.n_columns;
  return p + 1 + (p + 2) * (p + 2);
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
  atoms set;
  *n_parts = *part_bytes = 0;
  if (folds->n < 2 || p >= n || linear__are_as_many(cv)) return ML_OK;
  ml_status status = find_atoms(folds, &set, err);
  size_t parts = set.n * n_kinds(cv, names, &with), bytes = doubles_of(cv) * sizeof(double);
  size_t limit = n * p * sizeof(double) > BYTES_MAX ? n * p * sizeof(double) : BYTES_MAX;
  if (status == ML_OK && parts && set.n <= n / ROWS_PER_ATOM && bytes <= limit / parts) {
    *n_parts = parts;
    *part_bytes = bytes;
  }
  atoms__release(&set);
  return status;
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
  const size_t p = cv->all.n_columns;
  double *shift = out, *gram = shift + p + 1;
  bool with;
  atoms set;
  const size_t kinds = n_kinds(cv, names, &with);
  ml_status status = find_atoms(cv->folds, &set, err);
  uint32_t *rows = calloc(cv->folds->n_rows + 1, sizeof *rows);
  if (status == ML_OK && !rows) status = ml_error_memory(err);
  if (status == ML_OK) {
    ml_view view = cv->all;
    view.n = atoms__rows(&set, part / kinds, rows);
    view.rows = rows;
    memset(gram, 0, (p + 2) * (p + 2) * sizeof *gram);
    status = shift_of_all(cv, with && part % kinds == 0, shift, err);
    if (status == ML_OK) status = gram_of(&view, shift, gram, err);
  }
  free(rows);
  atoms__release(&set);
  return status;
}

ml_status linear__add_parts(const ml_cv *cv, const linear_names *names, const void *shared,
                            size_t fold, bool has_intercept, double *shift, double *sum,
                            ml_error *err) {
  const size_t p = cv->all.n_columns, bytes = (doubles_of(cv) * sizeof(double) + 63) / 64 * 64;
  bool with;
  atoms set;
  const size_t kinds = n_kinds(cv, names, &with), kind = with && !has_intercept;
  ml_status status = find_atoms(cv->folds, &set, err);
  uint32_t *uses = calloc(set.n + 1, sizeof *uses);
  if (status == ML_OK && !uses) status = ml_error_memory(err);
  if (status == ML_OK) atoms__uses(&set, fold, uses);
  for (size_t atom = 0; atom < set.n && status == ML_OK; atom++) {
    const char *at = (const char *)shared + (atom * kinds + kind) * bytes;
    const double *from = (const double *)(const void *)at, *gram = from + p + 1, times = uses[atom];
    if (!atom) memcpy(shift, from, (p + 1) * sizeof *shift);
    for (size_t i = 0; uses[atom] && i < (p + 2) * (p + 2); i++) sum[i] += times * gram[i];
  }
  free(uses);
  atoms__release(&set);
  return status;
}

ml_status linear__part_of_test(const ml_cv *cv, const linear_names *names, const void *shared,
                               size_t fold, bool has_intercept, const double **at, ml_error *err) {
  const size_t bytes = (doubles_of(cv) * sizeof(double) + 63) / 64 * 64;
  bool with;
  atoms set;
  const size_t kinds = n_kinds(cv, names, &with), kind = with && !has_intercept;
  *at = NULL;
  if (!shared || linear__are_as_many(cv)) return ML_OK;
  ml_status status = find_atoms(cv->folds, &set, err);
  if (status == ML_OK && set.n == cv->folds->n && !set.of) {
    const char *part = (const char *)shared + (fold * kinds + kind) * bytes;
    *at = (const double *)(const void *)part;
  }
  atoms__release(&set);
  return status;
}
