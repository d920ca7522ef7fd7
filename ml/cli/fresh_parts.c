/* SPDX-License-Identifier: GPL-3.0-or-later */
/* mltool fresh of more than fits into memory, and of what comes through a pipe. */
#include <stdlib.h>
#include <string.h>

#include "fresh_run.h"

/* Released in one place. */
typedef struct parts_run {
  cli_call *cli;
  const fresh_options *o;
  fresh_run *run;
  const ml_watch *loud;
  ml_watch quiet; /* the bar shows how much was read, and not how much of a part is done */
  ml_parts *parts;
  ml_spool *spool;
  ml_fresh_stream *stream;
  char *kinds_text;
  const char **kinds;
  size_t n_parts, n_read, n_kinds; /* of the stream: rows of the input, and kinds */
} parts_run;

/* Features of series that are in memory are computed by each worker, or here. With workers half of
 * the memory for reading is for what is read, and they share the other half. */
static uint64_t scratch(const void *ctx, uint64_t longest) {
  const fresh_run *run = ctx;
  const uint64_t one = ml_fresh_scratch(run->settings, longest);
  return run->n_workers ? (one * run->n_workers + 1) / 2 : one;
}

static ml_status open_parts(parts_run *p, const ml_series_opts *columns, ml_error *err) {
  const fresh_run *run = p->run;
  const ml_parts_opts opts = {.series = *columns,
                              .memory = run->for_reading,
                              .is_stream = run->way == FRESH_STREAM,
                              .beside = run->for_reading ? scratch : NULL,
                              .beside_ctx = run};
  return ml_parts_open((const char *const *)run->inputs.paths, run->inputs.n, &opts, &p->parts,
                       err);
}

/* @param[out] set  NULL at the end */
static ml_status next(parts_run *p, ml_series_set **set, ml_error *err) {
  *set = NULL;
  p->cli->idle = p->run->pool;
  ml_status status = ml_parts_next(p->parts, set, err);
  p->cli->idle = NULL;
  if (status == ML_OK && *set) p->n_parts++;
  return status;
}

/* ---- rows in the order of their ids --------------------------------------------------------- */

static ml_status open_spool(parts_run *p, ml_error *err) {
  const ml_spool_opts opts = {.settings = p->run->settings,
                              .memory = p->run->for_rows,
                              .exec = ml_mproc_exec(p->run->pool),
                              .watch = p->run->way == FRESH_WHOLE ? p->loud : &p->quiet,
                              .is_timed = p->o->cost};
  return ml_spool_open(&opts, &p->spool, err);
}

/* What cannot be written need not be computed, where that is known early. */
static ml_status check_columns(const parts_run *p, ml_error *err) {
  const bool is_parquet = cli__ends_in(p->o->output, ".parquet") && !p->o->format && !p->o->shard;
  return is_parquet ? ml_duckdb_check_columns(ml_spool_n_columns(p->spool), err) : ML_OK;
}

static ml_status fill_spool(parts_run *p, ml_error *err) {
  ml_status status = ML_OK;
  while (status == ML_OK) {
    ml_series_set *set;
    status = next(p, &set, err);
    if (status != ML_OK || !set) break;
    status = ml_spool_add(p->spool, set, err);
    ml_series_free(set);
    if (status == ML_OK) status = check_columns(p, err);
  }
  for (size_t k = 0; p->o->shard && status == ML_OK && k < ml_parts_n_kinds(p->parts); k++)
    status = ml_spool_add_kind(p->spool, ml_parts_kind(p->parts, k), err);
  return status;
}

/* The part of a whole, or all of it. */
static ml_status write_rows(parts_run *p, double seconds, ml_error *err) {
  const fresh_options *o = p->o;
  if (o->shard) return fresh_shard__write(p->cli, p->run, p->parts, p->spool, seconds, err);
  ml_parts_close(p->parts);
  p->parts = NULL;
  return ml_spool_write(p->spool, o->output, fresh_inputs__format(p->cli, o),
                        o->names == CLI_NAMES_SAFE, err);
}

static ml_status work_spool(parts_run *p, fresh_figures *figures, ml_error *err) {
  const fresh_options *o = p->o;
  double start = cli__now();
  ml_status status = open_spool(p, err);
  if (status == ML_OK) status = fill_spool(p, err);
  if (status != ML_OK) return status;
  double read = cli__now();
  cli__detail(p->cli, "read and extract: %.3f s, %zu part%s", read - start, p->n_parts,
              cli__plural(p->n_parts));
  status = ml_spool_end(p->spool, err);
  if (status != ML_OK) return status;
  const ml_series_set *all = ml_spool_series(p->spool);
  fresh__note_decisions(p->cli, p->run, o, all);
  if (o->cost) status = ml_spool_costs(p->spool, &p->run->costs, err);
  if (status == ML_OK) status = write_rows(p, read - start, err);
  cli__detail(p->cli, "merge and write: %.3f s", cli__now() - read);
  *figures = (fresh_figures){.ids = ml_spool_n_rows(p->spool),
                             .kinds = ml_series_n_kinds(all),
                             .rows = ml_series_n_rows(all),
                             .features = ml_spool_n_columns(p->spool)};
  return status;
}

