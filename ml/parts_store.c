/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Records on shelves: blocks of one nameless file, so that a single descriptor serves any number of
 * shelves, and what was read makes room for what is distributed again. A record has in front how
 * far it stood behind the one before, and its length.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <ml/parts_internal.h>
#include <ml/temporary.h>

/* ---- blocks ---- */

static ml_status take_block(parts_store *store, uint32_t *block, ml_error *err) {
  if (store->fd < 0) {
    ml_status status = temporary__open(&store->fd, err);
    if (status != ML_OK) return status;
  }
  if (store->n_free > 0) {
    *block = store->free[--store->n_free];
    return ML_OK;
  }
  if (store->n_blocks == UINT32_MAX)
    return ml_error_set(err, ML_ERR_IO, "too many blocks for a temporary file");
  if (store->n_blocks == store->free_capacity) {
    const size_t capacity = store->free_capacity ? 2 * store->free_capacity : 64;
    uint32_t *all = reallocarray(store->free, capacity, sizeof *all);
    if (!all) return ml_error_memory(err);
    store->free = all;
    store->free_capacity = capacity;
  }
  *block = store->n_blocks++;
  return ML_OK;
}

static void give_block(parts_store *store, uint32_t block) {
  store->free[store->n_free++] = block;
}

void parts__store_close(parts_store *store) {
  if (store->fd >= 0) close(store->fd);
  free(store->free);
  *store = (parts_store){.fd = -1};
}

/* ---- putting ---- */

static ml_status write_buffer(parts_store *store, parts_shelf *shelf, ml_error *err) {
  if (shelf->n_blocks == shelf->capacity) {
    const size_t capacity = shelf->capacity ? 2 * shelf->capacity : 8;
    uint32_t *blocks = reallocarray(shelf->blocks, capacity, sizeof *blocks);
    if (!blocks) return ml_error_memory(err);
    shelf->blocks = blocks;
    shelf->capacity = capacity;
  }
  uint32_t block = 0; /* gcc does not see that take_block() sets it */
  ml_status status = take_block(store, &block, err);
  if (status != ML_OK) return status;
  shelf->blocks[shelf->n_blocks++] = block;
  status = temporary__write(store->fd, shelf->buffer, shelf->n_buffer,
                            (uint64_t)block * store->block, err);
  shelf->n_buffer = 0;
  return status;
}

static ml_status put_bytes(parts_store *store, parts_shelf *shelf, const char *bytes, size_t n,
                           ml_error *err) {
  shelf->n_bytes += n;
  while (n > 0) {
    const size_t room = store->block - shelf->n_buffer, take = n < room ? n : room;
    memcpy(shelf->buffer + shelf->n_buffer, bytes, take);
    shelf->n_buffer += take;
    bytes += take;
    n -= take;
    if (shelf->n_buffer < store->block) continue;
    ml_status status = write_buffer(store, shelf, err);
    if (status != ML_OK) return status;
  }
  return ML_OK;
}

enum { NUMBER_MAX = 10 };

static size_t put_number(char *to, uint64_t number) {
  size_t n = 0;
  for (; number > 127; number >>= 7) to[n++] = (char)(number | 128);
  to[n++] = (char)number;
  return n;
}

ml_status parts__shelf_put(parts_store *store, parts_shelf *shelf, const parts_entry *entry,
                           ml_error *err) {
  char front[3 * NUMBER_MAX];
  const bool same_file = entry->origin.file == shelf->last.file;
  const uint64_t ahead = same_file ? entry->origin.line - shelf->last.line : entry->origin.line;
  size_t n = put_number(front, ahead << 1 | !same_file);
  if (!same_file) n += put_number(front + n, entry->origin.file);
  n += put_number(front + n, entry->n);
  shelf->last = entry->origin;
  if (!shelf->buffer && !(shelf->buffer = malloc(store->block))) return ml_error_memory(err);
  ml_status status = put_bytes(store, shelf, front, n, err);
  return status == ML_OK ? put_bytes(store, shelf, entry->bytes, entry->n, err) : status;
}

/* ---- how many ids ---- */

enum { CLASSES = 256, MARKS = 1 << 15 };

static uint64_t mix(uint64_t x) {
  x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9U;
  x = (x ^ (x >> 27)) * 0x94d049bb133111ebU;
  return x ^ (x >> 31);
}

static bool begin_counts(parts_shelf *shelf) {
  if (!shelf->marks) shelf->marks = calloc(MARKS / 64, sizeof *shelf->marks);
  if (!shelf->tallies) shelf->tallies = calloc(CLASSES, sizeof *shelf->tallies);
  return shelf->marks && shelf->tallies;
}

static void end_counts(parts_shelf *shelf) {
  free(shelf->marks);
  free(shelf->tallies);
  shelf->marks = shelf->tallies = NULL;
}

