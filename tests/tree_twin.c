/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The definition of a decision tree, as slow as it is obvious. */
#include "tree_twin.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { MAX_ROWS = 200, MAX_CLASSES = 8 };

struct twin {
  const ml_view *view;
  size_t rows[MAX_ROWS], n, depth, column;
  double threshold;
  long double weight, value[MAX_CLASSES];
  long double risk; /* weight times impurity */
  bool is_pure;
  struct twin *left, *right;
};

static double x_of(const ml_view *view, size_t row, size_t column) {
  return view->x[column * view->stride + row];
}

static void sum_up(twin *t, const twin_rules *rules) {
  const ml_view *v = t->view;
  size_t k = v->n_classes ? v->n_classes : 1;
  t->is_pure = true;
  for (size_t i = 0; i < t->n; i++) {
    size_t row = t->rows[i], first = t->rows[0];
    long double w = v->weights ? v->weights[row] : 1;
    t->weight += w;
    if (v->n_classes) t->value[v->classes[row]] += w;
    if (!v->n_classes) t->value[0] += w * v->y[row];
    t->is_pure = t->is_pure &&
                 (v->n_classes ? v->classes[row] == v->classes[first] : v->y[row] == v->y[first]);
  }
  for (size_t c = 0; c < k; c++) t->value[c] /= t->weight;
  for (size_t i = 0; i < t->n && !v->n_classes; i++) {
    long double d = v->y[t->rows[i]] - t->value[0];
    t->risk += (v->weights ? v->weights[t->rows[i]] : 1) * d * d;
  }
  for (size_t c = 0; c < v->n_classes; c++) {
    long double p = t->value[c];
    if (rules->is_entropy && p > 0) t->risk -= t->weight * p * log2l(p);
    if (!rules->is_entropy) t->risk += t->weight * p * (1 - p);
  }
}

static twin *new_node(const ml_view *view, size_t depth) {
  twin *t = calloc(1, sizeof *t);
  if (!t) abort();
  t->view = view;
  t->depth = depth;
  return t;
}

static void divide(const twin *t, const twin_rules *rules, size_t column, double threshold,
                   twin **left, twin **right) {
  *left = new_node(t->view, t->depth + 1);
  *right = new_node(t->view, t->depth + 1);
  for (size_t i = 0; i < t->n; i++) {
    twin *to = x_of(t->view, t->rows[i], column) <= threshold ? *left : *right;
    to->rows[to->n++] = t->rows[i];
  }
  if ((*left)->n) sum_up(*left, rules);
  if ((*right)->n) sum_up(*right, rules);
}

static bool is_allowed(const twin *side, const twin_rules *rules, long double all) {
  return side->n && side->n >= rules->min_leaf &&
         (double)side->weight >= rules->min_weight * (double)all;
}

/* The decrease of risk by a split; negative: it is none. */
static long double try_split(const twin *t, const twin_rules *rules, size_t column,
                             double threshold, long double all) {
  twin *left, *right;
  divide(t, rules, column, threshold, &left, &right);
  long double gain = -1;
  if (is_allowed(left, rules, all) && is_allowed(right, rules, all))
    gain = fmaxl(t->risk - left->risk - right->risk, 0);
  twin_free(left);
  twin_free(right);
  return gain;
}

/* Half-way to the next greater value in the node; infinity: there is none. */
static double threshold_behind(const twin *t, size_t column, double x) {
  double next = INFINITY;
  for (size_t i = 0; i < t->n; i++) {
    double other = x_of(t->view, t->rows[i], column);
    if (other > x && other < next) next = other;
  }
  return isinf(next) ? INFINITY : (x + next) / 2;
}

/* The split of the greatest gain; of equals, that of the first column and least threshold. */
static bool find_split(twin *t, const twin_rules *rules, long double all) {
  long double best = -1;
  for (size_t j = 0; j < t->view->n_columns; j++) {
    for (size_t i = 0; i < t->n; i++) {
      double threshold = threshold_behind(t, j, x_of(t->view, t->rows[i], j));
      if (isinf(threshold)) continue;
      long double gain = try_split(t, rules, j, threshold, all), slack = 1e-13L * t->weight;
      if (gain < 0) continue;
      bool is_same = best >= 0 && fabsl(gain - best) <= slack;
      if (best >= 0 && !is_same && gain < best) continue;
      if (is_same && !(j == t->column && threshold < t->threshold)) continue;
      best = gain;
      t->column = j;
      t->threshold = threshold;
    }
  }
  return best >= 0;
}

static void grow(twin *t, const twin_rules *rules, long double all) {
  if (t->is_pure || t->depth >= rules->max_depth || t->n < rules->min_split) return;
  if ((double)t->weight < 2 * rules->min_weight * (double)all || !find_split(t, rules, all)) return;
  divide(t, rules, t->column, t->threshold, &t->left, &t->right);
  if ((t->risk - t->left->risk - t->right->risk) / all + 1e-15L < rules->min_decrease) {
    twin_free(t->left);
    twin_free(t->right);
    t->left = t->right = NULL;
    return;
  }
  grow(t->left, rules, all);
  grow(t->right, rules, all);
}

/* ---- pruning: the weakest link, again and again ---------------------------------------------- */

static long double risk_below(const twin *t, size_t *n_leaves) {
  if (t->left) return risk_below(t->left, n_leaves) + risk_below(t->right, n_leaves);
  ++*n_leaves;
  return t->risk;
}

static void find_weakest(twin *t, long double all, long double *least, twin **weakest) {
  if (!t->left) return;
  size_t n_leaves = 0;
  long double below = risk_below(t, &n_leaves);
  long double link = (t->risk - below) / all / (long double)(n_leaves - 1);
  if (!*weakest || link < *least) {
    *least = link;
    *weakest = t;
  }
  find_weakest(t->left, all, least, weakest);
  find_weakest(t->right, all, least, weakest);
}

static void prune(twin *root, double alpha) {
  for (;;) {
    twin *weakest = NULL;
    long double least = 0;
    find_weakest(root, root->weight, &least, &weakest);
    if (!weakest || least > alpha) return;
    twin_free(weakest->left);
    twin_free(weakest->right);
    weakest->left = weakest->right = NULL;
  }
}

twin *twin_grow(const ml_view *train, const twin_rules *rules) {
  twin *root = new_node(train, 0);
  for (size_t i = 0; i < train->n; i++) {
    size_t row = ml_view_row(train, i);
    if (!train->weights || train->weights[row] > 0) root->rows[root->n++] = row;
  }
  sum_up(root, rules);
  grow(root, rules, root->weight);
  if (rules->alpha > 0) prune(root, rules->alpha);
  return root;
}

void twin_free(twin *node) {
  if (!node) return;
  twin_free(node->left);
  twin_free(node->right);
  free(node);
}

void twin_predict(const twin *root, const ml_view *view, size_t row, double *out) {
  while (root->left)
    root = x_of(view, row, root->column) <= root->threshold ? root->left : root->right;
  for (size_t c = 0; c < (view->n_classes ? view->n_classes : 1); c++)
    out[c] = (double)root->value[c];
}
