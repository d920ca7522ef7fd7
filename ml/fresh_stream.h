/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Features of series that come a few at a time, written as they come. */
#ifndef ML_FRESH_STREAM_H
#define ML_FRESH_STREAM_H

#include <ml/fresh.h>
#include <ml/matrix.h>
#include <ml/series.h>

ML_BEGIN_DECLS

typedef struct ml_fresh_stream ml_fresh_stream;

typedef struct ml_fresh_stream_opts {
  const ml_fresh_settings *settings; /* NULL: "comprehensive" */
  /* Long shape: the kinds that have columns, in their order; NULL: those that the settings name, if
   * they have features for no others, or else those of the first id. */
  const char *const *kinds;
  size_t n_kinds;
  const char *path;      /* "-" is standard output */
  ml_format format;      /* ML_FORMAT_CSV, ML_FORMAT_JSONL, or ML_FORMAT_AUTO for one of the two */
  bool safe_names;       /* as ml_matrix_write_safe() */
  uint64_t memory;       /* bytes that rows may take; 0: no limit is known */
  ml_exec *exec;         /* NULL: serial */
  const ml_watch *watch; /* may be NULL */
} ml_fresh_stream_opts;

/**
 * Begin. Nothing is opened before the first rows.
 *
 * @param opts      copied; what it points to is borrowed until the stream is gone
 * @param[out] out  end it with ml_fresh_stream_commit() or ml_fresh_stream_abort(). Not written on
 *                  failure.
 * @retval ML_ERR_USAGE   a format that has all names before the values
 * @retval ML_ERR_MEMORY
 */
ML_API ML_MUST_CHECK ml_status ml_fresh_stream_open(const ml_fresh_stream_opts *opts,
                                                    ml_fresh_stream **out, ml_error *err);

/**
 * Compute the rows of some ids, write them in the order in which the ids came, and let readers have
 * them.
 *
 * @param set  of ml_parts_next(); its ids and kinds are put in another order: it can only be freed
 * @retval ML_ERR_PARSE  an id has a kind that there are no columns for: the message names both
 * @retval ML_ERR_USAGE  as ml_fresh_extract()
 * @retval ML_ERR_IO, ML_ERR_CLOSED, ML_ERR_MEMORY, ML_ERR_CANCELLED, ML_ERR_WORKER
 */
ML_API ML_MUST_CHECK ml_status ml_fresh_stream_put(ml_fresh_stream *stream, ml_series_set *set,
                                                   ml_error *err);

ML_API size_t ml_fresh_stream_n_rows(const ml_fresh_stream *stream);
ML_API size_t ml_fresh_stream_n_columns(const ml_fresh_stream *stream); /* 0: there was no row */

/** Frees the stream, whatever it returns. @retval ML_ERR_PARSE  there were no rows
 * @return else as ml_matrix_write_commit() */
ML_API ML_MUST_CHECK ml_status ml_fresh_stream_commit(ml_fresh_stream *stream, ml_error *err);

/** A file is as it was before; what has gone to a pipe is gone. NULL is allowed. */
ML_API void ml_fresh_stream_abort(ml_fresh_stream *stream);

ML_END_DECLS
#endif
