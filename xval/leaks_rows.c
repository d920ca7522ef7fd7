/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Risks of leakage: rows that are equal. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#define XXH_INLINE_ALL
#include <xxhash.h>

#include "leaks_internal.h"

/* Some rows with all of their values one behind another. */
typedef struct tile {
  double *values;
  size_t height, width; /* room for rows; values of each */
} tile;

/* Equal numbers have the same bits, missing ones as well. */
static inline double plain(double x) {
  return isnan(x) ? (double)NAN : x + 0.0;
}

static void fill_tile(const findings *f, size_t first, size_t n, const tile *t) {
  const ml_dataset *data = f->data;
  const size_t n_features = t->width - 1;
  for (size_t j = 0; j < n_features; j++) {
    const double *x = data->x + j * data->n_rows + first;
    for (size_t i = 0; i < n; i++) t->values[i * t->width + j] = plain(x[i]);
  }
  for (size_t i = 0; i < n; i++)
    t->values[i * t->width + n_features] =
        data->problem == ML_CLASSIFICATION ? data->classes.codes[first + i]
        : data->problem == ML_REGRESSION   ? plain(data->y[first + i])
                                           : 0;
}

/* Of the target and the first features. */
static bool hash_rows(const findings *f, size_t n_features, uint64_t *hashes) {
  enum { CELLS = 4096 };
  tile t = {.width = n_features + 1};
  t.height = t.width < CELLS ? CELLS / t.width : 1;
  t.values = reallocarray(NULL, t.height * t.width, sizeof *t.values);
  if (!t.values) return false;
  uint64_t seed; /* random, so that nobody can choose rows that collide */
  if (getrandom(&seed, sizeof seed, GRND_NONBLOCK) < 0) seed = (uint64_t)(uintptr_t)&t;
  for (size_t first = 0; first < f->data->n_rows; first += t.height) {
    const size_t left = f->data->n_rows - first, n = left < t.height ? left : t.height;
    fill_tile(f, first, n, &t);
    for (size_t i = 0; i < n; i++)
      hashes[first + i] =
          XXH3_64bits_withSeed(t.values + i * t.width, t.width * sizeof *t.values, seed);
  }
  free(t.values);
  return true;
}

static bool are_equal(const ml_dataset *data, size_t a, size_t b) {
  for (size_t j = 0; j < data->n_features; j++) {
    const double x = data->x[j * data->n_rows + a], z = data->x[j * data->n_rows + b];
    if (x != z && !(isnan(x) && isnan(z))) return false;
  }
  return data->problem == ML_CLASSIFICATION ? data->classes.codes[a] == data->classes.codes[b]
         : data->problem == ML_REGRESSION   ? data->y[a] == data->y[b]
                                            : true;
}

/* Rows that are equal, and the first two of each part. */
typedef struct copies {
  parts p;
  uint32_t (*pairs)[2]; /* room for n_rows / 2 of them */
} copies;

/* Most data have none, and need no room for them. */
static bool add_copy(const findings *f, copies *c, uint32_t first, uint32_t row) {
  const size_t n_rows = f->folds->n_rows;
  if (!c->p.of) {
    c->p.of = reallocarray(NULL, n_rows + 1, sizeof *c->p.of);
    c->pairs = reallocarray(NULL, n_rows / 2 + 1, sizeof *c->pairs);
    if (!c->p.of || !c->pairs) return false;
    memset(c->p.of, 0xFF, n_rows * sizeof *c->p.of);
  }
  if (c->p.of[first] == LEAKS_NO_PART) {
    c->pairs[c->p.n][0] = first;
    c->pairs[c->p.n][1] = row;
    c->p.of[first] = (uint32_t)c->p.n++;
  }
  c->p.of[row] = c->p.of[first];
  return true;
}

static void forget_copies(copies *c) {
  free(c->p.of);
  free(c->pairs);
  *c = (copies){0};
}

typedef enum matching { MATCHED, TOO_FEW_FEATURES, NO_MEMORY } matching;

/* A table of the first row of each content, by open addressing. Where many rows have the same hash
 * and are not equal, it is to be made of more features. */
static matching match_rows(const findings *f, const uint64_t *hashes, uint32_t *slots,
                           size_t n_slots, copies *c) {
  size_t n_wrong = 0;
  memset(slots, 0xFF, n_slots * sizeof *slots);
  for (size_t i = 0; i < ml_folds_n_members(f->folds); i++) {
    const size_t row = ml_folds_member(f->folds, i);
    size_t at = hashes[row] & (n_slots - 1);
    for (; slots[at] != LEAKS_NO_PART; at = (at + 1) & (n_slots - 1)) {
      if (hashes[slots[at]] != hashes[row]) continue;
      if (are_equal(f->data, slots[at], row)) break;
      n_wrong++;
    }
    if (n_wrong > ml_folds_n_members(f->folds) / 16) return TOO_FEW_FEATURES;
    if (slots[at] == LEAKS_NO_PART)
      slots[at] = (uint32_t)row;
    else if (!add_copy(f, c, slots[at], (uint32_t)row))
      return NO_MEMORY;
  }
  return MATCHED;
}

/* These mostly tell rows apart, in a fraction of the time that all features take. */
enum { FEW_FEATURES = 3 };

static bool find_copies(const findings *f, copies *c) {
  size_t n_slots = 16;
  while (n_slots < 2 * ml_folds_n_members(f->folds)) n_slots *= 2;
  uint64_t *hashes = reallocarray(NULL, f->folds->n_rows + 1, sizeof *hashes);
  uint32_t *slots = reallocarray(NULL, n_slots, sizeof *slots);
  const size_t all = f->data->n_features;
  matching found = hashes && slots ? TOO_FEW_FEATURES : NO_MEMORY;
  for (size_t n = all < FEW_FEATURES ? all : FEW_FEATURES; found == TOO_FEW_FEATURES; n = all) {
    forget_copies(c);
    found = hash_rows(f, n, hashes) ? match_rows(f, hashes, slots, n_slots, c) : NO_MEMORY;
    if (n == all && found == TOO_FEW_FEATURES) break;
  }
  free(hashes);
  free(slots);
  return found != NO_MEMORY;
}

static ml_status tell_copies(findings *f, const split_parts *found, const uint32_t pair[2]) {
  char **ids = f->data->ids, text[2 * LEAKS_NAME_SHOWN + 16];
  if (ids)
    snprintf(text, sizeof text, "ids \"%.*s\" and \"%.*s\"", (int)LEAKS_NAME_SHOWN, ids[pair[0]],
             (int)LEAKS_NAME_SHOWN, ids[pair[1]]);
  else
    snprintf(text, sizeof text, "rows %u and %u", pair[0], pair[1]);
  return leaks__add(f,
                    "%zu row%s tested while an equal one is trained on, in %zu fold%s, such as %s; "
                    "--groups keeps rows together",
                    found->n_rows, found->n_rows == 1 ? " is" : "s are", found->n_folds,
                    found->n_folds == 1 ? "" : "s", text);
}

ml_status leaks__look_at_copies(findings *f) {
  copies c = {0};
  split_parts found = {0};
  ml_status status = find_copies(f, &c) ? ML_OK : ml_error_memory(f->err);
  if (status == ML_OK && c.p.n > 0) {
    status = leaks__find_split_parts(f, &c.p, &found);
    c.p.of = NULL; /* it is taken */
  }
  if (status == ML_OK && found.n_folds > 0) status = tell_copies(f, &found, c.pairs[found.part]);
  forget_copies(&c);
  return status;
}
