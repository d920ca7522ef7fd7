/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Risks of leakage: features that tell the target, and rows that are trained on and tested. */
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "leaks_internal.h"

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

ml_status ML_PRINTF(2, 3) leaks__add(findings *f, const char *format, ...) {
  va_list args;
  char *line = NULL;
  va_start(args, format);
  if (vasprintf(&line, format, args) < 0) line = NULL;
  va_end(args);
  return add_line(f, line);
}

/* Rows of the least and the greatest target. */
typedef struct ends {
  size_t low, high;
} ends;

static ends find_ends(const findings *f) {
  const double *y = f->data->y;
  ends e = {ml_folds_member(f->folds, 0), ml_folds_member(f->folds, 0)};
  for (size_t i = 1; i < ml_folds_n_members(f->folds); i++) {
    const size_t row = ml_folds_member(f->folds, i);
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
               n = (double)ml_folds_n_members(f->folds);
  double off = 0, off_squares = 0, place = 0, place_squares = 0;
  if (!(fabs(height) > 0) || !isfinite(height) || !isfinite(width)) return false;
  for (size_t i = 0; i < ml_folds_n_members(f->folds); i++) {
    const size_t row = ml_folds_member(f->folds, i);
    const double t = (y[row] - y[e.low]) / width, d = (x[row] - x[e.low]) / height - t;
    if (!(fabs(d) < far)) return false;
    off += d, off_squares += d * d;
    place += t, place_squares += t * t;
  }
  return off_squares - off * off / n <= near * (place_squares - place * place / n);
}

static bool equals_target(const findings *f, const double *x) {
  for (size_t i = 0; i < ml_folds_n_members(f->folds); i++)
    if (x[ml_folds_member(f->folds, i)] != f->data->y[ml_folds_member(f->folds, i)]) return false;
  return true;
}

/* Each class has one value, and no other has it. @param value  room for the classes */
static bool is_class(const findings *f, const double *x, double *value) {
  const ml_levels *classes = &f->data->classes;
  for (size_t k = 0; k < classes->n; k++) value[k] = NAN;
  for (size_t i = 0; i < ml_folds_n_members(f->folds); i++) {
    const size_t row = ml_folds_member(f->folds, i), k = classes->codes[row];
    if (isnan(value[k])) value[k] = x[row];
    if (!(x[row] == value[k])) return false;
  }
  for (size_t k = 0; k < classes->n; k++)
    for (size_t l = 0; l < k; l++)
      if (value[k] == value[l]) return false;
  return true;
}

static void name_feature(const ml_dataset *data, size_t j, char name[LEAKS_NAME_SHOWN + 1]) {
  if (data->names)
    snprintf(name, LEAKS_NAME_SHOWN + 1, "%s", data->names[j]);
  else
    snprintf(name, LEAKS_NAME_SHOWN + 1, "x%zu", j);
}

/* Of fewer rows than these, one column in many would do so by chance. */
enum { ROWS_THAT_TELL = 6 };

static ml_status look_at_features(findings *f) {
  const ml_dataset *data = f->data;
  const bool are_classes = data->problem == ML_CLASSIFICATION;
  ml_status status = ML_OK;
  if (ml_folds_n_members(f->folds) < ROWS_THAT_TELL || data->problem == ML_PROBLEM_AUTO)
    return ML_OK;
  const ends e = are_classes ? (ends){0} : find_ends(f);
  if (!are_classes && !(data->y[e.low] < data->y[e.high])) return ML_OK;
  double *value = reallocarray(NULL, data->classes.n + 1, sizeof *value);
  if (!value) return ml_error_memory(f->err);
  for (size_t j = 0; j < data->n_features && status == ML_OK; j++) {
    const double *x = data->x + j * data->n_rows;
    char name[LEAKS_NAME_SHOWN + 1];
    name_feature(data, j, name);
    if (are_classes ? !is_class(f, x, value) : !is_on_line(f, x, e)) continue;
    status = leaks__add(f,
                        are_classes ? "feature \"%s\" has a value of its own for each class: "
                                      "it tells the target"
                        : equals_target(f, x) ? "feature \"%s\" equals the target"
                                              : "feature \"%s\" is the target on another scale",
                        name);
  }
  free(value);
  return status;
}

static ml_status look_at_groups(findings *f) {
  const ml_levels *groups = &f->data->groups;
  split_parts found;
  if (groups->n == 0) return ML_OK;
  parts p = {.n = groups->n, .of = reallocarray(NULL, f->folds->n_rows + 1, sizeof *p.of)};
  if (!p.of) return ml_error_memory(f->err);
  memcpy(p.of, groups->codes, f->folds->n_rows * sizeof *p.of);
  ml_status status = leaks__find_split_parts(f, &p, &found);
  if (status != ML_OK || found.n_folds == 0) return status;
  return leaks__add(
      f,
      "%zu row%s tested while others of the same group are trained on, in %zu fold%s, such "
      "as group \"%.60s\"; --cv group keeps groups together",
      found.n_rows, found.n_rows == 1 ? " is" : "s are", found.n_folds,
      found.n_folds == 1 ? "" : "s", groups->labels[found.part]);
}

ml_status xval__leaks(const ml_dataset *data, const ml_folds *folds, char ***warnings, size_t *n,
                      ml_error *err) {
  findings f = {.data = data, .folds = folds, .err = err};
  ml_status status = data->n_features ? look_at_features(&f) : ML_OK;
  if (status == ML_OK && data->n_features) status = leaks__look_at_copies(&f);
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
