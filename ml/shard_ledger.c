/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The ledger of a part: what it is of, so that nothing else is taken for it. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define XXH_INLINE_ALL
#include <xxhash.h>

#include <ml/output.h>
#include <ml/version.h>

#include "shard_internal.h"

/* ---- names --------------------------------------------------------------------------------- */

static bool take_count(const char **text, size_t *out) {
  const char *p = *text;
  size_t n = 0;
  for (; *p >= '0' && *p <= '9' && n <= ML_SHARDS_MAX; p++) n = 10 * n + (size_t)(*p - '0');
  if (p == *text || **text == '0' || n > ML_SHARDS_MAX) return false;
  *text = p;
  *out = n;
  return true;
}

bool shard__parse_name(const char *path, size_t *number, size_t *n) {
  const char *slash = strrchr(path, '/'), *name = slash ? slash + 1 : path;
  if (strncmp(name, "part-", 5) != 0) return false;
  name += 5;
  if (!take_count(&name, number) || strncmp(name, "-of-", 4) != 0) return false;
  name += 4;
  return take_count(&name, n) && strcmp(name, SHARD_LEDGER) == 0 && *number <= *n;
}

ml_status ml_shard_path(const ml_shard *shard, const char *end, char **out, ml_error *err) {
  ml_buf path = {0};
  const size_t n = strlen(shard->folder);
  const bool has_slash = n > 0 && shard->folder[n - 1] == '/';
  ml_buf_printf(&path, "%s%spart-%zu-of-%zu%s", shard->folder, has_slash ? "" : "/", shard->number,
                shard->n, end);
  ml_buf_put(&path, "", 1);
  *out = path.data;
  if (!path.failed) return ML_OK;
  ml_buf_release(&path);
  return ml_error_memory(err);
}

char *shard__beside(const shard_ledger *ledger, const char *end) {
  const size_t n = strlen(ledger->path) - strlen(SHARD_LEDGER);
  char *path = malloc(n + strlen(end) + 1);
  if (!path) return NULL;
  memcpy(path, ledger->path, n);
  strcpy(path + n, end);
  return path;
}

ml_status ml_shard_folder(const char *path, ml_error *err) {
  struct stat st;
  if (mkdir(path, 0777) == 0) return ML_OK;
  const int why = errno;
  if (stat(path, &st) == 0 && S_ISDIR(st.st_mode)) return ML_OK;
  return ml_error_at(err, ML_ERR_IO, path, 0, 0, "cannot make the folder of the parts: %s",
                     strerror(why == EEXIST ? ENOTDIR : why));
}

/* ---- inputs -------------------------------------------------------------------------------- */

ml_status ml_shard_input_find(const char *path, ml_shard_input *out, ml_error *err) {
  struct stat st;
  if (stat(path, &st) != 0)
    return ml_error_at(err, ML_ERR_IO, path, 0, 0, "cannot open: %s", strerror(errno));
  if (!S_ISREG(st.st_mode))
    return ml_error_at(err, ML_ERR_USAGE, path, 0, 0,
                       "not a file, which all shards could read: leave --shard away");
  *out = (ml_shard_input){
      .path = path,
      .n_bytes = (uint64_t)st.st_size,
      .modified = (int64_t)st.st_mtim.tv_sec * 1000000000 + (int64_t)st.st_mtim.tv_nsec};
  return ML_OK;
}

ml_status ml_shard_input_read(ml_shard_input *input, const ml_watch *watch, ml_error *err) {
  return shard__digest(input->path, watch, &input->n_bytes, input->digest, err);
}

ml_status shard__digest(const char *path, const ml_watch *watch, uint64_t *n_bytes,
                        char digest[ML_INPUT_DIGEST_SIZE], ml_error *err) {
  enum { STEP = 1 << 18 };
  ml_input *input = NULL;
  char *bytes = malloc(STEP);
  size_t n = 1;
  ml_status status = bytes ? ml_input_open(path, watch, &input, err) : ml_error_memory(err);
  while (status == ML_OK && n > 0) {
    status = ml_input_read(input, bytes, STEP, &n, err);
    if (status == ML_OK && ml_watch_cancelled(watch))
      status = ml_error_at(err, ML_ERR_CANCELLED, path, 0, 0, "interrupted");
  }
  if (status == ML_OK) *n_bytes = ml_input_digest(input, digest);
  ml_input_close(input);
  free(bytes);
  return status;
}

