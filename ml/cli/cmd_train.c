/* SPDX-License-Identifier: GPL-3.0-or-later */
/* mltool train: fit a model with everything before it on all rows, and keep it in a file. */
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "run_folder.h"

typedef struct train_options {
  cli_common common;
  cli_xval xval;
  const char *output;
  cli_workers workers;
} train_options;

/* What a run holds; released in one place. */
typedef struct train_run {
  const char *input, *input_name; /* path, and how messages call it */
  cli_xval given;                 /* without --cv none */
  bool is_scored;                 /* there are folds */
  xval_asked asked;
  ml_mproc *pool;
  ml_xval_result *result; /* NULL: --cv none */
  ml_pipeline *pipeline;
  double start, validate_seconds, fit_seconds;
  char *output; /* what is said of the model's place */
} train_run;

/* ---- checks before the long work ----------------------------------------------------------- */

/* What has no meaning without folds. */
static ml_status check_unscored(const cli_xval *g, ml_error *err) {
  const struct {
    bool given;
    const char *name;
  } lonely[] = {{g->grid.n > 0, "grid"},           {g->random.given, "random"},
                {g->sobol.given, "sobol"},         {g->space.n > 0, "space"},
                {g->holdout > 0, "holdout"},       {g->repeat.given, "repeat"},
                {g->metric != NULL, "metric"},     {g->checkpoint != NULL, "checkpoint"},
                {g->learn.start != NULL, "start"}, {g->time_budget, "time-budget"}};
  for (size_t i = 0; i < sizeof lonely / sizeof *lonely; i++)
    if (lonely[i].given)
      return ml_error_set(err, ML_ERR_USAGE, "--%s needs folds, and there are none with --cv none",
                          lonely[i].name);
  return ML_OK;
}

static ml_status check_options(const train_options *o, train_run *run, ml_error *err) {
  run->given = o->xval;
  run->is_scored = !o->xval.cv || strcmp(o->xval.cv, "none") != 0;
  if (!o->output && !o->xval.run_dir)
    return ml_error_set(err, ML_ERR_USAGE,
                        "no file for the model: name it with -o FILE, as in -o model.json, or a "
                        "folder for all that there is with --run-dir DIR");
  if (o->xval.nested)
    return ml_error_set(err, ML_ERR_USAGE,
                        "--nested has a winner for each outer fold, and train keeps one model: "
                        "'mltool xval --nested' says how good such a search is");
  if (run->is_scored) return ML_OK;
  run->given.cv = NULL;
  return check_unscored(&o->xval, err);
}

static ml_status check_files(const train_options *o, const char *input, ml_error *err) {
  enum { READ = 3 };
  const cli_file files[] = {{input, "input"},
                            {o->xval.learn.target_file, "file of --target-file"},
                            {o->xval.learn.fresh, "file of --fresh"},
                            {o->output, "model"},
                            {o->xval.report, "file of --report"},
                            {o->xval.checkpoint, "file of --checkpoint"}};
  if (o->xval.learn.target_file && cli__is_stdio(o->xval.learn.target_file) && cli__is_stdio(input))
    return ml_error_set(err, ML_ERR_USAGE,
                        "the features and the target cannot both be standard input");
  if (o->xval.checkpoint && cli__is_stdio(o->xval.checkpoint))
    return ml_error_set(err, ML_ERR_USAGE, "option '--checkpoint' takes the name of a file");
  return cli__check_outputs(files, READ, sizeof files / sizeof *files, err);
}

static ml_status check_pickle(const train_options *o, const ml_model *model, ml_error *err) {
  if (!(model->traits & ML_MODEL_PICKLES)) return ML_OK;
  if (!o->output || !cli__is_stdio(o->output)) return ML_OK;
  return ml_error_set(err, ML_ERR_USAGE,
                      "model '%s' keeps a pickle beside its file, and standard output has nothing "
                      "beside it: name the file",
                      model->name);
}

