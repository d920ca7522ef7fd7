/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Preprocessing learns from rows: step by step, each from the columns that those before it made. */
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>

#include "prep_internal.h"

const char *prep__name(const ml_dataset *data, size_t feature, char number[PREP_NUMBER_MAX]) {
  if (data->names) return data->names[feature];
  snprintf(number, PREP_NUMBER_MAX, "x%zu", feature);
  return number;
}

static ml_status begin(prep_fit *f) {
  const ml_dataset *data = f->data;
  f->p->n_features = data->n_features;
  for (size_t j = 0; j < data->n_features; j++) {
    char number[PREP_NUMBER_MAX];
    prep_column *c = prep__add(f->p, j, prep__name(data, j, number), NULL);
    if (!c) return ml_error_memory(f->err);
    c->has_texts = data->categories && data->categories[j].n > 0;
  }
  return ML_OK;
}

ml_status ml_prep_fit(const ml_prep *prep, const ml_dataset *data, const uint32_t *rows, size_t n,
                      ml_prepared **out, ml_error *err) {
  assert(prep && data && out);
  prep_fit f = {.data = data, .rows = rows, .n = rows ? n : data->n_rows, .err = err};
  f.p = calloc(1, sizeof *f.p);
  if (!f.p) return ml_error_memory(err);
  f.values = reallocarray(NULL, f.n + 1, sizeof *f.values);
  f.spare = reallocarray(NULL, f.n + 1, sizeof *f.spare);
  ml_status status = f.values && f.spare ? begin(&f) : ml_error_memory(err);
  for (size_t i = 0; i < prep->n && status == ML_OK; i++)
    status = prep->steps[i].kind->fit(&prep->steps[i], &f);
  prep__release_made(f.made, f.p->n_functions);
  free(f.values);
  free(f.spare);
  if (status == ML_OK)
    *out = f.p;
  else
    ml_prepared_free(f.p);
  return status;
}
