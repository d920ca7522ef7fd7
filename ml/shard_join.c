/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Checkpoints of the parts of a search into one: the first line of each says which run it is, the
 * others are the fits. */
#include <stdlib.h>
#include <string.h>

#include <ml/output.h>

#include "shard_internal.h"

enum { HEAD_MAX = 256, STEP = 1 << 18 };

typedef struct joining {
  ml_output *out;
  char head[HEAD_MAX]; /* of the first part */
  size_t n_head;       /* 0: there was none yet */
  char *bytes;         /* STEP */
  const ml_watch *watch;
} joining;

/* The first line of a part; only that of the first is written. */
static ml_status take_head(joining *j, const shard_ledger *ledger, size_t n, size_t *n_line,
                           ml_error *err) {
  const char *end = memchr(j->bytes, '\n', n);
  *n_line = end ? (size_t)(end - j->bytes) + 1 : 0;
  if (*n_line == 0 || *n_line > HEAD_MAX)
    return shard__damaged(ledger, "its checkpoint is none", err);
  if (j->n_head > 0 && (*n_line != j->n_head || memcmp(j->head, j->bytes, j->n_head) != 0))
    return ml_error_at(err, ML_ERR_PARSE, ledger->path, 0, 0,
                       "the part is of another run: other data, folds, candidates or options");
  if (j->n_head > 0) return ML_OK;
  memcpy(j->head, j->bytes, *n_line);
  j->n_head = *n_line;
  return ml_output_write(j->out, j->head, j->n_head, err);
}

static ml_status copy(joining *j, ml_input *input, const shard_ledger *ledger, ml_error *err) {
  size_t n_ahead = 0, n = 1, skip = 0;
  ml_status status = ML_OK;
  while (status == ML_OK && n > 0 && n_ahead < HEAD_MAX) {
    status = ml_input_read(input, j->bytes + n_ahead, STEP - n_ahead, &n, err);
    if (status == ML_OK) n_ahead += n;
  }
  if (status == ML_OK) status = take_head(j, ledger, n_ahead, &skip, err);
  if (status == ML_OK) status = ml_output_write(j->out, j->bytes + skip, n_ahead - skip, err);
  while (status == ML_OK && n > 0) {
    status = ml_input_read(input, j->bytes, STEP, &n, err);
    if (status == ML_OK && ml_watch_cancelled(j->watch))
      status = ml_error_set(err, ML_ERR_CANCELLED, "interrupted");
    if (status == ML_OK) status = ml_output_write(j->out, j->bytes, n, err);
  }
  return status;
}

static ml_status add_part(joining *j, const shard_ledger *ledger, ml_error *err) {
  char *path = shard__beside(ledger, SHARD_FITS), digest[ML_INPUT_DIGEST_SIZE];
  ml_input *input = NULL;
  ml_status status = path ? ml_input_open(path, NULL, &input, err) : ml_error_memory(err);
  if (status == ML_OK) status = copy(j, input, ledger, err);
  if (status == ML_OK) {
    (void)ml_input_digest(input, digest);
    if (strcmp(digest, ledger->digest) != 0)
      status = shard__damaged(ledger, "its checkpoint is not what was written", err);
  }
  ml_input_close(input);
  free(path);
  return status;
}

ml_status ml_shards_join(const ml_shards *shards, const char *path, const ml_watch *watch,
                         size_t *n_fits, ml_error *err) {
  joining j = {.watch = watch, .bytes = malloc(STEP)};
  ml_status status = j.bytes ? shard__check_output(shards, path, err) : ml_error_memory(err);
  if (status == ML_OK) status = ml_output_open(path, &j.out, err);
  *n_fits = 0;
  for (size_t i = 0; i < shards->n && status == ML_OK; i++) {
    status = add_part(&j, &shards->ledgers[i], err);
    *n_fits += shards->ledgers[i].n_rows;
  }
  free(j.bytes);
  if (status == ML_OK) return ml_output_commit(j.out, err);
  ml_output_abort(j.out);
  return status;
}
