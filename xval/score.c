/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The metrics of predictions for the rows that a fold tests. */
#include <math.h>
#include <stdlib.h>

#include "xval_internal.h"

void score__release(score_rows *s) {
  free(s->y);
  free(s->weights);
  free(s->classes);
  free(s->predicted);
  *s = (score_rows){0};
}

static ml_status make_room(score_rows *s, size_t n, ml_error *err) {
  if (n <= s->room && s->y) return ML_OK;
  score__release(s);
  s->y = malloc((n + 1) * sizeof *s->y);
  s->weights = malloc((n + 1) * sizeof *s->weights);
  s->classes = malloc((n + 1) * sizeof *s->classes);
  s->predicted = malloc((n + 1) * sizeof *s->predicted);
  if (!s->y || !s->weights || !s->classes || !s->predicted) return ml_error_memory(err);
  s->room = n;
  return ML_OK;
}

ml_status score__rows(score_rows *s, const xval_plan *plan, const ml_view *test,
                      const double *weights, ml_error *err) {
  ml_status status = make_room(s, test->n, err);
  if (status != ML_OK) return status;
  size_t first;
  bool is_run = ml_view_is_run(test, &first);
  ml_scored *t = &s->truth;
  *t = (ml_scored){.problem = plan->problem,
                   .n = test->n,
                   .are_probabilities = !(plan->model->traits & ML_MODEL_SCORES),
                   .n_classes = test->n_classes,
                   .labels = plan->data.classes.labels,
                   .n_features = test->n_columns,
                   .zero_division = plan->zero_division};
  if (plan->problem == ML_REGRESSION) {
    t->y = is_run ? test->y + first : s->y;
    if (!is_run) ml_view_gather_y(test, s->y);
  } else {
    t->classes = is_run ? test->classes + first : s->classes;
    if (!is_run) ml_view_gather_classes(test, s->classes);
  }
  if (weights && !plan->score_unweighted) {
    t->weights = is_run ? weights + first : s->weights;
    for (size_t i = 0; !is_run && i < test->n; i++) s->weights[i] = weights[ml_view_row(test, i)];
  }
  return ML_OK;
}

ml_status score__compute(const score_rows *s, const xval_plan *plan, const double *predictions,
                         bool are_squares, double *scores, ml_buf *why, ml_error *err) {
  ml_scored scored = s->truth;
  if (are_squares) {
    scored.squares = predictions;
  } else if (plan->problem == ML_REGRESSION) {
    scored.y_pred = predictions;
  } else {
    ml_predict_classes(predictions, scored.n, scored.n_classes, s->predicted);
    scored.predicted = s->predicted;
    scored.scores = predictions;
  }
  for (size_t k = 0; k < plan->n_metrics; k++) {
    char words[ML_WHY_MAX] = "";
    ml_status status = ml_metric_compute(&plan->metrics[k], &scored, &scores[k], words, err);
    if (status != ML_OK) return status;
    if (isnan(scores[k])) {
      ml_buf_puts(why, words);
      ml_buf_put(why, "", 1);
    }
  }
  return ML_OK;
}
