/* SPDX-License-Identifier: GPL-3.0-or-later */
/* mltool roll: the windows of every time series in a file, as a file of series. */
#include "cli.h"

#include <stdlib.h>
#include <string.h>

typedef struct roll_options {
  cli_common common;
  cli_int direction, max_shift, min_shift, length;
  cli_window window;
  bool forecast;
  const char *kind_name;
  const char *output;
  ml_roll_opts columns; /* of which the options are columns alone */
} roll_options;

/* ---- what is asked for --------------------------------------------------------------------- */

/* Shifts, windows and packages are three ways, and each has options of its own. */
static ml_status check_ways(const roll_options *o, bool is_window, ml_error *err) {
  const char *way = is_window ? "--window" : o->length.given ? "--sub-series" : NULL;
  if (is_window && o->length.given)
    return ml_error_set(err, ML_ERR_USAGE, "--window and --sub-series exclude one another");
  if (way && o->forecast)
    return ml_error_set(err, ML_ERR_USAGE, "%s and --forecast exclude one another", way);
  if (way && (o->direction.given || o->max_shift.given || o->min_shift.given))
    return ml_error_set(err, ML_ERR_USAGE,
                        "--direction, --max-shift and --min-shift do not go with %s", way);
  if (o->direction.value == 0)
    return ml_error_set(err, ML_ERR_USAGE, "--direction 0 does not roll");
  if (o->kind_name && !o->forecast)
    return ml_error_set(err, ML_ERR_USAGE, "--kind-name needs --forecast");
  if (o->columns.value && !o->forecast)
    return ml_error_set(err, ML_ERR_USAGE, "--value needs --forecast");
  if (o->forecast && (o->columns.id || o->columns.kind))
    return ml_error_set(err, ML_ERR_USAGE,
                        "--forecast is for one series: there is no --id or "
                        "--kind");
  return ML_OK;
}

static ml_status read_options(const roll_options *o, ml_roll_opts *roll, ml_error *err) {
  bool is_window;
  *roll = o->columns;
  ml_status status = cli__read_window(&o->window, &roll->window, &is_window, err);
  if (status == ML_OK) status = check_ways(o, is_window, err);
  roll->how = is_window         ? ML_ROLL_WINDOW
              : o->length.given ? ML_ROLL_PACKAGES
              : o->forecast     ? ML_ROLL_FORECAST
                                : ML_ROLL_SHIFT;
  roll->direction = o->direction.value;
  roll->max_shift = (size_t)o->max_shift.value;
  roll->min_shift = (size_t)o->min_shift.value;
  roll->length = (size_t)o->length.value;
  roll->kind_name = o->kind_name;
  return status;
}

/* "frame.csv" has its answers in "frame.y.csv", "frame.csv.gz" in "frame.y.csv.gz". */
static ml_status name_answers(const char *output, char **answers, ml_error *err) {
  static const char *const ends[] = {".csv.gz", ".csv", ".gz", ""};
  if (cli__is_stdio(output))
    return ml_error_set(err, ML_ERR_USAGE,
                        "--forecast writes two files: name the first with -o frame.csv");
  size_t n = strlen(output), i = 0, m;
  while ((m = strlen(ends[i])) >= n || strcmp(output + n - m, ends[i]) != 0) i++;
  ml_buf name = {0};
  ml_buf_put(&name, output, n - m);
  ml_buf_puts(&name, ".y");
  ml_buf_put(&name, ends[i], m + 1);
  if (name.failed) {
    ml_buf_release(&name);
    return ml_error_memory(err);
  }
  *answers = name.data;
  return ML_OK;
}

static ml_status check_outputs(const char *input, const char *output, const char *answers,
                               ml_error *err) {
  enum { READ = 1, ALL = 3 };
  const cli_file files[ALL] = {{input, "input"}, {output, "output"}, {answers, "file of answers"}};
  return cli__check_outputs(files, READ, ALL, err);
}

/* ---- the run ------------------------------------------------------------------------------- */

static void summary_text(cli_call *cli, const char *input, const char *output,
                         const ml_roll_counts *n, double seconds) {
  cli__note(cli, "%s: %zu id%s, %zu row%s -> %s: %zu window%s, %zu row%s in %.2f s", input,
            n->n_ids, cli__plural(n->n_ids), n->n_rows, cli__plural(n->n_rows), output,
            n->n_windows, cli__plural(n->n_windows), n->n_out_rows, cli__plural(n->n_out_rows),
            seconds);
}

static ml_status summary_json(const char *input, const char *output, const char *answers,
                              const ml_roll_counts *n, double seconds, ml_error *err) {
  ml_buf out = {0};
  ml_buf_puts(&out, "{\"input\": ");
  ml_buf_json_string(&out, input);
  ml_buf_printf(&out, ", \"ids\": %zu, \"rows\": %zu, \"output\": ", n->n_ids, n->n_rows);
  ml_buf_json_string(&out, output);
  if (answers) {
    ml_buf_puts(&out, ", \"answers\": ");
    ml_buf_json_string(&out, answers);
  }
  ml_buf_printf(&out, ", \"windows\": %zu, \"output_rows\": %zu, \"seconds\": %.3f}\n",
                n->n_windows, n->n_out_rows, seconds);
  return cli__print(&out, err);
}

