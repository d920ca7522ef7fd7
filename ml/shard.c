/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Which ids are whose. */
#include <assert.h>

#include <ml/series_internal.h>

size_t ml_shard_of(const char *id, size_t n) {
  assert(id && n > 0);
  return (size_t)(series__id_hash(id, 0) % n);
}
