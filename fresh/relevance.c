/* SPDX-License-Identifier: GPL-3.0-or-later */
/* From p-values to the features that are selected. */
#include <math.h>
#include <stdlib.h>

#include <ml/stats_internal.h>

#include "redundancy.h"
#include "select.h"

static const double DEFAULT_LEVEL = 0.05;

/* What a caller gets, and what it holds. */
typedef struct selection {
  ml_selection shown;
  ml_class_relevance *classes; /* of each column n_passes; NULL unless multi-class */
} selection;

typedef struct decision {
  const select_p_values *p;
  const ml_select_opts *opts;
  selection *out;
} decision;

/* ---- options ---- */

static ml_status check_numbers(const ml_select_opts *o, ml_error *err) {
  if (o->test < ML_SELECT_MANN || o->test > ML_SELECT_KX)
    return ml_error_set(err, ML_ERR_USAGE, "there is no test %d", (int)o->test);
  if (o->method < ML_FDR_BY || o->method > ML_FDR_KX)
    return ml_error_set(err, ML_ERR_USAGE, "there is no method %d", (int)o->method);
  if (o->fdr_level != 0 && !(o->fdr_level > 0 && o->fdr_level < 1))
    return ml_error_set(err, ML_ERR_USAGE, "the false discovery rate %g is not between 0 and 1",
                        o->fdr_level);
  if (o->percentile != 0 && !(o->percentile > 0 && o->percentile <= 100))
    return ml_error_set(err, ML_ERR_USAGE, "the percentile %g is not above 0 and at most 100",
                        o->percentile);
  if (o->redundancy != 0 && !(o->redundancy > 0 && o->redundancy < 1))
    return ml_error_set(err, ML_ERR_USAGE, "the redundancy %g is not between 0 and 1",
                        o->redundancy);
  if (o->k > 0 && o->percentile != 0)
    return ml_error_set(err, ML_ERR_USAGE,
                        "either the k smallest p-values are selected or a percentile of them");
  return ML_OK;
}

static ml_status check_multi_class(const ml_select_opts *o, const ml_target *target,
                                   ml_error *err) {
  if (select__is_real(o->test, target))
    return ml_error_set(err, ML_ERR_USAGE,
                        o->test == ML_SELECT_KX
                            ? "the target \"%s\" is taken for real numbers by KX's rules: there is "
                              "no multi-class selection for it"
                            : "the target \"%s\" is a regression's: there is no multi-class "
                              "selection for it",
                        target->name);
  if (o->n_significant > target->n_classes)
    return ml_error_set(err, ML_ERR_USAGE,
                        "a feature cannot be relevant for %zu classes: the target \"%s\" has %zu",
                        o->n_significant, target->name, target->n_classes);
  if (o->k > 0 || o->percentile != 0)
    return ml_error_set(err, ML_ERR_USAGE,
                        "multi-class selection decides by the false discovery rate of each class, "
                        "not by %s",
                        o->k > 0 ? "the k smallest p-values" : "a percentile");
  return ML_OK;
}

ml_status select__check(const ml_select_opts *opts, const ml_target *target, ml_error *err) {
  ml_status status = check_numbers(opts, err);
  if (status != ML_OK) return status;
  if (opts->test == ML_SELECT_KX && select__is_real(opts->test, target) && !target->values)
    return ml_error_set(err, ML_ERR_USAGE,
                        "KX's rules take a target of %zu different values for real numbers, and "
                        "\"%s\" has texts",
                        target->n_classes, target->name);
  return opts->n_significant > 0 ? check_multi_class(opts, target, err) : ML_OK;
}

/* Two classes are one decision. */
static bool is_multi_class(const decision *d) {
  return d->opts->n_significant > 0 && d->p->n_passes > 2;
}

/* ---- by the false discovery rate ---- */

/* One pass over the features that are no constants, those of real values first: the order decides
 * between equal p-values with ML_FDR_KX, and KX has it so. */
static ml_status decide_pass(const decision *d, size_t pass, const size_t *columns, size_t n,
                             double *p, bool *is_relevant, double *threshold, ml_error *err) {
  const ml_select_opts *o = d->opts;
  double level = o->fdr_level != 0 ? o->fdr_level : DEFAULT_LEVEL;
  for (size_t i = 0; i < n; i++) p[i] = d->p->p[pass * d->p->n_columns + columns[i]];
  ml_status status = ml_fdr(p, n, level, o->method, is_relevant, threshold, err);
  for (size_t i = 0; i < n && status == ML_OK; i++)
    d->out->classes[columns[i] * d->p->n_passes + pass] = (ml_class_relevance){
        .p_value = p[i], .threshold = threshold[i], .is_relevant = is_relevant[i]};
  return status;
}

