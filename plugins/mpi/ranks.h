/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Shared by the files of the plugin:
 *
 *   mpi.c     the plugin's table: join, leave
 *   lead.c    rank 0: the executor           dispatch.c  one job, from its beginning to its end
 *   feed.c    who gets which items           order.c     results in the order of items
 *   serve.c   another rank: jobs and commands of rank 0
 *   share.c   the pool of a rank and its part of a job, on a thread
 *   link.c    frames over MPI                packet.c      what is in them     ring.c
 */
#ifndef ML_PLUGIN_MPI_RANKS_H
#define ML_PLUGIN_MPI_RANKS_H

#include <ml/mpi.h>

#include "link.h"
#include "order.h"
#include "share.h"

#define BUSY_NS 2000000L  /* between looks while there is a job */
#define IDLE_NS 10000000L /* and when there is none */

/* A rank as rank 0 sees it. */
typedef struct crew {
  char host[256];
  size_t n_workers;
  size_t first_worker; /* workers of the ranks before it */
  bool has_said;       /* what was asked of all */
  ml_error error;      /* that it has said */
  ml_buf trace;        /* of a command that failed */
  size_t n_out;        /* items that it has */
  size_t bytes_out;    /* of their arguments */
  double seconds;      /* that its items of this job took, */
  size_t n_done;       /* so many */
  bool is_done;        /* with the job */
} crew;

typedef struct dispatch dispatch;

struct ml_mpi {
  ml_exec exec; /* first: of rank 0 */
  mesh mesh;
  pace pace;
  ml_watch watch; /* of commands */
  ml_mproc *pool;
  ml_exec *local;   /* the pool's own */
  crew *crews;      /* by rank */
  uint64_t *blocks; /* ids that the ranks have since the last job */
  size_t n_blocks;
};

/* ---- lead.c ---------------------------------------------------------------------------------- */

ml_status lead__open(ml_mpi *m, ml_mproc *pool, const ml_watch *watch, ml_error *err);

/** Wait until all other ranks have said (crew.has_said) what they were asked. */
ml_status lead__await(ml_mpi *m, const ml_watch *watch, ml_error *err);

ml_buf *lead__to(ml_mpi *m, int rank);

/** Send the same frame without fields to all others. */
void lead__tell(ml_mpi *m, frame_type type);

/* ---- dispatch.c, feed.c ---------------------------------------------------------------------- */

/** A job that runs; see dispatch.c. */
struct dispatch {
  ml_mpi *mpi;
  const ml_job *job;
  share *own; /* of rank 0 */
  ml_buf own_frames;
  order order;
  size_t known; /* items that are known to exist: all, or as many as more() gave */
  size_t told;  /* items that progress was told of */
  ml_buf in;    /* the argument of an item */
  ml_error fault;
};

ml_status dispatch__run(ml_exec *exec, const ml_job *job, ml_error *err);

/** Hand out what ranks can take. @param[out] fd  the caller of the job has no arguments until this
 * can be read; -1 @return something was handed out */
bool feed__all(dispatch *d, int *fd);

/* ---- serve.c --------------------------------------------------------------------------------- */

ml_status serve__run(ml_mpi *m, ml_mproc *pool, const ml_error *problem,
                     const ml_module *const *modules, size_t n_modules, ml_error *err);

#endif
