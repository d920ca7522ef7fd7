/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The items of a job between put() and take(), in pieces: neighbours that travel in one frame. */
#ifndef MPROC_QUEUE_H
#define MPROC_QUEUE_H

#include <ml/exec.h>

#define QUEUE_BYTES_MAX ((size_t)64 << 20)

/* Arguments as they go over the wire. Pieces that were cut out of one share them. */
typedef struct payload {
  size_t refs;
  ml_buf bytes;
  size_t n_own;   /* items in a chunk of the caller's own form, which is whole or of no use */
  ml_buf lengths; /* of each item, u32, when there are several */
  int fd;         /* bytes are in this sealed memory file; -1: they are not */
  size_t size;    /* what the bytes count for, wherever they are */
} payload;

typedef enum piece_state {
  PIECE_WAITING, /* to be sent */
  PIECE_SENT,
  PIECE_DONE,
  PIECE_FAILED
} piece_state;

/* What a failed item keeps until its turn comes; the texts are its own. */
typedef struct piece_failure {
  ml_failure failure;
  char *trace, *output;
} piece_failure;

/* Items [first, first + n). */
typedef struct piece {
  struct piece *prev, *next; /* neighbours, in the order of items */
  struct piece *next_again;
  size_t first, n;
  piece_state state;
  payload *in;   /* NULL: given back */
  size_t in_at;  /* its first item among those of the payload */
  ml_buf out;    /* results, as they came */
  void *mapping; /* results in a memory file, n_mapping bytes; NULL: they are not */
  size_t n_mapping;
  piece_failure *failed;
  unsigned losses; /* workers that were lost while they ran it */
  unsigned errors; /* times its function failed */
  bool is_suspect; /* one of its items may have spoiled a worker: each runs alone from now on */
} piece;

/* Items [taken, made). */
typedef struct queue {
  piece *first, *last;
  piece *again; /* those to be sent once more, ascending */
  size_t taken, made, n_pieces, n_again;
  size_t bytes; /* held by all of it */
  piece *spare; /* dropped ones, with their memory */
  size_t spare_bytes;
} queue;

/** Times that each of its items was run without a result. */
static inline unsigned piece__attempts(const piece *p) {
  return p->losses + p->errors + p->is_suspect;
}

/** A piece of n items behind the last, with an empty payload. @return NULL: no memory */
piece *queue__make(queue *q, size_t n);

/** Take back the last piece, of which nothing was sent. */
void queue__unmake(queue *q, piece *p);

/** Items were put into the payload: it counts from now on. */
void queue__count(queue *q, payload *in);

/** Cut a piece, so that it has n items; the rest follows it. @return the rest; NULL: no memory */
piece *queue__cut(queue *q, piece *p, size_t n);

/** To be sent once more. */
void queue__again(queue *q, piece *p);

/** Take the first n items of a piece that is to be sent once more; the rest keeps its place in
 * line. @param at  where the piece is linked. @return NULL: no memory */
piece *queue__pick(queue *q, piece **at, size_t n);

/** The arguments are not needed any more. */
void queue__give_back(queue *q, piece *p);

/** An empty payload again. @return false: no memory */
bool queue__renew(piece *p);

/** Keep bytes of results. @return false: no memory */
bool queue__keep(queue *q, piece *p, const void *bytes, size_t n);

void queue__drop_first(queue *q);
void queue__release(queue *q);

#endif
