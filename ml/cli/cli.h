/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the parts of mltool share: options and commands as tables, and the state of one call. */
#ifndef ML_CLI_H
#define ML_CLI_H

#include <ml/ml.h>
#include <stdio.h>

/* ---- options as data ----------------------------------------------------------------------- */

/* Of a value, with the type of the field it goes to. */
typedef enum cli_kind {
  CLI_FLAG,    /* bool; no value */
  CLI_TEXT,    /* const char *, borrowed from argv */
  CLI_INT,     /* cli_int */
  CLI_REAL,    /* double */
  CLI_CHOICE,  /* int: index in choices */
  CLI_CHAR,    /* char: one punctuation mark, or the word tab */
  CLI_WORKERS, /* cli_int: a count with or without a minus, or the word auto */
  CLI_SIZE,    /* size_t: bytes, as in 512M */
  CLI_LIST,    /* cli_list: may be given several times */
} cli_kind;

typedef struct cli_int {
  long value;
  bool given; /* on the command line */
} cli_int;

typedef struct cli_opt cli_opt;

/* Values in the order they were given, perhaps of several options that have the same field. */
typedef struct cli_list {
  struct cli_listed {
    const cli_opt *opt;
    const char *value; /* borrowed from argv */
  } * items;
  size_t n;
} cli_list;

struct cli_opt {
  char letter;      /* 0: none */
  const char *name; /* without the dashes; NULL ends a table */
  cli_kind kind;
  size_t offset;           /* of the field in the struct of the group */
  const char *placeholder; /* what help calls the value; NULL: there is none */
  const char *help;
  const char *fallback;    /* the default as it would be typed; NULL: zero */
  double lo, hi;           /* CLI_INT, CLI_REAL: inclusive; CLI_WORKERS: 0 and hi; CLI_SIZE: lo */
  bool above_lo, below_hi; /* CLI_REAL: lo is no value itself; nor is hi */
  size_t given;        /* offset of a bool that tells whether it was on the command line; 0: none */
  const char *choices; /* CLI_CHOICE: "auto|always|never" */
  const char *bare;    /* CLI_CHOICE: meant when no =VALUE follows */
  bool is_hidden;      /* for programs, not in help */
  bool is_answer;      /* asks something in place of running the command: no file has it */
};

/* Options that several tables have, by the place of their field. */
#define CLI_DELIMITER_OPT(field)                                                                \
  {                                                                                             \
    0, "delimiter", CLI_CHAR, field, "CHAR",                                                    \
        .help =                                                                                 \
            "what separates the cells: a punctuation mark, or tab; without it, found out from " \
            "the header"                                                                        \
  }
#define CLI_TRUST_OPT(field)                                                                 \
  {                                                                                          \
    0, "trust", CLI_FLAG, field,                                                             \
        .help =                                                                              \
            "load what runs code of Python: a model, whose pickle is beside MODEL.json, or " \
            "functions of --prep"                                                            \
  }
#define CLI_OPENED_MODEL_OPT(field)                                                     \
  {                                                                                     \
    0, "model", CLI_TEXT, field, "FILE",                                                \
        .help =                                                                         \
            "shared object with the model of one's own that MODEL.json is of, such as " \
            "./mymodel.so: it is opened only when it is named here"                     \
  }
#define CLI_TARGET_FILE_OPT(field)                                                            \
  {                                                                                           \
    0, "target-file", CLI_TEXT, field, "FILE",                                                \
        .help =                                                                               \
            "CSV file of the target, joined by id; --target may be left out when it has one " \
            "column beside the id"                                                            \
  }

/* A table of options that several commands may have. */
typedef struct cli_group {
  const char *title; /* over its part of the help; NULL ends the list */
  const cli_opt *opts;
  size_t offset; /* of the group's struct in the options of the command */
} cli_group;

/* Of every command; its group comes last in the list and its struct first in the options. */
typedef struct cli_common {
  bool help, version, quiet, verbose, json, list_options, list_commands, list_features;
  bool print_config;        /* of commands with cli__config_opts */
  const char *sql, *duckdb; /* of commands with cli__source_opts */
  int progress, color;      /* cli_when */
} cli_common;

