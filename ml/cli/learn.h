/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What commands that fit models learn from: a table, or the features of raw series. */
#ifndef ML_CLI_LEARN_H
#define ML_CLI_LEARN_H

#include "cli.h"

typedef struct cli_learn {
  const char *target, *target_file, *id, *exclude, *weights, *groups, *start, *end;
  int task; /* ml_problem */
  char delimiter;

  /* Of raw series. */
  const char *fresh, *select;
  const char *sort, *kind, *value, *columns;
  cli_data data;
  bool missing_given, infinite_given;
  cli_window window;
} cli_learn;

extern const cli_opt cli__learn_table_opts[];  /* cli_learn: --target to --delimiter */
extern const cli_opt cli__learn_series_opts[]; /* cli_learn: --fresh to --min-window */

enum { LEARN_ATTRIBUTES_MAX = 5 };

/* What was asked for, and what was read. Texts are borrowed from argv. */
typedef struct cli_learning {
  const cli_learn *given;
  const char *predefined; /* column of the folds; NULL: none */
  ml_problem problem;
  bool may_lack_features; /* the model takes data without any */

  /* Of raw series; for a table all are NULL or 0. */
  ml_fresh_settings *settings; /* not NULL: the features of series are learnt from */
  ml_window window;
  const char *attributes[LEARN_ATTRIBUTES_MAX];
  ml_series_opts series; /* how they are read */
  ml_series_set *set;

  ml_dataset *data;
  double read_seconds, extract_seconds; /* that reading them took */
} cli_learning;

/** Check the options against one another, and read the settings of --fresh.
 * @param problem     that the model solves, or ML_PROBLEM_AUTO
 * @param predefined  column of the folds; NULL: none; borrowed
 * @param[out] l      zero-initialised; release it also after an error */
ml_status learn__ask(const cli_learn *given, ml_problem problem, const char *predefined,
                     cli_learning *l, ml_error *err);

/** The steps of --prep, with those that --fresh and --select put in front.
 * @param prep      NULL: none
 * @param[out] out  NULL: there are none; free it with ml_prep_free() */
ml_status learn__prep(const cli_learn *given, const char *prep, ml_prep **out, ml_error *err);

/** Read the data: l->data, and for series l->set. Says what was decided on the way. */
ml_status learn__read(cli_call *cli, cli_learning *l, const char *input, ml_exec *exec,
                      const ml_watch *watch, ml_error *err);

/** Say what the target is, and of which values. */
void learn__note_target(cli_call *cli, const cli_learning *l, const char *input_name);

void learn__release(cli_learning *l);

#endif
