/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The parts of a spool: kinds, rows on disk, and how they come back in order. */
#ifndef FRESH_SPOOL_H
#define FRESH_SPOOL_H

#include <ml/labels.h>
#include <ml/series_internal.h>
#include <ml/spool.h>

#include "layout.h"

/* ---- spool_kinds.c: which kinds there are, and in which order they come ---- */

/* The kinds of a set. */
typedef struct spool_shape {
  size_t n_kinds;
  uint32_t *kinds; /* codes */
  size_t *starts;  /* n_kinds + 1: where the columns of each begin in a row of the set */
} spool_shape;

/* The least id with rows of a kind: which order ids have is known at the end only. */
typedef struct spool_least {
  char *number; /* while all ids are numbers */
  char *pair;   /* when they are none, while all are pairs */
  char *text;
} spool_least;

typedef struct spool_kinds {
  labels names;       /* by code */
  bool is_long;       /* kinds come with the rows, and not with the columns of the file */
  spool_least *least; /* of each code; long only */
  size_t capacity;
  spool_shape *shapes;
  size_t n_shapes;
  char **kinds; /* n_kinds, in the order of the columns; borrowed from names */
  size_t n_kinds;
  uint32_t *place; /* of each code, that kind */
} spool_kinds;

/* Find or add the shape of a set. @param[out] shape  its number */
ml_status spool__add_shape(spool_kinds *kinds, const ml_series_set *set,
                           const ml_fresh_settings *settings, uint32_t *shape, ml_error *err);

/* Note the least ids of a set. @param form  of all ids up to now */
ml_status spool__note_least(spool_kinds *kinds, const ml_series_set *set, uint32_t shape,
                            series_forms form, ml_error *err);

/* Have a kind that a set need not have. @return false: memory ran out */
bool spool__add_kind(spool_kinds *kinds, const char *name);

/* The least id with rows of a kind that is in order. @return NULL: none has any, or kinds are
 * columns of the file */
const char *spool__first_id(const spool_kinds *kinds, size_t k, series_forms form);

/* Put the kinds in order. */
ml_status spool__order_kinds(spool_kinds *kinds, series_forms form, ml_error *err);

void spool__release_kinds(spool_kinds *kinds);

/* ---- spool_runs.c: rows on disk ---- */

/* Before a row: id and time with their NULs follow it, then the values. */
typedef struct spool_head {
  uint32_t n_id, n_time; /* bytes, with the NUL; n_time of a window, else 0 */
  uint32_t shape;
  uint32_t is_whole; /* the time was written as a whole number */
} spool_head;

typedef struct spool_row {
  spool_head head;
  const char *id, *time;
  const char *values; /* doubles, not aligned */
  const char *bytes;  /* all of it, n of them */
  size_t n;
} spool_row;

/* Neighbouring rows whose ids ascend as what their form says, or as texts, or as both. */
typedef struct spool_segment {
  uint64_t at, size;
  series_forms form; /* of all ids that had come */
  bool by_form, by_text;
} spool_segment;

typedef struct spool_file {
  int fd;
  uint64_t size;     /* of what is on disk */
  ml_buf buf;        /* behind that */
  ml_buf last;       /* id of the last row, with its NUL */
  series_forms form; /* of all ids that have come */
  spool_segment *segments;
  size_t n, capacity;
} spool_file;

/* Append a row; it is of the last segment if its id ascends there. @param values  n of them */
ml_status spool__put(spool_file *file, const spool_head *head, const char *id, const char *time,
                     const double *values, size_t n, ml_error *err);

/* Append a row as it was read, to the last segment. */
ml_status spool__copy(spool_file *file, const spool_row *row, ml_error *err);

/* What has gathered goes to the disk. */
ml_status spool__flush(spool_file *file, ml_error *err);

/* Begin a segment, whatever its rows are. */
ml_status spool__begin(spool_file *file, ml_error *err);

/* Sort the rows of segments that do not ascend in this order, so many at a time as some memory has
 * room for the ids of. */
ml_status spool__sort(spool_file *file, const spool_kinds *kinds, size_t memory, ml_error *err);

void spool__release_file(spool_file *file);

/* Reads a segment from its start to its end. */
typedef struct spool_reader {
  const spool_file *file;
  const spool_kinds *kinds;
  uint64_t at, end; /* of the file: what is not in the buffer yet */
  char *buf;
  size_t n, next, room; /* bytes in buf, and of them those that were read */
} spool_reader;

ml_status spool__read_open(spool_reader *reader, const spool_file *file, const spool_kinds *kinds,
                           size_t segment, size_t room, ml_error *err);

/* @param[out] row  borrowed until the next call; row->bytes is NULL at the end */
ml_status spool__read(spool_reader *reader, spool_row *row, ml_error *err);
void spool__read_close(spool_reader *reader);

/* ---- spool_merge.c: rows in the order of their ids ---- */

typedef struct spool_merge spool_merge;

/* Put segments together until so many are left as can be merged at once in some memory. */
ml_status spool__reduce(spool_file *file, const spool_kinds *kinds, size_t memory,
                        const ml_watch *watch, ml_error *err);

ml_status spool__merge_open(spool_file *file, const spool_kinds *kinds, size_t memory,
                            spool_merge **out, ml_error *err);

/* @param[out] row  as spool__read() */
ml_status spool__merge_next(spool_merge *merge, spool_row *row, ml_error *err);
void spool__merge_close(spool_merge *merge); /* NULL is allowed */

/* ---- spool.c ---- */

struct ml_spool {
  ml_spool_opts opts;
  ml_fresh_settings *own; /* "comprehensive", when there are no settings */
  const ml_fresh_settings *settings;
  spool_file file;
  spool_kinds kinds;
  fresh_layout layout;
  ml_series_set all; /* what is known of all series */
  bool was_any, has_layout;
  bool has_windows, times_are_whole;
  size_t n_rows, n_series;
  double *seconds; /* of fresh__costs_begin(); NULL: nobody wants to know */
};

#endif
