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

#endif
