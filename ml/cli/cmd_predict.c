/* SPDX-License-Identifier: GPL-3.0-or-later */
/* mltool predict: what a saved model says of new data. */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "predict.h"

typedef struct predict_options {
  cli_common common;
  cli_predict predict;
  cli_workers workers;
} predict_options;

/* What a run holds; released in one place. */
typedef struct predict_run {
  const char *model_file, *input, *input_name; /* paths, and how messages call the last */
  ml_pipeline *pipeline;
  ml_mproc *pool;
  ml_dataset *data;
  double *values;
  uint32_t *best;
  double start;
} predict_run;

/* ---- checks before the long work ----------------------------------------------------------- */

static ml_status find_files(const cli_call *cli, predict_run *run, ml_error *err) {
  if (cli->n_args == 0)
    return ml_error_set(err, ML_ERR_USAGE,
                        "no model: name the file that 'mltool train' wrote, as in 'mltool predict "
                        "model.json data.csv'");
  run->model_file = cli->args[0];
  run->input = cli->n_args > 1 ? cli->args[1] : "-";
  if (cli->n_args < 2 && isatty(STDIN_FILENO) == 1)
    return ml_error_set(err, ML_ERR_USAGE,
                        "no input: name a file, as in 'mltool predict %.80s data.csv', or pipe one "
                        "in",
                        run->model_file);
  if (!*run->model_file || !*run->input)
    return ml_error_set(err, ML_ERR_IO, "cannot open: the name of the file is empty");
  if (cli__is_stdio(run->model_file) && cli__is_stdio(run->input))
    return ml_error_set(err, ML_ERR_USAGE, "the model and the data cannot both be standard input");
  run->input_name = cli__is_stdio(run->input) ? "standard input" : run->input;
  return ML_OK;
}

static ml_status prepare(cli_call *cli, const predict_options *o, predict_run *run, ml_error *err) {
  enum { READ = 2 };
  ml_status status = cli__check_workers(&o->workers, err);
  if (status == ML_OK) status = find_files(cli, run, err);
  if (status != ML_OK) return status;
  const cli_file files[] = {
      {run->model_file, "model"}, {run->input, "input"}, {o->predict.output, "output"}};
  return cli__check_outputs(files, READ, sizeof files / sizeof *files, err);
}

/* ---- what is said -------------------------------------------------------------------------- */

static void note_done(cli_call *cli, const predict_run *run, const char *output) {
  char workers[CLI_WORKERS_MAX];
  cli__note(cli, "%s: %zu row%s, %zu feature%s -> %s: '%s' by %s in %.2f s%s", run->input_name,
            run->data->n_rows, cli__plural(run->data->n_rows), run->data->n_features,
            cli__plural(run->data->n_features), output, ml_pipeline_target(run->pipeline),
            ml_pipeline_model(run->pipeline)->name, cli__now() - run->start,
            cli__workers_used(run->pool, workers));
}

/* With --json, where the predictions go to a file. */
static ml_status print_summary(const predict_run *run, const char *output, ml_error *err) {
  ml_buf out = {0};
  ml_buf_puts(&out, "{\"input\": ");
  ml_buf_json_string(&out, run->input);
  ml_buf_puts(&out, ", \"model\": ");
  ml_buf_json_string(&out, run->model_file);
  ml_buf_puts(&out, ", \"target\": ");
  ml_buf_json_string(&out, ml_pipeline_target(run->pipeline));
  ml_buf_printf(&out, ", \"rows\": %zu, \"features\": %zu, \"output\": ", run->data->n_rows,
                run->data->n_features);
  ml_buf_json_string(&out, output);
  ml_buf_printf(&out, ", \"workers\": %zu, \"seconds\": %.3f}\n", cli__n_workers(run->pool),
                cli__now() - run->start);
  return cli__print(&out, err);
}

/* ---- the run ------------------------------------------------------------------------------- */

static ml_status load(cli_call *cli, const predict_options *o, predict_run *run, ml_error *err) {
  double start = cli__now();
  ml_status status = (o->predict.trust ? ml_pipeline_load_trusted : ml_pipeline_load)(
      run->model_file, &run->pipeline, err);
  if (status != ML_OK) return status;
  cli__detail(cli, "load: %.4f s", cli__now() - start);
  if (o->predict.proba && ml_pipeline_problem(run->pipeline) != ML_CLASSIFICATION)
    return ml_error_set(err, ML_ERR_USAGE, "--proba is for classes: %s predicts numbers",
                        run->model_file);
  return ML_OK;
}

static ml_status read_data(cli_call *cli, const predict_options *o, const ml_watch *watch,
                           predict_run *run, ml_error *err) {
  const ml_pipeline_read_opts opts = {
      .id = o->predict.id, .delimiter = o->predict.delimiter, .watch = watch};
  double start = cli__now();
  cli->progress.unit = "features";
  ml_status status =
      ml_pipeline_read(run->pipeline, run->input, &opts, ml_mproc_exec(run->pool), &run->data, err);
  if (status == ML_OK) cli__detail(cli, "read: %.4f s", cli__now() - start);
  return status;
}

