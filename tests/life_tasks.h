/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Tasks about the process that runs them, for the tests of the life of workers. */
#ifndef TESTS_LIFE_TASKS_H
#define TESTS_LIFE_TASKS_H

#include <ml/ml.h>
#include <ml/mproc.h>

/* Module "life" with the task "do": an item is a text, its result another one.
 *   pid                    that of the worker
 *   words TEXT             a line on standard error
 *   say BYTES              so many of them on standard output, in lines
 *   child KIND             starts a process that sleeps: plain, session (of its own), orphan (whose
 *                          parent ends); its pid
 *   spin MS, nap MS        with and without work
 *   wait                   until the item is to be ended: "told"
 *   alloc MIB              gets and fills memory, and keeps it; an error when there is none
 *   crash segv|stack
 *   kill SIGNAL            itself
 *   exit CODE */
extern const ml_module life_test_module;

/* Items of the task and their results, which are cut at 63 bytes. */
typedef struct texts {
  const char *const *items;
  char (*results)[64]; /* NULL: not wanted */
  void (*on_take)(size_t item, const char *result);
} texts;

ml_job texts_job(texts *t, size_t n);

#endif
