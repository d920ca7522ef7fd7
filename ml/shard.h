/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Features of a file by several machines, each of which takes some of the ids. docs/shards.md has
 * the files. */
#ifndef ML_SHARD_H
#define ML_SHARD_H

#include <ml/matrix.h>
#include <ml/series.h>

ML_BEGIN_DECLS

#define ML_SHARDS_MAX 100000

/**
 * The shard of an id. Ids that can be one id are in one shard: 1, 1.0 and 01. Windows that are cut
 * are with their series. All machines agree, today and later.
 *
 * @param n  shards, at least 1
 * @return from 0 to n - 1
 */
ML_API size_t ml_shard_of(const char *id, size_t n);

ML_END_DECLS
#endif
