/* SPDX-License-Identifier: GPL-3.0-or-later */
/* mltool split: which rows are trained on and which are tested, as a file. */
#include <string.h>

#include "split.h"

typedef struct split_options {
  cli_common common;
  const char *target, *target_file, *id, *groups, *start, *end;
  int task; /* ml_problem */
  char delimiter;
  cli_int rows;
  const char *cv;
  cli_int repeat, seed;
  const char *output;
  bool long_form, list;
} split_options;

/* ---- what is asked for --------------------------------------------------------------------- */

/* A scheme that looks at columns says which options name them. */
static ml_status check_needs(const split_options *o, const ml_scheme *scheme, ml_error *err) {
  const struct {
    bool is_missing;
    const char *option;
  } needs[] = {
      {scheme->needs_classes && !o->target && !o->target_file, "--target NAME"},
      {scheme->needs_groups && !o->groups, "--groups NAME"},
      {scheme->needs_times && !o->start, "--start NAME"},
      {scheme->needs_times && !o->end, "--end NAME"},
  };
  for (size_t i = 0; i < sizeof needs / sizeof *needs; i++)
    if (needs[i].is_missing)
      return ml_error_set(err, ML_ERR_USAGE, "--cv %s needs %s", scheme->name, needs[i].option);
  return ML_OK;
}

/* Without a file there are no columns. */
static ml_status check_rows(const cli_call *cli, const split_options *o, const ml_scheme *scheme,
                            ml_error *err) {
  const struct {
    bool is_given;
    const char *option;
  } columns[] = {{o->target, "target"},
                 {o->target_file, "target-file"},
                 {o->id, "id"},
                 {o->groups, "groups"},
                 {o->start, "start"},
                 {o->end, "end"},
                 {o->delimiter, "delimiter"}};
  if (!o->rows.given) return ML_OK;
  if (cli->n_args)
    return ml_error_set(err, ML_ERR_USAGE, "--rows takes the place of a file, and there is %s",
                        cli->args[0]);
  for (size_t i = 0; i < sizeof columns / sizeof *columns; i++)
    if (columns[i].is_given)
      return ml_error_set(err, ML_ERR_USAGE, "--%s needs a file, and --rows takes its place",
                          columns[i].option);
  if (scheme && scheme->needs_predefined)
    return ml_error_set(err, ML_ERR_USAGE, "--cv %s needs a file, and --rows takes its place",
                        o->cv);
  return ML_OK;
}

static ml_status check_options(const cli_call *cli, const split_options *o,
                               const ml_scheme **scheme, ml_error *err) {
  *scheme = NULL;
  ml_status status = o->cv ? ml_scheme_find(o->cv, scheme, err) : ML_OK;
  if (status == ML_OK) status = check_rows(cli, o, *scheme, err);
  if (status == ML_OK && *scheme) status = check_needs(o, *scheme, err);
  if (status == ML_OK && *scheme && (*scheme)->needs_predefined &&
      o->cv[strcspn(o->cv, "=") + (strchr(o->cv, '=') != NULL)] == '\0')
    return ml_error_set(err, ML_ERR_USAGE,
                        "--cv %s: name the column of the folds, as in predefined=fold", o->cv);
  return status;
}

static ml_status read_rows(const split_options *o, const ml_scheme *scheme, const char *input,
                           const ml_watch *watch, ml_dataset **out, ml_error *err) {
  const ml_dataset_opts opts = {
      .id = o->id,
      .target = o->target,
      .target_file = o->target_file,
      .groups = o->groups,
      .predefined = scheme && scheme->needs_predefined ? strchr(o->cv, '=') + 1 : NULL,
      .start = o->start,
      .end = o->end,
      .no_features = true,
      .problem = (ml_problem)o->task,
      .delimiter = o->delimiter,
      .watch = watch};
  return ml_dataset_read(input, &opts, NULL, out, err);
}

/* ---- what is shown ------------------------------------------------------------------------- */

static void put_scheme_text(const ml_scheme *s, ml_buf *out) {
  enum { INDENT = 4 };
  ml_buf_printf(out, "%s%s\n", s->name, s->arguments);
  cli__pad(out, INDENT);
  cli__wrap(out, s->summary, INDENT, INDENT, CLI_WIDTH);
}

static void put_scheme_json(const ml_scheme *s, ml_buf *out) {
  const struct {
    bool is;
    const char *what;
  } needs[] = {{s->needs_classes, "classes"},
               {s->needs_groups, "groups"},
               {s->needs_predefined, "predefined"},
               {s->needs_times, "times"}};
  const char *before = "";
  ml_buf_printf(out, "{\"name\": \"%s\", \"arguments\": \"%s\", \"summary\": ", s->name,
                s->arguments);
  ml_buf_json_string(out, s->summary);
  ml_buf_printf(out, ", \"random\": %s, \"needs\": [", s->is_random ? "true" : "false");
  for (size_t i = 0; i < sizeof needs / sizeof *needs; i++) {
    if (!needs[i].is) continue;
    ml_buf_printf(out, "%s\"%s\"", before, needs[i].what);
    before = ", ";
  }
  ml_buf_puts(out, "]}");
}

