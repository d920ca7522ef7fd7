/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The journal of a run: its file, and what is written to it. A line that was torn when the run was
 * killed is cut off; everything else that is not as it was written is an error. */
#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "checkpoint_internal.h"

#define HEAD "{\"format\":\"mltool-xval/1\",\"run\":\""

enum { DIGEST = 32, SYNC_SECONDS = 1 };

static ml_status cannot(const journal *j, const char *what, ml_error *err) {
  return ml_error_set(err, ML_ERR_IO, "cannot %s checkpoint '%s': %s", what, j->path,
                      strerror(errno));
}

/* ---- which run it is ------------------------------------------------------------------------- */

/* A digest of all that decides what is computed, and of nothing that depends on a build. */
static ml_status digest_run(const xval_run *run, char out[2 * DIGEST + 1], ml_error *err) {
  xval_plan plan = run->plan;
  ml_buf bytes = {0};
  unsigned char digest[DIGEST];
  crypto_generichash_state state;
  const uint64_t early = run->opts->early;
  plan.n_shared = 0;
  plan.scenes = calloc(plan.n_scenes + 1, sizeof *plan.scenes);
  if (!plan.scenes) return ml_error_memory(err);
  for (size_t s = 0; s < plan.n_scenes; s++)
    plan.scenes[s] =
        (xval_scene){.folds = run->plan.scenes[s].folds, .seed = run->plan.scenes[s].seed};
  ml_status status = plan__pack(&plan, plan.model->name,
                                run->place.is_file ? run->place.digest : NULL, &bytes, err);
  free(plan.scenes);
  if (status == ML_OK) {
    crypto_generichash_init(&state, NULL, 0, DIGEST);
    crypto_generichash_update(&state, (const void *)bytes.data, bytes.n);
    crypto_generichash_update(&state, (const void *)&early, sizeof early);
    crypto_generichash_update(&state, (const void *)plan.data.x,
                              plan.data.n_rows * plan.data.n_features * sizeof(double));
    crypto_generichash_final(&state, digest, DIGEST);
    sodium_bin2hex(out, 2 * DIGEST + 1, digest, DIGEST);
  }
  ml_buf_release(&bytes);
  return status;
}

/* ---- open ------------------------------------------------------------------------------------ */

static ml_status read_all(journal *j, ml_buf *out, ml_error *err) {
  struct stat st;
  if (fstat(j->fd, &st) != 0) return cannot(j, "read", err);
  if (!S_ISREG(st.st_mode))
    return ml_error_set(err, ML_ERR_IO, "checkpoint '%s' is no file", j->path);
  size_t n = (size_t)st.st_size;
  char *to = ml_buf_reserve(out, n + 1);
  if (!to) return ml_error_memory(err);
  while (out->n < n) {
    ssize_t got = pread(j->fd, to + out->n, n - out->n, (off_t)out->n);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return cannot(j, "read", err);
    if (got == 0) break;
    out->n += (size_t)got;
  }
  return ML_OK;
}

static ml_status write_all(journal *j, const char *data, size_t n, ml_error *err) {
  while (n > 0) {
    ssize_t done = write(j->fd, data, n);
    if (done < 0 && errno == EINTR) continue;
    if (done <= 0) return cannot(j, "write to", err);
    data += done;
    n -= (size_t)done;
  }
  return ML_OK;
}

/* @param[out] end  of the lines that are whole */
static ml_status read_lines(xval_run *run, const char *text, size_t n, size_t *end, ml_error *err) {
  journal *j = run->journal;
  for (size_t line = 2; *end < n; line++) {
    const char *at = text + *end, *stop = memchr(at, '\n', n - *end);
    if (!stop) return ML_OK; /* torn */
    size_t length = (size_t)(stop - at);
    bool is_last = *end + length + 1 == n;
    ml_status status = journal__read_line(run, at, length, err);
    if (status == ML_ERR_PARSE && is_last) return ML_OK;
    if (status == ML_ERR_PARSE)
      return ml_error_at(err, ML_ERR_PARSE, j->path, line, 0, "the checkpoint is damaged");
    if (status != ML_OK) return status;
    *end += length + 1;
  }
  return ML_OK;
}

