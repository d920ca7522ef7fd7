/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Preprocessing: steps that learn from the training rows alone, so that nothing leaks from the rows
 * that are tested. docs/prep.md has the definitions. */
#ifndef ML_PREP_H
#define ML_PREP_H

#include <ml/dataset.h>
#include <ml/select.h>
#include <ml/value.h>

ML_BEGIN_DECLS

typedef struct ml_prep ml_prep;         /* a list of steps */
typedef struct ml_prepared ml_prepared; /* the steps with what they have learnt from rows */

/**
 * Read a list of steps. They are done in the order given:
 *
 *   impute=mean, impute=median  replace missing values of numeric columns, and infinite ones by
 *                               the greatest or least finite value; a column without finite
 *                               values becomes 0
 *   standard                    subtract the mean, divide by the population standard deviation
 *                               (by 1 if that is 0)
 *   minmax                      scale to [0, 1]; a constant column becomes 0
 *   one-hot, one-hot=COLUMN     replace all columns of texts, or the one that is named, by a
 *                               column of zeros and ones for each category of the training rows,
 *                               behind all other columns; an unseen category has zeros only
 *   select-corr=K               keep the K numeric columns with the greatest |Pearson
 *                               correlation| with the target (with the class numbers), in their
 *                               order; columns of texts stay
 *   select, select=RULES        keep the columns that are relevant for the target, by ml_select():
 *                               fdr:LEVEL (0.05), k:K, percentile:P, test:mann|ks|kx,
 *                               method:bh|by, redundancy:R, several with a slash between them; in
 *                               their order. Where none is relevant the one with the least p-value
 *                               stays, with a warning, unless there are columns of texts. Columns
 *                               must have no missing values
 *   py:MODULE.FUNCTION          replace all numeric columns by those that a function of Python
 *                               makes of them, behind the columns of texts. It is called with the
 *                               values of some rows, may give NaN, and learns nothing
 *
 * @param text     steps as one line of CSV: "impute=median,standard,one-hot=colour"; "": none
 * @param[out] out  free it with ml_prep_free(). Not written on failure.
 * @retval ML_ERR_USAGE  an unknown step (the message names the nearest), or a missing, needless or
 *                       wrong argument
 * @retval ML_ERR_MEMORY
 */
ML_API ML_MUST_CHECK ml_status ml_prep_parse(const char *text, ml_prep **out, ml_error *err);

/** NULL is allowed. */
ML_API void ml_prep_free(ml_prep *prep);

/** The steps as text, in its shortest form, which ml_prep_parse() reads. @return borrowed */
ML_API const char *ml_prep_text(const ml_prep *prep);

/** Is there a step of this name ("one-hot"), for this column or for all?
 * @param prep    NULL: there is none
 * @param column  NULL: for any */
ML_API bool ml_prep_has(const ml_prep *prep, const char *step, const char *column);

/** The rules of the first step `select`, such as ml_select() takes them. @param prep  NULL: none
 * @param[out] out  not written if there is no such step. @return whether there is one */
ML_API bool ml_prep_rules(const ml_prep *prep, ml_select_opts *out);

/** Check the steps against the columns of a dataset.
 * @retval ML_ERR_USAGE  one-hot names a column that is not there; a column of texts remains that no
 *                       step makes numeric; select-corr without a target, or with more columns than
 * there can be; no such module or function of Python, or no plugin for it
 * @retval ML_ERR_FUNCTION  a module of Python failed when it was imported
 * @retval ML_ERR_MEMORY */
ML_API ML_MUST_CHECK ml_status ml_prep_check(const ml_prep *prep, const ml_dataset *data,
                                             ml_error *err);

/**
 * Learn from rows. Weights are not used, as in scikit-learn.
 *
 * @param data      must have passed ml_prep_check()
 * @param rows      n row numbers; NULL: all rows, whatever n is
 * @param[out] out  free it with ml_prepared_free(). Not written on failure.
 * @retval ML_ERR_NUMERIC  a column has no value in these rows (impute makes it 0 instead); there
 * are fewer columns than select-corr wants; select finds a missing value, only constants, or a
 * target of one value
 * @retval ML_ERR_USAGE    a step in front of one-hot has removed the column it names
 * @retval ML_ERR_FUNCTION a function of Python failed, or gave something that are no columns
 * @retval ML_ERR_MEMORY
 */