static ml_status list_schemes(bool as_json, ml_error *err) {
  ml_buf out = {0};
  const ml_scheme *s;
  if (as_json) ml_buf_puts(&out, "{\"schemes\": [");
  for (size_t i = 0; (s = ml_scheme_at(i)); i++) {
    if (as_json) {
      ml_buf_puts(&out, i ? ",\n " : "\n ");
      put_scheme_json(s, &out);
    } else {
      put_scheme_text(s, &out);
    }
  }
  if (as_json) ml_buf_puts(&out, "]}\n");
  return cli__print(&out, err);
}

static void put_range(ml_buf *to, const ml_folds *folds, bool of_tests) {
  size_t low = SIZE_MAX, high = 0;
  for (size_t f = 0; f < folds->n; f++) {
    size_t n = ml_folds_n_train(folds, f);
    if (of_tests) ml_folds_test(folds, f, &n);
    if (n < low) low = n;
    if (n > high) high = n;
  }
  ml_buf_printf(to, low < high ? "%zu to %zu" : "%zu", low, high);
}

static void summary_text(cli_call *cli, const char *input, const char *output,
                         const split_result *r) {
  ml_buf text = {0};
  const ml_folds *folds = r->folds;
  ml_buf_printf(&text, "%zu fold%s (%s), each trained on ", folds->n, cli__plural(folds->n),
                r->scheme);
  put_range(&text, folds, false);
  ml_buf_puts(&text, " and tested on ");
  put_range(&text, folds, true);
  ml_buf_put(&text, "", 1);
  if (!text.failed)
    cli__note(cli, "%s: %zu row%s -> %s: %s", input, r->data->n_rows, cli__plural(r->data->n_rows),
              output, text.data);
  ml_buf_release(&text);
}

static ml_status summary_json(const char *input, const char *output, const split_result *r,
                              ml_error *err) {
  ml_buf out = {0};
  ml_buf_puts(&out, "{\"input\": ");
  ml_buf_json_string(&out, input);
  ml_buf_printf(&out, ", \"rows\": %zu, \"output\": ", r->data->n_rows);
  ml_buf_json_string(&out, output);
  ml_buf_puts(&out, ", \"scheme\": ");
  ml_buf_json_string(&out, r->scheme);
  ml_buf_printf(&out, ", \"seed\": %llu, \"repeats\": %zu, \"folds\": %zu}\n",
                (unsigned long long)r->seed, r->folds->n_repeats, r->folds->n);
  return cli__print(&out, err);
}

/* ---- the run ------------------------------------------------------------------------------- */

static split_form choose_form(const cli_call *cli, const split_options *o,
                              const ml_scheme *scheme) {
  if (cli__ends_in(o->output, ".json") || cli__ends_in(o->output, ".json.gz") ||
      (cli->common.json && cli__is_stdio(o->output)))
    return SPLIT_JSON;
  return scheme->trains_rest && !o->long_form ? SPLIT_TABLE : SPLIT_LONG;
}

static ml_status split_and_write(cli_call *cli, const split_options *o, const char *input,
                                 const ml_dataset *data, const ml_watch *watch, ml_error *err) {
  const ml_split_opts opts = {.repeats = (size_t)o->repeat.value, .seed = (uint64_t)o->seed.value};
  split_result r = {
      .scheme = o->cv ? o->cv : ml_scheme_default(data->problem), .seed = opts.seed, .data = data};
  const ml_scheme *scheme;
  ml_folds *folds = NULL;
  ml_status status = ml_scheme_find(r.scheme, &scheme, err);
  if (status == ML_OK) status = ml_split(r.scheme, data, NULL, 0, &opts, &folds, err);
  if (status != ML_OK) return status;
  r.folds = folds;
  status = cli__write_folds(&r, choose_form(cli, o, scheme), o->output, watch, err);
  if (status == ML_OK && !cli__is_stdio(o->output)) {
    if (cli->common.json)
      status = summary_json(input, o->output, &r, err);
    else
      summary_text(cli, input, o->output, &r);
  }
  ml_folds_free(folds);
  return status;
}

static ml_status run_file(cli_call *cli, const split_options *o, const ml_scheme *scheme,
                          const ml_watch *watch, ml_error *err) {
  const char *input;
  ml_dataset *data = NULL;
  ml_status status = cli__find_input(cli, "--cv kfold:5", &input, err);
  if (status != ML_OK) return status;
  const cli_file files[] = {
      {input, "input"}, {o->target_file, "file of the target"}, {o->output, "output"}};
  status = cli__check_outputs(files, 2, 3, err);
  if (status == ML_OK) status = read_rows(o, scheme, input, watch, &data, err);
  if (status == ML_OK)
    status =
        split_and_write(cli, o, cli__is_stdio(input) ? "standard input" : input, data, watch, err);
  ml_dataset_free(data);
  return status;
}

