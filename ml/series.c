/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A set of series: what it holds. */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include <ml/series_internal.h>

size_t ml_series_n_ids(const ml_series_set *set) {
  return set->n_ids;
}

size_t ml_series_n_kinds(const ml_series_set *set) {
  return set->n_kinds;
}

size_t ml_series_n_rows(const ml_series_set *set) {
  return set->n_rows;
}

ml_clock ml_series_clock(const ml_series_set *set) {
  return set->clock;
}

const char *ml_series_id_name(const ml_series_set *set) {
  return set->id_name;
}

const char *ml_series_id(const ml_series_set *set, size_t i) {
  assert(i < set->n_ids);
  return set->ids[i];
}

const char *ml_series_irregular(const ml_series_set *set) {
  return set->irregular == SIZE_MAX ? NULL
                                    : (set->parents ? set->parents : set->ids)[set->irregular];
}

const char *ml_series_parent(const ml_series_set *set, size_t i) {
  assert(i < set->n_ids);
  return set->parents ? set->parents[set->parent[i]] : set->ids[i];
}

const char *ml_series_target(const ml_series_set *set, size_t i) {
  assert(i < set->n_ids);
  const series_attribute *target = &set->target;
  return target->of ? target->texts[target->of[set->parents ? set->parent[i] : i]] : NULL;
}

const char *ml_series_target_name(const ml_series_set *set) {
  return set->target.name;
}

const char *ml_series_attribute(const ml_series_set *set, size_t a, size_t i) {
  assert(a < set->n_attributes && i < set->n_ids);
  const series_attribute *attribute = &set->attributes[a];
  if (attribute->is_id) return ml_series_parent(set, i);
  return attribute->of ? attribute->texts[attribute->of[set->parents ? set->parent[i] : i]] : NULL;
}

bool ml_series_ids_are_numbers(const ml_series_set *set) {
  return set->ids_are_numbers;
}

bool ml_series_is_single(const ml_series_set *set) {
  return set->is_single;
}

const char *ml_series_kind(const ml_series_set *set, size_t k) {
  assert(k < set->n_kinds);
  return set->kinds[k];
}

ml_series ml_series_at(const ml_series_set *set, size_t i, size_t k) {
  assert(i < set->n_ids && k < set->n_kinds);
  series_span span = set->spans[i * set->n_kinds + k];
  const int64_t *times = set->clock == ML_CLOCK_TIME ? series__times(set, span.start) : NULL;
  return (ml_series){set->values + span.start, span.n, times};
}

bool series__add_kinds(ml_series_set *set, const char *const *names, size_t n) {
  const size_t n_kinds = set->n_kinds + n;
  char **kinds = reallocarray(set->kinds, n_kinds + 1, sizeof *kinds);
  if (kinds) set->kinds = kinds;
  series_span *spans = kinds ? calloc(set->n_ids * n_kinds + 1, sizeof *spans) : NULL;
  if (!spans) return false;
  for (size_t k = 0; k < n; k++) kinds[set->n_kinds + k] = (char *)(uintptr_t)names[k];
  for (size_t i = 0; i < set->n_ids; i++)
    memcpy(spans + i * n_kinds, set->spans + i * set->n_kinds, set->n_kinds * sizeof *spans);
  free(set->spans);
  set->spans = spans;
  set->n_kinds = n_kinds;
  return true;
}

void ml_series_free(ml_series_set *set) {
  if (!set) return;
  free(set->id_name);
  free(set->sort_name);
  free(set->kind_name);
  free(set->value_name);
  free(set->ids);
  free(set->parents);
  free(set->parent_text);
  free(set->parent);
  free(set->source);
  series__attribute_release(&set->target);
  for (size_t a = 0; a < set->n_attributes; a++) series__attribute_release(&set->attributes[a]);
  free(set->attributes);
  free(set->id_text);
  free(set->kinds);
  free(set->kind_text);
  free(set->kind_first);
  free(set->values);
  free(set->times);
  free(set->spans);
  free(set);
}