ml_status parts__shelf_count(parts_shelf *shelf, const parts_survey *survey, ml_error *err) {
  const uint64_t hash = survey->id_hash;
  const size_t id_bytes = survey->id.n;
  if (!begin_counts(shelf)) return ml_error_memory(err);
  if (shelf->size.rows == 0) shelf->first_hash = hash;
  shelf->has_many |= hash != shelf->first_hash;
  const uint64_t mark = mix(hash + 1) % MARKS;
  shelf->marks[mark / 64] |= UINT64_C(1) << mark % 64;
  if (id_bytes > shelf->size.id_bytes) shelf->size.id_bytes = id_bytes; /* of the longest, as yet */
  const uint64_t n = ++shelf->tallies[parts__class(survey, CLASSES)];
  if (n > shelf->size.longest) shelf->size.longest = n;
  shelf->size.rows++;
  return ML_OK;
}

/* From how many classes have none (linear counting, Whang et al. 1990). */
static uint64_t estimate(const parts_shelf *shelf) {
  size_t n = 0;
  if (!shelf->has_many) return 1;
  for (size_t i = 0; i < MARKS / 64; i++) n += (size_t)__builtin_popcountll(shelf->marks[i]);
  if (MARKS - n < MARKS / 4096) return shelf->size.rows;
  const double ids = -(double)MARKS * log((double)(MARKS - n) / MARKS) * 1.04 + 2;
  return ids < (double)shelf->size.rows ? (uint64_t)ids : shelf->size.rows;
}

ml_status parts__shelf_seal(parts_store *store, parts_shelf *shelf, ml_error *err) {
  ml_status status = shelf->n_buffer > 0 ? write_buffer(store, shelf, err) : ML_OK;
  if (shelf->size.rows > 0) shelf->size.ids = estimate(shelf);
  shelf->size.id_bytes *= shelf->size.ids;
  free(shelf->buffer);
  end_counts(shelf);
  shelf->buffer = NULL;
  return status;
}

void parts__shelf_release(parts_store *store, parts_shelf *shelf) {
  for (size_t i = 0; i < shelf->n_blocks; i++) give_block(store, shelf->blocks[i]);
  free(shelf->blocks);
  free(shelf->buffer);
  end_counts(shelf);
  *shelf = (parts_shelf){0};
}

/* ---- reading ---- */

static void begin_shelf(parts_reader *r) {
  r->i_block = 0;
  r->n_left = r->shelf < r->n_shelves ? r->shelves[r->shelf]->n_bytes : 0;
  r->last = (parts_origin){0};
}

ml_status parts__reader_open(parts_reader *reader, parts_store *store, parts_shelf *const *shelves,
                             size_t n, ml_error *err) {
  *reader = (parts_reader){.store = store, .shelves = shelves, .n_shelves = n};
  reader->block = malloc(store->block);
  begin_shelf(reader);
  return reader->block ? ML_OK : ml_error_memory(err);
}

void parts__reader_close(parts_reader *reader) {
  free(reader->block);
}

static ml_status read_block(parts_reader *r, ml_error *err) {
  const parts_shelf *shelf = r->shelves[r->shelf];
  r->n = r->n_left < r->store->block ? (size_t)r->n_left : r->store->block;
  r->at = 0;
  r->n_left -= r->n;
  return temporary__read(r->store->fd, r->block, r->n,
                         (uint64_t)shelf->blocks[r->i_block++] * r->store->block, err);
}

/* The bytes that lie together; there are some. */
static ml_status some(parts_reader *r, ml_error *err) {
  if (r->at < r->n) return ML_OK;
  if (r->n_left > 0) return read_block(r, err);
  return ml_error_set(err, ML_ERR_IO, "a temporary file is damaged");
}

static ml_status take_number(parts_reader *r, uint64_t *number, ml_error *err) {
  *number = 0;
  for (unsigned shift = 0; shift < 64; shift += 7) {
    ml_status status = some(r, err);
    if (status != ML_OK) return status;
    const unsigned char c = (unsigned char)r->block[r->at++];
    *number |= (uint64_t)(c & 127) << shift;
    if (c < 128) break;
  }
  return ML_OK;
}

static ml_status take_front(parts_reader *r, uint64_t *n, ml_error *err) {
  uint64_t ahead, file = r->last.file;
  ml_status status = take_number(r, &ahead, err);
  if (status != ML_OK) return status;
  const bool same_file = !(ahead & 1);
  if (!same_file) status = take_number(r, &file, err);
  r->last.line = (same_file ? r->last.line : 0) + (ahead >> 1);
  r->last.file = file;
  return status == ML_OK ? take_number(r, n, err) : status;
}

ml_status parts__reader_next(parts_reader *r, ml_buf *bytes, parts_origin *origin, bool *is_there,
                             ml_error *err) {
  uint64_t n;
  while (r->at == r->n && r->n_left == 0 && r->shelf < r->n_shelves) {
    r->shelf++;
    begin_shelf(r);
  }
  *is_there = r->shelf < r->n_shelves;
  if (!*is_there) return ML_OK;
  ml_status status = take_front(r, &n, err);
  ml_buf_clear(bytes);
  while (status == ML_OK && n > 0) {
    status = some(r, err);
    if (status != ML_OK) return status;
    const size_t take = n < r->n - r->at ? (size_t)n : r->n - r->at;
    ml_buf_put(bytes, r->block + r->at, take);
    r->at += take;
    n -= take;
  }
  *origin = r->last;
  if (bytes->failed) return ml_error_memory(err);
  return status;
}
