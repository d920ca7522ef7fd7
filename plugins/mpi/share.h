/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The share that the pool of this rank has of a job: it runs on a thread of its own, is given items
 * as they come, and leaves frames of results. */
#ifndef ML_PLUGIN_MPI_SHARE_H
#define ML_PLUGIN_MPI_SHARE_H

#include "packet.h"

typedef struct share share;

/**
 * Begin.
 *
 * @param job  module, task, args, inputs, result, step and function, which outlive the share
 * @retval ML_ERR_MEMORY, ML_ERR_IO
 */
ml_status share__begin(ml_exec *local, const ml_job *job, share **out, ml_error *err);

/** Give it an item: the body of a FRAME_ITEM. */
ml_status share__give(share *s, packet *item, ml_error *err);

/** Append an item as share__give() reads it; its places are added by share__put_place().
 * @param what  describes it; "" for none */
void share__put_item(ml_buf *buf, uint64_t number, const ml_buf *in, const char *what);
void share__put_place(ml_buf *buf, size_t offset, size_t n);

void share__close(share *s); /* there are no more items */
void share__stop(share *s);  /* nobody wants the results */

/** Readable when there is something for share__drain(). */
int share__event(const share *s);

/** Move frames of results to buf. @param[out] is_over  it has ended, and error says how
 * @return there were some */
bool share__drain(share *s, ml_buf *buf, bool *is_over, ml_error *error);

/** Wait until it is over, and free it. NULL is allowed. */
void share__free(share *s);

#endif