typedef enum cli_when { CLI_AUTO, CLI_ALWAYS, CLI_NEVER } cli_when;

typedef struct cli_workers {
  cli_int n, port, retries, retry_errors, max_tasks, threads, window, chunk, metrics_port;
  double task_timeout, grace, init_timeout;
  size_t worker_memory, max_rss;
  const char *token_file, *bind;
  bool allow_remote;
  int engine; /* cli_engine */
} cli_workers;

typedef enum cli_engine { CLI_ENGINE_AUTO, CLI_ENGINE_LOCAL, CLI_ENGINE_MPI } cli_engine;

/* What is to be computed; at most one is given. */
typedef struct cli_settings {
  const char *params, *features, *params_from;
} cli_settings;

/* What becomes of values that are not there: indices of the choices. */
typedef struct cli_data {
  int missing, infinite;
} cli_data;

typedef struct cli_window {
  const char *window, *stride; /* rows or a time; NULL when not given */
  cli_int min_rows;
} cli_window;

/* A pool of another process. */
typedef struct cli_connect {
  const char *address; /* "PORT" or "HOST:PORT"; NULL when none was given */
  const char *token_file;
} cli_connect;

extern const cli_opt cli__common_opts[];  /* cli_common */
extern const cli_opt cli__worker_opts[];  /* cli_workers */
extern const cli_opt cli__column_opts[];  /* ml_series_opts */
extern const cli_opt cli__output_opts[];  /* const char *: the path */
extern const cli_opt cli__connect_opts[]; /* cli_connect */
extern const cli_opt cli__message_opts[]; /* cli_workers */
extern const cli_opt cli__data_opts[];    /* cli_data */
extern const cli_opt cli__window_opts[];  /* cli_window */
extern const cli_opt cli__config_opts[];  /* cli_common */
extern const cli_opt cli__folder_opts[];  /* const char *: the path */
extern const cli_opt cli__source_opts[];  /* cli_common */

/* ---- commands as data ---------------------------------------------------------------------- */

typedef struct cli_call cli_call;

typedef struct cli_example {
  const char *what, *line; /* NULL, NULL ends a list */
} cli_example;

#define CLI_ANY  SIZE_MAX
#define CLI_MANY ((size_t)1 << 24) /* several files as the last operand */

typedef struct cli_command {
  const char *name, *summary;
  const char *synopsis;    /* what follows the name in a usage line */
  const char *description; /* paragraphs, separated by empty lines */
  const cli_group *groups;
  size_t options_size; /* of the struct that the groups fill, which starts with a cli_common */
  size_t max_args; /* operands; CLI_MANY: the last may be several; CLI_ANY: as many as there are,
                      also negative numbers */
  const char *const *operands; /* their names in a file of 'mltool run', which ends in NULL; NULL:
                                  no file runs this command */
  const cli_example *examples;
  const char *exit_status; /* NULL: the usual codes */
  ml_status (*run)(cli_call *cli, const void *options, ml_error *err);
} cli_command;

extern const cli_command cli__fresh;
extern const cli_command cli__merge;
extern const cli_command cli__select_command;
extern const cli_command cli__roll;
extern const cli_command cli__xval_command;
extern const cli_command cli__train;
extern const cli_command cli__predict;
extern const cli_command cli__inspect;
extern const cli_command cli__split;
extern const cli_command cli__score;
extern const cli_command cli__models;
extern const cli_command cli__features;
extern const cli_command cli__run_command;
extern const cli_command cli__peach;
extern const cli_command cli__status;
extern const cli_command cli__worker;
extern const cli_command cli__help;
extern const cli_command cli__version;

/* All commands in the order of help; ends in NULL. */
extern const cli_command *const cli__commands[];

/* What runs when no command is named: the overview, --version, --list-commands. */
extern const cli_command cli__top;

/** @return the command of that name, or NULL with an error that has the nearest */
const cli_command *cli__find_command(const char *name, ml_error *err);

/* ---- one call ------------------------------------------------------------------------------ */

typedef struct cli_progress {
  bool is_on, is_forced, is_drawn;
  const char *step;               /* of the last report */
  const char *unit;               /* of its figures, for the rate; NULL: none is shown */
  double call_start, start, last; /* seconds: of the call, of the step, of the last drawing */
} cli_progress;

