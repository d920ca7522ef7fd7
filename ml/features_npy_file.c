/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A .npy file with its names beside it: its parts one after another. */
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <ml/csv_internal.h>

#include "features_internal.h"

/* As many bytes as there are, up to size. */
static ml_status read_up_to(ml_input *input, char *to, size_t size, size_t *n, ml_error *err) {
  size_t got = 1;
  ml_status status = ML_OK;
  for (*n = 0; *n < size && got > 0 && status == ML_OK; *n += status == ML_OK ? got : 0)
    status = ml_input_read(input, to + *n, size - *n, &got, err);
  return status;
}

static ml_status read_beside(npy_file *f, ml_error *err) {
  enum { STEP = 1 << 16 };
  ml_input *input = NULL;
  ml_buf json = {0};
  size_t n = STEP;
  ml_status status = ml_matrix_beside(f->path, ML_FORMAT_NPY, &f->beside, err);
  if (status == ML_OK) status = ml_input_open(f->beside, NULL, &input, err);
  while (status == ML_OK && n == STEP) {
    char *to = ml_buf_reserve(&json, STEP);
    status = to ? read_up_to(input, to, STEP, &n, err) : ml_error_memory(err);
    if (status == ML_OK) json.n += n;
  }
  ml_input_close(input);
  if (status == ML_OK) status = features__npy_names(json.data, json.n, f->beside, &f->names, err);
  ml_buf_release(&json);
  return status;
}

static ml_status check_names(const npy_file *f, const char *id, ml_error *err) {
  const npy_header *h = &f->header;
  const npy_names *names = &f->names;
  if (h->n_rows != names->n_rows || h->n_columns != names->n_columns)
    return ml_error_at(err, ML_ERR_PARSE, f->beside, 0, 0,
                       "%zu ids and %zu columns do not fit the %zu x %zu values of the .npy file",
                       names->n_rows, names->n_columns, h->n_rows, h->n_columns);
  if (h->n_rows == 0 || h->n_rows >= UINT32_MAX)
    return ml_error_at(err, ML_ERR_PARSE, f->path, 0, 0, h->n_rows ? "too many rows" : "no rows");
  if (!id || !*id || strcmp(id, names->id) == 0) return ML_OK;
  char shown[CSV_QUOTE_MAX], has[CSV_QUOTE_MAX];
  return ml_error_at(err, ML_ERR_USAGE, f->beside, 0, 0, "the ids are \"%s\", not \"%s\"",
                     csv__quote(names->id, strlen(names->id), has),
                     csv__quote(id, strlen(id), shown));
}

ml_status npy__open(const char *path, const char *id, const ml_watch *watch, npy_file *file,
                    ml_error *err) {
  struct stat st;
  *file = (npy_file){.path = path, .watch = watch, .head = malloc(NPY_HEADER_MAX)};
  ml_status status =
      file->head ? ml_input_open(path, watch, &file->input, err) : ml_error_memory(err);
  if (status == ML_OK && (stat(path, &st) != 0 || !S_ISREG(st.st_mode)))
    status = ml_error_at(err, ML_ERR_IO, path, 0, 0, "not a file");
  if (status == ML_OK)
    status = read_up_to(file->input, file->head, NPY_HEADER_MAX, &file->n_head, err);
  if (status == ML_OK)
    status = features__npy_header(file->head, file->n_head, (uint64_t)st.st_size, path,
                                  &file->header, err);
  file->head_at = file->header.n_bytes;
  if (status == ML_OK) status = read_beside(file, err);
  return status == ML_OK ? check_names(file, id, err) : status;
}

ml_status npy__read(npy_file *file, void *to, size_t n, ml_error *err) {
  enum { STEP = 1 << 22 };
  const size_t ahead = file->n_head - file->head_at, n_ahead = ahead < n ? ahead : n;
  if (n_ahead > 0) memcpy(to, file->head + file->head_at, n_ahead);
  file->head_at += n_ahead;
  for (size_t at = n_ahead, got; at < n; at += got) {
    const size_t step = n - at < STEP ? n - at : STEP;
    ml_status status = read_up_to(file->input, (char *)to + at, step, &got, err);
    if (status == ML_OK && ml_watch_cancelled(file->watch))
      status = ml_error_at(err, ML_ERR_CANCELLED, file->path, 0, 0, "interrupted");
    if (status == ML_OK && got < step)
      status =
          ml_error_at(err, ML_ERR_IO, file->path, 0, 0, "the file was cut short while it was read");
    if (status != ML_OK) return status;
  }
  return ML_OK;
}

void npy__release(npy_file *file) {
  ml_input_close(file->input);
  features__npy_names_release(&file->names);
  free(file->head);
  free(file->beside);
  *file = (npy_file){0};
}