static ml_status decide_passes(const decision *d, ml_error *err) {
  size_t n_columns = d->p->n_columns, room = n_columns > 0 ? n_columns : 1, n = 0;
  size_t *columns = reallocarray(NULL, room, sizeof *columns);
  double *p = reallocarray(NULL, room, sizeof *p);
  double *threshold = reallocarray(NULL, room, sizeof *threshold);
  bool *is_relevant = reallocarray(NULL, room, sizeof *is_relevant);
  ml_status status = columns && p && threshold && is_relevant ? ML_OK : ml_error_memory(err);
  if (status == ML_OK) {
    for (size_t j = 0; j < n_columns; j++)
      if (d->p->type[j] == ML_FEATURE_REAL) columns[n++] = j;
    for (size_t j = 0; j < n_columns; j++)
      if (d->p->type[j] == ML_FEATURE_BINARY) columns[n++] = j;
  }
  for (size_t pass = 0; pass < d->p->n_passes && status == ML_OK; pass++)
    status = decide_pass(d, pass, columns, n, p, is_relevant, threshold, err);
  free(columns);
  free(p);
  free(threshold);
  free(is_relevant);
  return status;
}

/* True if class a decides rather than b: one that is relevant before others, then the least p. */
static bool decides(const ml_class_relevance *a, const ml_class_relevance *b) {
  if (a->is_relevant != b->is_relevant) return a->is_relevant;
  return a->p_value < b->p_value || (isnan(b->p_value) && !isnan(a->p_value));
}

static void combine_classes(const decision *d, ml_relevance *f) {
  const ml_class_relevance *c = d->out->classes + f->column * d->p->n_passes, *best = c;
  size_t n = 0;
  for (size_t i = 0; i < d->p->n_passes; i++) {
    if (decides(&c[i], best)) best = &c[i];
    n += c[i].is_relevant;
  }
  f->threshold = best->threshold;
  f->is_relevant = n > 0;
  if (!is_multi_class(d)) return;
  f->is_relevant = n >= d->opts->n_significant;
  f->n_significant = n;
  f->classes = c;
}

/* ---- by rank ---- */

/* Of features in their order. */
static ml_status decide_by_rank(const decision *d, ml_error *err) {
  ml_selection *s = &d->out->shown;
  const ml_select_opts *o = d->opts;
  double *p = reallocarray(NULL, s->n > 0 ? s->n : 1, sizeof *p);
  if (!p) return ml_error_memory(err);
  size_t n = 0;
  for (; n < s->n && !isnan(s->features[n].p_value); n++) p[n] = s->features[n].p_value;
  size_t most = o->k > 0 && o->k < n ? o->k : n;
  double threshold = NAN;
  if (n > 0) threshold = o->k > 0 ? p[most - 1] : stats__quantile(p, n, o->percentile / 100);
  free(p);
  for (size_t i = 0; i < s->n; i++) {
    ml_relevance *f = &s->features[i];
    if (f->type == ML_FEATURE_CONSTANT) continue;
    f->threshold = threshold;
    f->is_relevant = i < most && f->p_value <= threshold;
  }
  return ML_OK;
}

/* ---- the order of features ---- */

/* Of equal p-values KX has those of real features first. */
static int in_order(const void *left, const void *right, void *opts) {
  const ml_relevance *a = left, *b = right;
  bool a_constant = a->type == ML_FEATURE_CONSTANT, b_constant = b->type == ML_FEATURE_CONSTANT;
  if (a_constant != b_constant) return a_constant ? 1 : -1;
  if (isnan(a->p_value) != isnan(b->p_value)) return isnan(a->p_value) ? 1 : -1;
  if (a->p_value < b->p_value) return -1;
  if (a->p_value > b->p_value) return 1;
  if (((const ml_select_opts *)opts)->test == ML_SELECT_KX && a->type != b->type)
    return a->type == ML_FEATURE_REAL ? -1 : 1;
  return (a->column > b->column) - (a->column < b->column);
}

