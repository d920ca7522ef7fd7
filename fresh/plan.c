/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Plans: from settings to calls of calculators, and the names of what they give. */
#include "plan.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "parameters.h"

/* @return how many numbers of lists there are */
static size_t fill_args(const fresh_setting *setting, size_t i, fresh_args *args, double *numbers) {
  const ml_fresh_feature *info = &setting->feature->info;
  size_t n = 0;
  for (size_t k = 0; k < info->n_params; k++) {
    const ml_param_value *value =
        fresh__resolve(&info->params[k], &setting->args[i * info->n_params + k]);
    args->v[k] = value->v;
    if (value->n_items == 0) continue;
    args->list = numbers + n;
    args->n_list = value->n_items;
    for (size_t j = 0; j < value->n_items; j++) numbers[n++] = value->items[j].v;
  }
  return n;
}

static size_t count_numbers(const fresh_setting *setting) {
  const ml_fresh_feature *info = &setting->feature->info;
  size_t n = 0;
  for (size_t i = 0; i < setting->n_args; i++)
    for (size_t k = 0; k < info->n_params; k++)
      n += fresh__resolve(&info->params[k], &setting->args[i * info->n_params + k])->n_items;
  return n;
}

static bool is_left_out(const fresh_setting *setting, bool has_times) {
  return setting->feature->info.needs_time && !has_times;
}

static ml_status open_group(fresh_plan *plan, fresh_group *group, ml_error *err) {
  const fresh_feature *feature = fresh__worker(group->setting->feature);
  while (fresh__features[group->number] != group->setting->feature) group->number++;
  plan->needs |= feature->needs;
  size_t n_lags = feature->n_lags ? feature->n_lags(group->args, group->setting->n_args) : 0;
  if (n_lags > plan->n_lags) plan->n_lags = n_lags;
  if (!feature->open) return ML_OK;
  return feature->open(group->args, group->setting->n_args, plan->is_modern, &group->state, err);
}

/* The groups of the head, or of the tail. */
static ml_status fill(fresh_plan *plan, const fresh_list *list, bool has_times, bool is_tail,
                      ml_error *err) {
  for (size_t i = 0; i < list->n; i++) {
    const fresh_setting *setting = &list->settings[i];
    if (is_left_out(setting, has_times) || setting->feature->is_expanded != is_tail) continue;
    fresh_group *group = &plan->groups[plan->n_groups++];
    *group = (fresh_group){.setting = setting, .args = plan->args + plan->n_columns};
    for (size_t k = 0; k < setting->n_args; k++) {
      fresh_args *args = &plan->args[plan->n_columns++];
      plan->n_numbers += fill_args(setting, k, args, plan->numbers + plan->n_numbers);
    }
    ml_status status = open_group(plan, group, err);
    if (status != ML_OK) return status;
  }
  if (!is_tail) plan->n_head = plan->n_columns;
  return ML_OK;
}

ml_status fresh__plan_init(fresh_plan *plan, const fresh_list *list, bool is_modern, bool has_times,
                           ml_error *err) {
  size_t n_numbers = 0, n_columns = 0;
  *plan = (fresh_plan){.is_modern = is_modern};
  for (size_t i = 0; i < list->n; i++) {
    if (is_left_out(&list->settings[i], has_times)) continue;
    n_columns += list->settings[i].n_args;
    n_numbers += count_numbers(&list->settings[i]);
  }
  plan->groups = calloc(list->n + 1, sizeof *plan->groups);
  plan->args = calloc(n_columns + 1, sizeof *plan->args);
  plan->numbers = calloc(n_numbers + 1, sizeof *plan->numbers);
  ml_status status = ML_OK;
  if (!plan->groups || !plan->args || !plan->numbers) status = ml_error_memory(err);
  if (status == ML_OK) status = fill(plan, list, has_times, false, err);
  if (status == ML_OK) status = fill(plan, list, has_times, true, err);
  plan->needs = fresh__all_needs(plan->needs);
  if (status != ML_OK) fresh__plan_release(plan);
  return status;
}

void fresh__plan_release(fresh_plan *plan) {
  for (size_t i = 0; plan->groups && i < plan->n_groups; i++)
    if (plan->groups[i].state)
      fresh__worker(plan->groups[i].setting->feature)->close(plan->groups[i].state);
  free(plan->groups);
  free(plan->args);
  free(plan->numbers);
  *plan = (fresh_plan){0};
}

/* ---- a run ---- */

size_t fresh__n_costs(void) {
  return fresh__n_steps + fresh__n_features;
}

void fresh__scratch_release(fresh_scratch *scratch) {
  free(scratch->arena);
  fresh__transforms_release(&scratch->transforms);
  *scratch = (fresh_scratch){0};
}

