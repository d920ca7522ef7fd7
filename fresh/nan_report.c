/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Why features are NaN: counts for each column, as JSON. */
#include <math.h>
#include <stdlib.h>

#include <ml/series_internal.h>

#include "plan.h"

/* In the order of the keys of the JSON. */
typedef enum reason { ABSENT, NOT_FINITE, SHORT, CONSTANT, RULE, N_REASONS } reason;

static const char *const keys[N_REASONS] = {"absent", "not_finite", "short", "constant", "rule"};

/* Series up to this length are told apart from too short ones by trying; longer ones are long
 * enough for every calculator with its default parameters. */
enum { LONG = 1000 };

/* The columns of one kind. */
typedef struct report {
  const ml_series_set *set;
  const ml_matrix *matrix;
  size_t kind, first; /* its first column */
  bool has_times;
  fresh_plan plan;
  fresh_scratch scratch;
  double *tried[LONG + 1];     /* values of noise of that length; NULL: not tried yet */
  size_t (*counts)[N_REASONS]; /* of each column */
} report;

/* Values without any pattern, from a fixed seed. */
static void fill_noise(double *x, int64_t *times, size_t n) {
  uint64_t state = 1;
  for (size_t i = 0; i < n; i++) {
    state = state * 6364136223846793005u + 1442695040888963407u;
    x[i] = (double)(state >> 33) * 0x1p-31;
    times[i] = (int64_t)i * 3600 * 1000000000;
  }
}

/* What the columns are for noise of n values. @return NULL when memory ran out */
static const double *try_length(report *r, size_t n, ml_error *err) {
  double x[LONG];
  int64_t times[LONG];
  if (r->tried[n]) return r->tried[n];
  double *values = calloc(r->plan.n_columns, sizeof *values);
  fill_noise(x, times, n);
  const fresh_input input = {.x = x, .n = n, .times = r->has_times ? times : NULL};
  ml_status status =
      values ? fresh__plan_run(&r->plan, &input, &r->scratch, values, err) : ml_error_memory(err);
  if (status == ML_OK) return r->tried[n] = values;
  free(values);
  return NULL;
}

/* ---- one series ---- */

static bool is_finite(const double *x, size_t n) {
  size_t i = 0;
  while (i < n && isfinite(x[i])) i++;
  return i == n;
}

static bool is_constant(const double *x, size_t n) {
  size_t i = 1;
  while (i < n && x[i] == x[0]) i++;
  return i >= n;
}

/* What holds for every column of a series; RULE when nothing does. */
static reason reason_of(const double *x, size_t n) {
  if (n == 0) return ABSENT;
  if (!is_finite(x, n)) return NOT_FINITE;
  return is_constant(x, n) ? CONSTANT : RULE;
}

/* The reason of one column, with what it is for noise as long as the series, and for long noise. */
static reason narrowed(reason why, double tried, double tried_long) {
  if (isnan(tried_long)) return RULE; /* it is NaN for anything */
  return isnan(tried) ? SHORT : why;
}

static ml_status count_series(report *r, const double *row, const double *x, size_t n,
                              ml_error *err) {
  const double *tried = NULL, *tried_long = NULL;
  reason why = reason_of(x, n);
  if (why == CONSTANT || why == RULE) {
    tried_long = try_length(r, LONG, err);
    tried = n < LONG ? try_length(r, n, err) : tried_long;
    if (!tried || !tried_long) return ML_ERR_MEMORY;
  }
  for (size_t j = 0; j < r->plan.n_columns; j++)
    if (isnan(row[j])) r->counts[j][tried ? narrowed(why, tried[j], tried_long[j]) : why]++;
  return ML_OK;
}

static bool has_nan(const double *row, size_t n) {
  for (size_t j = 0; j < n; j++)
    if (isnan(row[j])) return true;
  return false;
}

static ml_status count_all(report *r, ml_error *err) {
  const ml_series_set *set = r->set;
  ml_status status = ML_OK;
  for (size_t i = 0; i < set->n_ids && status == ML_OK; i++) {
    const double *row = r->matrix->values + i * r->matrix->n_columns + r->first;
    series_span span = set->spans[i * set->n_kinds + r->kind];
    if (has_nan(row, r->plan.n_columns))
      status = count_series(r, row, set->values + span.start, span.n, err);
  }
  return status;
}

/* ---- JSON ---- */

static void put_column(const report *r, size_t j, const char *rule, bool *is_first, ml_buf *out) {
  size_t n = 0;
  for (size_t k = 0; k < N_REASONS; k++) n += r->counts[j][k];
  if (n == 0) return;
  ml_buf_puts(out, *is_first ? "\n{\"name\": " : ",\n{\"name\": ");
  ml_buf_json_string(out, r->matrix->columns[r->first + j]);
  ml_buf_printf(out, ", \"nan\": %zu, \"why\": {", n);
  for (size_t k = 0; k < N_REASONS; k++)
    ml_buf_printf(out, "%s\"%s\": %zu", k ? ", " : "", keys[k], r->counts[j][k]);
  ml_buf_puts(out, "}, \"nan_rule\": ");
  ml_buf_json_string(out, rule);
  ml_buf_puts(out, "}");
  *is_first = false;
}

static void put_columns(const report *r, bool *is_first, ml_buf *out) {
  size_t j = 0;
  for (size_t g = 0; g < r->plan.n_groups; g++) {
    const fresh_setting *setting = r->plan.groups[g].setting;
    for (size_t k = 0; k < setting->n_args; k++)
      put_column(r, j++, setting->feature->info.nan_rule, is_first, out);
  }
}

static void release(report *r) {
  for (size_t n = 0; n <= LONG; n++) {
    free(r->tried[n]);
    r->tried[n] = NULL;
  }
  free(r->counts);
  fresh__scratch_release(&r->scratch);
  fresh__plan_release(&r->plan);
}

static ml_status report_kind(report *r, const ml_fresh_settings *settings, bool *is_first,
                             ml_buf *out, ml_error *err) {
  const fresh_list *list = fresh__list_of(settings, r->set->kinds[r->kind]);
  ml_status status = fresh__plan_init(&r->plan, list, settings->is_modern, r->has_times, err);
  if (status != ML_OK) return status;
  r->counts = calloc(r->plan.n_columns + 1, sizeof *r->counts);
  status = r->counts ? count_all(r, err) : ml_error_memory(err);
  if (status == ML_OK) put_columns(r, is_first, out);
  r->first += r->plan.n_columns;
  release(r);
  return status;
}

ml_status ml_fresh_nan_report(const ml_series_set *set, const ml_fresh_settings *settings,
                              const ml_matrix *matrix, ml_buf *out, ml_error *err) {
  ml_fresh_settings *own = NULL;
  report *r = calloc(1, sizeof *r);
  ml_status status = r ? ML_OK : ml_error_memory(err);
  if (status == ML_OK && !settings) status = ml_fresh_settings_named("comprehensive", &own, err);
  bool is_first = true;
  ml_buf_printf(out, "{\"rows\": %zu, \"columns\": [", matrix->n_rows);
  for (size_t k = 0; k < set->n_kinds && status == ML_OK; k++) {
    r->set = set;
    r->matrix = matrix;
    r->kind = k;
    r->has_times = set->clock == ML_CLOCK_TIME;
    status = report_kind(r, settings ? settings : own, &is_first, out, err);
  }
  ml_buf_puts(out, "\n]}\n");
  ml_fresh_settings_free(own);
  free(r);
  return status == ML_OK && out->failed ? ml_error_memory(err) : status;
}
