/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A model of a shared object that can be saved: the mean of the target and how far the first column
 * is from its own, times a parameter. */
#include <stdlib.h>

#include <ml/model.h>

typedef struct fitted_mean {
  double slope, x, y;
} fitted_mean;

static ml_status fit(const double *params, const ml_view *train, uint64_t seed, const void *cancel,
                     void **fitted, ml_error *err) {
  fitted_mean *f = malloc(sizeof *f);
  (void)seed, (void)cancel;
  if (!f) return ml_error_memory(err);
  *f = (fitted_mean){.slope = params[0]};
  for (size_t i = 0; i < train->n; i++) {
    f->x += train->x[ml_view_row(train, i)] / (double)train->n;
    f->y += train->y[ml_view_row(train, i)] / (double)train->n;
  }
  *fitted = f;
  return ML_OK;
}

static ml_status predict(const void *fitted, const ml_view *rows, double *out, ml_error *err) {
  const fitted_mean *f = fitted;
  (void)err;
  for (size_t i = 0; i < rows->n; i++)
    out[i] = f->y + f->slope * (rows->x[ml_view_row(rows, i)] - f->x);
  return ML_OK;
}

static ml_status save(const void *fitted, ml_arena *arena, ml_value *out, ml_error *err) {
  static const char *const names[] = {"x", "y"};
  const fitted_mean *f = fitted;
  ml_value *values = ml_value_new_dict(arena, names, 2, out);
  if (!values) return ml_error_memory(err);
  values[0] = ml_value_real(f->x);
  values[1] = ml_value_real(f->y);
  return ML_OK;
}

static ml_status load(const double *params, const ml_value *saved, size_t n_columns,
                      size_t n_classes, void **fitted, ml_error *err) {
  const ml_value *x = ml_value_find(saved, "x"), *y = ml_value_find(saved, "y");
  fitted_mean *f = malloc(sizeof *f);
  if (!f) return ml_error_memory(err);
  f->slope = params[0];
  if (n_columns == 0 || n_classes > 0 || !x || !y || !ml_value_as_real(x, &f->x) ||
      !ml_value_as_real(y, &f->y)) {
    free(f);
    return ml_error_set(err, ML_ERR_PARSE, "expected the numbers x and y");
  }
  *fitted = f;
  return ML_OK;
}

static const ml_model_param params[] = {{.name = "slope",
                                         .kind = ML_MODEL_REAL,
                                         .lo = -1e6,
                                         .hi = 1e6,
                                         .fallback = 0.1,
                                         .help = "of the first column"}};

const ml_model ml_model_table[]
    __attribute__((visibility("default"))) = {{.abi = ML_MODEL_ABI,
                                               .name = "mean",
                                               .summary = "mean and a slope",
                                               .source = "the tests",
                                               .traits = ML_MODEL_REGRESSES,
                                               .params = params,
                                               .n_params = 1,
                                               .fit = fit,
                                               .predict = predict,
                                               .free = free,
                                               .save = save,
                                               .load = load},
                                              {0}};
