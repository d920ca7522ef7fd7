/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Kinds of sets that were read apart, in the order that one set of all would have them in: that of
 * the columns, or, where rows name their kinds, that of first appearance over ascending ids. */
#include <stdlib.h>
#include <string.h>

#include "spool.h"

/* ---- shapes ---- */

static bool is_shape(const spool_kinds *kinds, const spool_shape *shape, const ml_series_set *set) {
  if (shape->n_kinds != set->n_kinds) return false;
  for (size_t k = 0; k < set->n_kinds; k++)
    if (strcmp(labels__text(&kinds->names, shape->kinds[k]), set->kinds[k]) != 0) return false;
  return true;
}

static bool make_room(spool_kinds *kinds) {
  if (kinds->names.n <= kinds->capacity) return true;
  const size_t capacity = 2 * kinds->names.n;
  spool_least *least = reallocarray(kinds->least, capacity, sizeof *least);
  if (!least) return false;
  memset(least + kinds->capacity, 0, (capacity - kinds->capacity) * sizeof *least);
  kinds->least = least;
  kinds->capacity = capacity;
  return true;
}

bool spool__add_kind(spool_kinds *kinds, const char *name) {
  return labels__put(&kinds->names, name, strlen(name)) != LABELS_FULL && make_room(kinds);
}

static bool add_names(spool_kinds *kinds, const ml_series_set *set, uint32_t *codes) {
  for (size_t k = 0; k < set->n_kinds; k++) {
    codes[k] = labels__put(&kinds->names, set->kinds[k], strlen(set->kinds[k]));
    if (codes[k] == LABELS_FULL) return false;
  }
  return make_room(kinds);
}

static ml_status make_shape(spool_kinds *kinds, const ml_series_set *set,
                            const ml_fresh_settings *settings, spool_shape *shape, ml_error *err) {
  shape->n_kinds = set->n_kinds;
  shape->kinds = calloc(set->n_kinds + 1, sizeof *shape->kinds);
  shape->starts = calloc(set->n_kinds + 1, sizeof *shape->starts);
  if (!shape->kinds || !shape->starts || !add_names(kinds, set, shape->kinds))
    return ml_error_memory(err);
  return fresh__layout_widths(settings, set->kinds, set->n_kinds, set->clock == ML_CLOCK_TIME,
                              shape->starts, err);
}

ml_status spool__add_shape(spool_kinds *kinds, const ml_series_set *set,
                           const ml_fresh_settings *settings, uint32_t *shape, ml_error *err) {
  for (size_t i = kinds->n_shapes; i > 0; i--) /* most likely it is the one before */
    if (is_shape(kinds, &kinds->shapes[i - 1], set)) {
      *shape = (uint32_t)(i - 1);
      return ML_OK;
    }
  spool_shape *shapes = reallocarray(kinds->shapes, kinds->n_shapes + 1, sizeof *shapes);
  if (!shapes) return ml_error_memory(err);
  kinds->shapes = shapes;
  kinds->is_long = set->is_long;
  *shape = (uint32_t)kinds->n_shapes;
  shapes[kinds->n_shapes] = (spool_shape){0};
  return make_shape(kinds, set, settings, &shapes[kinds->n_shapes++], err);
}

/* ---- the least ids ---- */

static const series_forms texts = {.not_numbers = true, .not_pairs = true};

static bool note(char **least, const char *id, series_forms form) {
  if (*least && series__compare_ids(id, *least, form) >= 0) return true;
  char *copy = strdup(id);
  if (!copy) return false;
  free(*least);
  *least = copy;
  return true;
}

/* A set in the order of numbers does not say which id of a kind is the first as a text. */
static bool note_texts(spool_least *least, const ml_series_set *set, size_t k) {
  for (size_t i = 0; i < set->n_ids; i++)
    if (set->spans[i * set->n_kinds + k].n > 0 &&
        !note(&least->text, ml_series_parent(set, i), texts))
      return false;
  return true;
}

ml_status spool__note_least(spool_kinds *kinds, const ml_series_set *set, uint32_t shape,
                            series_forms form, ml_error *err) {
  char *const *ids = set->parents ? set->parents : set->ids;
  const bool is_by_number = set->ids_are_numbers || set->parents; /* perhaps */
  for (size_t k = 0; set->kind_first && k < set->n_kinds; k++) {
    spool_least *least = &kinds->least[kinds->shapes[shape].kinds[k]];
    if (set->kind_first[k] == UINT32_MAX) continue; /* a kind of other shards */
    const char *first = ids[set->kind_first[k]];
    char **of_form = form.not_numbers ? form.not_pairs ? NULL : &least->pair : &least->number;
    bool ok = note(&least->text, first, texts);
    if (ok && of_form) ok = note(of_form, first, form);
    if (ok && is_by_number) ok = note_texts(least, set, k);
    if (!ok) return ml_error_memory(err);
  }
  return ML_OK;
}

