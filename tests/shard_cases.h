/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Random series, whole and in shards. */
#ifndef TESTS_SHARD_CASES_H
#define TESTS_SHARD_CASES_H

#include <ml/parts_internal.h>

#include "support.h"

/* What is asked for of some series. */
typedef struct shard_case {
  char *text; /* CSV */
  size_t n_text;
  const char *settings; /* of ml_fresh_settings_named() */
  bool has_windows;
  ml_window window;
  size_t n_first; /* bytes that are in the first of two files; 0: there is one */
  parts_tuning tuning;
} shard_case;

/* Long, wide or one series; ids and kinds of every form; rows in any order, in one file or two,
 * read at once, in parts, or from shelves. free() the text. */
void draw_case(uint64_t *random, shard_case *c);

/* The whole, or of n_shards one, from 0. */
ml_status read_case(const shard_case *c, size_t shard, size_t n_shards, ml_series_set **out,
                    ml_error *err);

/* A path in the temporary folder; free() it. */
char *new_path(const char *name);
void remove_files(void); /* all of that folder */

/* A shard whose folder is the temporary one. */
ml_shard shard_of(size_t number, size_t n);

/* All at once. */
#define AT_ONCE ((parts_tuning){.set = UINT64_MAX, .seen = 1 << 20, .text = 1 << 20})

/* Make the part of a shard of the files, which are as the case says. */
ml_status write_part(const shard_case *c, const ml_shard *shard, const char *const *paths,
                     size_t n_paths, ml_error *err);

/* The files that parts are made of, in the temporary folder. */
void write_inputs(const shard_case *c);

/* Write the part of each shard of these. @return what the first that failed returned */
ml_status write_parts(const shard_case *c, size_t n, ml_error *err);

/* Merge all parts of the temporary folder. */
ml_status merge_parts(const char *path, ml_error *err);

void expect_same_files(const char *label, const char *got, const char *want);

#endif