/* An option that was given, on the command line or in a file. */
typedef struct cli_given {
  const cli_group *group;
  const cli_opt *opt;
  const char *value; /* borrowed; NULL: a flag */
  bool is_of_file;
} cli_given;

typedef struct cli_config cli_config;

/* This process among the ranks of MPI. */
typedef struct cli_ranks {
  const ml_mpi_plugin *plugin;
  ml_mpi *mpi;      /* NULL: there are no ranks */
  bool has_no_port; /* nobody has asked for one */
  bool is_broken;   /* this one cannot go on */
} cli_ranks;

struct cli_call {
  const cli_command *command;
  cli_common common;
  const char **args; /* operands, borrowed from argv or the file */
  size_t n_args, args_room;
  bool has_query;     /* the last of them is that of --sql */
  cli_config *config; /* what 'mltool run' has read; NULL: there is none */
  cli_given *given;   /* n_given, in the order they were given; of those for one field the last */
  size_t n_given;
  cli_progress progress;
  cli_ranks ranks;
  int exit_code;  /* of a command that has codes of its own; 0: the code of the status */
  ml_mproc *idle; /* pool that the watch looks after, while nothing else uses it; NULL: none */
  double polled;  /* when it last did */
  ml_buf details; /* lines to follow an error, such as a traceback */
  bool keeps_log;
  ml_buf log; /* notes, a line each, if they are kept */
};

/* ---- opt.c: the command line --------------------------------------------------------------- */

/* Where the command stands in argv; argc: nowhere. */
typedef struct cli_places {
  int command;
  int file; /* of 'mltool run', which then stands for another command */
} cli_places;

/** Find the command in argv. */
ml_status cli__scan(int argc, char **argv, cli_places *at, const cli_command **command,
                    ml_error *err);

/** Parse what cli->config has, and then argv but for those places, into options
 * (command->options_size zero bytes), cli->args and cli->given. */
ml_status cli__parse(cli_call *cli, int argc, char **argv, const cli_places *at, void *options,
                     ml_error *err);

/** Free what the options hold, and them. NULL is allowed. */
void cli__free_options(const cli_command *command, void *options);

/* ---- opt_value.c: values of options -------------------------------------------------------- */

/** Set the field of an option. @param typed  the option as it was given; NULL for a default */
ml_status cli__set(const cli_opt *opt, const char *typed, const char *value, void *group,
                   ml_error *err);

/* ---- config.c, config_print.c: a command line as a file ------------------------------------- */

/** Read a file of 'mltool run', JSON or YAML. @param[out] out  free it with cli__config_free() also
 * after an error */
ml_status cli__config_read(const char *path, cli_config **out, ml_error *err);

/** NULL is allowed. */
void cli__config_free(cli_config *config);

/** The command of the file. @return NULL with an error: it has none, or one that no file can run */
const cli_command *cli__config_command(const cli_config *config, ml_error *err);

/** Set the options and operands of the file. @param cli  its command is that of the file */
ml_status cli__config_apply(const cli_config *config, cli_call *cli, void *options, ml_error *err);

/** Write what was given as a file that 'mltool run' reads.
 * @param is_of_folder  leave out how it is run (workers, messages) and where the folder is */
ml_status cli__config_print(const cli_call *cli, bool is_of_folder, ml_buf *out, ml_error *err);

/** Append `,\n  "NAME": VALUE` for each option that was given and decides what is computed.
 * @param without  groups of options that are left out, NULL behind the last */
ml_status cli__config_options(const cli_call *cli, const cli_opt *const *without, ml_buf *out,
                              ml_error *err);

/** Note that an option was given, in place of others for its field; a list keeps all. */
ml_status cli__give(cli_call *cli, cli_given given, void *options, ml_error *err);

/* ---- text.c, help.c ------------------------------------------------------------------------ */

#define CLI_WIDTH 80

/** What a noun ends in after a number. */
static inline const char *cli__plural(size_t n) {
  return n == 1 ? "" : "s";
}

/** Somebody looks at it. */
bool cli__is_terminal(int fd);