/* Nothing in the arena is kept between series, so it grows without copying. */
static bool ensure_arena(fresh_scratch *scratch, size_t size) {
  if (size <= scratch->arena_size) return true;
  free(scratch->arena);
  scratch->arena_size = 0;
  scratch->arena = aligned_alloc(64, (size * sizeof(double) + 63) / 64 * 64);
  if (scratch->arena) scratch->arena_size = size;
  return scratch->arena != NULL;
}

/* Doubles of work of the calculator that takes most. */
static size_t work_size(const fresh_plan *plan, size_t n) {
  size_t most = n; /* the steps work there, too */
  for (size_t i = 0; i < plan->n_groups; i++) {
    const fresh_group *group = &plan->groups[i];
    const fresh_setting *setting = group->setting;
    size_t size = fresh__work_size(setting->feature, n, group->args, setting->n_args);
    if (size > most) most = size;
  }
  return most;
}

size_t fresh__plan_scratch(const fresh_plan *plan, size_t n) {
  return fresh__arena_size(plan->needs, work_size(plan, n), n) +
         fresh__transforms_size(plan->needs, n, plan->n_lags);
}

static double *run_group(const fresh_group *group, fresh_series *s, double *out) {
  s->state = group->state;
  fresh__compute(group->setting->feature, s, group->args, group->setting->n_args, out);
  return out + group->setting->n_args;
}

static void run(const fresh_plan *plan, fresh_series *s, fresh_scratch *scratch, double *out) {
  fresh__prepare(s, plan->needs, scratch->arena);
  for (size_t i = 0; i < plan->n_groups; i++) out = run_group(&plan->groups[i], s, out);
}

static void run_timed(const fresh_plan *plan, fresh_series *s, fresh_scratch *scratch,
                      double *out) {
  fresh__prepare_timed(s, plan->needs, scratch->arena, scratch->seconds);
  double before = fresh__now();
  for (size_t i = 0; i < plan->n_groups; i++) {
    out = run_group(&plan->groups[i], s, out);
    double after = fresh__now();
    scratch->seconds[fresh__n_steps + plan->groups[i].number] += after - before;
    before = after;
  }
}

static bool has_nulls(const double *x, size_t n) {
  size_t n_nan = 0;
  for (size_t i = 0; i < n; i++) n_nan += x[i] != x[i];
  return n_nan > 0;
}

ml_status fresh__plan_run(const fresh_plan *plan, const fresh_input *input, fresh_scratch *scratch,
                          double *out, ml_error *err) {
  size_t n = input->n;
  if (n == 0) {
    for (size_t j = 0; j < plan->n_columns; j++) out[j] = NAN;
    return ML_OK;
  }
  if (!ensure_arena(scratch, fresh__arena_size(plan->needs, work_size(plan, n), n)))
    return ml_error_memory(err);
  fresh_series s = {.x = input->x,
                    .n = n,
                    .times = input->times,
                    .is_modern = plan->is_modern,
                    .is_by_name = plan->is_by_name,
                    .has_nulls = has_nulls(input->x, n),
                    .n_lags = plan->n_lags < n ? plan->n_lags : n};
  ml_status status = fresh__transforms_open(&scratch->transforms, plan->needs, &s, err);
  if (status != ML_OK) return status;
  if (scratch->seconds)
    run_timed(plan, &s, scratch, out);
  else
    run(plan, &s, scratch, out);
  return ML_OK;
}

static char *column_name(const char *kind, const fresh_setting *setting, size_t i) {
  const ml_fresh_feature *info = &setting->feature->info;
  ml_buf name = {0};
  ml_fresh_column(kind, info, info->n_params ? setting->args + i * info->n_params : NULL, &name);
  ml_buf_put(&name, "", 1);
  if (!name.failed) return name.data;
  ml_buf_release(&name);
  return NULL;
}

void fresh__heads_first(const fresh_plan *plans, size_t n_plans, void *cells, void *spare) {
  enum { CELL = 8 };
  static_assert(sizeof(double) == CELL && sizeof(char *) == CELL, "a cell is a value or a pointer");
  char *from = cells, *head = spare, *tail = spare;
  size_t n = 0;
  for (size_t k = 0; k < n_plans; k++) {
    n += plans[k].n_columns;
    tail += plans[k].n_head * CELL;
  }
  for (size_t k = 0; k < n_plans; k++) {
    size_t n_head = plans[k].n_head * CELL, n_tail = plans[k].n_columns * CELL - n_head;
    memcpy(head, from, n_head);
    memcpy(tail, from + n_head, n_tail);
    head += n_head;
    tail += n_tail;
    from += n_head + n_tail;
  }
  memcpy(cells, spare, n * CELL);
}

ml_status fresh__plan_names(const fresh_plan *plan, const char *kind, char **names, ml_error *err) {
  for (size_t i = 0; i < plan->n_groups; i++)
    for (size_t k = 0; k < plan->groups[i].setting->n_args; k++)
      if (!(*names++ = column_name(kind, plan->groups[i].setting, k))) return ml_error_memory(err);
  return ML_OK;
}
