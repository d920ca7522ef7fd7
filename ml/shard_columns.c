/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The columns of a whole: its kinds come by the least id that has them, which no part knows alone.
 */
#include <stdlib.h>
#include <string.h>

#include <ml/labels.h>

#include "shard_internal.h"

/* A kind of the whole, as the first part has it that has it at all. */
typedef struct kind {
  const char *name;
  uint32_t first; /* rank of the least id; UINT32_MAX: no part says one */
  uint32_t rank;  /* of the name */
  size_t heads, tails;
  char **head_names, **tail_names;
} kind;

typedef struct kinds {
  labels names;
  kind *list; /* n, by code */
  size_t n, room;
  char **firsts; /* of all kinds of all sources, borrowed */
  uint32_t *of;  /* which kind: code */
  size_t n_firsts;
  bool are_long;
} kinds;

/* The kinds of a part, in its order. @return n; SIZE_MAX: it has an order of its own */
static size_t n_kinds(const shard_ledger *l) {
  const json_t *list = json_object_get(l->json, "kinds");
  return json_is_array(list) ? json_array_size(list) : SIZE_MAX;
}

typedef struct entry {
  const char *name, *first; /* first may be NULL */
  size_t heads, tails;
} entry;

static bool get_entry(const shard_ledger *l, size_t k, entry *out) {
  const json_t *object = json_array_get(json_object_get(l->json, "kinds"), k);
  const json_t *columns = json_object_get(object, "columns");
  const json_int_t heads = json_integer_value(json_array_get(columns, 0)),
                   tails = json_integer_value(json_array_get(columns, 1));
  out->name = json_string_value(json_object_get(object, "name"));
  out->first = json_string_value(json_object_get(object, "first"));
  if (!out->name || json_array_size(columns) != 2 || heads < 0 || tails < 0) return false;
  out->heads = (size_t)heads;
  out->tails = (size_t)tails;
  return true;
}

/* @param[out] heads  of all kinds; their columns must be all there are, if there are any */
static bool count_heads(const shard_ledger *l, size_t *heads) {
  size_t tails = *heads = 0;
  for (size_t k = 0; k < n_kinds(l); k++) {
    entry e;
    if (!get_entry(l, k, &e)) return false;
    if (l->n_rows == 0) continue;
    if (e.heads > l->n_columns - *heads || e.tails > l->n_columns - tails) return false;
    *heads += e.heads;
    tails += e.tails;
  }
  return l->n_rows == 0 || *heads + tails == l->n_columns;
}

static ml_status fail_other(const shard_source *s, ml_error *err) {
  return ml_error_at(err, ML_ERR_PARSE, s->ledger->path, 0, 0,
                     "the part has other columns than the parts before it");
}

static bool are_equal(char *const *a, char *const *b, size_t n) {
  for (size_t j = 0; j < n; j++)
    if (strcmp(a[j], b[j]) != 0) return false;
  return true;
}

/* ---- what kinds there are ---- */

static kind *find_kind(kinds *all, const char *name, uint32_t *code) {
  const size_t n = all->names.n;
  *code = labels__put(&all->names, name, strlen(name));
  if (*code == LABELS_FULL) return NULL;
  if (all->names.n == n) return &all->list[*code];
  if (all->n == all->room) {
    const size_t room = all->room ? 2 * all->room : 16;
    kind *grown = reallocarray(all->list, room, sizeof *grown);
    if (!grown) return NULL;
    all->list = grown;
    all->room = room;
  }
  all->list[all->n] = (kind){.name = name, .first = UINT32_MAX};
  return &all->list[all->n++];
}

static bool note_first(kinds *all, const char *first, uint32_t code) {
  char **firsts = reallocarray(all->firsts, all->n_firsts + 1, sizeof *firsts);
  if (firsts) all->firsts = firsts;
  uint32_t *of = firsts ? reallocarray(all->of, all->n_firsts + 1, sizeof *of) : NULL;
  if (!of) return false;
  all->of = of;
  all->firsts[all->n_firsts] = (char *)(uintptr_t)first;
  all->of[all->n_firsts++] = code;
  return true;
}

