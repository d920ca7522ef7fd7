/* SPDX-License-Identifier: GPL-3.0-or-later */
/* mltool fresh --shard: a part of the features, for 'mltool merge'. */
#include <stdlib.h>
#include <string.h>

#include "fresh_report.h"
#include "fresh_run.h"

/* What needs all rows, or is said of the whole when it is merged. */
static ml_status check_options(const fresh_options *o, const fresh_run *run, ml_error *err) {
  const struct {
    bool is_given;
    const char *name, *why;
  } refused[] = {
      {fresh_select__is_on(o), "a target", "merge the parts first, and select from the whole"},
      {o->nan_report, "--nan-report", "it counts the rows of the whole"},
      {o->names == CLI_NAMES_SAFE, "--names safe", "give it to 'mltool merge'"}};
  for (size_t i = 0; i < sizeof refused / sizeof *refused; i++)
    if (refused[i].is_given)
      return ml_error_set(err, ML_ERR_USAGE, "--shard and %s do not go together: %s",
                          refused[i].name, refused[i].why);
  if (cli__is_stdio(run->input))
    return ml_error_set(err, ML_ERR_USAGE,
                        "--shard needs a file, which all shards read, and not standard input");
  return ML_OK;
}

/* A file of settings may have been written anew; names of settings are none. */
static const char *settings_file(const char *name) {
  ml_fresh_settings *named = NULL;
  const bool is_named = name && ml_fresh_settings_named(name, &named, NULL) == ML_OK;
  ml_fresh_settings_free(named);
  return is_named ? NULL : name;
}

ml_status fresh_shard__prepare(cli_call *cli, const fresh_options *o, fresh_run *run,
                               ml_error *err) {
  static const cli_opt *const without[] = {cli__output_opts, cli__shard_opts, NULL};
  const cli_file files[] = {{settings_file(o->settings.params), "params"},
                            {o->settings.params_from, "params-from"},
                            {NULL, NULL}};
  ml_shard *shard = &run->shard;
  ml_watch watch = cli__watch(cli);
  ml_status status = cli__read_shard(o->shard, shard, err);
  if (status == ML_OK) status = check_options(o, run, err);
  if (status == ML_OK) status = ml_shard_input_find(run->input, &run->shard_input, err);
  if (status == ML_OK)
    status = cli__begin_shard(cli, o->output, without, files, shard, &run->shard_options, err);
  shard->inputs = &run->shard_input;
  shard->n_inputs = 1;
  if (status == ML_OK) status = ml_shard_is_done(shard, &watch, &run->is_done, err);
  if (status == ML_OK && run->is_done)
    cli__note(cli, "part %zu of %zu is there already: nothing is done", shard->number, shard->n);
  return status;
}

static ml_status compute(cli_call *cli, const fresh_options *o, fresh_run *run,
                         const ml_watch *watch, ml_error *err) {
  if (ml_series_n_ids(run->set) == 0) return ML_OK;
  ml_status status = ml_fresh_extract_timed(run->set, run->settings, ml_mproc_exec(run->pool),
                                            watch, o->cost ? &run->costs : NULL, &run->matrix, err);
  cli__pool_details(cli, run->pool);
  if (status == ML_OK && o->cost) fresh_report__costs(cli, &run->costs);
  return status;
}

static ml_status summary(cli_call *cli, const fresh_run *run, double seconds, ml_error *err) {
  const ml_shard *s = &run->shard;
  const size_t ids = ml_series_n_ids(run->set), rows = ml_series_n_rows(run->set);
  const size_t columns = run->matrix ? run->matrix->n_columns : 0;
  ml_buf out = {0};
  char workers[CLI_WORKERS_MAX];
  if (!cli->common.json) {
    cli__note(cli, "%s: part %zu of %zu: %zu id%s, %zu row%s -> %s: %zu feature%s in %.2f s%s",
              run->input_name, s->number, s->n, ids, cli__plural(ids), rows, cli__plural(rows),
              s->folder, columns, cli__plural(columns), seconds,
              cli__workers_used(run->pool, workers));
    return ML_OK;
  }
  ml_buf_puts(&out, "{\"input\": ");
  ml_buf_json_string(&out, run->input);
  ml_buf_printf(&out,
                ", \"shard\": %zu, \"shards\": %zu, \"ids\": %zu, \"rows\": %zu, \"output\": ",
                s->number, s->n, ids, rows);
  ml_buf_json_string(&out, s->folder);
  ml_buf_printf(&out, ", \"features\": %zu, \"workers\": %zu, \"seconds\": %.3f}\n", columns,
                cli__n_workers(run->pool), seconds);
  return cli__print(&out, err);
}

ml_status fresh_shard__extract(cli_call *cli, const fresh_options *o, fresh_run *run,
                               const ml_watch *watch, double start, ml_error *err) {
  ml_fresh_layout layout = {0};
  ml_status status = compute(cli, o, run, watch, err);
  if (status == ML_OK) status = ml_fresh_layout_find(run->set, run->settings, &layout, err);
  (void)ml_shard_input_of(run->set, &run->shard_input);
  if (status == ML_OK)
    status =
        ml_shard_write(&run->shard, run->set, run->matrix, &layout, cli__now() - start, watch, err);
  ml_fresh_layout_release(&layout);
  return status == ML_OK ? summary(cli, run, cli__now() - start, err) : status;
}
