/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the central process and its workers say to each other: frames, messages, proofs.
 * Pure functions over bytes: every one of those that read takes hostile input. */
#ifndef MPROC_WIRE_H
#define MPROC_WIRE_H

#include <ml/buffer.h>
#include <ml/status.h>

#define WIRE_VERSION 2

enum {
  WIRE_NONCE = 32,
  WIRE_TOKEN = 32,
  WIRE_PROOF = 32,
  WIRE_LANE = 16,
  WIRE_BUILD_MAX = 64,  /* a build id with its NUL */
  WIRE_NAME_MAX = 64,   /* a module or task with its NUL */
  WIRE_BLOCKS_MAX = 128 /* of one job; below the 253 descriptors that one message may carry */
};

/* ---- frames -------------------------------------------------------------------------------- */

/* Little endian, a header of 24 bytes and then the payload, padded with zeros to a multiple of 8,
 * so that a payload in an aligned buffer is aligned: 0 u32  bytes of payload, without the padding
 *    4 u8   type
 *    5 u8   flags
 *    6 u16  ITEM, RESULT: items in the frame, from 1
 *    8 u32  serial number of the job
 *   12 u32  RESULT, ERROR: nanoseconds the items took (saturated); else 0
 *   16 u64  first item */
#define FRAME_HEADER      24
#define FRAME_PAYLOAD_MAX ((size_t)64 << 20) /* larger data goes into a block */
#define FRAME_GUEST_MAX   ((size_t)512)      /* before the other side has proved the token */

#define FRAME_NO_ITEM   UINT64_MAX /* ERROR: the task could not be opened */
#define FRAME_ITEMS_MAX 65535
#define FRAME_TRACE_MAX ((size_t)64 << 10) /* of an ERROR; what is more is cut off */
#define FRAME_ARGS_MAX  ((size_t)1 << 20)  /* of a job */

/* Several items, as chunk.c has them. */
#define FRAME_CHUNK 1
/* The payload is a u64: the size of a sealed memory file that comes over the lane. */
#define FRAME_MEMFD 2
/* One or more items in one run of bytes, which run_chunk() takes or gave. */
#define FRAME_OWN   4
#define FRAME_FLAGS (FRAME_CHUNK | FRAME_MEMFD | FRAME_OWN)

typedef enum frame_type {
  FRAME_HELLO = 1, /* central: version, nonce */
  FRAME_AUTH,      /* worker: nonce, pid, build, proof */
  FRAME_WELCOME,   /* central: proof */
  FRAME_REFUSE,    /* central: exit code for the worker */
  FRAME_OPEN,      /* central: module, task, blocks; descriptors come over the lane */
  FRAME_ITEM,      /* central: arguments */
  FRAME_RESULT,    /* worker: results, in the order of items; those of a chunk may come in parts */
  FRAME_ERROR,     /* worker: an ml_error, and more lines */
  FRAME_CLOSE,     /* central: end of a job; items that wait are dropped and CLOSED is the answer */
  FRAME_CLOSED,
  FRAME_BYE,     /* central: end; item: the exit code, ML_WORKER_DONE or _LIFETIME */
  FRAME_INIT,    /* central: a command for the whole process, see INIT_COMMAND */
  FRAME_DONE,    /* worker: the answer of a command; ERROR when it failed */
  FRAME_STATUS,  /* central, to a peer that asks for it: JSON */
  FRAME_RELEASE, /* central, between jobs: ids of blocks that are no more */
  FRAME_N_TYPES
} frame_type;

/* Commands have numbers of their own in the place of the job's, which no job gets. The item of INIT
 * is made of flags. */
#define INIT_COMMAND UINT32_C(0x80000000)
#define INIT_WANTED  UINT64_C(1) /* its answer is looked at */
#define INIT_REPLAY  UINT64_C(2) /* it was done before: a worker that fails in it is of no use */

typedef struct frame {
  frame_type type;
  uint8_t flags;
  uint16_t items;
  uint32_t job, spent_ns;
  uint64_t item;
  const void *payload; /* borrowed */
  size_t n;
} frame;

static inline size_t wire_padded(size_t n) {
  return (n + 7) & ~(size_t)7;
}

/** Bytes on the wire, header and padding included. */
static inline size_t frame__size(const frame *f) {
  return FRAME_HEADER + wire_padded(f->n);
}

typedef enum frame_verdict { FRAME_PARTIAL, FRAME_WHOLE, FRAME_BAD } frame_verdict;

