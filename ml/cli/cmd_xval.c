/* SPDX-License-Identifier: GPL-3.0-or-later */
/* mltool xval: how good a model is on rows that it was not fitted on, and its best parameters. */
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "run_folder.h"

typedef struct xval_options {
  cli_common common;
  cli_xval xval;
  cli_workers workers;
} xval_options;

/* What a run holds; released in one place. */
typedef struct xval_run {
  const char *input, *input_name; /* path, and how messages call it */
  xval_asked asked;
  ml_mproc *pool;
  ml_xval_result *result;
  xval_shard part;
  double start;
} xval_run;

/* ---- checks before the long work ----------------------------------------------------------- */

static ml_status check_files(const cli_xval *g, const char *input, ml_error *err) {
  enum { READ = 3 };
  const bool is_part = g->shard != NULL; /* which writes none of these */
  const cli_file files[] = {{input, "input"},
                            {g->learn.target_file, "file of --target-file"},
                            {g->learn.fresh, "file of --fresh"},
                            {is_part ? NULL : g->output, "output"},
                            {g->checkpoint, "file of --checkpoint"},
                            {is_part ? NULL : g->oof, "file of --oof"},
                            {is_part ? NULL : g->plot, "file of --plot"},
                            {is_part ? NULL : g->report, "file of --report"}};
  if (g->learn.target_file && cli__is_stdio(g->learn.target_file) && cli__is_stdio(input))
    return ml_error_set(err, ML_ERR_USAGE,
                        "the features and the target cannot both be standard input");
  if (g->checkpoint && cli__is_stdio(g->checkpoint))
    return ml_error_set(err, ML_ERR_USAGE, "option '--checkpoint' takes the name of a file");
  return cli__check_outputs(files, READ, sizeof files / sizeof *files, err);
}

static ml_status prepare(cli_call *cli, const xval_options *o, xval_run *run, ml_error *err) {
  const cli_xval *g = &o->xval;
  ml_status status = cli__check_workers(&o->workers, err);
  if (status == ML_OK && g->csv && cli->common.json && cli__is_stdio(g->output))
    status = ml_error_set(err, ML_ERR_USAGE, "--csv and --json exclude one another");
  if (status == ML_OK) status = cli__check_pictures(g->plot, g->report, err);
  if (status == ML_OK) status = xval__ask(g, &run->asked, err);
  if (status == ML_OK)
    status = cli__find_input(cli, "--target NAME --model MODEL", &run->input, err);
  if (status == ML_OK) status = check_files(g, run->input, err);
  if (status == ML_OK && g->shard)
    status = xval_shard__prepare(cli, run->input, &run->asked, &run->part, err);
  else if (status == ML_OK)
    status = run_folder__check(cli, g->run_dir, err);
  if (status != ML_OK) return status;
  run->input_name = cli__is_stdio(run->input) ? "standard input" : run->input;
  return ML_OK;
}

/* ---- what is said -------------------------------------------------------------------------- */

static void note_done(cli_call *cli, const xval_run *run) {
  const ml_xval_result *r = run->result;
  char workers[CLI_WORKERS_MAX], resumed[64] = "";
  if (r->n_resumed > 0) snprintf(resumed, sizeof resumed, ", %zu of the checkpoint", r->n_resumed);
  cli__note_now(
      cli, "%s: %zu x %zu features, %zu fit%s%s in %.2f s, scored in %.2f s, all in %.2f s%s",
      run->input_name, run->asked.learning.data->n_rows, run->asked.learning.data->n_features,
      r->n_done, cli__plural(r->n_done), resumed, r->fit_seconds, r->score_seconds,
      cli__now() - run->start, cli__workers_used(run->pool, workers));
  if (r->n_failed > 0)
    cli__note(cli, "%zu of %zu fits failed", r->n_failed, r->n_failed + r->n_done);
}

/* ---- files --------------------------------------------------------------------------------- */

enum { N_FILES = 4 };

/* As the end of its name says, but for what standard output is asked to be. */
static void make_result(const xval_shown *s, const char *path, bool is_json, ml_buf *out) {
  bool is_stdio = cli__is_stdio(path);
  if (is_stdio ? is_json : cli__ends_in(path, ".json") || cli__ends_in(path, ".json.gz"))
    xval__json(s, out);
  else if (s->given->csv || cli__ends_in(path, ".csv") || cli__ends_in(path, ".csv.gz"))
    xval__csv(s, out);
  else
    xval__table(s, out);
}