/** @return columns of a terminal, or 0 when fd is none or does not say */
size_t cli__terminal_width(int fd);

/** Append words, broken between indent and width; the cursor is at column `at`. Ends the line. */
void cli__wrap(ml_buf *out, const char *text, size_t at, size_t indent, size_t width);

void cli__pad(ml_buf *out, size_t n);

/** Characters of the UTF-8 text, which is what a terminal shows one column for. */
size_t cli__text_width(const char *text, size_t n);

/** Help of a command; of cli__top: the overview. */
void cli__help_text(const cli_call *cli, const cli_command *command, ml_buf *out);

/** Lines of name, placeholder and help, separated by tabs, for completions. */
void cli__list_options(const cli_command *command, ml_buf *out);
void cli__list_commands(ml_buf *out);
void cli__list_features(ml_buf *out);

/* ---- report.c: streams --------------------------------------------------------------------- */

/** Print a result on standard output; releases text. */
ml_status cli__print(ml_buf *text, ml_error *err);

/** Print a line on standard error, unless -q; the log of a run has it, too. */
void cli__note(cli_call *cli, const char *format, ...) ML_PRINTF(2, 3);

/** The same of what differs from run to run, such as times and ports: no log has it. */
void cli__note_now(cli_call *cli, const char *format, ...) ML_PRINTF(2, 3);

/** The same with -v only. */
void cli__detail(cli_call *cli, const char *format, ...) ML_PRINTF(2, 3);

/** Print an error, and return the exit code. Ends the process by SIGPIPE for ML_ERR_CLOSED. */
int cli__fail(cli_call *cli, ml_status status, const ml_error *err);

bool cli__has_color(const cli_call *cli, int fd);

/** Append a heading, bold where standard output shows colour. */
void cli__heading(const cli_call *cli, ml_buf *out, const char *text);

/* ---- interrupt.c, progress.c: watching long work ------------------------------------------- */

/** Catch SIGINT, SIGTERM and SIGHUP: the first asks, the second ends. */
void cli__catch_signals(void);

/** Leave Ctrl-C to the central process; for workers. */
void cli__ignore_interrupt(void);

/** @return the signal that was caught, or 0 */
int cli__caught_signal(void);

/** Start watching. @return hooks that draw progress and stop at a signal; cli is borrowed */
ml_watch cli__watch(cli_call *cli);

void cli__progress_report(cli_call *cli, const char *step, double done, double total);

/** Wipe the bar, before anything else is printed. */
void cli__progress_clear(cli_call *cli);

/** Seconds of a clock that only goes forward. */
double cli__now(void);

/* ---- files.c: checks before the long work --------------------------------------------------- */

/* A file that is read, and what messages call it. */
typedef struct cli_file {
  const char *path, *what; /* NULL: none */
} cli_file;

bool cli__is_stdio(const char *path);
bool cli__ends_in(const char *text, const char *end);

/* Names of columns in an output: as they are, or of letters, digits and underscores alone. */
typedef enum cli_names { CLI_NAMES_TSFRESH, CLI_NAMES_SAFE } cli_names;

/** The operand, or else standard input, unless that is a terminal. @param rest  of the command line
 * that the error shows */
ml_status cli__find_input(const cli_call *cli, const char *rest, const char **input, ml_error *err);

/** An output must not be one of n other files of the run, and it must be possible to write it. */
ml_status cli__check_output(const cli_file *output, const cli_file *files, size_t n, ml_error *err);

/** Check all outputs of a run; one of them may be standard output. @param files  n, of which the
 * first n_read are read */
ml_status cli__check_outputs(const cli_file *files, size_t n_read, size_t n, ml_error *err);

/** How an output is written: as JSON when --json asks for it on standard output, else as its name
 * ends. */
ml_format cli__format(const cli_call *cli, const char *output);

/** Say that CSV is written where the name promises something else. */
void cli__note_format(cli_call *cli, const char *output);

/** Refuse names that promise something else than the SVG of a plot, the HTML of a report.
 * @param plot, report  may be NULL */
ml_status cli__check_pictures(const char *plot, const char *report, ml_error *err);

