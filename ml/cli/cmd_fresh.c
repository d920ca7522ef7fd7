/* SPDX-License-Identifier: GPL-3.0-or-later */
/* mltool fresh: features of every time series in a file. */
#include "fresh_report.h"
#include "fresh_run.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define LEAST_LIMIT (1 << 20) /* bytes; what is below was meant as another unit */

/* ---- checks before the long work ----------------------------------------------------------- */

/* Every file that is written must be none of those that are read or written besides. */
static ml_status check_files(const fresh_options *o, const fresh_run *run, const char *columns,
                             const char *names, ml_error *err) {
  enum { MORE = 3, BESIDE = 4 };
  const size_t n_read = run->inputs.n + MORE, n = n_read + BESIDE + CLI_SELECTION_FILES;
  cli_file *files = calloc(n, sizeof *files), *to = files;
  if (!files) return ml_error_memory(err);
  for (size_t i = 0; i < run->inputs.n; i++) *to++ = (cli_file){run->inputs.paths[i], "input"};
  *to++ = (cli_file){o->settings.params, "file of --params"};
  *to++ = (cli_file){o->settings.params_from, "file of --params-from"};
  *to++ = (cli_file){o->selection.target_file, "file of --target-file"};
  *to++ = (cli_file){o->output, "output"};
  *to++ = (cli_file){columns, "file of names"};
  *to++ = (cli_file){names, "file of names"};
  *to++ = (cli_file){o->nan_report, "file of --nan-report"};
  cli__selection_files(&o->selection, to);
  ml_status status = cli__check_outputs(files, n_read, n, err);
  free(files);
  return status;
}

