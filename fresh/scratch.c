/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The memory of calculators, before they are called. */
#include "plan.h"

static bool measure(const ml_fresh_settings *settings, const fresh_list *list, size_t n,
                    size_t *most) {
  fresh_plan plan;
  if (fresh__plan_init(&plan, list, settings->is_modern, true, NULL) != ML_OK) return false;
  for (size_t m = n; m > 0; m = m / 5 * 4) { /* some take another way, and less, from a length on */
    const size_t doubles = fresh__plan_scratch(&plan, m), more = m < n ? doubles / 4 : 0;
    if (doubles + more > *most) *most = doubles + more;
  }
  fresh__plan_release(&plan);
  return true;
}

uint64_t ml_fresh_scratch(const ml_fresh_settings *settings, size_t n) {
  ml_fresh_settings *own = NULL;
  size_t most = 0;
  if (!settings && ml_fresh_settings_named("comprehensive", &own, NULL) != ML_OK) return 0;
  if (!settings) settings = own;
  bool ok = measure(settings, &settings->defaults, n, &most);
  for (size_t k = 0; k < settings->n_kinds && ok; k++)
    ok = measure(settings, &settings->kinds[k].list, n, &most);
  ml_fresh_settings_free(own);
  return ok ? most * sizeof(double) : 0;
}
