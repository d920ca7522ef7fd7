/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Selection in its steps: check, p-values of all columns, decisions. And the task of a worker that
 * computes p-values, with what it and the job agree on. */
#ifndef FRESH_SELECT_H
#define FRESH_SELECT_H

#include <ml/hypothesis.h>
#include <ml/select.h>

/* What each column says about the target. */
typedef struct select_p_values {
  ml_problem problem; /* that was tested: see ml_selection */
  size_t n_columns, n_passes;
  ml_feature_type *type; /* n_columns */
  const char **test;     /* n_columns: as ml_relevance.test; borrowed texts */
  double *p;             /* n_passes x n_columns: of class i against the others in row i, or one row
                            of a real target. NaN for constants, and where the test has none */
} select_p_values;

void select__release(select_p_values *p);

/* What ml_select() says of its options; opts is not NULL. */
ml_status select__check(const ml_select_opts *opts, const ml_target *target, ml_error *err);

/* True when the target is taken for real numbers; else each of its classes is tested. */
static inline bool select__is_real(ml_select_test test, const ml_target *target) {
  return test == ML_SELECT_KX ? target->n_classes != 2 : target->problem == ML_REGRESSION;
}

/**
 * Test each column.
 *
 * @param target    of the same rows; has numbers where select__is_real()
 * @param[out] out  release it. Not written on failure.
 * @return as ml_select()
 */
ml_status select__compute(const ml_matrix *features, const ml_target *target, ml_select_test test,
                          ml_exec *exec, const ml_watch *watch, select_p_values *out,
                          ml_error *err);

/* From p-values to decisions. @return as ml_select() */
ml_status select__decide(const select_p_values *p, const ml_target *target,
                         const ml_matrix *features, const ml_select_opts *opts,
                         const ml_watch *watch, ml_selection **out, ml_error *err);

/* ---- the task of a worker -------------------------------------------------------------------- */

/* Blocks of a job, in this order. */
enum {
  SELECT_VALUES, /* of the matrix */
  SELECT_TARGET, /* uint32_t: class of each row; or rows ascending by a real target, and then their
                    ranks: see ranks_target */
  SELECT_N_BLOCKS
};

/* Arguments of the job. */
typedef struct select_request {
  uint64_t n_rows, n_columns, by_column;
  uint64_t test;      /* ml_select_test */
  uint64_t n_classes; /* 0: a real target */
  kendall_ties ties;  /* of that */
} select_request;

/* Argument of an item: some neighbouring columns. Its result has for each of them the type in a
 * uint64_t and n_passes p-values. */
typedef struct select_item {
  uint64_t first, n;
} select_item;

static inline size_t select__n_passes(size_t n_classes) {
  return n_classes ? n_classes : 1;
}

/* Columns of a row-major matrix that are copied together: a cache line has parts of so many that
 * one alone would cost as much; but never much of the matrix. */
static inline size_t select__tile(size_t n_rows, size_t n_columns) {
  enum { COLUMNS = 16, SMALL = 1 << 20 };
  size_t n = n_rows < SMALL / COLUMNS ? COLUMNS : 1 + n_columns / 10;
  return n < COLUMNS ? n : COLUMNS;
}

/* As ml_relevance.test. */
const char *select__test_name(ml_select_test test, bool is_real, ml_feature_type type);

ml_status select__open(const ml_job_data *data, void **state, ml_error *err);
ml_status select__run(void *state, const ml_job_data *data, const ml_item *item, ml_buf *out,
                      ml_error *err);
void select__close(void *state);

#endif
