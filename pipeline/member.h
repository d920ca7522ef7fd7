/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Members of objects in a file, each checked when it is taken. */
#ifndef PIPELINE_MEMBER_H
#define PIPELINE_MEMBER_H

#include "pipeline.h"

/* An object that is being read. */
typedef struct member_of {
  const char *source;
  char where[64]; /* "input.window", "features[3]"; "": the outermost one */
  const ml_value *dict;
  ml_error *err;
} member_of;

/* Begin with an object that has these members and no others. @param names  NULL behind the last */
ml_status member__open(member_of *m, const char *source, const char *where, const ml_value *value,
                       const char *const *names, ml_error *err);

/* A member that is an object itself. */
ml_status member__object(const member_of *m, const char *name, const char *const *names,
                         member_of *out);

/* `where.name: MESSAGE`. */
ml_status member__fail(const member_of *m, const char *name, const char *format, ...)
    ML_PRINTF(3, 4);

const ml_value *member__value(const member_of *m, const char *name);
bool member__is_null(const member_of *m, const char *name);

/* Texts are borrowed. @param[out] out  NULL where null is allowed and found */
ml_status member__text(const member_of *m, const char *name, bool may_lack, const char **out);
ml_status member__int(const member_of *m, const char *name, int64_t lo, int64_t hi, int64_t *out);

/* A word of a list. @param words  NULL behind the last @param[out] out  its place */
ml_status member__word(const member_of *m, const char *name, const char *const *words, size_t *out);

/* A list. @param n  SIZE_MAX: of any length */
ml_status member__list(const member_of *m, const char *name, size_t n, const ml_value **out);

/* Distinct texts, copied. @param[out] n  at least `least` */
ml_status member__texts(const member_of *m, const char *name, ml_pipeline *p, size_t least,
                        const char ***out, size_t *n);

/* Are n texts distinct? */
ml_status member__check_distinct(const member_of *m, const char *name, const char *const *texts,
                                 size_t n);

#endif
