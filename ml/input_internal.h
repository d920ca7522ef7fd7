/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Inputs whose bytes are made of something else: a file of another kind, the rows of a query. */
#ifndef ML_INPUT_INTERNAL_H
#define ML_INPUT_INTERNAL_H

#include <ml/input.h>

/* The functions of ml_input, of such an input. */
typedef struct input_maker {
  ml_status (*read)(void *ctx, char *to, size_t size, size_t *n, ml_error *err);
  double (*share)(const void *ctx);
  int (*waits_for)(const void *ctx);
  void (*close)(void *ctx);
} input_maker;

/* @param ctx       taken, also on failure
 * @param[out] out  not written on failure */
ml_status input__make(const input_maker *maker, void *ctx, ml_input **out, ml_error *err);

#endif
