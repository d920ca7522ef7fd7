/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The options of cross-validation as tables. */
#include "xval.h"

#define XVAL(field) offsetof(cli_xval, field)

const cli_opt cli__xval_weights_opts[] = {
    {0, "weights-for", CLI_CHOICE, XVAL(weights_for), "WHAT", .choices = "both|fit|score",
     .fallback = "both", .given = XVAL(weights_for_given),
     .help = "where they are used: to fit models, for their scores, or for both"},
    {0}};

const cli_opt cli__xval_model_opts[] = {
    {0, "model", CLI_TEXT, XVAL(model), "MODEL",
     .help = "what is fitted: a name of 'mltool models', a module ./mine.so, or a class of Python, "
             "py:sklearn.linear_model.Ridge"},
    {0, "set", CLI_LIST, XVAL(set), "NAME=VALUE",
     .help = "value of a parameter of the model; may be given several times"},
    {0, "prep", CLI_TEXT, XVAL(prep), "STEPS",
     .help = "what is done to the features first, learnt from the training rows of each fold "
             "alone: impute=mean|median, standard, minmax, one-hot[=COLUMN], select-corr=K, "
             "select[=RULES], py:MODULE.FUNCTION (a function of Python), separated by commas"},
    {0}};

const cli_opt cli__xval_fold_opts[] = {
    {0, "cv", CLI_TEXT, XVAL(cv), "SCHEME",
     .help = "how rows are split into folds, such as kfold:5, stratified:10, group:5, loo, "
             "timeseries:5,gap=2, purged:5,embargo=3, predefined=COLUMN; without it, stratified:5 "
             "for classes, else kfold:5"},
    {0, "repeat", CLI_INT, XVAL(repeat), "N", .lo = 1, .hi = 1e6, .fallback = "1",
     .help = "split N times, by chance anew where the scheme has any"},
    {0, "seed", CLI_INT, XVAL(seed), "N", .lo = 0, .hi = 9007199254740991, .fallback = "0",
     .help = "of everything that has chance: folds, candidates, models"},
    {0, "holdout", CLI_REAL, XVAL(holdout), "SHARE", .lo = 0, .hi = 1, .above_lo = true,
     .below_hi = true,
     .help = "keep the last rows apart: the winner is fitted on all others and scored on them"},
    {0, "holdout-shuffle", CLI_FLAG, XVAL(holdout_shuffle),
     .help = "keep rows apart that are drawn by chance"},
    {0, "nested", CLI_TEXT, XVAL(nested), "SCHEME",
     .help = "search within each fold of this scheme, and score the winner on what the fold tests; "
             "a number K is stratified:K for classes, else kfold:K"},
    {0}};

const cli_opt cli__xval_score_opts[] = {
    {0, "metric", CLI_TEXT, XVAL(metric), "NAME,...",
     .help = "how predictions are scored; the first decides. Without it: r2, rmse, mae; accuracy, "
             "balanced_accuracy, f1, roc_auc, log_loss"},
    {0, "zero-division", CLI_CHOICE, XVAL(zero_division), "VALUE", .choices = "0|1",
     .fallback = "0", .help = "value of precision, recall and the like when nothing is counted"},
    {0}};

const cli_opt cli__xval_search_opts[] = {
    {0, "grid", CLI_LIST, XVAL(grid), "NAME=VALUES",
     .help =
         "try all of alpha=0.1,1,10 or alpha=log:1e-3:1e5:20, lin:0:1:11, depth=int:1:10[:STEP]; "
         "of several parameters all combinations, the last fastest"},
    {0, "random", CLI_INT, XVAL(random), "N", .lo = 1, .hi = 1e6,
     .help = "try N candidates that are drawn from --space"},
    {0, "sobol", CLI_INT, XVAL(sobol), "N", .lo = 1, .hi = 1e6,
     .help = "try N candidates, a power of two, that cover --space evenly"},
    {0, "space", CLI_LIST, XVAL(space), "NAME=RANGE",
     .help = "where they are drawn from: eta=log:1e-3:1, eta=0.1:1, depth=int:1:30, "
             "kind=choice:a,b, flag=bool; one for each parameter"},
    {0, "space-rules", CLI_CHOICE, XVAL(space_rules), "WHOSE", .choices = "default|kx",
     .fallback = "default", .given = XVAL(space_rules_given),
     .help = "kx: ranges are taken as the KX toolkit takes them"},
    {0, "halving", CLI_FLAG, XVAL(halving),
     .help = "try all on few rows first, and the better ones on more"},
    {0, "race", CLI_FLAG, XVAL(race),
     .help = "drop candidates as soon as a test over the folds says that they are worse"},
    {0, "pick", CLI_CHOICE, XVAL(pick), "WHICH", .choices = "best|1se", .fallback = "best",
     .help =
         "the winner: the best mean, or the simplest candidate within one standard error of it"},
    {0}};

const cli_opt cli__xval_run_opts[] = {
    {0, "checkpoint", CLI_TEXT, XVAL(checkpoint), "FILE",
     .help = "write to FILE what is done; a run that was ended goes on from there"},
    {0, "time-budget", CLI_TEXT, XVAL(time_budget), "TIME",
     .help = "begin nothing new after this time, such as 30s, 10m or 2h"},
    {0, "on-error", CLI_CHOICE, XVAL(on_error), "WHAT", .choices = "stop|continue",
     .fallback = "continue", .help = "when a fold fails: stop there, or continue with the rest"},
    {0}};

const cli_opt cli__xval_output_opts[] = {
    {'o', "output", CLI_TEXT, XVAL(output), "FILE", .fallback = "-",
     .help = "write the result to FILE; its end says how: .csv, .csv.gz, .json, .json.gz, else the "
             "table; - is standard output"},
    {0, "csv", CLI_FLAG, XVAL(csv),
     .help = "write CSV in place of the table: a row for each candidate"},
    {0, "times", CLI_FLAG, XVAL(times),
     .help = "show what fitting and scoring took also where the result is no terminal"},
    {0, "oof", CLI_TEXT, XVAL(oof), "FILE",
     .help = "write to FILE the out-of-fold predictions of the winner, as CSV"},
    {0, "plot", CLI_TEXT, XVAL(plot), "FILE",
     .help = "draw scores and predictions to FILE, as SVG"},
    {0, "report", CLI_TEXT, XVAL(report), "FILE",
     .help = "write to FILE a page of HTML: the plots, and a table of all candidates"},
    {0}};
