/* SPDX-License-Identifier: GPL-3.0-or-later */
/* mltool score: how good the predictions in a file are. */
#include <stdlib.h>
#include <string.h>

#include "score.h"

typedef struct score_options {
  cli_common common;
  const char *metric;
  bool list, markdown;
  int zero_division;
  const char *positive, *weights, *target, *prediction, *id;
  int task; /* ml_problem */
  char delimiter;
} score_options;

/* ---- which metrics ------------------------------------------------------------------------- */

typedef struct metric_list {
  ml_metric *items;
  size_t n;
  bool is_all; /* every metric that can be computed */
} metric_list;

static ml_status add_metric(metric_list *list, const ml_metric *metric, ml_error *err) {
  for (size_t i = 0; i < list->n; i++)
    if (list->items[i].info == metric->info && list->items[i].argument == metric->argument)
      return ML_OK;
  ml_metric *items = reallocarray(list->items, list->n + 1, sizeof *items);
  if (!items) return ml_error_memory(err);
  list->items = items;
  items[list->n++] = *metric;
  return ML_OK;
}

static ml_status add_all(metric_list *list, ml_error *err) {
  const ml_metric_info *info;
  ml_status status = ML_OK;
  list->is_all = true;
  for (size_t i = 0; (info = ml_metric_at(i)) && status == ML_OK; i++) {
    ml_metric metric;
    if (ml_metric_parse(info->name, &metric, NULL) == ML_OK)
      status = add_metric(list, &metric, err);
  }
  return status;
}

static ml_status parse_metrics(const char *text, metric_list *list, ml_error *err) {
  if (!text) return ML_OK;
  if (strcmp(text, "all") == 0) return add_all(list, err);
  char *copy = strdup(text), *rest = copy, *name;
  ml_status status = copy ? ML_OK : ml_error_memory(err);
  while (status == ML_OK && (name = strsep(&rest, ","))) {
    ml_metric metric;
    status = ml_metric_parse(name, &metric, err);
    if (status == ML_OK) status = add_metric(list, &metric, err);
  }
  free(copy);
  return status;
}

/* What was asked for must be possible; else what is possible is shown. */
static ml_status choose(const metric_list *asked, const ml_scored *s, cli_score *score,
                        ml_error *err) {
  ml_metric usual[ML_METRICS_DEFAULT_MAX];
  const ml_metric *from = asked->n ? asked->items : usual;
  bool has_scores = s->scores != NULL, must = asked->n > 0 && !asked->is_all;
  size_t n = asked->n ? asked->n
                      : ml_metrics_default(s->problem, s->n_classes, s->are_probabilities, usual);
  score->metrics = calloc(n, sizeof *score->metrics);
  if (!score->metrics) return ml_error_memory(err);
  for (size_t i = 0; i < n; i++) {
    ml_status status = ml_metric_check(&from[i], s->problem, s->n_classes, has_scores,
                                       s->are_probabilities, must ? err : NULL);
    if (status == ML_OK) {
      score->metrics[score->n_metrics++].metric = from[i];
    } else if (must) {
      return status;
    }
  }
  return ML_OK;
}

/* ---- the run ------------------------------------------------------------------------------- */

static ml_status find_files(const cli_call *cli, cli_score *score, ml_error *err) {
  if (cli->n_args < 2) return cli__find_input(cli, "predictions.csv", &score->predictions, err);
  score->truth = cli->args[0];
  score->predictions = cli->args[1];
  if (cli__is_stdio(score->truth) && cli__is_stdio(score->predictions))
    return ml_error_set(err, ML_ERR_USAGE,
                        "the truth and the predictions cannot both be standard input");
  return ML_OK;
}

static ml_status compute(cli_score *score, ml_error *err) {
  for (size_t i = 0; i < score->n_metrics; i++) {
    cli_scored *m = &score->metrics[i];
    ml_status status = ml_metric_compute(&m->metric, &score->scored, &m->value, m->why, err);
    if (status != ML_OK) return status;
  }
  size_t n = score->scored.n_classes;
  if (score->scored.problem != ML_CLASSIFICATION) return ML_OK;
  score->confusion = calloc(n, n * sizeof *score->confusion);
  score->precision = calloc(n, 4 * sizeof *score->precision);
  if (!score->confusion || !score->precision) return ml_error_memory(err);
  score->recall = score->precision + n;
  score->f1 = score->recall + n;
  score->support = score->f1 + n;
  ml_confusion_matrix(&score->scored, score->confusion);
  ml_class_scores(&score->scored, score->precision, score->recall, score->f1, score->support);
  return ML_OK;
}

static ml_status score_files(cli_call *cli, const score_options *o, const metric_list *metrics,
                             cli_score *score, ml_error *err) {
  ml_watch watch = cli__watch(cli);
  /* Whoever asks for the rmse says that there are numbers. */
  ml_problem problem = (ml_problem)o->task;
  if (problem == ML_PROBLEM_AUTO && metrics->n > 0 && !metrics->is_all)
    problem = metrics->items[0].info->problem;
  const ml_score_opts opts = {.id = o->id,
                              .target = o->target,
                              .prediction = o->prediction,
                              .weights = o->weights,
                              .positive = o->positive,
                              .problem = problem,
                              .delimiter = o->delimiter,
                              .watch = &watch};
  ml_score *read;
  ml_status status = ml_score_read(score->truth, score->predictions, &opts, &read, err);
  if (status != ML_OK) return status;
  score->read = read;
  score->weights = o->weights;
  score->scored = read->scored;
  score->scored.zero_division = o->zero_division;
  status = choose(metrics, &score->scored, score, err);
  if (status == ML_OK) status = compute(score, err);
  if (status == ML_OK) {
    ml_buf out = {0};
    if (cli->common.json) {
      cli__score_json(score, &out);
    } else {
      cli__score_text(cli, score, &out);
    }
    status = cli__print(&out, err);
  }
  free(score->metrics);
  free(score->confusion);
  free(score->precision);
  ml_score_free(read);
  return status;
}

