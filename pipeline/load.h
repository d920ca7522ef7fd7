/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The parts of loading. */
#ifndef PIPELINE_LOAD_H
#define PIPELINE_LOAD_H

#include "member.h"

typedef struct loading {
  const char *text; /* of the file, with a NUL behind it */
  const char *source;
  const char *trusted; /* path of the file, whose pickle may be read; NULL: nothing of it may run */
  member_of root;
  ml_pipeline *p;
  ml_error *err;
} loading;

/* All of a file, unpacked, with room for a NUL behind it. */
ml_status load__read(const char *path, ml_buf *text, ml_error *err);

ml_status load__features(loading *l);
ml_status load__steps(loading *l);
ml_status load__model(loading *l);

/* The importance that "about" has; the steps are there already. */
ml_status importance__load(const member_of *about, ml_pipeline *p);

#endif
