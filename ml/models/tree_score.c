/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Scores of the splits of a node along a sorted column. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <ml/vector.h>

#include "tree.h"

/* Sums of real weights are rounded: less than this share of the node is no side. */
#define ROUNDED_WEIGHT 1e-13

/* What lies to the left of a split behind each entry of a block. */
typedef struct sums {
  double weight[TREE_BLOCK], a[TREE_BLOCK], b[TREE_BLOCK];
} sums;

static bool is_of_means(const tree_scorer *s) {
  return s->y || (s->n_classes == 2 && s->criterion == TREE_GINI);
}

static bool is_of_squares(const tree_scorer *s) {
  return !s->weights && s->criterion == TREE_GINI;
}

void tree__score_begin(tree_scorer *s) {
  s->pair = 0;
  s->left_weight = s->left_sum = 0;
  if (is_of_means(s)) return;
  memset(s->left, 0, s->n_classes * sizeof *s->left);
  if (!is_of_squares(s)) return;
  memset(s->left_sums, 0, s->n_classes * sizeof *s->left_sums);
  s->left_squares = s->right_squares = 0;
  for (size_t c = 0; c < s->n_classes; c++) {
    uint64_t total = (uint64_t)s->totals[c];
    s->right_squares += total * total;
  }
}

/* ---- means: squared error, and Gini of two classes, which is the same of 0 and 1 ------------ */

static void add_pairs(tree_scorer *s, const uint32_t *entries, size_t n, sums *out) {
  const uint64_t *pairs = s->pairs;
  uint64_t pair = s->pair;
  for (size_t i = 0; i < n; i++) {
    pair += pairs[entries[i] & TREE_ROW];
    out->weight[i] = (double)(int32_t)(uint32_t)pair;
    out->a[i] = (double)(int32_t)(pair >> 32);
  }
  s->pair = pair;
}

static void add_values(tree_scorer *s, const uint32_t *entries, size_t n, sums *out) {
  double weight = s->left_weight, sum = s->left_sum, mean = s->mean;
  for (size_t i = 0; i < n; i++) {
    uint32_t row = entries[i] & TREE_ROW;
    double w = s->weights ? s->weights[row] : s->counts[row];
    weight += w;
    sum += s->y ? w * (s->y[row] - mean) : s->classes[row] ? w : 0;
    out->weight[i] = weight;
    out->a[i] = sum;
  }
  s->left_weight = weight;
  s->left_sum = sum;
}

/* The decrease of squared error, times the weight of the node: d^2 / (left weight * right weight),
 * where d = left sum * weight - sum * left weight. Of whole numbers d is exact. */
ML_VECTOR_PATHS static void score_means(const sums *at, const uint32_t *entries, size_t n,
                                        double weight, double sum, double min_weight,
                                        double *restrict out) {
  for (size_t i = 0; i < n; i++) {
    double left = at->weight[i], right = weight - left, d = at->a[i] * weight - sum * left;
    double score = d * d / (left * right);
    bool is_split = ((int32_t)entries[i + 1] < 0) & (left >= min_weight) & (right >= min_weight);
    out[i] = is_split ? score : -INFINITY;
  }
}

/* ---- squares: Gini of several classes, whole weights ----------------------------------------- */

static void add_squares(tree_scorer *s, const uint32_t *entries, size_t n, sums *out) {
  uint64_t weight = (uint64_t)s->left_weight, in_left = s->left_squares;
  uint64_t in_right = s->right_squares;
  for (size_t i = 0; i < n; i++) {
    uint32_t row = entries[i] & TREE_ROW, c = s->classes[row];
    uint64_t w = s->counts[row], left = s->left_sums[c], right = (uint64_t)s->totals[c] - left;
    in_left += w * (2 * left + w);
    in_right -= w * (2 * right - w);
    s->left_sums[c] = left + w;
    weight += w;
    out->weight[i] = (double)weight;
    out->a[i] = (double)in_left;
    out->b[i] = (double)in_right;
  }
  s->left_weight = (double)weight;
  s->left_squares = in_left;
  s->right_squares = in_right;
}

