/* SPDX-License-Identifier: GPL-3.0-or-later */
/* mltool fresh --target: only the features that matter for it are written. */
#include <stdlib.h>
#include <string.h>

#include "fresh_run.h"

ml_status fresh_select__check(const fresh_options *o, fresh_run *run, ml_error *err) {
  const cli_selection *s = &o->selection;
  ml_status status = cli__check_selection(s, &run->select_opts, err);
  if (status != ML_OK) return status;
  if (s->target && !*s->target)
    return ml_error_set(err, ML_ERR_USAGE, "option '--target' takes the name of a column");
  if (s->target_file && cli__is_stdio(s->target_file) && cli__is_stdio(run->input))
    return ml_error_set(err, ML_ERR_USAGE,
                        "the series and the target cannot both be standard input");
  return ML_OK;
}

void fresh_select__columns(const fresh_options *o, ml_series_opts *columns) {
  columns->target = o->selection.target;
  columns->target_is_elsewhere = o->selection.target_file != NULL;
}

/* ---- the target ---------------------------------------------------------------------------- */

/* A target that is a kind besides would select itself. */
static ml_status check_kinds(const fresh_options *o, const fresh_run *run, ml_error *err) {
  const char *name = run->target->name;
  for (size_t k = 0; !o->selection.target && k < ml_series_n_kinds(run->set); k++)
    if (strcmp(ml_series_kind(run->set, k), name) == 0)
      return ml_error_at(err, ML_ERR_USAGE, run->input_name, 0, 0,
                         "column \"%.60s\" has the name of the target in --target-file; with "
                         "--target it is left out",
                         name);
  return ML_OK;
}

/* What options and target contradict is found out by a selection among nothing, before the long
 * work. */
static ml_status try_selection(const fresh_run *run, ml_error *err) {
  ml_matrix *nothing = NULL;
  ml_selection *none = NULL;
  ml_status status = ml_matrix_new(NULL, run->target->n, 1, &nothing, err);
  if (status == ML_OK && !(nothing->columns[0] = strdup("nothing"))) status = ml_error_memory(err);
  if (status == ML_OK)
    status = ml_select(nothing, run->target, &run->select_opts, NULL, NULL, &none, err);
  ml_selection_free(none);
  ml_matrix_free(nothing);
  return status;
}

ml_status fresh_select__read_target(cli_call *cli, const fresh_options *o, fresh_run *run,
                                    const ml_watch *watch, ml_error *err) {
  const cli_selection *s = &o->selection;
  const ml_target_opts of = {.name = s->target, .problem = (ml_problem)s->task, .watch = watch};
  ml_status status = s->target_file
                         ? ml_target_read_series(s->target_file, &of, run->set, &run->target, err)
                         : ml_target_of_series(run->set, of.problem, &run->target, err);
  if (status == ML_OK) status = check_kinds(o, run, err);
  if (status == ML_OK) status = try_selection(run, err);
  if (status == ML_OK && s->target_file && ml_series_target_name(run->set))
    cli__note(cli, "%s: column '%s' is left out: the target is that of %s", run->input_name,
              s->target, cli__is_stdio(s->target_file) ? "standard input" : s->target_file);
  return status;
}

/* ---- the selection ------------------------------------------------------------------------- */

ml_status fresh_select__write(cli_call *cli, const fresh_options *o, fresh_run *run,
                              const ml_watch *watch, ml_error *err) {
  const cli_selecting selecting = {.given = &o->selection,
                                   .opts = &run->select_opts,
                                   .input_name = run->input_name,
                                   .features = run->matrix,
                                   .target = run->target,
                                   .exec = ml_mproc_exec(run->pool),
                                   .watch = watch,
                                   .output = o->output,
                                   .safe_names = o->names == CLI_NAMES_SAFE,
                                   .set = run->set,
                                   .settings = run->settings};
  return cli__select(cli, &selecting, &run->selection, err);
}
