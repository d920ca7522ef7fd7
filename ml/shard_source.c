/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The values of a part, read some rows at a time. Files are open only meanwhile: there may be more
 * parts than descriptors. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define XXH_INLINE_ALL
#include <xxhash.h>

#include "features_internal.h"
#include "shard_internal.h"

ml_status shard__damaged(const shard_ledger *ledger, const char *what, ml_error *err) {
  return ml_error_at(err, ML_ERR_PARSE, ledger->path, 0, 0, "the part is damaged: %s", what);
}

static ml_status cannot_read(const shard_source *s, ml_error *err) {
  return ml_error_at(err, ML_ERR_IO, s->path, 0, 0, "cannot read: %s", strerror(errno));
}

/* @return bytes that were there, or -1 with errno set */
static ssize_t read_at(int fd, void *to, size_t n, size_t at) {
  size_t done = 0;
  while (done < n) {
    ssize_t got = pread(fd, (char *)to + done, n - done, (off_t)(at + done));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return -1;
    if (got == 0) break;
    done += (size_t)got;
  }
  return (ssize_t)done;
}

static ml_status read_header(shard_source *s, ml_error *err) {
  npy_header header;
  struct stat st;
  char *head = malloc(NPY_HEADER_MAX);
  if (!head) return ml_error_memory(err);
  ml_status status = ML_OK;
  const int fd = open(s->path, O_RDONLY | O_CLOEXEC);
  ssize_t n = fd < 0 || fstat(fd, &st) != 0 ? -1 : read_at(fd, head, NPY_HEADER_MAX, 0);
  if (n < 0) status = cannot_read(s, err);
  if (status == ML_OK)
    status = features__npy_header(head, (size_t)n, (uint64_t)st.st_size, s->path, &header, err);
  if (fd >= 0) close(fd);
  free(head);
  if (status != ML_OK) return status;
  if (header.by_column || header.n_rows != s->ledger->n_rows ||
      header.n_columns != s->ledger->n_columns)
    return ml_error_at(err, ML_ERR_PARSE, s->path, 0, 0,
                       "the values are %zu x %zu, and should be %zu x %zu", header.n_rows,
                       header.n_columns, s->ledger->n_rows, s->ledger->n_columns);
  s->n_rows = header.n_rows;
  s->n_columns = header.n_columns;
  s->n_bytes = header.n_bytes;
  return ML_OK;
}

static ml_status read_names(shard_source *s, ml_error *err) {
  npy_names names = {0};
  ml_buf json = {0};
  char *path = shard__beside(s->ledger, ".columns.json");
  ml_status status = path ? shard__read_text(path, &json, err) : ml_error_memory(err);
  if (status == ML_OK) status = features__npy_names(json.data, json.n, path, &names, err);
  if (status == ML_OK && (names.n_rows != s->n_rows || names.n_columns != s->n_columns))
    status = ml_error_at(err, ML_ERR_PARSE, path, 0, 0, "the names are not those of the part");
  if (status == ML_OK) {
    s->id = names.id;
    s->rows = names.rows;
    s->columns = names.columns;
  } else {
    features__npy_names_release(&names);
  }
  ml_buf_release(&json);
  free(path);
  return status;
}

ml_status shard__open_source(const shard_ledger *ledger, shard_source *out, ml_error *err) {
  *out = (shard_source){.ledger = ledger, .path = shard__beside(ledger, SHARD_VALUES)};
  ml_status status = out->path ? read_header(out, err) : ml_error_memory(err);
  return status == ML_OK ? read_names(out, err) : status;
}

ml_status shard__begin_rows(shard_source *s, size_t size, ml_error *err) {
  const size_t row = s->n_columns * sizeof *s->ahead;
  s->n_ahead = row ? size / row : 1;
  if (s->n_ahead > s->n_rows) s->n_ahead = s->n_rows;
  if (s->n_ahead == 0) s->n_ahead = 1;
  s->ahead = malloc(s->n_ahead * row + 1);
  s->digest = XXH3_createState();
  if (!s->ahead || !s->digest) return ml_error_memory(err);
  XXH3_128bits_reset(s->digest);
  return ML_OK;
}

static ml_status read_ahead(shard_source *s, ml_error *err) {
  const size_t row = s->n_columns * sizeof *s->ahead, left = s->n_rows - s->end;
  const size_t n = left < s->n_ahead ? left : s->n_ahead;
  const int fd = open(s->path, O_RDONLY | O_CLOEXEC);
  const ssize_t got = fd < 0 ? -1 : read_at(fd, s->ahead, n * row, s->n_bytes + s->end * row);
  ml_status status = got < 0 ? cannot_read(s, err) : ML_OK;
  if (fd >= 0) close(fd);
  if (status == ML_OK && (size_t)got < n * row)
    status = ml_error_at(err, ML_ERR_IO, s->path, 0, 0, "the file was cut short while it was read");
  if (status != ML_OK) return status;
  XXH3_128bits_update(s->digest, s->ahead, n * row);
  s->end += n;
  return ML_OK;
}

ml_status shard__next_row(shard_source *s, const double **values, ml_error *err) {
  if (s->at == s->end) {
    ml_status status = read_ahead(s, err);
    if (status != ML_OK) return status;
  }
  *values = s->ahead + (s->at % s->n_ahead) * s->n_columns;
  s->at++;
  return ML_OK;
}

ml_status shard__check_rows(const shard_source *s, ml_error *err) {
  const XXH128_hash_t digest = XXH3_128bits_digest(s->digest);
  char text[ML_INPUT_DIGEST_SIZE];
  snprintf(text, sizeof text, "%016llx%016llx", (unsigned long long)digest.high64,
           (unsigned long long)digest.low64);
  if (strcmp(text, s->ledger->digest) == 0) return ML_OK;
  return shard__damaged(s->ledger, "its values are not those that were written", err);
}

void shard__close_source(shard_source *s) {
  for (size_t i = 0; s->rows && i < s->n_rows; i++) free(s->rows[i]);
  for (size_t j = 0; s->columns && j < s->n_columns; j++) free(s->columns[j]);
  free(s->rows);
  free(s->columns);
  free(s->id);
  free(s->path);
  free(s->map);
  free(s->ahead);
  XXH3_freeState(s->digest);
  *s = (shard_source){0};
}
