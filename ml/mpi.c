/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What launchers of MPI say, and the plugin that knows MPI. */
#include <dlfcn.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include <ml/model_internal.h>
#include <ml/mpi.h>
#include <ml/version.h>

#define PLUGIN_FILE "libml-mpi.so"

/* ---- launchers ------------------------------------------------------------------------------- */

static bool read_count(const char *name, size_t *out) {
  const char *text = getenv(name);
  char *end;
  if (!text || *text < '0' || *text > '9') return false;
  unsigned long value = strtoul(text, &end, 10);
  *out = value;
  return *end == 0;
}

ml_mpi_launch ml_mpi_launched(void) {
  static const struct {
    const char *rank, *size;
  } launchers[] = {{"OMPI_COMM_WORLD_RANK", "OMPI_COMM_WORLD_SIZE"}, /* mpirun */
                   {"PMIX_RANK", "SLURM_STEP_NUM_TASKS"},            /* srun --mpi=pmix */
                   {"PMI_RANK", "PMI_SIZE"}};                        /* srun --mpi=pmi2 */
  ml_mpi_launch launch;
  for (size_t i = 0; i < sizeof launchers / sizeof *launchers; i++)
    if (read_count(launchers[i].rank, &launch.rank) &&
        read_count(launchers[i].size, &launch.size) && launch.rank < launch.size)
      return launch;
  return (ml_mpi_launch){0, 0};
}

/* ---- the plugin ------------------------------------------------------------------------------ */

/* Components of Open MPI are plugins themselves and need its symbols: RTLD_GLOBAL. It is never
 * closed: MPI cannot be started again. */
static ml_status open_plugin(const char *path, const ml_mpi_plugin **out, ml_error *err) {
  void *handle = dlopen(path, RTLD_NOW | RTLD_GLOBAL);
  if (!handle)
    return ml_error_set(err, ML_ERR_USAGE, "cannot load the plugin for MPI: %s", dlerror());
  const ml_mpi_plugin *plugin = dlsym(handle, "ml_mpi_plugin_table");
  if (!plugin)
    return ml_error_set(err, ML_ERR_USAGE,
                        "'%s' is no plugin: it does not export ml_mpi_plugin_table", path);
  if (plugin->abi != ML_MPI_ABI || !plugin->build || strcmp(plugin->build, ml_build_id()) != 0)
    return ml_error_set(err, ML_ERR_USAGE, "the plugin '%s' belongs to another build of libml",
                        path);
  *out = plugin;
  return ML_OK;
}

ml_status ml_mpi_find(const ml_mpi_plugin **out, ml_error *err) {
  char path[PATH_MAX];
  bool is_there;
  ml_status status = plugin__find(PLUGIN_FILE, path, sizeof path, &is_there, err);
  if (status == ML_OK && !is_there)
    return ml_error_set(err, ML_ERR_USAGE,
                        "ranks of MPI need the plugin " PLUGIN_FILE
                        ", which is not installed (build with libopenmpi-dev), or --engine local");
  return status == ML_OK ? open_plugin(path, out, err) : status;
}
