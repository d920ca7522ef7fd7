/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Files without a name, for what does not fit into memory; never installed. */
#ifndef ML_TEMPORARY_H
#define ML_TEMPORARY_H

#include <ml/status.h>

/**
 * Open a file in the folder $TMPDIR, or /tmp, that is gone when it is closed or the process dies.
 *
 * @param[out] fd  for reading and writing, closed on exec
 * @retval ML_ERR_IO  the folder is not there or not writable: the message names it
 */
ml_status temporary__open(int *fd, ml_error *err);

/** Write all n bytes at a place. @retval ML_ERR_IO  such as: no room in the folder */
ml_status temporary__write(int fd, const void *bytes, size_t n, uint64_t at, ml_error *err);

/** Read n bytes, which must be there. @retval ML_ERR_IO */
ml_status temporary__read(int fd, void *to, size_t n, uint64_t at, ml_error *err);

/** Let the system have the room of n bytes, which nobody will read again. */
void temporary__forget(int fd, uint64_t at, uint64_t n);

#endif
