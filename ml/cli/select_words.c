/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What pictures of a selection say in words. */
#include "select_picture.h"

#include <math.h>

const char *const picture__types[] = {
    [ML_FEATURE_CONSTANT] = "constant", [ML_FEATURE_BINARY] = "binary", [ML_FEATURE_REAL] = "real"};

double picture__level(const ml_select_opts *opts) {
  return opts->fdr_level > 0 ? opts->fdr_level : 0.05;
}

picture_fate picture__fate(const ml_relevance *feature) {
  if (!feature->is_relevant) return PICTURE_IS_REST;
  return feature->redundant_with == SIZE_MAX ? PICTURE_IS_SELECTED : PICTURE_IS_REDUNDANT;
}

size_t picture__n_tested(const ml_selection *s) {
  size_t n = 0;
  while (n < s->n && !isnan(s->features[n].p_value)) n++;
  return n;
}

bool picture__has_one_threshold(const ml_selection *s) {
  for (size_t i = 1, n = picture__n_tested(s); i < n; i++)
    if (s->features[i].threshold != s->features[0].threshold) return false;
  return true;
}

void picture__headline(const cli_pictured *p, ml_buf *out) {
  const ml_selection *s = p->selection;
  ml_buf_printf(out, "%zu of %zu feature%s selected", s->n_selected, s->n, cli__plural(s->n));
}

void picture__problem(const cli_pictured *p, ml_buf *out) {
  if (p->selection->problem == ML_REGRESSION)
    ml_buf_puts(out, "regression");
  else
    ml_buf_printf(out, "classification, %zu classes", p->target->n_classes);
}

static void put_k_best(size_t k, ml_buf *out) {
  if (k == 1)
    ml_buf_puts(out, "the smallest p-value");
  else
    ml_buf_printf(out, "the %zu smallest p-values", k);
}

void picture__rule(const cli_pictured *p, ml_buf *out) {
  static const char *const methods[] = {[ML_FDR_BY] = "Benjamini-Yekutieli",
                                        [ML_FDR_BH] = "Benjamini-Hochberg",
                                        [ML_FDR_KX] = "the KX rule"};
  const ml_select_opts *opts = p->opts;
  if (opts->k > 0) {
    put_k_best(opts->k, out);
  } else if (opts->percentile > 0) {
    ml_buf_puts(out, "the lowest ");
    ml_buf_number(out, opts->percentile);
    ml_buf_puts(out, "% of the p-values");
  } else {
    ml_buf_printf(out, "%s, FDR ", methods[opts->method]);
    ml_buf_number(out, picture__level(opts));
  }
  if (p->selection->n_classes > 0)
    ml_buf_printf(out, ", for %zu of %zu classes", opts->n_significant, p->selection->n_classes);
}

void picture__method(const cli_pictured *p, ml_buf *out) {
  picture__rule(p, out);
  if (p->opts->redundancy > 0) {
    ml_buf_puts(out, ", no two correlated above ");
    ml_buf_number(out, p->opts->redundancy);
  }
}
