/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Features of more series than fit into memory: sets of ids go in, one table comes out. */
#ifndef ML_SPOOL_H
#define ML_SPOOL_H

#include <ml/fresh.h>
#include <ml/matrix.h>
#include <ml/series.h>

ML_BEGIN_DECLS

typedef struct ml_spool ml_spool;

typedef struct ml_spool_opts {
  const ml_fresh_settings *settings; /* NULL: "comprehensive" */
  uint64_t memory; /* bytes that rows may take, of the largest set that is added not among them; at
                      least one row of it is in memory all the same. 0: no limit is known */
  ml_exec *exec;   /* NULL: serial */
  const ml_watch *watch; /* may be NULL */
  bool is_timed;         /* for ml_spool_costs() */
} ml_spool_opts;

/**
 * Make a spool. Rows lie in a nameless temporary file in $TMPDIR, or /tmp, until all are there.
 *
 * @param opts      copied; what it points to is borrowed until ml_spool_close()
 * @param[out] out  close it with ml_spool_close(). Not written on failure.
 * @retval ML_ERR_IO  no temporary file can be made
 * @retval ML_ERR_MEMORY
 */
ML_API ML_MUST_CHECK ml_status ml_spool_open(const ml_spool_opts *opts, ml_spool **out,
                                             ml_error *err);

/**
 * Compute the rows of some ids, as ml_fresh_extract() does, and keep them. The set may be freed
 * then.
 *
 * @param set  of ml_parts_next(): its ids are in no other set, and all sets are of one shape
 * @retval ML_ERR_USAGE   settings that no column can be made with, if that is known already
 * @retval ML_ERR_PARSE   sets of different shapes
 * @retval ML_ERR_IO      no room in the temporary folder
 * @retval ML_ERR_MEMORY, ML_ERR_CANCELLED, ML_ERR_WORKER
 */
ML_API ML_MUST_CHECK ml_status ml_spool_add(ml_spool *spool, const ml_series_set *set,
                                            ml_error *err);

/**
 * Have columns for a kind whether a set has it or not: kinds of other shards, which a recipe may
 * name. Where no set has it, it comes last. @retval ML_ERR_MEMORY
 */
ML_API ML_MUST_CHECK ml_status ml_spool_add_kind(ml_spool *spool, const char *kind, ml_error *err);

/**
 * All sets have been added: from now on rows have their order and columns their names.
 *
 * @retval ML_ERR_USAGE  as ml_fresh_extract()
 * @retval ML_ERR_IO, ML_ERR_MEMORY, ML_ERR_CANCELLED
 */
ML_API ML_MUST_CHECK ml_status ml_spool_end(ml_spool *spool, ml_error *err);

ML_API size_t ml_spool_n_rows(const ml_spool *spool);
ML_API size_t ml_spool_n_columns(const ml_spool *spool); /* 0 before ml_spool_end() */

/**
 * What is known of all series together, after ml_spool_end(): kinds, clock, rows of the input, an
 * irregular id. It has no ids and no values. @return borrowed
 */
ML_API const ml_series_set *ml_spool_series(const ml_spool *spool);

/** What the calculators have cost. @param[out] out  release it with ml_fresh_costs_release()
 * @retval ML_ERR_MEMORY */
ML_API ML_MUST_CHECK ml_status ml_spool_costs(const ml_spool *spool, ml_fresh_costs *out,
                                              ml_error *err);

/**
 * Write the table, as ml_matrix_write() would write that of ml_fresh_extract() for one set of all
 * ids: the bytes are the same. Comes after ml_spool_end().
 *
 * @return as ml_matrix_write() and ml_matrix_write_safe()
 */
ML_API ML_MUST_CHECK ml_status ml_spool_write(ml_spool *spool, const char *path, ml_format format,
                                              bool safe_names, ml_error *err);

/** NULL is allowed. */
ML_API void ml_spool_close(ml_spool *spool);

ML_END_DECLS
#endif
