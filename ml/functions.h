/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Functions that are called by name: those of modules in C and Python that a process has loaded. */
#ifndef ML_FUNCTIONS_H
#define ML_FUNCTIONS_H

#include <ml/exec.h>
#include <ml/model.h>
#include <ml/value.h>

ML_BEGIN_DECLS

/* What a function is given beside its argument. */
typedef struct ml_call {
  ml_arena *arena;    /* for results: it lives until they have been encoded */
  size_t item;        /* index of the argument */
  uint64_t seed;      /* for random numbers: depends on the run's seed and on item alone */
  ml_buf *trace;      /* a failing function may append lines beyond its one line of error */
  const void *cancel; /* ml_item_cancelled(call->cancel): end early */
  void *ctx;          /* of the function */
} ml_call;

/* A function of a module. x is borrowed for the call; *out is null at first, and what it points at
 * lives in call->arena, in x, or for ever. */
typedef ml_status ml_function_call(ml_call *call, const ml_value *x, ml_value *out, ml_error *err);

struct ml_function {
  const char *name; /* without its module: "func" */
  const char *doc;  /* one line */
  ml_function_call *call;
  void *ctx; /* ml_call.ctx */
  /* Arguments and results in a form that only the caller and this function know, such as pickles:
   * see ml_task.run_chunk, whose state is ctx. NULL: the function takes values only. */
  ml_status (*chunk)(void *ctx, const ml_job_data *data, ml_chunk *chunk, ml_buf *out,
                     ml_error *err);
};

/* The symbol that a module in a shared object must export:
 *
 *   ML_API const ml_module ML_MODULE_SYMBOL = {.abi = ML_MODULE_ABI, .name = "multip",
 *                                              .functions = ..., .n_functions = ...};
 *
 * Compile it with `cc -shared -fPIC $(pkg-config --cflags ml) multip.c -o multip.so`; it is not
 * linked with libml, which it finds in the process. Names are letters, digits and '_'. Functions
 * are called by one thread at a time, in a process that may be killed in the middle of them. */
#define ML_MODULE_SYMBOL ml_module_table

/* ---- commands: what is evaluated once on every worker ---------------------------------------- */

typedef enum ml_init_kind {
  ML_INIT_LOAD,   /* what: a module, see ml_functions_load() */
  ML_INIT_PICKLE, /* what: a name; bytes: a pickled callable, which is loaded under that name */
  ML_INIT_CALL    /* what: a function; arg: its argument */
} ml_init_kind;

typedef struct ml_init {
  ml_init_kind kind;
  const char *what;
  const void *bytes; /* PICKLE: n_bytes */
  size_t n_bytes;
  ml_value arg; /* CALL */
} ml_init;

/* ---- the functions of this process ----------------------------------------------------------- */

/** @param[out] out  free it with ml_functions_free() */
ML_API ML_MUST_CHECK ml_status ml_functions_new(ml_functions **out, ml_error *err);

/** Unload everything. NULL is allowed. */
ML_API void ml_functions_free(ml_functions *functions);

/**
 * Load a module into this process. Loading it again does nothing.
 *
 * @param what  "fresh", "xval": a built-in module; "./multip.so": a C module; "multip.py": a Python
 *              file; "py:package.module": a Python module from sys.path
 *
 * @retval ML_ERR_IO        there is no such file
 * @retval ML_ERR_USAGE     no such module (the nearest is named), no module of ours, another ABI,
 *                          another build; Python without its plugin; a file that was loaded before
 *                          and has changed since
 * @retval ML_ERR_FUNCTION  its code failed; the message is its own, trace gets a traceback
 * @retval ML_ERR_MEMORY
 */
ML_API ML_MUST_CHECK ml_status ml_functions_load(ml_functions *functions, const char *what,
                                                 ml_buf *trace, ml_error *err);

/** Do one command in this process. @param[out] out  what a CALL gave, in the arena; may be NULL */
ML_API ML_MUST_CHECK ml_status ml_functions_init(ml_functions *functions, const ml_init *command,
                                                 ml_arena *arena, ml_value *out, ml_buf *trace,
                                                 ml_error *err);

