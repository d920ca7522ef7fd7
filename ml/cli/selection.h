/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Feature selection as commands have it: the options, and all that is done with them. */
#ifndef ML_CLI_SELECTION_H
#define ML_CLI_SELECTION_H

#include "cli.h"

typedef enum cli_imputing { CLI_IMPUTE_MEDIAN, CLI_IMPUTE_ZERO, CLI_IMPUTE_NO } cli_imputing;

typedef struct cli_selection {
  const char *target, *target_file; /* both NULL: there is no selection */
  int task;                         /* ml_problem */
  int test, method;                 /* ml_select_test, ml_fdr_method */
  double fdr, percentile, redundancy;
  bool fdr_given, method_given; /* on the command line */
  cli_int k, n_significant;
  bool multiclass;
  int impute; /* cli_imputing */
  const char *relevance, *recipe, *plot, *report;
} cli_selection;

extern const cli_opt cli__target_opts[];        /* cli_selection: --target, --target-file, --task */
extern const cli_opt cli__selection_opts[];     /* cli_selection: how it is selected */
extern const cli_opt cli__select_output_opts[]; /* cli_selection: the four files */

/** Check the options against one another. @param[out] opts  filled in */
ml_status cli__check_selection(const cli_selection *given, ml_select_opts *opts, ml_error *err);

/* The files that are written beside the selected columns, in the order of their options. */
enum { CLI_SELECTION_FILES = 4 };

/** @param[out] files  CLI_SELECTION_FILES of them, for cli__check_output() */
void cli__selection_files(const cli_selection *given, cli_file *files);

/* One selection, of features that are there. */
typedef struct cli_selecting {
  const cli_selection *given;
  const ml_select_opts *opts;
  const char *input_name; /* for messages */
  ml_matrix *features;    /* imputed in place */
  const ml_target *target;
  ml_exec *exec; /* may be NULL */
  const ml_watch *watch;
  const char *output; /* of the selected columns */
  bool safe_names;
  /* For the recipe: what the features were made of and with. NULL, NULL: their names say it, and
   * compat the rest. */
  const ml_series_set *set;
  const ml_fresh_settings *settings;
  ml_compat compat;
} cli_selecting;

/** Impute, select, write the selected columns, the relevance table, the recipe and the pictures,
 * and say what was done. All files appear, or none. @param[out] selection  free it with
 * ml_selection_free() */
ml_status cli__select(cli_call *cli, const cli_selecting *s, ml_selection **selection,
                      ml_error *err);

/* ---- select_plot.c, select_report.c: pictures ---------------------------------------------- */

/* What a picture shows; features are imputed. */
typedef struct cli_pictured {
  const char *title; /* name of the input */
  const ml_matrix *features;
  const ml_target *target;
  const ml_select_opts *opts;
  const ml_selection *selection;
} cli_pictured;

/** Append an SVG document: the p-values sorted, on a log scale, the line of the FDR, and the names
 * of the best 20. */
void cli__select_plot(const cli_pictured *p, ml_buf *out);

/** Append a self-contained HTML page: table, plot, and small plots of the best features against the
 * target. */
ml_status cli__select_report(const cli_pictured *p, ml_buf *out, ml_error *err);

#endif
