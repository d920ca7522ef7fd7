/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The parts of a whole: found, counted and compared. */
#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "shard_internal.h"

/* ---- find ---------------------------------------------------------------------------------- */

static ml_status add_ledger(ml_shards *s, const char *path, ml_error *err) {
  shard_ledger *grown = reallocarray(s->ledgers, s->n + 1, sizeof *grown);
  if (!grown) return ml_error_memory(err);
  s->ledgers = grown;
  ml_status status = shard__read_ledger(path, &s->ledgers[s->n], err);
  if (status == ML_OK) s->n++;
  return status;
}

static ml_status add_folder(ml_shards *s, const char *folder, ml_error *err) {
  const size_t n = strlen(folder), n_before = s->n;
  DIR *dir = opendir(folder);
  ml_status status = ML_OK;
  if (!dir) return ml_error_at(err, ML_ERR_IO, folder, 0, 0, "cannot open: %s", strerror(errno));
  for (const struct dirent *entry; status == ML_OK && (entry = readdir(dir));) {
    size_t number, n_parts;
    ml_buf path = {0};
    if (!shard__parse_name(entry->d_name, &number, &n_parts)) continue;
    ml_buf_printf(&path, "%s%s%s", folder, n > 0 && folder[n - 1] == '/' ? "" : "/", entry->d_name);
    ml_buf_put(&path, "", 1);
    status = path.failed ? ml_error_memory(err) : add_ledger(s, path.data, err);
    ml_buf_release(&path);
  }
  closedir(dir);
  if (status != ML_OK || s->n > n_before) return status;
  return ml_error_at(err, ML_ERR_PARSE, folder, 0, 0,
                     "no part is there: nothing is called part-I-of-N.json");
}

static int compare(const void *a, const void *b) {
  const shard_ledger *x = a, *y = b;
  return x->number != y->number ? (x->number < y->number ? -1 : 1) : strcmp(x->path, y->path);
}

/* ---- check --------------------------------------------------------------------------------- */

static ml_status check_count(const ml_shards *s, ml_error *err) {
  for (size_t i = 1; i < s->n; i++)
    if (s->ledgers[i].n != s->ledgers[0].n)
      return ml_error_at(err, ML_ERR_PARSE, s->ledgers[i].path, 0, 0,
                         "the parts are of %zu shards, and of %zu: merge them one folder a time",
                         s->ledgers[0].n, s->ledgers[i].n);
  for (size_t i = 1; i < s->n; i++)
    if (s->ledgers[i].number == s->ledgers[i - 1].number)
      return ml_error_at(err, ML_ERR_PARSE, s->ledgers[i].path, 0, 0,
                         "part %zu is there twice, also as %.150s", s->ledgers[i].number,
                         s->ledgers[i - 1].path);
  return ML_OK;
}

/* The numbers that are not there, as ranges, as far as a message holds them. */
static ml_status check_all(const ml_shards *s, ml_error *err) {
  enum { ROOM = 100 };
  const size_t n = s->ledgers[0].n, n_missing = n - s->n;
  ml_buf list = {0};
  if (n_missing == 0) return ML_OK;
  for (size_t number = 1, i = 0; number <= n && list.n < ROOM; number++) {
    if (i < s->n && s->ledgers[i].number == number) {
      i++;
      continue;
    }
    const size_t last = i < s->n ? s->ledgers[i].number - 1 : n;
    ml_buf_printf(&list, "%s%zu", list.n ? ", " : "", number);
    if (last > number) ml_buf_printf(&list, "%s%zu", last > number + 1 ? " to " : ", ", last);
    if (list.n >= ROOM && last < n) ml_buf_puts(&list, ", ...");
    number = last;
  }
  ml_buf_put(&list, "", 1);
  ml_status status = ml_error_set(err, ML_ERR_PARSE, "%zu of %zu parts %s missing: %s", n_missing,
                                  n, n_missing == 1 ? "is" : "are", list.failed ? "" : list.data);
  ml_buf_release(&list);
  return status;
}

