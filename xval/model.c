/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The same model in every process: by its name, by its file, or, in this one, as it is. */
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <ml/model_internal.h>

#include "xval_internal.h"

_Static_assert(sizeof((model_place *)0)->digest == MODULE_DIGEST, "digests of modules");

void model__release_place(model_place *place) {
  free(place->name);
  *place = (model_place){0};
}

/* A model of a shared object is in its file, which must be the same everywhere. */
ml_status model__place(const ml_model *model, model_place *out, ml_error *err) {
  const unsigned char *digest = NULL;
  const char *path = model__file(model, &digest);
  const ml_model *named = NULL;
  *out = (model_place){0};
  if (path) {
    int n = asprintf(&out->name, "%s:%s", path, model->name);
    if (n < 0) out->name = NULL;
    out->is_file = true;
    memcpy(out->digest, digest, sizeof out->digest);
    return out->name ? ML_OK : ml_error_memory(err);
  }
  if (ml_model_find(model->name, NULL, &named, NULL) != ML_OK || named != model)
    return ML_OK; /* only this process has it */
  out->name = strdup(model->name);
  return out->name ? ML_OK : ml_error_memory(err);
}

/* ---- within a process ------------------------------------------------------------------------ */

static _Thread_local model_loan *loans;

void model__lend(model_loan *loan, const ml_model *model) {
  *loan = (model_loan){.model = model, .next = loans};
  do randombytes_buf(&loan->token, sizeof loan->token);
  while (loan->token == 0);
  loans = loan;
}

void model__take_back(model_loan *loan) {
  model_loan **at = &loans;
  while (*at && *at != loan) at = &(*at)->next;
  if (*at) *at = loan->next;
}

ml_status model__find(const char *name, const unsigned char *digest, uint64_t token,
                      const ml_model **out, ml_error *err) {
  for (const model_loan *loan = loans; loan; loan = loan->next) {
    if (loan->token != token || token == 0) continue;
    *out = loan->model;
    return ML_OK;
  }
  if (!name) return ml_error_set(err, ML_ERR_USAGE, "the model is not known in this process");
  return model__find_same(name, digest, out, err);
}
