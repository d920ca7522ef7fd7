/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The folds of a run: those of the search, of the holdout, and within outer folds. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <ml/rng.h>

#include "early.h"

/* ---- folds made by hand ---------------------------------------------------------------------- */

/* One fold: some rows are trained on, others tested. */
static ml_folds *one_fold(size_t n_rows, const uint32_t *train, size_t n_train,
                          const uint32_t *test, size_t n_test) {
  ml_folds *folds = calloc(1, sizeof *folds);
  size_t n = n_train + n_test;
  char *memory = calloc(1, sizeof(ml_fold) + (n + 1) * sizeof(uint32_t));
  if (!folds || !memory) {
    free(folds);
    free(memory);
    return NULL;
  }
  ml_fold *fold = (ml_fold *)(void *)memory;
  uint32_t *rows = (uint32_t *)(void *)(memory + sizeof *fold);
  *fold = (ml_fold){.train = {{0, n_train}}, .test = {n_train, n_test}};
  if (n_train) memcpy(rows, train, n_train * sizeof *rows);
  if (n_test) memcpy(rows + n_train, test, n_test * sizeof *rows);
  *folds = (ml_folds){.n_rows = n_rows,
                      .n = 1,
                      .n_repeats = 1,
                      .folds = fold,
                      .rows = rows,
                      .n_listed = n,
                      .memory = memory};
  return folds;
}

/* Parts of a dataset that schemes look at, for rows in the order listed. */
typedef struct listed {
  ml_dataset data;
  uint32_t *classes, *groups, *predefined;
  double *y, *start, *end;
} listed;

static void release_listed(listed *l) {
  free(l->classes);
  free(l->groups);
  free(l->predefined);
  free(l->y);
  free(l->start);
  free(l->end);
}

static bool list_codes(uint32_t **to, uint32_t **at, const uint32_t *from, const uint32_t *rows,
                       size_t n) {
  if (!from) return true;
  if (!(*to = malloc((n + 1) * sizeof **to))) return false;
  for (size_t i = 0; i < n; i++) (*to)[i] = from[rows[i]];
  *at = *to;
  return true;
}

static bool list_reals(double **to, double **at, const double *from, const uint32_t *rows,
                       size_t n) {
  if (!from) return true;
  if (!(*to = malloc((n + 1) * sizeof **to))) return false;
  for (size_t i = 0; i < n; i++) (*to)[i] = from[rows[i]];
  *at = *to;
  return true;
}

static bool list_rows(listed *l, const ml_dataset *d, const uint32_t *rows, size_t n) {
  *l = (listed){.data = *d};
  l->data.n_rows = n;
  l->data.x = NULL;
  l->data.n_features = 0;
  return list_codes(&l->classes, &l->data.classes.codes, d->classes.codes, rows, n) &&
         list_codes(&l->groups, &l->data.groups.codes, d->groups.codes, rows, n) &&
         list_codes(&l->predefined, &l->data.predefined.codes, d->predefined.codes, rows, n) &&
         list_reals(&l->y, &l->data.y, d->y, rows, n) &&
         list_reals(&l->start, &l->data.start, d->start, rows, n) &&
         list_reals(&l->end, &l->data.end, d->end, rows, n);
}

static int compare_rows(const void *a, const void *b) {
  uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
  return x < y ? -1 : x > y;
}

/* Folds of positions in a list become folds of its rows. What trains on all others has its test in
 * ascending order, also where the list is in another. */
static ml_folds *map_folds(const ml_folds *from, const uint32_t *listed_rows, size_t n,
                           size_t n_rows) {
  ml_folds *folds = calloc(1, sizeof *folds);
  size_t n_members = from->members ? from->n_members : n;
  size_t n_bytes = from->n * sizeof(ml_fold) + (from->n_listed + n_members + 1) * sizeof(uint32_t);
  char *memory = calloc(1, n_bytes);
  if (!folds || !memory) {
    free(folds);
    free(memory);
    return NULL;
  }
  ml_fold *fold = (ml_fold *)(void *)memory;
  uint32_t *rows = (uint32_t *)(void *)(memory + from->n * sizeof *fold);
  uint32_t *members = rows + from->n_listed;
  memcpy(fold, from->folds, from->n * sizeof *fold);
  for (size_t i = 0; i < from->n_listed; i++) rows[i] = listed_rows[from->rows[i]];
  for (size_t f = 0; f < from->n; f++)
    if (fold[f].trains_others)
      qsort(rows + fold[f].test.first, fold[f].test.n, sizeof *rows, compare_rows);
  for (size_t i = 0; i < n_members; i++) members[i] = listed_rows[ml_folds_member(from, i)];
  qsort(members, n_members, sizeof *members, compare_rows);
  *folds = *from;
  folds->n_rows = n_rows;
  folds->folds = fold;
  folds->rows = rows;
  folds->members = members;
  folds->n_members = n_members;
  folds->memory = memory;
  return folds;
}