static ml_status read_journal(xval_run *run, const char *head, const ml_buf *text, ml_error *err) {
  journal *j = run->journal;
  size_t n_head = strlen(head), n = text->n, end = 0;
  bool is_torn = n < n_head && memcmp(text->data, head, n) == 0;
  ml_status status = ML_OK;
  if (n >= n_head && memcmp(text->data, head, n_head) == 0) {
    end = n_head;
    status = read_lines(run, text->data, n, &end, err);
  } else if (!is_torn && n >= strlen(HEAD) && memcmp(text->data, HEAD, strlen(HEAD)) == 0) {
    return ml_error_set(err, ML_ERR_USAGE,
                        "checkpoint '%s' is of another run: other data, folds, candidates or "
                        "options",
                        j->path);
  } else if (!is_torn) {
    return ml_error_set(err, ML_ERR_PARSE, "'%s' is no checkpoint of a cross-validation", j->path);
  }
  if (status != ML_OK) return status;
  journal__sort(j);
  if (end < n && ftruncate(j->fd, (off_t)end) != 0) return cannot(j, "cut", err);
  if (lseek(j->fd, 0, SEEK_END) < 0) return cannot(j, "write to", err);
  return end == 0 ? write_all(j, head, n_head, err) : ML_OK;
}

static ml_status open_file(journal *j, ml_error *err) {
  j->fd = open(j->path, O_RDWR | O_CREAT | O_CLOEXEC | O_NONBLOCK | O_NOCTTY, 0666);
  if (j->fd < 0) return cannot(j, "open", err);
  if (flock(j->fd, LOCK_EX | LOCK_NB) == 0) return ML_OK;
  if (errno == EWOULDBLOCK)
    return ml_error_set(err, ML_ERR_USAGE, "checkpoint '%s' is in use by another run", j->path);
  return cannot(j, "lock", err);
}

ml_status journal__open(xval_run *run, ml_error *err) {
  char digest[2 * DIGEST + 1], head[sizeof HEAD + sizeof digest + 8];
  ml_buf text = {0};
  journal *j = calloc(1, sizeof *j);
  if (!j) return ml_error_memory(err);
  *j = (journal){.path = run->opts->checkpoint, .fd = -1};
  run->journal = j;
  ml_status status = digest_run(run, digest, err);
  if (status == ML_OK) status = open_file(j, err);
  if (status == ML_OK) status = read_all(j, &text, err);
  if (status == ML_OK) {
    snprintf(head, sizeof head, "%s%s\"}\n", HEAD, digest);
    status = read_journal(run, head, &text, err);
  }
  ml_buf_release(&text);
  return status;
}

/* ---- write ----------------------------------------------------------------------------------- */

ml_status journal__add(xval_run *run, const item_list *list, size_t item, const ml_block *kept,
                       const void *out, size_t n_out, ml_error *err) {
  journal *j = run->journal;
  ml_buf line = {0};
  journal__put_line(run, list, item, kept, out, n_out, &line);
  ml_status status = line.failed ? ml_error_memory(err) : write_all(j, line.data, line.n, err);
  ml_buf_release(&line);
  double now = xval__seconds();
  if (status == ML_OK && now - j->synced >= SYNC_SECONDS) {
    j->synced = now;
    if (fdatasync(j->fd) != 0) status = cannot(j, "write to", err);
  }
  return status;
}

ml_status journal__close(xval_run *run, ml_error *err) {
  journal *j = run->journal;
  ml_status status = ML_OK;
  if (!j) return ML_OK;
  if (j->fd >= 0 && fdatasync(j->fd) != 0 && errno != EINVAL) status = cannot(j, "write to", err);
  if (j->fd >= 0) close(j->fd);
  journal__release_entries(j);
  free(j);
  run->journal = NULL;
  return status;
}
