/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Plans: from settings to calls of calculators, and the names of what they give. */
#include "plan.h"

#include <math.h>
#include <stdlib.h>

static void fill_group(fresh_plan *plan, fresh_group *group) {
  const fresh_setting *setting = group->setting;
  const fresh_feature *feature = setting->feature;
  size_t n_params = feature->info.n_params;
  for (size_t i = 0; i < setting->n_args; i++)
    for (size_t k = 0; k < n_params; k++) group->args[i].v[k] = setting->args[i * n_params + k].v;
  plan->needs |= feature->needs;
  if (feature->n_work > plan->n_work) plan->n_work = feature->n_work;
}

ml_status fresh__plan_init(fresh_plan *plan, const fresh_list *list, ml_error *err) {
  *plan = (fresh_plan){.n_groups = list->n};
  for (size_t i = 0; i < list->n; i++) plan->n_columns += list->settings[i].n_args;
  plan->groups = calloc(list->n + 1, sizeof *plan->groups);
  plan->args = calloc(plan->n_columns + 1, sizeof *plan->args);
  if (!plan->groups || !plan->args) {
    fresh__plan_release(plan);
    return ml_error_memory(err);
  }
  fresh_args *args = plan->args;
  for (size_t i = 0; i < list->n; i++) {
    plan->groups[i] = (fresh_group){.setting = &list->settings[i], .args = args};
    fill_group(plan, &plan->groups[i]);
    args += list->settings[i].n_args;
  }
  plan->needs = fresh__all_needs(plan->needs);
  return ML_OK;
}

void fresh__plan_release(fresh_plan *plan) {
  free(plan->groups);
  free(plan->args);
  *plan = (fresh_plan){0};
}

size_t fresh__plan_arena(const fresh_plan *plan, size_t n) {
  return fresh__arena_size(plan->needs, plan->n_work, n);
}

void fresh__plan_run(const fresh_plan *plan, const double *x, size_t n, double *arena,
                     double *out) {
  if (n == 0) {
    for (size_t j = 0; j < plan->n_columns; j++) out[j] = NAN;
    return;
  }
  fresh_series s = {.x = x, .n = n};
  fresh__prepare(&s, plan->needs, arena);
  for (size_t i = 0; i < plan->n_groups; i++) {
    const fresh_setting *setting = plan->groups[i].setting;
    fresh__compute(setting->feature, &s, plan->groups[i].args, setting->n_args, out);
    out += setting->n_args;
  }
}

static char *column_name(const char *kind, const fresh_setting *setting, size_t i) {
  const ml_fresh_feature *info = &setting->feature->info;
  ml_buf name = {0};
  ml_buf_puts(&name, kind);
  ml_buf_puts(&name, "__");
  ml_fresh_name(info, info->n_params ? setting->args + i * info->n_params : NULL, &name);
  ml_buf_put(&name, "", 1);
  if (!name.failed) return name.data;
  ml_buf_release(&name);
  return NULL;
}

ml_status fresh__plan_names(const fresh_plan *plan, const char *kind, char **names, ml_error *err) {
  for (size_t i = 0; i < plan->n_groups; i++)
    for (size_t k = 0; k < plan->groups[i].setting->n_args; k++)
      if (!(*names++ = column_name(kind, plan->groups[i].setting, k))) return ml_error_memory(err);
  return ML_OK;
}