static ml_status run_rows(cli_call *cli, const split_options *o, const ml_watch *watch,
                          ml_error *err) {
  const ml_dataset data = {.n_rows = (size_t)o->rows.value};
  const cli_file output = {o->output, "output"};
  ml_status status = cli__check_outputs(&output, 0, 1, err);
  return status == ML_OK ? split_and_write(cli, o, "--rows", &data, watch, err) : status;
}

static ml_status run(cli_call *cli, const void *options, ml_error *err) {
  const split_options *o = options;
  const ml_scheme *scheme;
  if (o->list) return list_schemes(cli->common.json, err);
  cli__catch_signals();
  ml_status status = check_options(cli, o, &scheme, err);
  if (status != ML_OK) return status;
  ml_watch watch = cli__watch(cli);
  return o->rows.given ? run_rows(cli, o, &watch, err) : run_file(cli, o, scheme, &watch, err);
}

#define SPLIT(field) offsetof(split_options, field)

static const cli_opt fold_opts[] = {
    {0, "cv", CLI_TEXT, SPLIT(cv), "SCHEME",
     .help = "how rows are split into folds, such as kfold:5, stratified:10, group:5, loo, "
             "timeseries:5,gap=2, purged:5,embargo=3, predefined=COLUMN; without it, stratified:5 "
             "for classes, else kfold:5"},
    {0, "repeat", CLI_INT, SPLIT(repeat), "N", .lo = 1, .hi = 1e6, .fallback = "1",
     .help = "split N times, by chance anew where the scheme has any"},
    {0, "seed", CLI_INT, SPLIT(seed), "N", .lo = 0, .hi = 9007199254740991, .fallback = "0",
     .help = "of the schemes with chance"},
    {0, "list", CLI_FLAG, SPLIT(list), .help = "list the schemes and what may follow their names"},
    {0}};

static const cli_opt column_opts[] = {
    {0, "target", CLI_TEXT, SPLIT(target), "NAME",
     .help = "column of the classes; without it, no column is a target"},
    CLI_TARGET_FILE_OPT(SPLIT(target_file)),
    {0, "task", CLI_CHOICE, SPLIT(task), "WHAT", .choices = "auto|classification|regression",
     .fallback = "auto",
     .help = "what the values of the target are: classes (classification), or numbers "
             "(regression); auto: classes if they are "
             "texts, booleans or up to 20 different integers"},
    {0, "id", CLI_TEXT, SPLIT(id), "NAME",
     .help = "column of the ids, which are written beside the row numbers; \"\" when there is "
             "none"},
    {0, "groups", CLI_TEXT, SPLIT(groups), "NAME",
     .help = "column of the groups of the rows, for group, stratified-group and logo"},
    {0, "start", CLI_TEXT, SPLIT(start), "NAME",
     .help = "column of when what the target says begins, a number or a time, for purged"},
    {0, "end", CLI_TEXT, SPLIT(end), "NAME", .help = "column of when it ends"},
    {0, "rows", CLI_INT, SPLIT(rows), "N", .lo = 1, .hi = 4294967294.0,
     .help = "split N rows, in place of those of a file"},
    CLI_DELIMITER_OPT(SPLIT(delimiter)),
    {0}};

static const cli_opt output_opts[] = {
    {'o', "output", CLI_TEXT, SPLIT(output), "FILE", .fallback = "-",
     .help = "write to FILE; its end says how: .csv, .csv.gz, .json, .json.gz; - is standard "
             "output, as CSV unless --json"},
    {0, "long", CLI_FLAG, SPLIT(long_form),
     .help = "write a line for each row in each part of each fold, also where a line for each row "
             "says it all"},
    {0}};

const cli_command cli__split = {
    .name = "split",
    .summary = "write the folds of a cross-validation",
    .synopsis = "[OPTION]... [FILE]",
    .description =
        "Split the rows of FILE, or of standard input, into folds, and write which rows each of "
        "them trains on and tests. Rows are numbered from 0. 'mltool xval' uses the same folds.\n\n"
        "Where every fold trains on all rows that it does not test there is one line for each row, "
        "whose column fold has the number of the fold that tests it, or -1: as a column of the "
        "data, --cv predefined=fold reads it. With --repeat there are fold0, fold1, ... "
        "Other schemes have a line for each row in each part, train or test, of each fold.",
    .groups = (const cli_group[]){{"Folds:", fold_opts, 0},
                                  {"Rows:", column_opts, 0},
                                  {"Output:", output_opts, 0},
                                  {"Parquet and SQL:", cli__source_opts, 0},
                                  {"As a file:", cli__config_opts, 0},
                                  {"Options of every command:", cli__common_opts, 0},
                                  {0}},
    .options_size = sizeof(split_options),
    .max_args = 1,
    .operands = (const char *const[]){"input", NULL},
    .examples = (const cli_example[]){{"ten folds with the same share of each class",
                                       "mltool split iris.csv --target species --cv stratified:10 "
                                       "-o folds.csv"},
                                      {"five tests in order of time, two rows behind what was "
                                       "trained on",
                                       "mltool split --rows 100 --cv timeseries:5,gap=2"},
                                      {0}},
    .run = run};
