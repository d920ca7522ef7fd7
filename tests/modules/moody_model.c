/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A model for tests: it predicts a constant, fails, or ends its process, as it is told. */
#include <ml/model.h>
#include <stdlib.h>

typedef struct fitted {
  double value;
} fitted;

static const ml_model_param params[] = {{.name = "value",
                                         .kind = ML_MODEL_REAL,
                                         .lo = -1e9,
                                         .hi = 1e9,
                                         .fallback = 1,
                                         .help = "what it predicts"},
                                        {.name = "mood",
                                         .kind = ML_MODEL_CHOICE,
                                         .choices = "good|fails|aborts|nan|refuses",
                                         .fallback = 0,
                                         .help = "what it does"}};

static ml_status check(const double *p, const ml_view *all, ml_error *err) {
  (void)all;
  return p[1] == 4 ? ml_error_set(err, ML_ERR_USAGE, "not with this") : ML_OK;
}

static ml_status fit(const double *p, const ml_view *train, uint64_t seed, const void *cancel,
                     void **out, ml_error *err) {
  (void)train, (void)seed, (void)cancel;
  if (p[1] == 1) return ml_error_set(err, ML_ERR_NUMERIC, "it does not want to");
  if (p[1] == 2) abort();
  fitted *f = malloc(sizeof *f);
  if (!f) return ml_error_memory(err);
  f->value = p[1] == 3 ? 0.0 / 0.0 : p[0];
  *out = f;
  return ML_OK;
}

static ml_status predict(const void *given, const ml_view *rows, double *out, ml_error *err) {
  const fitted *f = given;
  (void)err;
  for (size_t i = 0; i < rows->n; i++) out[i] = f->value;
  return ML_OK;
}

const ml_model ml_model_table[]
    __attribute__((visibility("default"))) = {{.abi = ML_MODEL_ABI,
                                               .name = "moody",
                                               .summary = "for tests",
                                               .source = "here",
                                               .traits = ML_MODEL_REGRESSES,
                                               .params = params,
                                               .n_params = 2,
                                               .check = check,
                                               .fit = fit,
                                               .predict = predict,
                                               .free = free},
                                              {0}};
