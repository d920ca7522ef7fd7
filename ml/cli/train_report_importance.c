/* SPDX-License-Identifier: GPL-3.0-or-later */
/* How much each feature counts, on the page of mltool train: as the model itself says, else by
 * permutation, where that takes not too long. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "picture_bars.h"
#include "train_picture.h"

/* Predictions that permutation may take, each of a row with a feature mixed. */
enum { MOST_PREDICTIONS = 100000, MOST_BARS = 30, WIDTH = 860, NAME_ROOM = 460 };

struct train_importance {
  const trained *t;
  bool is_permuted;
  size_t n;                       /* 0: it is not known */
  const char **name;              /* n; borrowed */
  double *value;                  /* n */
  char why[ML_ERROR_MESSAGE_MAX]; /* it is not known */
};

static ml_status make_room(train_importance *im, size_t n, ml_error *err) {
  im->name = calloc(n + 1, sizeof *im->name);
  im->value = calloc(n + 1, sizeof *im->value);
  return im->name && im->value ? ML_OK : ml_error_memory(err);
}

/* ---- the model's own ------------------------------------------------------------------------ */

static ml_status take_own(train_importance *im, ml_error *err) {
  const ml_pipeline *p = im->t->pipeline;
  size_t n;
  const double *values = ml_pipeline_importance(p, &n);
  ml_status status = make_room(im, n, err);
  for (size_t j = 0; status == ML_OK && j < n; j++) {
    im->name[im->n] = ml_pipeline_column(p, j);
    im->value[im->n++] = values[j];
  }
  return status;
}

/* ---- by permutation ------------------------------------------------------------------------- */

static bool is_affordable(train_importance *im, size_t n_features) {
  const ml_xval_result *r = im->t->shown->result;
  size_t n_tested = 0, n;
  for (size_t f = 0; f < r->n_folds; f++) n_tested += r->n_test[f];
  n_tested /= r->n_repeats > 0 ? r->n_repeats : 1;
  if (!__builtin_mul_overflow(n_tested, n_features, &n) && n <= MOST_PREDICTIONS) return true;
  snprintf(im->why, sizeof im->why,
           "model '%s' does not say it, and by permutation %zu features of %zu rows would be more "
           "than %d predictions",
           r->model->name, n_features, n_tested, MOST_PREDICTIONS);
  return false;
}

static ml_status permute(train_importance *im, bool *wanted, double *values, ml_error *err) {
  const xval_shown *s = im->t->shown;
  const ml_dataset *data = s->result->data;
  size_t n, k = 0;
  const char *const *names = ml_pipeline_features(im->t->pipeline, &n);
  for (size_t j = 0; j < data->n_features && k < n; j++) {
    wanted[j] = data->names && strcmp(data->names[j], names[k]) == 0;
    k += wanted[j];
  }
  ml_error why = {0};
  ml_status status =
      ml_xv_importance(s->result, &s->asked->opts, wanted, im->t->watch, values, &why);
  if (status == ML_ERR_MEMORY || status == ML_ERR_CANCELLED) {
    *err = why;
    return status;
  }
  if (status != ML_OK) snprintf(im->why, sizeof im->why, "%s", why.message);
  for (size_t j = 0; status == ML_OK && j < data->n_features; j++) {
    if (!wanted[j] || !isfinite(values[j])) continue;
    im->name[im->n] = data->names[j];
    im->value[im->n++] = values[j];
  }
  if (status == ML_OK && im->n == 0)
    snprintf(im->why, sizeof im->why, "%s is undefined", s->metrics[0]);
  im->is_permuted = true;
  return ML_OK;
}

static ml_status take_permuted(train_importance *im, ml_error *err) {
  const ml_xval_result *r = im->t->shown->result;
  size_t n;
  (void)ml_pipeline_features(im->t->pipeline, &n);
  if (r->model->traits & ML_MODEL_FEATURELESS)
    snprintf(im->why, sizeof im->why, "model '%s' uses none", r->model->name);
  else if (r->n_folds == 0 || !r->folds)
    snprintf(im->why, sizeof im->why,
             "model '%s' does not say it, and without folds there are no rows to try it on",
             r->model->name);
  else if (is_affordable(im, n)) {
    bool *wanted = calloc(r->data->n_features + 1, sizeof *wanted);
    double *values = calloc(r->data->n_features + 1, sizeof *values);
    ml_status status =
        wanted && values ? make_room(im, r->data->n_features, err) : ml_error_memory(err);
    if (status == ML_OK) status = permute(im, wanted, values, err);
    free(wanted);
    free(values);
    return status;
  }
  return ML_OK;
}

