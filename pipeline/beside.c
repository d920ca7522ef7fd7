/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The pickle of a model. Its name has its digest: a new one never takes the place of the one that
 * an older file needs, so that whatever file is there has its own. */
#include "beside.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <ml/output.h>
#include <ml/utf8.h>

#include "load.h"

enum { SHOWN = 16 /* digits of the digest in the name */, DIGITS = 2 * crypto_hash_sha256_BYTES };

static const char entry[] = "pickle", ending[] = ".pickle";

static void digest(const void *bytes, size_t n, char out[DIGITS + 1]) {
  unsigned char hash[crypto_hash_sha256_BYTES];
  crypto_hash_sha256(hash, bytes, n);
  sodium_bin2hex(out, DIGITS + 1, hash, sizeof hash);
}

/* ---- names ------------------------------------------------------------------------------------
 */

static const char *base_of(const char *path) {
  const char *slash = strrchr(path, '/');
  return slash ? slash + 1 : path;
}

/* The path of a file in the same folder. @return NULL: no memory; free() it */
static char *in_folder(const char *path, const char *name) {
  char *out;
  return asprintf(&out, "%.*s%s", (int)(base_of(path) - path), path, name) < 0 ? NULL : out;
}

/* Is it BASE.0123456789abcdef.pickle? */
static bool is_ours(const char *name, const char *base) {
  const size_t n = strlen(base);
  if (strncmp(name, base, n) != 0 || name[n] != '.') return false;
  const char *digits = name + n + 1;
  return strspn(digits, "0123456789abcdef") == SHOWN && strcmp(digits + SHOWN, ending) == 0;
}

/* ---- saving -----------------------------------------------------------------------------------
 */

static char *make_name(ml_arena *arena, const char *path, const char *digits) {
  const char *base = base_of(path);
  const size_t n = strlen(base) + 1 + SHOWN + sizeof ending;
  char *name = ml_arena_alloc(arena, n);
  if (name) snprintf(name, n, "%s.%.*s%s", base, (int)SHOWN, digits, ending);
  return name;
}

static ml_status take_bytes(const char *path, ml_arena *arena, ml_value *pickle, beside *out,
                            ml_error *err) {
  static const char *const names[] = {"file", "size", "sha256"};
  char *digits = ml_arena_alloc(arena, DIGITS + 1);
  if (!digits) return ml_error_memory(err);
  digest(pickle->as.s.text, pickle->as.s.n, digits);
  *out = (beside){.path = path,
                  .name = make_name(arena, path, digits),
                  .bytes = pickle->as.s.text,
                  .n = pickle->as.s.n};
  ml_value *values = out->name ? ml_value_new_dict(arena, names, 3, pickle) : NULL;
  if (!values) return ml_error_memory(err);
  values[0] = ml_value_string(out->name);
  values[1] = ml_value_int((int64_t)out->n);
  values[2] = ml_value_string(digits);
  return ML_OK;
}

ml_status beside__take(const char *path, ml_arena *arena, ml_value *saved, beside *out,
                       ml_error *err) {
  ml_value *pickle = (ml_value *)ml_value_find(saved, entry);
  if (!pickle || pickle->type != ML_TYPE_BYTES)
    return ml_error_set(err, ML_ERR_USAGE, "the model has saved no pickle");
  if (!path || strcmp(path, "-") == 0)
    return ml_error_set(err, ML_ERR_USAGE,
                        "the model has a pickle, which is kept in a file beside its own: name the "
                        "file");
  if (!utf8__is_text(base_of(path), strlen(base_of(path))))
    return ml_error_set(err, ML_ERR_USAGE,
                        "the name of the file is not UTF-8, and that of its pickle is kept in it");
  return take_bytes(path, arena, pickle, out, err);
}

ml_status beside__write(const beside *kept, ml_error *err) {
  ml_output *out;
  char *path = in_folder(kept->path, kept->name);
  if (!path) return ml_error_memory(err);
  ml_status status = ml_output_open(path, &out, err);
  free(path);
  if (status != ML_OK) return status;
  status = ml_output_write(out, kept->bytes, kept->n, err);
  if (status == ML_OK) return ml_output_commit(out, err);
  ml_output_abort(out);
  return status;
}

/* ---- tidying ----------------------------------------------------------------------------------
 */

/* The first pickle of a file that nothing of its text names. @return NULL: there is none */
static const char *find_other(DIR *folder, const char *base, const ml_buf *text) {
  for (const struct dirent *one; (one = readdir(folder));)
    if (is_ours(one->d_name, base) &&
        (text->n == 0 || !memmem(text->data, text->n, one->d_name, strlen(one->d_name))))
      return one->d_name;
  return NULL;
}

void ml_pipeline_tidy(const char *path) {
  static const ml_buf nothing = {0};
  const char *base = base_of(path), *name;
  char *here = in_folder(path, ".");
  DIR *folder = here ? opendir(here) : NULL;
  ml_buf text = {0};
  free(here);
  if (!folder) return;
  /* Most folders have no pickle, and the file is not read. */
  bool is_known = find_other(folder, base, &nothing) != NULL;
  if (is_known && access(path, F_OK) == 0) is_known = load__read(path, &text, NULL) == ML_OK;
  rewinddir(folder);
  while (is_known && (name = find_other(folder, base, &text)))
    if (unlinkat(dirfd(folder), name, 0) != 0) break;
  closedir(folder);
  ml_buf_release(&text);
}