static ml_status name_output(const train_options *o, train_run *run, ml_error *err) {
  const char *folder = o->xval.run_dir;
  if (o->output)
    run->output = strdup(o->output);
  else if (asprintf(&run->output, "%s%smodel.json", folder, cli__ends_in(folder, "/") ? "" : "/") <
           0)
    run->output = NULL;
  return run->output ? ML_OK : ml_error_memory(err);
}

static ml_status prepare(cli_call *cli, const train_options *o, train_run *run, ml_error *err) {
  ml_status status = cli__check_workers(&o->workers, err);
  if (status == ML_OK) status = check_options(o, run, err);
  if (status == ML_OK) status = cli__check_pictures(NULL, o->xval.report, err);
  if (status == ML_OK) status = xval__ask(&run->given, &run->asked, err);
  if (status == ML_OK) status = check_pickle(o, run->asked.model, err);
  if (status == ML_OK)
    status = cli__find_input(cli, "--target NAME --model MODEL -o model.json", &run->input, err);
  if (status == ML_OK) status = check_files(o, run->input, err);
  if (status == ML_OK) status = run_folder__check(cli, o->xval.run_dir, err);
  if (status == ML_OK) status = name_output(o, run, err);
  if (status != ML_OK) return status;
  run->input_name = cli__is_stdio(run->input) ? "standard input" : run->input;
  return ML_OK;
}

/* ---- the run ------------------------------------------------------------------------------- */

static ml_status read_data(cli_call *cli, train_run *run, const ml_watch *watch, ml_error *err) {
  cli_learning *l = &run->asked.learning;
  ml_problem problem;
  cli->idle = l->settings ? NULL : run->pool;
  ml_status status = learn__read(cli, l, run->input, ml_mproc_exec(run->pool), watch, err);
  cli->idle = NULL;
  if (status == ML_OK)
    status =
        ml_model_problem(run->asked.model, run->asked.problem, l->data->problem, &problem, err);
  if (status == ML_OK) learn__note_target(cli, l, run->input_name);
  return status;
}

static ml_status validate(cli_call *cli, train_run *run, const ml_watch *watch, ml_error *err) {
  if (!run->is_scored) return ML_OK;
  cli->progress.unit = "fits";
  double start = cli__now();
  ml_status status =
      ml_xval(run->asked.learning.data, run->asked.model, run->asked.candidates, run->asked.fixed,
              &run->asked.opts, ml_mproc_exec(run->pool), watch, &run->result, err);
  run->validate_seconds = cli__now() - start;
  cli__pool_details(cli, run->pool);
  return status == ML_OK ? xval__check_winner(&run->asked, run->result, err) : status;
}

static const double *best_params(const train_run *run) {
  const ml_xval_result *r = run->result;
  return r && r->best < r->n_candidates ? r->candidates[r->best].params : run->asked.fixed;
}

static ml_status fit(cli_call *cli, train_run *run, const ml_watch *watch, ml_error *err) {
  const cli_learning *l = &run->asked.learning;
  const ml_pipeline_opts opts = {.prep = run->asked.prep,
                                 .model = run->asked.model,
                                 .params = best_params(run),
                                 .seed = run->asked.opts.seed,
                                 .fit_unweighted = run->asked.opts.fit_unweighted,
                                 .set = l->set,
                                 .settings = l->settings,
                                 .columns = l->set ? &l->series : NULL,
                                 .validation = run->result,
                                 .watch = watch};
  double start = cli__now();
  ml_status status = ml_pipeline_fit(l->data, &opts, &run->pipeline, err);
  run->fit_seconds = cli__now() - start;
  if (status == ML_OK) cli__detail(cli, "fit: %.3f s", run->fit_seconds);
  return status;
}

/* ---- what is written and said --------------------------------------------------------------- */

enum { N_FILES = 2 };

/* All files are complete before the first gets its name. The model comes last: its reader may be
 * gone. */
