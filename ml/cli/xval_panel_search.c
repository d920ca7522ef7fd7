/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Scores of candidates by their value of one parameter: means with a bar of a deviation each way,
 * the winner marked. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "xval_picture.h"

enum { MOST = 1000 /* candidates that are drawn: the best */ };

typedef struct scale {
  const ml_model_param *param;
  double lo, hi; /* of the finite values */
  double word;   /* one of those that are none */
  bool is_log, has_words, has_none;
} scale;

/* ---- across -------------------------------------------------------------------------------- */

/* A word in the place of a number, such as none or sqrt: it is no place on an axis. */
static bool is_word(const ml_model_param *param, double value) {
  return isnan(ml_model_param_number(param, value));
}

/* Values that are about evenly spaced by their ratios. */
static bool is_log_spaced(double *values, size_t n, double lo, double hi) {
  if (n < 3 || !(lo > 0) || hi < 20 * lo) return false;
  picture__sort(values, n);
  double median = picture__quantile(values, n, 0.5);
  double by_ratio = fabs(log(median / lo) / log(hi / lo) - 0.5);
  return by_ratio < fabs((median - lo) / (hi - lo) - 0.5);
}

static scale make_scale(const xval_shown *s, size_t param, double *room) {
  const ml_xval_result *r = s->result;
  scale c = {.param = &r->model->params[param], .lo = INFINITY, .hi = -INFINITY};
  size_t n = 0;
  c.has_words = c.param->kind == ML_MODEL_BOOL || c.param->kind == ML_MODEL_CHOICE;
  for (size_t i = 0; i < r->n_candidates; i++) {
    double v = r->candidates[i].params[param];
    if (is_word(c.param, v)) {
      c.word = v;
      c.has_none = true;
      continue;
    }
    v = ml_model_param_number(c.param, v);
    c.lo = fmin(c.lo, v);
    c.hi = fmax(c.hi, v);
    room[n++] = v;
  }
  if (!c.has_words) c.is_log = is_log_spaced(room, n, c.lo, c.hi);
  return c;
}

static double x_of(const scale *c, double value) {
  double left = PANEL_LEFT + 14, right = PANEL_RIGHT - 10;
  if (is_word(c->param, value)) return right;
  value = ml_model_param_number(c->param, value);
  if (c->has_none) right -= 30;
  double share = c->is_log ? picture__share(log(value), log(c->lo), log(c->hi))
                           : picture__share(value, c->lo, c->hi);
  return left + share * (right - left);
}

/* A choice has a label for each value that is there, a number round ones. */
static void put_word_labels(const scale *c, const panel_field *f) {
  enum { WORDS = 12 };
  ml_buf texts[WORDS] = {0};
  const char *labels[WORDS] = {0};
  double at[WORDS] = {0};
  size_t n = 0;
  for (double v = c->lo; v <= c->hi && n < WORDS; v++, n++) {
    ml_model_param_format(c->param, v, &texts[n]);
    ml_buf_put(&texts[n], "", 1);
    labels[n] = texts[n].failed ? "" : texts[n].data;
    at[n] = x_of(c, v);
  }
  panel__x_labels(f, at, labels, n);
  for (size_t i = 0; i < n; i++) ml_buf_release(&texts[i]);
}

static void put_x_labels(const scale *c, const panel_field *f) {
  picture_ticks ticks = {0};
  const char *labels[PICTURE_TICKS + 1] = {0};
  double at[PICTURE_TICKS + 1] = {0};
  if (c->has_words) {
    put_word_labels(c, f);
    return;
  }
  if (c->is_log)
    picture__log_ticks(c->lo, c->hi, 6, &ticks);
  else if (c->lo < c->hi)
    picture__ticks(c->lo, c->hi, 5, &ticks);
  if (ticks.n == 0 && c->lo <= c->hi) {
    ticks.at[ticks.n] = c->lo;
    snprintf(ticks.labels[ticks.n++], ML_NUMBER_MAX, "%.6g", c->lo);
  }
  for (size_t i = 0; i < ticks.n; i++) {
    at[i] = x_of(c, ticks.at[i]);
    labels[i] = ticks.labels[i];
  }
  ml_buf word = {0};
  size_t n = ticks.n < PICTURE_TICKS ? ticks.n : PICTURE_TICKS;
  if (c->has_none) {
    ml_model_param_format(c->param, c->word, &word);
    ml_buf_put(&word, "", 1);
    at[n] = x_of(c, c->word);
    labels[n++] = word.failed ? "" : word.data;
  }
  panel__x_labels(f, at, labels, n);
  ml_buf_release(&word);
}

