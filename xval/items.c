/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Items: candidates of a fold that are computed together. */
#include <stdlib.h>
#include <string.h>

#include "run.h"

void items__release(item_list *list) {
  free(list->items);
  free(list->candidates);
  *list = (item_list){0};
}

/* ---- groups ---------------------------------------------------------------------------------- */

/* By the parameters that are not shared, then in their order. */
static int compare(const void *a, const void *b, void *ctx) {
  const xval_run *run = ctx;
  const ml_model *model = run->plan.model;
  size_t i = *(const size_t *)a, j = *(const size_t *)b;
  const double *p = run->plan.candidates + i * model->n_params;
  const double *q = run->plan.candidates + j * model->n_params;
  for (size_t k = 0; k < model->n_params; k++)
    if (!model->params[k].is_shared && p[k] != q[k]) return p[k] < q[k] ? -1 : 1;
  return i < j ? -1 : 1;
}

static bool are_together(const xval_run *run, size_t i, size_t j) {
  const ml_model *model = run->plan.model;
  for (size_t k = 0; k < model->n_params; k++)
    if (!model->params[k].is_shared && run->plan.candidates[i * model->n_params + k] !=
                                           run->plan.candidates[j * model->n_params + k])
      return false;
  return true;
}

/* A group has the number of its first candidate. */
ml_status items__group(xval_run *run, ml_error *err) {
  size_t n = run->plan.n_candidates;
  size_t *order = malloc((n + 1) * sizeof *order);
  run->group = malloc((n + 1) * sizeof *run->group);
  if (!order || !run->group) {
    free(order);
    return ml_error_memory(err);
  }
  for (size_t i = 0; i < n; i++) order[i] = run->group[i] = i;
  if (run->plan.model->fold && !run->plan.is_gcv) {
    qsort_r(order, n, sizeof *order, compare, run);
    for (size_t i = 1; i < n; i++)
      if (are_together(run, order[i - 1], order[i]))
        run->group[order[i]] = run->group[order[i - 1]];
  }
  if (run->plan.is_gcv) memset(run->group, 0, n * sizeof *run->group);
  free(order);
  return ML_OK;
}

/* ---- lists ----------------------------------------------------------------------------------- */

static bool grow(void *at, size_t *room, size_t n, size_t size) {
  void **memory = at;
  if (n <= *room) return true;
  size_t most = *room ? *room : 64;
  while (most < n) most *= 2;
  void *grown = reallocarray(*memory, most, size);
  if (!grown) return false;
  *memory = grown;
  *room = most;
  return true;
}

/* By groups, in the order of their first candidates. */
static int compare_groups(const void *a, const void *b, void *ctx) {
  const xval_run *run = ctx;
  size_t i = *(const size_t *)a, j = *(const size_t *)b, g = run->group[i], h = run->group[j];
  return g != h ? (g < h ? -1 : 1) : i < j ? -1 : i > j;
}

void items__sort(xval_run *run, size_t *candidates, size_t n) {
  qsort_r(candidates, n, sizeof *candidates, compare_groups, run);
}

static ml_status add_candidate(item_list *list, size_t candidate, uint64_t place, ml_error *err) {
  if (!grow(&list->candidates, &list->candidates_room, list->n_candidates + 1,
            sizeof *list->candidates))
    return ml_error_memory(err);
  list->candidates[list->n_candidates++] = (xval_fold_candidate){candidate, place};
  return ML_OK;
}

static ml_status add_item(item_list *list, xval_item item, ml_error *err) {
  item.n = list->n_candidates - item.first;
  if (item.n == 0) return ML_OK;
  if (!grow(&list->items, &list->room, list->n + 1, sizeof *list->items))
    return ml_error_memory(err);
  list->items[list->n++] = item;
  return ML_OK;
}

ml_status items__add(xval_run *run, item_list *list, size_t scene, size_t fold,
                     const size_t *candidates, size_t n, uint64_t place, uint64_t stride,
                     ml_error *err) {
  ml_status status = ML_OK;
  for (size_t i = 0; i < n && status == ML_OK;) {
    size_t group = run->group[candidates[i]];
    const xval_item item = {.scene = scene, .fold = fold, .first = list->n_candidates};
    for (; i < n && run->group[candidates[i]] == group && status == ML_OK; i++) {
      size_t c = candidates[i];
      if (run->checked[c].status != ML_OK) continue;
      status = add_candidate(list, c, place == XVAL_NO_PLACE ? place : place + c * stride, err);
    }
    if (status == ML_OK) status = add_item(list, item, err);
  }
  return status;
}
