/* SPDX-License-Identifier: GPL-3.0-or-later */
/* mltool features: the catalogue. */
#include "features.h"

#include <string.h>
#include <unistd.h>

#define NAME_WIDTH  32 /* where a terminal has no room for the longest name and words beside it */
#define WORDS_WIDTH 40
#define COUNT_WIDTH 9 /* "COLUMNS" with the blanks around it */
#define NAMES_SHOWN 8 /* column names that are listed without -v */

/* ---- text ---------------------------------------------------------------------------------- */

/* A line for each feature, so that grep finds all of it; broken to the width of a terminal. */
static void put_row(ml_buf *out, const ml_fresh_feature *f, size_t name_width, size_t width) {
  ml_buf words = {0};
  ml_buf_puts(&words, f->summary);
  for (size_t k = 0; k < f->n_params; k++)
    ml_buf_printf(&words, "%s%s%s", k == 0 ? " (" : ", ", f->params[k].name,
                  k + 1 == f->n_params ? ")" : "");
  ml_buf_put(&words, "", 1);
  ml_buf_printf(out, "%-*s", (int)name_width, f->name);
  if (strlen(f->name) > name_width) ml_buf_printf(out, "\n%*s", (int)name_width, "");
  ml_buf_printf(out, "%7zu  ", f->n_grid);
  size_t at = name_width + COUNT_WIDTH;
  if (words.failed) out->failed = true;
  if (!words.failed) cli__wrap(out, words.data, at, at, width);
  ml_buf_release(&words);
}

/* As wide as the longest name. A narrow terminal has the longest names on lines of their own. */
static size_t find_name_width(const ml_fresh_feature *const *features, size_t n, size_t width) {
  size_t longest = 0;
  for (size_t i = 0; i < n; i++)
    if (strlen(features[i]->name) > longest) longest = strlen(features[i]->name);
  return longest + COUNT_WIDTH + WORDS_WIDTH <= width ? longest : NAME_WIDTH;
}

/* How many there are, and the columns of the settings that one gets without asking. */
static void put_counts(const ml_fresh_feature *const *features, size_t n,
                       const ml_fresh_settings *defaults, ml_buf *out) {
  size_t n_columns = 0, n_timed = 0;
  for (size_t i = 0; i < n; i++) {
    if (!ml_fresh_settings_uses(defaults, features[i])) continue;
    n_columns += features[i]->n_grid;
    if (features[i]->needs_time) n_timed += features[i]->n_grid;
  }
  ml_buf_printf(out, "\n%zu features, %zu columns for each kind of series", n, n_columns - n_timed);
  if (n_timed) ml_buf_printf(out, " (%zu where there are dates)", n_columns);
  ml_buf_puts(out, "\n'mltool features NAME' says more about one\n");
}

static void put_table(const cli_call *cli, const ml_fresh_feature *const *features, size_t n,
                      ml_buf *out) {
  size_t width = cli__terminal_width(STDOUT_FILENO);
  if (width < CLI_WIDTH) width = width > 0 ? CLI_WIDTH : SIZE_MAX;
  size_t name_width = find_name_width(features, n, width);
  char heading[256];
  snprintf(heading, sizeof heading, "%-*s%7s  %s", (int)name_width, "FEATURE", "COLUMNS",
           "SUMMARY (PARAMETERS)");
  cli__heading(cli, out, heading);
  for (size_t i = 0; i < n; i++) put_row(out, features[i], name_width, width);
}

static void put_field(ml_buf *out, const char *label, const char *text) {
  size_t n = strlen(label), at = n < 10 ? 12 : n + 3;
  ml_buf_printf(out, "  %-9s ", label);
  cli__wrap(out, text, at, 12, CLI_WIDTH);
}

static void put_params(const cli_call *cli, ml_buf *out, const ml_fresh_feature *f) {
  if (f->n_params == 0) return;
  ml_buf_puts(out, "\n");
  cli__heading(cli, out, "Parameters:");
  for (size_t k = 0; k < f->n_params; k++) {
    ml_buf words = {0};
    ml_buf_printf(&words, "%s; ", f->params[k].doc);
    cli__put_range(&words, &f->params[k]);
    ml_buf_puts(&words, "; ");
    cli__put_defaults(&words, f, k);
    ml_buf_put(&words, "", 1);
    if (words.failed) out->failed = true;
    if (!words.failed) put_field(out, f->params[k].name, words.data);
    ml_buf_release(&words);
  }
}

static void put_names(const cli_call *cli, ml_buf *out, const ml_fresh_feature *f) {
  size_t shown = cli->common.verbose || f->n_grid <= NAMES_SHOWN ? f->n_grid : NAMES_SHOWN;
  ml_buf_puts(out, "\n");
  cli__heading(cli, out, "Columns:");
  for (size_t i = 0; i < shown; i++) {
    ml_buf_puts(out, "  ");
    ml_fresh_column("KIND", f, f->grid + i * f->n_params, out);
    ml_buf_puts(out, "\n");
  }
  if (shown < f->n_grid)
    ml_buf_printf(out, "  ... and %zu more (-v shows all)\n", f->n_grid - shown);
}