static ml_status gather(kinds *all, const shard_source *s, ml_error *err) {
  size_t tail;
  if (!count_heads(s->ledger, &tail)) return shard__damaged(s->ledger, "its kinds", err);
  for (size_t k = 0, head = 0; k < n_kinds(s->ledger); k++) {
    entry e;
    uint32_t code;
    (void)get_entry(s->ledger, k, &e);
    const size_t n = all->n;
    kind *of = find_kind(all, e.name, &code);
    if (!of || (e.first && !note_first(all, e.first, code))) return ml_error_memory(err);
    char **heads = s->columns + head, **tails = s->columns + tail;
    if (all->n > n) {
      of->heads = e.heads;
      of->tails = e.tails;
      of->head_names = heads;
      of->tail_names = tails;
    }
    if (of->heads != e.heads || of->tails != e.tails ||
        !are_equal(of->head_names, heads, e.heads) || !are_equal(of->tail_names, tails, e.tails))
      return fail_other(s, err);
    head += e.heads;
    tail += e.tails;
  }
  return ML_OK;
}

/* A part without a row may know a lesser id of a kind: one whose windows are none. */
static ml_status gather_firsts(kinds *all, const shard_ledger *l, ml_error *err) {
  size_t unused;
  if (!count_heads(l, &unused)) return shard__damaged(l, "its kinds", err);
  for (size_t k = 0; n_kinds(l) != SIZE_MAX && k < n_kinds(l); k++) {
    entry e;
    uint32_t code = 0;
    const size_t n = all->n;
    (void)get_entry(l, k, &e);
    if (!find_kind(all, e.name, &code)) return ml_error_memory(err);
    if (all->n > n) return shard__damaged(l, "its kinds", err);
    if (e.first && !note_first(all, e.first, code)) return ml_error_memory(err);
  }
  return ML_OK;
}

/* ---- their order ---- */

static bool rank_kinds(kinds *all, const series_forms *forms) {
  series_ranking ids = {0}, names = {0};
  char **texts = calloc(all->n + 1, sizeof *texts);
  for (size_t k = 0; texts && k < all->n; k++) texts[k] = (char *)(uintptr_t)all->list[k].name;
  bool ok = texts && series__rank_among(all->firsts, all->n_firsts, forms, &ids) &&
            series__rank(texts, all->n, &names);
  for (size_t i = 0; ok && i < all->n_firsts; i++) {
    kind *k = &all->list[all->of[i]];
    if (ids.rank[i] < k->first) k->first = ids.rank[i];
  }
  for (size_t k = 0; ok && k < all->n; k++) all->list[k].rank = names.rank[k];
  series__ranking_release(&ids);
  series__ranking_release(&names);
  free(texts);
  return ok;
}

static int compare(const void *a, const void *b, void *ctx) {
  const kinds *all = ctx;
  const uint32_t i = *(const uint32_t *)a, j = *(const uint32_t *)b;
  const kind *x = &all->list[i], *y = &all->list[j];
  if (all->are_long && x->first != y->first) return x->first < y->first ? -1 : 1;
  if (all->are_long && x->rank != y->rank) return x->rank < y->rank ? -1 : 1;
  return i < j ? -1 : i > j;
}

/* ---- where they are ---- */

/* Places in a source: of the head and tail of each kind, by code; SIZE_MAX: it has no such kind. */
static ml_status map_source(kinds *all, const uint32_t *order, shard_source *s, size_t n_columns,
                            ml_error *err) {
  size_t *heads = malloc((2 * all->n + 1) * sizeof *heads), *tails = heads + all->n, tail, n = 0;
  s->map = malloc((n_columns + 1) * sizeof *s->map);
  if (!heads || !s->map) {
    free(heads);
    return ml_error_memory(err);
  }
  for (size_t k = 0; k < 2 * all->n; k++) heads[k] = SIZE_MAX;
  (void)count_heads(s->ledger, &tail);
  for (size_t k = 0, head = 0; k < n_kinds(s->ledger); k++) {
    entry e;
    uint32_t code = 0;
    (void)get_entry(s->ledger, k, &e);
    (void)find_kind(all, e.name, &code); /* is there */
    heads[code] = head;
    tails[code] = tail;
    head += e.heads;
    tail += e.tails;
  }
  for (size_t i = 0; i < all->n; i++)
    for (size_t j = 0, at = heads[order[i]]; j < all->list[order[i]].heads; j++)
      s->map[n++] = at == SIZE_MAX ? SIZE_MAX : at + j;
  for (size_t i = 0; i < all->n; i++)
    for (size_t j = 0, at = tails[order[i]]; j < all->list[order[i]].tails; j++)
      s->map[n++] = at == SIZE_MAX ? SIZE_MAX : at + j;
  free(heads);
  return ML_OK;
}

