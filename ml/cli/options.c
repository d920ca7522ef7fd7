/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The options that commands share. */
#include "cli.h"

#define COMMON(field)  offsetof(cli_common, field)
#define WORKERS(field) offsetof(cli_workers, field)
#define COLUMNS(field) offsetof(ml_series_opts, field)
#define CONNECT(field) offsetof(cli_connect, field)

#define WHEN "auto|always|never"

#define LEAST_MEMORY (1 << 20) /* bytes; what is below was meant as another unit */

const cli_opt cli__common_opts[] = {
    {'h', "help", CLI_FLAG, COMMON(help), .is_answer = true, .help = "print this help"},
    {'q', "quiet", CLI_FLAG, COMMON(quiet), .help = "print errors only"},
    {'v', "verbose", CLI_FLAG, COMMON(verbose), .help = "print times and statistics, too"},
    {0, "json", CLI_FLAG, COMMON(json), .help = "print results, notes and errors as JSON objects"},
    {0, "progress", CLI_CHOICE, COMMON(progress), "WHEN", .choices = WHEN, .bare = "always",
     .fallback = "auto",
     .help = "show progress on standard error: auto (on a terminal), always or never"},
    {0, "no-progress", CLI_CHOICE, COMMON(progress), .choices = WHEN, .bare = "never",
     .help = "the same as --progress=never"},
    {0, "color", CLI_CHOICE, COMMON(color), "WHEN", .choices = WHEN, .fallback = "auto",
     .help = "use colour: auto (on a terminal, unless NO_COLOR is set), always or never"},
    {0, "version", CLI_FLAG, COMMON(version), .is_answer = true, .help = "print the version"},
    {0, "list-options", CLI_FLAG, COMMON(list_options), .is_hidden = true, .is_answer = true,
     .help = "list the options for a shell's completion"},
    {0, "list-commands", CLI_FLAG, COMMON(list_commands), .is_hidden = true, .is_answer = true,
     .help = "list the commands for a shell's completion"},
    {0, "list-features", CLI_FLAG, COMMON(list_features), .is_hidden = true, .is_answer = true,
     .help = "list the features for a shell's completion"},
    {0}};

const cli_opt cli__config_opts[] = {
    {0, "print-config", CLI_FLAG, COMMON(print_config), .is_answer = true,
     .help = "print this command line as a file for 'mltool run', and do nothing else"},
    {0}};

const cli_opt cli__folder_opts[] = {
    {0, "run-dir", CLI_TEXT, 0, "DIR",
     .help = "write all that the run gives to files in DIR, which appears complete or not at all; "
             "a folder that a run has made is replaced"},
    {0}};

