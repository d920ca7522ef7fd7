/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Which columns of a matrix of features are whose. */
#include <stdlib.h>

#include <ml/fresh.h>

#include "plan.h"

static ml_status count(const ml_series_set *set, const ml_fresh_settings *settings,
                       ml_fresh_layout *out, ml_error *err) {
  const bool has_times = ml_series_clock(set) == ML_CLOCK_TIME;
  const size_t n_kinds = ml_series_n_kinds(set);
  out->heads = calloc(n_kinds + 1, sizeof *out->heads);
  out->tails = calloc(n_kinds + 1, sizeof *out->tails);
  if (!out->heads || !out->tails) return ml_error_memory(err);
  for (size_t k = 0; k < n_kinds; k++) {
    const fresh_list *list = fresh__list_of(settings, ml_series_kind(set, k));
    fresh_plan plan;
    ml_status status = fresh__plan_init(&plan, list, settings->is_modern, has_times, err);
    if (status != ML_OK) return status;
    out->heads[k] = plan.n_head;
    out->tails[k] = plan.n_columns - plan.n_head;
    fresh__plan_release(&plan);
  }
  return ML_OK;
}

ml_status ml_fresh_layout_find(const ml_series_set *set, const ml_fresh_settings *settings,
                               ml_fresh_layout *out, ml_error *err) {
  ml_fresh_settings *own = NULL;
  ml_status status = ML_OK;
  *out = (ml_fresh_layout){0};
  if (!settings) status = ml_fresh_settings_named("comprehensive", &own, err);
  if (!settings) settings = own;
  if (status == ML_OK && settings->order.n == 0) status = count(set, settings, out, err);
  if (status != ML_OK) ml_fresh_layout_release(out);
  ml_fresh_settings_free(own);
  return status;
}

void ml_fresh_layout_release(ml_fresh_layout *layout) {
  free(layout->heads);
  free(layout->tails);
  *layout = (ml_fresh_layout){0};
}