/* The inner scheme sees the training rows of an outer fold in the order in which they are listed.
 */
static ml_status split_listed(xval_run *run, const char *scheme, const uint32_t *rows, size_t n,
                              ml_folds **out, ml_error *err) {
  listed l;
  ml_folds *folds = NULL;
  const ml_split_opts opts = {.repeats = run->opts->repeats, .seed = run->opts->seed};
  ml_status status = list_rows(&l, run->given, rows, n) ? ML_OK : ml_error_memory(err);
  if (status == ML_OK) status = ml_split(scheme, &l.data, NULL, 0, &opts, &folds, err);
  if (status == ML_OK) {
    *out = map_folds(folds, rows, n, run->given->n_rows);
    if (!*out) status = ml_error_memory(err);
  }
  ml_folds_free(folds);
  release_listed(&l);
  return status;
}

/* ---- scenes ---------------------------------------------------------------------------------- */

void scenes__release(xval_run *run) {
  for (size_t i = 0; run->scenes && i < run->plan.n_scenes; i++) {
    ml_folds_free(run->scenes[i].folds);
    free(run->scenes[i].tested_at);
    free(run->scenes[i].scores);
    free(run->scenes[i].fits);
  }
  free(run->scenes);
  free(run->plan.scenes);
}

static ml_status make_room(xval_run *run, size_t n, ml_error *err) {
  run->scenes = calloc(n + 1, sizeof *run->scenes);
  run->plan.scenes = calloc(n + 1, sizeof *run->plan.scenes);
  return run->scenes && run->plan.scenes ? ML_OK : ml_error_memory(err);
}

static ml_status add_scene(xval_run *run, ml_folds *folds, uint64_t seed, ml_error *err) {
  size_t at = run->plan.n_scenes++;
  run_scene *scene = &run->scenes[at];
  run->plan.scenes[at] = (xval_scene){.folds = *folds, .seed = seed};
  run->plan.scenes[at].folds.memory = NULL;
  scene->folds = folds;
  scene->tested_at = calloc(folds->n + 1, sizeof *scene->tested_at);
  if (!scene->tested_at) return ml_error_memory(err);
  for (size_t i = 0; i < folds->n; i++)
    scene->tested_at[i + 1] = scene->tested_at[i] + folds->folds[i].test.n;
  return ML_OK;
}

static const char *scheme_of(const xval_run *run) {
  return run->opts->cv ? run->opts->cv : ml_scheme_default(run->plan.problem);
}

/* The rows that are searched, ascending, and the others. @param[out] rows  n_rows */
static size_t part_rows(const xval_run *run, uint32_t *rows) {
  size_t n = run->given->n_rows;
  size_t n_searched = (size_t)floor((double)n * (1 - run->opts->holdout));
  for (size_t i = 0; i < n; i++) rows[i] = (uint32_t)i;
  if (run->opts->holdout_shuffle) {
    ml_rng rng = ml_rng_seeded(ml_rng_derive(run->opts->seed, UINT64_MAX));
    ml_rng_shuffle(&rng, rows, n);
  }
  if (run->opts->holdout_shuffle) {
    qsort(rows, n_searched, sizeof *rows, compare_rows);
    qsort(rows + n_searched, n - n_searched, sizeof *rows, compare_rows);
  }
  return n_searched;
}

static ml_status make_search(xval_run *run, const uint32_t *members, size_t n, ml_error *err) {
  ml_folds *folds = NULL;
  ml_status status = ML_OK;
  if (run->plan.is_gcv) {
    folds = one_fold(run->given->n_rows, members, n, NULL, 0);
    if (!folds) status = ml_error_memory(err);
  } else {
    const ml_split_opts opts = {.repeats = run->opts->repeats, .seed = run->opts->seed};
    bool is_all = n == run->given->n_rows;
    status = ml_split(scheme_of(run), run->given, is_all ? NULL : members, is_all ? 0 : n, &opts,
                      &folds, err);
  }
  return status == ML_OK ? add_scene(run, folds, run->opts->seed, err) : status;
}

static ml_status make_holdout(xval_run *run, const uint32_t *rows, size_t n, ml_error *err) {
  size_t n_rows = run->given->n_rows;
  ml_folds *folds = one_fold(n_rows, rows, n, rows + n, n_rows - n);
  return folds ? add_scene(run, folds, ml_rng_derive(run->opts->seed, 1), err)
               : ml_error_memory(err);
}

