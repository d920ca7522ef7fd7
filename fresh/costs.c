/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What calculators, and the steps that they share, have cost. */
#include <stdlib.h>
#include <string.h>

#include <ml/series_internal.h>

#include "extract.h"
#include "plan.h"

ml_status fresh__costs_begin(double **seconds, ml_error *err) {
  *seconds = calloc(fresh__n_costs(), sizeof **seconds);
  return *seconds ? ML_OK : ml_error_memory(err);
}

size_t fresh__n_series(const ml_series_set *set) {
  size_t n = 0;
  for (size_t i = 0; i < set->n_ids * set->n_kinds; i++) n += set->spans[i].n > 0;
  return n;
}

static int compare_costs(const void *a, const void *b) {
  double u = ((const ml_fresh_cost *)a)->seconds, v = ((const ml_fresh_cost *)b)->seconds;
  return (u < v) - (u > v);
}

/* Steps of other files have a name in front of theirs. */
static const char *step_name(size_t i) {
  const char *behind = strstr(fresh__steps[i], "__");
  return behind ? behind + 2 : fresh__steps[i];
}

ml_status fresh__costs_list(const double *seconds, size_t n_series, ml_fresh_costs *out,
                            ml_error *err) {
  *out = (ml_fresh_costs){.n_series = n_series};
  out->list = calloc(fresh__n_costs(), sizeof *out->list);
  if (!out->list) return ml_error_memory(err);
  for (size_t i = 0; i < fresh__n_costs(); i++) {
    const bool is_shared = i < fresh__n_steps;
    if (seconds[i] == 0) continue; /* was not asked for */
    out->list[out->n++] = (ml_fresh_cost){
        .name = is_shared ? step_name(i) : fresh__features[i - fresh__n_steps]->info.name,
        .is_shared = is_shared,
        .seconds = seconds[i]};
    out->seconds += seconds[i];
  }
  qsort(out->list, out->n, sizeof *out->list, compare_costs);
  return ML_OK;
}

void ml_fresh_costs_release(ml_fresh_costs *costs) {
  free(costs->list);
  *costs = (ml_fresh_costs){0};
}