/**
 * Put a command into bytes for another process. The digest of a module's file goes along, so that a
 * file that is replaced before the other process reads it is found out.
 *
 * @retval ML_ERR_IO  the module's file cannot be read
 */
ML_API ML_MUST_CHECK ml_status ml_init_encode(const ml_init *command, ml_buf *out, ml_error *err);

/**
 * Do a command that came in bytes.
 *
 * @param[out] out  an encoded value is appended: of CALL what the function gave; else the functions
 *                  that are new, a list of [name with module, doc]
 *
 * @retval ML_ERR_PARSE  no command of ours
 * @retval ML_ERR_WORKER the module's file is another one than the central process has seen
 */
ML_API ML_MUST_CHECK ml_status ml_functions_init_encoded(ml_functions *functions, const void *bytes,
                                                         size_t n, ml_buf *out, ml_buf *trace,
                                                         ml_error *err);

/** Add the names in the answer of ml_functions_init_encoded(), without code. */
ML_API ML_MUST_CHECK ml_status ml_functions_learn(ml_functions *functions, const void *answer,
                                                  size_t n, ml_error *err);

/**
 * Add a function; name and doc are copied. One of the same name is replaced. For language plugins.
 *
 * @param module  "multip": letters, digits and '_', with '.' between the parts
 *
 * @retval ML_ERR_USAGE  a name that is none, or a module that is loaded already
 * @retval ML_ERR_MEMORY
 */
ML_API ML_MUST_CHECK ml_status ml_functions_add(ml_functions *functions, const char *module,
                                                const ml_function *function, ml_error *err);

/** Ask the function that runs to end early, if it is one of a language plugin. From any thread.
 * NULL is allowed. */
ML_API void ml_functions_interrupt(const ml_functions *functions);

/** How many there are. */
ML_API size_t ml_functions_n(const ml_functions *functions);

/** Number i in the order they were loaded. @param[out] name  "multip.func"; may be NULL */
ML_API const ml_function *ml_functions_at(const ml_functions *functions, size_t i,
                                          const char **name);

/** True of a full name with a part that begins with '_': called like others, but not shown. */
ML_API bool ml_function_is_internal(const char *full);

/**
 * Find a function by "module.name", or by "name" alone when one module only has it.
 *
 * @param name       as the user wrote it
 * @param[out] full  "module.name", borrowed; may be NULL
 *
 * @retval ML_ERR_USAGE  function 'x' is not loaded; the nearest, or the modules that have it, are
 *                       named
 */
ML_API ML_MUST_CHECK ml_status ml_functions_find(const ml_functions *functions, const char *name,
                                                 const ml_function **out, const char **full,
                                                 ml_error *err);

/* ---- peach: a function for each argument ----------------------------------------------------- */

/* Arguments and what becomes of them. */
typedef struct ml_peach_io {
  size_t n; /* arguments; ML_ITEMS_UNKNOWN: until next() says end */
  /* Give argument i, in order; it must last until the next call. @return false: there are no more
   * (or *err is set) */
  bool (*next)(void *ctx, size_t i, ml_value *out, ml_error *err);
  /* The descriptor that next() would have to wait for now, when n is unknown: see ml_job. */
  int (*waits_for)(void *ctx);
  /* What argument i is called for its function: ml_call.item, which its seed follows. For a run
   * that leaves out what an earlier one has done. Asked for after next(i). NULL: i. */
  size_t (*number)(void *ctx, size_t i);
  /* Use result i, in order; v is borrowed for the call. */
  ml_status (*take)(void *ctx, size_t i, const ml_value *v, ml_error *err);
  /* In place of take when it failed; NULL: the first failure ends the call. */
  ml_status (*fail)(void *ctx, size_t i, const ml_failure *failure, ml_error *err);
  /* Told at once of what is over, in any order; v is NULL when it failed. May be NULL. */
  void (*seen)(void *ctx, const ml_report *report, const ml_value *v);
  void *ctx;
} ml_peach_io;

