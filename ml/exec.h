/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Parallel each over named tasks: a small vtable with a serial default.
 *
 * A library folder that has work to share out (fresh, xval) describes it as a job, a task by
 * name with bytes in and bytes out for each item, and hands it to an executor. It knows
 * nothing of processes: without an executor the items run one after another in the caller. */
#ifndef ML_EXEC_H
#define ML_EXEC_H

#include <ml/buffer.h>
#include <ml/status.h>
#include <ml/watch.h>

ML_BEGIN_DECLS

typedef struct ml_exec ml_exec;
typedef struct ml_functions ml_functions; /* ml/functions.h */

/* ---- blocks: data that is shared with the workers, not sent to them ------------------------ */

/* Memory that workers may map. Inputs of a job are filled by the caller and read-only from the
 * first job that uses them; the result of a job is written by the workers. */
typedef struct ml_block {
  void *data; /* size bytes, 64-byte aligned, zero at first */
  size_t size;
  int fd;      /* memfd behind it, or -1: private memory */
  bool sealed; /* no process can write or resize it through a new mapping */
  bool lent;   /* data belongs to somebody else and outlives the block */
  uint64_t id; /* unique in this process */
} ml_block;

/**
 * Make a block of zeros.
 *
 * @param exec      who will use it; NULL for serial use
 * @param[out] out  free it with ml_block_free(). Not written on failure.
 */
ML_API ML_MUST_CHECK ml_status ml_block_new(const ml_exec *exec, size_t size, ml_block **out,
                                            ml_error *err);

/** Make a block with a copy of size bytes. */
ML_API ML_MUST_CHECK ml_status ml_block_copy(const ml_exec *exec, const void *data, size_t size,
                                             ml_block **out, ml_error *err);

/**
 * Make bytes known to a job: a copy when exec shares memory, else a block that borrows them, so
 * that a serial run copies nothing.
 *
 * @param data  8-byte aligned; outlives the block and is not written to meanwhile
 */
ML_API ML_MUST_CHECK ml_status ml_block_lend(const ml_exec *exec, const void *data, size_t size,
                                             ml_block **out, ml_error *err);

/** Seal a shared block against writing through new mappings and resizing; a private one is left as
 * it is. */
ML_API ML_MUST_CHECK ml_status ml_block_seal(ml_block *block, ml_error *err);

/** NULL is allowed. Workers that have mapped it keep their mapping until their own end of use. */
ML_API void ml_block_free(ml_block *block);

/* ---- tasks and modules: what can be run --------------------------------------------------- */

typedef struct ml_span {
  void *data;
  size_t size;
} ml_span;

/* What the items of one job have in common, in the process that runs them. */
typedef struct ml_job_data {
  const ml_span *inputs; /* read only, in the order of the job */
  size_t n_inputs;
  const uint64_t *ids; /* of the blocks behind the inputs: ml_block.id in the central process */
  ml_span result;      /* where items write rows of their own; {NULL, 0} when the job has none */
  ml_span args;        /* of the job, for open(); read only */
  ml_functions *functions; /* that this process has loaded; NULL: none */
} ml_job_data;

/* One item as its task sees it. */
typedef struct ml_item {
  size_t index;
  const void *in; /* the argument, n_in bytes, 8-byte aligned; valid during the call, or while it is
                     pinned: ml_pin() */
  size_t n_in;
  ml_buf *trace;      /* a failing item may append what its one line of error has no room for */
  const void *cancel; /* of the executor; see ml_item_cancelled() */
} ml_item;

/* Items [first, first + n) of which [next, n) are still to be run, with their arguments in one run
 * of bytes. */
typedef struct ml_chunk {
  size_t first, n, next;
  const void *in; /* as ml_item's */
  size_t n_in;
  ml_buf *trace;
  const void *cancel;
  void (*begin)(struct ml_chunk *chunk, size_t i); /* call it before item first + i is run */
} ml_chunk;

/** True when the item that runs should end early: its time is up, or nobody wants its result. What
 * it returns then does not matter. */
ML_API bool ml_item_cancelled(const void *cancel);

/**
 * Keep memory that an item was given (an input, or a large argument) where it is beyond the end of
 * the item and of the job.
 *
 * @return for ml_unpin(); NULL when this memory is used again for the next item: copy it then
 */
ML_API void *ml_pin(const void *memory);
ML_API void ml_unpin(void *pin); /* NULL is allowed */

typedef struct ml_task {
  const char *name, *summary;
  /* Once per job and process, before the first item; may be NULL. What it makes is `state`. */
  ml_status (*open)(const ml_job_data *data, void **state, ml_error *err);
  /* One item: bytes in, bytes appended to out. The same item must give the same bytes anywhere, any
   * number of times: after a lost worker it is run again. */
  ml_status (*run)(void *state, const ml_job_data *data, const ml_item *item, ml_buf *out,
                   ml_error *err);
  /* Many items whose arguments were made by put_chunk(): run from chunk->next on, append the
   * results as take_chunk() expects them, and leave chunk->next at n. When an item fails, leave
   * chunk->next at it, with the results of those before it in out; it is called again behind
   * it. NULL: the task knows items only. */
  ml_status (*run_chunk)(void *state, const ml_job_data *data, ml_chunk *chunk, ml_buf *out,
                         ml_error *err);
  void (*close)(void *state); /* may be NULL */
} ml_task;

#define ML_MODULE_ABI 2

typedef struct ml_function ml_function; /* ml/functions.h */

/* A table of tasks, for jobs, and of functions, for ml_peach(), that a process can load. */
typedef struct ml_module {
  uint32_t abi; /* ML_MODULE_ABI */
  const char *name, *version;
  const ml_task *tasks;
  size_t n_tasks;
  const ml_function *functions;
  size_t n_functions;
} ml_module;

