/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Which panels a result has; and those of scores by fold and of predicted numbers. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "xval_picture.h"

enum { MOST_PANELS = 24, MOST_PARAMS = 6, MOST_METRICS = 6, MOST_FOLDS = 1000 };

typedef enum panel_kind {
  OF_PARAM,
  OF_FOLDS,
  OF_VALUES,
  OF_RESIDUALS,
  OF_ROC,
  OF_CALIBRATION,
  OF_CONFUSION
} panel_kind;

struct panels {
  const xval_shown *s;
  size_t n;
  struct {
    panel_kind kind;
    size_t of; /* the parameter, or the metric */
  } list[MOST_PANELS];
  size_t *order, *sorted;    /* candidates by rank; room for predictions */
  double *room;              /* for all that is drawn at once */
  double *truth, *residuals; /* of the predictions: true values, and how far they are from them */
};

static void add(panels *p, panel_kind kind, size_t of) {
  p->list[p->n].kind = kind;
  p->list[p->n++].of = of;
}

static void choose(panels *p) {
  const ml_xval_result *r = p->s->result;
  bool has_folds = xval__winner(p->s) || r->n_outer > 0;
  for (size_t v = 0; r->n_outer == 0 && v < r->n_varied && v < MOST_PARAMS; v++)
    if (xval__is_search(p->s)) add(p, OF_PARAM, r->varied[v]);
  for (size_t m = 0; has_folds && m < r->n_metrics && m < MOST_METRICS; m++) add(p, OF_FOLDS, m);
  if (!r->predicted || r->predicted->n == 0) return;
  if (r->problem == ML_REGRESSION) {
    add(p, OF_VALUES, 0);
    add(p, OF_RESIDUALS, 0);
    return;
  }
  if (r->predicted->scores) add(p, OF_ROC, 0);
  if (r->predicted->scores && !(r->model->traits & ML_MODEL_SCORES)) add(p, OF_CALIBRATION, 0);
  add(p, OF_CONFUSION, 0);
}

ml_status panels__new(const xval_shown *s, panels **out, ml_error *err) {
  const ml_xval_result *r = s->result;
  panels *p = calloc(1, sizeof *p);
  if (!p) return ml_error_memory(err);
  size_t n = r->predicted ? r->predicted->n : 0;
  size_t most = r->n_candidates > 2 * n ? r->n_candidates : 2 * n;
  p->s = s;
  p->order = xval__by_rank(s);
  p->sorted = calloc(n + 1, sizeof *p->sorted);
  p->room = calloc(most + 1, sizeof *p->room);
  p->truth = calloc(n + 1, sizeof *p->truth);
  p->residuals = calloc(n + 1, sizeof *p->residuals);
  if (!p->order || !p->sorted || !p->room || !p->truth || !p->residuals) {
    panels__free(p);
    return ml_error_memory(err);
  }
  for (size_t i = 0; r->problem == ML_REGRESSION && i < n; i++) {
    p->truth[i] = r->data->y[r->predicted->row[i]];
    p->residuals[i] = p->truth[i] - r->predicted->values[i];
  }
  choose(p);
  *out = p;
  return ML_OK;
}

void panels__free(panels *p) {
  if (!p) return;
  free(p->order);
  free(p->sorted);
  free(p->room);
  free(p->truth);
  free(p->residuals);
  free(p);
}

size_t panels__n(const panels *p) {
  return p->n;
}

/* Which of two classes a curve is of. */
static void put_positive(const panels *p, ml_buf *out) {
  const ml_levels *classes = &p->s->result->data->classes;
  if (classes->n != 2) return;
  ml_buf_puts(out, " of ");
  ml_buf_puts(out, classes->labels[1]);
}

void panels__title(const panels *p, size_t i, ml_buf *out) {
  const ml_xval_result *r = p->s->result;
  size_t of = p->list[i].of;
  switch (p->list[i].kind) {
    case OF_PARAM:
      ml_buf_printf(out, "%s by %s", p->s->metrics[0], r->model->params[of].name);
      break;
    case OF_FOLDS:
      ml_buf_printf(out, "%s of each fold", p->s->metrics[of]);
      break;
    case OF_VALUES:
      ml_buf_puts(out, "predicted (upwards) against true");
      break;
    case OF_RESIDUALS:
      ml_buf_puts(out, "residuals (upwards) against predicted");
      break;
    case OF_ROC:
      ml_buf_puts(out, "true against false positive rate");
      put_positive(p, out);
      break;
    case OF_CALIBRATION:
      ml_buf_puts(out, "share of true rows against probability");
      put_positive(p, out);
      break;
    case OF_CONFUSION:
      ml_buf_puts(out, "rows: true (down) and predicted (across)");
      break;
  }
}

/* ---- scores of folds ----------------------------------------------------------------------- */

static size_t n_scores(const xval_shown *s) {
  return s->result->n_outer > 0 ? s->result->n_outer : s->result->n_folds;
}

