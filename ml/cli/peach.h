/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The parts of `mltool peach`: its arguments, its log, and what is printed. */
#ifndef ML_CLI_PEACH_H
#define ML_CLI_PEACH_H

#include "cli.h"

typedef enum peach_on_error { PEACH_STOP, PEACH_CONTINUE } peach_on_error;

typedef struct peach_options {
  cli_common common;
  cli_list init;    /* --load, --init, --pickle */
  const char *args; /* --args */
  int on_error;     /* peach_on_error */
  cli_int seed;
  bool list;
  const char *joblog, *resume, *output;
  cli_workers workers;
} peach_options;

/* ---- peach_args.c: arguments, one by one --------------------------------------------------- */

typedef struct peach_args peach_args;

/**
 * @param path   a file with one JSON value a line, "-" is standard input; NULL: n texts, each JSON
 *               or else a string
 * @param texts  borrowed, as is cli, which is told of words that look like JSON and are not
 */
ml_status peach__args_open(cli_call *cli, const char *path, const char *const *texts, size_t n,
                           const ml_watch *watch, peach_args **out, ml_error *err);

/** The next argument; it lasts until the next call. @param[out] at_end  there was none */
ml_status peach__args_next(peach_args *args, ml_value *out, bool *at_end, ml_error *err);

/** The descriptor that the next argument has to be waited for; -1: it would not, or nobody knows.
 */
int peach__args_wait_for(peach_args *args);

/** How many arguments there will be; a guess for a file that is not yet read to its end, and 0 when
 * there is nothing to guess from. */
double peach__args_expected(const peach_args *args);

/** NULL is allowed. */
void peach__args_close(peach_args *args);

/* ---- peach_failure.c: why an item has no result -------------------------------------------- */

/** Append {"item":0,"function":"multip.func","status":...}: keys only of what is known. */
void peach__failure_json(const ml_failure *failure, size_t item, const char *function, ml_buf *out);

/** The error of a call that ends with this failure. */
ml_status peach__failure_error(const ml_failure *failure, size_t item, const char *function,
                               ml_error *err);

/** Append the traceback and the last words of the worker, if there are any. */
void peach__failure_details(const ml_failure *failure, ml_buf *out);

/** The code that mltool ends with: of a lost or late worker, or of a function that failed. */
int peach__failure_exit(const ml_failure *failure);

/* ---- peach_log.c: --joblog and --resume ---------------------------------------------------- */

typedef struct peach_log peach_log;

/**
 * Open a log, and with is_resumed read what it has.
 *
 * @param function  with its module; a record of another one is an error when it is looked for
 *
 * @retval ML_ERR_IO     the file cannot be opened, read or written
 * @retval ML_ERR_USAGE  it has records and is_resumed is false; another run writes it
 * @retval ML_ERR_PARSE  it is no log of ours
 */
ml_status peach__log_open(const char *path, bool is_resumed, const char *function, peach_log **out,
                          ml_error *err);

/** What tells an argument from others: of its encoding and the seed. @retval ML_ERR_MEMORY */
ml_status peach__log_digest(peach_log *log, const ml_value *v, uint64_t seed, uint64_t *out,
                            ml_error *err);

/** Is the item done? @retval ML_ERR_USAGE  its record is of another argument or function */
ml_status peach__log_find(const peach_log *log, size_t item, uint64_t digest, bool *is_done,
                          ml_error *err);

/** Append the result that the log has of an item that is done, as it was written. */
ml_status peach__log_result(const peach_log *log, size_t item, ml_buf *out, ml_error *err);

/** Write the record of an item that is over. @param value  its result, or its failure, as JSON */
ml_status peach__log_write(peach_log *log, size_t item, uint64_t digest, const ml_report *report,
                           const ml_buf *value, ml_error *err);

/** How many items the log had as done when it was opened. */
size_t peach__log_n_done(const peach_log *log);

/** NULL is allowed. */
void peach__log_close(peach_log *log);

/* ---- peach_run.c: the calls ---------------------------------------------------------------- */

/* What a run reads from and writes to; all borrowed. */
typedef struct peach_ends {
  const char *function; /* with its module */
  peach_args *args;
  peach_log *log; /* NULL: none */
  ml_output *out; /* complete when ML_OK is returned, but not committed */
  ml_exec *exec;  /* NULL: calls functions here */
  ml_functions *functions;
  bool is_hasty; /* out is a terminal, a pipe or the like: somebody waits for each result */
} peach_ends;

/** Call the function for every argument, and print. */
ml_status peach__run(cli_call *cli, const peach_options *o, const peach_ends *ends, ml_error *err);

#endif
