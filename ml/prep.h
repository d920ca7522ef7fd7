/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Preprocessing: steps that learn from the rows a model is trained on, and from no others. */
#ifndef ML_PREP_H
#define ML_PREP_H

#include <ml/dataset.h>

ML_BEGIN_DECLS

typedef struct ml_prep ml_prep;         /* the steps that were asked for */
typedef struct ml_prepared ml_prepared; /* what they have learnt */

/**
 * Read steps, which are done in their order:
 *
 *   impute=mean, impute=median  missing values of numeric columns; infinite ones become the
 *                               greatest or least finite value; a column without any becomes 0
 *   standard                    minus the mean, by the population standard deviation (0: by 1)
 *   minmax                      to [0, 1] (a constant: to 0)
 *   one-hot, one-hot=COLUMN     all columns of texts, or one, by a column for each category that
 *                               was seen, in their order, behind all others; one not seen has
 *                               zeros
 *   select-corr=K               the K columns with the greatest |Pearson correlation| with the
 *                               target (of classes: with their numbers), in their order
 *
 * @param text     "impute=median,standard,one-hot=colour"; "": none
 * @param[out] out  free it with ml_prep_free(). Not written on failure.
 * @retval ML_ERR_USAGE  no such step (the nearest is named), or a value that is none
 * @retval ML_ERR_MEMORY
 */
ML_API ML_MUST_CHECK ml_status ml_prep_parse(const char *text, ml_prep **out, ml_error *err);

/** NULL is allowed. */
ML_API void ml_prep_free(ml_prep *prep);

/** The text of it again, in its shortest form; borrowed. */
ML_API const char *ml_prep_text(const ml_prep *prep);

/** Is there a step of this name ("one-hot"), for this column or for all? @param prep  NULL: there
 * is none @param column  NULL: for any */
ML_API bool ml_prep_has(const ml_prep *prep, const char *step, const char *column);

/** Check the steps against a dataset: columns that are not there, columns of texts that are left
 * as they are, select-corr with more columns than there can be. @retval ML_ERR_USAGE */
ML_API ML_MUST_CHECK ml_status ml_prep_check(const ml_prep *prep, const ml_dataset *data,
                                             ml_error *err);

/**
 * Learn from rows.
 *
 * @param rows      n row numbers; NULL: all
 * @param[out] out  free it with ml_prepared_free(). Not written on failure.
 * @retval ML_ERR_NUMERIC  a column has no value to learn from (but for impute); fewer columns than
 *                         select-corr asks
 * @retval ML_ERR_MEMORY
 */
ML_API ML_MUST_CHECK ml_status ml_prep_fit(const ml_prep *prep, const ml_dataset *data,
                                           const uint32_t *rows, size_t n, ml_prepared **out,
                                           ml_error *err);

/** NULL is allowed. */
ML_API void ml_prepared_free(ml_prepared *prepared);

ML_API size_t ml_prepared_n_columns(const ml_prepared *prepared);

/** Name of column j: that of the feature, or "colour=red"; borrowed. */
ML_API const char *ml_prepared_name(const ml_prepared *prepared, size_t j);

/**
 * Do the steps to rows of the dataset that they learnt from, or one with the same columns.
 *
 * @param rows      n row numbers; NULL: all
 * @param[out] out  n x n_columns, column-major, columns `stride` apart (at least n)
 */
ML_API ML_MUST_CHECK ml_status ml_prepared_apply(const ml_prepared *prepared,
                                                 const ml_dataset *data, const uint32_t *rows,
                                                 size_t n, double *out, size_t stride,
                                                 ml_error *err);

ML_END_DECLS
#endif
