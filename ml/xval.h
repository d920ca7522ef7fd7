/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Cross-validation: the rows of train and test sets, by the schemes and names of KX's toolkit. */
#ifndef ML_XVAL_H
#define ML_XVAL_H

#include <ml/exec.h>

ML_BEGIN_DECLS

/**
 * The functions of this folder. Each takes a dictionary and gives a list of [train, test], two
 * vectors of row numbers from 0 on:
 *
 *   kfSplit {"n", "k"}   k chunks of n rows in order; the last is the first test set, and the rows
 *                        behind a test set are trained on before those in front of it
 *   tsRolls {"n", "k"}   each chunk is trained on, the one behind it tested
 *   tsChain {"n", "k"}   all chunks up to one are trained on, the one behind it tested
 *   pcSplit {"n", "pc"}  the last share pc of the rows is tested
 *
 * Chunk f holds rows floor(f n / k) to floor((f + 1) n / k) - 1. "reps", 1 unless it is given,
 * repeats the folds.
 */
ML_API const ml_module *ml_xval_module(void);

ML_END_DECLS
#endif
