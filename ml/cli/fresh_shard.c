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
      {o->stream, "--stream", "a part is written when it is complete"},
      {o->names == CLI_NAMES_SAFE, "--names safe", "give it to 'mltool merge'"}};
  for (size_t i = 0; i < sizeof refused / sizeof *refused; i++)
    if (refused[i].is_given)
      return ml_error_set(err, ML_ERR_USAGE, "--shard and %s do not go together: %s",
                          refused[i].name, refused[i].why);
  for (size_t i = 0; i < run->inputs.n; i++)
    if (cli__is_stdio(run->inputs.paths[i]))
      return ml_error_set(err, ML_ERR_USAGE,
                          "--shard needs files, which all shards read, and not standard input");
  return ML_OK;
}

/* A file of settings may have been written anew; names of settings are none. */
static const char *settings_file(const char *name) {
  ml_fresh_settings *named = NULL;
  const bool is_named = name && ml_fresh_settings_named(name, &named, NULL) == ML_OK;
  ml_fresh_settings_free(named);
  return is_named ? NULL : name;
}

static ml_status find_inputs(fresh_run *run, ml_error *err) {
  const size_t n = run->inputs.n;
  ml_status status = ML_OK;
  run->shard_inputs = calloc(n, sizeof *run->shard_inputs);
  if (!run->shard_inputs) return ml_error_memory(err);
  for (size_t i = 0; i < n && status == ML_OK; i++)
    status = ml_shard_input_find(run->inputs.paths[i], &run->shard_inputs[i], err);
  run->shard.inputs = run->shard_inputs;
  run->shard.n_inputs = n;
  return status;
}

ml_status fresh_shard__prepare(cli_call *cli, const fresh_options *o, fresh_run *run,
                               ml_error *err) {
  static const cli_opt *const without[] = {cli__output_opts, cli__shard_opts, fresh__memory_opts,
                                           NULL};
  const cli_file files[] = {{settings_file(o->settings.params), "params"},
                            {o->settings.params_from, "params-from"},
                            {NULL, NULL}};
  ml_shard *shard = &run->shard;
  ml_watch watch = cli__watch(cli);
  ml_status status = check_options(o, run, err);
  if (status == ML_OK) status = find_inputs(run, err);
  if (status == ML_OK)
    status = cli__begin_shard(cli, o->output, without, files, shard, &run->shard_options, err);
  if (status == ML_OK) status = ml_shard_is_done(shard, &watch, &run->is_done, err);
  if (status == ML_OK && run->is_done)
    cli__note(cli, "part %zu of %zu is there already: nothing is done", shard->number, shard->n);
  return status;
}

ml_status fresh_shard__write(cli_call *cli, fresh_run *run, const ml_parts *parts, ml_spool *spool,
                             double seconds, ml_error *err) {
  const ml_watch watch = cli__watch(cli);
  ml_status status = ML_OK;
  for (size_t i = 0; i < run->inputs.n && status == ML_OK; i++) {
    ml_shard_input *input = &run->shard_inputs[i];
    if (!ml_parts_digest(parts, i, &input->n_bytes, input->digest))
      status = ml_shard_input_read(input, &watch, err);
  }
  return status == ML_OK ? ml_shard_write(&run->shard, spool, seconds, err) : status;
}

static void put_summary(const fresh_run *run, const fresh_figures *f, double seconds, ml_buf *out) {
  const ml_shard *s = &run->shard;
  ml_buf_puts(out, "{\"input\": ");
  fresh__put_inputs(&run->inputs, out);
  ml_buf_printf(out, ", \"shard\": %zu, \"shards\": %zu, \"ids\": %zu, \"rows\": %zu, \"output\": ",
                s->number, s->n, f->ids, f->rows);
  ml_buf_json_string(out, s->folder);
  ml_buf_printf(out, ", \"features\": %zu, \"workers\": %zu, \"seconds\": %.3f}\n", f->features,
                cli__n_workers(run->pool), seconds);
}

ml_status fresh_shard__summary(cli_call *cli, const fresh_run *run, const fresh_figures *f,
                               double seconds, ml_error *err) {
  const ml_shard *s = &run->shard;
  ml_buf out = {0};
  char workers[CLI_WORKERS_MAX];
  if (cli->common.json) {
    put_summary(run, f, seconds, &out);
    return cli__print(&out, err);
  }
  cli__note(cli, "%s: part %zu of %zu: %zu id%s, %zu row%s -> %s: %zu feature%s in %.2f s%s",
            run->input_name, s->number, s->n, f->ids, cli__plural(f->ids), f->rows,
            cli__plural(f->rows), s->folder, f->features, cli__plural(f->features), seconds,
            cli__workers_used(run->pool, workers));
  return ML_OK;
}
