/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Reading what models learn from: a table, or raw series whose features are extracted. */
#include "learn.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { SHOWN_CLASSES = 5 };

#define LEARN(field) offsetof(cli_learn, field)
#define FATES        "error|propagate|drop|interpolate"

const cli_opt cli__learn_table_opts[] = {
    {0, "target", CLI_TEXT, LEARN(target), "NAME",
     .help = "column of what is to be predicted: no feature itself"},
    CLI_TARGET_FILE_OPT(LEARN(target_file)),
    {0, "task", CLI_CHOICE, LEARN(task), "WHAT", .choices = "auto|classification|regression",
     .fallback = "auto",
     .help = "what the values of the target are: classes (classification), or numbers "
             "(regression); auto: what the model "
             "predicts; of one that predicts both, numbers if the first of --metric is for them, "
             "else classes if they are texts, booleans or up to 20 different integers"},
    {0, "id", CLI_TEXT, LEARN(id), "NAME",
     .help = "column of the ids, no feature; \"\" when there is none: rows are numbered from 0"},
    {0, "exclude", CLI_TEXT, LEARN(exclude), "NAME,...", .help = "columns that are no features"},
    {0, "weights", CLI_TEXT, LEARN(weights), "NAME",
     .help = "column of the weights of the rows, no feature; 0: the row is ignored"},
    {0, "groups", CLI_TEXT, LEARN(groups), "NAME",
     .help = "column of the groups of the rows, no feature; for --cv group, stratified-group and "
             "logo; a warning says where other schemes part a group"},
    {0, "start", CLI_TEXT, LEARN(start), "NAME",
     .help = "column of when what the target says begins, a number or a time, no feature; for --cv "
             "purged"},
    {0, "end", CLI_TEXT, LEARN(end), "NAME", .help = "column of when it ends"},
    CLI_DELIMITER_OPT(LEARN(delimiter)),
    {0}};

const cli_opt cli__learn_series_opts[] = {
    {0, "fresh", CLI_TEXT, LEARN(fresh), "WHAT",
     .help = "the input has time series, as for 'mltool fresh': learn from features of each id; "
             "comprehensive, efficient, minimal, index, time, kx, kx-strict, or a JSON file. "
             "Columns for --groups and --weights are constant within an id, or in --target-file"},
    {0, "select", CLI_TEXT, LEARN(select), "RULES",
     .help = "learn from the relevant features alone, selected in each fold: fdr=LEVEL, k=K, "
             "percentile=P, test=mann|ks|kx, method=bh|by, redundancy=R, separated by commas"},
    {0, "sort", CLI_TEXT, LEARN(sort), "NAME",
     .help = "column of the time; \"\" keeps the order of the file"},
    {0, "kind", CLI_TEXT, LEARN(kind), "NAME",
     .help = "column that names what a row measures (long format)"},
    {0, "value", CLI_TEXT, LEARN(value), "NAME", .help = "column of the values"},
    {0, "columns", CLI_TEXT, LEARN(columns), "NAME,...",
     .help = "columns of values, one kind each (wide format)"},
    {0, "missing", CLI_CHOICE, LEARN(data.missing), "WHAT", .choices = FATES, .fallback = "error",
     .given = LEARN(missing_given),
     .help = "what becomes of missing values: error; propagate (features are computed with NaN); "
             "drop (they leave their series); interpolate (over the time, if there is one)"},
    {0, "infinite", CLI_CHOICE, LEARN(data.infinite), "WHAT", .choices = "as-missing|" FATES,
     .fallback = "as-missing", .given = LEARN(infinite_given),
     .help = "the same for infinite values"},
    {0, "window", CLI_TEXT, LEARN(window.window), "SIZE",
     .help = "cut every series into windows of N rows, or of a time such as 30min, a row for each; "
             "their groups are their series unless --groups names others"},
    {0, "stride", CLI_TEXT, LEARN(window.stride), "SIZE",
     .help = "from the end of a window to the next, in rows or time; without it, one row"},
    {0, "min-window", CLI_INT, LEARN(window.min_rows), "M", .lo = 1, .hi = 1e15,
     .help = "leave out windows with fewer rows; without it, N, or 1 for windows of time"},
    {0}};

/* ---- checks -------------------------------------------------------------------------------- */

static ml_status check_lonely(const cli_learn *g, ml_error *err) {
  const struct {
    bool given;
    const char *name;
  } lonely[] = {{g->sort, "sort"},
                {g->kind, "kind"},
                {g->value, "value"},
                {g->columns, "columns"},
                {g->missing_given, "missing"},
                {g->infinite_given, "infinite"},
                {g->window.window, "window"},
                {g->window.stride, "stride"},
                {g->window.min_rows.given, "min-window"}};
  if (g->select)
    return ml_error_set(err, ML_ERR_USAGE,
                        "--select is for series, with --fresh WHAT; of a table, --prep "
                        "impute=median,select=... does it");
  for (size_t i = 0; i < sizeof lonely / sizeof *lonely; i++)
    if (lonely[i].given)
      return ml_error_set(err, ML_ERR_USAGE, "--%s is for series: it needs --fresh WHAT",
                          lonely[i].name);
  return ML_OK;
}

