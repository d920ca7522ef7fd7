/* SPDX-License-Identifier: GPL-3.0-or-later */
/* mltool fresh: which files it reads, and how: all at once, in parts, or as they come. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "fresh_run.h"

/* What the programs take by themselves, and what reading and rows need at least. */
enum {
  MIB = 1 << 20,
  OF_CENTRAL = 16 * MIB,
  OF_WORKER = 12 * MIB,
  LEAST_WORK = 24 * MIB,
  ROWS_MAX = 64 * MIB,
  FACTOR = 2,        /* bytes of memory for one of a file, all at once */
  FACTOR_PACKED = 15 /* of one that is compressed */
};

/* ---- the files ----------------------------------------------------------------------------- */

static ml_status list_inputs(const cli_call *cli, fresh_run *run, ml_error *err) {
  ml_status status = cli__find_input(cli, "-o features.csv", &run->input, err);
  const size_t n = cli->n_args > 0 ? cli->n_args : 1;
  for (size_t i = 1; i < n && status == ML_OK; i++)
    if (!*cli->args[i])
      status = ml_error_set(err, ML_ERR_IO, "cannot open: the name of the file is empty");
  if (status == ML_OK)
    status = ml_inputs_list(cli->n_args > 0 ? cli->args : &run->input, n, &run->inputs, err);
  return status;
}

static ml_status name_inputs(fresh_run *run, ml_error *err) {
  const char *first = cli__is_stdio(run->input) ? "standard input" : run->input;
  ml_buf name = {0};
  ml_buf_puts(&name, first);
  if (run->inputs.n > 1) ml_buf_printf(&name, " and %zu more", run->inputs.n - 1);
  ml_buf_put(&name, "", 1);
  if (name.failed) return ml_error_memory(err);
  run->input_name = run->name_text = name.data;
  return ML_OK;
}

/* ---- which way ----------------------------------------------------------------------------- */

/* What needs all rows at once; NULL: nothing does. */
static const char *needs_all(const fresh_options *o) {
  if (o->selection.target) return "--target";
  if (o->selection.target_file) return "--target-file";
  if (o->nan_report) return "--nan-report";
  return NULL;
}

/* What is not known before the end; NULL: nothing is. */
static const char *needs_end(const fresh_options *o) {
  const char *option = needs_all(o);
  return !option && o->cost ? "--cost" : option;
}

static bool is_lines(const cli_call *cli, const fresh_options *o) {
  const ml_format format = fresh_inputs__format(cli, o);
  return format == ML_FORMAT_AUTO || format == ML_FORMAT_CSV || format == ML_FORMAT_JSONL;
}

/* Between two pipes, and nobody wants anything that is known at the end only. */
static bool is_filter(const cli_call *cli, const fresh_options *o) {
  return cli->n_args == 1 && cli__is_stdio(cli->args[0]) && cli__is_stdio(o->output) &&
         is_lines(cli, o) && !needs_end(o);
}

static bool is_packed(const char *path) {
  return cli__ends_in(path, ".gz") || cli__ends_in(path, ".zst") || cli__ends_in(path, ".parquet");
}

/* Bytes of memory that the whole takes; 0: nobody knows. */
static double estimate(const ml_inputs *inputs) {
  double sum = 0;
  for (size_t i = 0; i < inputs->n; i++) {
    const char *path = inputs->paths[i];
    struct stat st;
    if ((cli__is_stdio(path) ? fstat(STDIN_FILENO, &st) : stat(path, &st)) != 0) return 0;
    if (!S_ISREG(st.st_mode)) return 0;
    sum += (double)st.st_size * (is_packed(path) ? FACTOR_PACKED : FACTOR);
  }
  return sum;
}

static uint64_t least_memory(const fresh_run *run) {
  return OF_CENTRAL + LEAST_WORK + (uint64_t)OF_WORKER * run->n_workers;
}

