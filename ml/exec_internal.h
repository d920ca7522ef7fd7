/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What executors share beneath ml/exec.h: how an item asks whether to end, and what can be pinned.
 */
#ifndef ML_EXEC_INTERNAL_H
#define ML_EXEC_INTERNAL_H

#include <ml/exec.h>

/* Behind ml_item.cancel. */
typedef struct exec_cancel exec_cancel;
struct exec_cancel {
  bool (*asks)(const exec_cancel *cancel); /* the item that runs to end */
};

/* ---- block.c: blocks that grow while they are filled ----------------------------------------- */

/** Make a block, or make one larger; its data may move. Memory that was never written to costs
 * nothing. @param[in,out] block  NULL: none yet */
ml_status block__grow(const ml_exec *exec, ml_block **block, size_t size, ml_error *err);

/** Whole pages in [at, at + n) are zeros again. */
void block__give_back(const ml_block *block, size_t at, size_t n);

/** Cut it to its size; from now on it is as if ml_block_new() had made it. */
ml_status block__settle(ml_block *block, size_t size, ml_error *err);

/* ---- pin.c: mappings of this process --------------------------------------------------------- */

/** A mapping that ml_pin() may keep from now on. @param block  ml_block.id in the process that made
 * it; 0: none. @return false: no memory */
bool pin__add(void *data, size_t size, uint64_t block);

/** The owner needs it no more: it is unmapped now, or with its last pin. */
void pin__remove(const void *data);

/** It has moved; nobody else holds it. */
void pin__move(const void *from, void *data, size_t size);

/** Its owner has it still. */
bool pin__has_block(uint64_t block);

/** Blocks whose owners needed them no more so far: tells whether it is worth to look. */
uint64_t pin__n_removed(void);

#endif