static ml_status list_metrics(const cli_call *cli, const score_options *o, ml_error *err) {
  ml_buf out = {0};
  if (cli->n_args > 0) return ml_error_set(err, ML_ERR_USAGE, "--metrics reads no file");
  if (o->markdown) {
    cli__metrics_markdown(&out);
  } else if (cli->common.json) {
    cli__metrics_json(&out);
  } else {
    cli__metrics_text(cli, &out);
  }
  return cli__print(&out, err);
}

static ml_status run(cli_call *cli, const void *options, ml_error *err) {
  const score_options *o = options;
  metric_list metrics = {0};
  cli_score score = {0};
  cli__catch_signals();
  if (o->list) return list_metrics(cli, o, err);
  if (o->markdown) return ml_error_set(err, ML_ERR_USAGE, "--markdown needs --metrics");
  ml_status status = parse_metrics(o->metric, &metrics, err);
  if (status == ML_OK) status = find_files(cli, &score, err);
  if (status == ML_OK) status = score_files(cli, o, &metrics, &score, err);
  free(metrics.items);
  return status;
}

#define SCORE(field) offsetof(score_options, field)

static const cli_opt metric_opts[] = {
    {0, "metric", CLI_TEXT, SCORE(metric), "LIST",
     .help = "what to compute, separated by commas, as in f1_macro,log_loss,top_k_accuracy=3; all: "
             "whatever can be; without it, the usual ones"},
    {0, "metrics", CLI_FLAG, SCORE(list), .help = "list all metrics and end"},
    {0, "markdown", CLI_FLAG, SCORE(markdown), .help = "with --metrics: the list as a page"},
    {0, "zero-division", CLI_CHOICE, SCORE(zero_division), "VALUE", .choices = "0|1",
     .fallback = "0",
     .help = "value of a precision, recall, F, ... whose denominator is zero: 0 or 1"},
    {0, "positive", CLI_TEXT, SCORE(positive), "CLASS",
     .help = "the positive one of two classes; without it, the last in order"},
    {0}};

static const cli_opt column_opts[] = {
    {0, "target", CLI_TEXT, SCORE(target), "NAME",
     .help = "column of the truth; without it, y_true, y, target, or the only one"},
    {0, "prediction", CLI_TEXT, SCORE(prediction), "NAME",
     .help = "column of the predictions; without it, y_pred, prediction, the name of the target, "
             "the only one, or the greatest of the probabilities"},
    {0, "id", CLI_TEXT, SCORE(id), "NAME",
     .help = "column that both files are joined by; without it, id or row, else the order of the "
             "rows; \"\": their order"},
    {0, "weights", CLI_TEXT, SCORE(weights), "NAME", .help = "column of the weights of the rows"},
    {0, "task", CLI_CHOICE, SCORE(task), "WHAT", .choices = "auto|classification|regression",
     .fallback = "auto",
     .help = "what the truth is: classes (classification), or numbers (regression); auto: as "
             "--metric wants it, else texts, up to "
             "20 whole numbers, and what has probabilities are classes"},
    CLI_DELIMITER_OPT(SCORE(delimiter)),
    {0}};

const cli_command cli__score = {
    .name = "score",
    .summary = "say how good predictions are",
    .synopsis = "[OPTION]... [TRUTH] PREDICTIONS",
    .description =
        "Compare predictions with the truth: metrics, and of classes the confusion matrix and "
        "precision, recall and F1 of each (not with -q). The files are CSV, joined by a column id "
        "or row that both have, else row by row. TRUTH may be left out where PREDICTIONS has it, "
        "in a column y_true: so the files of 'mltool xval --oof' are scored.\n\n"
        "Columns p_CLASS of PREDICTIONS are probabilities, or margins where some are negative; of "
        "two classes, one column is enough. proba_CLASS and score_CLASS are what 'mltool predict' "
        "writes. "
        "A metric that is undefined for these rows says why.",
    .groups = (const cli_group[]){{"Metrics:", metric_opts, 0},
                                  {"Columns of the input:", column_opts, 0},
                                  {"Parquet and SQL:", cli__source_opts, 0},
                                  {"As a file:", cli__config_opts, 0},
                                  {"Options of every command:", cli__common_opts, 0},
                                  {0}},
    .options_size = sizeof(score_options),
    .max_args = 2,
    .operands = (const char *const[]){"truth", "predictions", NULL},
    .examples =
        (const cli_example[]){
            {"the out-of-fold predictions of a cross-validation", "mltool score oof.csv"},
            {"predictions of a competition, joined by id",
             "mltool score truth.csv predictions.csv --metric f1_macro,log_loss"},
            {0}},
    .run = run};
