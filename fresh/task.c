/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The tasks of the module; and the one that computes the rows of some ids, in whatever process. */
#include <stdlib.h>
#include <string.h>

#include <ml/series_internal.h>

#include "extract.h"
#include "functions.h"
#include "plan.h"
#include "select.h"

typedef struct extract_state {
  ml_fresh_settings *settings;
  fresh_plan *plans; /* one a kind */
  size_t n_kinds, n_ids, n_columns;
  size_t first, n; /* ids of the result */
  double *spare;   /* a row; NULL when the columns are in order kind by kind */
  fresh_scratch scratch;
  double *seconds; /* of an item; NULL: nobody wants to know */
} extract_state;

static ml_status malformed(ml_error *err) {
  return ml_error_set(err, ML_ERR_PARSE, "malformed request for features");
}

static void close_extract(void *closed) {
  extract_state *state = closed;
  for (size_t k = 0; state->plans && k < state->n_kinds; k++) fresh__plan_release(&state->plans[k]);
  free(state->plans);
  free(state->seconds);
  ml_fresh_settings_free(state->settings);
  free(state->spare);
  fresh__scratch_release(&state->scratch);
  free(state);
}

/* Find the end of the names of kinds. @return the settings behind them, or NULL */
static const char *skip_kinds(const ml_span *request, size_t n_kinds) {
  const char *at = (const char *)request->data + sizeof(fresh_request);
  const char *end = (const char *)request->data + request->size;
  for (size_t k = 0; k < n_kinds; k++) {
    const char *nul = memchr(at, 0, (size_t)(end - at));
    if (!nul) return NULL;
    at = nul + 1;
  }
  return at;
}

static ml_status read_request(extract_state *state, const ml_span *request, ml_error *err) {
  fresh_request head;
  if (request->size < sizeof head) return malformed(err);
  memcpy(&head, request->data, sizeof head);
  size_t n_kinds = head.n_kinds;
  state->first = head.first;
  state->n = head.n;
  if (n_kinds == 0 || n_kinds > request->size) return malformed(err);
  const char *text = skip_kinds(request, n_kinds);
  if (!text) return malformed(err);
  size_t n = request->size - (size_t)(text - (const char *)request->data);
  ml_status status = ml_fresh_settings_parse(text, n, "settings", &state->settings, err);
  if (status != ML_OK) return status;

  const char *kind = (const char *)request->data + sizeof head;
  bool has_tail = false;
  if (!(state->plans = calloc(n_kinds, sizeof *state->plans))) return ml_error_memory(err);
  if (head.is_timed && !(state->seconds = calloc(fresh__n_costs(), sizeof *state->seconds)))
    return ml_error_memory(err);
  state->scratch.seconds = state->seconds;
  for (; state->n_kinds < n_kinds; state->n_kinds++, kind += strlen(kind) + 1) {
    fresh_plan *plan = &state->plans[state->n_kinds];
    status = fresh__plan_init(plan, fresh__list_of(state->settings, kind), head.is_modern != 0,
                              head.has_times != 0, err);
    if (status != ML_OK) return status;
    plan->is_by_name = head.is_by_name != 0;
    state->n_columns += plan->n_columns;
    has_tail |= plan->n_head < plan->n_columns;
  }
  if (has_tail && n_kinds > 1 && !head.is_raw &&
      !(state->spare = malloc(state->n_columns * sizeof(double))))
    return ml_error_memory(err);
  return ML_OK;
}

static ml_status open_extract(const ml_job_data *data, void **out, ml_error *err) {
  if (data->n_inputs != FRESH_N_BLOCKS) return malformed(err);
  extract_state *state = calloc(1, sizeof *state);
  if (!state) return ml_error_memory(err);
  ml_status status = read_request(state, &data->inputs[FRESH_REQUEST], err);
  if (status == ML_OK) {
    state->n_ids = data->inputs[FRESH_SPANS].size / sizeof(series_span) / state->n_kinds;
    if (state->first > state->n_ids || state->n > state->n_ids - state->first ||
        data->result.size != state->n * state->n_columns * sizeof(double))
      status = malformed(err);
  }
  if (status == ML_OK)
    *out = state;
  else
    close_extract(state);
  return status;
}

static ml_status compute_row(extract_state *state, const ml_job_data *data, size_t id,
                             ml_error *err) {
  const double *values = data->inputs[FRESH_VALUES].data;
  size_t n_values = data->inputs[FRESH_VALUES].size / sizeof *values;
  const series_span *spans = data->inputs[FRESH_SPANS].data;
  const int64_t *times = data->inputs[FRESH_TIMES].data;
  size_t n_times = data->inputs[FRESH_TIMES].size / sizeof *times;
  double *out = (double *)data->result.data + (id - state->first) * state->n_columns;
  for (size_t k = 0; k < state->n_kinds; k++) {
    const fresh_plan *plan = &state->plans[k];
    series_span span = spans[id * state->n_kinds + k];
    if (span.start > n_values || span.n > n_values - span.start) return malformed(err);
    size_t at = n_times ? span.start % n_times : 0;
    if (n_times && span.n > n_times - at) return malformed(err);
    const fresh_input input = {
        .x = values + span.start, .n = span.n, .times = n_times ? times + at : NULL};
    ml_status status = fresh__plan_run(plan, &input, &state->scratch, out, err);
    if (status != ML_OK) return status;
    out += plan->n_columns;
  }
  if (state->spare)
    fresh__heads_first(state->plans, state->n_kinds, out - state->n_columns, state->spare);
  return ML_OK;
}

static ml_status run_extract(void *ran, const ml_job_data *data, const ml_item *item, ml_buf *out,
                             ml_error *err) {
  extract_state *state = ran;
  fresh_item range;
  if (item->n_in != sizeof range) return malformed(err);
  memcpy(&range, item->in, sizeof range);
  const size_t end = state->first + state->n;
  if (range.first < state->first || range.first > end || range.n > end - range.first)
    return malformed(err);
  if (state->seconds) memset(state->seconds, 0, fresh__n_costs() * sizeof *state->seconds);
  for (size_t i = 0; i < range.n; i++) { /* rows go straight into the result */
    ml_status status = compute_row(state, data, range.first + i, err);
    if (status != ML_OK) return status;
  }
  if (state->seconds) ml_buf_put(out, state->seconds, fresh__n_costs() * sizeof *state->seconds);
  return ML_OK;
}

const ml_module *ml_fresh_module(void) {
  static const ml_task tasks[] = {{.name = "extract",
                                   .summary = "features of some ids",
                                   .open = open_extract,
                                   .run = run_extract,
                                   .close = close_extract},
                                  {.name = "select",
                                   .summary = "p-values of some features",
                                   .open = select__open,
                                   .run = select__run,
                                   .close = select__close}};
  static const ml_function functions[] = {
      {"features", "features of a series, by name", fresh__call_features, NULL, NULL},
      {"names", "names of the features that settings give", fresh__call_names, NULL, NULL}};
  static const ml_module module = {.abi = ML_MODULE_ABI,
                                   .name = "fresh",
                                   .version = ML_VERSION,
                                   .tasks = tasks,
                                   .n_tasks = sizeof tasks / sizeof *tasks,
                                   .functions = functions,
                                   .n_functions = sizeof functions / sizeof *functions};
  return &module;
}
