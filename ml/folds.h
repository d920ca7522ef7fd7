/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Folds: which rows are trained on, and which are tested. Flat arrays, so that workers can map them
 * as they are. */
#ifndef ML_FOLDS_H
#define ML_FOLDS_H

#include <ml/status.h>

ML_BEGIN_DECLS

/* Elements [first, first + n) of ml_folds.rows. */
typedef struct ml_run {
  size_t first, n;
} ml_run;

typedef struct ml_fold {
  ml_run test;
  ml_run train[2];        /* the rows of the first run, then those of the second */
  uint32_t trains_others; /* 1: the fold trains on all members that it does not test, ascending;
                             train is empty, and the rows of test are members and ascend. 0: on
                             the rows of train */
  uint32_t repeat;        /* from 0 */
} ml_fold;

/* Read-only for callers; free it with ml_folds_free(). */
typedef struct ml_folds {
  size_t n_rows;        /* row numbers are below it */
  size_t n;             /* folds, in the order of their results; repeats one after another */
  size_t n_repeats;     /* 1 or more; each has n / n_repeats folds */
  const ml_fold *folds; /* n */
  const uint32_t *rows; /* n_listed row numbers, which the runs of folds refer to */
  size_t n_listed;
  const uint32_t *members; /* n_members row numbers, ascending: the rows that take part; NULL: all
                              of n_rows, and n_members is 0 */
  size_t n_members;
  void *memory; /* freed by ml_folds_free(); NULL: the arrays belong to somebody else */
} ml_folds;

/** How many rows take part. */
static inline size_t ml_folds_n_members(const ml_folds *folds) {
  return folds->members ? folds->n_members : folds->n_rows;
}

/** The number of member i, in ascending order. */
static inline uint32_t ml_folds_member(const ml_folds *folds, size_t i) {
  return folds->members ? folds->members[i] : (uint32_t)i;
}

/** The rows that fold i tests, in their order. @param[out] n  how many. @return borrowed */
ML_API const uint32_t *ml_folds_test(const ml_folds *folds, size_t i, size_t *n);

/** @return how many rows fold i trains on */
ML_API size_t ml_folds_n_train(const ml_folds *folds, size_t i);

/** Copy the rows that fold i trains on, in their order.
 * @param[out] rows  room for ml_folds_n_train() */
ML_API void ml_folds_train(const ml_folds *folds, size_t i, uint32_t *rows);

/** True if each repeat tests every member exactly once. Also false if there is not enough memory to
 * find out. */
ML_API bool ml_folds_are_partition(const ml_folds *folds);

/** Folds as bytes, for processes on the same machine: a header, the folds, rows and members. */
ML_API size_t ml_folds_packed_size(const ml_folds *folds);
/** @param[out] out  room for ml_folds_packed_size() bytes, aligned to 8 */
ML_API void ml_folds_pack(const ml_folds *folds, void *out);

/**
 * Read folds from bytes, which may come from anywhere: sizes, row numbers and order are checked
 * before anything is used.
 *
 * @param bytes     n bytes, aligned to 8; out refers to them, so they must outlive it
 * @param[out] out  owns nothing. Not written on failure.
 * @retval ML_ERR_PARSE  ml_folds_pack() cannot have written them
 */
ML_API ML_MUST_CHECK ml_status ml_folds_unpack(const void *bytes, size_t n, ml_folds *out,
                                               ml_error *err);

/** Free what ml_split() made. NULL is allowed. */
ML_API void ml_folds_free(ml_folds *folds);

ML_END_DECLS
#endif