/* ---- the end of a ledger -------------------------------------------------------------------- */

/* ,\n"check": "0123456789abcdef"}\n, of all that is in front of it */
#define CHECK ",\n\"check\": \""
enum { N_CHECK = sizeof CHECK - 1, N_TAIL = N_CHECK + 16 + 3 };

static void put_check(ml_buf *text) {
  if (text->failed) return;
  const XXH64_hash_t check = XXH3_64bits(text->data, text->n);
  ml_buf_printf(text, CHECK "%016llx\"}\n", (unsigned long long)check);
}

static bool has_check(const ml_buf *text) {
  char tail[N_TAIL + 1];
  if (text->n < N_TAIL) return false;
  const XXH64_hash_t check = XXH3_64bits(text->data, text->n - N_TAIL);
  snprintf(tail, sizeof tail, CHECK "%016llx\"}\n", (unsigned long long)check);
  return memcmp(text->data + text->n - N_TAIL, tail, N_TAIL) == 0;
}

/* Of names of rows there may be many; what is packed may say that it is endless. */
#define TEXT_MAX ((size_t)8 << 30)

/* ---- read ---------------------------------------------------------------------------------- */

ml_status shard__read_text(const char *path, ml_buf *text, ml_error *err) {
  enum { STEP = 1 << 16 };
  ml_input *input = NULL;
  size_t n = 1;
  ml_status status = ml_input_open(path, NULL, &input, err);
  while (status == ML_OK && n > 0) {
    char *to = ml_buf_reserve(text, STEP);
    status = to ? ml_input_read(input, to, STEP, &n, err) : ml_error_memory(err);
    if (status == ML_OK) text->n += n;
    if (status == ML_OK && text->n > TEXT_MAX)
      status = ml_error_at(err, ML_ERR_PARSE, path, 0, 0, "the file is too large for a part's");
  }
  ml_input_close(input);
  return status;
}

bool shard__get_count(const json_t *object, const char *name, size_t *out) {
  const json_t *value = json_object_get(object, name);
  const json_int_t n = json_is_integer(value) ? json_integer_value(value) : -1;
  if (n < 0 || (uint64_t)n > SIZE_MAX) return false;
  *out = (size_t)n;
  return true;
}

static const char *get_text(const json_t *object, const char *name) {
  return json_string_value(json_object_get(object, name));
}

static bool is_digest(const char *text) {
  return text && strlen(text) == ML_INPUT_DIGEST_SIZE - 1 &&
         strspn(text, "0123456789abcdef") == ML_INPUT_DIGEST_SIZE - 1;
}

static bool are_inputs(const json_t *inputs) {
  for (size_t i = 0; i < json_array_size(inputs); i++) {
    const json_t *input = json_array_get(inputs, i);
    size_t n;
    if (!get_text(input, "name") || !shard__get_count(input, "bytes", &n) ||
        !is_digest(get_text(input, "xxh3")) || !json_is_integer(json_object_get(input, "modified")))
      return false;
  }
  return json_is_array(inputs);
}

/* @return what is wrong; NULL: nothing */
static const char *take_members(shard_ledger *l) {
  size_t form, number, n;
  if (!shard__get_count(l->json, "mltool_part", &form)) return "not the ledger of a part";
  if (form != 1) return "the ledger of a part by another mltool";
  l->of = get_text(l->json, "of");
  l->version = get_text(l->json, "version");
  l->digest = get_text(l->json, "xxh3");
  l->options = json_object_get(l->json, "options");
  l->inputs = json_object_get(l->json, "inputs");
  if (!l->of || !l->version || !is_digest(l->digest) || !json_is_object(l->options) ||
      !are_inputs(l->inputs) || !shard__get_count(l->json, "rows", &l->n_rows) ||
      !shard__get_count(l->json, "columns", &l->n_columns) ||
      !shard__get_count(l->json, "shard", &number) || !shard__get_count(l->json, "shards", &n))
    return "the ledger is damaged";
  return number == l->number && n == l->n ? NULL : "the ledger is that of another part";
}