/* ---- jobs: what is to be run -------------------------------------------------------------- */

/* Why an item has no result. Texts are borrowed for the call. */
typedef struct ml_failure {
  ml_error error;     /* ML_ERR_WORKER: its worker was lost; ML_ERR_TIMEOUT: it took too long; else
                         what the task returned */
  const char *trace;  /* more lines, such as a traceback; "" when there are none */
  const char *output; /* the end of what its worker wrote to standard error; "" */
  unsigned attempts;
  size_t worker;   /* that ran it last, from 1; 0: this process */
  long pid;        /* of that worker */
  int signal;      /* that ended it; 0: none */
  uint64_t memory; /* bytes it had resident when last looked at; 0: not known */
} ml_failure;

/* How the run of an item went. */
typedef struct ml_report {
  size_t item;
  double started; /* seconds since 1970 */
  double seconds; /* that the last attempt took; the mean of its chunk when items are chunked */
  size_t worker;  /* from 1; 0: this process */
  long pid;
  unsigned attempts;
  const ml_failure *failure; /* NULL: done */
  const void *out;           /* n_out bytes of result; NULL for the items of take_chunk() */
  size_t n_out;
} ml_report;

#define ML_ITEMS_UNKNOWN SIZE_MAX

typedef struct ml_job {
  const ml_module *module;
  const char *task; /* name of a task of the module */
  const void *args; /* for the task's open(): n_args bytes, at most 1 MiB */
  size_t n_args;
  ml_block *const *inputs;
  size_t n_inputs;
  ml_block *result; /* NULL: none */
  size_t n_items;   /* ML_ITEMS_UNKNOWN: as many as more() gives */
  size_t chunk;     /* items in one message; 0: as the pool has it */
  /* How many items there are from `first` on, at most max; 0 is the end. May wait for input. Called
   * in order. NULL: all of n_items. */
  size_t (*more)(void *ctx, size_t first, size_t max);
  /* The descriptor that more() would have to wait for now: it is asked when there is something to
   * read, and results are handed over meanwhile. -1: it would not wait. NULL: the same. */
  int (*waits_for)(void *ctx);
  /* Append the argument of an item; called in order, at the latest when a worker can take it. */
  ml_status (*put)(void *ctx, size_t item, ml_buf *in, ml_error *err);
  /* Use the bytes of an item; called in order of items, may be NULL. */
  ml_status (*take)(void *ctx, size_t item, const void *out, size_t n_out, ml_error *err);
  /* In place of put and take, for a task with run_chunk(): the arguments of n items in one run of
   * bytes, and the results of n items as one call of run_chunk() gave them. put_chunk() is called
   * again for part of a chunk whose worker was lost: it needs items until they are taken. */
  ml_status (*put_chunk)(void *ctx, size_t first, size_t n, ml_buf *in, ml_error *err);
  ml_status (*take_chunk)(void *ctx, size_t first, size_t n, const void *out, size_t n_out,
                          ml_error *err);
  /* In place of take when the item failed, and the job goes on unless it returns an error. NULL:
   * the first failed item ends the job. */
  ml_status (*fail)(void *ctx, size_t item, const ml_failure *failure, ml_error *err);
  /* Told at once of each item that is over, in any order; may be NULL. */
  void (*seen)(void *ctx, const ml_report *report);
  /* Name an item for a message ("ids 12 to 20"); may be NULL. */
  void (*describe)(void *ctx, size_t item, char *buf, size_t size);
  /* Run k, from 0 on, of the bytes that an item writes of the result, for workers that have no
   * memory in common with the caller. @return false: there are no more. NULL: not known */
  bool (*place)(void *ctx, size_t item, size_t k, ml_span *out);
  /* What an item is called in messages, when this job is the share that one of several executors
   * has of another job: workers get no more ahead than more() has given. NULL: it is the whole. */
  size_t (*number)(void *ctx, size_t item);
  void *ctx;
  ml_functions *functions; /* of this process, for a serial run; NULL: none */
  const char *step;        /* for the progress of the watch, "extract" */
  const char *function;    /* that items call, "multip.func", for those who look; NULL: none */
  const ml_watch *watch;
} ml_job;

typedef struct ml_exec_vtable {
  size_t (*n_workers)(const ml_exec *exec);
  ml_status (*run)(ml_exec *exec, const ml_job *job, ml_error *err);
  const ml_functions *(*functions)(const ml_exec *exec); /* names of what workers have loaded */
} ml_exec_vtable;

/* Base of every executor. */
struct ml_exec {
  const ml_exec_vtable *vtable;
  bool shares_memory; /* workers map blocks: they must be memfds */
  bool renumbers;     /* tasks may see another ml_item.index than that of the job's item */
};

/** Workers that items are shared among; 1 for NULL. */
ML_API size_t ml_exec_n_workers(const ml_exec *exec);

/** The functions that its workers have loaded, by name only; borrowed. NULL for NULL. */
ML_API const ml_functions *ml_exec_functions(const ml_exec *exec);

/**
 * Run every item of a job; results are taken in the order of items, and are the same whatever runs
 * them. Input blocks are sealed. When an item fails, the error of the lowest failed item is
 * returned and later items may not have been run.
 *
 * @param exec  NULL runs the items here, one after another
 *
 * @retval ML_ERR_CANCELLED  the watch said so
 * @retval ML_ERR_WORKER     workers were lost more often than allowed; the message names the item
 * @return else what the failing task, put or take returned
 */
ML_API ML_MUST_CHECK ml_status ml_exec_run(ml_exec *exec, const ml_job *job, ml_error *err);

/** Find a task by name. @return NULL when the module has none of that name */
ML_API const ml_task *ml_module_find(const ml_module *module, const char *task);

ML_END_DECLS
#endif
