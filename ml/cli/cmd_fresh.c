/* SPDX-License-Identifier: GPL-3.0-or-later */
/* mltool fresh: features of every time series in a file. */
#include "fresh_report.h"
#include "fresh_run.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

/* ---- checks before the long work ----------------------------------------------------------- */

/* Every file that is written must be none of those that are read or written besides. */
static ml_status check_output(const fresh_options *o, const char *input, ml_error *err) {
  enum { READ = 4, BESIDE = 8, ALL = BESIDE + CLI_SELECTION_FILES };
  char *columns = NULL, *names = NULL;
  ml_status status = ml_matrix_beside(o->output, ML_FORMAT_AUTO, &columns, err);
  if (status == ML_OK && o->names == CLI_NAMES_SAFE)
    status = ml_matrix_names_beside(o->output, &names, err);
  cli_file files[ALL] = {{input, "input"},
                         {o->settings.params, "file of --params"},
                         {o->settings.params_from, "file of --params-from"},
                         {o->selection.target_file, "file of --target-file"},
                         {o->output, "output"},
                         {columns, "file of names"},
                         {names, "file of names"},
                         {o->nan_report, "file of --nan-report"}};
  cli__selection_files(&o->selection, files + BESIDE);
  if (status == ML_OK) status = cli__check_outputs(files, READ, ALL, err);
  free(columns);
  free(names);
  return status;
}

/* Settings that were not given are made when compatibility needs some to be set in. What a recipe
 * says of it holds unless something else was asked for. */
static ml_status read_settings(const fresh_options *o, ml_fresh_settings **out, ml_error *err) {
  ml_status status = cli__read_settings(&o->settings, out, err);
  if (status == ML_OK && !*out && o->compat != ML_COMPAT_REFERENCE)
    status = ml_fresh_settings_named("comprehensive", out, err);
  if (status == ML_OK && *out && o->compat_given)
    ml_fresh_settings_set_compat(*out, (ml_compat)o->compat);
  return status;
}

/* A report wants the values before they are replaced, and a selection learns anew what replaces
 * them. */
static ml_status take_ranges(const fresh_options *o, fresh_run *run, ml_error *err) {
  size_t n = 0;
  const ml_impute_range *ranges =
      run->settings ? ml_fresh_settings_ranges(run->settings, &n) : NULL;
  if (!ranges || (!o->nan_report && !fresh_select__is_on(o))) return ML_OK;
  run->ranges = calloc(n, sizeof *run->ranges);
  if (!run->ranges) return ml_error_memory(err);
  memcpy(run->ranges, ranges, n * sizeof *run->ranges);
  return ml_fresh_settings_set_ranges(run->settings, NULL, 0, err);
}

/* ---- words about the run ------------------------------------------------------------------- */

/* "comprehensive" and "efficient" are what there is; everything else was chosen for what it has. */
static bool chooses_features(const fresh_options *o) {
  const cli_settings *s = &o->settings;
  if (!s->params) return s->features || s->params_from;
  return strcmp(s->params, "comprehensive") != 0 && strcmp(s->params, "efficient") != 0;
}

static void note_decisions(cli_call *cli, const fresh_run *run, const fresh_options *o) {
  const ml_series_opts *columns = &o->columns;
  if (ml_series_is_single(run->set) && !columns->id)
    cli__note(cli,
              "%s: taken as one single series; --id NAME names a column that tells series "
              "apart, --id \"\" says that there is none",
              run->input_name);
  if (ml_series_clock(run->set) == ML_CLOCK_NONE && !columns->sort)
    cli__note(cli,
              "%s: no time column: rows are taken in the order of the file; --sort NAME "
              "sorts by a column, --sort \"\" says that they are in order",
              run->input_name);
  if (o->settings.params) cli__note_kinds(cli, run->input_name, run->set, run->settings);
  cli__note_step(cli, run->input_name, run->set, run->settings);
  if (chooses_features(o)) cli__note_dates(cli, run->input_name, run->set, run->settings);
}

