/* SPDX-License-Identifier: GPL-3.0-or-later */
/* mltool xval --shard: a part of the fits, as a checkpoint for 'mltool merge'. */
#include <stdlib.h>

#include "xval.h"

static ml_status check(const cli_xval *g, const char *input, ml_error *err) {
  const struct {
    bool is_given;
    const char *name, *why;
  } refused[] = {{g->checkpoint, "--checkpoint", "a part is a checkpoint by itself"},
                 {g->halving, "--halving", "which candidates go on depends on the fits of all"},
                 {g->race, "--race", "which candidates go on depends on the fits of all"},
                 {g->time_budget, "--time-budget", "a part has all of its fits"},
                 {g->run_dir, "--run-dir", "the run that has the whole writes it"}};
  for (size_t i = 0; i < sizeof refused / sizeof *refused; i++)
    if (refused[i].is_given)
      return ml_error_set(err, ML_ERR_USAGE, "--shard and %s do not go together: %s",
                          refused[i].name, refused[i].why);
  if (cli__is_stdio(input))
    return ml_error_set(err, ML_ERR_USAGE,
                        "--shard needs a file, which all shards read, and not standard input");
  return ML_OK;
}

ml_status xval_shard__prepare(cli_call *cli, const char *input, xval_asked *asked, xval_shard *part,
                              ml_error *err) {
  static const cli_opt *const without[] = {cli__xval_output_opts, cli__xval_run_opts,
                                           cli__shard_opts, NULL};
  const cli_xval *g = asked->given;
  const cli_file files[] = {{g->learn.target_file, "target-file"},
                            {g->learn.fresh, "fresh"},
                            {g->model, "model"},
                            {NULL, NULL}};
  ml_shard *shard = &part->shard;
  ml_watch watch = cli__watch(cli);
  ml_status status = cli__read_shard(g->shard, shard, err);
  if (status == ML_OK) status = check(g, input, err);
  if (status == ML_OK) status = ml_shard_input_find(input, &part->input, err);
  if (status == ML_OK) status = ml_shard_input_read(&part->input, &watch, err);
  if (status == ML_OK)
    status = cli__begin_shard(cli, g->output, without, files, shard, &part->options, err);
  shard->inputs = &part->input;
  shard->n_inputs = 1;
  if (status == ML_OK) status = ml_shard_path(shard, ".checkpoint", &part->checkpoint, err);
  if (status == ML_OK) status = ml_shard_is_done(shard, &watch, &part->is_done, err);
  if (status == ML_OK && part->is_done)
    cli__note(cli, "part %zu of %zu is there already: nothing is done", shard->number, shard->n);
  asked->opts.checkpoint = part->checkpoint;
  asked->opts.shard = shard->number - 1;
  asked->opts.n_shards = shard->n;
  return status;
}

ml_status xval_shard__finish(cli_call *cli, const xval_shard *part, const ml_xval_result *r,
                             double seconds, const ml_watch *watch, ml_error *err) {
  const ml_shard *s = &part->shard;
  const size_t n_fits = r->n_done + r->n_failed;
  ml_buf out = {0};
  char resumed[64] = "";
  ml_status status = ml_shard_write_fits(s, n_fits, seconds, watch, err);
  if (status != ML_OK) return status;
  if (r->n_resumed > 0) snprintf(resumed, sizeof resumed, ", %zu were there", r->n_resumed);
  if (!cli->common.json) {
    cli__note(cli, "%s: part %zu of %zu: %zu fit%s%s -> %s in %.2f s", part->input.path, s->number,
              s->n, n_fits, cli__plural(n_fits), resumed, s->folder, seconds);
    return ML_OK;
  }
  ml_buf_puts(&out, "{\"input\": ");
  ml_buf_json_string(&out, part->input.path);
  ml_buf_printf(&out, ", \"shard\": %zu, \"shards\": %zu, \"output\": ", s->number, s->n);
  ml_buf_json_string(&out, s->folder);
  ml_buf_printf(&out, ", \"done\": %zu, \"failed\": %zu, \"seconds\": %.3f}\n", r->n_done,
                r->n_failed, seconds);
  return cli__print(&out, err);
}

void xval_shard__release(xval_shard *part) {
  ml_buf_release(&part->options);
  free(part->checkpoint);
}
