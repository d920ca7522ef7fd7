/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What reading in parts is made of; for the files parts*.c and their tests, never installed. */
#ifndef ML_PARTS_INTERNAL_H
#define ML_PARTS_INTERNAL_H

#include <ml/csv_internal.h>
#include <ml/labels.h>
#include <ml/parts.h>
#include <ml/series_internal.h>

/* ml_memory_allowed() of a machine whose /proc and /sys are in the folder root. */
uint64_t parts__memory_allowed(const char *root);

/* ---- how memory is shared ---- */

/* All in bytes. */
typedef struct parts_tuning {
  uint64_t set;     /* for the set of a part, with what it takes to make it; UINT64_MAX: no limit */
  uint64_t seen;    /* for the ids that have come */
  size_t n_shelves; /* that scattered rows are distributed to, again and again */
  size_t block;     /* that goes to the temporary file at once, for each of them */
  size_t text;      /* of a stream, that is collected when more comes at once */
} parts_tuning;

/* ml_parts_open() with limits of the caller's own. */
ml_status parts__open(const char *const *paths, size_t n, const ml_parts_opts *opts,
                      const parts_tuning *tuning, ml_parts **out, ml_error *err);

/* ---- what a set will take: parts_need.c ---- */

/* longest: values of the longest series, or more where they were not counted one by one. */
typedef struct parts_size {
  uint64_t rows, ids, id_bytes, longest;
} parts_size;

static inline parts_size parts__sum(const parts_size *a, const parts_size *b) {
  return (parts_size){a->rows + b->rows, a->ids + b->ids, a->id_bytes + b->id_bytes,
                      a->longest > b->longest ? a->longest : b->longest};
}

/* What is taken beside a set, of lengths that are a little rounded up. */
enum { PARTS_LENGTHS = 256 };
typedef struct parts_beside {
  uint64_t (*bytes)(const void *ctx, uint64_t longest); /* NULL: nothing */
  const void *ctx;
  uint64_t known[PARTS_LENGTHS]; /* of each length; 0: not yet */
} parts_beside;

uint64_t parts__beside(parts_beside *beside, uint64_t longest);

typedef struct parts_shape {
  uint64_t a_row, an_id;  /* bytes that each takes, */
  uint64_t a_group;       /* and each kind of an id in the long shape */
  uint64_t a_window_kind; /* each row, for each kind: windows */
  parts_beside *beside;   /* borrowed */
  uint64_t most_values;   /* of a window; UINT64_MAX: of no number */
  bool is_long;
  size_t n_values;
} parts_shape;

parts_shape parts__shape(const series_roles *roles, const ml_series_opts *opts);
uint64_t parts__need(const parts_shape *shape, const parts_size *size, size_t n_kinds);

/* ---- ids that have come: parts_seen.c ---- */

/* For hashes of ids: random, so that nobody can choose ids that have one. */
uint64_t parts__seed(void);

typedef struct parts_seen parts_seen;

typedef enum parts_news {
  PARTS_NEW,
  PARTS_AGAIN,
  PARTS_FULL,     /* nobody knows: there is no room */
  PARTS_NO_MEMORY /* of the machine */
} parts_news;

/* @param most  bytes, and as many again when it ages; 64 KiB at least @return NULL: memory ran out
 */
parts_seen *parts__seen_new(uint64_t most);
parts_news parts__seen_add(parts_seen *seen, uint64_t hash);

/* Make room: ids that have come since the last time are still known, those before no more. */
void parts__seen_age(parts_seen *seen);

/* Add a hash of a stream without an end: never PARTS_FULL. */
parts_news parts__seen_lately(parts_seen *seen, uint64_t hash);
void parts__seen_free(parts_seen *seen);

/* ---- looking at records: parts_survey.c ---- */

/* Rows of a kind, of the id that came in its turn. */
typedef struct parts_tally {
  uint64_t turn, n;
} parts_tally;

