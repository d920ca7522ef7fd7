/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The journal of a run: what is done, line by line, for the next run to carry on from. */
#ifndef XVAL_CHECKPOINT_H
#define XVAL_CHECKPOINT_H

#include "run.h"

/* Open opts->checkpoint, and read what it has of this run.
 * @retval ML_ERR_USAGE  it is of another run, or another process writes to it
 * @retval ML_ERR_PARSE  it is no checkpoint, or damaged */
ml_status journal__open(xval_run *run, ml_error *err);

/* The bytes of an item that it has; its predictions are put where they belong. */
bool journal__find(xval_run *run, const item_list *list, size_t item, ml_block *kept,
                   const void **out, size_t *n_out);

ml_status journal__add(xval_run *run, const item_list *list, size_t item, const ml_block *kept,
                       const void *out, size_t n_out, ml_error *err);

/* Write what is left; fine without a journal. */
ml_status journal__close(xval_run *run, ml_error *err);

#endif
