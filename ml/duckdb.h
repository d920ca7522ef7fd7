/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Parquet files and SQL, by DuckDB's C library, which is opened when it is needed first. */
#ifndef ML_DUCKDB_H
#define ML_DUCKDB_H

#include <ml/status.h>

ML_BEGIN_DECLS

/* A path that begins so is a query, in place of a file: "sql:SELECT id, time, value FROM
 * 'a.parquet'". It is read wherever a CSV file is, a row after the other; files in it are relative
 * to the working folder. It must be one SELECT. */
#define ML_DUCKDB_QUERY "sql:"

/**
 * Say which library to open. Without it, that of the environment variable MLTOOL_DUCKDB, or else
 * libduckdb.so where the system looks for libraries.
 *
 * @param path  of libduckdb.so; NULL takes back what was said. What is open already stays.
 * @retval ML_ERR_MEMORY
 */
ML_API ML_MUST_CHECK ml_status ml_duckdb_use(const char *path, ml_error *err);

/** Bound the memory that DuckDB takes for each source or output that is opened from now on.
 * @param bytes  0: as DuckDB does by itself, which is most of the machine's */
ML_API void ml_duckdb_limit_memory(size_t bytes);

/** Do so many columns fit the memory that DuckDB may take, if they are written to a Parquet file?
 * @retval ML_ERR_MEMORY  they do not */
ML_API ML_MUST_CHECK ml_status ml_duckdb_check_columns(size_t n, ml_error *err);

/**
 * Open the library now, to see whether it is there.
 *
 * @param what  needs it, for the message, as in "reading Parquet"
 * @retval ML_ERR_USAGE  it is not there, or not DuckDB's
 */
ML_API ML_MUST_CHECK ml_status ml_duckdb_open(const char *what, ml_error *err);

ML_END_DECLS
#endif