static ml_status make_texts(const cli_call *cli, const xval_shown *s, ml_buf *texts,
                            ml_error *err) {
  const cli_xval *g = s->given;
  ml_status status = ML_OK;
  make_result(s, g->output, cli->common.json, &texts[0]);
  if (g->oof) xval__oof(s, &texts[1]);
  if (g->plot) status = xval__plot(s, &texts[2], err);
  if (status == ML_OK && g->report) status = xval__report(s, &texts[3], err);
  for (size_t i = 0; i < N_FILES && status == ML_OK; i++)
    if (texts[i].failed) status = ml_error_memory(err);
  return status;
}

/* All files are complete before the first gets its name. The result comes last: its reader may be
 * gone. */
static ml_status write_files(const cli_call *cli, const xval_shown *s, ml_error *err) {
  const cli_xval *g = s->given;
  const char *const paths[N_FILES] = {g->output, g->oof, g->plot, g->report};
  ml_buf texts[N_FILES] = {0};
  ml_output *outs[N_FILES] = {0};
  ml_status status = make_texts(cli, s, texts, err);
  for (size_t k = N_FILES; k-- > 0 && status == ML_OK;) {
    if (!paths[k]) continue;
    status = ml_output_open(paths[k], &outs[k], err);
    if (status == ML_OK) status = ml_output_write(outs[k], texts[k].data, texts[k].n, err);
    if (status == ML_OK) status = ml_output_finish(outs[k], err);
  }
  for (size_t k = 0; k < N_FILES; k++) {
    ml_buf_release(&texts[k]);
    if (status == ML_OK && outs[k])
      status = ml_output_commit(outs[k], err);
    else
      ml_output_abort(outs[k]);
  }
  return status;
}

/* With --json, where the result itself goes to a file. */
static ml_status print_summary(const xval_run *run, const xval_shown *s, ml_error *err) {
  const ml_xval_result *r = run->result;
  const ml_candidate_result *winner = xval__winner(s);
  ml_buf out = {0};
  ml_buf_puts(&out, "{\"input\": ");
  ml_buf_json_string(&out, run->input);
  ml_buf_printf(&out,
                ", \"rows\": %zu, \"features\": %zu, \"model\": ", run->asked.learning.data->n_rows,
                run->asked.learning.data->n_features);
  ml_buf_json_string(&out, r->model->name);
  ml_buf_puts(&out, ", \"output\": ");
  ml_buf_json_string(&out, s->given->output);
  ml_buf_printf(&out, ", \"candidates\": %zu, \"folds\": %zu, \"done\": %zu, \"failed\": %zu",
                r->n_candidates, r->n_folds, r->n_done, r->n_failed);
  ml_buf_puts(&out, ", \"winner\": ");
  if (r->best < r->n_candidates) /* candidate 0 is shown also where it has failed */
    ml_buf_printf(&out, "%zu", r->best);
  else
    ml_buf_puts(&out, "null");
  ml_buf_printf(&out, ", \"metric\": \"%s\", \"mean\": ", s->metrics[0]);
  ml_buf_json_number(&out, winner ? winner->mean[0] : NAN);
  ml_buf_printf(&out, ", \"workers\": %zu, \"seconds\": %.3f}\n", cli__n_workers(run->pool),
                cli__now() - run->start);
  return cli__print(&out, err);
}

/* ---- the run ------------------------------------------------------------------------------- */

static ml_status read_data(cli_call *cli, xval_run *run, const ml_watch *watch, ml_error *err) {
  xval_asked *a = &run->asked;
  a->learning.may_lack_features = a->model->traits & ML_MODEL_FEATURELESS;
  cli->idle = a->learning.settings ? NULL : run->pool;
  ml_status status =
      learn__read(cli, &a->learning, run->input, ml_mproc_exec(run->pool), watch, err);
  cli->idle = NULL;
  if (status != ML_OK) return status;
  ml_problem problem;
  status = ml_model_problem(a->model, a->problem, a->learning.data->problem, &problem, err);
  if (status == ML_OK) learn__note_target(cli, &a->learning, run->input_name);
  return status;
}

static ml_status write_all(cli_call *cli, xval_run *run, ml_error *err) {
  const cli_xval *g = run->asked.given;
  bool is_terminal = cli__is_stdio(g->output) && cli__is_terminal(STDOUT_FILENO);
  bool is_table = !cli->common.json && !g->csv;
  xval_shown shown = {0};
  ml_status status = xval__show(run->input_name, &run->asked, run->result,
                                g->times || (is_terminal && is_table), &shown, err);
  if (status == ML_OK && g->run_dir) status = run_folder__write(cli, g->run_dir, &shown, NULL, err);
  if (status == ML_OK) status = write_files(cli, &shown, err);
  if (status == ML_OK && cli->common.json && !cli__is_stdio(g->output))
    status = print_summary(run, &shown, err);
  xval__hide(&shown);
  return status;
}

