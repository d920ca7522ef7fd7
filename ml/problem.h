/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What is asked of a target: its class, or its value. */
#ifndef ML_PROBLEM_H
#define ML_PROBLEM_H

typedef enum ml_problem { ML_PROBLEM_AUTO, ML_CLASSIFICATION, ML_REGRESSION } ml_problem;

#endif