static void add_attribute(cli_learning *l, const char *name) {
  for (size_t a = 0; name && a < l->series.n_attributes; a++)
    if (strcmp(l->attributes[a], name) == 0) return; /* reading the dataset says so */
  if (name) l->attributes[l->series.n_attributes++] = name;
}

static ml_status ask_series(cli_learning *l, ml_error *err) {
  const cli_learn *g = l->given;
  const cli_settings settings = {.params = g->fresh};
  bool has_windows = false;
  if (g->start || g->end)
    return ml_error_set(err, ML_ERR_USAGE, "--start and --end are for tables, not for --fresh");
  ml_status status = cli__read_window(&g->window, &l->window, &has_windows, err);
  if (status == ML_OK) status = cli__read_settings(&settings, &l->settings, err);
  /* What a recipe has learnt from other rows is learnt in the folds. */
  size_t n;
  if (status == ML_OK && ml_fresh_settings_ranges(l->settings, &n))
    status = ml_fresh_settings_set_ranges(l->settings, NULL, 0, err);
  if (status != ML_OK) return status;
  l->series = (ml_series_opts){.id = g->id,
                               .sort = g->sort,
                               .kind = g->kind,
                               .value = g->value,
                               .columns = g->columns,
                               .exclude = g->exclude,
                               .target = g->target,
                               .target_is_elsewhere = g->target_file != NULL,
                               .attributes = l->attributes,
                               .attributes_may_lack = g->target_file != NULL,
                               .delimiter = g->delimiter,
                               .window = has_windows ? &l->window : NULL};
  cli__use_data(&g->data, &l->series);
  add_attribute(l, g->weights);
  add_attribute(l, g->groups);
  add_attribute(l, l->predefined);
  return ML_OK;
}

ml_status learn__ask(const cli_learn *given, ml_problem problem, const char *predefined,
                     cli_learning *l, ml_error *err) {
  *l = (cli_learning){.given = given, .problem = problem, .predefined = predefined};
  return given->fresh ? ask_series(l, err) : check_lonely(given, err);
}

/* ---- steps --------------------------------------------------------------------------------- */

/* "fdr=0.05,k=3" is "select=fdr:0.05/k:3" among steps. */
static void put_select(const char *rules, ml_buf *out) {
  ml_buf_puts(out, ",select=");
  for (const char *at = rules; *at; at++) {
    const char c = *at == ',' ? '/' : *at == '=' ? ':' : *at;
    ml_buf_put(out, &c, 1);
  }
}

ml_status learn__prep(const cli_learn *given, const char *prep, ml_prep **out, ml_error *err) {
  static const char impute[] = "impute=";
  if (!given->fresh) return prep ? ml_prep_parse(prep, out, err) : ML_OK;
  ml_buf text = {0};
  const char *rest = prep ? prep : "";
  const size_t n_first = strncmp(rest, impute, sizeof impute - 1) == 0 ? strcspn(rest, ",") : 0;
  if (n_first > 0)
    ml_buf_put(&text, rest, n_first);
  else
    ml_buf_puts(&text, "impute=median");
  rest += n_first + (n_first > 0 && rest[n_first] == ',');
  if (given->select) put_select(given->select, &text);
  if (*rest) ml_buf_printf(&text, ",%s", rest);
  ml_buf_put(&text, "", 1);
  ml_status status = text.failed ? ml_error_memory(err) : ml_prep_parse(text.data, out, err);
  ml_buf_release(&text);
  return status;
}

/* ---- reading ------------------------------------------------------------------------------- */

static ml_dataset_opts table_opts(const cli_learning *l, const ml_watch *watch) {
  const cli_learn *g = l->given;
  return (ml_dataset_opts){.id = g->id,
                           .target = g->target,
                           .target_file = g->target_file,
                           .weights = g->weights,
                           .groups = g->groups,
                           .predefined = l->predefined,
                           .start = g->start,
                           .end = g->end,
                           .exclude = g->exclude,
                           .problem = l->problem,
                           .takes_infinite = true, /* steps say what replaces them */
                           .may_lack_features = l->may_lack_features,
                           .delimiter = g->delimiter,
                           .watch = watch};
}

