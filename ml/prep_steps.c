/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The steps of preprocessing, by a table: what each takes, checks and learns. */
#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <ml/csv_internal.h>
#include <ml/nearest.h>
#include <ml/number.h>
#include <ml/stats_internal.h>

#include "prep_internal.h"

/* ---- numbers of a column ---- */

/* A column without a value: nothing can be learnt from it. */
static ml_status fail_empty(const prep_fit *f, const char *step, const prep_column *c) {
  char name[CSV_QUOTE_MAX];
  return ml_error_at(f->err, ML_ERR_NUMERIC, f->data->source, 0, 0,
                     "%s: column \"%s\" has no value in the rows that are trained on", step,
                     csv__quote(c->name, strlen(c->name), name));
}

/* The values of a column that are not missing, to the front of f->values. */
static size_t known_values(const prep_fit *f, const prep_column *c) {
  size_t n = 0;
  prep__values(c, f->data, f->rows, f->n, f->made, f->values);
  for (size_t i = 0; i < f->n; i++) {
    f->values[n] = f->values[i];
    n += !isnan(f->values[i]);
  }
  return n;
}

/* The range of n > 0 numbers. */
typedef struct range {
  double min, max;
} range;

static range range_of(const double *x, size_t n) {
  range r = {x[0], x[0]};
  for (size_t i = 1; i < n; i++) {
    r.min = x[i] < r.min ? x[i] : r.min;
    r.max = x[i] > r.max ? x[i] : r.max;
  }
  return r;
}

/* 1, or what huge numbers are to be multiplied by so that n of them can be summed. */
static double scale_for(range r, size_t n) {
  const double most = fmax(fabs(r.min), fabs(r.max));
  return most > 1e300 / (double)n ? 1 / most : 1;
}

/* Exact when all are equal; else the first mean is corrected by that of the deviations from it. */
static double mean_of(const double *x, size_t n, double *spare) {
  const range r = range_of(x, n);
  if (r.min == r.max) return r.min;
  const double scale = scale_for(r, n);
  for (size_t i = 0; i < n; i++) spare[i] = x[i] * scale;
  const double mean = stats__sum(spare, n) / (double)n;
  for (size_t i = 0; i < n; i++) spare[i] = x[i] * scale - mean;
  return (mean + stats__sum(spare, n) / (double)n) / scale;
}

/* Deviations from the mean as parts of the greatest of them, so that no square overflows or
 * vanishes, and without what rounding the mean has left in them. @return that one; 0 when all are
 * equal, then they are not written */
static double deviations(const double *x, size_t n, double mean, double *out, double *spare) {
  double most = 0;
  for (size_t i = 0; i < n; i++) most = fmax(most, fabs(x[i] / 2 - mean / 2));
  if (most == 0) return 0;
  for (size_t i = 0; i < n; i++) out[i] = spare[i] = (x[i] / 2 - mean / 2) / most;
  const double rest = stats__sum(spare, n) / (double)n;
  for (size_t i = 0; i < n; i++) out[i] -= rest;
  return 2 * most;
}

static double sum_of_products(const double *x, const double *y, size_t n, double *spare) {
  for (size_t i = 0; i < n; i++) spare[i] = x[i] * y[i];
  return stats__sum(spare, n);
}

/* ---- impute, standard, minmax ---- */

/* Each numeric column by itself. @param may_lack  values */
static ml_status fit_each(const prep_step *step, prep_fit *f, bool may_lack,
                          prep_op (*learn)(const prep_step *step, const prep_fit *f, size_t n)) {
  for (size_t j = 0; j < f->p->n; j++) {
    prep_column *c = &f->p->columns[j];
    if (c->has_texts) continue;
    const size_t n = known_values(f, c);
    if (n == 0 && !may_lack) return fail_empty(f, step->kind->name, c);
    if (!prep__add_op(c, learn(step, f, n))) return ml_error_memory(f->err);
  }
  return ML_OK;
}

/* The finite ones of n values, to the front. */
static size_t finite_values(double *x, size_t n) {
  size_t n_finite = 0;
  for (size_t i = 0; i < n; i++) {
    x[n_finite] = x[i];
    n_finite += isfinite(x[i]) != 0;
  }
  return n_finite;
}

