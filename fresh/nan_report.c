/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Why features are NaN: counts for each column, as JSON. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <ml/labels.h>
#include <ml/series_internal.h>

#include "plan.h"

/* In the order of the keys of the JSON. */
typedef enum reason { ABSENT, NOT_FINITE, SHORT, CONSTANT, RULE, N_REASONS } reason;

static const char *const keys[N_REASONS] = {"absent", "not_finite", "short", "constant", "rule"};

/* Series up to this length are told apart from too short ones by trying; longer ones are long
 * enough for every calculator with its default parameters. */
enum { LONG = 1000 };

/* What is known of a column of the matrix. */
typedef struct column {
  size_t counts[N_REASONS];
  const char *nan_rule;
} column;

typedef struct report {
  const ml_series_set *set;
  const ml_matrix *matrix;
  column *columns; /* in the order of the matrix */
  labels places;   /* codes of their names: where they are */
  bool has_times;
  /* Of one kind: */
  size_t kind;
  size_t *place; /* in the matrix, of each column of the plan */
  fresh_plan plan;
  fresh_scratch scratch;
  double *tried[LONG + 1]; /* values of noise of that length; NULL: not tried yet */
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
    if (isnan(row[r->place[j]]))
      r->columns[r->place[j]].counts[tried ? narrowed(why, tried[j], tried_long[j]) : why]++;
  return ML_OK;
}

static bool has_nan(const report *r, const double *row) {
  for (size_t j = 0; j < r->plan.n_columns; j++)
    if (isnan(row[r->place[j]])) return true;
  return false;
}

static ml_status count_all(report *r, ml_error *err) {
  const ml_series_set *set = r->set;
  ml_status status = ML_OK;
  for (size_t i = 0; i < set->n_ids && status == ML_OK; i++) {
    const double *row = r->matrix->values + i * r->matrix->n_columns;
    series_span span = set->spans[i * set->n_kinds + r->kind];
    if (has_nan(r, row)) status = count_series(r, row, set->values + span.start, span.n, err);
  }
  return status;
}

/* ---- kinds: their columns stand anywhere in the matrix ---- */

static ml_status find_columns(report *r, char **names, ml_error *err) {
  ml_status status = fresh__plan_names(&r->plan, r->set->kinds[r->kind], names, err);
  for (size_t g = 0, j = 0; g < r->plan.n_groups && status == ML_OK; g++) {
    const fresh_setting *setting = r->plan.groups[g].setting;
    for (size_t k = 0; k < setting->n_args && status == ML_OK; k++, j++) {
      uint32_t place = labels__put(&r->places, names[j], strlen(names[j]));
      if (place >= r->matrix->n_columns) status = ml_error_memory(err);
      if (status != ML_OK) break;
      r->place[j] = place;
      r->columns[place].nan_rule = setting->feature->info.nan_rule;
    }
  }
  return status;
}

static void release_kind(report *r) {
  for (size_t n = 0; n <= LONG; n++) {
    free(r->tried[n]);
    r->tried[n] = NULL;
  }
  free(r->place);
  fresh__scratch_release(&r->scratch);
  fresh__plan_release(&r->plan);
}

static ml_status report_kind(report *r, const ml_fresh_settings *settings, ml_error *err) {
  const fresh_list *list = fresh__list_of(settings, r->set->kinds[r->kind]);
  ml_status status = fresh__plan_init(&r->plan, list, settings->is_modern, r->has_times, err);
  if (status != ML_OK) return status;
  r->plan.is_by_name = settings->order.n > 0;
  size_t n = r->plan.n_columns;
  char **names = calloc(n + 1, sizeof *names);
  r->place = calloc(n + 1, sizeof *r->place);
  status = names && r->place ? find_columns(r, names, err) : ml_error_memory(err);
  if (status == ML_OK) status = count_all(r, err);
  for (size_t j = 0; names && j < n; j++) free(names[j]);
  free(names);
  release_kind(r);
  return status;
}

/* ---- JSON ---- */

static bool put_column(const char *name, const column *c, bool is_first, ml_buf *out) {
  size_t n = 0;
  for (size_t k = 0; k < N_REASONS; k++) n += c->counts[k];
  if (n == 0) return false;
  ml_buf_puts(out, is_first ? "\n{\"name\": " : ",\n{\"name\": ");
  ml_buf_json_string(out, name);
  ml_buf_printf(out, ", \"nan\": %zu, \"why\": {", n);
  for (size_t k = 0; k < N_REASONS; k++)
    ml_buf_printf(out, "%s\"%s\": %zu", k ? ", " : "", keys[k], c->counts[k]);
  ml_buf_puts(out, "}, \"nan_rule\": ");
  ml_buf_json_string(out, c->nan_rule);
  ml_buf_puts(out, "}");
  return true;
}

static void put_report(const report *r, ml_buf *out) {
  bool is_first = true;
  ml_buf_printf(out, "{\"rows\": %zu, \"columns\": [", r->matrix->n_rows);
  for (size_t j = 0; j < r->matrix->n_columns; j++)
    if (put_column(r->matrix->columns[j], &r->columns[j], is_first, out)) is_first = false;
  ml_buf_puts(out, "\n]}\n");
}

/* ---- the whole ---- */

static ml_status open_report(report *r, ml_error *err) {
  const ml_matrix *m = r->matrix;
  r->has_times = r->set->clock == ML_CLOCK_TIME;
  r->columns = calloc(m->n_columns + 1, sizeof *r->columns);
  if (!r->columns) return ml_error_memory(err);
  for (size_t j = 0; j < m->n_columns; j++)
    if (labels__put(&r->places, m->columns[j], strlen(m->columns[j])) == LABELS_FULL)
      return ml_error_memory(err);
  return ML_OK;
}

ml_status ml_fresh_nan_report(const ml_series_set *set, const ml_fresh_settings *settings,
                              const ml_matrix *matrix, ml_buf *out, ml_error *err) {
  ml_fresh_settings *own = NULL;
  report *r = calloc(1, sizeof *r);
  if (!r) return ml_error_memory(err);
  r->set = set;
  r->matrix = matrix;
  ml_status status = open_report(r, err);
  if (status == ML_OK && !settings) status = ml_fresh_settings_named("comprehensive", &own, err);
  for (size_t k = 0; k < set->n_kinds && status == ML_OK; k++) {
    r->kind = k;
    status = report_kind(r, settings ? settings : own, err);
  }
  if (status == ML_OK) put_report(r, out);
  ml_fresh_settings_free(own);
  labels__release(&r->places);
  free(r->columns);
  free(r);
  return status == ML_OK && out->failed ? ml_error_memory(err) : status;
}