static void summary_text(cli_call *cli, const fresh_run *run, const char *output, double seconds) {
  size_t ids = ml_series_n_ids(run->set), kinds = ml_series_n_kinds(run->set);
  size_t rows = ml_series_n_rows(run->set), columns = run->matrix->n_columns;
  char workers[CLI_WORKERS_MAX], selected[48] = "";
  if (run->selection) snprintf(selected, sizeof selected, "%zu of ", run->selection->n_selected);
  cli__note(cli, "%s: %zu id%s, %zu kind%s, %zu row%s -> %s: %zu x %s%zu feature%s in %.2f s%s",
            run->input_name, ids, cli__plural(ids), kinds, cli__plural(kinds), rows,
            cli__plural(rows), output, run->matrix->n_rows, selected, columns, cli__plural(columns),
            seconds, cli__workers_used(run->pool, workers));
}

static ml_status summary_json(const fresh_run *run, const char *output, double seconds,
                              ml_error *err) {
  ml_buf out = {0};
  ml_buf_puts(&out, "{\"input\": ");
  ml_buf_json_string(&out, run->input);
  ml_buf_printf(&out, ", \"ids\": %zu, \"kinds\": %zu, \"rows\": %zu, \"output\": ",
                ml_series_n_ids(run->set), ml_series_n_kinds(run->set), ml_series_n_rows(run->set));
  ml_buf_json_string(&out, output);
  ml_buf_printf(&out, ", \"features\": %zu", run->matrix->n_columns);
  if (run->selection) ml_buf_printf(&out, ", \"selected\": %zu", run->selection->n_selected);
  ml_buf_printf(&out, ", \"workers\": %zu, \"seconds\": %.3f}\n", cli__n_workers(run->pool),
                seconds);
  return cli__print(&out, err);
}

/* ---- the run ------------------------------------------------------------------------------- */

static ml_status prepare(cli_call *cli, const fresh_options *o, fresh_run *run, ml_error *err) {
  ml_status status = cli__check_workers(&o->workers, err);
  if (status == ML_OK) status = cli__read_window(&o->window, &run->window, &run->has_windows, err);
  if (status == ML_OK) status = cli__find_input(cli, "-o features.csv", &run->input, err);
  if (status == ML_OK) status = fresh_select__check(o, run, err);
  if (status == ML_OK) status = read_settings(o, &run->settings, err);
  if (status == ML_OK) status = take_ranges(o, run, err);
  if (status == ML_OK) status = check_output(o, run->input, err);
  if (status != ML_OK) return status;
  run->input_name = cli__is_stdio(run->input) ? "standard input" : run->input;
  cli__note_format(cli, o->output);
  return ML_OK;
}

/* Rows are written as they come. */
typedef struct row_writer {
  const fresh_options *o;
  fresh_run *run;
  ml_format format;
  const ml_watch *watch;
} row_writer;

static ml_status open_writer(const row_writer *w, const ml_matrix *matrix, ml_error *err) {
  return ml_matrix_write_open(matrix, w->o->output, w->format, w->o->names == CLI_NAMES_SAFE,
                              w->watch, &w->run->writer, err);
}

static ml_status write_rows(void *ctx, const ml_matrix *matrix, size_t n_rows, ml_error *err) {
  const row_writer *w = ctx;
  ml_status status = w->run->writer ? ML_OK : open_writer(w, matrix, err);
  return status == ML_OK ? ml_matrix_write_rows(w->run->writer, n_rows, err) : status;
}

static void give_up_rows(void *ctx) {
  const row_writer *w = ctx;
  ml_matrix_write_abort(w->run->writer);
  w->run->writer = NULL;
}

/* What goes to a pipe cannot be taken back when a later row fails: it waits for all of them. */
static bool can_take_back(const char *output) {
  struct stat st;
  return !cli__is_stdio(output) && (stat(output, &st) != 0 || S_ISREG(st.st_mode));
}

/* What was not written yet. */
static ml_status finish_rows(row_writer *w, ml_error *err) {
  fresh_run *run = w->run;
  ml_status status = run->writer ? ML_OK : open_writer(w, run->matrix, err);
  if (status != ML_OK) return status;
  status = ml_matrix_write_commit(run->writer, err);
  run->writer = NULL;
  return status;
}