typedef struct ml_peach_opts {
  ml_functions *functions; /* of this process, for exec NULL */
  ml_block *const *shared; /* blocks that vectors among the arguments may lie in */
  size_t n_shared;
  uint64_t seed;
  const ml_watch *watch;
} ml_peach_opts;

/**
 * Call a function once for each argument, on the workers of exec, with results in order. Arguments
 * are asked for as workers can take them, so memory stays bounded however many there are.
 *
 * @param exec  NULL calls opts->functions here, one after another
 * @param opts  may be NULL when exec is not
 *
 * @retval ML_ERR_USAGE  the function is not loaded: nothing was asked for
 * @retval ML_ERR_FUNCTION, ML_ERR_WORKER, ML_ERR_TIMEOUT  the lowest item that failed
 * @retval ML_ERR_CANCELLED, ML_ERR_MEMORY
 */
ML_API ML_MUST_CHECK ml_status ml_peach_each(ml_exec *exec, const char *function,
                                             const ml_peach_io *io, const ml_peach_opts *opts,
                                             ml_error *err);

/** The same over n arguments in memory. @param[out] out  n results, in the arena */
ML_API ML_MUST_CHECK ml_status ml_peach(ml_exec *exec, const char *function, const ml_value *in,
                                        size_t n, const ml_peach_opts *opts, ml_arena *arena,
                                        ml_value *out, ml_error *err);

/**
 * The same with arguments in a form of the caller's own: job has the callbacks of a chunked job
 * (more, put_chunk, take_chunk, fail, seen, ctx, n_items, inputs, watch); module, task, args and
 * functions are filled in here. The function must have a chunk().
 */
ML_API ML_MUST_CHECK ml_status ml_peach_chunks(ml_exec *exec, const char *function,
                                               const ml_job *job, const ml_peach_opts *opts,
                                               ml_error *err);

/** The module whose task "call" the above run; every worker has it. */
ML_API const ml_module *ml_peach_module(void);

/* ---- language plugins ------------------------------------------------------------------------ */

#define ML_PLUGIN_ABI 3

enum { ML_PLUGIN_DIGEST = 65 }; /* SHA-256 in hex, with a NUL */

/* Columns that a function has made of others. */
typedef struct ml_plugin_columns {
  size_t n;
  double *x;   /* rows x n, column-major; NaN is a missing value, none is infinite. free() it */
  char *names; /* n texts, one behind the NUL of the other. free() it */
} ml_plugin_columns;

/* The symbol that a plugin (libml-py.so) exports: const ml_plugin ml_plugin_table. It is loaded
 * when a module or a model of its language is, from the folder in the environment's MLTOOL_PLUGINS,
 * which must be absolute, else from where it was installed or built. */
typedef struct ml_plugin {
  uint32_t abi;      /* ML_PLUGIN_ABI */
  const char *build; /* ml_build_id() of the libml it was built with */
  /* Load a file (is_file) or a module by name, and add its functions. */
  ml_status (*load)(ml_functions *functions, const char *what, bool is_file, ml_buf *trace,
                    ml_error *err);
  /* Load a pickled callable as module "pickle", under name. */
  ml_status (*unpickle)(ml_functions *functions, const char *name, const void *bytes, size_t n,
                        ml_buf *trace, ml_error *err);
  /* The item that runs should end early: called from another thread. May be NULL. */
  void (*interrupt)(void);
  /* A class by its name, "sklearn.linear_model.Ridge", as a model; the same each time, and it lives
   * as long as the process. */
  ml_status (*model)(const char *name, const ml_model **out, ml_error *err);
  /* Append the traceback of the model or step that failed last. */
  void (*model_trace)(ml_buf *out);
  /* Find a function by its name, "mymodule.logs". @param[out] digest  of the file of its module
   * when that was imported; "": it has none */
  ml_status (*step)(const char *name, char digest[ML_PLUGIN_DIGEST], ml_error *err);
  /* Call it for rows. @param names  of the columns that it is given */
  ml_status (*transform)(const char *name, const ml_view *rows, const char *const *names,
                         ml_plugin_columns *out, ml_error *err);
} ml_plugin;

ML_END_DECLS
#endif
