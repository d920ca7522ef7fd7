/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Ranks of MPI: processes of the same command line on several machines, each with a pool. Rank 0
 * runs the command, the others run items for it. Only the plugin libml-mpi.so knows MPI. */
#ifndef ML_MPI_H
#define ML_MPI_H

#include <ml/mproc.h>

ML_BEGIN_DECLS

/* What a launcher (mpirun, srun) has told this process by its environment. */
typedef struct ml_mpi_launch {
  size_t rank, size; /* size 0: there was no launcher of MPI */
} ml_mpi_launch;

ML_API ml_mpi_launch ml_mpi_launched(void);

typedef struct ml_mpi ml_mpi;

#define ML_MPI_ABI 1

/* The symbol that the plugin exports: const ml_mpi_plugin ml_mpi_plugin_table. MPI is called by
 * the thread that calls these, which must be the same for all of them. */
typedef struct ml_mpi_plugin {
  uint32_t abi;      /* ML_MPI_ABI */
  const char *build; /* ml_build_id() of the libml it was built with */
  /* Meet the other ranks. Once in a process. @param[out] out  end it with leave() */
  ml_status (*join)(ml_mpi **out, ml_error *err);
  /* On rank 0: wait until the others are ready, and have jobs of the pool run on all of them.
   * @retval ML_ERR_CANCELLED  the watch said so
   * @return else why another rank cannot serve */
  ml_status (*lead)(ml_mpi *mpi, ml_mproc *pool, const ml_watch *watch, ml_error *err);
  /* On another: run items until rank 0 has no more.
   * @param pool     NULL: it could not be opened; rank 0 is told
   * @param problem  why it is NULL
   * @param modules  what rank 0 may ask for by name */
  ml_status (*serve)(ml_mpi *mpi, ml_mproc *pool, const ml_error *problem,
                     const ml_module *const *modules, size_t n_modules, ml_error *err);
  /* Rank 0 has no more work, or this rank cannot go on.
   * @param is_hurried  do not wait for the others: they may be gone. A process that then ends with
   *                    another code than 0 has the launcher end all */
  void (*leave)(ml_mpi *mpi, bool is_hurried);
} ml_mpi_plugin;

/**
 * Open the plugin.
 *
 * @retval ML_ERR_USAGE  it is not there, not loadable (a library of MPI is missing), or of another
 *                       build
 */
ML_API ML_MUST_CHECK ml_status ml_mpi_find(const ml_mpi_plugin **out, ml_error *err);

ML_END_DECLS
#endif
