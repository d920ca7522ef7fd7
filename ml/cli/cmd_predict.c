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
  ml_pipeline_stream *stream; /* NULL: all is read before anything is predicted */
  predict_writer *writer;
  size_t n_rows, n_features; /* of all that was predicted */
  latencies latencies;
  ml_dataset *data;
  double *values; /* room for n_room rows */
  uint32_t *best; /* likewise; NULL: no classes */
  size_t n_room;
  drift_list drift;
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

static ml_status check_stream(const cli_predict *p, ml_error *err) {
  if (p->follow && p->batch.given)
    return ml_error_set(err, ML_ERR_USAGE, "--follow is --batch=1: give one of the two");
  if (p->drift && (p->follow || p->batch.given))
    return ml_error_set(err, ML_ERR_USAGE,
                        "--drift needs all data, and --%s predicts before all are there",
                        p->follow ? "follow" : "batch");
  return ML_OK;
}

static ml_status prepare(cli_call *cli, const predict_options *o, predict_run *run, ml_error *err) {
  enum { READ = 2 };
  ml_status status = cli__check_workers(&o->workers, err);
  if (status == ML_OK) status = check_stream(&o->predict, err);
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
            run->n_rows, cli__plural(run->n_rows), run->n_features, cli__plural(run->n_features),
            output, ml_pipeline_target(run->pipeline), ml_pipeline_model(run->pipeline)->name,
            cli__now() - run->start, cli__workers_used(run->pool, workers));
}

static predicted shown(const predict_options *o, predict_run *run) {
  return (predicted){.input = run->input,
                     .model_file = run->model_file,
                     .pipeline = run->pipeline,
                     .data = run->data,
                     .values = run->values,
                     .best = run->best,
                     .has_proba = o->predict.proba,
                     .drift = run->drift.items ? &run->drift : NULL};
}

/* With --json, where the predictions go to a file. */
static ml_status print_summary(const predict_options *o, predict_run *run, ml_error *err) {
  const char *output = o->predict.output;
  const predicted p = shown(o, run);
  ml_buf out = {0};
  ml_buf_puts(&out, "{\"input\": ");
  ml_buf_json_string(&out, run->input);
  ml_buf_puts(&out, ", \"model\": ");
  ml_buf_json_string(&out, run->model_file);
  ml_buf_puts(&out, ", \"target\": ");
  ml_buf_json_string(&out, ml_pipeline_target(run->pipeline));
  ml_buf_printf(&out, ", \"rows\": %zu, \"features\": %zu, \"output\": ", run->n_rows,
                run->n_features);
  ml_buf_json_string(&out, output);
  if (run->drift.items) {
    ml_buf_puts(&out, ", ");
    predict__drift_json(&p, &out);
  }
  ml_buf_printf(&out, ", \"workers\": %zu, \"seconds\": %.3f}\n", cli__n_workers(run->pool),
                cli__now() - run->start);
  return cli__print(&out, err);
}

/* ---- the run ------------------------------------------------------------------------------- */

