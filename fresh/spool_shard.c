/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The rows of a spool as a part of a whole that several machines make. */
#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define XXH_INLINE_ALL
#include <xxhash.h>

#include <ml/shard_internal.h>

#include "spool.h"

/* ---- values -------------------------------------------------------------------------------- */

static ml_status fail_read(const char *path, int why, ml_error *err) {
  return ml_error_at(err, ML_ERR_IO, path, 0, 0, "cannot read: %s", strerror(why));
}

/* Of the values at the end of a file, from where they are now: that is what has to be merged. */
static ml_status digest_file(int fd, const char *path, uint64_t n, XXH3_state_t *state,
                             ml_error *err) {
  enum { STEP = 1 << 18 };
  const off_t end = lseek(fd, 0, SEEK_END);
  char *bytes = malloc(STEP);
  ml_status status = bytes ? ML_OK : ml_error_memory(err);
  if (status == ML_OK && end < (off_t)n) status = fail_read(path, end < 0 ? errno : EIO, err);
  while (status == ML_OK && n > 0) {
    const ssize_t got = pread(fd, bytes, n < STEP ? (size_t)n : STEP, end - (off_t)n);
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) status = fail_read(path, got < 0 ? errno : EIO, err);
    if (status == ML_OK) XXH3_128bits_update(state, bytes, (size_t)got);
    n -= got > 0 ? (uint64_t)got : 0;
  }
  free(bytes);
  return status;
}

static ml_status digest_values(const ml_spool *s, const char *path, XXH3_state_t *state,
                               ml_error *err) {
  const uint64_t n = (uint64_t)s->n_rows * s->layout.n_columns * sizeof(double);
  if (n == 0) return ML_OK;
  const int fd = open(path, O_RDONLY | O_CLOEXEC);
  if (fd < 0) return fail_read(path, errno, err);
  ml_status status = digest_file(fd, path, n, state, err);
  close(fd);
  return status;
}

static ml_status put_digest(const ml_spool *s, const char *path, ml_buf *out, ml_error *err) {
  XXH3_state_t *state = XXH3_createState();
  if (!state) return ml_error_memory(err);
  XXH3_128bits_reset(state);
  ml_status status = digest_values(s, path, state, err);
  const XXH128_hash_t digest = XXH3_128bits_digest(state);
  ml_buf_printf(out, ",\n\"xxh3\": \"%016llx%016llx\"", (unsigned long long)digest.high64,
                (unsigned long long)digest.low64);
  XXH3_freeState(state);
  return status;
}

/* ---- the ledger ---------------------------------------------------------------------------- */

/* What does not hold for all ids of the input, in the order of series_forms. */
static void put_forms(const series_forms *f, ml_buf *out) {
  ml_buf_printf(out, ",\n\"forms\": [%d, %d, %d, %d, %d]", f->not_numbers, f->not_whole,
                f->not_pairs, f->not_first_numbers, f->not_second_numbers);
}

/* The columns of a kind: of those of all kinds the heads come first, and then the tails. */
static ml_status put_columns(const ml_spool *s, const char *kind, ml_buf *out, ml_error *err) {
  fresh_plan plan;
  ml_status status = fresh__plan_init(&plan, fresh__list_of(s->settings, kind),
                                      s->settings->is_modern, s->all.clock == ML_CLOCK_TIME, err);
  if (status != ML_OK) return status;
  ml_buf_printf(out, ", \"columns\": [%zu, %zu]}", plan.n_head, plan.n_columns - plan.n_head);
  fresh__plan_release(&plan);
  return ML_OK;
}

/* With the least id that has a series of the kind: kinds come in the order of those. */
static ml_status put_kinds(const ml_spool *s, ml_buf *out, ml_error *err) {
  ml_status status = ML_OK;
  ml_buf_printf(out, ",\n\"long\": %s, \"kinds\": [", s->all.is_long ? "true" : "false");
  for (size_t k = 0; k < s->kinds.n_kinds && status == ML_OK; k++) {
    const char *first = spool__first_id(&s->kinds, k, s->file.form);
    ml_buf_puts(out, k ? ",\n  {\"name\": " : "{\"name\": ");
    ml_buf_json_string(out, s->kinds.kinds[k]);
    ml_buf_puts(out, ", \"first\": ");
    if (first)
      ml_buf_json_string(out, first);
    else
      ml_buf_puts(out, "null");
    status = put_columns(s, s->kinds.kinds[k], out, err);
  }
  ml_buf_puts(out, "]");
  return status;
}

typedef struct windows {
  ml_buf *out;
  ml_buf id; /* of the last rows, n of them, with its NUL */
  size_t n;
} windows;

static void end_windows(windows *w) {
  if (w->n == 0 || w->id.failed) return;
  ml_buf_puts(w->out, w->out->data[w->out->n - 1] == '[' ? "[" : ", [");
  ml_buf_json_string(w->out, w->id.data);
  ml_buf_printf(w->out, ", %zu]", w->n);
}

static void note_window(windows *w, const spool_row *row) {
  const bool is_same = w->n > 0 && strcmp(w->id.data, row->id) == 0;
  if (!is_same) {
    end_windows(w);
    ml_buf_clear(&w->id);
    ml_buf_put(&w->id, row->id, row->head.n_id);
    w->n = 0;
  }
  w->n++;
}

/* How many windows each series has, in their order. */
static ml_status put_windows(ml_spool *s, ml_buf *out, ml_error *err) {
  windows w = {.out = out};
  spool_merge *merge = NULL;
  spool_row row = {0};
  ml_buf_puts(out, ",\n\"windows\": [");
  ml_status status =
      spool__merge_open(&s->file, &s->kinds, (size_t)(s->opts.memory / 2), &merge, err);
  while (status == ML_OK && !out->failed && !w.id.failed) {
    status = spool__merge_next(merge, &row, err);
    if (status != ML_OK || !row.bytes) break;
    note_window(&w, &row);
  }
  end_windows(&w);
  ml_buf_puts(out, "]");
  if (status == ML_OK && (out->failed || w.id.failed)) status = ml_error_memory(err);
  spool__merge_close(merge);
  ml_buf_release(&w.id);
  return status;
}

static ml_status put_ledger(ml_spool *s, const ml_shard *shard, const char *values, double seconds,
                            ml_buf *out, ml_error *err) {
  shard__put_head(shard, out);
  ml_buf_printf(out, ",\n\"seconds\": %.3f, \"read\": %zu, \"rows\": %zu, \"columns\": %zu",
                seconds, s->all.n_rows, s->n_rows, s->n_rows ? s->layout.n_columns : 0);
  ml_status status = put_digest(s, values, out, err);
  put_forms(&s->file.form, out);
  if (status == ML_OK && s->settings->order.n == 0) status = put_kinds(s, out, err);
  if (status == ML_OK && s->has_windows) status = put_windows(s, out, err);
  return status;
}

ml_status ml_shard_write(const ml_shard *shard, ml_spool *s, double seconds, ml_error *err) {
  assert(shard && s && s->was_any);
  ml_buf text = {0};
  char *path = NULL;
  ml_status status = shard__begin(shard, err);
  if (status == ML_OK) status = ml_shard_path(shard, SHARD_VALUES, &path, err);
  if (status == ML_OK && s->n_rows > 0) status = ml_spool_write(s, path, ML_FORMAT_NPY, false, err);
  if (status == ML_OK) status = put_ledger(s, shard, path, seconds, &text, err);
  if (status == ML_OK) status = shard__put_ledger(shard, &text, err);
  ml_buf_release(&text);
  free(path);
  return status;
}
