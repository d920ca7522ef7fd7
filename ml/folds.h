/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Folds: which rows are trained on, and which are tested. Flat, so that workers can map them. */
#ifndef ML_FOLDS_H
#define ML_FOLDS_H

#include <ml/status.h>

ML_BEGIN_DECLS

/* Places [first, first + n) of ml_folds.rows. */
typedef struct ml_run {
  size_t first, n;
} ml_run;

typedef struct ml_fold {
  ml_run test;
  ml_run train[2];        /* the second follows the first */
  uint32_t trains_others; /* not 0: on all members but those of test, ascending; then train is
                             empty, and the test ascends and has members only */
  uint32_t repeat;        /* from 0 */
} ml_fold;

/* Read-only for callers; free it with ml_folds_free(). */
typedef struct ml_folds {
  size_t n_rows;        /* row numbers are below it */
  size_t n;             /* folds, in the order of their results; repeats one after another */
  size_t n_repeats;     /* 1 or more; each has n / n_repeats folds */
  const ml_fold *folds; /* n */
  const uint32_t *rows; /* n_listed: what the runs are places of */
  size_t n_listed;
  const uint32_t *members; /* n_members, ascending: the rows that take part; NULL: all of n_rows */
  size_t n_members;
  void *memory; /* that is freed with it; NULL: it is the caller's */
} ml_folds;

/** Rows of fold i that are tested, in their order; borrowed. */
ML_API const uint32_t *ml_folds_test(const ml_folds *folds, size_t i, size_t *n);

/** @return how many rows fold i trains on */
ML_API size_t ml_folds_n_train(const ml_folds *folds, size_t i);

/** The rows that fold i trains on, in their order. @param[out] rows  room for ml_folds_n_train() */
ML_API void ml_folds_train(const ml_folds *folds, size_t i, uint32_t *rows);

/** True when the tests of each repeat have every member once; also false without memory to tell. */
ML_API bool ml_folds_are_partition(const ml_folds *folds);

/** Bytes that mean the same folds: the struct, the folds, the rows and members.
 * ml_folds_unpack() borrows them (8-byte aligned), and takes nothing that could not be read and
 * trained on safely: the bytes may come from anywhere.
 * @retval ML_ERR_PARSE  no folds of ours */
ML_API size_t ml_folds_packed_size(const ml_folds *folds);
ML_API void ml_folds_pack(const ml_folds *folds, void *out);
ML_API ML_MUST_CHECK ml_status ml_folds_unpack(const void *bytes, size_t n, ml_folds *out,
                                               ml_error *err);

/** NULL is allowed. */
ML_API void ml_folds_free(ml_folds *folds);

ML_END_DECLS
#endif
