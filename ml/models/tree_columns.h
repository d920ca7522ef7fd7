/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The sorted columns of the nodes of a tree that grows; never installed. */
#ifndef ML_TREE_COLUMNS_H
#define ML_TREE_COLUMNS_H

#include "tree.h"

/* A column of a node, sorted. */
typedef struct tree_sorted {
  uint32_t *entries;
  uint32_t column;
  size_t first, n; /* n 0: none */
} tree_sorted;

/* Nodes are runs of places: a node that is divided is the two runs of its children. */
typedef struct tree_columns {
  const tree_sample *sample;
  bool are_divided; /* all columns at once; else a node sorts those that are looked at */
  uint32_t *order;  /* n_columns x sample->n */
  uint32_t *spare;  /* n */
  uint8_t *side;    /* n: 1 where a row lies to the right */
  /* Else: */
  uint32_t *rows;         /* n: those of the nodes */
  uint32_t *place;        /* n_columns x n: of each row in the sorted column of all */
  uint8_t *has_ties;      /* n_columns */
  uint64_t *bits, *words; /* of places; of words of bits */
  size_t n_words;
  tree_sorted sorted[2]; /* the last one, and the one that is kept */
} tree_columns;

/** @param n_drawn  how many columns a node looks at
 * @param may_consume  the order of the sample may be used up
 * @retval ML_ERR_MEMORY */
ml_status tree__columns_init(tree_columns *columns, tree_sample *sample, size_t n_drawn,
                             bool may_consume, ml_error *err);
void tree__columns_release(tree_columns *columns);

/** Begin with a tree: its root has the rows that are there at all.
 * @param times  how often each row of the sample is there; NULL: once */
void tree__columns_begin(tree_columns *columns, const uint32_t *times);

/** A column of a node; borrowed until the next but those that are kept. */
const uint32_t *tree__columns_entries(tree_columns *columns, uint32_t column, size_t first,
                                      size_t n);

/** Keep the last one, in place of the one that was kept before. */
void tree__columns_keep(tree_columns *columns);

/** Divide a node: the first n_left entries of a column are to the left. */
void tree__columns_divide(tree_columns *columns, uint32_t column, size_t first, size_t n,
                          size_t n_left);

#endif
