/* SPDX-License-Identifier: GPL-3.0-or-later */
/* libml-mpi.so: the pools of several machines as one, by Open MPI or another MPI-3. */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "build_id.h" /* generated: ML_BUILD_ID */
#include "ranks.h"

#define HURRY_SECONDS 0.1 /* for telling the others that it is over */

static ml_status join(ml_mpi **out, ml_error *err) {
  ml_mpi *m = calloc(1, sizeof *m);
  if (!m) return ml_error_memory(err);
  ml_status status = mesh__open(&m->mesh, err);
  if (status == ML_OK && !(m->crews = calloc((size_t)m->mesh.size, sizeof *m->crews)))
    status = ml_error_memory(err);
  if (status != ML_OK) {
    free(m);
    return status;
  }
  gethostname(m->crews[0].host, sizeof m->crews[0].host - 1);
  *out = m;
  return ML_OK;
}

/* What others still say does not matter. */
static void ignore(void *ctx, frame *f) {
  (void)ctx, (void)f;
}

/* MPI_Finalize() waits for all ranks; when some may be gone, the launcher ends what is left. */
static void leave(ml_mpi *m, bool is_hurried) {
  double until = mesh__now() + HURRY_SECONDS;
  if (m->mesh.error.status != ML_OK) is_hurried = true; /* nobody can be told any more */
  if (m->mesh.rank == 0) lead__tell(m, FRAME_END);
  while (!mesh__is_flushed(&m->mesh) && m->mesh.error.status == ML_OK &&
         (!is_hurried || mesh__now() < until))
    if (!mesh__turn(&m->mesh, ignore, NULL)) pace__wait(&m->pace, NULL, 0);
  if (!is_hurried) MPI_Finalize();
  for (int rank = 0; rank < m->mesh.size; rank++) ml_buf_release(&m->crews[rank].trace);
  mesh__close(&m->mesh);
  free(m->crews);
  free(m->blocks);
  free(m);
}

extern ML_API const ml_mpi_plugin ml_mpi_plugin_table;

const ml_mpi_plugin ml_mpi_plugin_table = {.abi = ML_MPI_ABI,
                                           .build = ML_BUILD_ID,
                                           .join = join,
                                           .lead = lead__open,
                                           .serve = serve__run,
                                           .leave = leave};
