/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Files that appear complete or not at all. */
#ifndef ML_OUTPUT_H
#define ML_OUTPUT_H

#include <ml/status.h>

ML_BEGIN_DECLS

typedef struct ml_output ml_output;

/**
 * Open a file for writing. The bytes go to a temporary file in the same folder,
 * ".NAME.mltool-XXXXXX" (the target of a symbolic link keeps its link), which ml_output_commit()
 * syncs and renames. A device or a pipe is written to directly. A path ending in ".gz" is
 * compressed.
 *
 * @param path      "-" is standard output
 * @param[out] out  end it with ml_output_commit() or ml_output_abort()
 *
 * @retval ML_ERR_IO      the folder is missing or not writable, path is a folder
 * @retval ML_ERR_MEMORY  an allocation failed
 */
ML_API ML_MUST_CHECK ml_status ml_output_open(const char *path, ml_output **out, ml_error *err);

/**
 * Write bytes, buffered.
 *
 * @retval ML_ERR_IO      a write failed (disk full)
 * @retval ML_ERR_CLOSED  standard output is a pipe that nobody reads any more
 */
ML_API ML_MUST_CHECK ml_status ml_output_write(ml_output *out, const void *bytes, size_t n,
                                               ml_error *err);

/** Hand on what is buffered; a compressed stream keeps what it has not packed yet. @retval as
 * ml_output_write() */
ML_API ML_MUST_CHECK ml_status ml_output_flush(ml_output *out, ml_error *err);

/**
 * Everything that ml_output_commit() does but the rename, which is then all that can still fail:
 * for files that belong together. Nothing may be written any more. End with commit or abort all the
 * same.
 */
ML_API ML_MUST_CHECK ml_status ml_output_finish(ml_output *out, ml_error *err);

/** Flush, sync and rename into place; frees out in every case, and removes the temporary file on
 * failure. */
ML_API ML_MUST_CHECK ml_status ml_output_commit(ml_output *out, ml_error *err);

/** Give up: removes the temporary file and frees out. NULL is allowed. */
ML_API void ml_output_abort(ml_output *out);

/** Remove temporary files of this path that processes have left which were killed. Those of writers
 * that live are locked, and stay. */
ML_API void ml_output_sweep(const char *path);

ML_END_DECLS
#endif