/* Sums over classes of squared weights, each by the weight of its side. */
ML_VECTOR_PATHS static void score_squares(const sums *at, const uint32_t *entries, size_t n,
                                          double weight, double min_weight, double *restrict out) {
  for (size_t i = 0; i < n; i++) {
    double left = at->weight[i], right = weight - left;
    double score = at->a[i] / left + at->b[i] / right;
    bool is_split = ((int32_t)entries[i + 1] < 0) & (left >= min_weight) & (right >= min_weight);
    out[i] = is_split ? score : -INFINITY;
  }
}

/* ---- any other: class by class at each split ------------------------------------------------- */

static double entropy_term(double weight) {
  return weight > 0 ? weight * log2(weight) : 0;
}

double *tree__entropy_terms(size_t n) {
  double *terms = malloc((n + 1) * sizeof *terms);
  for (size_t i = 0; i <= n && terms; i++) terms[i] = entropy_term((double)i);
  return terms;
}

double tree__class_risk(tree_criterion criterion, const double *totals, size_t n_classes,
                        double weight) {
  double sum = 0;
  for (size_t c = 0; c < n_classes; c++)
    sum += criterion == TREE_ENTROPY ? entropy_term(totals[c]) : totals[c] * totals[c];
  double risk = criterion == TREE_ENTROPY ? entropy_term(weight) - sum : weight - sum / weight;
  return risk > 0 ? risk : 0;
}

static double term_of(const tree_scorer *s, double weight) {
  return s->terms ? s->terms[(size_t)weight] : entropy_term(weight);
}

/* Minus the risk of both sides. */
static double score_entropy(const tree_scorer *s, double left, double right) {
  double in_left = 0, in_right = 0;
  for (size_t c = 0; c < s->n_classes; c++) {
    double l = s->left[c], r = s->totals[c] - l;
    in_left += term_of(s, l);
    in_right += term_of(s, r);
  }
  return in_left - term_of(s, left) + (in_right - term_of(s, right));
}

static double score_gini(const tree_scorer *s, double left, double right) {
  double in_left = 0, in_right = 0;
  for (size_t c = 0; c < s->n_classes; c++) {
    double l = s->left[c], r = s->totals[c] - l;
    in_left += l * l;
    in_right += r * r;
  }
  return in_left / left + in_right / right;
}

static void score_each(tree_scorer *s, const uint32_t *entries, size_t n, double min_weight,
                       double *out) {
  bool is_entropy = s->criterion == TREE_ENTROPY;
  for (size_t i = 0; i < n; i++) {
    uint32_t row = entries[i] & TREE_ROW;
    double w = s->weights ? s->weights[row] : s->counts[row];
    s->left[s->classes[row]] += w;
    s->left_weight += w;
    double right = s->weight - s->left_weight;
    bool is_split =
        entries[i + 1] & TREE_STEP && s->left_weight >= min_weight && right >= min_weight;
    out[i] = !is_split    ? -INFINITY
             : is_entropy ? score_entropy(s, s->left_weight, right)
                          : score_gini(s, s->left_weight, right);
  }
}

void tree__score(tree_scorer *s, const uint32_t *entries, size_t n, double *out) {
  sums at;
  double min_weight = s->min_weight;
  if (s->weights) min_weight = fmax(min_weight, ROUNDED_WEIGHT * s->weight);
  if (is_of_means(s)) {
    if (s->pairs)
      add_pairs(s, entries, n, &at);
    else
      add_values(s, entries, n, &at);
    score_means(&at, entries, n, s->weight, s->sum, min_weight, out);
  } else if (is_of_squares(s)) {
    add_squares(s, entries, n, &at);
    score_squares(&at, entries, n, s->weight, min_weight, out);
  } else {
    score_each(s, entries, n, min_weight, out);
  }
}

/* Far above what rounding does to sums of millions of rows, far below what chance does to
 * scores. The entropy of pure sides is 0, but for the rounding of its terms. */
double tree__score_slack(const tree_scorer *s, double score) {
  return 1e-12 * fabs(score) + (s->criterion == TREE_ENTROPY ? 1e-13 * s->weight : 0);
}