static ml_status check_limit(const fresh_options *o, const fresh_run *run, ml_error *err) {
  const uint64_t least = least_memory(run);
  const char *option = run->way == FRESH_STREAM ? needs_end(o) : needs_all(o);
  if (option)
    return ml_error_set(err, ML_ERR_USAGE,
                        "%s needs the features of all ids at once: leave --%s away%s", option,
                        o->stream ? "stream" : "memory-limit",
                        fresh_select__is_on(o) ? ", or give them to 'mltool select'" : "");
  if (o->memory_limit > 0 && o->memory_limit < least)
    return ml_error_set(err, ML_ERR_USAGE,
                        "--memory-limit is %zuM at least, of which the programs themselves take "
                        "some",
                        (size_t)(least / MIB));
  return ML_OK;
}

/* Its memory is its own, beside what we read into. */
static bool uses_duckdb(const ml_inputs *inputs) {
  for (size_t i = 0; i < inputs->n; i++)
    if (cli__ends_in(inputs->paths[i], ".parquet") ||
        strncmp(inputs->paths[i], ML_DUCKDB_QUERY, strlen(ML_DUCKDB_QUERY)) == 0)
      return true;
  return false;
}

/* The share of rows is that of the end, too, when nothing is read any more. With workers the
 * series are there twice: as they were read, and shared. */
static void share_memory(fresh_run *run, uint64_t limit) {
  const uint64_t own = OF_CENTRAL + (uint64_t)OF_WORKER * run->n_workers;
  const uint64_t left = limit - own;
  run->for_rows = left / 4 < ROWS_MAX ? left / 4 : ROWS_MAX;
  run->for_reading = (left - run->for_rows) / (run->n_workers > 0 ? 2 : 1);
  if (uses_duckdb(&run->inputs)) run->for_reading /= 2;
  ml_duckdb_limit_memory(run->for_reading);
}

static ml_status choose_way(const cli_call *cli, const fresh_options *o, fresh_run *run,
                            ml_error *err) {
  uint64_t limit = o->memory_limit;
  run->n_workers = (size_t)o->workers.n.value;
  run->is_filter = is_filter(cli, o);
  run->way = o->stream || run->is_filter ? FRESH_STREAM : limit ? FRESH_PARTS : FRESH_WHOLE;
  if (o->kinds && run->way != FRESH_STREAM)
    return ml_error_set(err, ML_ERR_USAGE, "--kinds is for rows that are written as they come");
  if (run->way != FRESH_WHOLE) {
    ml_status status = check_limit(o, run, err);
    if (status != ML_OK) return status;
  } else if (!needs_all(o)) {
    const uint64_t allowed = ml_memory_allowed();
    limit = allowed > least_memory(run) ? allowed : least_memory(run);
    const double whole = estimate(&run->inputs), n = run->shard.n ? (double)run->shard.n : 1;
    if (allowed > 0 && whole / n > (double)allowed) run->way = FRESH_PARTS;
  }
  if (limit > 0) share_memory(run, limit);
  return ML_OK;
}

ml_format fresh_inputs__format(const cli_call *cli, const fresh_options *o) {
  static const ml_format formats[] = {ML_FORMAT_AUTO, ML_FORMAT_CSV, ML_FORMAT_JSON,
                                      ML_FORMAT_JSONL};
  return o->format ? formats[o->format] : cli__format(cli, o->output);
}

ml_status fresh_inputs__find(const cli_call *cli, const fresh_options *o, fresh_run *run,
                             ml_error *err) {
  ml_status status = list_inputs(cli, run, err);
  if (status != ML_OK) return status;
  run->input = run->inputs.paths[0];
  status = name_inputs(run, err);
  return status == ML_OK ? choose_way(cli, o, run, err) : status;
}

/* ---- all at once --------------------------------------------------------------------------- */

ml_status fresh_inputs__read(const fresh_run *run, const ml_series_opts *columns,
                             ml_series_set **out, ml_error *err) {
  if (run->inputs.n == 1) return ml_series_read(run->input, columns, out, err);
  const ml_parts_opts opts = {.series = *columns};
  ml_parts *parts = NULL;
  ml_status status =
      ml_parts_open((const char *const *)run->inputs.paths, run->inputs.n, &opts, &parts, err);
  if (status == ML_OK) status = ml_parts_next(parts, out, err);
  ml_parts_close(parts);
  return status;
}