ml_status shard__read_ledger(const char *path, shard_ledger *out, ml_error *err) {
  ml_buf text = {0};
  json_error_t why = {0};
  *out = (shard_ledger){0};
  if (!shard__parse_name(path, &out->number, &out->n))
    return ml_error_at(err, ML_ERR_PARSE, path, 0, 0,
                       "not the name of a part's ledger, which is part-I-of-N.json");
  ml_status status = shard__read_text(path, &text, err);
  if (status == ML_OK && !(out->path = strdup(path))) status = ml_error_memory(err);
  if (status == ML_OK) {
    out->json = json_loadb(text.data ? text.data : "", text.n, JSON_REJECT_DUPLICATES, &why);
    if (!out->json && json_error_code(&why) == json_error_out_of_memory)
      status = ml_error_memory(err);
    else if (!out->json)
      status = ml_error_at(err, ML_ERR_PARSE, path, why.line > 0 ? (size_t)why.line : 1, 0,
                           "the ledger is damaged: %s", why.text);
  }
  const char *wrong = status == ML_OK ? take_members(out) : NULL;
  if (status == ML_OK && !wrong && !has_check(&text)) wrong = "the ledger is damaged";
  if (wrong) status = ml_error_at(err, ML_ERR_PARSE, path, 0, 0, "%s", wrong);
  ml_buf_release(&text);
  if (status != ML_OK) shard__release_ledger(out);
  return status;
}

void shard__release_ledger(shard_ledger *ledger) {
  json_decref(ledger->json);
  free(ledger->path);
  *ledger = (shard_ledger){0};
}

/* What a file that an option names has in it stands beside the option. */
#define FILE_DIGEST "-xxh3"

/* ---- compare ------------------------------------------------------------------------------- */

static void put_option(const char *name, const json_t *value, ml_buf *words) {
  char *text = value ? json_dumps(value, JSON_ENCODE_ANY | JSON_COMPACT) : NULL;
  ml_buf_printf(words, value ? "with --%s %.100s" : "without --%s", name, text ? text : "");
  free(text);
}

/* The first option, by its name, that is not the same in both. */
static bool put_difference(const json_t *a, const json_t *b, ml_buf *words) {
  const char *name, *least = NULL;
  const json_t *value;
  json_object_foreach((json_t *)(uintptr_t)a, name,
                      value) if (!json_equal(value, json_object_get(b, name)) &&
                                 (!least || strcmp(name, least) < 0)) least = name;
  json_object_foreach((json_t *)(uintptr_t)b, name,
                      value) if (!json_object_get(a, name) && (!least || strcmp(name, least) < 0))
      least = name;
  if (!least) return false;
  const size_t n = strlen(least), n_end = strlen(FILE_DIGEST);
  if (n > n_end && strcmp(least + n - n_end, FILE_DIGEST) == 0) {
    ml_buf_printf(words, "with another file of --%.*s", (int)(n - n_end), least);
    return true;
  }
  put_option(least, json_object_get(b, least), words);
  ml_buf_puts(words, ", and not ");
  put_option(least, json_object_get(a, least), words);
  return true;
}

const char *shard__differ(const json_t *options, const shard_ledger *ledger, const char *of,
                          const char *version, ml_buf *words) {
  bool differs = true;
  if (strcmp(of, ledger->of) != 0)
    ml_buf_printf(words, "of mltool %.20s, and not of mltool %.20s", ledger->of, of);
  else if (strcmp(version, ledger->version) != 0)
    ml_buf_printf(words, "by mltool %.40s, and not %.40s", ledger->version, version);
  else
    differs = put_difference(options, ledger->options, words);
  if (!differs) return NULL;
  ml_buf_put(words, "", 1);
  return words->failed ? "" : words->data;
}

/* @param[out] is_same  or else the status is an error */
static ml_status compare_input(const ml_shard_input *input, const json_t *known,
                               const ml_watch *watch, bool *is_same, ml_error *err) {
  size_t n_bytes;
  uint64_t n_read;
  char digest[ML_INPUT_DIGEST_SIZE];
  *is_same = shard__get_count(known, "bytes", &n_bytes) && n_bytes == input->n_bytes;
  if (!*is_same || json_integer_value(json_object_get(known, "modified")) == input->modified)
    return ML_OK;
  ml_status status = shard__digest(input->path, watch, &n_read, digest, err);
  *is_same = status == ML_OK && strcmp(digest, get_text(known, "xxh3")) == 0;
  return status;
}

