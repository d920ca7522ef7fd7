/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Risks of leakage: features that tell the target, and rows that are trained on and tested. */
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#define XXH_INLINE_ALL
#include <xxhash.h>

#include "xval_internal.h"

enum { NAME_SHOWN = 60 };

typedef struct findings {
  const ml_dataset *data;
  const ml_folds *folds;
  char **lines;
  size_t n, capacity;
  ml_error *err;
} findings;

/* Takes a line from malloc(); NULL: memory ran out. */
static ml_status add_line(findings *f, char *line) {
  if (line && f->n == f->capacity) {
    const size_t capacity = f->capacity ? 2 * f->capacity : 4;
    char **lines = reallocarray(f->lines, capacity, sizeof *lines);
    if (!lines) {
      free(line);
      return ml_error_memory(f->err);
    }
    f->lines = lines;
    f->capacity = capacity;
  }
  if (!line) return ml_error_memory(f->err);
  f->lines[f->n++] = line;
  return ML_OK;
}

static ml_status ML_PRINTF(2, 3) add(findings *f, const char *format, ...) {
  va_list args;
  char *line = NULL;
  va_start(args, format);
  if (vasprintf(&line, format, args) < 0) line = NULL;
  va_end(args);
  return add_line(f, line);
}

static size_t n_members(const findings *f) {
  return f->folds->members ? f->folds->n_members : f->folds->n_rows;
}

static size_t member(const findings *f, size_t i) {
  return f->folds->members ? f->folds->members[i] : i;
}

/* ---- features that tell the target ---- */

/* Rows of the least and the greatest target. */
typedef struct ends {
  size_t low, high;
} ends;

static ends find_ends(const findings *f) {
  const double *y = f->data->y;
  ends e = {member(f, 0), member(f, 0)};
  for (size_t i = 1; i < n_members(f); i++) {
    const size_t row = member(f, i);
    if (y[row] < y[e.low]) e.low = row;
    if (y[row] > y[e.high]) e.high = row;
  }
  return e;
}

/* A correlation of 1 but for 1e-12: what lies so near to the line through both ends. Most columns
 * are left at the first row. */
static bool is_on_line(const findings *f, const double *x, ends e) {
  static const double far = 1e-4, near = 2e-12;
  const double *y = f->data->y, height = x[e.high] - x[e.low], width = y[e.high] - y[e.low],
               n = (double)n_members(f);
  double off = 0, off_squares = 0, place = 0, place_squares = 0;
  if (!(fabs(height) > 0) || !isfinite(height) || !isfinite(width)) return false;
  for (size_t i = 0; i < n_members(f); i++) {
    const size_t row = member(f, i);
    const double t = (y[row] - y[e.low]) / width, d = (x[row] - x[e.low]) / height - t;
    if (!(fabs(d) < far)) return false;
    off += d, off_squares += d * d;
    place += t, place_squares += t * t;
  }
  return off_squares - off * off / n <= near * (place_squares - place * place / n);
}

static bool equals_target(const findings *f, const double *x) {
  for (size_t i = 0; i < n_members(f); i++)
    if (x[member(f, i)] != f->data->y[member(f, i)]) return false;
  return true;
}

/* Each class has one value, and no other has it. @param value  room for the classes */
static bool is_class(const findings *f, const double *x, double *value) {
  const ml_levels *classes = &f->data->classes;
  for (size_t k = 0; k < classes->n; k++) value[k] = NAN;
  for (size_t i = 0; i < n_members(f); i++) {
    const size_t row = member(f, i), k = classes->codes[row];
    if (isnan(value[k])) value[k] = x[row];
    if (!(x[row] == value[k])) return false;
  }
  for (size_t k = 0; k < classes->n; k++)
    for (size_t l = 0; l < k; l++)
      if (value[k] == value[l]) return false;
  return true;
}

static void name_feature(const ml_dataset *data, size_t j, char name[NAME_SHOWN + 1]) {
  if (data->names)
    snprintf(name, NAME_SHOWN + 1, "%s", data->names[j]);
  else
    snprintf(name, NAME_SHOWN + 1, "x%zu", j);
}

/* Of fewer rows than these, one column in many would do so by chance. */
enum { ROWS_THAT_TELL = 6 };

