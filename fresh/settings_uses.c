/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What settings are about: calculators and kinds. */
#include "settings.h"

static bool has(const fresh_list *list, const fresh_feature *feature) {
  for (size_t i = 0; i < list->n; i++)
    if (list->settings[i].feature == feature) return true;
  return false;
}

bool ml_fresh_settings_uses(const ml_fresh_settings *settings, const ml_fresh_feature *feature) {
  const fresh_feature *of = (const fresh_feature *)(const void *)feature; /* info comes first */
  if (!settings) return of->presets & FRESH_IN_COMPREHENSIVE;
  if (has(&settings->defaults, of)) return true;
  for (size_t k = 0; k < settings->n_kinds; k++)
    if (has(&settings->kinds[k].list, of)) return true;
  return false;
}

const char *ml_fresh_settings_kind(const ml_fresh_settings *settings, size_t i) {
  return settings && i < settings->n_kinds ? settings->kinds[i].kind : NULL;
}