static ml_status check_output(cli_call *cli, const fresh_options *o, const fresh_run *run,
                              ml_error *err) {
  char *columns = NULL, *names = NULL;
  ml_status status = ml_matrix_beside(o->output, fresh_inputs__format(cli, o), &columns, err);
  if (status == ML_OK && o->names == CLI_NAMES_SAFE)
    status = ml_matrix_names_beside(o->output, &names, err);
  if (status == ML_OK) status = check_files(o, run, columns, names, err);
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

void fresh__note_decisions(cli_call *cli, const fresh_run *run, const fresh_options *o,
                           const ml_series_set *set) {
  const ml_series_opts *columns = &o->columns;
  if (ml_series_is_single(set) && !columns->id)
    cli__note(cli,
              "%s: taken as one single series; --id NAME names a column that tells series "
              "apart, --id \"\" says that there is none",
              run->input_name);
  if (ml_series_clock(set) == ML_CLOCK_NONE && !columns->sort)
    cli__note(cli,
              "%s: no time column: rows are taken in the order of the file; --sort NAME "
              "sorts by a column, --sort \"\" says that they are in order",
              run->input_name);
  if (o->settings.params) cli__note_kinds(cli, run->input_name, set, run->settings);
  cli__note_step(cli, run->input_name, set, run->settings);
  if (chooses_features(o)) cli__note_dates(cli, run->input_name, set, run->settings);
}

static fresh_figures figures_of(const fresh_run *run) {
  return (fresh_figures){.ids = ml_series_n_ids(run->set),
                         .kinds = ml_series_n_kinds(run->set),
                         .rows = ml_series_n_rows(run->set),
                         .features = run->matrix->n_columns};
}

static void summary_text(cli_call *cli, const fresh_run *run, const fresh_figures *f,
                         const char *output, double seconds) {
  char workers[CLI_WORKERS_MAX], selected[48] = "";
  if (run->selection) snprintf(selected, sizeof selected, "%zu of ", run->selection->n_selected);
  cli__note(cli, "%s: %zu id%s, %zu kind%s, %zu row%s -> %s: %zu x %s%zu feature%s in %.2f s%s",
            run->input_name, f->ids, cli__plural(f->ids), f->kinds, cli__plural(f->kinds), f->rows,
            cli__plural(f->rows), output, f->ids, selected, f->features, cli__plural(f->features),
            seconds, cli__workers_used(run->pool, workers));
}

void fresh__put_inputs(const ml_inputs *inputs, ml_buf *out) {
  ml_buf_puts(out, inputs->n > 1 ? "[" : "");
  for (size_t i = 0; i < inputs->n; i++) {
    ml_buf_puts(out, i ? ", " : "");
    ml_buf_json_string(out, inputs->paths[i]);
  }
  ml_buf_puts(out, inputs->n > 1 ? "]" : "");
}

static ml_status summary_json(const fresh_run *run, const fresh_figures *f, const char *output,
                              double seconds, ml_error *err) {
  ml_buf out = {0};
  ml_buf_puts(&out, "{\"input\": ");
  fresh__put_inputs(&run->inputs, &out);
  ml_buf_printf(&out, ", \"ids\": %zu, \"kinds\": %zu, \"rows\": %zu, \"output\": ", f->ids,
                f->kinds, f->rows);
  ml_buf_json_string(&out, output);
  ml_buf_printf(&out, ", \"features\": %zu", f->features);
  if (run->selection) ml_buf_printf(&out, ", \"selected\": %zu", run->selection->n_selected);
  ml_buf_printf(&out, ", \"workers\": %zu, \"seconds\": %.3f}\n", cli__n_workers(run->pool),
                seconds);
  return cli__print(&out, err);
}

/* ---- the run ------------------------------------------------------------------------------- */

static ml_status prepare(cli_call *cli, const fresh_options *o, fresh_run *run, ml_error *err) {
  ml_status status = cli__check_workers(&o->workers, err);
  if (status == ML_OK && o->shard) status = cli__read_shard(o->shard, &run->shard, err);
  if (status == ML_OK) status = cli__read_window(&o->window, &run->window, &run->has_windows, err);
  if (status == ML_OK) status = fresh_inputs__find(cli, o, run, err);
  if (status == ML_OK) status = fresh_select__check(o, run, err);
  if (status == ML_OK) status = read_settings(o, &run->settings, err);
  if (status == ML_OK) status = take_ranges(o, run, err);
  if (status == ML_OK)
    status = o->shard ? fresh_shard__prepare(cli, o, run, err) : check_output(cli, o, run, err);
  if (status != ML_OK) return status;
  if (o->format == 0 && !o->shard) cli__note_format(cli, o->output);
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
  row_writer w = {.o = o, .run = run, .format = fresh_inputs__format(cli, o), .watch = &quiet};
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

static ml_status work_whole(cli_call *cli, const fresh_options *o, fresh_run *run,
                            const ml_series_opts *columns, fresh_figures *figures, ml_error *err) {
  double start = cli__now();
  cli->idle = run->pool;
  ml_status status = fresh_inputs__read(run, columns, &run->set, err);
  if (status == ML_OK && fresh_select__is_on(o))
    status = fresh_select__read_target(cli, o, run, columns->watch, err);
  cli->idle = NULL;
  if (status != ML_OK) return status;
  cli__detail(cli, "read: %.3f s", cli__now() - start);
  fresh__note_decisions(cli, run, o, run->set);
  cli__note_port(cli, &o->workers, run->pool);
  status = extract(cli, o, run, columns->watch, err);
  if (status == ML_OK) *figures = figures_of(run);
  return status;
}

/* Read, extract, write; each step is timed for -v. */
static ml_status work(cli_call *cli, const fresh_options *o, fresh_run *run, ml_error *err) {
  ml_watch watch = cli__watch(cli);
  ml_series_opts columns = o->columns;
  columns.watch = &watch;
  columns.window = run->has_windows ? &run->window : NULL;
  columns.shard = run->shard.number - 1;
  columns.n_shards = run->shard.n;
  cli__use_data(&o->data, &columns);
  fresh_select__columns(o, &columns);
  fresh_figures figures = {0};
  double start = cli__now();
  /* First, so that a port in use is known before a long file has been read. */
  ml_status status = cli__open_pool(cli, &o->workers, &watch, &run->pool, err);
  if (status != ML_OK) return status;
  const bool is_whole = run->way == FRESH_WHOLE && !o->shard;
  status = (is_whole ? work_whole : fresh_parts__work)(cli, o, run, &columns, &figures, err);
  if (status != ML_OK) return status;
  double end = cli__now();
  if (o->cost) fresh_report__costs(cli, &run->costs);
  if (o->shard) return fresh_shard__summary(cli, run, &figures, end - start, err);
  if (cli__is_stdio(o->output)) return ML_OK;
  if (cli->common.json) return summary_json(run, &figures, o->output, end - start, err);
  summary_text(cli, run, &figures, o->output, end - start);
  return ML_OK;
}

static ml_status run(cli_call *cli, const void *options, ml_error *err) {
  fresh_run run = {0};
  cli__catch_signals();
  ml_status status = prepare(cli, options, &run, err);
  if (status == ML_OK && !run.is_done) status = work(cli, options, &run, err);
  ml_mproc_close(run.pool); /* before its blocks are unmapped here */
  ml_buf_release(&run.shard_options);
  free(run.shard_inputs);
  ml_matrix_write_abort(run.writer);
  ml_selection_free(run.selection);
  ml_target_free(run.target);
  ml_matrix_free(run.matrix);
  ml_buf_release(&run.nan_report);
  free(run.ranges);
  ml_fresh_costs_release(&run.costs);
  ml_series_free(run.set);
  ml_fresh_settings_free(run.settings);
  ml_inputs_release(&run.inputs);
  free(run.name_text);
  return status;
}

static const cli_opt report_opts[] = {
    {0, "cost", CLI_FLAG, offsetof(fresh_options, cost),
     .help = "print how long each calculator took on this input, on standard error"},
    {0, "nan-report", CLI_TEXT, offsetof(fresh_options, nan_report), "FILE",
     .help = "write to FILE, as JSON, how many features of each column are NaN, and why"},
    {0}};

static const cli_opt format_opts[] = {
    {0, "format", CLI_CHOICE, offsetof(fresh_options, format), "FORMAT",
     .choices = "auto|csv|json|jsonl", .fallback = "auto",
     .help = "how the output is written, whatever its name ends in; jsonl: a JSON object for each "
             "row, on a line of its own"},
    {0}};

const cli_opt fresh__memory_opts[] = {
    {0, "memory-limit", CLI_SIZE, offsetof(fresh_options, memory_limit), "SIZE", .lo = LEAST_LIMIT,
     .help = "read and extract some ids at a time, so that no more memory is taken, with the "
             "workers, than SIZE, as in 300M or 2G; without it, that is done where a file takes "
             "more than half of the free memory"},
    {0, "stream", CLI_FLAG, offsetof(fresh_options, stream),
     .help = "write each row when its id is complete, in the order of the input, in which rows of "
             "an id have to follow one another; implied by 'fresh -', from a pipe to a pipe"},
    {0, "kinds", CLI_TEXT, offsetof(fresh_options, kinds), "NAME,...",
     .help = "kinds that such rows have columns for (long format); without it, those of --params, "
             "or of the first id"},
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
    .synopsis = "[OPTION]... [FILE]...",
    .description =
        "Read time series from FILE, or from standard input, and write a row of features for each "
        "id. Several files, or a pattern in quotes, are read as if they were one. Names, "
        "parameters and numbers are those of tsfresh.\n\n"
        "FILE is CSV or JSON lines, also gzip or Zstandard, or Parquet, in one of three shapes: "
        "long (id, time, kind, "
        "value), wide (id, time and a column for each kind), or one single series without id. "
        "Columns called id, time, kind and value are found by name. Rows need not be sorted. A "
        "missing or infinite value is an error unless --missing says otherwise. With --window the "
        "rows are those of windows, named (ID, TIME OF THE LAST ROW).\n\n"
        "With --target or --target-file only the features that matter for a target are written, "
        "as 'mltool select' would choose them.\n\n"
        "With -s and -p the work is shared among processes; the output is the same to the byte. "
        "With --shard it is shared among machines: each makes a part, and 'mltool merge' the "
        "whole, also to the byte.\n\n"
        "A file need not fit into memory: see --memory-limit. Where FILE is - and the output goes "
        "to standard output as CSV or JSON lines, each row is written as soon as its id is "
        "complete, as with --stream.",
    .groups =
        (const cli_group[]){
            {"Features:", feature_opts, 0},
            {"Output:", cli__output_opts, offsetof(fresh_options, output)},
            {"Format:", format_opts, 0},
            {"Reports:", report_opts, 0},
            {"Shards:", cli__shard_opts, offsetof(fresh_options, shard)},
            {"More than fits into memory:", fresh__memory_opts, 0},
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
    .max_args = CLI_MANY,
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
