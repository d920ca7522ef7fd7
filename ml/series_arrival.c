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
  uint32_t *order, *parent;
  char **ids;
  series_span *spans;
} arranged;

static void arrange(ml_series_set *set, arranged *to) {
  const size_t n_kinds = set->n_kinds;
  qsort_r(to->order, set->n_ids, sizeof *to->order, compare_places, set);
  for (size_t i = 0; i < set->n_ids; i++) {
    const size_t from = to->order[i];
    to->ids[i] = set->ids[from];
    if (set->parents) to->parent[i] = set->parent[from];
    memcpy(to->spans + i * n_kinds, set->spans + from * n_kinds, n_kinds * sizeof *to->spans);
  }
  free(set->ids);
  free(set->spans);
  if (set->parents) free(set->parent);
  set->ids = to->ids;
  set->spans = to->spans;
  if (set->parents) set->parent = to->parent;
}

bool series__by_arrival(ml_series_set *set) {
  const size_t n = set->n_ids;
  arranged to = {.order = malloc((n + 1) * sizeof *to.order),
                 .parent = set->parents ? malloc((n + 1) * sizeof *to.parent) : NULL,
                 .ids = malloc((n + 1) * sizeof *to.ids),
                 .spans = malloc((n * set->n_kinds + 1) * sizeof *to.spans)};
  const bool ok = to.order && to.ids && to.spans && (to.parent || !set->parents);
  for (size_t i = 0; ok && i < n; i++) to.order[i] = (uint32_t)i;
  if (ok) {
    arrange(set, &to);
  } else {
    free(to.parent);
    free(to.ids);
    free(to.spans);
  }
  free(to.order);
  return ok;
}
