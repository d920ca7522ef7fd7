/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One result by several machines, each of which makes a part. docs/shards.md has the files. */
#ifndef ML_SHARD_H
#define ML_SHARD_H

#include <ml/input.h>
#include <ml/matrix.h>
#include <ml/spool.h>

ML_BEGIN_DECLS

#define ML_SHARDS_MAX 100000

/**
 * The shard of an id. Ids that can be one id are in one shard: 1, 1.0 and 01. Windows that are cut
 * are with their series. All machines agree, today and later.
 *
 * @param n  shards, at least 1
 * @return from 0 to n - 1
 */
ML_API size_t ml_shard_of(const char *id, size_t n);

/* ---- parts --------------------------------------------------------------------------------- */

/* A file that is read. */
typedef struct ml_shard_input {
  const char *path;
  uint64_t n_bytes;
  int64_t modified;                  /* nanoseconds since 1970 */
  char digest[ML_INPUT_DIGEST_SIZE]; /* of ml_input_digest(); "": not known yet */
} ml_shard_input;

/** Size and time of a file. @retval ML_ERR_IO  it is not there, or no file */
ML_API ML_MUST_CHECK ml_status ml_shard_input_find(const char *path, ml_shard_input *out,
                                                   ml_error *err);

/** Read a file to its end, for its digest and size. @retval as ml_input_read() */
ML_API ML_MUST_CHECK ml_status ml_shard_input_read(ml_shard_input *input, const ml_watch *watch,
                                                   ml_error *err);

/* A part of a result, which the files part-I-of-N.* of a folder hold. Texts are borrowed. */
typedef struct ml_shard {
  const char *folder;
  size_t number, n;    /* number from 1 to n */
  const char *of;      /* command that makes it: "fresh", "xval" */
  const char *options; /* JSON, an object: what decides the result, but for the inputs */
  const ml_shard_input *inputs;
  size_t n_inputs;
} ml_shard;

/** Make the folder, unless it is there. @retval ML_ERR_IO */
ML_API ML_MUST_CHECK ml_status ml_shard_folder(const char *path, ml_error *err);

/** The path of a file of a part. @param end  ".npy", ".json" @param[out] out  from malloc()
 * @retval ML_ERR_MEMORY */
ML_API ML_MUST_CHECK ml_status ml_shard_path(const ml_shard *shard, const char *end, char **out,
                                             ml_error *err);

/**
 * Is the part there already? An input of the same size and time is taken for the same; one of the
 * same size and another time is read.
 *
 * @retval ML_ERR_USAGE  a part of something else is there: the message says what differs
 * @retval ML_ERR_PARSE  its ledger is damaged
 * @retval ML_ERR_IO, ML_ERR_MEMORY, ML_ERR_CANCELLED
 */
ML_API ML_MUST_CHECK ml_status ml_shard_is_done(const ml_shard *shard, const ml_watch *watch,
                                                bool *is_done, ml_error *err);

/**
 * Write a part of features: the rows as .npy with their names, and then the ledger, without which
 * it does not count.
 *
 * @param spool    of the sets that were read with the shard of ml_series_opts, one at least, which
 *                 may have no ids; after ml_spool_end()
 * @param seconds  that it took, for people
 * @retval ML_ERR_IO, ML_ERR_MEMORY, ML_ERR_CANCELLED
 */
ML_API ML_MUST_CHECK ml_status ml_shard_write(const ml_shard *shard, ml_spool *spool,
                                              double seconds, ml_error *err);

/**
 * Write the ledger of a part of a search, whose fits are in its file of the end ".checkpoint".
 *
 * @param n_fits  of the shard
 * @retval as ml_shard_write()
 */
ML_API ML_MUST_CHECK ml_status ml_shard_write_fits(const ml_shard *shard, size_t n_fits,
                                                   double seconds, const ml_watch *watch,
                                                   ml_error *err);

/* ---- the whole ----------------------------------------------------------------------------- */

typedef struct ml_shards ml_shards;

/**
 * Find parts, and see that all are there, and of one whole.
 *
 * @param paths    n folders, or ledgers (part-I-of-N.json)
 * @param[out] out  close it with ml_shards_close(). Not written on failure.
 * @retval ML_ERR_PARSE  parts are missing (the message has their numbers), twice there, damaged, or
 *                       differ in what they are of
 * @retval ML_ERR_IO, ML_ERR_MEMORY
 */
ML_API ML_MUST_CHECK ml_status ml_shards_open(const char *const *paths, size_t n, ml_shards **out,
                                              ml_error *err);

/** How many there are. */
ML_API size_t ml_shards_n(const ml_shards *shards);

/** The command whose parts they are: "fresh", "xval". */
ML_API const char *ml_shards_of(const ml_shards *shards);

/**
 * Write the features of all parts as one matrix, in the order of the ids and kinds that the whole
 * has. Takes memory for the names of its rows, and for a few rows of each part.
 *
 * @param path, format, safe_names  as ml_matrix_write_open()
 * @param[out] n_rows, n_columns    of the whole
 * @retval ML_ERR_PARSE  a part is damaged, or of other columns than the others; there is no row
 * @return else as ml_matrix_write()
 */
ML_API ML_MUST_CHECK ml_status ml_shards_merge(const ml_shards *shards, const char *path,
                                               ml_format format, bool safe_names,
                                               const ml_watch *watch, size_t *n_rows,
                                               size_t *n_columns, ml_error *err);

/**
 * Write the fits of all parts as one checkpoint of the search.
 *
 * @param[out] n_fits  of the whole
 * @retval ML_ERR_PARSE  a part is damaged, or of another run
 * @retval ML_ERR_IO, ML_ERR_MEMORY, ML_ERR_CANCELLED
 */
ML_API ML_MUST_CHECK ml_status ml_shards_join(const ml_shards *shards, const char *path,
                                              const ml_watch *watch, size_t *n_fits, ml_error *err);

/** NULL is allowed. */
ML_API void ml_shards_close(ml_shards *shards);

ML_END_DECLS
#endif