ML_API ML_MUST_CHECK ml_status ml_prep_fit(const ml_prep *prep, const ml_dataset *data,
                                           const uint32_t *rows, size_t n, ml_prepared **out,
                                           ml_error *err);

/** NULL is allowed. */
ML_API void ml_prepared_free(ml_prepared *prepared);

/** How many columns there are after the steps. */
ML_API size_t ml_prepared_n_columns(const ml_prepared *prepared);

/** Name of column j: that of the feature, or "colour=red". @return borrowed */
ML_API const char *ml_prepared_name(const ml_prepared *prepared, size_t j);

/** What a step could not do as it was asked: select found no column that is relevant, and kept the
 * one with the least p-value in place of none. One line. @return borrowed; NULL: nothing */
ML_API const char *ml_prepared_warning(const ml_prepared *prepared);

/**
 * Apply the steps to rows, which need not be those that they have learnt from.
 *
 * @param data      the dataset that they have learnt from, or one with the same columns
 * @param rows      n row numbers; NULL: rows 0 to n - 1
 * @param[out] out  n x ml_prepared_n_columns(), column-major, columns `stride` numbers apart (n or
 *                  more)
 * @retval ML_ERR_USAGE  the dataset has another number of features, or numbers in one that had
 *                       texts or the other way round; a function of Python is not trusted
 * @retval ML_ERR_FUNCTION  a function of Python failed, or gave other columns than for the rows
 * that were learnt from
 * @retval ML_ERR_MEMORY
 */
ML_API ML_MUST_CHECK ml_status ml_prepared_apply(const ml_prepared *prepared,
                                                 const ml_dataset *data, const uint32_t *rows,
                                                 size_t n, double *out, size_t stride,
                                                 ml_error *err);

/* ---- keeping what was learnt ----------------------------------------------------------------- */

/** Which features of the dataset are needed. @param[out] used  n_features of that dataset */
ML_API void ml_prepared_uses(const ml_prepared *prepared, bool *used);

/**
 * What was learnt, as plain data that have a JSON form.
 *
 * @param place    for each feature of the dataset its number in the file; of those that are needed
 * @param[out] out  in the arena: {"columns": [{"feature": INDEX, "name": TEXT, "ops": [...]}]},
 *                  where each of the ops is {"fill": [value, least, greatest]}, "zero",
 *                  {"scale": [centre, width]}, or {"is": category}, in the order they are done.
 *                  With functions of Python also "functions": [{"function": NAME, "sha256": of the
 *                  file of its module, "takes": [columns], "gives": [names]}]; a column that the
 *                  k-th made has {"function": k, "column": INDEX} in place of "feature"
 * @retval ML_ERR_NUMERIC  it has learnt NaN, from infinite values that no step replaced
 * @retval ML_ERR_MEMORY
 */
ML_API ML_MUST_CHECK ml_status ml_prepared_save(const ml_prepared *prepared, const size_t *place,
                                                ml_arena *arena, ml_value *out, ml_error *err);

/**
 * Read what ml_prepared_save() made; what ml_prepared_apply() then does is the same, bit for bit.
 * Functions of Python are not looked for: nothing runs until ml_prepared_trust().
 *
 * @param saved       from a file: everything is checked
 * @param n_features  of the datasets that it will be used on
 * @param is_text     of each feature; columns of texts are matched by their labels
 * @param[out] out    free it with ml_prepared_free(). Not written on failure.
 * @retval ML_ERR_PARSE  it is not what ml_prepared_save() made: what is wrong is said
 * @retval ML_ERR_MEMORY
 */
ML_API ML_MUST_CHECK ml_status ml_prepared_load(const ml_value *saved, size_t n_features,
                                                const bool *is_text, ml_prepared **out,
                                                ml_error *err);

/** Name of the first function of Python among the steps, "mymodule.logs". @return borrowed; NULL:
 * there is none */
ML_API const char *ml_prepared_function(const ml_prepared *prepared);

/**
 * Import the modules of the functions among steps that were loaded: where the user trusts whoever
 * made them, for it runs their code. Does nothing where there are none.
 *
 * @retval ML_ERR_USAGE  no such module or function, or no plugin for Python; the file of a module
 * is not the one that it was when the steps learnt
 * @retval ML_ERR_FUNCTION  a module failed when it was imported
 * @retval ML_ERR_MEMORY
 */
ML_API ML_MUST_CHECK ml_status ml_prepared_trust(ml_prepared *prepared, ml_error *err);

ML_END_DECLS
#endif