/* What is learnt of a file by looking at its ids, kinds and, for windows, times. */
typedef struct parts_survey {
  uint64_t seed;          /* of the hashes of ids */
  series_told told;       /* what was learnt so far */
  ml_buf id;              /* of the last record as it stands, with its NUL */
  uint64_t n_texts;       /* how often the text of the id has changed */
  uint64_t id_hash;       /* of it */
  bool has_id;            /* there was a record */
  size_t shard, n_shards; /* as in ml_series_opts */
  bool is_ours;           /* the id of the last record is of the shard that is read */
  labels kinds;           /* of the long shape, in the order in which they came */
  uint64_t most_kinds;    /* bytes that they may take */
  ml_buf kind;            /* of the last record */
  uint32_t kind_code;     /* of it */
  bool has_kind;
  parts_tally *tallies; /* of each kind; one where rows name none */
  size_t n_tallies;
  uint64_t turn;                              /* how many ids have begun */
  size_t id_column, kind_column, time_column; /* SIZE_MAX: not looked at */
} parts_survey;

void parts__survey_begin(parts_survey *survey, const series_roles *roles,
                         const ml_series_opts *opts);

/* Look at a record. @param[out] begins  it is of another id than the record before */
ml_status parts__look(parts_survey *survey, const ml_csv *csv, const csv_record *record,
                      const csv_fields *fields, bool *begins, ml_error *err);
void parts__survey_release(parts_survey *survey);

/* Count the record that was looked at. @return how many its series has, since its id has begun */
uint64_t parts__tally(parts_survey *survey);

/* Where rows are scattered: counts of classes of series, of which the largest is no less than the
 * longest series. */
static inline uint64_t parts__class(const parts_survey *survey, uint64_t n) {
  const uint64_t x = (survey->id_hash ^ (survey->kind_code + 1)) * 0x9fb21c651e98df25U;
  return (x >> 32) % n;
}

static inline size_t parts__n_kinds(const parts_survey *survey) {
  return survey->kinds.n ? survey->kinds.n : 1;
}

/* ---- temporary storage of records: parts_store.c ---- */

/* Where a record stood. */
typedef struct parts_origin {
  size_t file, line;
} parts_origin;

/* Blocks of one nameless file. */
typedef struct parts_store {
  int fd; /* -1: not open yet */
  size_t block;
  uint32_t n_blocks; /* of the file */
  uint32_t *free;    /* n_free of them that may be used again; as many as n_blocks have room */
  size_t n_free, free_capacity;
} parts_store;

/* Records one behind another, each with its origin in front. */
typedef struct parts_shelf {
  uint32_t *blocks;
  size_t n_blocks, capacity;
  char *buffer; /* the block that is being filled; NULL: none */
  size_t n_buffer;
  uint64_t n_bytes; /* in all, with what is in the buffer */
  parts_origin last;
  parts_size size; /* ids: an estimate when it is sealed */
  uint64_t first_hash;
  bool has_many;     /* more than one id */
  uint64_t *marks;   /* which of so many classes of hashes have come */
  uint64_t *tallies; /* how many rows each of so many classes of series has */
  unsigned level;    /* how often its records were distributed */
} parts_shelf;

typedef struct parts_entry {
  parts_origin origin;
  const char *bytes;
  size_t n;
} parts_entry;

ml_status parts__shelf_put(parts_store *store, parts_shelf *shelf, const parts_entry *entry,
                           ml_error *err);

/* Count the record that was put, which was looked at. */
ml_status parts__shelf_count(parts_shelf *shelf, const parts_survey *survey, ml_error *err);

/* Write what is in the buffer, and estimate the ids. */
ml_status parts__shelf_seal(parts_store *store, parts_shelf *shelf, ml_error *err);

/* Going through sealed shelves. */
typedef struct parts_reader {
  parts_store *store;
  parts_shelf *const *shelves;
  size_t n_shelves, shelf;
  char *block;     /* the one that is read */
  size_t at, n;    /* in it */
  size_t i_block;  /* of the shelf: the next one */
  uint64_t n_left; /* bytes of the shelf */
  parts_origin last;
} parts_reader;

/* @param shelves  n, borrowed */
ml_status parts__reader_open(parts_reader *reader, parts_store *store, parts_shelf *const *shelves,
                             size_t n, ml_error *err);