/* "5" is the default scheme in 5 folds. */
static ml_status outer_scheme(const xval_run *run, char *room, size_t size, ml_error *err) {
  const char *nested = run->opts->nested, *fallback = ml_scheme_default(run->plan.problem);
  size_t n = strspn(nested, "0123456789");
  int length = n > 0 && !nested[n]
                   ? snprintf(room, size, "%.*s:%s", (int)strcspn(fallback, ":"), fallback, nested)
                   : snprintf(room, size, "%s", nested);
  if (length < 0 || (size_t)length >= size)
    return ml_error_set(err, ML_ERR_USAGE, "no such scheme: '%s'", nested);
  return ML_OK;
}

static ml_status make_inner(xval_run *run, const ml_folds *outer, ml_error *err) {
  ml_status status = ML_OK;
  for (size_t i = 0; i < outer->n && status == ML_OK; i++) {
    size_t n = ml_folds_n_train(outer, i);
    uint32_t *rows = calloc(n + 1, sizeof *rows);
    ml_folds *folds = NULL;
    if (!rows) return ml_error_memory(err);
    ml_folds_train(outer, i, rows);
    status = split_listed(run, scheme_of(run), rows, n, &folds, err);
    free(rows);
    if (status == ML_OK) status = add_scene(run, folds, ml_rng_derive(run->opts->seed, 2 + i), err);
  }
  return status;
}

static ml_status make_nested(xval_run *run, ml_error *err) {
  char scheme[256];
  ml_folds *outer = NULL;
  const ml_split_opts opts = {.repeats = 1, .seed = run->opts->seed};
  ml_status status = outer_scheme(run, scheme, sizeof scheme, err);
  if (status == ML_OK) status = ml_split(scheme, run->given, NULL, 0, &opts, &outer, err);
  if (status != ML_OK) return status;
  status = make_room(run, outer->n + 1, err);
  if (status == ML_OK) status = make_inner(run, outer, err);
  if (status != ML_OK) {
    ml_folds_free(outer);
    return status;
  }
  run->final = run->plan.n_scenes;
  return add_scene(run, outer, run->opts->seed, err);
}

/* ---- halving --------------------------------------------------------------------------------- */

static size_t least_train(const ml_folds *folds) {
  size_t least = SIZE_MAX;
  for (size_t f = 0; f < folds->n; f++) {
    size_t n = ml_folds_n_train(folds, f);
    if (n < least) least = n;
  }
  return least;
}

/* How many rows are trained on in each rung below all of them, ascending. @return how many rungs */
static size_t size_rungs(size_t n_rows, size_t least, size_t n_candidates, size_t *sizes) {
  size_t n = 0, n_left = n_candidates, down[RUNGS_MOST];
  for (size_t rows = n_rows; n_left > 1 && rows > least && n < RUNGS_MOST;) {
    rows = rows / HALVING_FACTOR < least ? least : rows / HALVING_FACTOR;
    down[n++] = rows;
    n_left = (n_left + HALVING_FACTOR - 1) / HALVING_FACTOR;
  }
  for (size_t i = 0; i < n; i++) sizes[i] = down[n - 1 - i];
  return n;
}

/* The first rows of a permutation of those that each fold trains on: small rungs are parts of large
 * ones. The tests stay as they are. */
static ml_folds *thin_folds(const ml_folds *from, size_t n_train, uint64_t seed) {
  size_t n_listed = 0, at = 0, most = 0;
  for (size_t f = 0; f < from->n; f++) {
    n_listed += n_train + from->folds[f].test.n;
    if (ml_folds_n_train(from, f) > most) most = ml_folds_n_train(from, f);
  }
  ml_folds *folds = calloc(1, sizeof *folds);
  char *memory =
      calloc(1, from->n * sizeof(ml_fold) + (n_listed + from->n_members + 1) * sizeof(uint32_t));
  uint32_t *train = calloc(most + 1, sizeof *train);
  if (!folds || !memory || !train) {
    free(folds);
    free(memory);
    free(train);
    return NULL;
  }
  ml_fold *fold = (ml_fold *)(void *)memory;
  uint32_t *rows = (uint32_t *)(void *)(memory + from->n * sizeof *fold);
  uint32_t *members = rows + n_listed;
  for (size_t f = 0; f < from->n; f++) {
    size_t n_test;
    const uint32_t *test = ml_folds_test(from, f, &n_test);
    ml_rng rng = ml_rng_seeded(ml_rng_derive(seed, f));
    ml_folds_train(from, f, train);
    ml_rng_shuffle(&rng, train, ml_folds_n_train(from, f));
    qsort(train, n_train, sizeof *train, compare_rows);
    fold[f] = (ml_fold){.train = {{at, n_train}, {at + n_train, 0}},
                        .test = {at + n_train, n_test},
                        .repeat = from->folds[f].repeat};
    memcpy(rows + at, train, n_train * sizeof *rows);
    memcpy(rows + at + n_train, test, n_test * sizeof *rows);
    at += n_train + n_test;
  }
  if (from->n_members) memcpy(members, from->members, from->n_members * sizeof *members);
  *folds = *from;
  folds->folds = fold;
  folds->rows = rows;
  folds->n_listed = n_listed;
  folds->members = from->members ? members : NULL;
  folds->memory = memory;
  free(train);
  return folds;
}

