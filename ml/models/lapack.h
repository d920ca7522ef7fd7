/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The routines of LAPACK that models use: OpenBLAS has them, and Debian's package has no header
 * that declares them. Matrices are column-major; a text brings its length as a last argument. */
#ifndef ML_MODELS_LAPACK_H
#define ML_MODELS_LAPACK_H

#include <stddef.h>

/* QR factorization: R replaces the upper triangle of a. */
extern void dgeqrf_(const int *m, const int *n, double *a, const int *lda, double *tau,
                    double *work, const int *lwork, int *info);

/* Singular value decomposition by divide and conquer. */
extern void dgesdd_(const char *job, const int *m, const int *n, double *a, const int *lda,
                    double *s, double *u, const int *ldu, double *vt, const int *ldvt, double *work,
                    const int *lwork, int *iwork, int *info, size_t n_job);

/* Cholesky factorization of a positive definite matrix, the condition number of it in the norm
 * `anorm` is of (its reciprocal), and solutions. */
extern void dpotrf_(const char *uplo, const int *n, double *a, const int *lda, int *info,
                    size_t n_uplo);
extern void dpocon_(const char *uplo, const int *n, const double *a, const int *lda,
                    const double *anorm, double *rcond, double *work, int *iwork, int *info,
                    size_t n_uplo);
extern void dpotrs_(const char *uplo, const int *n, const int *nrhs, const double *a,
                    const int *lda, double *b, const int *ldb, int *info, size_t n_uplo);

#endif
