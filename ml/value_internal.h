/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What making, encoding and decoding values share. */
#ifndef ML_VALUE_INTERNAL_H
#define ML_VALUE_INTERNAL_H

#include <ml/value.h>

/* Lists and dictionaries inside one another. */
#define VALUE_DEPTH_MAX 64

/* A matrix without elements has its rows for nothing: more are refused. */
#define VALUE_EMPTY_ROWS_MAX ((size_t)1 << 16)

/* The first eight bytes of an encoded value. */
typedef struct value_head {
  uint8_t type;
  uint8_t detail; /* dtype; 0 or 1 of a bool; else 0 */
  uint8_t place;  /* VALUE_HERE, VALUE_SHARED */
  uint8_t zero;
  uint32_t block; /* that the elements lie in; 0 when they are here */
} value_head;

enum { VALUE_HERE, VALUE_SHARED };

_Static_assert(sizeof(value_head) == 8, "a value begins with one word");
_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "elements are used where they lie");

static inline size_t value__padded(size_t n) {
  return (n + 7) & ~(size_t)7;
}

/* Bytes of n_rows x n_cols elements. @return false: more than an object can have */
bool value__n_bytes(ml_dtype dtype, size_t n_rows, size_t n_cols, size_t *out);

/* True when n bytes are 0 or 1 each. */
bool value__are_bools(const void *bytes, size_t n);

/* The first of n names that is there twice, or NULL. *failed: no memory to find out. */
const char *value__duplicate(const char *const *names, size_t n, bool *failed);

/* Read one JSON value, if there is nothing unusual in it. @retval ML_ERR_PARSE  ask jansson,
 * also for what is wrong. @retval ML_ERR_MEMORY */
ml_status value__json_plain(const char *text, size_t n, ml_arena *arena, ml_value *out);

#endif
