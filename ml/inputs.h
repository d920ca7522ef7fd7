/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The files that arguments name: paths, and patterns such as 'data/x-*.csv.gz'. */
#ifndef ML_INPUTS_H
#define ML_INPUTS_H

#include <ml/status.h>

ML_BEGIN_DECLS

typedef struct ml_inputs {
  char **paths; /* n */
  size_t n;
} ml_inputs;

/**
 * List the files that are meant. What has one of the characters * ? [ and is no file itself is a
 * pattern as the shell has them, whose files are in the order of their bytes; everything else is
 * taken as it is, whether it is there or not, and "-" is standard input.
 *
 * @param args      n texts, borrowed for the call
 * @param[out] out  release it with ml_inputs_release(). Not written on failure.
 *
 * @retval ML_ERR_IO     no file matches a pattern, or a folder cannot be read
 * @retval ML_ERR_USAGE  a file is named twice
 * @retval ML_ERR_MEMORY
 */
ML_API ML_MUST_CHECK ml_status ml_inputs_list(const char *const *args, size_t n, ml_inputs *out,
                                              ml_error *err);

/** All zero is allowed. */
ML_API void ml_inputs_release(ml_inputs *inputs);

ML_END_DECLS
#endif
