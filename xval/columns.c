/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The columns that a run uses: texts that no step takes are left out, missing values refused. */
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <ml/prep_takes.h>

#include "run.h"

void *run__alloc(xval_run *run, size_t n, size_t size) {
  size_t bytes;
  if (__builtin_mul_overflow(n + 1, size, &bytes)) return NULL;
  void *memory = ml_arena_alloc(run->arena, bytes);
  if (memory) memset(memory, 0, bytes);
  return memory;
}

char *run__text(xval_run *run, const char *text) {
  size_t n = strlen(text) + 1;
  char *copy = run__alloc(run, n, 1);
  if (copy) memcpy(copy, text, n);
  return copy;
}

ml_status run__warn(xval_run *run, const char *format, ...) {
  ml_xval_result *r = run->result;
  char *line = NULL;
  va_list args;
  va_start(args, format);
  int n = vasprintf(&line, format, args);
  va_end(args);
  char **warnings = reallocarray(r->warnings, r->n_warnings + 1, sizeof *warnings);
  if (warnings) r->warnings = warnings;
  if (n < 0 || !warnings) {
    if (n >= 0) free(line);
    return ML_ERR_MEMORY;
  }
  r->warnings[r->n_warnings++] = line;
  return ML_OK;
}

static const char *name_of(const ml_dataset *d, size_t j, char *room, size_t size) {
  if (d->names && d->names[j]) return d->names[j];
  snprintf(room, size, "x%zu", j);
  return room;
}

/* ---- columns --------------------------------------------------------------------------------- */

static bool is_text(const ml_dataset *d, size_t j) {
  return d->categories && d->categories[j].n > 0;
}

static bool is_left_out(const xval_run *run, size_t j) {
  char room[32];
  return is_text(run->given, j) &&
         !ml_prep_has(run->opts->prep, "one-hot", name_of(run->given, j, room, sizeof room));
}

static ml_status keep_some(xval_run *run, size_t n_kept, ml_error *err) {
  const ml_dataset *d = run->given;
  size_t n = d->n_rows, bytes, at = 0;
  if (__builtin_mul_overflow(n * n_kept, sizeof *run->x, &bytes)) return ml_error_memory(err);
  run->x = malloc(bytes + 1);
  run->names = calloc(n_kept + 1, sizeof *run->names);
  run->categories = calloc(n_kept + 1, sizeof *run->categories);
  if (!run->x || !run->names || !run->categories) return ml_error_memory(err);
  for (size_t j = 0; j < d->n_features; j++) {
    char room[32];
    const char *name = name_of(d, j, room, sizeof room);
    if (is_left_out(run, j)) {
      bool is_plain = name[strcspn(name, ",\"")] == 0;
      if (run__warn(run, "column '%s' is text and left out: --prep one-hot%s%s takes it", name,
                    is_plain ? "=" : "", is_plain ? name : "") != ML_OK)
        return ml_error_memory(err);
      continue;
    }
    if (n) memcpy(run->x + at * n, d->x + j * n, n * sizeof *run->x);
    if (d->names) run->names[at] = d->names[j];
    run->categories[at++] = d->categories[j];
  }
  ml_dataset *used = &run->plan.data;
  used->n_features = n_kept;
  used->x = run->x;
  used->block = NULL;
  used->names = d->names ? run->names : NULL;
  used->categories = run->categories;
  return ML_OK;
}

ml_status columns__use(xval_run *run, ml_error *err) {
  const ml_dataset *d = run->given;
  size_t n_kept = 0;
  run->plan.data = *d;
  for (size_t j = 0; j < d->n_features; j++) n_kept += !is_left_out(run, j);
  if (n_kept == 0 && !(run->plan.model->traits & ML_MODEL_FEATURELESS))
    return ml_error_at(
        err, ML_ERR_USAGE, d->source, 0, 0,
        d->n_features ? "every feature is text: --prep one-hot takes them" : "there is no feature");
  ml_status status = n_kept < d->n_features ? keep_some(run, n_kept, err) : ML_OK;
  if (status == ML_OK && run->opts->prep)
    status = ml_prep_check(run->opts->prep, &run->plan.data, err);
  return status;
}

ml_status columns__check(const xval_run *run, ml_error *err) {
  return prep__check_values(run->opts->prep, run->plan.model, &run->plan.data, err);
}

/* ---- columns of nothing ---------------------------------------------------------------------- */

/* Up to so many are named one by one. */
enum { EMPTY_SHOWN = 3 };

static bool has_finite(const double *x, const uint32_t *rows, size_t n) {
  for (size_t i = 0; i < n; i++)
    if (isfinite(x[rows[i]])) return true;
  return false;
}

