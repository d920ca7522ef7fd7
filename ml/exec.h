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
  ml_span result; /* where items write rows of their own; {NULL, 0} when the job has none */
} ml_job_data;

typedef struct ml_task {
  const char *name, *summary;
  /* Once per job and process, before the first item; may be NULL. What it makes is `state`. */
  ml_status (*open)(const ml_job_data *data, void **state, ml_error *err);
  /* One item: bytes in, bytes appended to out. The same item must give the same bytes anywhere, any
   * number of times: after a lost worker it is run again. */
  ml_status (*run)(void *state, const ml_job_data *data, const void *in, size_t n_in, ml_buf *out,
                   ml_error *err);
  void (*close)(void *state); /* may be NULL */
} ml_task;

#define ML_MODULE_ABI 1

/* A table of tasks that a worker can be told to load. */
typedef struct ml_module {
  uint32_t abi; /* ML_MODULE_ABI */
  const char *name, *version;
  const ml_task *tasks;
  size_t n_tasks;
} ml_module;

/* ---- jobs: what is to be run -------------------------------------------------------------- */

typedef struct ml_job {
  const ml_module *module;
  const char *task; /* name of a task of the module */
  ml_block *const *inputs;
  size_t n_inputs;
  ml_block *result; /* NULL: none */
  size_t n_items;
  /* Append the argument of an item; called in order, at the latest when a worker can take it. */
  ml_status (*put)(void *ctx, size_t item, ml_buf *in, ml_error *err);
  /* Use the bytes of an item; called in order of items, may be NULL. */
  ml_status (*take)(void *ctx, size_t item, const void *out, size_t n_out, ml_error *err);
  /* Name an item for a message ("ids 12 to 20"); may be NULL. */
  void (*describe)(void *ctx, size_t item, char *buf, size_t size);
  void *ctx;
  const char *step; /* for the progress of the watch, "extract" */
  const ml_watch *watch;
} ml_job;

typedef struct ml_exec_vtable {
  size_t (*n_workers)(const ml_exec *exec);
  ml_status (*run)(ml_exec *exec, const ml_job *job, ml_error *err);
} ml_exec_vtable;

/* Base of every executor. */
struct ml_exec {
  const ml_exec_vtable *vtable;
  bool shares_memory; /* workers map blocks: they must be memfds */
};

/** Workers that items are shared among; 1 for NULL. */
ML_API size_t ml_exec_n_workers(const ml_exec *exec);

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