/* The next record. @param[out] bytes  its own @param[out] is_there  false: at the end */
ml_status parts__reader_next(parts_reader *reader, ml_buf *bytes, parts_origin *origin,
                             bool *is_there, ml_error *err);
void parts__reader_close(parts_reader *reader);

/* Its blocks are free. */
void parts__shelf_release(parts_store *store, parts_shelf *shelf);
void parts__store_close(parts_store *store);

/* ---- the ways to read ---- */

typedef struct parts_copy parts_copy;

/* Of a file that was read to its end. */
typedef struct parts_digest {
  uint64_t n_bytes;
  char text[ML_INPUT_DIGEST_SIZE]; /* "": not known */
} parts_digest;

struct ml_parts {
  const char *const *paths;
  size_t n_paths;
  ml_series_opts series;
  const ml_watch *watch;
  parts_tuning tuning;
  ml_status (*next)(ml_parts *parts, ml_series_set **set, ml_error *err);
  ml_csv *csv;
  csv_fields fields;
  series_roles roles;
  parts_shape shape;
  parts_beside beside;
  parts_survey survey;
  series_told told; /* to the parts that are read now */
  ml_buf head;      /* the header, as the first lines of text that is parsed */
  size_t head_lines;
  bool is_done, was_any;
  size_t longest; /* series of windows */
  /* Contiguous ids: rows of each part. */
  uint64_t *plan;
  size_t n_plan, plan_capacity, i_plan;
  /* Scattered ids: what is to be read. */
  parts_store store;
  parts_shelf **shelves;
  size_t n_shelves, shelves_capacity, i_shelf;
  uint64_t shelf_seed;
  /* Streams. */
  parts_seen *seen;
  ml_buf text;       /* head and records */
  bool has_begun;    /* the record that comes next has been looked at, and begins an id */
  size_t n_complete; /* bytes of text that are whole ids */
  parts_size size;   /* of text */
  parts_size complete;
  uint64_t id_longest;        /* of the id that is not whole yet */
  struct parts_place *places; /* where records of text stood, when it is not one line further */
  size_t n_places, places_capacity;
  size_t text_lines;
  parts_copy *copies;    /* of each file that can be read once only; NULL: there is none */
  parts_digest *digests; /* n_paths */
};

/* Read rows of csv as a part. @param n_rows  SIZE_MAX: all that are left */
ml_status parts__read(ml_parts *parts, ml_csv *csv, size_t n_rows, ml_series_set **set,
                      ml_error *err);

/* Kinds of the set have the names that they have in the whole. */
ml_status parts__name_kinds(parts_survey *survey, ml_series_set *set, ml_error *err);

/* The type of the time column, which the first record decides. */
ml_status parts__probe_time(ml_parts *parts, ml_error *err);

/* Copies of what can be read once only. */
ml_status parts__keep_pipes(ml_parts *parts, ml_error *err);
void parts__close_copies(ml_parts *parts);

/* A csv_opener. @param ctx  ml_parts */
ml_status parts__open_file(void *ctx, size_t file, const ml_watch *watch, ml_input **out,
                           ml_error *err);

ml_status parts__open_csv(ml_parts *parts, bool is_live, ml_error *err);
ml_status parts__put_head(ml_parts *parts, ml_error *err);

/* The error for an id that does not fit. */
ml_status parts__fail_fit(const ml_parts *parts, const char *id, const parts_size *size,
                          parts_origin origin, ml_error *err);

ml_status parts__survey(ml_parts *parts, bool *is_contiguous, ml_error *err);
ml_status parts__scatter(ml_parts *parts, ml_error *err);
ml_status parts__next_planned(ml_parts *parts, ml_series_set **set, ml_error *err);
ml_status parts__next_scattered(ml_parts *parts, ml_series_set **set, ml_error *err);
ml_status parts__stream_begin(ml_parts *parts, ml_error *err);
ml_status parts__next_of_stream(ml_parts *parts, ml_series_set **set, ml_error *err);
bool parts__stream_waits(const ml_parts *parts);
int parts__stream_waits_for(const ml_parts *parts);

#endif