static ml_status run_roll(cli_call *cli, const roll_options *o, const char *input,
                          const char *answers, ml_roll_opts *roll, ml_error *err) {
  const char *name = cli__is_stdio(input) ? "standard input" : input;
  ml_watch watch = cli__watch(cli);
  ml_roll_counts counts;
  double start = cli__now();
  roll->watch = &watch;
  ml_status status = ml_roll_csv(input, roll, o->output, answers, &counts, err);
  if (status != ML_OK) return status;
  if (counts.is_numbered)
    cli__note(cli,
              "%s: no time column: the column sort has the number of the row; 'mltool fresh --sort "
              "sort' reads it",
              name);
  if (counts.irregular[0])
    cli__note(cli, "%s: the time step of id %s is not constant", name, counts.irregular);
  if (cli__is_stdio(o->output)) return ML_OK;
  double seconds = cli__now() - start;
  if (cli->common.json) return summary_json(input, o->output, answers, &counts, seconds, err);
  summary_text(cli, name, o->output, &counts, seconds);
  return ML_OK;
}

static ml_status run(cli_call *cli, const void *options, ml_error *err) {
  const roll_options *o = options;
  ml_roll_opts roll;
  const char *input;
  char *answers = NULL;
  cli__catch_signals();
  ml_status status = read_options(o, &roll, err);
  if (status == ML_OK) status = cli__find_input(cli, "-o windows.csv", &input, err);
  if (status == ML_OK && o->forecast) status = name_answers(o->output, &answers, err);
  if (status == ML_OK) status = check_outputs(input, o->output, answers, err);
  if (status == ML_OK) status = run_roll(cli, o, input, answers, &roll, err);
  free(answers);
  return status;
}

#define ROLL(field)   offsetof(roll_options, field)
#define COLUMN(field) offsetof(roll_options, columns.field)

static const cli_opt shift_opts[] = {
    {0, "direction", CLI_INT, ROLL(direction), "D", .lo = -1e9, .hi = 1e9, .fallback = "1",
     .help = "rows from window to window; windows end at their row, those of a negative "
             "direction begin there"},
    {0, "max-shift", CLI_INT, ROLL(max_shift), "N", .lo = 1, .hi = 1e15,
     .help = "windows have at most N + 1 rows; without it, as many as there are"},
    {0, "min-shift", CLI_INT, ROLL(min_shift), "N", .lo = 0, .hi = 1e15, .fallback = "0",
     .help = "leave out windows with fewer than N + 1 rows"},
    {0}};

static const cli_opt other_opts[] = {
    {0, "sub-series", CLI_INT, ROLL(length), "N", .lo = 1, .hi = 1e15,
     .help = "number packages of N rows in place of rolling: each row comes once"},
    {0, "forecast", CLI_FLAG, ROLL(forecast),
     .help = "roll one series without the last row of each window, whose value goes to a second "
             "file: frame.y.csv beside frame.csv"},
    {0, "kind-name", CLI_TEXT, ROLL(kind_name), "NAME",
     .help = "kind of the rows of --forecast; without it, the name of the column of values"},
    {0}};

static const cli_opt output_opts[] = {
    {'o', "output", CLI_TEXT, ROLL(output), "FILE", .fallback = "-",
     .help = "write to FILE, compressed if it ends in .gz; - is standard output"},
    {0}};

static const cli_opt column_opts[] = {
    {0, "id", CLI_TEXT, COLUMN(id), "NAME",
     .help = "column that tells the series apart; \"\" when the file is one series"},
    {0, "sort", CLI_TEXT, COLUMN(sort), "NAME",
     .help = "column of the time; \"\" keeps the order of the file"},
    {0, "kind", CLI_TEXT, COLUMN(kind), "NAME",
     .help = "column that names what a row measures (long format): kinds are rolled apart"},
    {0, "value", CLI_TEXT, COLUMN(value), "NAME", .help = "column of the values, for --forecast"},
    CLI_DELIMITER_OPT(COLUMN(delimiter)),
    {0}};

const cli_command cli__roll = {
    .name = "roll",
    .summary = "write the windows of every time series in a CSV file",
    .synopsis = "[OPTION]... [FILE]",
    .description =
        "Read time series from FILE, or from standard input, and write the rows of all their "
        "windows, as roll_time_series of tsfresh does: the column id holds pairs, (ID, TIME), of a "
        "series and the time of the last row of the window; other columns are copied.\n\n"
        "'mltool fresh --window' computes features of windows without writing their rows.",
    .groups = (const cli_group[]){{"Shifts:", shift_opts, 0},
                                  {"Windows:", cli__window_opts, offsetof(roll_options, window)},
                                  {"In place of shifts:", other_opts, 0},
                                  {"Output:", output_opts, 0},
                                  {"Columns of the input:", column_opts, 0},
                                  {"Parquet and SQL:", cli__source_opts, 0},
                                  {"As a file:", cli__config_opts, 0},
                                  {"Options of every command:", cli__common_opts, 0},
                                  {0}},
    .options_size = sizeof(roll_options),
    .max_args = 1,
    .operands = (const char *const[]){"input", NULL},
    .examples =
        (const cli_example[]){
            {"windows of four rows at most and two at least",
             "mltool roll storms.csv --max-shift 3 --min-shift 1 -o windows.csv"},
            {"what a forecast of the next price is learnt from",
             "mltool roll prices.csv --forecast --kind-name price --max-shift 20 -o frame.csv"},
            {0}},
    .run = run};
