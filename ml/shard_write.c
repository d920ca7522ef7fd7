/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Parts as they are written: values, names, and at last the ledger. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define XXH_INLINE_ALL
#include <xxhash.h>

#include <ml/output.h>
#include <ml/series_internal.h>

#include "shard_internal.h"

static void put_digest(const ml_matrix *matrix, ml_buf *out) {
  const size_t size = matrix ? matrix->n_rows * matrix->n_columns * sizeof *matrix->values : 0;
  const XXH128_hash_t digest = XXH3_128bits(size ? matrix->values : NULL, size);
  ml_buf_printf(out, ",\n\"xxh3\": \"%016llx%016llx\"", (unsigned long long)digest.high64,
                (unsigned long long)digest.low64);
}

/* The first id that has a series of this kind: kinds come in the order of those. */
static void put_first(const ml_series_set *set, size_t k, ml_buf *out) {
  const uint32_t first = set->kind_first ? set->kind_first[k] : UINT32_MAX;
  if (first == UINT32_MAX)
    ml_buf_puts(out, "null");
  else
    ml_buf_json_string(out, (set->parents ? set->parents : set->ids)[first]);
}

static void put_kinds(const ml_series_set *set, const ml_fresh_layout *layout, ml_buf *out) {
  ml_buf_printf(out, ",\n\"long\": %s, \"kinds\": [", set->is_long ? "true" : "false");
  for (size_t k = 0; k < set->n_kinds; k++) {
    ml_buf_puts(out, k ? ",\n  {\"name\": " : "{\"name\": ");
    ml_buf_json_string(out, set->kinds[k]);
    ml_buf_puts(out, ", \"first\": ");
    put_first(set, k, out);
    ml_buf_printf(out, ", \"columns\": [%zu, %zu]}", layout->heads[k], layout->tails[k]);
  }
  ml_buf_puts(out, "]");
}

/* What does not hold for all ids of the input, in the order of series_forms. */
static void put_forms(const series_forms *f, ml_buf *out) {
  ml_buf_printf(out, ",\n\"forms\": [%d, %d, %d, %d, %d]", f->not_numbers, f->not_whole,
                f->not_pairs, f->not_first_numbers, f->not_second_numbers);
}

/* How many windows each series has, in their order. */
static void put_windows(const ml_series_set *set, ml_buf *out) {
  ml_buf_puts(out, ",\n\"windows\": [");
  for (size_t i = 0, n; i < set->n_ids; i += n) {
    for (n = 1; i + n < set->n_ids && set->parent[i + n] == set->parent[i];) n++;
    ml_buf_puts(out, i ? ", [" : "[");
    ml_buf_json_string(out, ml_series_parent(set, i));
    ml_buf_printf(out, ", %zu]", n);
  }
  ml_buf_puts(out, "]");
}

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

static ml_status write_values(const ml_shard *shard, const ml_matrix *matrix, const ml_watch *watch,
                              ml_error *err) {
  char *path = NULL;
  ml_status status = ml_shard_path(shard, SHARD_VALUES, &path, err);
  if (status == ML_OK) status = ml_matrix_write(matrix, path, ML_FORMAT_NPY, watch, err);
  free(path);
  return status;
}

ml_status ml_shard_write(const ml_shard *shard, const ml_series_set *set, const ml_matrix *matrix,
                         const ml_fresh_layout *layout, double seconds, const ml_watch *watch,
                         ml_error *err) {
  ml_buf text = {0};
  ml_status status = sweep(shard, err);
  if (status == ML_OK) status = withdraw(shard, err);
  if (status == ML_OK && matrix) status = write_values(shard, matrix, watch, err);
  if (status != ML_OK) return status;
  shard__put_head(shard, &text);
  ml_buf_printf(&text, ",\n\"seconds\": %.3f, \"read\": %zu, \"rows\": %zu, \"columns\": %zu",
                seconds, set->n_rows, matrix ? matrix->n_rows : 0, matrix ? matrix->n_columns : 0);
  put_digest(matrix, &text);
  put_forms(&set->forms, &text);
  if (layout->heads) put_kinds(set, layout, &text);
  if (set->parents) put_windows(set, &text);
  return shard__put_ledger(shard, &text, err);
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
