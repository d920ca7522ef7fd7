/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the schemes of splits share: the request, and the folds that are being made of it. */
#ifndef XVAL_SPLIT_INTERNAL_H
#define XVAL_SPLIT_INTERNAL_H

#include <ml/rng.h>
#include <ml/xval.h>

/* What may follow the name of a scheme; each scheme takes some of them. */
typedef struct split_args {
  size_t k;
  double share;
  bool shuffle;
  size_t gap, test, max_train, train, step; /* rows; 0: not given */
  double embargo;
  char unit; /* of embargo; 0: none was given */
} split_args;

/* A split that is being made. Row i of it is members[i], or i; a place is an index of rows. */
typedef struct split {
  const char *text; /* the scheme as it was asked for */
  split_args args;
  const ml_dataset *data;
  const uint32_t *members; /* NULL: all rows */
  size_t n;
  size_t n_repeats;
  size_t repeat; /* the one that is made now */
  ml_rng rng;    /* of this repeat */
  ml_folds *made;
  ml_fold *folds;
  uint32_t *rows;
} split;

/* Adds the folds of one repeat. It is called once for each repeat if the scheme draws, else once.
 */
typedef ml_status split_fn(split *s, ml_error *err);

split_fn split__kf_split, split__kf_shuff, split__kf_strat, split__ts_rolls, split__ts_chain,
    split__pc_split, split__mc_split;
split_fn split__kfold, split__shuffled, split__stratified, split__loo, split__predefined;
split_fn split__group, split__stratified_group, split__logo;
split_fn split__timeseries, split__rolling, split__purged;

/* ---- split_args.c -------------------------------------------------------------------------- */

typedef enum split_kind {
  SPLIT_COUNT, /* size_t, from 1 on */
  SPLIT_ROWS,  /* the same from 0 on */
  SPLIT_SHARE, /* double between 0 and 1 */
  SPLIT_SPAN,  /* double from 0 on, with a unit of time or without */
  SPLIT_WORD,  /* bool: its name alone */
} split_kind;

typedef struct split_param {
  const char *name; /* NULL ends a list */
  split_kind kind;
  size_t offset; /* in split_args */
} split_param;

/** Read what follows the name of a scheme. @param params  the first may be given without its name;
 * NULL: there are none */
ml_status split__read_args(const char *text, const char *rest, const split_param *params,
                           split_args *out, ml_error *err);

/* ---- split_make.c -------------------------------------------------------------------------- */

/** Row number i of those that are split. */
static inline uint32_t split__row(const split *s, size_t i) {
  return s->members ? s->members[i] : (uint32_t)i;
}

/** Make room for n_folds and n_listed row numbers in each repeat; the first call counts. */
ml_status split__reserve(split *s, size_t n_folds, size_t n_listed, bool is_random, ml_error *err);

/** List all rows in order. @return the place of the first; row i is i places behind it */
size_t split__list_all(split *s);

/** The same in random order. */
size_t split__list_shuffled(split *s);

/** Add a fold that trains on two runs of places. */
void split__add(split *s, ml_run test, ml_run first, ml_run second);

/** Add a fold that trains on all but its test, which ascends. */
void split__add_others(split *s, ml_run test);

#define SPLIT_NEVER UINT32_MAX

/** Make k folds, each of which is trained on all other rows. @param fold_of  of each of the n rows
 * that are split: in which it is tested, or SPLIT_NEVER */
ml_status split__deal(split *s, const uint32_t *fold_of, size_t k, bool is_random, ml_error *err);

/** The same, by the fold of each level, such as a group. */
ml_status split__deal_levels(split *s, const ml_levels *levels, const uint32_t *fold_of_level,
                             size_t k, ml_error *err);

/** Refuse fewer than two folds, and more than there are rows. */
ml_status split__check_k(const split *s, ml_error *err);

/** Refuse classes that all have fewer rows than there are folds. */
ml_status split__check_classes(const split *s, size_t n_classes, const size_t *n_rows,
                               ml_error *err);

/** Refuse more folds than groups. */
ml_status split__check_groups(const split *s, size_t n_groups, ml_error *err);

/** Number the levels that rows of the split have by their first appearance. @param[out] number  of
 * each level, or SPLIT_NEVER; room for all. @param[out] n_rows  of each number; room for all
 * @return how many there are */
size_t split__number_levels(const split *s, const ml_levels *levels, uint32_t *number,
                            size_t *n_rows);

/** Where chunk f of n rows begins in KX's k chunks. */
static inline size_t split__bound(size_t n, size_t k, size_t f) {
  return (size_t)((unsigned __int128)f * n / k);
}

static inline ml_run split__run(size_t first, size_t end) {
  return (ml_run){first, end - first};
}

#endif
