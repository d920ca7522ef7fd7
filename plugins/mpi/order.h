/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Items that were handed out and whose results were not taken yet: results come in any order and
 * are taken in that of items. */
#ifndef ML_PLUGIN_MPI_ORDER_H
#define ML_PLUGIN_MPI_ORDER_H

#include "packet.h"
#include "ring.h"

typedef struct cell {
  int rank;     /* that has it */
  size_t bytes; /* of the argument, then of the result */
  bool is_over;
  ml_buf out;         /* its result */
  ml_failure *failed; /* NULL: it has not; its texts are behind it */
} cell;

typedef struct order {
  ring cells;
  size_t end;     /* items from here on are not wanted */
  ml_error error; /* of item `end`; ML_OK: it is the end */
  size_t bytes;   /* that results take */
} order;

/** Note that item o->cells.end goes to a rank. @return NULL: no memory */
cell *order__add(order *o, int rank, size_t bytes);

/** Items from i on are not wanted, because of this. */
void order__fail(order *o, size_t i, const ml_error *error);

/** Keep a result, if the job wants it, or a failure. */
ml_status order__keep(order *o, const ml_job *job, size_t i, cell *c, const ml_report *report,
                      ml_error *err);

/** Hand over the results whose turn it is. @return what the job's functions return */
ml_status order__take(order *o, const ml_job *job, ml_error *err);

void order__release(order *o);

#endif