/* A target that is a kind besides would predict itself. */
static ml_status check_kinds(const cli_learning *l, const char *input, ml_error *err) {
  const char *name = l->data->target;
  for (size_t k = 0; name && !l->given->target && k < ml_series_n_kinds(l->set); k++)
    if (strcmp(ml_series_kind(l->set, k), name) == 0)
      return ml_error_at(err, ML_ERR_USAGE, input, 0, 0,
                         "column \"%.60s\" has the name of the target in --target-file; with "
                         "--target it is left out",
                         name);
  return ML_OK;
}

static ml_status extract(cli_call *cli, cli_learning *l, ml_exec *exec, const ml_watch *watch,
                         ml_error *err) {
  ml_matrix *matrix = NULL;
  double start = cli__now();
  ml_status status = ml_fresh_extract(l->set, l->settings, exec, watch, &matrix, err);
  if (status == ML_OK) status = ml_dataset_add_features(l->data, matrix, exec, err);
  ml_matrix_free(matrix);
  l->extract_seconds = cli__now() - start;
  if (status == ML_OK) cli__detail(cli, "extract: %.3f s", l->extract_seconds);
  return status;
}

static ml_status read_series(cli_learning *l, const char *input, const ml_watch *watch,
                             ml_error *err) {
  const ml_dataset_opts columns = table_opts(l, watch);
  ml_series_opts series = l->series;
  series.watch = watch;
  ml_status status = ml_series_read(input, &series, &l->set, err);
  if (status == ML_OK) status = ml_dataset_of_series(l->set, &columns, &l->data, err);
  return status == ML_OK ? check_kinds(l, input, err) : status;
}

ml_status learn__read(cli_call *cli, cli_learning *l, const char *input, ml_exec *exec,
                      const ml_watch *watch, ml_error *err) {
  const ml_dataset_opts columns = table_opts(l, watch);
  const char *name = cli__is_stdio(input) ? "standard input" : input;
  double start = cli__now();
  ml_status status = l->settings ? read_series(l, input, watch, err)
                                 : ml_dataset_read(input, &columns, exec, &l->data, err);
  if (status != ML_OK) return status;
  l->read_seconds = cli__now() - start;
  cli__detail(cli, "read: %.3f s", l->read_seconds);
  if (!l->settings) return ML_OK;
  cli__note_kinds(cli, name, l->set, l->settings);
  cli__note_step(cli, name, l->set, l->settings);
  return extract(cli, l, exec, watch, err);
}

/* ---- what is said -------------------------------------------------------------------------- */

static void put_range(const double *y, size_t n, ml_buf *out) {
  double lo = INFINITY, hi = -INFINITY;
  for (size_t i = 0; i < n; i++) {
    lo = fmin(lo, y[i]);
    hi = fmax(hi, y[i]);
  }
  ml_buf_puts(out, "numbers from ");
  ml_buf_number(out, lo);
  ml_buf_puts(out, " to ");
  ml_buf_number(out, hi);
  ml_buf_puts(out, ": regression");
}

static void put_classes(const ml_dataset *data, ml_buf *out) {
  const ml_levels *classes = &data->classes;
  size_t *counts = calloc(classes->n + 1, sizeof *counts);
  if (!counts) {
    out->failed = true;
    return;
  }
  for (size_t i = 0; i < data->n_rows; i++) counts[classes->codes[i]]++;
  ml_buf_printf(out, "%zu classes (", classes->n);
  for (size_t c = 0; c < classes->n && c < SHOWN_CLASSES; c++)
    ml_buf_printf(out, "%s%.60s: %zu", c ? ", " : "", classes->labels[c], counts[c]);
  ml_buf_puts(out, classes->n > SHOWN_CLASSES ? ", ...)" : ")");
  ml_buf_puts(out, ": classification");
  free(counts);
}

void learn__note_target(cli_call *cli, const cli_learning *l, const char *input_name) {
  const ml_dataset *data = l->data;
  const char *source = l->given->target_file ? l->given->target_file : input_name;
  ml_buf words = {0};
  if (data->problem == ML_REGRESSION)
    put_range(data->y, data->n_rows, &words);
  else
    put_classes(data, &words);
  ml_buf_put(&words, "", 1);
  if (!words.failed)
    cli__note(cli, "target '%s' of %s: %s", data->target ? data->target : "y",
              cli__is_stdio(source) ? "standard input" : source, words.data);
  ml_buf_release(&words);
  if (data->n_unused > 0)
    cli__note(cli, "%zu id%s of %s ha%s no row here, and %s not used", data->n_unused,
              data->n_unused == 1 ? "" : "s", source, data->n_unused == 1 ? "s" : "ve",
              data->n_unused == 1 ? "is" : "are");
}

void learn__release(cli_learning *l) {
  ml_dataset_free(l->data);
  ml_series_free(l->set);
  ml_fresh_settings_free(l->settings);
  *l = (cli_learning){0};
}