/* @param n_finite  values of the column in all rows that take part */
static bool is_empty_in(const ml_folds *folds, size_t k, const double *x, size_t n_finite) {
  const ml_fold *fold = &folds->folds[k];
  if (n_finite == 0) return true;
  if (!fold->trains_others)
    return !has_finite(x, folds->rows + fold->train[0].first, fold->train[0].n) &&
           !has_finite(x, folds->rows + fold->train[1].first, fold->train[1].n);
  if (fold->test.n < n_finite) return false;
  const uint32_t *test = folds->rows + fold->test.first;
  for (size_t i = 0; i < fold->test.n && n_finite > 0; i++) n_finite -= isfinite(x[test[i]]) != 0;
  return n_finite == 0;
}

static size_t count_finite(const ml_folds *folds, const double *x) {
  size_t n = folds->members ? folds->n_members : folds->n_rows, n_finite = 0;
  for (size_t i = 0; i < n; i++)
    n_finite += isfinite(x[folds->members ? folds->members[i] : i]) != 0;
  return n_finite;
}

/* @return in how many folds; @param[out] first  of them */
static size_t count_empty(const ml_folds *folds, const double *x, size_t *first) {
  size_t n = 0, n_finite = count_finite(folds, x);
  for (size_t k = 0; k < folds->n; k++)
    if (is_empty_in(folds, k, x, n_finite) && n++ == 0) *first = k;
  return n;
}

typedef struct empty_column {
  size_t column, n_folds, first; /* in so many folds, and the first of them */
} empty_column;

static ml_status tell_empty(xval_run *run, const empty_column *e, size_t of) {
  char where[64] = "any fold", room[32];
  if (e->n_folds == 1 && of > 1)
    snprintf(where, sizeof where, "fold %zu", e->first);
  else if (e->n_folds < of)
    snprintf(where, sizeof where, "%zu folds, such as %zu", e->n_folds, e->first);
  return run__warn(run,
                   "column '%s' has no value in the training rows of %s: impute makes it 0 there",
                   name_of(&run->plan.data, e->column, room, sizeof room), where);
}

/* Counts each fold once, whichever candidates are fitted in it. */
ml_status columns__warn_irrelevant(xval_run *run, ml_error *err) {
  const xval_plan *plan = &run->plan;
  size_t n = 0, n_done = 0;
  if (!ml_prep_has(run->opts->prep, "select", NULL)) return ML_OK;
  for (size_t s = 0; s < plan->n_scenes; s++)
    for (size_t f = 0; f < plan->scenes[s].folds.n; f++) {
      bool is_done = false, is_irrelevant = false;
      for (size_t c = 0; c < plan->n_candidates; c++) {
        const ml_fold_result *fit = run__fit(run, s, c, f);
        is_done |= fit->state == ML_FOLD_DONE;
        is_irrelevant |= fit->state == ML_FOLD_DONE && fit->is_irrelevant;
      }
      n_done += is_done;
      n += is_irrelevant;
    }
  if (n == 0) return ML_OK;
  const ml_status status =
      run__warn(run,
                "no feature is relevant in the training rows of %zu of %zu fold%s: select takes "
                "the one with the least p-value there",
                n, n_done, n_done == 1 ? "" : "s");
  return status == ML_OK ? ML_OK : ml_error_memory(err);
}

ml_status columns__warn_empty(xval_run *run, ml_error *err) {
  const ml_dataset *d = &run->plan.data;
  const ml_folds *folds = &run->plan.scenes[run->main == SIZE_MAX ? run->final : run->main].folds;
  empty_column empty[EMPTY_SHOWN];
  size_t n = 0;
  char room[32];
  ml_status status = ML_OK;
  if (!ml_prep_has(run->opts->prep, "impute", NULL)) return ML_OK;
  for (size_t j = 0; j < d->n_features; j++) {
    const double *x = d->x + j * d->n_rows;
    empty_column e = {.column = j};
    if (is_text(d, j) || prep__are_finite(x, d->n_rows)) continue;
    e.n_folds = count_empty(folds, x, &e.first);
    if (e.n_folds > 0 && n++ < EMPTY_SHOWN) empty[n - 1] = e;
  }
  if (n > EMPTY_SHOWN) /* such as features that short series have not */
    status = run__warn(run,
                       "%zu columns have no value in the training rows of some fold, such as '%s': "
                       "impute makes them 0 there",
                       n, name_of(d, empty[0].column, room, sizeof room));
  for (size_t i = 0; n <= EMPTY_SHOWN && i < n && status == ML_OK; i++)
    status = tell_empty(run, &empty[i], folds->n);
  return status == ML_OK ? ML_OK : ml_error_memory(err);
}
