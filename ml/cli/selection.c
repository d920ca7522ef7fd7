/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The options of feature selection, and what they may not say together. */
#include "selection.h"

#define SELECT(field) offsetof(cli_selection, field)

const cli_opt cli__target_opts[] = {
    {0, "target", CLI_TEXT, SELECT(target), "NAME",
     .help = "column of what is to be predicted: no feature itself"},
    CLI_TARGET_FILE_OPT(SELECT(target_file)),
    {0, "task", CLI_CHOICE, SELECT(task), "WHAT", .choices = "auto|classification|regression",
     .fallback = "auto",
     .help = "what the values of the target are: classes (classification), or numbers "
             "(regression); auto: numbers if one has a "
             "point or an exponent, else classes"},
    {0}};

const cli_opt cli__selection_opts[] = {
    {0, "fdr", CLI_REAL, SELECT(fdr), "LEVEL", .lo = 0, .hi = 1, .above_lo = true, .below_hi = true,
     .given = SELECT(fdr_given), .fallback = "0.05",
     .help = "select so that on average at most this share of the selected features is irrelevant"},
    {0, "method", CLI_CHOICE, SELECT(method), "RULE", .choices = "by|bh|kx",
     .given = SELECT(method_given), .fallback = "by",
     .help = "how the false discovery rate is controlled: by (Benjamini-Yekutieli), bh "
             "(Benjamini-Hochberg), or as the KX toolkit does"},
    {0, "k", CLI_INT, SELECT(k), "K", .lo = 1, .hi = 1e9,
     .help = "select the K features of the smallest p-values, in place of --fdr"},
    {0, "percentile", CLI_REAL, SELECT(percentile), "P", .lo = 0, .hi = 100, .above_lo = true,
     .help = "select the features whose p-values are in the lowest P percent, in place of --fdr"},
    {0, "test", CLI_CHOICE, SELECT(test), "TEST", .choices = "mann|ks|kx", .fallback = "mann",
     .help = "test of classes against real features: mann (Mann-Whitney), ks "
             "(Kolmogorov-Smirnov), or all tests as the KX toolkit takes them"},
    {0, "multiclass", CLI_FLAG, SELECT(multiclass),
     .help = "test each class against the others, with p-values and decisions for each"},
    {0, "n-significant", CLI_INT, SELECT(n_significant), "K", .lo = 1, .hi = 1e9, .fallback = "1",
     .help = "with --multiclass: select the features that are relevant for at least K classes"},
    {0, "redundancy", CLI_REAL, SELECT(redundancy), "R", .lo = 0, .hi = 1, .above_lo = true,
     .below_hi = true,
     .help = "of two selected features whose correlation is above R, or below -R, leave out the "
             "one with the larger p-value"},
    {0, "impute", CLI_CHOICE, SELECT(impute), "HOW", .choices = "median|zero|no",
     .fallback = "median",
     .help = "features that are NaN or infinite: median (of the column; its largest and smallest "
             "value for infinities), zero, or no: refuse NaN"},
    {0}};

const cli_opt cli__select_output_opts[] = {
    {0, "relevance", CLI_TEXT, SELECT(relevance), "FILE",
     .help = "write to FILE the test, p-value and threshold of every feature: CSV, or JSON if it "
             "ends in .json"},
    {0, "recipe", CLI_TEXT, SELECT(recipe), "FILE",
     .help = "write to FILE, as JSON, the settings that compute the selected features: 'mltool "
             "fresh --params FILE' reads it"},
    {0, "plot", CLI_TEXT, SELECT(plot), "FILE",
     .help = "draw the sorted p-values and their threshold to FILE, as SVG"},
    {0, "report", CLI_TEXT, SELECT(report), "FILE",
     .help = "write to FILE a page of HTML: the table, the plot, and the best features against "
             "the target"},
    {0}};

void cli__selection_files(const cli_selection *given, cli_file *files) {
  files[0] = (cli_file){given->relevance, "file of --relevance"};
  files[1] = (cli_file){given->recipe, "file of --recipe"};
  files[2] = (cli_file){given->plot, "file of --plot"};
  files[3] = (cli_file){given->report, "file of --report"};
}

/* What has no meaning unless something is selected. */
static ml_status check_target(const cli_selection *s, ml_error *err) {
  const struct {
    bool given;
    const char *name;
  } lonely[] = {{s->task != ML_PROBLEM_AUTO, "task"},
                {s->fdr_given, "fdr"},
                {s->method_given, "method"},
                {s->k.given, "k"},
                {s->percentile > 0, "percentile"},
                {s->test != ML_SELECT_MANN, "test"},
                {s->multiclass, "multiclass"},
                {s->n_significant.given, "n-significant"},
                {s->redundancy > 0, "redundancy"},
                {s->impute != CLI_IMPUTE_MEDIAN, "impute"},
                {s->relevance, "relevance"},
                {s->recipe, "recipe"},
                {s->plot, "plot"},
                {s->report, "report"}};
  for (size_t i = 0; !s->target && !s->target_file && i < sizeof lonely / sizeof lonely[0]; i++)
    if (lonely[i].given)
      return ml_error_set(err, ML_ERR_USAGE,
                          "--%s without a target: name its column with --target NAME, or its file "
                          "with --target-file FILE",
                          lonely[i].name);
  return ML_OK;
}

ml_status cli__check_selection(const cli_selection *given, ml_select_opts *opts, ml_error *err) {
  const char *instead = given->k.given ? "k" : given->percentile > 0 ? "percentile" : NULL;
  const char *fdr = given->fdr_given ? "fdr" : given->method_given ? "method" : NULL;
  ml_status status = check_target(given, err);
  if (status == ML_OK) status = cli__check_pictures(given->plot, given->report, err);
  if (status != ML_OK) return status;
  if (given->k.given && given->percentile > 0)
    return ml_error_set(err, ML_ERR_USAGE, "--k and --percentile exclude one another");
  if (instead && fdr)
    return ml_error_set(err, ML_ERR_USAGE,
                        "--%s is of the false discovery rate, which --%s takes the place of", fdr,
                        instead);
  if (given->n_significant.given && !given->multiclass)
    return ml_error_set(err, ML_ERR_USAGE, "--n-significant needs --multiclass");
  *opts = (ml_select_opts){
      .test = (ml_select_test)given->test,
      .method = (ml_fdr_method)given->method,
      .fdr_level = given->fdr,
      .k = (size_t)given->k.value,
      .percentile = given->percentile,
      .n_significant = given->multiclass ? (size_t)given->n_significant.value : 0,
      .redundancy = given->redundancy,
  };
  return ML_OK;
}
