/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What growing a tree works on; never installed. */
#ifndef ML_TREE_GROWER_H
#define ML_TREE_GROWER_H

#include "tree_columns.h"

/* A node that is not divided yet: entries [first, first + n) of each column. */
typedef struct open_node {
  uint32_t node, depth;
  size_t first, n;
  uint64_t seed;
} open_node;

struct tree_grower {
  tree_sample *sample;
  tree_limits limits;
  tree_scorer scorer;
  tree_columns columns;
  uint32_t *counts; /* n: as the sample's, times how often each row is there */
  double *weights;
  uint64_t *pairs;
  double *terms;
  uint32_t *drawn, *swaps; /* n_columns: those to draw from; how they were exchanged */
  double *best;            /* n_columns: of those drawn */
  open_node *open;
  size_t n_open, open_room;
  size_t work; /* entries since the last look at cancel */
};

/** Make room for n more nodes. @return false: no memory */
bool tree__make_room(tree *t, size_t n);

/** A node that is to be divided. @return false: no memory */
bool tree__push(tree_grower *grower, open_node node);

#endif