/* ---- all of it ------------------------------------------------------------------------------ */

ml_status importance__new(const trained *t, train_importance **out, ml_error *err) {
  train_importance *im = calloc(1, sizeof *im);
  if (!im) return ml_error_memory(err);
  im->t = t;
  size_t n;
  ml_status status =
      ml_pipeline_importance(t->pipeline, &n) ? take_own(im, err) : take_permuted(im, err);
  if (status == ML_OK)
    *out = im;
  else
    importance__free(im);
  return status;
}

void importance__free(train_importance *im) {
  if (!im) return;
  free(im->name);
  free(im->value);
  free(im);
}

bool importance__is_known(const train_importance *im) {
  return im->n > 0;
}

void importance__find(const train_importance *im, const char *const *names, size_t n, double *out) {
  size_t at = 0;
  for (size_t j = 0; j < n; j++) out[j] = NAN;
  for (size_t k = 0; k < im->n; k++) {
    size_t j = at;
    while (j < n && strcmp(names[j], im->name[k]) != 0) j++;
    if (j == n) continue; /* "colour=red" is no feature */
    out[j] = im->value[k];
    at = j + 1;
  }
}

/* ---- the section ---------------------------------------------------------------------------- */

static int by_value(const void *a, const void *b, void *values) {
  size_t i = *(const size_t *)a, j = *(const size_t *)b;
  double x = ((const double *)values)[i], y = ((const double *)values)[j];
  if (x != y) return x > y ? -1 : 1;
  return (i > j) - (i < j);
}

static void put_bars(const train_importance *im, const size_t *order, ml_buf *out) {
  picture_bar bars[MOST_BARS];
  char texts[MOST_BARS][ML_NUMBER_MAX];
  size_t n = im->n < MOST_BARS ? im->n : MOST_BARS;
  for (size_t k = 0; k < n; k++) {
    snprintf(texts[k], sizeof texts[k], "%.3g", im->value[order[k]]);
    bars[k] = (picture_bar){im->name[order[k]], im->value[order[k]], texts[k]};
  }
  picture__bars(bars, n, WIDTH, NAME_ROOM, "importance of features", out);
}

static void put_words(const train_importance *im, ml_buf *out) {
  const xval_shown *s = im->t->shown;
  if (im->n == 0) {
    ml_buf_puts(out, "It is not known: ");
    ml_buf_xml_text(out, im->why);
    ml_buf_puts(out, ".");
    return;
  }
  if (im->n > MOST_BARS) ml_buf_printf(out, "The %d greatest of %zu. ", MOST_BARS, im->n);
  if (im->is_permuted) {
    ml_buf_printf(out,
                  "By permutation, since the model itself does not say it: how much worse %s of "
                  "rows that were not seen becomes when the values of the feature are mixed among "
                  "them (in one order, seed %llu). What two features both tell counts for neither.",
                  s->metrics[0], (unsigned long long)s->result->seed);
    return;
  }
  ml_buf_puts(out, "As the model says, which was fitted on all rows: ");
  ml_buf_xml_text(out, ml_pipeline_importance_is(im->t->pipeline));
  ml_buf_puts(out, ".");
}

ml_status importance__put(const train_importance *im, ml_buf *out, ml_error *err) {
  size_t *order = calloc(im->n + 1, sizeof *order);
  if (!order) return ml_error_memory(err);
  for (size_t k = 0; k < im->n; k++) order[k] = k;
  qsort_r(order, im->n, sizeof *order, by_value, im->value);
  train__begin_section(out, "importance", "Importance");
  ml_buf_puts(out, "<p class=\"dim\">");
  put_words(im, out);
  ml_buf_puts(out, "</p>\n");
  if (im->n > 0) put_bars(im, order, out);
  train__end_section(out);
  free(order);
  return ML_OK;
}