static ml_status load(cli_call *cli, const predict_options *o, predict_run *run, ml_error *err) {
  double start = cli__now();
  ml_status status =
      cli__load_pipeline(run->model_file, o->predict.model, o->predict.trust, &run->pipeline, err);
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

/* Rows of a part, or of all. */
static ml_status make_room(predict_run *run, size_t n, size_t n_classes, ml_error *err) {
  if (run->values && n <= run->n_room) return ML_OK;
  free(run->values);
  free(run->best);
  run->values = calloc(n + 1, (n_classes ? n_classes : 1) * sizeof *run->values);
  run->best = n_classes ? calloc(n + 1, sizeof *run->best) : NULL;
  run->n_room = n;
  return run->values && (run->best || n_classes == 0) ? ML_OK : ml_error_memory(err);
}

static ml_status compute(predict_run *run, ml_error *err) {
  size_t n_classes;
  (void)ml_pipeline_classes(run->pipeline, &n_classes);
  ml_status status = make_room(run, run->data->n_rows, n_classes, err);
  if (status == ML_OK) status = ml_pipeline_predict(run->pipeline, run->data, run->values, err);
  if (status != ML_OK) return status;
  if (run->best) ml_predict_classes(run->values, run->data->n_rows, n_classes, run->best);
  run->n_rows += run->data->n_rows;
  run->n_features = run->data->n_features;
  return ML_OK;
}

static ml_status open_output(const cli_call *cli, const predict_options *o, predict_run *run,
                             ml_error *err) {
  return predict__open(run->pipeline, o->predict.output, cli->common.json, &run->writer, err);
}

/* ---- all at once --------------------------------------------------------------------------- */

static ml_status predict_all(cli_call *cli, const predict_options *o, const ml_watch *watch,
                             predict_run *run, ml_error *err) {
  ml_status status = read_data(cli, o, watch, run, err);
  cli__pool_details(cli, run->pool);
  double start = cli__now();
  if (status == ML_OK) status = compute(run, err);
  if (status == ML_OK) cli__detail(cli, "predict: %.4f s", cli__now() - start);
  if (status == ML_OK && o->predict.drift)
    status = predict__drift(run->pipeline, run->data, run->input, o->predict.id,
                            o->predict.delimiter, &run->drift, err);
  const predicted p = shown(o, run);
  if (status == ML_OK && p.drift && !cli->common.json) status = predict__print_drift(cli, &p, err);
  if (status == ML_OK) status = open_output(cli, o, run, err);
  return status == ML_OK ? predict__put(run->writer, &p, err) : status;
}

/* ---- as they come -------------------------------------------------------------------------- */

static ml_status predict_part(const predict_options *o, predict_run *run, ml_error *err) {
  ml_dataset_free(run->data);
  run->data = NULL;
  ml_status status =
      ml_pipeline_stream_read(run->stream, ml_mproc_exec(run->pool), &run->data, err);
  if (status == ML_OK) status = compute(run, err);
  const predicted p = shown(o, run);
  if (status == ML_OK) status = predict__put(run->writer, &p, err);
  return status == ML_OK ? predict__flush(run->writer, err) : status;
}

static void detail_latencies(cli_call *cli, const predict_run *run) {
  const latencies *l = &run->latencies;
  cli__detail(cli, "latency: %zu row%s in %zu part%s: p50 %.3f ms, p99 %.3f ms, longest %.3f ms",
              run->n_rows, cli__plural(run->n_rows), l->n, cli__plural(l->n),
              1e3 * latency__quantile(l, 0.5), 1e3 * latency__quantile(l, 0.99), 1e3 * l->longest);
}

/* Between two pipes, and nobody wants anything that is known at the end only. */
static bool is_filter(const cli_call *cli, const cli_predict *p) {
  return cli->n_args == 2 && cli__is_stdio(cli->args[1]) && cli__is_stdio(p->output) && !p->drift;
}

static ml_status predict_stream(cli_call *cli, const predict_options *o, const ml_watch *watch,
                                predict_run *run, ml_error *err) {
  const ml_pipeline_read_opts opts = {
      .id = o->predict.id, .delimiter = o->predict.delimiter, .watch = watch};
  const size_t batch = o->predict.batch.given ? (size_t)o->predict.batch.value
                       : o->predict.follow    ? 1
                                              : 0; /* what is there */
  bool is_end = false;
  ml_status status =
      ml_pipeline_stream_open(run->pipeline, run->input, &opts, batch, &run->stream, err);
  if (status == ML_OK) status = open_output(cli, o, run, err);
  while (status == ML_OK) {
    cli->idle = run->pool;
    status = ml_pipeline_stream_wait(run->stream, &is_end, err);
    cli->idle = NULL;
    if (status != ML_OK || is_end) break;
    const double start = cli__now();
    status = predict_part(o, run, err);
    latency__add(&run->latencies, cli__now() - start);
  }
  if (run->latencies.n > 0) detail_latencies(cli, run);
  if (status == ML_OK && run->n_rows == 0 && !is_filter(cli, &o->predict))
    return ml_error_at(err, ML_ERR_PARSE, cli__is_stdio(run->input) ? "standard input" : run->input,
                       0, 0, "no rows");
  return status;
}

/* ---- the whole ----------------------------------------------------------------------------- */

static ml_status finish(cli_call *cli, const predict_options *o, predict_run *run, ml_error *err) {
  const char *output = o->predict.output;
  ml_status status = predict__commit(run->writer, err);
  run->writer = NULL;
  if (status != ML_OK || cli__is_stdio(output)) return status;
  if (cli->common.json) return print_summary(o, run, err);
  note_done(cli, run, output);
  return ML_OK;
}

static ml_status work(cli_call *cli, const predict_options *o, predict_run *run, ml_error *err) {
  ml_watch watch = cli__watch(cli);
  run->start = cli__now();
  ml_status status = load(cli, o, run, err);
  if (status == ML_OK) status = cli__open_pool(cli, &o->workers, &watch, &run->pool, err);
  if (status != ML_OK) return status;
  cli__note_port(cli, &o->workers, run->pool);
  const bool is_stream = o->predict.follow || o->predict.batch.given || is_filter(cli, &o->predict);
  status = (is_stream ? predict_stream : predict_all)(cli, o, &watch, run, err);
  return status == ML_OK ? finish(cli, o, run, err) : status;
}

static ml_status run(cli_call *cli, const void *options, ml_error *err) {
  predict_run run = {0};
  cli__catch_signals();
  ml_status status = prepare(cli, options, &run, err);
  if (status == ML_OK) status = work(cli, options, &run, err);
  predict__abort(run.writer);
  ml_mproc_close(run.pool); /* before its blocks are unmapped here */
  ml_pipeline_stream_close(run.stream);
  ml_dataset_free(run.data);
  ml_pipeline_free(run.pipeline);
  free(run.values);
  free(run.best);
  predict__release_drift(&run.drift);
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
    {0, "drift", CLI_FLAG, PREDICT(drift),
     .help = "print on standard error, or with --json in the result, how far each needed feature "
             "is from the training data: the population stability index, and shares of missing "
             "values and new categories; the largest first"},
    {0}};

static const cli_opt stream_opts[] = {
    {0, "follow", CLI_FLAG, PREDICT(follow),
     .help = "predict each series when it is complete, which is when the next id begins or the "
             "input ends, or each row of a table, and write that at once; rows of an id have to "
             "follow one another"},
    {0, "batch", CLI_INT, PREDICT(batch), "N", .lo = 1, .hi = 1e9,
     .help = "the same with N series, or rows, at a time"},
    {0}};

static const cli_opt data_opts[] = {
    CLI_OPENED_MODEL_OPT(PREDICT(model)),
    CLI_TRUST_OPT(PREDICT(trust)),
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
        "several processes; the output is the same to the byte.\n\n"
        "Series that come through a pipe, one after the other, are predicted as they come with "
        "--follow or --batch: memory does not grow with their number, and -v says at the end how "
        "long predictions have taken from there. Predictions are in the order of the input; where "
        "ids ascend in it, the output is the same to the byte. An id that comes back is an error. "
        "Where FILE is - and the output goes to standard output, that is done with whatever is "
        "complete when the input has no more for the moment.",
    .groups =
        (const cli_group[]){{"Data:", data_opts, offsetof(predict_options, predict)},
                            {"Output:", output_opts, offsetof(predict_options, predict)},
                            {"As they come:", stream_opts, offsetof(predict_options, predict)},
                            {"Workers:", cli__worker_opts, offsetof(predict_options, workers)},
                            {"Parquet and SQL:", cli__source_opts, 0},
                            {"As a file:", cli__config_opts, 0},
                            {"Options of every command:", cli__common_opts, 0},
                            {0}},
    .options_size = sizeof(predict_options),
    .max_args = 2,
    .operands = (const char *const[]){"model-file", "input", NULL},
    .examples = (const cli_example[]){{"predictions for new storms",
                                       "mltool predict model.json new.csv -o predictions.csv"},
                                      {"what a program says, as it says it",
                                       "./sensors | mltool predict model.json - --follow"},
                                      {"probabilities of what comes through a pipe",
                                       "zcat new.csv.gz | mltool predict model.json - --proba"},
                                      {0}},
    .run = run};
