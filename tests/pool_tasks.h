/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Tasks that behave as told, for the tests of the pool: the same in test and worker. */
#ifndef TESTS_POOL_TASKS_H
#define TESTS_POOL_TASKS_H

#include <ml/ml.h>
#include <ml/mproc.h>

/* What an item of the task "act" does; its result is 2 * value. */
typedef enum act_kind {
  ACT_DOUBLE,
  ACT_SLEEP,       /* n ms */
  ACT_SPIN,        /* n ms of work, without a system call */
  ACT_FAIL,        /* an error at line n, column 7 of x.csv */
  ACT_SIGNAL,      /* send signal n to itself */
  ACT_SIGNAL_ONCE, /* the same, the first time alone: block 0 holds a flag for each item */
  ACT_EXIT,        /* exit with code n */
  ACT_GARBAGE,     /* write n bytes of nonsense to every socket the worker has, then spin */
  ACT_LITTER,      /* the same, but done at once */
  ACT_CLOSE,       /* close every descriptor but the first three */
  ACT_FAIL_ONCE,   /* as ACT_FAIL, the first time alone: block 0 holds a flag for each item */
  ACT_TRACE,       /* as ACT_FAIL, with two more lines */
  ACT_OVERFLOW,    /* use up the stack */
  ACT_FRESH,       /* send itself SIGKILL unless it is the first item of its process */
  ACT_WAIT,        /* until it is cancelled */
  ACT_HEAVY        /* result has n bytes, all of them (unsigned char)value */
} act_kind;

typedef struct act {
  act_kind kind;
  long n;
  double value;
  size_t item;
} act;

/* Tasks: "act", which takes chunks too; "size" tells length and sum of the bytes of its argument, 0
 * and 0 when they are not aligned; "keep": see there; "row" writes row i of the result from input
 * 0; "sum" adds up input 0; "bad open" fails to open; "crash open"; "about" tells of the process as
 * text. */
extern const ml_module pool_test_module;

/* A job of acts with its results. */
typedef struct acts {
  act *acts;
  size_t n;
  double *results; /* n of them, NaN at first */
  size_t n_taken;
  void (*on_take)(struct acts *a, size_t item); /* may be NULL */
  void *ctx;
} acts;

acts acts_new(size_t n); /* all ACT_DOUBLE of value item + 0.5 */
void acts_free(acts *a);
ml_job acts_job(acts *a);

/** Is the process there, and no zombie? */
bool is_running(long pid);

#endif
