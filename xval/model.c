/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The same model in every process: by its name, by its file, or, in this one, as it is. */
#include <dlfcn.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#include <ml/functions_internal.h>

#include "xval_internal.h"

_Static_assert(sizeof((model_place *)0)->digest == MODULE_DIGEST, "digests of modules");

static const ml_model *built_in(const char *name) {
  const ml_model *model;
  for (size_t i = 0; (model = ml_model_at(i)); i++)
    if (strcmp(model->name, name) == 0) return model;
  return NULL;
}

void model__release_place(model_place *place) {
  free(place->name);
  *place = (model_place){0};
}

/* A model of a shared object is in its file; one of a library is found by its name. */
ml_status model__place(const ml_model *model, model_place *out, ml_error *err) {
  const ml_model *named = built_in(model->name);
  Dl_info info;
  *out = (model_place){0};
  if (named != model && ml_model_find(model->name, NULL, &named, NULL) != ML_OK) named = NULL;
  if (named == model) {
    out->name = strdup(model->name);
    return out->name ? ML_OK : ml_error_memory(err);
  }
  const ml_model *found = NULL;
  if (!dladdr(model, &info) || !info.dli_fname || !strchr(info.dli_fname, '/') ||
      ml_model_find(info.dli_fname, NULL, &found, NULL) != ML_OK || found != model)
    return ML_OK; /* only this process has it */
  module_file file;
  ml_status status = module__read_file(info.dli_fname, &file, err);
  if (status != ML_OK) return status;
  out->name = file.path;
  out->is_file = true;
  memcpy(out->digest, file.digest, sizeof out->digest);
  return ML_OK;
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

static ml_status find_file(const char *path, const unsigned char *digest, const ml_model **out,
                           ml_error *err) {
  module_file file;
  ml_status status = module__read_file(path, &file, err);
  if (status != ML_OK) return status;
  bool is_same = memcmp(file.digest, digest, sizeof file.digest) == 0;
  module__release_file(&file);
  if (!is_same)
    return ml_error_set(err, ML_ERR_WORKER,
                        "model '%s' is not the file that the central process has seen: it was "
                        "replaced",
                        path);
  return ml_model_find(path, NULL, out, err);
}

ml_status model__find(const char *name, const unsigned char *digest, uint64_t token,
                      const ml_model **out, ml_error *err) {
  for (const model_loan *loan = loans; loan; loan = loan->next) {
    if (loan->token != token || token == 0) continue;
    *out = loan->model;
    return ML_OK;
  }
  if (!name) return ml_error_set(err, ML_ERR_USAGE, "the model is not known in this process");
  return digest ? find_file(name, digest, out, err) : ml_model_find(name, NULL, out, err);
}