/* ---- loading ----------------------------------------------------------------------------------
 */

/* What the file says of the pickle. */
typedef struct said {
  const char *name, *digits;
  int64_t size;
} said;

static ml_status read_said(const member_of *model, const ml_value *saved, said *out) {
  static const char *const names[] = {"file", "size", "sha256", NULL};
  const ml_value *value = saved->type == ML_TYPE_DICT ? ml_value_find(saved, entry) : NULL;
  member_of m;
  if (!value) return member__fail(model, "learnt", "it names no pickle");
  ml_status status =
      member__open(&m, model->source, "model.learnt.pickle", value, names, model->err);
  if (status == ML_OK) status = member__text(&m, "file", false, &out->name);
  if (status == ML_OK) status = member__int(&m, "size", 1, INT64_MAX - 1, &out->size);
  if (status == ML_OK) status = member__text(&m, "sha256", false, &out->digits);
  if (status != ML_OK) return status;
  const size_t n = strlen(out->name), n_ending = strlen(ending);
  if (strchr(out->name, '/') || n <= n_ending || strcmp(out->name + n - n_ending, ending) != 0)
    return member__fail(&m, "file", "'%.100s' is no name of a pickle beside it", out->name);
  return ML_OK;
}

static ml_status fail(const char *path, ml_status status, const char *why, ml_error *err) {
  return ml_error_at(err, status, path, 0, 0, "%s", why);
}

static ml_status fail_other(const char *path, const char *model, const char *how, ml_error *err) {
  return ml_error_at(err, ML_ERR_PARSE, path, 0, 0,
                     "not the pickle that was saved with '%.100s': %s", model, how);
}

/* @param size  of the file; one that grows meanwhile is found out by its digest */
static ml_status read_bytes(int fd, const char *path, size_t size, ml_buf *out, ml_error *err) {
  if (!ml_buf_reserve(out, size)) return ml_error_memory(err);
  while (out->n < size) {
    const ssize_t n = read(fd, out->data + out->n, size - out->n);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return fail(path, ML_ERR_IO, strerror(errno), err);
    if (n == 0) break;
    out->n += (size_t)n;
  }
  return ML_OK;
}

static ml_status read_file(const char *path, const char *model, const said *s, ml_buf *out,
                           ml_error *err) {
  struct stat seen;
  char digits[DIGITS + 1];
  /* Not to wait for somebody at the other end of a pipe. */
  const int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
  if (fd < 0)
    return ml_error_at(err, ML_ERR_IO, path, 0, 0, "cannot open the pickle of '%.100s': %s", model,
                       strerror(errno));
  ml_status status = ML_OK;
  if (fstat(fd, &seen) != 0)
    status = fail(path, ML_ERR_IO, strerror(errno), err);
  else if (!S_ISREG(seen.st_mode))
    status = fail(path, ML_ERR_IO, "it is no file", err);
  else if (seen.st_size != s->size)
    status = fail_other(path, model, "it has another size", err);
  else
    status = read_bytes(fd, path, (size_t)s->size, out, err);
  close(fd);
  if (status != ML_OK) return status;
  digest(out->data, out->n, digits);
  return strcmp(digits, s->digits) == 0 ? ML_OK
                                        : fail_other(path, model, "it has another SHA-256", err);
}

/* What was saved, but for the pickle. */
static ml_status put_bytes(const ml_value *saved, const ml_buf *bytes, ml_value *out,
                           ml_error *err) {
  ml_value *values = calloc(saved->as.l.n, sizeof *values);
  if (!values) return ml_error_memory(err);
  for (size_t i = 0; i < saved->as.l.n; i++) {
    values[i] = saved->as.l.values[i];
    if (strcmp(saved->as.l.names[i], entry) != 0) continue;
    values[i] = ml_value_null();
    values[i].type = ML_TYPE_BYTES;
    values[i].as.s.text = bytes->data;
    values[i].as.s.n = bytes->n;
  }
  *out = *saved;
  out->as.l.values = values;
  return ML_OK;
}

ml_status beside__read(const member_of *model, const char *path, ml_value *out, ml_buf *bytes) {
  const ml_value *saved = member__value(model, "learnt");
  said s;
  *out = ml_value_null();
  ml_status status = read_said(model, saved, &s);
  if (status != ML_OK) return status;
  char *file = in_folder(path, s.name);
  if (!file) return ml_error_memory(model->err);
  status = read_file(file, path, &s, bytes, model->err);
  free(file);
  return status == ML_OK ? put_bytes(saved, bytes, out, model->err) : status;
}

void beside__release(ml_value *saved, ml_buf *bytes) {
  if (saved->type == ML_TYPE_DICT) free((ml_value *)saved->as.l.values);
  ml_buf_release(bytes);
}
