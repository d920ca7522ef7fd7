/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Frames between ranks: a type and a run of fields. All ranks are of one build, and so of one byte
 * order; what comes is checked all the same. */
#ifndef ML_PLUGIN_MPI_PACKET_H
#define ML_PLUGIN_MPI_PACKET_H

#include <ml/exec.h>

typedef enum frame_type {
  /* from rank 0 */
  FRAME_INIT = 1, /* a command for the pool */
  FRAME_JOB,      /* what is to be run */
  FRAME_GO,       /* all have room for its blocks, which follow by broadcast */
  FRAME_DROP,     /* the job is off before it began */
  FRAME_ITEM,
  FRAME_CLOSE, /* there are no more items */
  FRAME_STOP,  /* nobody wants the rest */
  FRAME_END,   /* there are no more jobs */
  /* to rank 0 */
  FRAME_HELLO,  /* the pool is open, or why not */
  FRAME_INITED, /* how a command went */
  FRAME_READY,  /* there is room for the blocks of the job, or why not */
  FRAME_RESULT, /* an item is over */
  FRAME_DONE    /* the share of the job is over */
} frame_type;

/** Begin a frame. @return for packet__end() */
size_t packet__begin(ml_buf *buf, frame_type type);
void packet__end(ml_buf *buf, size_t at);

/* Fields; each begins at a multiple of 8. */
void packet__put_u64(ml_buf *buf, uint64_t value);
void packet__put_real(ml_buf *buf, double value);
void packet__put_bytes(ml_buf *buf, const void *bytes, size_t n);
void packet__put_text(ml_buf *buf, const char *text);
void packet__put_error(ml_buf *buf, const ml_error *error);
void packet__put_failure(ml_buf *buf, const ml_failure *failure);

/* What is left of a frame. */
typedef struct packet {
  const char *at;
  size_t left;
  bool is_bad; /* it ended too early, or has nonsense: all that was read since is zero or empty */
} packet;

uint64_t packet__u64(packet *in);
double packet__real(packet *in);
ml_span packet__bytes(packet *in);    /* borrowed from the frame; data is never NULL */
const char *packet__text(packet *in); /* borrowed; "" when it is bad */
void packet__error(packet *in, ml_error *out);
void packet__failure(packet *in, ml_failure *out); /* its texts are borrowed */

/** Find the first whole frame in n bytes. @param[out] type, body  of it
 * @return its length; 0: it is not all there */
size_t packet__frame(const char *bytes, size_t n, frame_type *type, packet *body);

#endif
