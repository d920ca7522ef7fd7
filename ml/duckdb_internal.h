/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What we use of DuckDB's C interface, as its documentation describes it, and sessions with it. */
#ifndef ML_DUCKDB_INTERNAL_H
#define ML_DUCKDB_INTERNAL_H

#include <ml/buffer.h>
#include <ml/duckdb.h>
#include <ml/input_internal.h>
#include <ml/matrix_internal.h>

/* ---- the interface ---- */

typedef struct duck_handle duck_handle; /* any of its objects */

/* Its results are passed by value: six words, of which only the library knows anything. */
typedef struct duck_result {
  void *words[6];
} duck_result;

/* Types of columns by their numbers. */
enum {
  DUCK_BOOLEAN = 1,
  DUCK_TINYINT,
  DUCK_SMALLINT,
  DUCK_INTEGER,
  DUCK_BIGINT,
  DUCK_UTINYINT,
  DUCK_USMALLINT,
  DUCK_UINTEGER,
  DUCK_UBIGINT,
  DUCK_FLOAT,
  DUCK_DOUBLE,
  DUCK_TIMESTAMP, /* microseconds */
  DUCK_DATE,      /* days, int32_t */
  DUCK_TIME,
  DUCK_INTERVAL,
  DUCK_HUGEINT, /* 128 bits */
  DUCK_VARCHAR,
  DUCK_BLOB,
  DUCK_DECIMAL, /* an integer of another type, and a scale */
  DUCK_TIMESTAMP_S,
  DUCK_TIMESTAMP_MS,
  DUCK_TIMESTAMP_NS,
  DUCK_ENUM,
  DUCK_LIST,
  DUCK_STRUCT,
  DUCK_MAP,
  DUCK_UUID,
  DUCK_UNION,
  DUCK_BIT,
  DUCK_TIME_TZ,
  DUCK_TIMESTAMP_TZ, /* microseconds, UTC */
  DUCK_UHUGEINT,
  DUCK_ARRAY,
  DUCK_N_TYPES
};

enum { DUCK_STATEMENT_SELECT = 1 };

/* A text in a vector: up to 12 bytes are in it, others behind a pointer. */
typedef union duck_string {
  struct {
    uint32_t n;
    char text[12];
  } near;
  struct {
    uint32_t n;
    char prefix[4];
    const char *text;
  } far;
} duck_string;

_Static_assert(sizeof(duck_string) == 16, "as it lies in a vector");

typedef void duck_callback(duck_handle *info);
typedef void duck_rows(duck_handle *info, duck_handle *chunk);

/* X(result, name behind "duckdb_", arguments); 0 and 1 are its two states: done and failed. */
#define DUCK_FUNCTIONS(X)                                                                      \
  X(const char *, library_version, (void))                                                     \
  X(int, create_config, (duck_handle **))                                                      \
  X(int, set_config, (duck_handle *, const char *, const char *))                              \
  X(void, destroy_config, (duck_handle **))                                                    \
  X(int, open_ext, (const char *, duck_handle **, duck_handle *, char **))                     \
  X(void, close, (duck_handle **))                                                             \
  X(int, connect, (duck_handle *, duck_handle **))                                             \
  X(void, disconnect, (duck_handle **))                                                        \
  X(void, free, (void *))                                                                      \
  X(int, query, (duck_handle *, const char *, duck_result *))                                  \
  X(int, prepare, (duck_handle *, const char *, duck_handle **))                               \
  X(const char *, prepare_error, (duck_handle *))                                              \
  X(int, prepared_statement_type, (duck_handle *))                                             \
  X(void, destroy_prepare, (duck_handle **))                                                   \
  X(int, pending_prepared_streaming, (duck_handle *, duck_handle **))                          \
  X(int, pending_execute_task, (duck_handle *))                                                \
  X(bool, pending_execution_is_finished, (int))                                                \
  X(const char *, pending_error, (duck_handle *))                                              \
  X(int, execute_pending, (duck_handle *, duck_result *))                                      \
  X(void, destroy_pending, (duck_handle **))                                                   \
  X(const char *, result_error, (duck_result *))                                               \
  X(void, destroy_result, (duck_result *))                                                     \
  X(uint64_t, column_count, (duck_result *))                                                   \
  X(const char *, column_name, (duck_result *, uint64_t))                                      \
  X(int, column_type, (duck_result *, uint64_t))                                               \
  X(duck_handle *, column_logical_type, (duck_result *, uint64_t))                             \
  X(uint8_t, decimal_scale, (duck_handle *))                                                   \
  X(int, decimal_internal_type, (duck_handle *))                                               \
  X(duck_handle *, create_logical_type, (int))                                                 \
  X(void, destroy_logical_type, (duck_handle **))                                              \
  X(duck_handle *, fetch_chunk, (duck_result))                                                 \
  X(void, destroy_data_chunk, (duck_handle **))                                                \
  X(uint64_t, data_chunk_get_size, (duck_handle *))                                            \
  X(void, data_chunk_set_size, (duck_handle *, uint64_t))                                      \
  X(duck_handle *, data_chunk_get_vector, (duck_handle *, uint64_t))                           \
  X(void *, vector_get_data, (duck_handle *))                                                  \
  X(uint64_t *, vector_get_validity, (duck_handle *))                                          \
  X(void, vector_assign_string_element_len, (duck_handle *, uint64_t, const char *, uint64_t)) \
  X(uint64_t, vector_size, (void))                                                             \
  X(duck_handle *, create_table_function, (void))                                              \
  X(void, destroy_table_function, (duck_handle **))                                            \
  X(void, table_function_set_name, (duck_handle *, const char *))                              \
  X(void, table_function_set_extra_info, (duck_handle *, void *, void (*)(void *)))            \
  X(void, table_function_set_bind, (duck_handle *, duck_callback *))                           \
  X(void, table_function_set_init, (duck_handle *, duck_callback *))                           \
  X(void, table_function_set_function, (duck_handle *, duck_rows *))                           \
  X(int, register_table_function, (duck_handle *, duck_handle *))                              \
  X(void *, bind_get_extra_info, (duck_handle *))                                              \
  X(void, bind_add_result_column, (duck_handle *, const char *, duck_handle *))                \
  X(void, init_set_max_threads, (duck_handle *, uint64_t))                                     \
  X(void *, function_get_extra_info, (duck_handle *))                                          \
  X(void, function_set_error, (duck_handle *, const char *))

