/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Frames over MPI. All of it is called by one thread, and nothing of it waits but a broadcast. */
#ifndef ML_PLUGIN_MPI_LINK_H
#define ML_PLUGIN_MPI_LINK_H

#include <mpi.h>

#include "packet.h"

/* What goes to a rank, and what comes from it: bytes in order, in which frames lie one behind the
 * other. */
typedef struct peer {
  ml_buf waiting, flying; /* to it: written by us; on its way */
  size_t sent;            /* of flying */
  MPI_Request request;    /* MPI_REQUEST_NULL: nothing flies */
  ml_buf in;              /* from it: what is no whole frame yet */
} peer;

typedef struct mesh {
  int rank, size;
  peer *peers;
  ml_error error; /* what ends all: memory, a frame of nonsense */
} mesh;

typedef struct frame {
  frame_type type;
  int rank; /* it is from */
  packet body;
} frame;

/** @retval ML_ERR_MEMORY, ML_ERR_WORKER: MPI failed */
ml_status mesh__open(mesh *m, ml_error *err);
void mesh__close(mesh *m);

/** Send and receive what can be without waiting. @return something has moved */
bool mesh__turn(mesh *m, void (*on_frame)(void *ctx, frame *f), void *ctx);

/** Send alone. */
bool mesh__send(mesh *m);

/** Everything is out. */
bool mesh__is_flushed(const mesh *m);

/** Give bytes of rank 0 to all others, each of which takes them at the same time. */
void mesh__give(const void *data, size_t n);

/** Take them into a new block of that size. @retval ML_ERR_MEMORY */
ml_status mesh__take(ml_block *block, ml_error *err);

/** Say that a rank has sent what cannot be. */
void mesh__malformed(mesh *m, int rank);

/* ---- waiting --------------------------------------------------------------------------------- */

/* MPI has no descriptor to wait for: look often while there is something to do, and ever more
 * rarely when there is not. */
typedef struct pace {
  long ns, max_ns;
} pace;

/** Sleep a while, until one of the descriptors has something to read; fd -1 is none. */
void pace__wait(pace *p, const int *fds, size_t n);
static inline void pace__hurry(pace *p) {
  p->ns = 0;
}

double mesh__now(void); /* seconds of CLOCK_MONOTONIC */

#endif
