/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The list of calculators, and how one is found and called. */
#include <math.h>
#include <string.h>

#include "feature.h"
#include "kx.h"
#include "names.h"

const fresh_feature *const fresh__features[] = {
#define ENTRY(name) &fresh__##name,
    FRESH_FEATURE_MAP(ENTRY)
#undef ENTRY
#define SAME(name)  &fresh__kx_##name,
#define TWICE(name) &fresh__kx_##name, &fresh__kx_strict_##name,
        FRESH_KX_MAP(SAME, TWICE)
#undef SAME
#undef TWICE
};

const size_t fresh__n_features = sizeof fresh__features / sizeof *fresh__features;

static const ml_fresh_feature *const of_tsfresh[] = {
#define ENTRY(name) &fresh__##name.info,
    FRESH_FEATURE_MAP(ENTRY)
#undef ENTRY
};

#define MENDED(name) &fresh__kx_##name.info,
#define STRICT(name) &fresh__kx_strict_##name.info,
static const ml_fresh_feature *const of_kx[] = {FRESH_KX_MAP(MENDED, MENDED)};
static const ml_fresh_feature *const of_kx_strict[] = {FRESH_KX_MAP(MENDED, STRICT)};
#undef MENDED
#undef STRICT

static const struct {
  const char *name;
  const ml_fresh_feature *const *features;
  size_t n;
} catalogues[] = {{"tsfresh", of_tsfresh, sizeof of_tsfresh / sizeof *of_tsfresh},
                  {"kx", of_kx, sizeof of_kx / sizeof *of_kx},
                  {"kx-strict", of_kx_strict, sizeof of_kx_strict / sizeof *of_kx_strict}};

const ml_fresh_feature *const *ml_fresh_catalogue(const char *name, size_t *n) {
  for (size_t i = 0; i < sizeof catalogues / sizeof *catalogues; i++) {
    if (strcmp(catalogues[i].name, name) != 0) continue;
    *n = catalogues[i].n;
    return catalogues[i].features;
  }
  return NULL;
}

const ml_fresh_feature *const *ml_fresh_features(size_t *n) {
  *n = catalogues[0].n;
  return catalogues[0].features;
}

const ml_fresh_feature *ml_fresh_find(const char *name) {
  for (size_t i = 0; i < fresh__n_features; i++)
    if (strcmp(fresh__features[i]->info.name, name) == 0) return &fresh__features[i]->info;
  return NULL;
}

const char *ml_fresh_nearest(const char *name) {
  ml_nearest nearest = ml_nearest_to(name);
  for (size_t i = 0; i < fresh__n_features; i++)
    ml_nearest_try(&nearest, fresh__features[i]->info.name, strlen(fresh__features[i]->info.name));
  return nearest.name;
}

const fresh_feature *fresh__worker(const fresh_feature *feature) {
  return feature->same_as ? feature->same_as : feature;
}

size_t fresh__work_size(const fresh_feature *feature, size_t n, const fresh_args *args,
                        size_t n_args) {
  feature = fresh__worker(feature);
  size_t size = feature->n_work * n;
  if (feature->work_size) size += feature->work_size(n, args, n_args);
  return size > n ? size : n;
}

void fresh__compute(const fresh_feature *feature, const fresh_series *s, const fresh_args *args,
                    size_t n_args, double *out) {
  bool may_differ = s->has_nulls && feature->info.column;
  if (may_differ && fresh__kx_of_nulls(feature, s, args, n_args, out)) return;
  feature = fresh__worker(feature);
  if (s->n < feature->min_n)
    for (size_t k = 0; k < n_args; k++) out[k] = NAN;
  else if (feature->value)
    *out = feature->value(s);
  else
    feature->values(s, args, n_args, out);
}
