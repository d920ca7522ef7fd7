/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Status codes, and the caller-owned struct that says what went wrong and where. */
#ifndef ML_STATUS_H
#define ML_STATUS_H

#include <ml/base.h>

ML_BEGIN_DECLS

/* One line per status: constant, name, exit code of mltool, words. */
#define ML_STATUS_MAP(X)                                \
  X(OK, "ok", 0, "done")                                \
  X(ERR_IO, "io", 1, "input or output failed")          \
  X(ERR_MEMORY, "memory", 1, "out of memory")           \
  X(ERR_NUMERIC, "numeric", 1, "numeric failure")       \
  X(ERR_USAGE, "usage", 2, "wrong usage")               \
  X(ERR_PARSE, "parse", 3, "malformed input")           \
  X(ERR_FUNCTION, "function", 1, "the function failed") \
  X(ERR_WORKER, "worker", 4, "a worker failed")         \
  X(ERR_TIMEOUT, "timeout", 4, "it took too long")      \
  X(ERR_CANCELLED, "cancelled", 130, "interrupted")     \
  X(ERR_CLOSED, "closed", 141, "the reader of the output closed it")

typedef enum ml_status {
#define ML_STATUS_ENUM(constant, name, exit_code, text) ML_##constant,
  ML_STATUS_MAP(ML_STATUS_ENUM)
#undef ML_STATUS_ENUM
} ml_status;

#define ML_ERROR_SOURCE_MAX  128
#define ML_ERROR_MESSAGE_MAX 512

/* Plain data: stack it, copy it, send it between processes. Zero-initialise it. */
typedef struct ml_error {
  ml_status status;
  size_t line, column;                /* 1-based, column in bytes; 0 when there is no position */
  char source[ML_ERROR_SOURCE_MAX];   /* file name as the caller gave it; "" when there is none */
  char message[ML_ERROR_MESSAGE_MAX]; /* one line, no capital, no full stop */
} ml_error;

/** Name of a status as in JSON: "ok", "io", "parse", ... */
ML_API const char *ml_status_name(ml_status status);

/** What a status means, in a few words. */
ML_API const char *ml_status_text(ml_status status);

/** The exit code that mltool gives for a status. */
ML_API int ml_status_exit_code(ml_status status);

/**
 * Fill in an error without a position, and return its status, so that a
 * failing function can end in `return ml_error_set(err, ML_ERR_IO, ...)`.
 * Control characters in the text become '?', so the message is always one line.
 *
 * @param err  may be NULL: then only the status is returned
 */
ML_API ml_status ml_error_set(ml_error *err, ml_status status, const char *format, ...)
    ML_PRINTF(3, 4);

/**
 * The same with a place. A source longer than the field keeps its end ("...tail").
 *
 * @param source  file name as the caller gave it; NULL for none
 * @param line, column  1-based; 0 for none
 */
ML_API ml_status ml_error_at(ml_error *err, ml_status status, const char *source, size_t line,
                             size_t column, const char *format, ...) ML_PRINTF(6, 7);

/** Name the file that an error is about, unless it names one, or is of status ML_OK.
 * @param err, source  may be NULL */
ML_API void ml_error_about(ml_error *err, const char *source);

/** ML_ERR_MEMORY with the usual words. */
ML_API ml_status ml_error_memory(ml_error *err);

/**
 * Format as mltool prints it, without a newline: `source:line:column: message`,
 * leaving out what is not known.
 *
 * @return length as snprintf() would give it
 */
ML_API int ml_error_format(const ml_error *err, char *buf, size_t size);

ML_END_DECLS
#endif
