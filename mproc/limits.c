/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a worker may use. */
#include <sys/resource.h>

#include "mproc_internal.h"

/* Sanitizers map terabytes for their own accounts, and could not go on. */
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define HAS_SANITIZER 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define HAS_SANITIZER 1
#endif
#endif
#ifndef HAS_SANITIZER
#define HAS_SANITIZER 0
#endif

/* RLIMIT_DATA counts private memory that can be written to: shared blocks do not use it up. */
void limits__memory(uint64_t bytes) {
  struct rlimit limit = {bytes, bytes};
  if (bytes > 0 && !HAS_SANITIZER) (void)setrlimit(RLIMIT_DATA, &limit);
}