/* A column without a finite value tells nothing about the rows: it is the same for all. */
static prep_op learn_impute(const prep_step *step, const prep_fit *f, size_t n) {
  n = finite_values(f->values, n);
  if (n == 0) return (prep_op){.kind = PREP_ZERO};
  const range r = range_of(f->values, n);
  prep_op op = {PREP_FILL, .b = r.min, .c = r.max};
  if (step->median) {
    ml_impute_range sorted;
    stats__range(f->values, n, (uint64_t *)(void *)f->spare, &sorted);
    op.a = sorted.median;
  } else {
    op.a = mean_of(f->values, n, f->spare);
  }
  return op;
}

static prep_op learn_standard(const prep_step *step, const prep_fit *f, size_t n) {
  double *x = f->values;
  (void)step;
  const double mean = mean_of(x, n, f->spare), most = deviations(x, n, mean, x, f->spare);
  if (most == 0) return (prep_op){PREP_SCALE, .a = mean, .b = 1};
  const double variance = sum_of_products(x, x, n, f->spare) / (double)n,
               deviation = most * sqrt(variance);
  /* What rounding has left of a constant would be made as large as any other feature. */
  const bool is_noise = deviation <= (double)n * DBL_EPSILON * fabs(mean);
  return (prep_op){PREP_SCALE, .a = mean, .b = is_noise ? 1 : deviation};
}

static prep_op learn_minmax(const prep_step *step, const prep_fit *f, size_t n) {
  (void)step;
  const range r = range_of(f->values, n);
  return (prep_op){PREP_SCALE, .a = r.min, .b = r.max > r.min ? r.max - r.min : 1};
}

static ml_status fit_impute(const prep_step *step, prep_fit *f) {
  return fit_each(step, f, true, learn_impute);
}

static ml_status fit_standard(const prep_step *step, prep_fit *f) {
  return fit_each(step, f, false, learn_standard);
}

static ml_status fit_minmax(const prep_step *step, prep_fit *f) {
  return fit_each(step, f, false, learn_minmax);
}

static ml_status parse_impute(const char *argument, prep_step *step, ml_error *err) {
  char shown[CSV_QUOTE_MAX];
  step->median = strcmp(argument, "median") == 0;
  if (step->median || strcmp(argument, "mean") == 0) return ML_OK;
  return ml_error_set(err, ML_ERR_USAGE, "impute=%s is neither impute=mean nor impute=median",
                      csv__quote(argument, strlen(argument), shown));
}

/* ---- one-hot ---- */

static ml_status parse_one_hot(const char *argument, prep_step *step, ml_error *err) {
  (void)err;
  step->column = argument;
  return ML_OK;
}

static ml_status fail_column(const ml_dataset *data, const char *name, ml_error *err) {
  char shown[CSV_QUOTE_MAX];
  ml_nearest nearest = ml_nearest_to(name);
  for (size_t j = 0; data->names && j < data->n_features; j++)
    ml_nearest_try(&nearest, data->names[j], strlen(data->names[j]));
  csv__quote(name, strlen(name), shown);
  if (!nearest.name)
    return ml_error_at(err, ML_ERR_USAGE, data->source, 0, 0, "one-hot: no feature \"%s\"", shown);
  return ml_error_at(err, ML_ERR_USAGE, data->source, 0, 0,
                     "one-hot: no feature \"%s\" (did you mean \"%.60s\"?)", shown, nearest.name);
}

/* A column for each category at most: rows that are trained on need not have all of them. */
static void widen(prep_shape *shape, size_t n_categories) {
  shape->is_exact = false;
  if (__builtin_add_overflow(shape->n_numeric, n_categories, &shape->n_numeric))
    shape->n_numeric = SIZE_MAX;
}

static ml_status check_one_hot(const prep_step *step, const ml_dataset *data, prep_shape *shape,
                               ml_error *err) {
  bool found = !step->column || shape->are_made;
  char number[PREP_NUMBER_MAX];
  for (size_t j = 0; j < data->n_features; j++) {
    if (step->column && strcmp(prep__name(data, j, number), step->column) != 0) continue;
    found = true;
    if (shape->has_texts[j])
      widen(shape, data->categories[j].n);
    else if (step->column)
      widen(shape, data->n_rows);
    shape->has_texts[j] = false;
  }
  return found ? ML_OK : fail_column(data, step->column, err);
}