static ml_status lay_out(shard_merge *m, kinds *all, ml_error *err) {
  uint32_t *order = malloc((all->n + 1) * sizeof *order);
  if (!order) return ml_error_memory(err);
  for (size_t k = 0; k < all->n; k++) {
    order[k] = (uint32_t)k;
    m->n_columns += all->list[k].heads + all->list[k].tails;
  }
  qsort_r(order, all->n, sizeof *order, compare, all);
  m->columns = malloc((m->n_columns + 1) * sizeof *m->columns);
  ml_status status = m->columns ? ML_OK : ml_error_memory(err);
  size_t n = 0;
  for (size_t i = 0; i < all->n && status == ML_OK; i++)
    for (size_t j = 0; j < all->list[order[i]].heads; j++)
      m->columns[n++] = all->list[order[i]].head_names[j];
  for (size_t i = 0; i < all->n && status == ML_OK; i++)
    for (size_t j = 0; j < all->list[order[i]].tails; j++)
      m->columns[n++] = all->list[order[i]].tail_names[j];
  for (size_t p = 0; p < m->n && status == ML_OK; p++)
    status = map_source(all, order, &m->sources[p], m->n_columns, err);
  free(order);
  return status;
}

static ml_status by_kinds(shard_merge *m, ml_error *err) {
  kinds all = {.are_long = json_is_true(json_object_get(m->sources[0].ledger->json, "long"))};
  series_forms forms;
  ml_status status = shard__read_forms(m->sources[0].ledger, &forms, err);
  for (size_t p = 0; p < m->n && status == ML_OK; p++) status = gather(&all, &m->sources[p], err);
  for (size_t i = 0; i < m->shards->n && status == ML_OK; i++)
    if (m->shards->ledgers[i].n_rows == 0)
      status = gather_firsts(&all, &m->shards->ledgers[i], err);
  if (status == ML_OK && !rank_kinds(&all, &forms)) status = ml_error_memory(err);
  if (status == ML_OK) status = lay_out(m, &all, err);
  labels__release(&all.names);
  free(all.list);
  free(all.firsts);
  free(all.of);
  return status;
}

/* Settings with an order of their own give the same columns whatever the kinds. */
static ml_status as_they_are(shard_merge *m, ml_error *err) {
  const shard_source *first = &m->sources[0];
  m->n_columns = first->n_columns;
  m->columns = malloc((m->n_columns + 1) * sizeof *m->columns);
  if (!m->columns) return ml_error_memory(err);
  memcpy(m->columns, first->columns, m->n_columns * sizeof *m->columns);
  for (size_t p = 0; p < m->n; p++) {
    shard_source *s = &m->sources[p];
    if (s->n_columns != m->n_columns || !are_equal(s->columns, m->columns, m->n_columns))
      return fail_other(s, err);
    s->map = malloc((m->n_columns + 1) * sizeof *s->map);
    if (!s->map) return ml_error_memory(err);
    for (size_t j = 0; j < m->n_columns; j++) s->map[j] = j;
  }
  return ML_OK;
}

ml_status shard__make_columns(shard_merge *m, ml_error *err) {
  const bool are_ordered = n_kinds(m->sources[0].ledger) == SIZE_MAX;
  for (size_t p = 1; p < m->n; p++)
    if ((n_kinds(m->sources[p].ledger) == SIZE_MAX) != are_ordered)
      return fail_other(&m->sources[p], err);
  return are_ordered ? as_they_are(m, err) : by_kinds(m, err);
}
