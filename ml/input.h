/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Bytes of a file, standard input or memory, unpacked if they are gzip or Zstandard. */
#ifndef ML_INPUT_H
#define ML_INPUT_H

#include <ml/status.h>
#include <ml/watch.h>

ML_BEGIN_DECLS

typedef struct ml_input ml_input;

/**
 * Open a file. Compression is recognised by the first bytes.
 *
 * @param path      "-" is standard input; borrowed until ml_input_close()
 * @param watch     progress "read" in bytes of the file, and whether to stop; may be NULL
 * @param[out] out  close it with ml_input_close(). Not written on failure.
 *
 * @retval ML_ERR_IO         it cannot be opened or read
 * @retval ML_ERR_CANCELLED, ML_ERR_MEMORY
 */
ML_API ML_MUST_CHECK ml_status ml_input_open(const char *path, const ml_watch *watch,
                                             ml_input **out, ml_error *err);

/** The same from n bytes of memory. @param bytes, name  borrowed */
ML_API ML_MUST_CHECK ml_status ml_input_open_bytes(const void *bytes, size_t n, const char *name,
                                                   const ml_watch *watch, ml_input **out,
                                                   ml_error *err);

/**
 * Read up to `size` bytes that were not read before; waits only while there are none.
 *
 * @param[out] n  0 at the end, and only there
 *
 * @retval ML_ERR_IO         reading failed, or the file was cut short meanwhile
 * @retval ML_ERR_PARSE      broken compression
 * @retval ML_ERR_CANCELLED  the watch said so when a signal came
 * @retval ML_ERR_MEMORY
 */
ML_API ML_MUST_CHECK ml_status ml_input_read(ml_input *input, char *to, size_t size, size_t *n,
                                             ml_error *err);

/** Share of the file or memory that the bytes read so far were, packed or not; 0: nobody knows. */
ML_API double ml_input_share(const ml_input *input);

#define ML_INPUT_DIGEST_SIZE 33

/**
 * What tells the bytes that were read so far, packed or not, from any others: XXH3 of 128 bits,
 * which no one should trust against malice.
 *
 * @param[out] out  32 hexadecimal digits and a zero
 * @return how many bytes there were
 */
ML_API uint64_t ml_input_digest(const ml_input *input, char out[ML_INPUT_DIGEST_SIZE]);

/** The descriptor that ml_input_read() would wait for now; -1 when it would not, or nobody knows,
 * as with compressed input. */
ML_API int ml_input_waits_for(const ml_input *input);

/** NULL is allowed. */
ML_API void ml_input_close(ml_input *input);

ML_END_DECLS
#endif
