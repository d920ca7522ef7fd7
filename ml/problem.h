/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Classification or regression. */
#ifndef ML_PROBLEM_H
#define ML_PROBLEM_H

typedef enum ml_problem {
  ML_PROBLEM_AUTO,   /* not decided: by the values of the target; of a dataset: it has no target */
  ML_CLASSIFICATION, /* predict a class */
  ML_REGRESSION      /* predict a number */
} ml_problem;

#endif
