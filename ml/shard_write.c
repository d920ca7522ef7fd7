/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Parts as they are written: what was left there goes, and the ledger comes last. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <ml/output.h>

#include "shard_internal.h"

/* What was left by a process that was killed. */
static ml_status sweep(const ml_shard *shard, ml_error *err) {
  static const char *const ends[] = {SHARD_LEDGER, SHARD_VALUES, ".columns.json"};
  ml_status status = ML_OK;
  for (size_t i = 0; i < sizeof ends / sizeof *ends && status == ML_OK; i++) {
    char *path = NULL;
    status = ml_shard_path(shard, ends[i], &path, err);
    if (status == ML_OK) ml_output_sweep(path);
    free(path);
  }
  return status;
}

/* An old ledger must not speak of new files. */
static ml_status withdraw(const ml_shard *shard, ml_error *err) {
  char *path = NULL;
  ml_status status = ml_shard_path(shard, SHARD_LEDGER, &path, err);
  if (status == ML_OK && unlink(path) != 0 && errno != ENOENT)
    status = ml_error_at(err, ML_ERR_IO, path, 0, 0, "cannot remove: %s", strerror(errno));
  free(path);
  return status;
}

ml_status shard__begin(const ml_shard *shard, ml_error *err) {
  ml_status status = sweep(shard, err);
  return status == ML_OK ? withdraw(shard, err) : status;
}

ml_status ml_shard_write_fits(const ml_shard *shard, size_t n_fits, double seconds,
                              const ml_watch *watch, ml_error *err) {
  ml_buf text = {0};
  char *path = NULL, digest[ML_INPUT_DIGEST_SIZE];
  uint64_t n_bytes = 0;
  ml_status status = sweep(shard, err);
  if (status == ML_OK) status = ml_shard_path(shard, SHARD_FITS, &path, err);
  if (status == ML_OK) status = shard__digest(path, watch, &n_bytes, digest, err);
  free(path);
  if (status != ML_OK) return status;
  shard__put_head(shard, &text);
  ml_buf_printf(&text, ",\n\"seconds\": %.3f, \"rows\": %zu, \"columns\": 0, \"xxh3\": \"%s\"",
                seconds, n_fits, digest);
  return shard__put_ledger(shard, &text, err);
}
