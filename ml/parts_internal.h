/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What reading in parts is made of; for the files parts*.c and their tests, never installed. */
#ifndef ML_PARTS_INTERNAL_H
#define ML_PARTS_INTERNAL_H

#include <ml/parts.h>

/* ml_memory_allowed() of a machine whose /proc and /sys are in the folder root. */
uint64_t parts__memory_allowed(const char *root);

#endif
