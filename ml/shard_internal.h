/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Ledgers of parts, and the parts of a whole; never installed. */
#ifndef ML_SHARD_INTERNAL_H
#define ML_SHARD_INTERNAL_H

#include <jansson.h>

#include <ml/buffer.h>
#include <ml/series_internal.h>
#include <ml/shard.h>

#define SHARD_LEDGER ".json"
#define SHARD_VALUES ".npy"
#define SHARD_FITS   ".checkpoint"

/* What the ledger of a part says; everything in it has been checked for itself. */
typedef struct shard_ledger {
  char *path; /* of the ledger */
  json_t *json;
  size_t number, n;
  const char *of, *version, *digest; /* in json; digest of the values, or of the fits */
  json_t *options, *inputs;          /* in json */
  size_t n_rows, n_columns;          /* of features; of a search: fits, 0 */
} shard_ledger;

struct ml_shards {
  shard_ledger *ledgers; /* n, by their numbers */
  size_t n;
};

/* "DIR/part-I-of-N" is in a path as this. @return whether it ends so; n is checked */
bool shard__parse_name(const char *path, size_t *number, size_t *n);

/* @retval ML_ERR_IO  it is not there  @retval ML_ERR_PARSE  it is no ledger, or not of its name */
ml_status shard__read_ledger(const char *path, shard_ledger *out, ml_error *err);
void shard__release_ledger(shard_ledger *ledger);

/* The path of another file of the part. @return from malloc(); NULL when memory ran out */
char *shard__beside(const shard_ledger *ledger, const char *end);

/* A count that is there. */
bool shard__get_count(const json_t *object, const char *name, size_t *out);

/* Take away what a process that was killed has left, and the ledger of other files. */
ml_status shard__begin(const ml_shard *shard, ml_error *err);

/* What two parts of one whole must have in common, but for their inputs. @return what differs, in
 * words; NULL: nothing. When memory ran out words have failed. */
const char *shard__differ(const json_t *options, const shard_ledger *ledger, const char *of,
                          const char *version, ml_buf *words);

/* Append what ledgers have in common, up to their own members. */
void shard__put_head(const ml_shard *shard, ml_buf *out);
/* Write it, with a check at its end; releases text. */
ml_status shard__put_ledger(const ml_shard *shard, ml_buf *text, ml_error *err);

/* A row, or the windows of one series. */
typedef struct shard_unit {
  const char *id; /* of the row, or of the series */
  size_t part, first, n;
} shard_unit;

/* A part whose rows are read, in their order. */
typedef struct shard_source {
  const shard_ledger *ledger;
  char *path; /* of the values */
  char *id;   /* name of the ids */
  char **rows, **columns;
  size_t n_rows, n_columns, n_bytes; /* n_bytes: in front of the values */
  size_t *map;   /* of each column of the whole: which one it is here; SIZE_MAX: none */
  double *ahead; /* rows [at, end) lie there, of which it has room for n_ahead */
  size_t at, end, n_ahead;
  void *digest; /* XXH3 of the values up to the row `end` */
} shard_source;

typedef struct shard_merge {
  const ml_shards *shards;
  shard_source *sources; /* n, those with rows */
  size_t n;
  shard_unit *units; /* n_units, in the order of the whole */
  size_t n_units, n_rows;
  bool are_numbers;
  char **columns; /* of the whole, borrowed from the sources */
  size_t n_columns;
  const ml_watch *watch;
  size_t unit, within; /* the next row */
} shard_merge;

/* Put the columns of the whole together, and say for each source where they are. */
ml_status shard__make_columns(shard_merge *merge, ml_error *err);

/* What does not hold for all ids. @retval ML_ERR_PARSE */
ml_status shard__read_forms(const shard_ledger *ledger, series_forms *out, ml_error *err);

/* Names and size of a part. */
ml_status shard__open_source(const shard_ledger *ledger, shard_source *out, ml_error *err);
/* Room for rows that are read ahead. @param size  bytes for this part */
ml_status shard__begin_rows(shard_source *source, size_t size, ml_error *err);
/* @param[out] values  of the next row, in the order of the part */
ml_status shard__next_row(shard_source *source, const double **values, ml_error *err);
/* All rows were read: were they as they were written? */
ml_status shard__check_rows(const shard_source *source, ml_error *err);
void shard__close_source(shard_source *source);

ml_status shard__read_text(const char *path, ml_buf *text, ml_error *err);
/* What is read must not be written. @retval ML_ERR_USAGE */
ml_status shard__check_output(const ml_shards *shards, const char *path, ml_error *err);

ml_status shard__damaged(const shard_ledger *ledger, const char *what, ml_error *err);

/* Read a file to its end. @param[out] n_bytes, digest  of ml_input_digest() */
ml_status shard__digest(const char *path, const ml_watch *watch, uint64_t *n_bytes,
                        char digest[ML_INPUT_DIGEST_SIZE], ml_error *err);

#endif