static ml_status compute(cli_call *cli, predict_run *run, ml_error *err) {
  size_t n_classes, n = run->data->n_rows;
  double start = cli__now();
  (void)ml_pipeline_classes(run->pipeline, &n_classes);
  run->values = calloc(n + 1, (n_classes ? n_classes : 1) * sizeof *run->values);
  if (n_classes > 0) run->best = calloc(n + 1, sizeof *run->best);
  if (!run->values || (n_classes > 0 && !run->best)) return ml_error_memory(err);
  ml_status status = ml_pipeline_predict(run->pipeline, run->data, run->values, err);
  if (status != ML_OK) return status;
  if (run->best) ml_predict_classes(run->values, n, n_classes, run->best);
  cli__detail(cli, "predict: %.4f s", cli__now() - start);
  return ML_OK;
}

static ml_status write_all(cli_call *cli, const predict_options *o, const predict_run *run,
                           ml_error *err) {
  const char *output = o->predict.output;
  const predicted p = {.input = run->input,
                       .model_file = run->model_file,
                       .pipeline = run->pipeline,
                       .data = run->data,
                       .values = run->values,
                       .best = run->best,
                       .has_proba = o->predict.proba};
  ml_status status = predict__write(&p, output, cli->common.json, err);
  if (status != ML_OK || cli__is_stdio(output)) return status;
  if (cli->common.json) return print_summary(run, output, err);
  note_done(cli, run, output);
  return ML_OK;
}

static ml_status work(cli_call *cli, const predict_options *o, predict_run *run, ml_error *err) {
  ml_watch watch = cli__watch(cli);
  run->start = cli__now();
  ml_status status = load(cli, o, run, err);
  if (status == ML_OK) status = cli__open_pool(cli, &o->workers, &watch, &run->pool, err);
  if (status == ML_OK) {
    cli__note_port(cli, &o->workers, run->pool);
    status = read_data(cli, o, &watch, run, err);
    cli__pool_details(cli, run->pool);
  }
  if (status == ML_OK) status = compute(cli, run, err);
  return status == ML_OK ? write_all(cli, o, run, err) : status;
}

static ml_status run(cli_call *cli, const void *options, ml_error *err) {
  predict_run run = {0};
  cli__catch_signals();
  ml_status status = prepare(cli, options, &run, err);
  if (status == ML_OK) status = work(cli, options, &run, err);
  ml_mproc_close(run.pool); /* before its blocks are unmapped here */
  ml_dataset_free(run.data);
  ml_pipeline_free(run.pipeline);
  free(run.values);
  free(run.best);
  return status;
}

#define PREDICT(field) offsetof(cli_predict, field)

static const cli_opt output_opts[] = {
    {'o', "output", CLI_TEXT, PREDICT(output), "FILE", .fallback = "-",
     .help = "write the predictions to FILE; its end says how: .csv, .csv.gz, .json, .json.gz, "
             "else CSV; - is standard output"},
    {0, "proba", CLI_FLAG, PREDICT(proba),
     .help = "write the probability of each class, too, or its score where the model has no "
             "probabilities"},
    {0, "trust", CLI_FLAG, PREDICT(trust),
     .help =
         "load also a model of Python, from the pickle beside MODEL.json: it runs any code that "
         "was put into it"},
    {0}};

static const cli_opt data_opts[] = {
    {0, "id", CLI_TEXT, PREDICT(id), "NAME",
     .help = "column of the ids; without it, as in training"},
    {0, "delimiter", CLI_CHAR, PREDICT(delimiter), "CHAR",
     .help = "what separates the cells: a punctuation mark, or tab; without it, found out from "
             "the header"},
    {0}};

const cli_command cli__predict = {
    .name = "predict",
    .summary = "predict with a saved model",
    .synopsis = "[OPTION]... MODEL.json [FILE]",
    .description =
        "Read what 'mltool train' has saved in MODEL.json and new data from FILE, or from standard "
        "input, and write a prediction for each row, or each series. The data are read by the "
        "rules of training; of series only those features are computed that the model needs. "
        "Columns that are not needed, such as the target, may be there or not.\n\n"
        "The result is CSV: the id (or the number of the row, from 0) and the prediction; 'mltool "
        "score TRUTH PREDICTIONS' says how good it is. With -s and -p the features are computed by "
        "several processes; the output is the same to the byte.",
    .groups =
        (const cli_group[]){{"Data:", data_opts, offsetof(predict_options, predict)},
                            {"Output:", output_opts, offsetof(predict_options, predict)},
                            {"Workers:", cli__worker_opts, offsetof(predict_options, workers)},
                            {"Options of every command:", cli__common_opts, 0},
                            {0}},
    .options_size = sizeof(predict_options),
    .max_args = 2,
    .examples = (const cli_example[]){{"predictions for new storms",
                                       "mltool predict model.json new.csv -o predictions.csv"},
                                      {"probabilities of what comes through a pipe",
                                       "zcat new.csv.gz | mltool predict model.json - --proba"},
                                      {0}},
    .run = run};