/* Columns of categories that were seen, ascending, from the sorted values of a column. */
static ml_status add_categories(prep_fit *f, size_t from, size_t n) {
  const ml_dataset *data = f->data;
  for (size_t i = 0; i < n; i++) {
    const double value = f->values[i] == 0 ? 0 : f->values[i];
    if (i > 0 && f->values[i - 1] == f->values[i]) continue;
    char number[ML_NUMBER_MAX];
    prep_column *source = &f->p->columns[from];
    ml_number_format(value, number);
    const bool is_text = source->has_texts;
    const size_t feature = source->feature, function = source->function;
    char *label = is_text ? data->categories[feature].labels[(size_t)value] : number;
    prep_column *c = prep__add(f->p, feature, source->name, label);
    if (!c) return ml_error_memory(f->err);
    c->function = function;
    source = &f->p->columns[from]; /* they may have moved */
    bool ok = true;
    for (size_t k = 0; k < source->n_ops && ok; k++) ok = prep__add_op(c, source->ops[k]);
    const prep_op op = {PREP_IS, .a = value, .label = is_text ? label : NULL};
    if (!ok || !prep__add_op(c, op)) return ml_error_memory(f->err);
  }
  return ML_OK;
}

static ml_status fit_one_hot(const prep_step *step, prep_fit *f) {
  const size_t n_columns = f->p->n;
  bool *is_replaced = calloc(n_columns + 1, sizeof *is_replaced);
  ml_status status = is_replaced ? ML_OK : ml_error_memory(f->err);
  bool found = !step->column;
  for (size_t j = 0; j < n_columns && status == ML_OK; j++) {
    const prep_column *c = &f->p->columns[j];
    is_replaced[j] = step->column ? strcmp(c->name, step->column) == 0 : c->has_texts;
    if (!is_replaced[j]) continue;
    found = true;
    const size_t n = known_values(f, c);
    if (n == 0) status = fail_empty(f, step->kind->name, c);
    if (status != ML_OK) break;
    stats__sort(f->values, n, f->spare);
    status = add_categories(f, j, n);
  }
  if (status == ML_OK && !found)
    status =
        ml_error_at(f->err, ML_ERR_USAGE, f->data->source, 0, 0,
                    "one-hot: steps in front of it have left no column \"%.60s\"", step->column);
  if (status == ML_OK) {
    bool *kept = calloc(f->p->n + 1, sizeof *kept);
    for (size_t j = 0; kept && j < f->p->n; j++) kept[j] = j >= n_columns || !is_replaced[j];
    if (kept)
      prep__keep(f->p, kept);
    else
      status = ml_error_memory(f->err);
    free(kept);
  }
  free(is_replaced);
  return status;
}

/* ---- select-corr ---- */

static ml_status parse_correlation(const char *argument, prep_step *step, ml_error *err) {
  char shown[CSV_QUOTE_MAX];
  if (prep__count(argument, &step->k)) return ML_OK;
  return ml_error_set(err, ML_ERR_USAGE, "select-corr=%s is no number of columns",
                      csv__quote(argument, strlen(argument), shown));
}

ml_status prep__need_target(const prep_step *step, const ml_dataset *data, ml_error *err) {
  return data->problem != ML_PROBLEM_AUTO
             ? ML_OK
             : ml_error_at(err, ML_ERR_USAGE, data->source, 0, 0,
                           "%s needs a target to correlate features with", step->kind->name);
}

/* With more than there can be in any rows, every fold would fail. */
static ml_status check_correlation(const prep_step *step, const ml_dataset *data, prep_shape *shape,
                                   ml_error *err) {
  const size_t n = shape->n_numeric;
  ml_status status = prep__need_target(step, data, err);
  if (status == ML_OK && step->k > n)
    return ml_error_at(err, ML_ERR_USAGE, data->source, 0, 0,
                       "select-corr=%zu asks for more than the %zu column%s of numbers there %s",
                       step->k, n, n == 1 ? "" : "s",
                       !shape->is_exact ? "can be"
                       : n == 1         ? "is"
                                        : "are");
  shape->n_numeric = step->k;
  shape->is_exact = true;
  return status;
}