static ml_status finish(cli_call *cli, row_writer *w, const ml_watch *watch, ml_error *err) {
  fresh_run *run = w->run;
  double start = cli__now();
  if (run->target) return fresh_select__write(cli, w->o, run, watch, err);
  if (run->ranges) ml_impute(run->matrix, run->ranges);
  w->watch = watch;
  ml_status status = finish_rows(w, err);
  if (status == ML_OK) cli__detail(cli, "write: %.3f s", cli__now() - start);
  return status;
}

static ml_status extract(cli_call *cli, const fresh_options *o, fresh_run *run,
                         const ml_watch *watch, ml_error *err) {
  const ml_watch quiet = {.cancelled = watch->cancelled, .ctx = watch->ctx}; /* extraction tells */
  row_writer w = {.o = o, .run = run, .format = cli__format(cli, o->output), .watch = &quiet};
  const ml_fresh_rows rows = {write_rows, give_up_rows, &w};
  bool writes_rows = can_take_back(o->output) && !run->target && !run->ranges;
  double start = cli__now();
  ml_status status = ml_fresh_extract_rows(run->set, run->settings, ml_mproc_exec(run->pool), watch,
                                           o->cost ? &run->costs : NULL, writes_rows ? &rows : NULL,
                                           &run->matrix, err);
  if (status == ML_OK) cli__detail(cli, "extract: %.3f s", cli__now() - start);
  if (status == ML_OK && o->nan_report)
    status = ml_fresh_nan_report(run->set, run->settings, run->matrix, &run->nan_report, err);
  if (status == ML_OK) status = finish(cli, &w, watch, err);
  if (status == ML_OK && o->nan_report)
    status = fresh_report__write(o->nan_report, &run->nan_report, err);
  cli__pool_details(cli, run->pool);
  return status;
}

/* Read, extract, write; each step is timed for -v. */
static ml_status work(cli_call *cli, const fresh_options *o, fresh_run *run, ml_error *err) {
  ml_watch watch = cli__watch(cli);
  ml_series_opts columns = o->columns;
  columns.watch = &watch;
  columns.window = run->has_windows ? &run->window : NULL;
  cli__use_data(&o->data, &columns);
  fresh_select__columns(o, &columns);
  double start = cli__now();
  /* First, so that a port in use is known before a long file has been read. */
  ml_status status = cli__open_pool(cli, &o->workers, &watch, &run->pool, err);
  if (status != ML_OK) return status;
  double after_open = cli__now();

  cli->idle = run->pool;
  status = ml_series_read(run->input, &columns, &run->set, err);
  if (status == ML_OK && fresh_select__is_on(o))
    status = fresh_select__read_target(cli, o, run, &watch, err);
  cli->idle = NULL;
  if (status != ML_OK) return status;
  double after_read = cli__now();
  cli__detail(cli, "read: %.3f s", after_read - after_open);
  note_decisions(cli, run, o);
  cli__note_port(cli, &o->workers, run->pool);

  status = extract(cli, o, run, &watch, err);
  if (status != ML_OK) return status;
  double end = cli__now();
  if (o->cost) fresh_report__costs(cli, &run->costs);
  if (cli__is_stdio(o->output)) return ML_OK;
  if (cli->common.json) return summary_json(run, o->output, end - start, err);
  summary_text(cli, run, o->output, end - start);
  return ML_OK;
}

static ml_status run(cli_call *cli, const void *options, ml_error *err) {
  fresh_run run = {0};
  cli__catch_signals();
  ml_status status = prepare(cli, options, &run, err);
  if (status == ML_OK) status = work(cli, options, &run, err);
  ml_mproc_close(run.pool); /* before its blocks are unmapped here */
  ml_matrix_write_abort(run.writer);
  ml_selection_free(run.selection);
  ml_target_free(run.target);
  ml_matrix_free(run.matrix);
  ml_buf_release(&run.nan_report);
  free(run.ranges);
  ml_fresh_costs_release(&run.costs);
  ml_series_free(run.set);
  ml_fresh_settings_free(run.settings);
  return status;
}

static const cli_opt report_opts[] = {
    {0, "cost", CLI_FLAG, offsetof(fresh_options, cost),
     .help = "print how long each calculator took on this input, on standard error"},
    {0, "nan-report", CLI_TEXT, offsetof(fresh_options, nan_report), "FILE",
     .help = "write to FILE, as JSON, how many features of each column are NaN, and why"},
    {0}};