/* ---- rows as they come ----------------------------------------------------------------------- */

/* "temp,wind" */
static ml_status split_kinds(parts_run *p, ml_error *err) {
  const char *given = p->o->kinds;
  if (!given) return ML_OK;
  size_t n = 1;
  for (const char *c = given; *c; c++) n += *c == ',';
  p->kinds_text = strdup(given);
  p->kinds = calloc(n, sizeof *p->kinds);
  if (!p->kinds_text || !p->kinds) return ml_error_memory(err);
  char *rest = p->kinds_text;
  for (size_t k = 0; k < n; k++) {
    p->kinds[k] = strsep(&rest, ",");
    for (size_t j = 0; j <= k; j++)
      if (!*p->kinds[k] || (j < k && strcmp(p->kinds[j], p->kinds[k]) == 0))
        return ml_error_set(err, ML_ERR_USAGE, "option '--kinds' takes names, each once, not '%s'",
                            given);
  }
  p->n_kinds = n;
  return ML_OK;
}

static ml_status open_stream(parts_run *p, ml_error *err) {
  const fresh_options *o = p->o;
  ml_status status = split_kinds(p, err);
  if (status != ML_OK) return status;
  const ml_fresh_stream_opts opts = {.settings = p->run->settings,
                                     .kinds = p->kinds,
                                     .n_kinds = p->n_kinds,
                                     .path = o->output,
                                     .format = fresh_inputs__format(p->cli, o),
                                     .safe_names = o->names == CLI_NAMES_SAFE,
                                     .memory = p->run->for_rows,
                                     .exec = ml_mproc_exec(p->run->pool),
                                     .watch = &p->quiet};
  return ml_fresh_stream_open(&opts, &p->stream, err);
}

static ml_status put_part(parts_run *p, ml_series_set *set, fresh_figures *figures, ml_error *err) {
  if (p->n_parts == 1) fresh__note_decisions(p->cli, p->run, p->o, set);
  figures->rows += ml_series_n_rows(set);
  if (ml_series_n_ids(set) == 0) return ML_OK; /* no window */
  ml_status status = ml_fresh_stream_put(p->stream, set, err);
  if (status == ML_OK) figures->kinds = ml_series_n_kinds(set);
  return status;
}

static ml_status work_stream(parts_run *p, fresh_figures *figures, ml_error *err) {
  ml_status status = ML_OK;
  while (status == ML_OK) {
    ml_series_set *set;
    status = next(p, &set, err);
    if (status != ML_OK || !set) break;
    status = put_part(p, set, figures, err);
    ml_series_free(set);
  }
  if (status != ML_OK) return status;
  if (p->n_parts == 0 && p->run->is_filter) return ML_OK;
  figures->ids = ml_fresh_stream_n_rows(p->stream);
  figures->features = ml_fresh_stream_n_columns(p->stream);
  status = ml_fresh_stream_commit(p->stream, err);
  if (status != ML_OK && p->n_parts == 0) ml_error_about(err, p->run->input_name);
  p->stream = NULL;
  return status;
}

/* ---- both ------------------------------------------------------------------------------------ */

ml_status fresh_parts__work(cli_call *cli, const fresh_options *o, fresh_run *run,
                            const ml_series_opts *columns, fresh_figures *figures, ml_error *err) {
  parts_run p = {.cli = cli,
                 .o = o,
                 .run = run,
                 .loud = columns->watch,
                 .quiet = {.cancelled = columns->watch->cancelled, .ctx = columns->watch->ctx}};
  const bool is_stream = run->way == FRESH_STREAM;
  cli__note_port(cli, &o->workers, run->pool);
  ml_status status = is_stream ? open_stream(&p, err) : ML_OK;
  if (status == ML_OK) status = open_parts(&p, columns, err);
  if (status == ML_OK) status = (is_stream ? work_stream : work_spool)(&p, figures, err);
  cli__pool_details(cli, run->pool);
  ml_fresh_stream_abort(p.stream);
  ml_spool_close(p.spool);
  ml_parts_close(p.parts);
  free(p.kinds_text);
  free((void *)p.kinds);
  return status;
}