static bool are_same_inputs(const json_t *a, const json_t *b) {
  bool same = json_array_size(a) == json_array_size(b);
  for (size_t i = 0; same && i < json_array_size(a); i++) {
    const json_t *x = json_array_get(a, i), *y = json_array_get(b, i);
    same = json_equal(json_object_get(x, "bytes"), json_object_get(y, "bytes")) &&
           json_equal(json_object_get(x, "xxh3"), json_object_get(y, "xxh3"));
  }
  return same;
}

static ml_status check_same(const ml_shards *s, ml_error *err) {
  const shard_ledger *first = &s->ledgers[0];
  for (size_t i = 1; i < s->n; i++) {
    const shard_ledger *l = &s->ledgers[i];
    ml_buf words = {0};
    const char *differs = shard__differ(first->options, l, first->of, first->version, &words);
    if (!differs && !are_same_inputs(first->inputs, l->inputs)) differs = "of another input";
    ml_status status = differs ? ML_ERR_PARSE : ML_OK;
    if (words.failed)
      status = ml_error_memory(err);
    else if (differs)
      (void)ml_error_at(err, ML_ERR_PARSE, l->path, 0, 0,
                        "the part is of something else than part %zu: %s", first->number, differs);
    ml_buf_release(&words);
    if (status != ML_OK) return status;
  }
  return ML_OK;
}

/* ---- the output --------------------------------------------------------------------------------
 */

ml_status shard__check_output(const ml_shards *s, const char *path, ml_error *err) {
  static const char *const ends[] = {SHARD_LEDGER, SHARD_VALUES, ".columns.json", SHARD_FITS};
  struct stat out, st;
  ml_status status = ML_OK;
  if (stat(path, &out) != 0 || !S_ISREG(out.st_mode)) return ML_OK;
  for (size_t i = 0; i < 4 * s->n && status == ML_OK; i++) {
    char *part = shard__beside(&s->ledgers[i / 4], ends[i % 4]);
    if (!part) return ml_error_memory(err);
    if (stat(part, &st) == 0 && st.st_dev == out.st_dev && st.st_ino == out.st_ino)
      status = ml_error_at(err, ML_ERR_USAGE, path, 0, 0, "the output is one of the parts");
    free(part);
  }
  return status;
}

/* ---- the whole ----------------------------------------------------------------------------- */

ml_status ml_shards_open(const char *const *paths, size_t n, ml_shards **out, ml_error *err) {
  ml_shards *s = calloc(1, sizeof *s);
  struct stat st;
  ml_status status = s ? ML_OK : ml_error_memory(err);
  for (size_t i = 0; i < n && status == ML_OK; i++) {
    if (stat(paths[i], &st) != 0)
      status = ml_error_at(err, ML_ERR_IO, paths[i], 0, 0, "cannot open: %s", strerror(errno));
    else
      status = (S_ISDIR(st.st_mode) ? add_folder : add_ledger)(s, paths[i], err);
  }
  if (status == ML_OK && s->n == 0)
    status = ml_error_set(err, ML_ERR_PARSE, "there are no parts to merge");
  if (status == ML_OK) {
    qsort(s->ledgers, s->n, sizeof *s->ledgers, compare);
    status = check_count(s, err);
  }
  if (status == ML_OK) status = check_same(s, err);
  if (status == ML_OK) status = check_all(s, err);
  if (status == ML_OK)
    *out = s;
  else
    ml_shards_close(s);
  return status;
}

size_t ml_shards_n(const ml_shards *shards) {
  return shards->n;
}

const char *ml_shards_of(const ml_shards *shards) {
  return shards->ledgers[0].of;
}

void ml_shards_close(ml_shards *shards) {
  if (!shards) return;
  for (size_t i = 0; i < shards->n; i++) shard__release_ledger(&shards->ledgers[i]);
  free(shards->ledgers);
  free(shards);
}
