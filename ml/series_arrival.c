/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The ids of a set in the order in which they came. */
#include <stdlib.h>
#include <string.h>

#include <ml/series_internal.h>

/* Texts of ids are kept in the order of their first rows: where one lies says when it came. */
static int compare_places(const void *a, const void *b, void *context) {
  const ml_series_set *set = context;
  const uint32_t i = *(const uint32_t *)a, j = *(const uint32_t *)b;
  const char *p = ml_series_parent(set, i), *q = ml_series_parent(set, j);
  if (p != q) return p < q ? -1 : 1;
  return (i > j) - (i < j); /* windows of one id stay as they are */
}

typedef struct arranged {
  uint32_t *order, *place; /* of each new id the old one, and the other way round */
  uint32_t *parent, *text;
  char **ids;
  series_span *spans;
} arranged;

/* Texts are those of ids only where there are no windows. */
static void arrange_texts(const ml_series_set *set, series_attribute *of, const arranged *to) {
  if (!of->of || set->parents) return;
  for (size_t i = 0; i < set->n_ids; i++) to->text[i] = of->of[to->order[i]];
  memcpy(of->of, to->text, set->n_ids * sizeof *of->of);
}

/* What is known of single ids. */
static void arrange_facts(ml_series_set *set, const arranged *to) {
  arrange_texts(set, &set->target, to);
  for (size_t a = 0; a < set->n_attributes; a++) arrange_texts(set, &set->attributes[a], to);
  if (set->parents) return;
  if (set->irregular != SIZE_MAX) set->irregular = to->place[set->irregular];
  for (size_t k = 0; set->kind_first && k < set->n_kinds; k++)
    set->kind_first[k] = to->place[set->kind_first[k]];
}

static void arrange(ml_series_set *set, arranged *to) {
  const size_t n_kinds = set->n_kinds;
  qsort_r(to->order, set->n_ids, sizeof *to->order, compare_places, set);
  for (uint32_t i = 0; i < set->n_ids; i++) {
    const size_t from = to->order[i];
    to->place[from] = i;
    to->ids[i] = set->ids[from];
    to->parent[i] = set->parents ? set->parent[from] : 0;
    memcpy(to->spans + i * n_kinds, set->spans + from * n_kinds, n_kinds * sizeof *to->spans);
  }
  arrange_facts(set, to);
  memcpy(set->ids, to->ids, set->n_ids * sizeof *set->ids);
  memcpy(set->spans, to->spans, set->n_ids * n_kinds * sizeof *set->spans);
  if (set->parents) memcpy(set->parent, to->parent, set->n_ids * sizeof *set->parent);
}

bool series__by_arrival(ml_series_set *set) {
  const size_t n = set->n_ids;
  uint32_t *numbers = calloc(n + 1, 4 * sizeof *numbers);
  arranged to = {.order = numbers,
                 .place = numbers + n,
                 .parent = numbers + 2 * n,
                 .text = numbers + 3 * n,
                 .ids = malloc((n + 1) * sizeof *to.ids),
                 .spans = malloc((n * set->n_kinds + 1) * sizeof *to.spans)};
  const bool ok = numbers && to.ids && to.spans;
  for (size_t i = 0; ok && i < n; i++) to.order[i] = (uint32_t)i;
  if (ok) arrange(set, &to);
  free(numbers);
  free(to.ids);
  free(to.spans);
  return ok;
}
