/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The memory that trees grow in, one after another. */
#include "tree_grower.h"

#include <stdlib.h>

/* Greatest weight of all rows for which the terms of entropies are kept: 32 MB. */
enum { MAX_TERMS = 1 << 22 };

/* Weight of all rows at most, where each may be there up to n times and it is whole and below 2^31
 * then; else 0. */
static size_t whole_weight(const tree_sample *s, bool are_repeated) {
  uint64_t most = 0, sum = 0;
  if (!s->counts) return 0;
  for (size_t i = 0; i < s->n; i++) {
    most = s->counts[i] > most ? s->counts[i] : most;
    sum += s->counts[i];
  }
  if (are_repeated) sum = most * s->n;
  return sum < INT32_MAX ? (size_t)sum : 0;
}

static bool allocate(tree_grower *g, size_t weight) {
  const tree_sample *s = g->sample;
  size_t p = s->n_columns ? s->n_columns : 1, classes = s->n_classes ? s->n_classes : 1;
  g->drawn = malloc(p * sizeof *g->drawn);
  g->swaps = malloc(p * sizeof *g->swaps);
  g->best = malloc(p * sizeof *g->best);
  g->scorer.left = malloc(classes * sizeof *g->scorer.left);
  g->scorer.left_sums = malloc(classes * sizeof *g->scorer.left_sums);
  bool ok = g->drawn && g->swaps && g->best && g->scorer.left && g->scorer.left_sums;
  bool is_exact = weight > 0, are_pairs = s->n_classes == 2 && g->limits.criterion == TREE_GINI;
  if (is_exact)
    g->counts = malloc(s->n * sizeof *g->counts);
  else
    g->weights = malloc(s->n * sizeof *g->weights);
  if (is_exact && are_pairs) ok = ok && (g->pairs = malloc(s->n * sizeof *g->pairs));
  if (is_exact && g->limits.criterion == TREE_ENTROPY && weight <= MAX_TERMS)
    ok = ok && (g->terms = tree__entropy_terms(weight));
  return ok && (g->counts || g->weights);
}

ml_status tree__grower_new(tree_sample *sample, const tree_limits *limits, bool may_consume,
                           tree_grower **out, ml_error *err) {
  tree_grower *g = calloc(1, sizeof *g);
  if (!g) return ml_error_memory(err);
  g->sample = sample;
  g->limits = *limits;
  ml_status status = tree__columns_init(&g->columns, sample, limits->n_drawn, may_consume, err);
  if (status) {
    free(g);
    return status;
  }
  if (!allocate(g, whole_weight(sample, !may_consume))) {
    tree__grower_free(g);
    return ml_error_memory(err);
  }
  for (size_t j = 0; j < sample->n_columns; j++) g->drawn[j] = (uint32_t)j;
  g->scorer.criterion = limits->criterion;
  g->scorer.n_classes = sample->n_classes;
  g->scorer.classes = sample->classes;
  g->scorer.pairs = g->pairs;
  g->scorer.counts = g->counts;
  g->scorer.weights = g->weights;
  g->scorer.y = sample->y;
  g->scorer.terms = g->terms;
  *out = g;
  return ML_OK;
}

void tree__grower_free(tree_grower *g) {
  if (!g) return;
  tree__columns_release(&g->columns);
  free(g->counts);
  free(g->weights);
  free(g->pairs);
  free(g->terms);
  free(g->drawn);
  free(g->swaps);
  free(g->best);
  free(g->scorer.left);
  free(g->scorer.left_sums);
  free(g->open);
  free(g);
}

void tree__grower_set_depth(tree_grower *g, size_t max_depth) {
  g->limits.max_depth = max_depth;
}

bool tree__make_room(tree *t, size_t n) {
  if (t->room - t->n_nodes >= n) return true;
  size_t room = t->room ? 2 * t->room : 64, size;
  if (__builtin_mul_overflow(room * t->n_values, sizeof *t->values, &size)) return false;
  tree_node *nodes = realloc(t->nodes, room * sizeof *nodes);
  if (nodes) t->nodes = nodes;
  double *values = nodes ? realloc(t->values, size) : NULL;
  if (values) t->values = values;
  if (values) t->room = room;
  return values != NULL;
}

bool tree__push(tree_grower *g, open_node node) {
  if (g->n_open == g->open_room) {
    size_t room = g->open_room ? 2 * g->open_room : 64;
    open_node *open = realloc(g->open, room * sizeof *open);
    if (!open) return false;
    g->open = open;
    g->open_room = room;
  }
  g->open[g->n_open++] = node;
  return true;
}
