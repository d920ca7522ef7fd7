/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Markers that every public header uses. */
#ifndef ML_BASE_H
#define ML_BASE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define ML_API                 __attribute__((visibility("default")))
#define ML_MUST_CHECK          __attribute__((warn_unused_result))
#define ML_PRINTF(text, first) __attribute__((__format__(__printf__, text, first)))

#ifdef __cplusplus
#define ML_BEGIN_DECLS extern "C" {
#define ML_END_DECLS   }
#else
#define ML_BEGIN_DECLS
#define ML_END_DECLS
#endif

#endif
