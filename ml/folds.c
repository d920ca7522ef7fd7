/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Folds: their rows, and the bytes that mean them. */
#include <ml/folds.h>
#include <stdlib.h>
#include <string.h>

const uint32_t *ml_folds_test(const ml_folds *folds, size_t i, size_t *n) {
  ml_run test = folds->folds[i].test;
  *n = test.n;
  return folds->rows + test.first;
}

size_t ml_folds_n_train(const ml_folds *folds, size_t i) {
  const ml_fold *fold = &folds->folds[i];
  return fold->trains_others ? ml_folds_n_members(folds) - fold->test.n
                             : fold->train[0].n + fold->train[1].n;
}

/* Members and test ascend: one pass over both. */
static void put_others(const ml_folds *folds, const ml_fold *fold, uint32_t *rows) {
  const uint32_t *test = folds->rows + fold->test.first, *end = test + fold->test.n;
  size_t n = ml_folds_n_members(folds);
  for (size_t m = 0; m < n; m++) {
    const uint32_t row = ml_folds_member(folds, m);
    if (test < end && *test == row)
      test++;
    else
      *rows++ = row;
  }
}

void ml_folds_train(const ml_folds *folds, size_t i, uint32_t *rows) {
  const ml_fold *fold = &folds->folds[i];
  if (fold->trains_others) {
    put_others(folds, fold, rows);
    return;
  }
  for (size_t part = 0; part < 2; part++) {
    ml_run run = fold->train[part];
    if (run.n) memcpy(rows, folds->rows + run.first, run.n * sizeof *rows);
    rows += run.n;
  }
}

bool ml_folds_are_partition(const ml_folds *folds) {
  size_t n = ml_folds_n_members(folds), a_repeat = folds->n / folds->n_repeats;
  uint32_t *seen = calloc(folds->n_rows ? folds->n_rows : 1, sizeof *seen);
  bool are = seen != NULL;
  for (size_t r = 0; r < folds->n_repeats && are; r++) {
    size_t n_tested = 0;
    for (size_t k = r * a_repeat; k < (r + 1) * a_repeat && are; k++) {
      size_t n_test;
      const uint32_t *test = ml_folds_test(folds, k, &n_test);
      for (size_t i = 0; i < n_test && are; i++) {
        are = seen[test[i]] == r;
        seen[test[i]] = (uint32_t)r + 1;
      }
      n_tested += n_test;
    }
    are = are && n_tested == n;
  }
  free(seen);
  return are;
}

/* ---- bytes ----------------------------------------------------------------------------------- */

/* What comes first; then the folds, the rows, the members. */
typedef struct packed {
  uint64_t n_rows, n, n_repeats, n_listed, n_members, has_members;
} packed;

size_t ml_folds_packed_size(const ml_folds *folds) {
  return sizeof(packed) + folds->n * sizeof(ml_fold) +
         (folds->n_listed + folds->n_members) * sizeof(uint32_t);
}

void ml_folds_pack(const ml_folds *folds, void *out) {
  const packed head = {folds->n_rows,   folds->n,         folds->n_repeats,
                       folds->n_listed, folds->n_members, folds->members != NULL};
  char *to = out;
  memcpy(to, &head, sizeof head);
  to += sizeof head;
  memcpy(to, folds->folds, folds->n * sizeof *folds->folds);
  to += folds->n * sizeof *folds->folds;
  if (folds->n_listed) memcpy(to, folds->rows, folds->n_listed * sizeof *folds->rows);
  to += folds->n_listed * sizeof *folds->rows;
  if (folds->n_members) memcpy(to, folds->members, folds->n_members * sizeof *folds->members);
}

static bool is_within(ml_run run, size_t n) {
  return run.first <= n && run.n <= n - run.first;
}

static bool are_below(const uint32_t *x, size_t n, size_t limit) {
  for (size_t i = 0; i < n; i++)
    if (x[i] >= limit) return false;
  return true;
}

static bool ascend(const uint32_t *x, size_t n) {
  for (size_t i = 1; i < n; i++)
    if (x[i - 1] >= x[i]) return false;
  return true;
}

static bool is_member(const ml_folds *f, uint32_t row) {
  size_t low = 0, high = f->n_members;
  if (!f->members) return true;
  while (low < high) {
    size_t middle = low + (high - low) / 2;
    if (f->members[middle] < row)
      low = middle + 1;
    else
      high = middle;
  }
  return low < f->n_members && f->members[low] == row;
}

/* What put_others() relies on: with it, as many rows are left as n_train says. */
static bool leaves_others(const ml_folds *f, const ml_fold *fold) {
  const uint32_t *test = f->rows + fold->test.first;
  if (fold->train[0].n || fold->train[1].n || !ascend(test, fold->test.n)) return false;
  for (size_t i = 0; i < fold->test.n; i++)
    if (!is_member(f, test[i])) return false;
  return true;
}

/* Every place and row number is checked, for bytes may come from anywhere. */
static bool is_sound(const ml_folds *f) {
  if (!f->n_repeats || f->n % f->n_repeats || f->n_rows > UINT32_MAX) return false;
  if (!are_below(f->rows, f->n_listed, f->n_rows) ||
      !are_below(f->members, f->n_members, f->n_rows) || !ascend(f->members, f->n_members))
    return false;
  for (size_t i = 0; i < f->n; i++) {
    const ml_fold *fold = &f->folds[i];
    if (!is_within(fold->test, f->n_listed) || !is_within(fold->train[0], f->n_listed) ||
        !is_within(fold->train[1], f->n_listed) || fold->repeat != i / (f->n / f->n_repeats) ||
        (fold->trains_others && !leaves_others(f, fold)))
      return false;
  }
  return true;
}

ml_status ml_folds_unpack(const void *bytes, size_t n, ml_folds *out, ml_error *err) {
  packed head;
  const char *at = (const char *)bytes + sizeof head;
  ml_folds f = {0};
  bool ok = n >= sizeof head;
  if (ok) {
    memcpy(&head, bytes, sizeof head);
    size_t left = n - sizeof head;
    ok = head.n <= left / sizeof(ml_fold) && head.n_listed <= left / sizeof(uint32_t) &&
         head.n_members <= left / sizeof(uint32_t) &&
         left == head.n * sizeof(ml_fold) + (head.n_listed + head.n_members) * sizeof(uint32_t);
  }
  if (ok) {
    f = (ml_folds){.n_rows = head.n_rows,
                   .n = head.n,
                   .n_repeats = head.n_repeats,
                   .folds = (const ml_fold *)(const void *)at,
                   .n_listed = head.n_listed,
                   .n_members = head.n_members};
    f.rows = (const uint32_t *)(const void *)(at + head.n * sizeof(ml_fold));
    f.members = head.has_members ? f.rows + head.n_listed : NULL;
    ok = head.has_members <= 1 && (head.has_members || !head.n_members) && is_sound(&f);
  }
  if (!ok) return ml_error_set(err, ML_ERR_PARSE, "no folds of ours");
  *out = f;
  return ML_OK;
}

void ml_folds_free(ml_folds *folds) {
  if (!folds) return;
  free(folds->memory);
  free(folds);
}