static ml_status make_rungs(xval_run *run, ml_error *err) {
  const ml_folds *main = &run->plan.scenes[run->main].folds;
  size_t sizes[RUNGS_MOST], n_rows = least_train(main), least = HALVING_LEAST;
  size_t n_classes = run->plan.problem == ML_CLASSIFICATION ? run->given->classes.n : 0;
  if (least < HALVING_LEAST_OF_CLASS * n_classes) least = HALVING_LEAST_OF_CLASS * n_classes;
  if (n_rows < 2 * least)
    return ml_error_at(err, ML_ERR_USAGE, run->given->source, 0, 0,
                       "halving needs folds that train on %zu rows or more, and one has %zu: a "
                       "race does without",
                       2 * least, n_rows);
  ml_status status = ML_OK;
  run->rungs = run->plan.n_scenes;
  run->n_rungs = size_rungs(n_rows, least, run->plan.n_candidates, sizes);
  for (size_t i = 0; i < run->n_rungs && status == ML_OK; i++) {
    uint64_t seed = ml_rng_derive(run->opts->seed, UINT64_MAX - 1);
    ml_folds *folds = thin_folds(&run->plan.scenes[run->main].folds, sizes[i], seed);
    status = folds ? add_scene(run, folds, run->opts->seed, err) : ml_error_memory(err);
  }
  return status;
}

static ml_status fail_fits(const xval_run *run, size_t n_folds, ml_error *err) {
  return ml_error_at(err, ML_ERR_MEMORY, run->given->source, 0, 0,
                     "%s: out of memory for %zu candidate%s in %zu fold%s", scheme_of(run),
                     run->plan.n_candidates, run->plan.n_candidates == 1 ? "" : "s", n_folds,
                     n_folds == 1 ? "" : "s");
}

static ml_status make_fits(xval_run *run, ml_error *err) {
  size_t m = run->plan.n_candidates, n_metrics = run->plan.n_metrics;
  for (size_t s = 0; s < run->plan.n_scenes; s++) {
    size_t n;
    run_scene *scene = &run->scenes[s];
    if (__builtin_mul_overflow(m, run->plan.scenes[s].folds.n, &n) ||
        n > SIZE_MAX / 1024 / n_metrics)
      return fail_fits(run, run->plan.scenes[s].folds.n, err);
    scene->fits = calloc(n + 1, sizeof *scene->fits);
    scene->scores = calloc(n * n_metrics + 1, sizeof *scene->scores);
    if (!scene->fits || !scene->scores) return fail_fits(run, run->plan.scenes[s].folds.n, err);
    for (size_t i = 0; i < n * n_metrics; i++) scene->scores[i] = NAN;
    for (size_t i = 0; i < n; i++)
      scene->fits[i] = (ml_fold_result){
          .state = ML_FOLD_SKIPPED, .scores = scene->scores + i * n_metrics, .why = run->no_why};
  }
  return ML_OK;
}

ml_status scenes__make(xval_run *run, ml_error *err) {
  size_t n = run->given->n_rows;
  run->main = run->final = SIZE_MAX;
  ml_status status = ML_OK;
  if (run->opts->nested) {
    status = make_nested(run, err);
    return status == ML_OK ? make_fits(run, err) : status;
  }
  uint32_t *rows = malloc((n + 1) * sizeof *rows);
  if (!rows) return ml_error_memory(err);
  status = make_room(run, 2 + RUNGS_MOST, err);
  if (status == ML_OK) {
    size_t n_searched = part_rows(run, rows);
    run->main = 0;
    if (n < 2)
      status = ml_error_at(err, ML_ERR_USAGE, run->given->source, 0, 0,
                           "there is 1 row: none is left to train on");
    else if (n_searched < 2)
      status = ml_error_at(err, ML_ERR_USAGE, run->given->source, 0, 0,
                           "a holdout of %g leaves %zu of %zu rows to search", run->opts->holdout,
                           n_searched, n);
    if (status == ML_OK) status = make_search(run, rows, n_searched, err);
    if (status == ML_OK && n_searched < n) {
      run->final = 1;
      status = make_holdout(run, rows, n_searched, err);
    }
    if (status == ML_OK && run->opts->early == ML_EARLY_HALVING) status = make_rungs(run, err);
  }
  free(rows);
  return status == ML_OK ? make_fits(run, err) : status;
}