static ml_status look_at_features(findings *f) {
  const ml_dataset *data = f->data;
  const bool are_classes = data->problem == ML_CLASSIFICATION;
  ml_status status = ML_OK;
  if (n_members(f) < ROWS_THAT_TELL || data->problem == ML_PROBLEM_AUTO) return ML_OK;
  const ends e = are_classes ? (ends){0} : find_ends(f);
  if (!are_classes && !(data->y[e.low] < data->y[e.high])) return ML_OK;
  double *value = reallocarray(NULL, data->classes.n + 1, sizeof *value);
  if (!value) return ml_error_memory(f->err);
  for (size_t j = 0; j < data->n_features && status == ML_OK; j++) {
    const double *x = data->x + j * data->n_rows;
    char name[NAME_SHOWN + 1];
    name_feature(data, j, name);
    if (are_classes ? !is_class(f, x, value) : !is_on_line(f, x, e)) continue;
    status = add(f,
                 are_classes           ? "feature \"%s\" has a value of its own for each class: "
                                         "it tells the target"
                 : equals_target(f, x) ? "feature \"%s\" equals the target"
                                       : "feature \"%s\" is the target on another scale",
                 name);
  }
  free(value);
  return status;
}

/* ---- parts: rows that belong together ---- */

#define NO_PART UINT32_MAX

typedef struct parts {
  uint32_t *of;      /* n_rows; NO_PART: the row is alone */
  size_t n;          /* parts */
  uint32_t *members; /* of each, that take part */
  size_t *starts;    /* n + 1, in places */
  size_t *places;    /* of folds->rows that have a row of the part, ascending */
  uint32_t *tested;  /* of each, in a fold */
} parts;

/* What is trained on and tested. */
typedef struct shared {
  size_t n_rows, n_folds; /* rows that are tested, each once; folds */
  uint32_t part;          /* the first */
} shared;

static bool list_places(const findings *f, parts *p) {
  const ml_folds *folds = f->folds;
  p->members = calloc(p->n + 1, sizeof *p->members);
  p->tested = calloc(p->n + 1, sizeof *p->tested);
  p->starts = calloc(p->n + 2, sizeof *p->starts);
  p->places = reallocarray(NULL, folds->n_listed + 1, sizeof *p->places);
  if (!p->members || !p->tested || !p->starts || !p->places) return false;
  for (size_t i = 0; i < n_members(f); i++)
    if (p->of[member(f, i)] != NO_PART) p->members[p->of[member(f, i)]]++;
  size_t *end_of = p->starts + 1; /* of a part, it is the start until the places are put there */
  for (size_t k = 0; k < folds->n_listed; k++)
    if (p->of[folds->rows[k]] != NO_PART) end_of[p->of[folds->rows[k]] + 1]++;
  for (size_t g = 0; g < p->n; g++) end_of[g + 1] += end_of[g];
  for (size_t k = 0; k < folds->n_listed; k++)
    if (p->of[folds->rows[k]] != NO_PART) p->places[end_of[p->of[folds->rows[k]]]++] = k;
  return true;
}

/* Has the part a place in this run? */
static bool is_in_run(const parts *p, uint32_t part, ml_run run) {
  size_t low = p->starts[part], high = p->starts[part + 1];
  const size_t end = high;
  while (low < high) {
    const size_t middle = low + (high - low) / 2;
    if (p->places[middle] < run.first)
      low = middle + 1;
    else
      high = middle;
  }
  return low < end && p->places[low] - run.first < run.n;
}

static bool is_trained_on(const parts *p, uint32_t part, const ml_fold *fold) {
  if (fold->trains_others) return p->members[part] > p->tested[part];
  return is_in_run(p, part, fold->train[0]) || is_in_run(p, part, fold->train[1]);
}

/* Each part is looked at once in a fold that tests it. */
static void look_at_fold(const ml_folds *folds, const parts *p, size_t i, bool *is_shared_row,
                         shared *found) {
  const ml_fold *fold = &folds->folds[i];
  const uint32_t *rows = folds->rows + fold->test.first;
  bool any = false;
  for (size_t k = 0; k < fold->test.n; k++)
    if (p->of[rows[k]] != NO_PART) p->tested[p->of[rows[k]]]++;
  for (size_t k = 0, k_part = 0; k < fold->test.n; k = k_part) {
    const uint32_t part = p->of[rows[k]];
    k_part = k + 1;
    if (part == NO_PART || !is_trained_on(p, part, fold)) continue;
    /* Neighbours mostly belong together. */
    for (k_part = k; k_part < fold->test.n && p->of[rows[k_part]] == part; k_part++) {
      found->n_rows += !is_shared_row[rows[k_part]];
      is_shared_row[rows[k_part]] = true;
    }
    if (found->part == NO_PART) found->part = part;
    any = true;
  }
  found->n_folds += any;
  for (size_t k = 0; k < fold->test.n; k++)
    if (p->of[rows[k]] != NO_PART) p->tested[p->of[rows[k]]] = 0;
}

