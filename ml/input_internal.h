/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Inputs whose bytes come from a function; never installed. */
#ifndef ML_INPUT_INTERNAL_H
#define ML_INPUT_INTERNAL_H

#include <ml/input.h>

/* Give up to `size` bytes; n is 0 at the end, and only there. */
typedef ml_status input__reader(void *ctx, char *to, size_t size, size_t *n, ml_error *err);

/* Unpacked as files are. @param name, ctx  borrowed */
ml_status input__open_reader(input__reader *reader, void *ctx, const char *name,
                             const ml_watch *watch, ml_input **out, ml_error *err);

#endif