const cli_opt cli__worker_opts[] = {
    {'s', "workers", CLI_WORKERS, WORKERS(n), "N", .hi = 1024,
     .help = "share the work among N processes; auto: one for each CPU; 0: none. -N is the same "
             "as N. Needs -p"},
    {'p', "port", CLI_INT, WORKERS(port), "PORT", .lo = 0, .hi = 65535,
     .help = "port that the workers connect to; 0 takes a free one and says which"},
    {0, "engine", CLI_CHOICE, WORKERS(engine), "WHERE", .choices = "auto|local|mpi",
     .fallback = "auto",
     .help = "local: workers of this machine; mpi: those of all ranks that mpirun or srun has "
             "started; auto: mpi if there are several"},
    {0, "task-timeout", CLI_REAL, WORKERS(task_timeout), "SECONDS", .lo = 0, .hi = 1e9,
     .fallback = "0",
     .help = "ask an item that takes longer than this to end, and kill its worker after --grace; "
             "0: never"},
    {0, "grace", CLI_REAL, WORKERS(grace), "SECONDS", .lo = 0, .hi = 1e9, .fallback = "2",
     .help = "what an item has to end in after --task-timeout"},
    {0, "init-timeout", CLI_REAL, WORKERS(init_timeout), "SECONDS", .lo = 0, .hi = 1e9,
     .fallback = "60", .help = "for loading a module, or one --init; 0: no limit"},
    {0, "retries", CLI_INT, WORKERS(retries), "N", .lo = 0, .hi = 1000, .fallback = "2",
     .help = "give an item to another worker up to N times after its worker was lost"},
    {0, "retry-errors", CLI_INT, WORKERS(retry_errors), "N", .lo = 0, .hi = 1000, .fallback = "0",
     .help = "try an item again up to N times after its function failed"},
    {0, "worker-mem", CLI_SIZE, WORKERS(worker_memory), "SIZE", .lo = LEAST_MEMORY,
     .help = "private memory of a worker, as in 800M or 2G: allocations beyond it fail"},
    {0, "max-rss", CLI_SIZE, WORKERS(max_rss), "SIZE", .lo = LEAST_MEMORY,
     .help = "replace a worker that has more memory resident, after its item"},
    {0, "max-tasks-per-worker", CLI_INT, WORKERS(max_tasks), "N", .lo = 0, .hi = 1e9,
     .fallback = "0", .help = "replace a worker after N items; 0: never"},
    {0, "threads-per-worker", CLI_INT, WORKERS(threads), "N", .lo = 1, .hi = 1024, .fallback = "1",
     .help = "threads that BLAS and OpenMP may use in each worker"},
    {0, "chunk", CLI_INT, WORKERS(chunk), "N", .lo = 0, .hi = 1e6, .fallback = "0",
     .help = "items in one message; 0: found out"},
    {0, "token-file", CLI_TEXT, WORKERS(token_file), "FILE",
     .help = "secret of the pool, made if it is not there: for 'mltool status' and for workers "
             "that are started by hand"},
    {0, "bind", CLI_TEXT, WORKERS(bind), "ADDRESS",
     .help = "listen on this address (default: 127.0.0.1); another machine's workers need "
             "--allow-remote and --token-file"},
    {0, "allow-remote", CLI_FLAG, WORKERS(allow_remote),
     .help = "let --bind name an address that other machines reach; nothing is encrypted"},
    {0, "metrics-port", CLI_INT, WORKERS(metrics_port), "PORT", .lo = 0, .hi = 65535,
     .help = "show the pool on this port of 127.0.0.1: a page, and /metrics for Prometheus; 0 "
             "takes a free one and says which"},
    {0}};

const cli_opt cli__message_opts[] = {
    {0, "window", CLI_INT, WORKERS(window), "N", .lo = 0, .hi = 65536, .fallback = "0",
     .help = "items in flight at a worker; 0: found out"},
    {0}};

const cli_opt cli__column_opts[] = {
    {0, "id", CLI_TEXT, COLUMNS(id), "NAME",
     .help = "column that tells the series apart; \"\" when the file is one series"},
    {0, "sort", CLI_TEXT, COLUMNS(sort), "NAME",
     .help = "column of the time; \"\" keeps the order of the file"},
    {0, "kind", CLI_TEXT, COLUMNS(kind), "NAME",
     .help = "column that names what a row measures (long format)"},
    {0, "value", CLI_TEXT, COLUMNS(value), "NAME", .help = "column of the values"},
    {0, "columns", CLI_TEXT, COLUMNS(columns), "NAME,...",
     .help = "columns of values, one kind each (wide format)"},
    {0, "exclude", CLI_TEXT, COLUMNS(exclude), "NAME,...", .help = "columns to leave out"},
    CLI_DELIMITER_OPT(COLUMNS(delimiter)),
    {0}};

const cli_opt cli__output_opts[] = {
    {'o', "output", CLI_TEXT, 0, "FILE", .fallback = "-",
     .help = "write to FILE; its end says how: .csv, .csv.gz, .npy, .json, .json.gz, .jsonl; - is "
             "standard output"},
    {0}};

const cli_opt cli__connect_opts[] = {
    {'p', "port", CLI_TEXT, CONNECT(address), "[HOST:]PORT",
     .help = "of the central process; HOST is 127.0.0.1 unless it is named"},
    {0, "token-file", CLI_TEXT, CONNECT(token_file), "FILE",
     .help = "secret of a pool that was opened with --token-file"},
    {0}};