static void list_features(const decision *d) {
  ml_selection *s = &d->out->shown;
  for (size_t j = 0; j < s->n; j++) {
    ml_relevance *f = &s->features[j];
    *f = (ml_relevance){.column = j,
                        .type = d->p->type[j],
                        .test = d->p->test[j],
                        .p_value = NAN,
                        .threshold = NAN,
                        .redundant_with = SIZE_MAX};
    if (f->type == ML_FEATURE_CONSTANT) {
      s->n_constant++;
      continue;
    }
    for (size_t pass = 0; pass < d->p->n_passes; pass++)
      f->p_value = fmin(f->p_value, d->p->p[pass * s->n + j]);
  }
}

/* ---- what is selected ---- */

static ml_status drop_redundant(const decision *d, const ml_matrix *features, const ml_watch *watch,
                                ml_error *err) {
  ml_selection *s = &d->out->shown;
  size_t n = s->n_selected;
  size_t *dropped_for = reallocarray(NULL, n, sizeof *dropped_for);
  if (!dropped_for) return ml_error_memory(err);
  ml_status status = select__find_redundant(features, s->selected, n, d->opts->redundancy, watch,
                                            dropped_for, err);
  size_t at = 0;
  s->n_selected = 0;
  for (size_t i = 0; i < s->n && status == ML_OK; i++) {
    ml_relevance *f = &s->features[i];
    if (!f->is_relevant) continue;
    f->redundant_with = dropped_for[at++];
    if (f->redundant_with == SIZE_MAX) s->selected[s->n_selected++] = f->column;
  }
  free(dropped_for);
  return status;
}

static ml_status decide(const decision *d, const ml_matrix *features, const ml_watch *watch,
                        ml_error *err) {
  ml_selection *s = &d->out->shown;
  bool by_rank = d->opts->k > 0 || d->opts->percentile > 0;
  ml_status status = ML_OK;
  list_features(d);
  if (!by_rank) status = decide_passes(d, err);
  for (size_t j = 0; j < s->n && !by_rank && status == ML_OK; j++)
    if (s->features[j].type != ML_FEATURE_CONSTANT || is_multi_class(d))
      combine_classes(d, &s->features[j]);
  if (s->n > 0) qsort_r(s->features, s->n, sizeof *s->features, in_order, (void *)d->opts);
  if (by_rank) status = decide_by_rank(d, err);
  if (status != ML_OK) return status;
  for (size_t i = 0; i < s->n; i++) {
    s->threshold = fmin(s->threshold, s->features[i].threshold);
    if (s->features[i].is_relevant) s->selected[s->n_selected++] = s->features[i].column;
  }
  if (d->opts->redundancy > 0 && s->n_selected > 1) return drop_redundant(d, features, watch, err);
  return ML_OK;
}

/* ---- a selection ---- */

static ml_status make(const select_p_values *p, selection **out, ml_error *err) {
  selection *made = calloc(1, sizeof *made);
  if (!made) return ml_error_memory(err);
  ml_selection *s = &made->shown;
  size_t n = p->n_columns, room = n > 0 ? n : 1, n_decisions;
  bool fits = !__builtin_mul_overflow(room, p->n_passes, &n_decisions);
  s->n = n;
  s->problem = p->problem;
  s->threshold = NAN;
  s->features = calloc(room, sizeof *s->features);
  s->selected = calloc(room, sizeof *s->selected);
  if (fits) made->classes = reallocarray(NULL, n_decisions, sizeof *made->classes);
  if (!s->features || !s->selected || !made->classes) {
    ml_selection_free(s);
    return ml_error_memory(err);
  }
  for (size_t i = 0; i < n_decisions; i++)
    made->classes[i] = (ml_class_relevance){.p_value = NAN, .threshold = NAN};
  *out = made;
  return ML_OK;
}

ml_status select__decide(const select_p_values *p, const ml_target *target,
                         const ml_matrix *features, const ml_select_opts *opts,
                         const ml_watch *watch, ml_selection **out, ml_error *err) {
  selection *made = NULL;
  ml_status status = make(p, &made, err);
  if (status != ML_OK) return status;
  decision d = {.p = p, .opts = opts, .out = made};
  status = decide(&d, features, watch, err);
  if (status != ML_OK) {
    ml_selection_free(&made->shown);
    return status;
  }
  if (is_multi_class(&d)) {
    made->shown.n_classes = target->n_classes;
  } else {
    free(made->classes);
    made->classes = NULL;
  }
  *out = &made->shown;
  return ML_OK;
}

void ml_selection_free(ml_selection *s) {
  if (!s) return;
  free(s->features);
  free(s->selected);
  free(((selection *)s)->classes);
  free(s);
}
