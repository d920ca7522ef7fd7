/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Shared by the sources of xval__leaks(): the list of warnings, and rows that belong together. */
#ifndef XVAL_LEAKS_INTERNAL_H
#define XVAL_LEAKS_INTERNAL_H

#include "xval_internal.h"

enum { LEAKS_NAME_SHOWN = 60 }; /* bytes of a name in a warning */

/* What is looked at, and the warnings so far. */
typedef struct findings {
  const ml_dataset *data;
  const ml_folds *folds;
  char **lines; /* n warnings */
  size_t n, capacity;
  ml_error *err;
} findings;

/** Append a warning. @retval ML_ERR_MEMORY */
ml_status ML_PRINTF(2, 3) leaks__add(findings *f, const char *format, ...);

#define LEAKS_NO_PART UINT32_MAX

/* A partition of the rows: each part holds rows that belong together, such as a group, or rows that
 * are equal. The caller gives of and n; the rest is made by leaks__find_split_parts(). */
typedef struct parts {
  uint32_t *of;      /* n_rows: part of each row; LEAKS_NO_PART: the row is alone */
  size_t n;          /* parts */
  uint32_t *members; /* n: how many rows of the part take part in the folds */
  size_t *starts;    /* n + 1: where the part begins in places */
  size_t *places;    /* indices of folds->rows whose row is in the part, ascending */
  uint32_t *tested;  /* n: rows of the part that the fold looked at tests */
} parts;

/* Rows that are tested in a fold which trains on another row of the same part. */
typedef struct split_parts {
  size_t n_rows;  /* such rows, each counted once */
  size_t n_folds; /* folds that have any */
  uint32_t part;  /* the first such part; LEAKS_NO_PART: none */
} split_parts;

/** Find the parts that a fold both trains on and tests.
 * @param p  given up in any case: its memory is freed. @retval ML_ERR_MEMORY */
ml_status leaks__find_split_parts(const findings *f, parts *p, split_parts *found);

/** Warn of equal rows, one of which is trained on while another is tested.
 * @retval ML_ERR_MEMORY */
ml_status leaks__look_at_copies(findings *f);

#endif