/* ---- points -------------------------------------------------------------------------------- */

static double score_of(const xval_shown *s, const ml_candidate_result *c) {
  return s->result->ranks_pooled ? c->pooled[0] : c->mean[0];
}

static bool is_shown(const xval_shown *s, size_t i) {
  return isfinite(score_of(s, &s->result->candidates[i]));
}

static double bar_of(const xval_shown *s, const ml_candidate_result *c) {
  return !s->result->ranks_pooled && isfinite(c->sd[0]) ? c->sd[0] : 0;
}

/* With bars as far as they do not press the scores flat. */
static picture_range scores_range(const xval_shown *s, const size_t *order, double *room) {
  const ml_xval_result *r = s->result;
  size_t n = 0;
  for (size_t i = 0; i < r->n_candidates && i < MOST; i++)
    if (is_shown(s, order[i])) room[n++] = score_of(s, &r->candidates[order[i]]);
  picture_range range = picture__range(room, n);
  double lo = range.lo, hi = range.hi;
  for (size_t i = 0; i < r->n_candidates && i < MOST; i++) {
    const ml_candidate_result *c = &r->candidates[order[i]];
    double mean = score_of(s, c), bar = bar_of(s, c);
    if (!is_shown(s, order[i]) || mean < lo || mean > hi) continue;
    range.lo = fmin(range.lo, mean - bar);
    range.hi = fmax(range.hi, mean + bar);
  }
  return range;
}

static void put_bars(const xval_shown *s, size_t param, const size_t *order, const scale *c,
                     const panel_field *f) {
  const ml_xval_result *r = s->result;
  bool is_open = false;
  for (size_t i = 0; i < r->n_candidates && i < MOST; i++) {
    const ml_candidate_result *one = &r->candidates[order[i]];
    double mean = score_of(s, one), bar = bar_of(s, one), x = x_of(c, one->params[param]);
    if (!is_shown(s, order[i]) || bar == 0) continue;
    if (!is_open) ml_buf_puts(f->out, "<path " PICTURE_REST " opacity=\".6\" d=\"");
    is_open = true;
    picture__point(f->out, 'M', x, panel__y(f, mean - bar));
    picture__point(f->out, 'L', x, panel__y(f, mean + bar));
  }
  if (is_open) ml_buf_puts(f->out, "\"/>\n");
}

static void put_points(const xval_shown *s, size_t param, const size_t *order, const scale *c,
                       const panel_field *f) {
  const ml_xval_result *r = s->result;
  bool is_open = false;
  for (size_t i = 0; i < r->n_candidates && i < MOST; i++) {
    const ml_candidate_result *one = &r->candidates[order[i]];
    if (!is_shown(s, order[i])) continue;
    if (!is_open)
      ml_buf_puts(f->out,
                  "<path " PICTURE_SELECTED " stroke-width=\"5\" stroke-linecap=\"round\" d=\"");
    is_open = true;
    picture__point(f->out, 'M', x_of(c, one->params[param]), panel__y(f, score_of(s, one)));
    ml_buf_puts(f->out, "h0");
  }
  if (is_open) ml_buf_puts(f->out, "\"/>\n");
  if (r->best >= r->n_candidates || !is_shown(s, r->best)) return;
  const ml_candidate_result *best = &r->candidates[r->best];
  ml_buf_puts(f->out, "<path " PICTURE_LINE " stroke-width=\"2\" stroke-linejoin=\"round\" d=\"");
  picture__point(f->out, 'M', x_of(c, best->params[param]), panel__y(f, score_of(s, best)));
  ml_buf_puts(f->out, "m0,-7l7,7-7,7-7,-7z\"/>\n");
}

void panel__search(const xval_shown *s, size_t param, const size_t *order, double *room,
                   const char *place, ml_buf *out) {
  panel__begin(place, "scores of the candidates upwards, the parameter across", out);
  scale c = make_scale(s, param, room);
  picture_range range = scores_range(s, order, room);
  panel_field f = panel__field(range.lo, range.hi, out);
  put_x_labels(&c, &f);
  put_bars(s, param, order, &c, &f);
  put_points(s, param, order, &c, &f);
  panel__end(out);
}