/** Read the frame at the start of n bytes; it is frame__size() long. */
frame_verdict frame__parse(const void *bytes, size_t n, size_t payload_max, frame *out);

void frame__put(ml_buf *buf, const frame *f);
/** The header alone, with room for the rest. @return false: no memory */
bool frame__put_header(ml_buf *buf, const frame *f);

/* ---- chunk.c: several items in one payload --------------------------------------------------- */

/* Arguments or results, each padded to a multiple of 8, and behind them a table of their lengths,
 * u32 each, padded too. */
typedef struct chunk_table {
  const char *bytes; /* of the next item */
  const unsigned char *lengths;
} chunk_table;

/** Write a frame of f->items items. @param bytes  the padded items; @param lengths  of each */
void chunk__put(ml_buf *buf, const frame *f, const void *bytes, const uint32_t *lengths);

/** Check a payload of n_items items. */
bool chunk__parse(const void *payload, size_t n, size_t n_items, chunk_table *out);

/** The bytes of the next item; at most as often as there are items. */
const void *chunk__next(chunk_table *table, size_t *n);

/* ---- handshake ----------------------------------------------------------------------------- */

/* What a peer wants to be. The first holds the token that it inherited, others that of the file. */
typedef enum peer_role { PEER_WORKER, PEER_VISITOR, PEER_STATUS, PEER_N_ROLES } peer_role;

/* What both sides know when they prove to each other that they hold the token. */
typedef struct handshake {
  unsigned char central_nonce[WIRE_NONCE], worker_nonce[WIRE_NONCE];
  uint16_t port;
  uint32_t pid;
  char build[WIRE_BUILD_MAX];
  peer_role role;
  unsigned char lane[WIRE_LANE]; /* name of the Unix socket where a visitor listens; zeros: none */
} handshake;

typedef enum proof_role { PROOF_WORKER, PROOF_CENTRAL } proof_role;

/** HMAC-SHA256 under the token over the role and everything in the handshake. */
void proof__make(unsigned char proof[WIRE_PROOF], const unsigned char token[WIRE_TOKEN],
                 proof_role role, const handshake *h);
bool proof__holds(const unsigned char proof[WIRE_PROOF], const unsigned char token[WIRE_TOKEN],
                  proof_role role, const handshake *h);

/* ---- messages: payloads of frames ---------------------------------------------------------- */

void message__put_hello(ml_buf *buf, const unsigned char nonce[WIRE_NONCE]);
bool message__parse_hello(const frame *f, unsigned char nonce[WIRE_NONCE]);

/** AUTH: worker_nonce, role, pid, build and lane of the handshake, and the proof. */
void message__put_auth(ml_buf *buf, const handshake *h, const unsigned char proof[WIRE_PROOF]);
bool message__parse_auth(const frame *f, handshake *h, unsigned char proof[WIRE_PROOF]);

/** WELCOME: the proof of the central process, and whether it opens a visitor's lane. */
void message__put_welcome(ml_buf *buf, const unsigned char proof[WIRE_PROOF], bool has_lane);
bool message__parse_welcome(const frame *f, unsigned char proof[WIRE_PROOF], bool *has_lane);

/** What follows in the payload is a trace, cut at FRAME_TRACE_MAX. */
void message__put_error(ml_buf *buf, const frame *f, const ml_error *err, const ml_buf *trace);
/** @param[out] trace  n_trace bytes, borrowed; not NUL-terminated */
bool message__parse_error(const frame *f, ml_error *err, const char **trace, size_t *n_trace);

typedef struct open_block {
  uint64_t id, size;
  bool is_new, is_result; /* new: its descriptor comes over the lane, in the order of blocks */
} open_block;

/* OPEN: a job is about to start. */
typedef struct open_message {
  char module[WIRE_NAME_MAX], task[WIRE_NAME_MAX];
  bool is_timed; /* items have a time limit each, those of a chunk too */
  size_t n_blocks;
  open_block blocks[WIRE_BLOCKS_MAX];
  const void *args; /* of the job; borrowed */
  size_t n_args;
} open_message;

void message__put_open(ml_buf *buf, uint32_t job, const open_message *open);
bool message__parse_open(const frame *f, open_message *open);

void message__put_release(ml_buf *buf, const uint64_t *ids, size_t n);
/** @param[out] ids  room for WIRE_BLOCKS_MAX */
bool message__parse_release(const frame *f, uint64_t *ids, size_t *n);

void message__put_size(unsigned char bytes[8], uint64_t size);
bool message__parse_size(const frame *f, uint64_t *size);

#endif