/* ---- the order ---- */

typedef struct ordering {
  spool_kinds *kinds;
  series_ranking ranking; /* of the names of kinds: those of one rank are one kind */
  const char **least;     /* id of each rank */
  uint32_t *ranks;        /* in the order of the columns */
  series_forms form;
} ordering;

static int compare_ranks(const void *a, const void *b, void *context) {
  const ordering *o = context;
  const uint32_t i = *(const uint32_t *)a, j = *(const uint32_t *)b;
  const char *first = o->least[i], *second = o->least[j];
  int order = first && second ? series__compare_ids(first, second, o->form) : !first - !second;
  return order ? order : (i > j) - (i < j);
}

static const char *least_of(const spool_least *least, series_forms form) {
  const char *id = !form.not_numbers ? least->number : !form.not_pairs ? least->pair : least->text;
  return id ? id : least->text;
}

static void take_lesser(const char **id, const char *other, series_forms form) {
  if (other && (!*id || series__compare_ids(other, *id, form) < 0)) *id = other;
}

static void find_least(ordering *o) {
  for (uint32_t c = 0; c < o->kinds->names.n; c++)
    take_lesser(o->least + o->ranking.rank[c], least_of(&o->kinds->least[c], o->form), o->form);
}

const char *spool__first_id(const spool_kinds *kinds, size_t k, series_forms form) {
  const char *id = NULL;
  for (uint32_t c = 0; kinds->is_long && c < kinds->names.n; c++)
    if (kinds->place[c] == k) take_lesser(&id, least_of(&kinds->least[c], form), form);
  return id;
}

static void put_in_order(ordering *o, char *const *names) {
  spool_kinds *kinds = o->kinds;
  kinds->n_kinds = o->ranking.n;
  for (size_t i = 0; i < o->ranking.n; i++) o->ranks[i] = (uint32_t)i;
  if (kinds->is_long) {
    find_least(o);
    qsort_r(o->ranks, o->ranking.n, sizeof *o->ranks, compare_ranks, o);
  }
  for (uint32_t i = 0; i < o->ranking.n; i++) {
    kinds->kinds[i] = names[o->ranking.first[o->ranks[i]]];
    for (size_t c = 0; c < kinds->names.n; c++)
      if (o->ranking.rank[c] == o->ranks[i]) kinds->place[c] = i;
  }
}

/* Columns of a file are as many kinds, whatever their names. */
static bool rank_names(ordering *o, char *const *names, size_t n) {
  if (o->kinds->is_long) return series__rank(names, n, &o->ranking);
  o->ranking.rank = calloc(n + 1, sizeof *o->ranking.rank);
  o->ranking.first = calloc(n + 1, sizeof *o->ranking.first);
  o->ranking.n = n;
  if (!o->ranking.rank || !o->ranking.first) return false;
  for (uint32_t c = 0; c < n; c++) o->ranking.rank[c] = o->ranking.first[c] = c;
  return true;
}

ml_status spool__order_kinds(spool_kinds *kinds, series_forms form, ml_error *err) {
  const size_t n = kinds->names.n;
  char **names = calloc(n + 1, sizeof *names);
  ordering o = {.kinds = kinds,
                .least = calloc(n + 1, sizeof *o.least),
                .ranks = calloc(n + 1, sizeof *o.ranks),
                .form = form};
  kinds->kinds = calloc(n + 1, sizeof *kinds->kinds);
  kinds->place = calloc(n + 1, sizeof *kinds->place);
  bool ok = names && o.least && o.ranks && kinds->kinds && kinds->place;
  for (uint32_t c = 0; ok && c < n; c++)
    names[c] = (char *)(uintptr_t)labels__text(&kinds->names, c);
  ok = ok && rank_names(&o, names, n);
  if (ok) put_in_order(&o, names);
  series__ranking_release(&o.ranking);
  free(o.ranks);
  free((void *)o.least);
  free(names);
  return ok ? ML_OK : ml_error_memory(err);
}

void spool__release_kinds(spool_kinds *kinds) {
  for (size_t i = 0; i < kinds->n_shapes; i++) {
    free(kinds->shapes[i].kinds);
    free(kinds->shapes[i].starts);
  }
  for (size_t c = 0; c < kinds->capacity; c++) {
    free(kinds->least[c].number);
    free(kinds->least[c].pair);
    free(kinds->least[c].text);
  }
  free(kinds->shapes);
  free(kinds->least);
  free(kinds->kinds);
  free(kinds->place);
  labels__release(&kinds->names);
  *kinds = (spool_kinds){0};
}