static ml_status work(cli_call *cli, const xval_options *o, xval_run *run, ml_error *err) {
  ml_watch watch = cli__watch(cli);
  run->start = cli__now();
  /* First, so that a port in use is known before a long file has been read. */
  ml_status status = cli__open_pool(cli, &o->workers, &watch, &run->pool, err);
  if (status == ML_OK) status = read_data(cli, run, &watch, err);
  if (status != ML_OK) return status;
  cli__note_port(cli, &o->workers, run->pool);
  cli->progress.unit = "fits";
  status =
      ml_xval(run->asked.learning.data, run->asked.model, run->asked.candidates, run->asked.fixed,
              &run->asked.opts, ml_mproc_exec(run->pool), &watch, &run->result, err);
  cli__pool_details(cli, run->pool);
  if (status == ML_OK && o->xval.shard)
    return xval_shard__finish(cli, &run->part, run->result, cli__now() - run->start, &watch, err);
  if (status == ML_OK) status = write_all(cli, run, err);
  if (status == ML_OK) note_done(cli, run);
  return status == ML_OK ? xval__check_winner(&run->asked, run->result, err) : status;
}

static ml_status run(cli_call *cli, const void *options, ml_error *err) {
  xval_run run = {0};
  cli__catch_signals();
  ml_status status = prepare(cli, options, &run, err);
  if (status == ML_OK && !run.part.is_done) status = work(cli, options, &run, err);
  ml_mproc_close(run.pool); /* before its blocks are unmapped here */
  xval_shard__release(&run.part);
  ml_xval_free(run.result);
  xval__release(&run.asked);
  return status;
}

#define GROUP(title, opts) \
  { title, opts, offsetof(xval_options, xval) }

const cli_command cli__xval_command = {
    .name = "xval",
    .summary = "cross-validate a model, and find its best parameters",
    .synopsis = "--target NAME --model MODEL [OPTION]... [FILE]",
    .description =
        "Read features and a target from FILE, or from standard input, fit the model on the rows "
        "that each fold trains on, and score its predictions for those that it tests. With --grid, "
        "--random or --sobol many parameters are tried, and the best is said.\n\n"
        "FILE is CSV, also gzip or Zstandard, or .npy with its .columns.json beside it. All steps "
        "of --prep are learnt from training rows alone. 'mltool models' has the models and their "
        "parameters; docs/xval.md the rules.\n\n"
        "With -s and -p folds and candidates are shared among processes; the output is the same "
        "to the byte. Times are shown on a terminal, and with --times. With --shard machines "
        "share the fits; docs/shards.md shows how.",
    .groups = (const cli_group[]){GROUP("Data:", cli__learn_table_opts),
                                  GROUP("Weights:", cli__xval_weights_opts),
                                  GROUP("Time series:", cli__learn_series_opts),
                                  GROUP("Model:", cli__xval_model_opts),
                                  GROUP("Folds:", cli__xval_fold_opts),
                                  GROUP("Scores:", cli__xval_score_opts),
                                  GROUP("Search:", cli__xval_search_opts),
                                  GROUP("Run:", cli__xval_run_opts),
                                  {"Shards:", cli__shard_opts, offsetof(xval_options, xval.shard)},
                                  GROUP("Output:", cli__xval_output_opts),
                                  {"Folder of the run:", cli__folder_opts,
                                   offsetof(xval_options, xval.run_dir)},
                                  {"Workers:", cli__worker_opts, offsetof(xval_options, workers)},
                                  {"As a file:", cli__config_opts, 0},
                                  {"Options of every command:", cli__common_opts, 0},
                                  {0}},
    .options_size = sizeof(xval_options),
    .max_args = 1,
    .operands = (const char *const[]){"input", NULL},
    .examples =
        (const cli_example[]){
            {"how well ridge regression predicts, over five folds",
             "mltool xval diabetes.csv --target y --model ridge --set alpha=0.1"},
            {"the best of twenty penalties, with a page to look at",
             "mltool xval diabetes.csv --target y --model ridge --grid alpha=log:1e-3:1e3:20 "
             "--report ridge.html"},
            {"trees of 64 kinds, on four workers",
             "mltool xval -s 4 -p 0 bcancer.csv --target y --model random_forest --cv "
             "stratified:10 "
             "--sobol 64 --space max_depth=int:2:20 --space max_features=0.1:1 --metric "
             "roc_auc,log_loss"},
            {0}},
    .exit_status =
        "0 done, also when some of the fits failed; 1 failed, also when all fits did; "
        "2 wrong usage, 3 malformed input, 4 a worker failed, 130 interrupted.",
    .run = run};