/** Read a saved model. @param opened  shared object that is opened before, and which the model has
 * to be of; NULL: none @param[out] out  free it with ml_pipeline_free() */
ml_status cli__load_pipeline(const char *path, const char *opened, bool trust, ml_pipeline **out,
                             ml_error *err);

/* ---- settings.c: what is to be computed ----------------------------------------------------- */

/** @param[out] out  NULL when no option says anything */
ml_status cli__read_settings(const cli_settings *options, ml_fresh_settings **out, ml_error *err);

/* ---- source.c: data that are no text -------------------------------------------------------- */

/** Use the library that was named, and let the query of --sql be an operand.
 * @param[out] query  what the operand borrows, from malloc(); not written without --sql */
ml_status cli__take_source(cli_call *cli, char **query, ml_error *err);

/* ---- data.c: missing values and windows ---------------------------------------------------- */

/** Check the options of windows against one another. @param[out] is_given  there are windows */
ml_status cli__read_window(const cli_window *given, ml_window *window, bool *is_given,
                           ml_error *err);

void cli__use_data(const cli_data *data, ml_series_opts *opts);

/** Say that steps of time are not equal, and which features assume that they are. */
void cli__note_step(cli_call *cli, const char *input, const ml_series_set *set,
                    const ml_fresh_settings *settings);

/** Say for which kinds there are settings, but no series. */
void cli__note_kinds(cli_call *cli, const char *input, const ml_series_set *set,
                     const ml_fresh_settings *settings);

/** Say which features are left out because there are no dates. */
void cli__note_dates(cli_call *cli, const char *input, const ml_series_set *set,
                     const ml_fresh_settings *settings);

/* ---- workers.c ----------------------------------------------------------------------------- */

/** Split "HOST:PORT" or "PORT"; HOST may stand in brackets. @param[out] host  room for 256 bytes;
 * "127.0.0.1" when the text has none */
ml_status cli__read_address(const char *text, char *host, int *port, ml_error *err);

/** Check -s and -p against one another. */
ml_status cli__check_workers(const cli_workers *workers, ml_error *err);

/** Start the workers that were asked for; notes of the pool are printed, and with -v the time.
 * @param[out] out  NULL when none were */
ml_status cli__open_pool(cli_call *cli, const cli_workers *workers, const ml_watch *watch,
                         ml_mproc **out, ml_error *err);

/** The same without the other ranks. */
ml_status cli__open_own_pool(cli_call *cli, const cli_workers *workers, const ml_watch *watch,
                             ml_mproc **out, ml_error *err);

/** Say which ports `-p 0` and `--metrics-port 0` have taken. A pool of NULL is allowed. */
void cli__note_port(cli_call *cli, const cli_workers *workers, const ml_mproc *pool);

/** @return 0 for NULL */
size_t cli__n_workers(const ml_mproc *pool);

/** " (4 workers)" for the end of a line; "" for NULL. @return text */
enum { CLI_WORKERS_MAX = 48 };
const char *cli__workers_used(const ml_mproc *pool, char text[CLI_WORKERS_MAX]);

/* ---- launch.c: ranks of MPI ------------------------------------------------------------------ */

/** Before a command with workers: if it is to run on ranks, meet them. Rank 0 goes on, and has a
 * pool; another serves it, and is done.
 * @param[in,out] options  of the command
 * @param[out] is_served  this was another rank, and rank 0 needs it no more */
ml_status cli__join_ranks(cli_call *cli, void *options, bool *is_served, ml_error *err);

/** The end of a rank. */
void cli__leave_ranks(cli_call *cli);

/** This is one of several ranks, and rank 0 says the same if it fails likewise: then the launcher
 * ends this one before it has waited MUTE_SECONDS and says it, too. */
enum { MUTE_SECONDS = 3 };
bool cli__is_mute(const cli_call *cli);

/* ---- guard.c --------------------------------------------------------------------------------- */

/** Go on in a child, watched by this process, which ends with it: says so when a signal has killed
 * it, and ends it when the launcher is gone. */
ml_status cli__guard(size_t rank, size_t size, ml_error *err);

/** What a pool has done, with -v. NULL is allowed. */
void cli__pool_details(cli_call *cli, const ml_mproc *pool);

#endif
