/* SPDX-License-Identifier: GPL-3.0-or-later */
/* mltool select: the features of a file that matter for a target. */
#include "selection.h"

#include <stdlib.h>
#include <string.h>

typedef struct select_options {
  cli_common common;
  cli_selection selection;
  const char *output;
  int names, compat; /* cli_names, ml_compat */
  ml_features_opts columns;
  cli_workers workers;
} select_options;

/* What a run holds; released in one place. */
typedef struct select_run {
  const char *input, *input_name; /* path, and how messages call it */
  ml_select_opts opts;
  ml_mproc *pool;
  ml_matrix *features;
  ml_target *target;
  ml_selection *selection;
} select_run;

/* ---- checks before the long work ----------------------------------------------------------- */

static ml_status check_target(const select_options *o, const char *input, ml_error *err) {
  const cli_selection *s = &o->selection;
  if (!s->target && !s->target_file)
    return ml_error_set(err, ML_ERR_USAGE,
                        "no target: name its column with --target NAME, or its file with "
                        "--target-file FILE");
  if (s->target && !*s->target)
    return ml_error_set(err, ML_ERR_USAGE, "option '--target' takes the name of a column");
  if (s->target_file && cli__is_stdio(s->target_file) && cli__is_stdio(input))
    return ml_error_set(err, ML_ERR_USAGE,
                        "the features and the target cannot both be standard input");
  return ML_OK;
}

static ml_status check_outputs(const select_options *o, const char *input, ml_error *err) {
  enum { READ = 2, BESIDE = 5, ALL = BESIDE + CLI_SELECTION_FILES };
  char *columns = NULL, *names = NULL;
  ml_status status = ml_matrix_beside(o->output, ML_FORMAT_AUTO, &columns, err);
  if (status == ML_OK && o->names == CLI_NAMES_SAFE)
    status = ml_matrix_names_beside(o->output, &names, err);
  cli_file files[ALL] = {{input, "input"},
                         {o->selection.target_file, "file of --target-file"},
                         {o->output, "output"},
                         {columns, "file of names"},
                         {names, "file of names"}};
  cli__selection_files(&o->selection, files + BESIDE);
  if (status == ML_OK) status = cli__check_outputs(files, READ, ALL, err);
  free(columns);
  free(names);
  return status;
}

static ml_status prepare(cli_call *cli, const select_options *o, select_run *run, ml_error *err) {
  ml_status status = cli__check_workers(&o->workers, err);
  if (status == ML_OK) status = cli__check_selection(&o->selection, &run->opts, err);
  if (status == ML_OK)
    status = cli__find_input(cli, "--target NAME -o selected.csv", &run->input, err);
  if (status == ML_OK) status = check_target(o, run->input, err);
  if (status == ML_OK) status = check_outputs(o, run->input, err);
  if (status != ML_OK) return status;
  run->input_name = cli__is_stdio(run->input) ? "standard input" : run->input;
  cli__note_format(cli, o->output);
  return ML_OK;
}

/* ---- the run ------------------------------------------------------------------------------- */

/* A target that stays among the features selects itself. */
static ml_status check_leak(const select_run *run, ml_error *err) {
  for (size_t j = 0; j < run->features->n_columns; j++)
    if (strcmp(run->features->columns[j], run->target->name) == 0)
      return ml_error_at(err, ML_ERR_USAGE, run->input_name, 0, 0,
                         "column '%s' has the name of the target in --target-file; --exclude "
                         "leaves it out",
                         run->target->name);
  return ML_OK;
}

static ml_status read_input(const select_options *o, select_run *run, const ml_watch *watch,
                            ml_error *err) {
  const cli_selection *s = &o->selection;
  ml_features_opts columns = o->columns;
  columns.target = s->target_file ? NULL : s->target;
  columns.problem = (ml_problem)s->task;
  columns.watch = watch;
  ml_status status = ml_features_read(run->input, &columns, ml_mproc_exec(run->pool),
                                      &run->features, s->target_file ? NULL : &run->target, err);
  if (status != ML_OK || !s->target_file) return status;
  const ml_target_opts of = {.name = s->target, .problem = (ml_problem)s->task, .watch = watch};
  status = ml_target_read(s->target_file, &of, run->features, &run->target, err);
  return status == ML_OK ? check_leak(run, err) : status;
}

static void summary_text(cli_call *cli, const select_run *run, const char *output, double seconds) {
  size_t rows = run->features->n_rows;
  size_t columns = run->features->n_columns, selected = run->selection->n_selected;
  char workers[CLI_WORKERS_MAX];
  cli__note(cli, "%s: %zu x %zu feature%s -> %s: %zu x %zu feature%s in %.2f s%s", run->input_name,
            rows, columns, cli__plural(columns), output, rows, selected, cli__plural(selected),
            seconds, cli__workers_used(run->pool, workers));
}

static ml_status summary_json(const select_run *run, const char *output, double seconds,
                              ml_error *err) {
  const ml_selection *selection = run->selection;
  ml_buf out = {0};
  ml_buf_puts(&out, "{\"input\": ");
  ml_buf_json_string(&out, run->input);
  ml_buf_printf(&out, ", \"rows\": %zu, \"features\": %zu, \"constant\": %zu, \"target\": ",
                run->features->n_rows, selection->n, selection->n_constant);
  ml_buf_json_string(&out, run->target->name);
  ml_buf_printf(&out, ", \"task\": \"%s\", \"classes\": %zu, \"output\": ",
                selection->problem == ML_REGRESSION ? "regression" : "classification",
                run->target->problem == ML_REGRESSION ? 0 : run->target->n_classes);
  ml_buf_json_string(&out, output);
  ml_buf_printf(&out, ", \"selected\": %zu, \"threshold\": ", selection->n_selected);
  ml_buf_json_number(&out, selection->threshold);
  ml_buf_printf(&out, ", \"workers\": %zu, \"seconds\": %.3f}\n", cli__n_workers(run->pool),
                seconds);
  return cli__print(&out, err);
}

