/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Series of files that need not fit into memory: whole ids, a part at a time. */
#ifndef ML_PARTS_H
#define ML_PARTS_H

#include <ml/input.h>
#include <ml/series.h>
#include <ml/status.h>

ML_BEGIN_DECLS

typedef struct ml_parts ml_parts;

typedef struct ml_parts_opts {
  ml_series_opts series; /* as for ml_series_read() */
  uint64_t memory;       /* bytes that reading may take, with the set of the part; 0: no limit */
  bool is_stream;        /* ids are handed out when they are complete, in the order of the input; an
                            id that comes back later is an error */
  /* Bytes of the memory that are taken beside a set, to work on it, by the number of values of its
   * longest series, with which they must not become less; NULL: none. */
  uint64_t (*beside)(const void *ctx, uint64_t longest);
  const void *beside_ctx;
} ml_parts_opts;

/**
 * Open files that have the same columns; they are read one after the other, as if their records
 * stood in one file.
 *
 * Ids are handed out a part at a time, each id whole and once. Where the rows of an id follow one
 * another the file streams through; where an id comes back, what is left, and that id, is
 * distributed to nameless temporary files by a hash of the ids, so that each fits into memory.
 *
 * @param paths     n files; "-" is standard input, once at most; borrowed until ml_parts_close()
 * @param opts      borrowed until ml_parts_close()
 * @param[out] out  close it with ml_parts_close(). Not written on failure.
 *
 * @retval ML_ERR_PARSE   as ml_series_read(); files whose columns differ
 * @retval ML_ERR_USAGE   a limit that is too small to work with
 * @retval ML_ERR_IO, ML_ERR_MEMORY, ML_ERR_CANCELLED
 */
ML_API ML_MUST_CHECK ml_status ml_parts_open(const char *const *paths, size_t n,
                                             const ml_parts_opts *opts, ml_parts **out,
                                             ml_error *err);

/**
 * The next ids: in no order over all parts, ascending within one.
 *
 * @param[out] set  NULL at the end; free it with ml_series_free(), before the next is asked for if
 *                  the limit is to hold. It may have no ids: no window of its rows is long enough,
 *                  or no id is of the shard that is read
 *
 * @retval ML_ERR_PARSE  a malformed record, with the line of its file; in a stream an id that was
 *                       complete has come again: the message names it
 * @retval ML_ERR_IO     reading failed, no room in the temporary folder
 * @retval ML_ERR_MEMORY  also: the rows of one id do not fit the limit
 * @retval ML_ERR_CANCELLED
 */
ML_API ML_MUST_CHECK ml_status ml_parts_next(ml_parts *parts, ml_series_set **set, ml_error *err);

/**
 * The digest and size of a file, from its bytes as they were read; known at the end, of files that
 * have been read to theirs.
 *
 * @param[out] n_bytes, out  out is ml_input_digest()'s; both unchanged, but for an empty text,
 * where nobody knows
 */
ML_API bool ml_parts_digest(const ml_parts *parts, size_t file, uint64_t *n_bytes,
                            char out[ML_INPUT_DIGEST_SIZE]);

/** Kinds of the long shape as they stand in the files, in all rows that were looked at before any
 * was read, of other shards too. 0 where nothing was looked at: the sets have them all. */
ML_API size_t ml_parts_n_kinds(const ml_parts *parts);
ML_API const char *ml_parts_kind(const ml_parts *parts, size_t k);

/** The descriptor that ml_parts_next() would wait for now; -1: it would not wait. */
ML_API int ml_parts_waits_for(const ml_parts *parts);

/** NULL is allowed. */
ML_API void ml_parts_close(ml_parts *parts);

/** Half of what the machine has available and the cgroups of this process (v2 and v1) have left, in
 * bytes: what a program may take unless it is told otherwise. 0 when nobody knows. */
ML_API uint64_t ml_memory_allowed(void);

ML_END_DECLS
#endif
