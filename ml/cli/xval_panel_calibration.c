/* SPDX-License-Identifier: GPL-3.0-or-later */
/* How often what was predicted with some probability is true. */
#include <math.h>

#include "xval_picture.h"

enum { BINS = 10 };

/* Predictions whose probability of a class lies in one tenth. */
typedef struct bin {
  size_t n, n_true;
  double sum; /* of the probabilities */
} bin;

static size_t bin_of(double p) {
  return p >= 1 ? BINS - 1 : p > 0 ? (size_t)(p * BINS) : 0;
}

static void fill_bins(const xval_shown *s, size_t class, bin bins[BINS]) {
  const ml_predicted *p = s->result->predicted;
  const ml_levels *classes = &s->result->data->classes;
  for (size_t i = 0; i < p->n; i++) {
    double probability = p->scores[i * classes->n + class];
    bin *b = &bins[bin_of(probability)];
    b->n++;
    b->n_true += classes->codes[p->row[i]] == class;
    b->sum += probability;
  }
}

/* A line through the bins, and points the larger the more predictions they are of. */
static void put_curve(const xval_shown *s, size_t class, const panel_field *f) {
  bin bins[BINS] = {0};
  char letter = 'M';
  fill_bins(s, class, bins);
  ml_buf_printf(f->out,
                "<path class=\"curve\" fill=\"none\" stroke=\"%s\" stroke-width=\"1.4\" d=\"",
                panel__curve_colour(s, class));
  for (size_t b = 0; b < BINS; b++) {
    double n = (double)bins[b].n;
    if (bins[b].n == 0) continue;
    picture__point(f->out, letter, panel__rate_x(bins[b].sum / n),
                   panel__y(f, (double)bins[b].n_true / n));
    letter = 'L';
  }
  ml_buf_puts(f->out, "\"/>\n");
  for (size_t b = 0; b < BINS; b++) {
    double n = (double)bins[b].n;
    if (bins[b].n == 0) continue;
    ml_buf_printf(f->out,
                  "<path class=\"curve\" fill=\"none\" stroke=\"%s\" stroke-width=\"%.1f\" "
                  "stroke-linecap=\"round\" d=\"",
                  panel__curve_colour(s, class), 3 + 9 * sqrt(n / (double)s->result->predicted->n));
    picture__point(f->out, 'M', panel__rate_x(bins[b].sum / n),
                   panel__y(f, (double)bins[b].n_true / n));
    ml_buf_puts(f->out, "h0\"/>\n");
  }
}

void panel__calibration(const xval_shown *s, const char *place, ml_buf *out) {
  panel_field f = panel__begin_rates(
      place, "share of rows that are of the class upwards, predicted probability across", out);
  if (s->result->data->classes.n == 2) {
    put_curve(s, 1, &f);
  } else {
    for (size_t c = 0; c < panel__n_curves(s); c++) put_curve(s, c, &f);
    panel__curve_names(s, &f, true);
  }
  panel__end(out);
}