static ml_status select_and_write(cli_call *cli, const select_options *o, select_run *run,
                                  const ml_watch *watch, ml_error *err) {
  const cli_selecting selecting = {.given = &o->selection,
                                   .opts = &run->opts,
                                   .input_name = run->input_name,
                                   .features = run->features,
                                   .target = run->target,
                                   .exec = ml_mproc_exec(run->pool),
                                   .watch = watch,
                                   .output = o->output,
                                   .safe_names = o->names == CLI_NAMES_SAFE,
                                   .compat = (ml_compat)o->compat};
  ml_status status = cli__select(cli, &selecting, &run->selection, err);
  cli__pool_details(cli, run->pool);
  return status;
}

/* Read, select, write; each step is timed for -v. */
static ml_status work(cli_call *cli, const select_options *o, select_run *run, ml_error *err) {
  ml_watch watch = cli__watch(cli);
  double start = cli__now();
  /* First, so that a port in use is known before a long file has been read. */
  ml_status status = cli__open_pool(cli, &o->workers, &watch, &run->pool, err);
  if (status != ML_OK) return status;
  double after_open = cli__now();
  cli->idle = run->pool;
  status = read_input(o, run, &watch, err);
  cli->idle = NULL;
  if (status != ML_OK) return status;
  cli__detail(cli, "read: %.3f s", cli__now() - after_open);
  cli__note_port(cli, &o->workers, run->pool);
  status = select_and_write(cli, o, run, &watch, err);
  if (status != ML_OK || cli__is_stdio(o->output)) return status;
  double seconds = cli__now() - start;
  if (cli->common.json) return summary_json(run, o->output, seconds, err);
  summary_text(cli, run, o->output, seconds);
  return ML_OK;
}

static ml_status run(cli_call *cli, const void *options, ml_error *err) {
  select_run run = {0};
  cli__catch_signals();
  ml_status status = prepare(cli, options, &run, err);
  if (status == ML_OK) status = work(cli, options, &run, err);
  ml_mproc_close(run.pool); /* before its blocks are unmapped here */
  ml_selection_free(run.selection);
  ml_target_free(run.target);
  ml_matrix_free(run.features);
  return status;
}

#define COLUMN(field) offsetof(select_options, columns.field)

static const cli_opt output_opts[] = {
    {'o', "output", CLI_TEXT, offsetof(select_options, output), "FILE", .fallback = "-",
     .help = "write the selected columns to FILE; its end says how: .csv, .csv.gz, .npy, .json, "
             ".json.gz; - is standard output"},
    {0, "names", CLI_CHOICE, offsetof(select_options, names), "HOW", .choices = "tsfresh|safe",
     .fallback = "tsfresh",
     .help = "names of the columns: as they are, or of letters, digits and underscores alone, with "
             "x.names.csv beside x.csv to say which is which"},
    {0, "compat", CLI_CHOICE, offsetof(select_options, compat), "WHOSE",
     .choices = "reference|modern", .fallback = "reference",
     .help = "what 'mltool fresh --compat' was when it computed the features, for the recipe"},
    {0}};

static const cli_opt column_opts[] = {
    {0, "id", CLI_TEXT, COLUMN(id), "NAME",
     .help = "column of the ids; \"\" when there is none: rows are numbered from 0"},
    {0, "exclude", CLI_TEXT, COLUMN(exclude), "NAME,...", .help = "columns to leave out"},
    CLI_DELIMITER_OPT(COLUMN(delimiter)),
    {0}};

const cli_command cli__select_command = {
    .name = "select",
    .summary = "keep the features that matter for a target",
    .synopsis = "[OPTION]... [FILE]",
    .description =
        "Read a table of features from FILE, or from standard input, test each against a target, "
        "and write the columns that are relevant for it, in ascending order of their p-values. "
        "The false discovery rate is controlled over all of them, as tsfresh does it.\n\n"
        "FILE is CSV, also gzip or Zstandard, as 'mltool fresh' writes it, or .npy with its "
        ".columns.json beside it. The target is a column of FILE, or of a file of its own, where "
        "a row has the same id.\n\n"
        "With -s and -p the work is shared among processes; the output is the same to the byte.",
    .groups =
        (const cli_group[]){
            {"Target:", cli__target_opts, offsetof(select_options, selection)},
            {"Selection:", cli__selection_opts, offsetof(select_options, selection)},
            {"Output:", output_opts, 0},
            {"Files beside it:", cli__select_output_opts, offsetof(select_options, selection)},
            {"Columns of the input:", column_opts, 0},
            {"Workers:", cli__worker_opts, offsetof(select_options, workers)},
            {"Parquet and SQL:", cli__source_opts, 0},
            {"As a file:", cli__config_opts, 0},
            {"Options of every command:", cli__common_opts, 0},
            {0}},
    .options_size = sizeof(select_options),
    .max_args = 1,
    .operands = (const char *const[]){"input", NULL},
    .examples =
        (const cli_example[]){
            {"the features that tell hurricanes, and what computes them for other storms",
             "mltool select features.csv --target-file storms_target.csv --target hurricane "
             "-o selected.csv --recipe recipe.json"},
            {"the table of all tests, for the twenty best",
             "mltool select features.csv --target y --k 20 --relevance relevance.csv -o best.csv"},
            {0}},
    .run = run};
