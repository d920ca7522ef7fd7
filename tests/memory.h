/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Memory that runs out: each allocation of a step fails in turn, and the step ends with a clean
 * error that leaves nothing behind. */
#ifndef TESTS_MEMORY_H
#define TESTS_MEMORY_H

#include "support.h"

/* Run a step once for each of its allocations, and once without a failure. @param n_spare how many
 * of them it can do without */
void fail_each(const char *name, ml_status (*step)(ml_error *err), size_t n_spare);

/* Allocations up to the one that fails; 0: none fails. */
extern size_t left;

/* Allocations that fail on demand and are counted, for those whom the linker does not lead there;
 * and those of the C library. */
void *__wrap_malloc(size_t size);
void __wrap_free(void *block);
void *__real_malloc(size_t size);
void __real_free(void *block);

/* Series of three kinds. */
static const char long_rows[] =
    "id,time,kind,value\n9,1,t,1\n9,2,t,5\n9,1,p,7\n10,2,t,3\n10,1,t,8\nlast,1,u,2\n";

#endif