typedef struct duck_api {
#define DUCK_FIELD(result, name, args) result(*name) args;
  DUCK_FUNCTIONS(DUCK_FIELD)
#undef DUCK_FIELD
} duck_api;

/* ---- sessions ---- */

typedef struct duck_session {
  const duck_api *api;
  duck_handle *database, *connection;
  char folder[64]; /* for what does not fit its memory; "": none is made */
} duck_session;

/* Open the library if it is not, and an empty database in memory. One thread, so that rows have one
 * order.
 *
 * @param session  all zero; end it with duckdb__end() also after an error
 * @param what     needs the library, for the message */
ml_status duckdb__begin(duck_session *session, const char *what, ml_error *err);
void duckdb__end(duck_session *session);

/* The library; only once it is open. */
const duck_api *duckdb__api(void);

/* An error of DuckDB's, whose first word says what kind it is. @param source  may be NULL
 * @param fallback  for what none of the words says */
ml_status duckdb__fail(ml_error *err, ml_status fallback, const char *source, const char *message);

/* Append a text in the quotes of SQL. */
void duckdb__put_quoted(ml_buf *out, const char *text, size_t n);

/* ---- reading and writing ---- */

bool duckdb__is_query(const char *path);

/* Rows as CSV text that is made (CSV_UNIT), the names of the columns first.
 *
 * @param path      a Parquet file, or a query
 * @param name      for messages; borrowed, with the watch
 * @param[out] out  not written on failure */
ml_status duckdb__open_rows(const char *path, const char *name, const ml_watch *watch,
                            ml_input **out, ml_error *err);

typedef struct duck_column duck_column;

/* How columns are read. @param[out] out  n of them; free() it */
ml_status duckdb__plan(const duck_api *api, duck_result *result, const char *name, size_t n,
                       duck_column **out, ml_error *err);

/* Append the rows of a chunk. @param row  number of the first, for messages */
ml_status duckdb__put_rows(const duck_api *api, duck_column *columns, size_t n, duck_handle *chunk,
                           const char *name, size_t row, ml_buf *out, ml_error *err);

/* The type of ids, of which some had a type before: BIGINT, DOUBLE or VARCHAR. Numbers are those
 * whose texts, read back, are what they are now. */
int duckdb__id_type(int before, const char *id);

/* A matrix on its way to a Parquet file. */
typedef struct duck_output {
  const ml_matrix *head; /* row_label, columns, n_rows */
  int id_type;           /* of all ids */
  const matrix_source *rows;
  const char *path; /* of a plain file, which is overwritten */
  const char *name; /* for messages */
} duck_output;

ml_status duckdb__write(const duck_output *output, const ml_watch *watch, ml_error *err);

/* Bytes that DuckDB may take. 0: nobody said */
size_t duckdb__memory_limit(void);

#endif