/* Takes p->of. */
static ml_status look_at_parts(const findings *f, parts *p, shared *found) {
  bool *is_shared_row = calloc(f->folds->n_rows + 1, sizeof *is_shared_row);
  *found = (shared){.part = NO_PART};
  ml_status status = is_shared_row && list_places(f, p) ? ML_OK : ml_error_memory(f->err);
  for (size_t i = 0; i < f->folds->n && status == ML_OK; i++)
    look_at_fold(f->folds, p, i, is_shared_row, found);
  free(is_shared_row);
  free(p->of);
  free(p->members);
  free(p->tested);
  free(p->starts);
  free(p->places);
  return status;
}

static ml_status look_at_groups(findings *f) {
  const ml_levels *groups = &f->data->groups;
  shared found;
  if (groups->n == 0) return ML_OK;
  parts p = {.n = groups->n, .of = reallocarray(NULL, f->folds->n_rows + 1, sizeof *p.of)};
  if (!p.of) return ml_error_memory(f->err);
  memcpy(p.of, groups->codes, f->folds->n_rows * sizeof *p.of);
  ml_status status = look_at_parts(f, &p, &found);
  if (status != ML_OK || found.n_folds == 0) return status;
  return add(f,
             "%zu row%s tested while others of the same group are trained on, in %zu fold%s, such "
             "as group \"%.60s\"; --cv group keeps groups together",
             found.n_rows, found.n_rows == 1 ? " is" : "s are", found.n_folds,
             found.n_folds == 1 ? "" : "s", groups->labels[found.part]);
}

/* ---- rows that are there more than once ---- */

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
  if (c->p.of[first] == NO_PART) {
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
  for (size_t i = 0; i < n_members(f); i++) {
    const size_t row = member(f, i);
    size_t at = hashes[row] & (n_slots - 1);
    for (; slots[at] != NO_PART; at = (at + 1) & (n_slots - 1)) {
      if (hashes[slots[at]] != hashes[row]) continue;
      if (are_equal(f->data, slots[at], row)) break;
      n_wrong++;
    }
    if (n_wrong > n_members(f) / 16) return TOO_FEW_FEATURES;
    if (slots[at] == NO_PART)
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
  while (n_slots < 2 * n_members(f)) n_slots *= 2;
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

static ml_status tell_copies(findings *f, const shared *found, const uint32_t pair[2]) {
  char **ids = f->data->ids, text[2 * NAME_SHOWN + 16];
  if (ids)
    snprintf(text, sizeof text, "ids \"%.*s\" and \"%.*s\"", (int)NAME_SHOWN, ids[pair[0]],
             (int)NAME_SHOWN, ids[pair[1]]);
  else
    snprintf(text, sizeof text, "rows %u and %u", pair[0], pair[1]);
  return add(f,
             "%zu row%s tested while an equal one is trained on, in %zu fold%s, such as %s; "
             "--groups keeps rows together",
             found->n_rows, found->n_rows == 1 ? " is" : "s are", found->n_folds,
             found->n_folds == 1 ? "" : "s", text);
}

static ml_status look_at_copies(findings *f) {
  copies c = {0};
  shared found = {0};
  ml_status status = find_copies(f, &c) ? ML_OK : ml_error_memory(f->err);
  if (status == ML_OK && c.p.n > 0) {
    status = look_at_parts(f, &c.p, &found);
    c.p.of = NULL; /* it is taken */
  }
  if (status == ML_OK && found.n_folds > 0) status = tell_copies(f, &found, c.pairs[found.part]);
  forget_copies(&c);
  return status;
}

ml_status xval__leaks(const ml_dataset *data, const ml_folds *folds, char ***warnings, size_t *n,
                      ml_error *err) {
  findings f = {.data = data, .folds = folds, .err = err};
  ml_status status = data->n_features ? look_at_features(&f) : ML_OK;
  if (status == ML_OK && data->n_features) status = look_at_copies(&f);
  if (status == ML_OK) status = look_at_groups(&f);
  if (status == ML_OK) {
    *warnings = f.lines;
    *n = f.n;
    return ML_OK;
  }
  for (size_t i = 0; i < f.n; i++) free(f.lines[i]);
  free(f.lines);
  return status;
}
