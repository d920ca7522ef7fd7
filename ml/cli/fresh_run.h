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
  int format;          /* of fresh_inputs__format() */
  size_t memory_limit; /* 0: what is allowed */
  bool stream;
  const char *kinds; /* separated by commas; NULL: none are named */
  const char *shard;
} fresh_options;

/* How rows come about. */
typedef enum fresh_way {
  FRESH_WHOLE, /* all in memory */
  FRESH_PARTS, /* some ids at a time, and their rows on disk until all are there */
  FRESH_STREAM /* each row is written when its id is complete */
} fresh_way;

/* What the last line says. */
typedef struct fresh_figures {
  size_t ids, kinds, rows, features;
} fresh_figures;

/* Released in one place. */
typedef struct fresh_run {
  ml_inputs inputs;
  const char *input, *input_name; /* path of the first, and how messages call them */
  char *name_text;
  fresh_way way;
  bool is_filter; /* between two pipes */
  size_t n_workers;
  uint64_t for_reading, for_rows; /* bytes; 0: there is no limit */
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
  ml_shard_input *shard_inputs;
  ml_buf shard_options;
  bool is_done; /* the part is there already */
} fresh_run;

/* ---- fresh_inputs.c: what is read, and how ------------------------------------------------- */

/** List the files and choose how they are read. */
ml_status fresh_inputs__find(const cli_call *cli, const fresh_options *o, fresh_run *run,
                             ml_error *err);

/** Read all of them at once. */
ml_status fresh_inputs__read(const fresh_run *run, const ml_series_opts *columns,
                             ml_series_set **out, ml_error *err);

/** How the output is written. */
ml_format fresh_inputs__format(const cli_call *cli, const fresh_options *o);

/* ---- fresh_parts.c: more than fits into memory, and rows as they come ------------------------ */

/** Read, extract and write, some ids at a time. */
ml_status fresh_parts__work(cli_call *cli, const fresh_options *o, fresh_run *run,
                            const ml_series_opts *columns, fresh_figures *figures, ml_error *err);

extern const cli_opt fresh__memory_opts[]; /* which decide nothing but how it is done */

/* ---- cmd_fresh.c --------------------------------------------------------------------------- */

/** One input is a text in JSON, several are a list. */
void fresh__put_inputs(const ml_inputs *inputs, ml_buf *out);

/** Say what was decided that nobody asked for. @param set  as it was read, or what is known of all
 * parts */
void fresh__note_decisions(cli_call *cli, const fresh_run *run, const fresh_options *o,
                           const ml_series_set *set);

/* ---- fresh_shard.c: one part of the features ------------------------------------------------- */

/** Check the options of a part, once the input and the settings are known. */
ml_status fresh_shard__prepare(cli_call *cli, const fresh_options *o, fresh_run *run,
                               ml_error *err);

/** Write the part. @param seconds  that it has taken up to now */
ml_status fresh_shard__write(cli_call *cli, fresh_run *run, const ml_parts *parts, ml_spool *spool,
                             double seconds, ml_error *err);

/** The last line. */
ml_status fresh_shard__summary(cli_call *cli, const fresh_run *run, const fresh_figures *figures,
                               double seconds, ml_error *err);

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
