/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A run of `mltool fresh`: what was asked for, and what it holds. */
#ifndef ML_CLI_FRESH_RUN_H
#define ML_CLI_FRESH_RUN_H

#include "selection.h"
#include "shard.h"

typedef struct fresh_options {
  cli_common common;
  cli_settings settings;
  int names, compat; /* cli_names, ml_compat */
  bool compat_given; /* on the command line */
  const char *output;
  ml_series_opts columns;
  cli_data data;
  cli_window window;
  cli_selection selection;
  cli_workers workers;
  const char *nan_report;
  bool cost;
  const char *shard;
} fresh_options;

/* Released in one place. */
typedef struct fresh_run {
  const char *input, *input_name; /* path, and how messages call it */
  ml_window window;
  bool has_windows;
  ml_fresh_settings *settings;
  ml_impute_range *ranges; /* taken out of the settings: odd values are wanted first */
  ml_series_set *set;
  ml_mproc *pool;
  ml_matrix *matrix;
  ml_fresh_costs costs;
  ml_buf nan_report;
  ml_matrix_writer *writer;
  ml_select_opts select_opts;
  ml_target *target;       /* NULL: nothing is selected */
  ml_selection *selection; /* NULL: nothing was selected yet */
  ml_shard shard;          /* n 0: the whole is made */
  ml_shard_input shard_input;
  ml_buf shard_options;
  bool is_done; /* the part is there already */
} fresh_run;

/* ---- fresh_shard.c: one part of the features ------------------------------------------------- */

/** Check the options of a part, once the input and the settings are known. */
ml_status fresh_shard__prepare(cli_call *cli, const fresh_options *o, fresh_run *run,
                               ml_error *err);

/** Extract the features of the set that was read, and write the part. */
ml_status fresh_shard__extract(cli_call *cli, const fresh_options *o, fresh_run *run,
                               const ml_watch *watch, double start, ml_error *err);

/* ---- fresh_select.c: the features that matter for a target --------------------------------- */

static inline bool fresh_select__is_on(const fresh_options *o) {
  return o->selection.target || o->selection.target_file;
}

/** Check the options before anything is read. */
ml_status fresh_select__check(const fresh_options *o, fresh_run *run, ml_error *err);

/** Say which column of the input has the target. */
void fresh_select__columns(const fresh_options *o, ml_series_opts *columns);

/** Read the target of the series that were read, and see that it can be selected for. */
ml_status fresh_select__read_target(cli_call *cli, const fresh_options *o, fresh_run *run,
                                    const ml_watch *watch, ml_error *err);

/** Select, and write all that a selection gives. */
ml_status fresh_select__write(cli_call *cli, const fresh_options *o, fresh_run *run,
                              const ml_watch *watch, ml_error *err);

#endif