static ml_status compare(const ml_shard *shard, const shard_ledger *ledger, const ml_watch *watch,
                         ml_error *err) {
  ml_buf words = {0};
  json_t *options = json_loads(shard->options, 0, NULL);
  ml_status status = options ? ML_OK : ml_error_memory(err);
  const char *differs =
      options ? shard__differ(options, ledger, shard->of, ml_version(), &words) : NULL;
  bool is_same = json_array_size(ledger->inputs) == shard->n_inputs;
  if (words.failed) status = ml_error_memory(err);
  for (size_t i = 0; i < shard->n_inputs && is_same && !differs && status == ML_OK; i++)
    status =
        compare_input(&shard->inputs[i], json_array_get(ledger->inputs, i), watch, &is_same, err);
  if (status == ML_OK && (differs || !is_same))
    status = ml_error_at(err, ML_ERR_USAGE, ledger->path, 0, 0,
                         "a part of something else is there, %s: remove it, or write to "
                         "another folder",
                         differs ? differs : "of another input");
  json_decref(options);
  ml_buf_release(&words);
  return status;
}

/* Are the files there that the ledger speaks of? */
static bool has_files(const shard_ledger *ledger) {
  static const char *const of_fresh[] = {SHARD_VALUES, ".columns.json", NULL},
                           *const of_others[] = {SHARD_FITS, NULL};
  const bool is_fresh = strcmp(ledger->of, "fresh") == 0;
  struct stat st;
  bool has_all = true;
  if (is_fresh && ledger->n_rows == 0) return true;
  for (const char *const *end = is_fresh ? of_fresh : of_others; *end && has_all; end++) {
    char *path = shard__beside(ledger, *end);
    has_all = path && stat(path, &st) == 0;
    free(path);
  }
  return has_all;
}

ml_status ml_shard_is_done(const ml_shard *shard, const ml_watch *watch, bool *is_done,
                           ml_error *err) {
  shard_ledger ledger = {0};
  struct stat st;
  char *path = NULL;
  *is_done = false;
  ml_status status = ml_shard_path(shard, SHARD_LEDGER, &path, err);
  if (status != ML_OK || stat(path, &st) != 0) {
    free(path);
    return status;
  }
  status = shard__read_ledger(path, &ledger, err);
  if (status == ML_OK) status = compare(shard, &ledger, watch, err);
  if (status == ML_OK) *is_done = has_files(&ledger);
  shard__release_ledger(&ledger);
  free(path);
  return status;
}

/* ---- write --------------------------------------------------------------------------------- */

void shard__put_head(const ml_shard *shard, ml_buf *out) {
  ml_buf_puts(out, "{\"mltool_part\": 1, \"version\": ");
  ml_buf_json_string(out, ml_version());
  ml_buf_printf(out, ", \"of\": \"%s\", \"shard\": %zu, \"shards\": %zu,\n\"inputs\": [", shard->of,
                shard->number, shard->n);
  for (size_t i = 0; i < shard->n_inputs; i++) {
    const ml_shard_input *input = &shard->inputs[i];
    ml_buf_puts(out, i ? ",\n  {\"name\": " : "{\"name\": ");
    ml_buf_json_string(out, input->path);
    ml_buf_printf(out, ", \"bytes\": %llu, \"modified\": %lld, \"xxh3\": \"%s\"}",
                  (unsigned long long)input->n_bytes, (long long)input->modified, input->digest);
  }
  ml_buf_printf(out, "],\n\"options\": %s", shard->options);
}

ml_status shard__put_ledger(const ml_shard *shard, ml_buf *text, ml_error *err) {
  char *path = NULL;
  ml_output *out = NULL;
  put_check(text);
  ml_status status = text->failed ? ml_error_memory(err) : ML_OK;
  if (status == ML_OK) status = ml_shard_path(shard, SHARD_LEDGER, &path, err);
  if (status == ML_OK) status = ml_output_open(path, &out, err);
  if (status == ML_OK) status = ml_output_write(out, text->data, text->n, err);
  if (status == ML_OK)
    status = ml_output_commit(out, err);
  else
    ml_output_abort(out);
  free(path);
  ml_buf_release(text);
  return status;
}
