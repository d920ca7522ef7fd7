/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The words of --plot: title and legend. */
#include "select_plot.h"

#include <math.h>
#include <stdio.h>

enum { MARGIN = 16, SIZE = 12, ROW = 20 };

/* ---- title --------------------------------------------------------------------------------- */

/* The text of a buffer with a NUL behind, or "" when memory ran out. */
static const char *text_of(plot *f, ml_buf *text) {
  ml_buf_put(text, "", 1);
  if (text->failed) f->out->failed = true;
  return text->failed ? "" : text->data;
}

static void put_row(plot *f, double y, const char *how, double size, ml_buf *text) {
  const char *words = text_of(f, text);
  ml_buf_printf(f->out, "<text %s font-size=\"%.0f\" x=\"%d\" y=\"%.0f\">", how, size, MARGIN, y);
  picture__name(f->out, words, PLOT_WIDTH - 2 * MARGIN, size);
  ml_buf_puts(f->out, "</text>\n");
  ml_buf_release(text);
}

void plot__title(plot *f) {
  ml_buf text = {0};
  const cli_pictured *p = f->p;
  picture__headline(p, &text);
  put_row(f, 30, PICTURE_INK " font-weight=\"600\"", 19, &text);
  ml_buf_printf(&text, "%s, target %s (", p->title, p->target->name);
  picture__problem(p, &text);
  ml_buf_puts(&text, ")");
  put_row(f, 52, PICTURE_DIM, 13, &text);
  picture__method(p, &text);
  put_row(f, 71, PICTURE_DIM, 13, &text);
}

/* ---- legend -------------------------------------------------------------------------------- */

typedef struct legend {
  plot *f;
  double x, y;
} legend;

/* @param mark  drawn around (0, 0); NULL: none */
static void put_entry(legend *l, const char *mark, const char *words) {
  double width = picture__width(words, SIZE) + (mark ? 42 : 20);
  if (l->x > MARGIN && l->x + width > PLOT_WIDTH) {
    l->x = MARGIN;
    l->y += ROW;
  }
  if (mark) {
    ml_buf_puts(l->f->out, "<g transform=\"translate(");
    picture__at(l->f->out, l->x + 10);
    ml_buf_puts(l->f->out, " ");
    picture__at(l->f->out, l->y - 4);
    ml_buf_printf(l->f->out, ")\">%s</g>", mark);
  }
  picture__text(l->f->out, l->x + (mark ? 24 : 0), l->y, PICTURE_INK, words);
  l->x += width;
}

static void put_fates(legend *l) {
  static const struct {
    picture_fate fate;
    const char *mark, *words;
  } fates[] = {
      {PICTURE_IS_SELECTED,
       "<path " PICTURE_SELECTED " stroke-width=\"6\" stroke-linecap=\"round\" d=\"M0,0h0\"/>",
       "selected"},
      {PICTURE_IS_REDUNDANT,
       "<path " PICTURE_REDUNDANT " stroke-width=\"1.5\" d=\"M0,-4l4,4-4,4-4,-4z\"/>",
       "relevant, but redundant"},
      {PICTURE_IS_REST,
       "<path " PICTURE_REST " stroke-width=\"4\" stroke-linecap=\"round\" d=\"M0,0h0\"/>",
       "not selected"}};
  char words[64];
  for (size_t i = 0; i < sizeof fates / sizeof *fates; i++) {
    size_t n = l->f->counts[fates[i].fate];
    if (n == 0) continue;
    snprintf(words, sizeof words, "%s (%zu)", fates[i].words, n);
    put_entry(l, fates[i].mark, words);
  }
}

static void put_fdr_entry(legend *l) {
  const plot *f = l->f;
  const cli_pictured *p = f->p;
  char level[ML_NUMBER_MAX], share[80] = "", words[200];
  bool is_shared = p->selection->problem != ML_REGRESSION && p->target->n_classes > 2;
  ml_number_format(picture__level(p->opts), level);
  snprintf(share, sizeof share, "%zu", f->m);
  if (p->opts->method == ML_FDR_BY)
    snprintf(share, sizeof share, "(%zu \xc2\xb7 %.4g)", f->m, f->harmonic);
  if (p->opts->method == ML_FDR_KX)
    snprintf(share, sizeof share, "(%zu \xc2\xb7 (1 + \xe2\x80\xa6 + 1/i))", f->m);
  snprintf(words, sizeof words, "FDR line: %s \xc2\xb7 i / %s%s", level, share,
           is_shared ? ", for each class by itself" : "");
  put_entry(l, "<path " PICTURE_LINE " stroke-width=\"1.8\" d=\"M-10,0h20\"/>", words);
}

static void put_notes(legend *l) {
  const plot *f = l->f;
  char words[96];
  size_t n_constant = f->p->selection->n_constant, n_without = f->m - f->n;
  if (f->has_tiny)
    put_entry(l, "<path " PICTURE_DIM " d=\"M-4,3l4,-7 4,7z\"/>", "p = 0 or below 1e-300");
  if (n_constant > 0) {
    snprintf(words, sizeof words, "not drawn: %zu constant feature%s", n_constant,
             cli__plural(n_constant));
    put_entry(l, NULL, words);
  }
  if (n_without > 0) {
    snprintf(words, sizeof words, "not drawn: %zu without a p-value", n_without);
    put_entry(l, NULL, words);
  }
}

double plot__legend(plot *f) {
  legend l = {f, MARGIN, PLOT_BOTTOM + 66};
  char words[64];
  ml_buf p = {0};
  put_fates(&l);
  if (f->has_line) put_fdr_entry(&l);
  if (!isnan(f->cut)) {
    picture__p(&p, f->cut);
    snprintf(words, sizeof words, "threshold: p = %.40s", text_of(f, &p));
    put_entry(&l, "<path " PICTURE_LINE " stroke-dasharray=\"5 3\" d=\"M-10,0h20\"/>", words);
  }
  ml_buf_release(&p);
  put_notes(&l);
  return l.y;
}
