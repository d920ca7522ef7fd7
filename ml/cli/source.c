/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Data that are no text: Parquet and SQL, by DuckDB's library. */
#include "cli.h"

#include <stdlib.h>
#include <string.h>

const cli_opt cli__source_opts[] = {
    {0, "sql", CLI_TEXT, offsetof(cli_common, sql), "QUERY",
     .help = "read the rows of this SELECT in place of FILE, as in \"SELECT id, time, value FROM "
             "'data.parquet'\""},
    {0, "duckdb", CLI_TEXT, offsetof(cli_common, duckdb), "PATH",
     .help = "libduckdb.so, which reads and writes Parquet and answers --sql; without it, that of "
             "MLTOOL_DUCKDB, or of the system"},
    {0}};

/* The query is the operand that FILE would be. */
static ml_status take_query(cli_call *cli, char **query, ml_error *err) {
  const char *sql = cli->common.sql;
  const size_t max = cli->command->max_args;
  if (max == CLI_MANY ? cli->n_args > 0 : cli->n_args == max)
    return ml_error_set(err, ML_ERR_USAGE, "--sql is read in place of FILE, and '%.100s' is there",
                        cli->args[cli->n_args - 1]);
  if (!sql[strspn(sql, " \t\r\n")]) return ml_error_set(err, ML_ERR_USAGE, "--sql has no query");
  if (asprintf(query, ML_DUCKDB_QUERY "%s", sql) < 0) {
    *query = NULL;
    return ml_error_memory(err);
  }
  cli->args[cli->n_args++] = *query;
  cli->has_query = true;
  return ml_duckdb_open("--sql", err);
}

ml_status cli__take_source(cli_call *cli, char **query, ml_error *err) {
  const char *library = cli->common.duckdb;
  ml_status status = library ? ml_duckdb_use(library, err) : ML_OK;
  return status == ML_OK && cli->common.sql ? take_query(cli, query, err) : status;
}
