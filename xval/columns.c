/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The columns that a run uses: texts that no step takes are left out, missing values refused. */
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
         !prep__takes_text(run->opts->prep, name_of(run->given, j, room, sizeof room));
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
      if (run__warn(run, "column '%s' is text and left out: --prep one-hot=%s takes it", name,
                    name) != ML_OK)
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
  if (n_kept == 0)
    return ml_error_set(
        err, ML_ERR_USAGE,
        d->n_features ? "every feature is text: --prep one-hot takes them" : "there is no feature");
  ml_status status = n_kept < d->n_features ? keep_some(run, n_kept, err) : ML_OK;
  if (status == ML_OK && run->opts->prep)
    status = ml_prep_check(run->opts->prep, &run->plan.data, err);
  return status;
}

ml_status columns__check(const xval_run *run, ml_error *err) {
  return prep__check_values(run->opts->prep, run->plan.model, &run->plan.data, err);
}
