/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The pickle of a model, in a file of its own beside the model's. */
#ifndef PIPELINE_BESIDE_H
#define PIPELINE_BESIDE_H

#include "member.h"

/* A pickle that is written. All is of an arena, or borrowed. */
typedef struct beside {
  const char *path; /* of the model's file */
  const char *name; /* of the pickle's, in the same folder; NULL: there is none */
  const void *bytes;
  size_t n;
} beside;

/* Take the pickle out of what a model has saved; its name, size and digest are there instead.
 * @param path  of the model's file; NULL: there is none */
ml_status beside__take(const char *path, ml_arena *arena, ml_value *saved, beside *out,
                       ml_error *err);

ml_status beside__write(const beside *kept, ml_error *err);

/* Read the pickle that is named in what a model has saved, and hold it against its digest.
 * @param model  the object of the model
 * @param path   of the model's file
 * @param[out] out    what was saved, with the pickle in it; beside__release() it
 * @param[out] bytes  the pickle */
ml_status beside__read(const member_of *model, const char *path, ml_value *out, ml_buf *bytes);
void beside__release(ml_value *saved, ml_buf *bytes);

#endif
