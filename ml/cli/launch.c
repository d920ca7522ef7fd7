/* SPDX-License-Identifier: GPL-3.0-or-later */
/* --engine mpi: which process is what when mpirun or srun has started several. */
#include "cli.h"

static bool is_several(ml_mpi_launch launch) {
  return launch.size > 1;
}

/* What several processes were started for by a launcher, though none is a rank. */
static bool is_alone;

/* A mistake on the command line may come before --engine is known. */
bool cli__is_mute(const cli_call *cli) {
  return !cli->ranks.mpi && !is_alone && ml_mpi_launched().rank > 0;
}

static cli_workers *find_workers(const cli_command *command, void *options) {
  for (const cli_group *g = command->groups; g && g->title; g++)
    if (g->opts == cli__worker_opts) return (cli_workers *)((char *)options + g->offset);
  return NULL;
}

/* User's code runs in workers alone: no rank ends by it. */
static void fill_in(cli_call *cli, cli_workers *workers) {
  if (workers->n.value == 0) workers->n = (cli_int){.value = 1, .given = true};
  cli->ranks.has_no_port = !workers->port.given;
  workers->port.given = true;
}

/* Ranks of one machine cannot have the same port, and nobody asks another than rank 0. */
static cli_workers workers_of_other(const cli_workers *workers) {
  cli_workers own = *workers;
  own.port.value = 0;
  own.metrics_port.given = false;
  own.bind = own.token_file = NULL;
  own.allow_remote = false;
  return own;
}

static ml_status serve(cli_call *cli, const cli_workers *workers, ml_error *err) {
  const ml_module *modules[] = {ml_fresh_module(), ml_xval_module(), ml_peach_module()};
  const cli_workers own = workers_of_other(workers);
  ml_mproc *pool;
  ml_error problem = {0};
  cli->common.verbose = false; /* rank 0 tells */
  problem.status = cli__open_own_pool(cli, &own, NULL, &pool, &problem);
  ml_status status = cli->ranks.plugin->serve(cli->ranks.mpi, pool, &problem, modules,
                                              sizeof modules / sizeof *modules, err);
  ml_mproc_close(pool);
  cli->ranks.is_broken = status != ML_OK;
  return status;
}

static ml_status check(const cli_workers *workers, ml_mpi_launch launch, ml_error *err) {
  if (workers->engine == CLI_ENGINE_MPI && launch.size == 0)
    return ml_error_set(err, ML_ERR_USAGE,
                        "--engine mpi, but no launcher has started this: use 'mpirun mltool ...' "
                        "or 'srun --mpi=pmix mltool ...'");
  return ML_OK;
}

ml_status cli__join_ranks(cli_call *cli, void *options, bool *is_served, ml_error *err) {
  ml_mpi_launch launch = ml_mpi_launched();
  cli_workers *workers = find_workers(cli->command, options);
  is_alone = !workers || workers->engine == CLI_ENGINE_LOCAL ||
             (workers->engine == CLI_ENGINE_AUTO && !is_several(launch));
  if (is_alone) return ML_OK;
  ml_status status = check(workers, launch, err);
  if (status != ML_OK) return status;
  fill_in(cli, workers);
  status = cli__check_workers(workers, err);
  if (status == ML_OK) status = cli__guard(launch.rank, launch.size, err);
  if (status == ML_OK) status = ml_mpi_find(&cli->ranks.plugin, err);
  if (status == ML_OK) status = cli->ranks.plugin->join(&cli->ranks.mpi, err);
  if (status != ML_OK || launch.rank == 0) return status;
  *is_served = true;
  return serve(cli, workers, err);
}

void cli__leave_ranks(cli_call *cli) {
  cli_ranks *ranks = &cli->ranks;
  if (ranks->mpi) ranks->plugin->leave(ranks->mpi, ranks->is_broken || cli__caught_signal() != 0);
  ranks->mpi = NULL;
}
