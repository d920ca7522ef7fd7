/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What is said of a parameter in a search. */
#ifndef XVAL_CANDIDATES_H
#define XVAL_CANDIDATES_H

#include <ml/xval.h>

typedef enum spec_kind {
  SPEC_LIST, /* values */
  SPEC_LINEAR,
  SPEC_LOG,
} spec_kind;

typedef struct spec {
  size_t param;
  const ml_model_param *of;
  const char *text; /* as it was given */
  spec_kind kind;
  bool is_integer;
  double lo, hi;  /* of a range; of SPEC_LOG as given, or exponents by KX's rules */
  double *values; /* n: of SPEC_LIST */
  size_t n;
} spec;

/* Read a specification. The values of ranges in a grid are made here. @param[out] out
 * spec__release() it, on failure as well */
ml_status spec__parse(const ml_model *model, const char *text, const ml_candidates_opts *opts,
                      spec *out, ml_error *err);
void spec__release(spec *s);

/* The value at a place u in [0, 1) of a range. @param rounds  the place is a point of a sequence:
 * integers are rounded to, so that both ends can be reached; else each integer is as likely */
double spec__value(const spec *s, double u, bool rounds, bool kx_rules);

#endif