static ml_status write_files(const char *const paths[N_FILES], const ml_buf texts[N_FILES],
                             ml_error *err) {
  ml_output *outs[N_FILES] = {0};
  ml_status status = ML_OK;
  for (size_t k = N_FILES; k-- > 0 && status == ML_OK;) {
    if (!paths[k]) continue;
    status = ml_output_open(paths[k], &outs[k], err);
    if (status == ML_OK) status = ml_output_write(outs[k], texts[k].data, texts[k].n, err);
    if (status == ML_OK) status = ml_output_finish(outs[k], err);
  }
  for (size_t k = 0; k < N_FILES; k++) {
    if (status == ML_OK && outs[k])
      status = ml_output_commit(outs[k], err);
    else
      ml_output_abort(outs[k]);
  }
  return status;
}

static ml_status save(const train_options *o, trained *t, ml_error *err) {
  const char *const paths[N_FILES] = {o->output, o->xval.report};
  struct stat seen; /* of the one in a folder */
  ml_buf texts[N_FILES] = {0};
  ml_status status = ML_OK;
  if (o->output) status = ml_pipeline_json_at(t->pipeline, o->output, &texts[0], err);
  if (status == ML_OK && o->xval.report) status = train__report(t, &texts[1], err);
  if (status == ML_OK) status = write_files(paths, texts, err);
  if (o->output) ml_pipeline_tidy(o->output);
  t->n_bytes = texts[0].n;
  if (!o->output && stat(t->output, &seen) == 0) t->n_bytes = (size_t)seen.st_size;
  for (size_t k = 0; k < N_FILES; k++) ml_buf_release(&texts[k]);
  return status;
}

static ml_status say(cli_call *cli, const train_run *run, trained *t, ml_error *err) {
  ml_buf out = {0};
  t->n_workers = cli__n_workers(run->pool);
  t->seconds = cli__now() - run->start;
  if (cli__is_stdio(t->output) || (!cli->common.json && cli->common.quiet)) return ML_OK;
  (cli->common.json ? train__json : train__text)(t, &out);
  return cli__print(&out, err);
}

static ml_status finish(cli_call *cli, const train_options *o, train_run *run,
                        const ml_watch *watch, ml_error *err) {
  static char none[] = "none";
  const ml_xval_result nothing = {.model = run->asked.model,
                                  .data = run->asked.learning.data,
                                  .problem = run->asked.learning.data->problem,
                                  .cv = none,
                                  .seed = run->asked.opts.seed,
                                  .best = SIZE_MAX};
  const train_step steps[] = {{"read", run->asked.learning.read_seconds},
                              {"extract features", run->asked.learning.extract_seconds},
                              {"cross-validate", run->validate_seconds},
                              {"fit on all rows", run->fit_seconds}};
  bool is_terminal = cli__is_terminal(STDOUT_FILENO) && !cli->common.json;
  xval_shown shown = {0};
  ml_buf pool = {0};
  if (run->pool) ml_mproc_describe(run->pool, &pool);
  ml_status status = pool.failed ? ml_error_memory(err) : ML_OK;
  if (status == ML_OK)
    status = xval__show(run->input_name, &run->asked, run->result ? run->result : &nothing,
                        o->xval.times || is_terminal, &shown, err);
  trained t = {.input = run->input,
               .output = run->output,
               .shown = &shown,
               .pipeline = run->pipeline,
               .exec = ml_mproc_exec(run->pool),
               .watch = watch,
               .pool = run->pool ? &pool : NULL,
               .steps = steps,
               .n_steps = sizeof steps / sizeof *steps};
  if (status == ML_OK && o->xval.run_dir)
    status = run_folder__write(cli, o->xval.run_dir, &shown, &t, err);
  if (status == ML_OK) status = save(o, &t, err);
  bool is_taken = o->xval.report && cli__is_stdio(o->xval.report); /* standard output */
  if (status == ML_OK && !is_taken) status = say(cli, run, &t, err);
  xval__hide(&shown);
  ml_buf_release(&pool);
  return status;
}

