/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Shared objects of models that are refused, one for each definition of BROKEN; and one of two. */
#include <ml/model.h>

#define ABI       1
#define NO_TABLE  2
#define EMPTY     3
#define NO_FIT    4
#define NO_TRAIT  5
#define NO_SYMBOL 6
#define NO_HELP   7
#define DEFAULT   8
#define TWO       9 /* nothing wrong: two models */
#define NO_LOAD   10
#define NO_WORDS  11

ML_API ml_status model_symbol_of_nobody(void);

static const ml_model_param params[] = {{.name = "size",
                                         .kind = ML_MODEL_REAL,
                                         .lo = 0,
                                         .hi = 1,
                                         .fallback = BROKEN == DEFAULT ? 2 : 1,
                                         .help = BROKEN == NO_HELP ? NULL : "how large"}};

static ml_status fit(const double *values, const ml_view *train, uint64_t seed, const void *cancel,
                     void **fitted, ml_error *err) {
  (void)values, (void)train, (void)seed, (void)cancel, (void)err;
  *fitted = NULL;
#if BROKEN == NO_SYMBOL
  return model_symbol_of_nobody();
#else
  return ML_OK;
#endif
}

static ml_status predict(const void *fitted, const ml_view *rows, double *out, ml_error *err) {
  (void)fitted, (void)err;
  for (size_t i = 0; i < rows->n; i++) out[i] = 0;
  return ML_OK;
}

static void forget(void *fitted) {
  (void)fitted;
}

static ml_status save(const void *fitted, ml_arena *arena, ml_value *out, ml_error *err) {
  (void)fitted, (void)arena, (void)err;
  *out = ml_value_null();
  return ML_OK;
}

static ml_status importance(const void *fitted, const ml_view *train, double *out, ml_error *err) {
  (void)fitted, (void)err;
  for (size_t j = 0; j < train->n_columns; j++) out[j] = 0;
  return ML_OK;
}

#define MODEL(called)                                                                             \
  {                                                                                               \
    .abi = BROKEN == ABI ? 1 : ML_MODEL_ABI, .name = BROKEN == EMPTY ? NULL : (called),           \
    .summary = "for tests", .source = "here",                                                     \
    .traits = BROKEN == NO_TRAIT ? 0 : ML_MODEL_REGRESSES, .params = params, .n_params = 1,       \
    .fit = BROKEN == NO_FIT ? NULL : fit, .predict = predict, .free = forget,                     \
    .save = BROKEN == NO_LOAD ? save : NULL, .importance = BROKEN == NO_WORDS ? importance : NULL \
  }

#if BROKEN == NO_TABLE
ML_API const ml_model *module_models(void);
ML_API const ml_model *module_models(void) {
  static const ml_model models[] = {MODEL("first")};
  return models;
}
#elif BROKEN == TWO
ML_API extern const ml_model ml_model_table[];
const ml_model ml_model_table[] = {MODEL("first"), MODEL("second"), {0}};
#else
ML_API extern const ml_model ml_model_table[];
const ml_model ml_model_table[] = {MODEL("first"), {0}};
#endif
