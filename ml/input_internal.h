/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Inputs whose bytes come from functions; never installed. */
#ifndef ML_INPUT_INTERNAL_H
#define ML_INPUT_INTERNAL_H

#include <ml/input.h>

/* Give up to `size` bytes; n is 0 at the end, and only there. */
typedef ml_status input__reader(void *ctx, char *to, size_t size, size_t *n, ml_error *err);

/* Unpacked as files are. @param name, ctx  borrowed */
ml_status input__open_reader(input__reader *reader, void *ctx, const char *name,
                             const ml_watch *watch, ml_input **out, ml_error *err);

/* The functions of ml_input, of one whose bytes are made of something else: a file of another kind,
 * the rows of a query. */
typedef struct input_maker {
  input__reader *read;
  double (*share)(const void *ctx);
  int (*waits_for)(const void *ctx);
  const ml_input *(*inner)(const void *ctx); /* what it reads itself; NULL: no such input */
  void (*close)(void *ctx);
} input_maker;

/* @param ctx       taken, also on failure
 * @param[out] out  not written on failure */
ml_status input__make(const input_maker *maker, void *ctx, ml_input **out, ml_error *err);

#endif