/* NaN where there is none. */
static double score_of(const xval_shown *s, size_t fold, size_t metric) {
  const ml_xval_result *r = s->result;
  if (r->n_outer > 0) return r->outer[fold].error ? NAN : r->outer[fold].scores[metric];
  const ml_fold_result *of = &xval__winner(s)->folds[fold];
  return of->state == ML_FOLD_DONE ? of->scores[metric] : NAN;
}

static double fold_x(size_t fold, size_t n) {
  double left = PANEL_LEFT + 12, right = PANEL_RIGHT - 10;
  return n > 1 ? left + (right - left) * (double)fold / (double)(n - 1) : (left + right) / 2;
}

static void put_fold_labels(const panel_field *f, size_t n) {
  picture_ticks ticks = {0};
  const char *labels[PICTURE_TICKS];
  double at[PICTURE_TICKS];
  if (n > PICTURE_TICKS) picture__ticks(0, (double)(n - 1), 6, &ticks);
  for (; n <= PICTURE_TICKS && ticks.n < n; ticks.n++) {
    ticks.at[ticks.n] = (double)ticks.n;
    snprintf(ticks.labels[ticks.n], ML_NUMBER_MAX, "%zu", ticks.n);
  }
  for (size_t i = 0; i < ticks.n; i++) {
    at[i] = fold_x((size_t)ticks.at[i], n);
    labels[i] = ticks.labels[i];
  }
  panel__x_labels(f, at, labels, ticks.n);
}

static void put_mean(const panels *p, size_t metric, const panel_field *f) {
  const ml_candidate_result *winner = xval__winner(p->s);
  double mean, sd;
  if (p->s->result->n_outer > 0) {
    xval__outer_mean(p->s, metric, &mean, &sd);
  } else {
    mean = winner->mean[metric];
    sd = winner->sd[metric];
  }
  if (!isfinite(mean) || !isfinite(sd)) return;
  panel__line(f, PICTURE_LINE " stroke-width=\"1.8\"", PANEL_LEFT, panel__y(f, mean), PANEL_RIGHT,
              panel__y(f, mean));
  for (int sign = -1; sign <= 1; sign += 2)
    panel__line(f, PICTURE_LINE " stroke-dasharray=\"5 3\"", PANEL_LEFT,
                panel__y(f, mean + sign * sd), PANEL_RIGHT, panel__y(f, mean + sign * sd));
}

static void draw_folds(const panels *p, size_t metric, const char *place, ml_buf *out) {
  size_t n = n_scores(p->s), step = n / MOST_FOLDS + 1;
  double lo = INFINITY, hi = -INFINITY;
  for (size_t i = 0; i < n; i++) {
    double score = score_of(p->s, i, metric);
    if (!isfinite(score)) continue;
    lo = fmin(lo, score);
    hi = fmax(hi, score);
  }
  panel__begin(place, "score of each fold, their mean, and a deviation each way", out);
  if (lo > hi) {
    picture__text(out, PANEL_WIDTH / 2.0, PANEL_HEIGHT / 2.0,
                  PICTURE_DIM " font-size=\"12\" text-anchor=\"middle\"", "undefined");
  } else {
    panel_field f = panel__field(lo, hi, out);
    put_fold_labels(&f, n);
    put_mean(p, metric, &f);
    ml_buf_printf(out,
                  "<path " PICTURE_SELECTED " stroke-width=\"%s\" stroke-linecap=\"round\" d=\"",
                  n > 100 ? "3" : "6");
    for (size_t i = 0; i < n; i += step) {
      double score = score_of(p->s, i, metric);
      if (!isfinite(score)) continue;
      picture__point(out, 'M', fold_x(i, n), panel__y(&f, score));
      ml_buf_puts(out, "h0");
    }
    ml_buf_puts(out, "\"/>\n");
  }
  panel__end(out);
}

void panels__draw(const panels *p, size_t i, const char *place, ml_buf *out) {
  const ml_predicted *predicted = p->s->result->predicted;
  size_t of = p->list[i].of;
  switch (p->list[i].kind) {
    case OF_PARAM:
      panel__search(p->s, of, p->order, p->room, place, out);
      break;
    case OF_FOLDS:
      draw_folds(p, of, place, out);
      break;
    case OF_VALUES: {
      const picture_scatter scatter = {p->truth, predicted->values, predicted->n,
                                       "scatter plot: true values across, predicted ones upwards",
                                       PICTURE_SQUARE};
      picture__scatter(&scatter, place, p->room, out);
      break;
    }
    case OF_RESIDUALS: {
      const picture_scatter scatter = {predicted->values, p->residuals, predicted->n,
                                       "scatter plot: predicted values across, true values less "
                                       "predicted ones upwards",
                                       PICTURE_RESIDUAL};
      picture__scatter(&scatter, place, p->room, out);
      break;
    }
    case OF_CALIBRATION:
      panel__calibration(p->s, place, out);
      break;
    case OF_ROC:
      panel__roc(p->s, p->sorted, place, out);
      break;
    case OF_CONFUSION:
      panel__confusion(p->s, place, out);
      break;
  }
}