static ml_status work(cli_call *cli, const train_options *o, train_run *run, ml_error *err) {
  ml_watch watch = cli__watch(cli);
  run->start = cli__now();
  /* First, so that a port in use is known before a long file has been read. */
  ml_status status = cli__open_pool(cli, &o->workers, &watch, &run->pool, err);
  if (status == ML_OK) status = read_data(cli, run, &watch, err);
  if (status != ML_OK) return status;
  cli__note_port(cli, &o->workers, run->pool);
  status = validate(cli, run, &watch, err);
  if (status == ML_OK) status = fit(cli, run, &watch, err);
  return status == ML_OK ? finish(cli, o, run, &watch, err) : status;
}

static ml_status run(cli_call *cli, const void *options, ml_error *err) {
  train_run run = {0};
  cli__catch_signals();
  ml_status status = prepare(cli, options, &run, err);
  if (status == ML_OK) status = work(cli, options, &run, err);
  ml_mproc_close(run.pool); /* before its blocks are unmapped here */
  ml_pipeline_free(run.pipeline);
  ml_xval_free(run.result);
  xval__release(&run.asked);
  free(run.output);
  return status;
}

static const cli_opt output_opts[] = {
    {'o', "output", CLI_TEXT, offsetof(train_options, output), "FILE",
     .help = "write the model to FILE, as JSON; - is standard output"},
    {0, "report", CLI_TEXT, offsetof(train_options, xval.report), "FILE",
     .help =
         "write to FILE a page of HTML about the whole run: data, features with their p-values, "
         "scores, predictions, importance"},
    {0, "times", CLI_FLAG, offsetof(train_options, xval.times),
     .help = "have what the steps and workers took on that page also where standard output is no "
             "terminal"},
    {0}};

#define GROUP(title, opts) \
  { title, opts, offsetof(train_options, xval) }

const cli_command cli__train = {
    .name = "train",
    .summary = "fit a model, with everything before it, and save it",
    .synopsis = "--target NAME --model MODEL -o MODEL.json [OPTION]... [FILE]",
    .description =
        "Read features and a target from FILE, or from standard input, cross-validate the model as "
        "'mltool xval' does, with the same options, and fit it on all rows. With --grid, --random "
        "or --sobol it is the best of those that were tried. --cv none fits without a score.\n\n"
        "MODEL.json has all that new data need: steps of --prep with what they have learnt, the "
        "names of the features, the model and its score. 'mltool predict' uses it, 'mltool "
        "inspect' shows it. It appears complete or not at all.\n\n"
        "With -s and -p folds and candidates are shared among processes; the model is the same to "
        "the byte.",
    .groups = (const cli_group[]){GROUP("Data:", cli__learn_table_opts),
                                  GROUP("Weights:", cli__xval_weights_opts),
                                  GROUP("Time series:", cli__learn_series_opts),
                                  GROUP("Model:", cli__xval_model_opts),
                                  GROUP("Folds:", cli__xval_fold_opts),
                                  GROUP("Scores:", cli__xval_score_opts),
                                  GROUP("Search:", cli__xval_search_opts),
                                  GROUP("Run:", cli__xval_run_opts),
                                  {"Output:", output_opts, 0},
                                  {"Folder of the run:", cli__folder_opts,
                                   offsetof(train_options, xval.run_dir)},
                                  {"Workers:", cli__worker_opts, offsetof(train_options, workers)},
                                  {"As a file:", cli__config_opts, 0},
                                  {"Options of every command:", cli__common_opts, 0},
                                  {0}},
    .options_size = sizeof(train_options),
    .max_args = 1,
    .operands = (const char *const[]){"input", NULL},
    .examples =
        (const cli_example[]){
            {"a ridge regression of all features",
             "mltool train diabetes.csv --target y --model ridge --set alpha=0.1 -o ridge.json"},
            {"what it says of new rows", "mltool predict ridge.json new.csv"},
            {"the best of twenty penalties",
             "mltool train bcancer.csv --target y --prep standard --model logistic --grid "
             "C=log:1e-3:1e3:20 -o best.json"},
            {0}},
    .exit_status =
        "0 done, also when some of the fits of the cross-validation failed; 1 failed, also when "
        "all did; 2 wrong usage, 3 malformed input, 4 a worker failed, 130 interrupted.",
    .run = run};