/* |Pearson correlation| of n pairs, which are used up; 0 where one of them is constant. */
static double correlation(double *x, double *y, size_t n, double *spare) {
  if (n == 0 || deviations(x, n, mean_of(x, n, spare), x, spare) == 0 ||
      deviations(y, n, mean_of(y, n, spare), y, spare) == 0)
    return 0;
  return fabs(sum_of_products(x, y, n, spare)) / sqrt(sum_of_products(x, x, n, spare)) /
         sqrt(sum_of_products(y, y, n, spare));
}

/* Of the rows where the column has a value. @param y  room for n */
static double correlation_of(const prep_fit *f, const prep_column *c, double *y) {
  const ml_dataset *data = f->data;
  size_t n = 0;
  prep__values(c, data, f->rows, f->n, f->made, f->values);
  for (size_t i = 0; i < f->n; i++) {
    const size_t row = f->rows ? f->rows[i] : i;
    f->values[n] = f->values[i];
    y[n] = data->problem == ML_CLASSIFICATION ? data->classes.codes[row] : data->y[row];
    n += !isnan(f->values[i]);
  }
  return correlation(f->values, y, n, f->spare);
}

/* Greatest first, and of equal ones the first column. */
static int compare_columns(const void *a, const void *b, void *correlations) {
  const size_t i = *(const size_t *)a, j = *(const size_t *)b;
  const double *r = correlations;
  return r[i] != r[j] ? (r[i] > r[j] ? -1 : 1) : (i > j) - (i < j);
}

/* Columns of texts are not in question: they stay. */
static ml_status fit_correlation(const prep_step *step, prep_fit *f) {
  const size_t n = f->p->n;
  size_t n_numeric = 0;
  for (size_t j = 0; j < n; j++) n_numeric += !f->p->columns[j].has_texts;
  if (step->k > n_numeric)
    return ml_error_at(f->err, ML_ERR_NUMERIC, f->data->source, 0, 0,
                       "select-corr=%zu asks for more than the %zu column%s of numbers there %s",
                       step->k, n_numeric, n_numeric == 1 ? "" : "s",
                       n_numeric == 1 ? "is" : "are");
  double *r = calloc(n + 1, sizeof *r), *y = reallocarray(NULL, f->n + 1, sizeof *y);
  size_t *order = calloc(n + 1, sizeof *order);
  bool *kept = calloc(n + 1, sizeof *kept);
  ml_status status = r && y && order && kept ? ML_OK : ml_error_memory(f->err);
  for (size_t j = 0; j < n && status == ML_OK; j++) {
    order[j] = j;
    kept[j] = f->p->columns[j].has_texts;
    r[j] = kept[j] ? -1 : correlation_of(f, &f->p->columns[j], y);
  }
  if (status == ML_OK) {
    qsort_r(order, n, sizeof *order, compare_columns, r);
    for (size_t k = 0; k < step->k; k++) kept[order[k]] = true;
    prep__keep(f->p, kept);
  }
  free(r);
  free(y);
  free(order);
  free(kept);
  return status;
}

/* ---- the table ---- */

static const prep_kind kinds[] = {
    {"impute", "mean|median", false, parse_impute, NULL, fit_impute},
    {"standard", NULL, false, NULL, NULL, fit_standard},
    {"minmax", NULL, false, NULL, NULL, fit_minmax},
    {"one-hot", "COLUMN", true, parse_one_hot, check_one_hot, fit_one_hot},
    {"select-corr", "K", false, parse_correlation, check_correlation, fit_correlation},
    {"select", "RULES", true, prep__parse_rules, prep__check_relevance, prep__fit_relevance},
    {PREP_PYTHON, "MODULE.FUNCTION", false, prep__parse_python, prep__check_python,
     prep__fit_python},
};

const prep_kind *prep__kind(size_t i) {
  return i < sizeof kinds / sizeof *kinds ? &kinds[i] : NULL;
}
