/* SPDX-License-Identifier: GPL-3.0-or-later */
/* --shard: its text, the variables of batch systems, the identity of a part. */
#include "shard.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "config.h"

const cli_opt cli__shard_opts[] = {
    {0, "shard", CLI_TEXT, 0, "I/N",
     .help = "make part I of N, from 1, in the folder of -o, for 'mltool merge'; auto: as the job "
             "array of Slurm or the indexed job of Kubernetes says, auto/N: of N. Only auto reads "
             "the environment"},
    {0}};

/* ---- numbers ------------------------------------------------------------------------------- */

static bool take_count(const char *text, char end, size_t least, size_t *out, const char **behind) {
  const char *p = text;
  size_t n = 0;
  for (; *p >= '0' && *p <= '9' && n <= SIZE_MAX / 20; p++) n = 10 * n + (size_t)(*p - '0');
  if (p == text || *p != end || n < least) return false;
  *out = n;
  if (behind) *behind = p + (end != 0);
  return true;
}

static ml_status check_n(size_t n, ml_error *err) {
  if (n <= ML_SHARDS_MAX) return ML_OK;
  return ml_error_set(err, ML_ERR_USAGE, "there may be %d shards at most, not %zu", ML_SHARDS_MAX,
                      n);
}

/* ---- variables ----------------------------------------------------------------------------- */

/* @param[out] out  not written when it is not there @param is_there  may be NULL: it must be */
static ml_status read_variable(const char *name, size_t *out, bool *is_there, ml_error *err) {
  const char *text = getenv(name);
  if (is_there) *is_there = text != NULL;
  if (!text && is_there) return ML_OK;
  if (!text)
    return ml_error_set(err, ML_ERR_USAGE, "--shard auto: there is no %s in the environment", name);
  if (take_count(text, 0, 0, out, NULL)) return ML_OK;
  return ml_error_set(err, ML_ERR_USAGE, "--shard auto: %s is '%.40s', and should be a number",
                      name, text);
}

/* Ids of a job array begin anywhere, and go on in steps; other lists have no numbers from 1. */
static ml_status read_slurm(size_t *number, size_t *n, ml_error *err) {
  size_t id = 0, count = 0, first = 0, last = 0;
  ml_status status = read_variable("SLURM_ARRAY_TASK_ID", &id, NULL, err);
  if (status == ML_OK) status = read_variable("SLURM_ARRAY_TASK_COUNT", &count, NULL, err);
  if (status == ML_OK) status = read_variable("SLURM_ARRAY_TASK_MIN", &first, NULL, err);
  if (status == ML_OK) status = read_variable("SLURM_ARRAY_TASK_MAX", &last, NULL, err);
  if (status != ML_OK) return status;
  if (count == 0 || id < first || id > last)
    return ml_error_set(err, ML_ERR_USAGE,
                        "--shard auto: task %zu of %zu from %zu to %zu cannot be (SLURM_ARRAY_*)",
                        id, count, first, last);
  const size_t step = count > 1 ? (last - first) / (count - 1) : 1;
  if (step == 0 || step * (count - 1) != last - first || (id - first) % step != 0)
    return ml_error_set(err, ML_ERR_USAGE,
                        "--shard auto: the %zu ids of the job array from %zu to %zu are not "
                        "equally far apart: say --shard I/N",
                        count, first, last);
  *number = (id - first) / step + 1;
  *n = count;
  return ML_OK;
}

/* @param n  of auto/N; 0: auto */
static ml_status read_kubernetes(size_t *number, size_t *n, ml_error *err) {
  size_t index = 0;
  bool has_n = true;
  ml_status status = read_variable("JOB_COMPLETION_INDEX", &index, NULL, err);
  if (status == ML_OK) status = read_variable("JOB_COMPLETIONS", n, &has_n, err);
  if (status != ML_OK) return status;
  if (!has_n && *n == 0)
    return ml_error_set(err, ML_ERR_USAGE,
                        "--shard auto: how many there are is in no variable JOB_COMPLETIONS: say "
                        "auto/N");
  if (index >= *n)
    return ml_error_set(err, ML_ERR_USAGE,
                        "--shard auto: JOB_COMPLETION_INDEX is %zu, of %zu from 0", index, *n);
  *number = index + 1;
  return ML_OK;
}

static ml_status read_auto(size_t asked, ml_shard *shard, ml_error *err) {
  size_t number = 0, n = asked;
  ml_status status;
  if (getenv("SLURM_ARRAY_TASK_ID"))
    status = read_slurm(&number, &n, err);
  else if (getenv("JOB_COMPLETION_INDEX"))
    status = read_kubernetes(&number, &n, err);
  else
    return ml_error_set(err, ML_ERR_USAGE,
                        "--shard auto: neither SLURM_ARRAY_TASK_ID nor JOB_COMPLETION_INDEX is in "
                        "the environment: say --shard I/N");
  if (status == ML_OK && asked > 0 && n != asked)
    status = ml_error_set(err, ML_ERR_USAGE, "--shard auto/%zu: the job has %zu tasks", asked, n);
  if (status == ML_OK) status = check_n(n, err);
  shard->number = number;
  shard->n = n;
  return status;
}

ml_status cli__read_shard(const char *text, ml_shard *shard, ml_error *err) {
  const char *rest;
  size_t n;
  if (strcmp(text, "auto") == 0) return read_auto(0, shard, err);
  if (strncmp(text, "auto/", 5) == 0 && take_count(text + 5, 0, 1, &n, NULL))
    return read_auto(n, shard, err);
  if (!take_count(text, '/', 1, &shard->number, &rest) || !take_count(rest, 0, 1, &shard->n, NULL))
    return ml_error_set(err, ML_ERR_USAGE,
                        "--shard takes I/N, such as 1/8, or auto, or auto/N, not '%.40s'", text);
  if (shard->number > shard->n)
    return ml_error_set(err, ML_ERR_USAGE, "--shard %.40s: there is no part %zu of %zu", text,
                        shard->number, shard->n);
  return check_n(shard->n, err);
}

/* ---- a part -------------------------------------------------------------------------------- */

static ml_status put_file(const cli_file *file, ml_buf *out, ml_error *err) {
  ml_shard_input input;
  struct stat st;
  if (!file->path || stat(file->path, &st) != 0 || !S_ISREG(st.st_mode)) return ML_OK;
  ml_status status = ml_shard_input_find(file->path, &input, err);
  if (status == ML_OK) status = ml_shard_input_read(&input, NULL, err);
  if (status == ML_OK) ml_buf_printf(out, ",\n  \"%s-xxh3\": \"%s\"", file->what, input.digest);
  return status;
}

ml_status cli__begin_shard(const cli_call *cli, const char *folder, const cli_opt *const *without,
                           const cli_file *files, ml_shard *shard, ml_buf *options, ml_error *err) {
  if (cli__is_stdio(folder))
    return ml_error_set(err, ML_ERR_USAGE,
                        "--shard writes a part to a folder: name it, as in -o parts/");
  ml_buf_printf(options, "{\n  \"command\": \"%s\"", cli->command->name);
  ml_status status = cli__config_options(cli, without, options, err);
  for (; status == ML_OK && files->what; files++) status = put_file(files, options, err);
  ml_buf_put(options, "\n}", 3); /* with the NUL */
  if (status == ML_OK && options->failed) status = ml_error_memory(err);
  if (status == ML_OK) status = ml_shard_folder(folder, err);
  shard->folder = folder;
  shard->of = cli->command->name;
  shard->options = options->data;
  return status;
}