static const cli_opt feature_opts[] = {
    {0, "params", CLI_TEXT, offsetof(fresh_options, settings.params), "WHAT",
     .help = "what to compute: comprehensive, efficient, minimal, index, time, kx, kx-strict, or a "
             "JSON file: in tsfresh's shape, or a recipe of --recipe; without it, comprehensive"},
    {0, "features", CLI_TEXT, offsetof(fresh_options, settings.features), "NAME,...",
     .help = "compute these features alone, each with its default parameters; 'mltool features' "
             "lists them"},
    {0, "params-from", CLI_TEXT, offsetof(fresh_options, settings.params_from), "FILE",
     .help = "compute the columns of this file of features, and no others, in its order; its first "
             "column is taken for ids"},
    {0, "compat", CLI_CHOICE, offsetof(fresh_options, compat), "WHOSE",
     .choices = "reference|modern", .fallback = "reference",
     .given = offsetof(fresh_options, compat_given),
     .help = "where newer releases of what tsfresh is built on give other numbers: those of the "
             "reference, or the newest; a recipe has its own"},
    {0, "names", CLI_CHOICE, offsetof(fresh_options, names), "HOW", .choices = "tsfresh|safe",
     .fallback = "tsfresh",
     .help = "names of the columns: as tsfresh writes them, or of letters, digits and underscores "
             "alone, with x.names.csv beside x.csv to say which is which"},
    {0}};

const cli_command cli__fresh = {
    .name = "fresh",
    .summary = "compute features for every time series in a CSV file",
    .synopsis = "[OPTION]... [FILE]",
    .description =
        "Read time series from FILE, or from standard input, and write a row of features for each "
        "id. Names, parameters and numbers are those of tsfresh.\n\n"
        "FILE is CSV or JSON lines, also gzip or Zstandard, or Parquet, in one of three shapes: "
        "long (id, time, kind, "
        "value), wide (id, time and a column for each kind), or one single series without id. "
        "Columns called id, time, kind and value are found by name. Rows need not be sorted. A "
        "missing or infinite value is an error unless --missing says otherwise. With --window the "
        "rows are those of windows, named (ID, TIME OF THE LAST ROW).\n\n"
        "With --target or --target-file only the features that matter for a target are written, "
        "as 'mltool select' would choose them.\n\n"
        "With -s and -p the work is shared among processes; the output is the same to the byte.",
    .groups =
        (const cli_group[]){
            {"Features:", feature_opts, 0},
            {"Output:", cli__output_opts, offsetof(fresh_options, output)},
            {"Reports:", report_opts, 0},
            {"Columns of the input:", cli__column_opts, offsetof(fresh_options, columns)},
            {"Missing values:", cli__data_opts, offsetof(fresh_options, data)},
            {"Windows:", cli__window_opts, offsetof(fresh_options, window)},
            {"Workers:", cli__worker_opts, offsetof(fresh_options, workers)},
            {"Target:", cli__target_opts, offsetof(fresh_options, selection)},
            {"Selection, with a target:", cli__selection_opts, offsetof(fresh_options, selection)},
            {"Files of the selection:", cli__select_output_opts,
             offsetof(fresh_options, selection)},
            {"Parquet and SQL:", cli__source_opts, 0},
            {"As a file:", cli__config_opts, 0},
            {"Options of every command:", cli__common_opts, 0},
            {0}},
    .options_size = sizeof(fresh_options),
    .max_args = 1,
    .operands = (const char *const[]){"input", NULL},
    .examples = (const cli_example[]){{"every feature of every series, by four processes",
                                       "mltool -s 4 -p 1234 fresh storms.csv -o features.csv"},
                                      {"two features of one column, to a pager",
                                       "mltool fresh storms.csv --columns wind --features "
                                       "mean,quantile | less"},
                                      {"the features that tell hurricanes, and what computes "
                                       "them for other storms",
                                       "mltool fresh storms.csv --target-file storms_target.csv "
                                       "--target hurricane -o selected.csv --recipe recipe.json"},
                                      {0}},
    .run = run};
