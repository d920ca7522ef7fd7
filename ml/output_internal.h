/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Where the bytes of an output go. */
#ifndef ML_OUTPUT_INTERNAL_H
#define ML_OUTPUT_INTERNAL_H

#include <ml/output.h>

/* A file to be replaced; both NULL for what is written to directly. */
typedef struct output__place {
  char *target;    /* path with its last links followed */
  char *temporary; /* beside target; NULL once renamed */
} output__place;

/**
 * Open what the bytes for path are written to.
 *
 * @param place    all zero
 * @param[out] fd  belongs to the caller; not written on failure
 */
ml_status output__place_open(output__place *place, const char *path, int *fd, ml_error *err);

/** Put the temporary file in its place. @return 0, or -1 with errno set */
int output__place_rename(output__place *place);

/** Remove the old file that is to be replaced. @return 0, also without one, or -1 with errno set */
int output__place_clear(const output__place *place);

/** Frees, and removes a temporary file that was not renamed. */
void output__place_release(output__place *place);

/** ML_ERR_IO that says why path cannot be written. */
ml_status output__error(ml_error *err, const char *path, int code);

/** The file that is to become the output, for those who write it by its name; NULL when out goes
 * straight to a device or a pipe. */
const char *output__temporary(const ml_output *out);

/** Remove the file that out is to replace. */
ml_status output__withdraw(const ml_output *out, ml_error *err);

#endif