static void put_feature(const cli_call *cli, ml_buf *out, const ml_fresh_feature *f) {
  cli__heading(cli, out, f->name);
  put_field(out, "what", f->summary);
  put_field(out, "formula", f->formula);
  put_field(out, "NaN", f->nan_rule);
  put_field(out, "cost", f->cost);
  put_field(out, "source", f->source);
  if (cli__feature_time(f)) put_field(out, "time", cli__feature_time(f));
  put_params(cli, out, f);
  put_names(cli, out, f);
}

/* ---- the command --------------------------------------------------------------------------- */

typedef struct features_options {
  cli_common common;
  cli_settings settings;
  int catalogue; /* index of the choice */
  bool markdown;
} features_options;

#define CATALOGUES "tsfresh|kx|kx-strict"

/* A catalogue, and the settings that have its default grids. */
static const struct {
  const char *name, *settings;
} catalogues[] = {{"tsfresh", "comprehensive"}, {"kx", "kx"}, {"kx-strict", "kx-strict"}};

static ml_status print_all(cli_call *cli, int catalogue, ml_error *err) {
  size_t n;
  const ml_fresh_feature *const *features = ml_fresh_catalogue(catalogues[catalogue].name, &n);
  ml_fresh_settings *defaults;
  ml_status status = ml_fresh_settings_named(catalogues[catalogue].settings, &defaults, err);
  if (status != ML_OK) return status;
  ml_buf out = {0};
  if (cli->common.json) {
    cli__features_json(&out, features, n);
  } else {
    put_table(cli, features, n, &out);
    put_counts(features, n, defaults, &out);
  }
  ml_fresh_settings_free(defaults);
  return cli__print(&out, err);
}

static ml_status print_one(cli_call *cli, const char *name, ml_error *err) {
  const ml_fresh_feature *f = ml_fresh_find(name);
  const char *nearest = ml_fresh_nearest(name);
  if (!f && nearest)
    return ml_error_set(err, ML_ERR_USAGE, "unknown feature '%s' (did you mean '%s'?)", name,
                        nearest);
  if (!f)
    return ml_error_set(err, ML_ERR_USAGE, "unknown feature '%s' ('mltool features' lists all)",
                        name);
  ml_buf out = {0};
  if (cli->common.json) {
    cli__feature_json(&out, f);
    ml_buf_puts(&out, "\n");
  } else {
    put_feature(cli, &out, f);
  }
  return cli__print(&out, err);
}

static ml_status print_settings(const ml_fresh_settings *settings, ml_error *err) {
  ml_buf out = {0};
  ml_fresh_settings_json(settings, &out);
  return cli__print(&out, err);
}

static ml_status print_markdown(ml_error *err) {
  ml_buf out = {0};
  cli__features_markdown(&out);
  return cli__print(&out, err);
}

static ml_status run(cli_call *cli, const void *options, ml_error *err) {
  const features_options *o = options;
  ml_fresh_settings *settings = NULL;
  ml_status status = cli__read_settings(&o->settings, &settings, err);
  if (status != ML_OK) return status;
  if (cli->n_args + o->markdown + (settings != NULL) > 1)
    status = ml_error_set(err, ML_ERR_USAGE,
                          "NAME, --params, --params-from and --markdown exclude one another");
  else if (settings)
    status = print_settings(settings, err);
  else if (o->markdown)
    status = print_markdown(err);
  else
    status = cli->n_args ? print_one(cli, cli->args[0], err) : print_all(cli, o->catalogue, err);
  ml_fresh_settings_free(settings);
  return status;
}

static const cli_opt catalogue_opts[] = {
    {0, "params", CLI_TEXT, offsetof(features_options, settings.params), "WHAT",
     .help = "print these settings of 'mltool fresh --params' as JSON, which --params reads"},
    {0, "params-from", CLI_TEXT, offsetof(features_options, settings.params_from), "FILE",
     .help = "print the settings that give the columns of this file of features as JSON"},
    {0, "catalogue", CLI_CHOICE, offsetof(features_options, catalogue), "WHOSE",
     .choices = CATALOGUES, .fallback = "tsfresh",
     .help = "list the features of tsfresh, of the KX toolkit with its mistakes mended, or of the "
             "toolkit as it is"},
    {0, "markdown", CLI_FLAG, offsetof(features_options, markdown),
     .help = "print the whole catalogue as a page"},
    {0}};

const cli_command cli__features = {
    .name = "features",
    .summary = "list the features that fresh computes, or explain one",
    .synopsis = "[OPTION]... [NAME]",
    .description =
        "List the features that 'mltool fresh' computes, with the number of columns "
        "that each makes and its parameters. With NAME: its formula, when it is NaN, "
        "what it costs for n values, where it comes from, its parameters with their "
        "defaults, and the names of its columns. With --params or --params-from: settings, as "
        "JSON.",
    .groups = (const cli_group[]){{"Instead of the list:", catalogue_opts, 0},
                                  {"Options of every command:", cli__common_opts, 0},
                                  {0}},
    .options_size = sizeof(features_options),
    .max_args = 1,
    .examples =
        (const cli_example[]){{"what quantile computes", "mltool features quantile"},
                              {"the whole catalogue, for a program", "mltool features --json"},
                              {"settings to start one's own from",
                               "mltool features --params comprehensive > mine.json"},
                              {0}},
    .run = run};
