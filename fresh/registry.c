/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The list of calculators, and how one is found and called. */
#include <math.h>
#include <string.h>

#include "feature.h"
#include "names.h"

const fresh_feature *const fresh__features[] = {
#define ENTRY(name) &fresh__##name,
    FRESH_FEATURE_MAP(ENTRY)
#undef ENTRY
};

const size_t fresh__n_features = sizeof fresh__features / sizeof *fresh__features;

static const ml_fresh_feature *const catalogue[] = {
#define ENTRY(name) &fresh__##name.info,
    FRESH_FEATURE_MAP(ENTRY)
#undef ENTRY
};

const ml_fresh_feature *const *ml_fresh_features(size_t *n) {
  *n = fresh__n_features;
  return catalogue;
}

const ml_fresh_feature *ml_fresh_find(const char *name) {
  for (size_t i = 0; i < fresh__n_features; i++)
    if (strcmp(catalogue[i]->name, name) == 0) return catalogue[i];
  return NULL;
}

const char *ml_fresh_nearest(const char *name) {
  ml_nearest nearest = ml_nearest_to(name);
  for (size_t i = 0; i < fresh__n_features; i++)
    ml_nearest_try(&nearest, catalogue[i]->name, strlen(catalogue[i]->name));
  return nearest.name;
}

size_t fresh__work_size(const fresh_feature *feature, size_t n, const fresh_args *args,
                        size_t n_args) {
  size_t size = feature->n_work * n;
  if (feature->work_size) size += feature->work_size(n, args, n_args);
  return size > n ? size : n;
}

void fresh__compute(const fresh_feature *feature, const fresh_series *s, const fresh_args *args,
                    size_t n_args, double *out) {
  if (s->n < feature->min_n)
    for (size_t k = 0; k < n_args; k++) out[k] = NAN;
  else if (feature->value)
    *out = feature->value(s);
  else
    feature->values(s, args, n_args, out);
}
