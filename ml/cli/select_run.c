/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Impute, select, and write all that a selection gives. */
#include "relevance.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* ---- missing values ------------------------------------------------------------------------ */

static bool has_odd_values(const ml_matrix *m) {
  size_t n = m->n_rows * m->n_columns;
  for (size_t i = 0; i < n; i++)
    if (!isfinite(m->values[i])) return true;
  return false;
}

static void note_imputed(cli_call *cli, const cli_selecting *s, const size_t *n_odd) {
  size_t n_values = 0, n_columns = 0;
  for (size_t j = 0; j < s->features->n_columns; j++) {
    n_values += n_odd[j];
    n_columns += n_odd[j] > 0;
  }
  if (n_values == 0) return;
  const char *by = s->given->impute == CLI_IMPUTE_ZERO
                       ? "0"
                       : "the median of the column, infinities by its largest and smallest value";
  cli__note(cli, "%zu value%s in %zu column%s %s NaN or infinite: replaced by %s", n_values,
            cli__plural(n_values), n_columns, cli__plural(n_columns), n_values == 1 ? "is" : "are",
            by);
}

/* The ranges are part of a recipe, also of columns that need nothing replaced here. */
static ml_status impute(cli_call *cli, const cli_selecting *s, ml_impute_range **out,
                        ml_error *err) {
  ml_matrix *m = s->features;
  bool is_odd = has_odd_values(m);
  if (s->given->impute == CLI_IMPUTE_NO || (!is_odd && !s->given->recipe)) return ML_OK;
  ml_impute_range *ranges = calloc(m->n_columns + 1, sizeof *ranges);
  size_t *n_odd = calloc(m->n_columns + 1, sizeof *n_odd);
  ml_status status =
      ranges && n_odd ? ml_impute_learn(m, ranges, n_odd, s->watch, err) : ml_error_memory(err);
  if (status == ML_OK && s->given->impute == CLI_IMPUTE_ZERO)
    memset(ranges, 0, m->n_columns * sizeof *ranges);
  if (status == ML_OK && is_odd) {
    ml_impute(m, ranges);
    note_imputed(cli, s, n_odd);
  }
  free(n_odd);
  if (status == ML_OK)
    *out = ranges;
  else
    free(ranges);
  return status;
}

/* ---- files --------------------------------------------------------------------------------- */

/* What the makers of files have. */
typedef struct made {
  const cli_selecting *s;
  const cli_pictured *selected;
  const ml_impute_range *ranges; /* of all columns; NULL: nothing is replaced */
} made;

static ml_status make_relevance(const made *m, const char *path, ml_buf *out, ml_error *err) {
  return relevance__table(m->selected,
                          cli__ends_in(path, ".json") || cli__ends_in(path, ".json.gz"), out, err);
}

/* Did `fresh --names safe` write the input? Its columns have lost what a recipe needs. */
static bool has_safe_names(const char *input) {
  char *names = NULL;
  ml_error unused;
  bool is_there =
      ml_matrix_names_beside(input, &names, &unused) == ML_OK && access(names, R_OK) == 0;
  free(names);
  return is_there;
}

/* A table of somebody else's has columns of any name. */
static ml_status fail_recipe(const cli_selecting *s, ml_error *err) {
  char message[sizeof err->message];
  memcpy(message, err->message, sizeof message);
  if (has_safe_names(s->input_name))
    return ml_error_at(err, ML_ERR_PARSE, s->input_name, 0, 0,
                       "--recipe does not know names of --names safe; give that option to this "
                       "command instead of the one that wrote the features");
  return ml_error_set(err, ML_ERR_PARSE, "--recipe is for what 'mltool fresh' computes: %s",
                      message);
}

static ml_status make_recipe(const made *m, const char *path, ml_buf *out, ml_error *err) {
  const ml_selection *selection = m->selected->selection;
  size_t n = selection->n_selected;
  (void)path;
  const char **names = calloc(n + 1, sizeof *names);
  ml_impute_range *ranges = m->ranges ? calloc(n + 1, sizeof *ranges) : NULL;
  ml_status status = names && (ranges || !m->ranges) ? ML_OK : ml_error_memory(err);
  for (size_t i = 0; i < n && status == ML_OK; i++) {
    names[i] = m->s->features->columns[selection->selected[i]];
    if (ranges) ranges[i] = m->ranges[selection->selected[i]];
  }
  if (status == ML_OK)
    status = m->s->set ? ml_fresh_recipe_of(m->s->set, m->s->settings, names, n, ranges, out, err)
                       : ml_fresh_recipe(names, n, ranges, m->s->compat, out, err);
  free(names);
  free(ranges);
  return status == ML_ERR_PARSE ? fail_recipe(m->s, err) : status;
}

static ml_status make_plot(const made *m, const char *path, ml_buf *out, ml_error *err) {
  (void)path;
  cli__select_plot(m->selected, out);
  return out->failed ? ml_error_memory(err) : ML_OK;
}

static ml_status make_report(const made *m, const char *path, ml_buf *out, ml_error *err) {
  (void)path;
  return cli__select_report(m->selected, out, err);
}

static ml_status (*const makers[CLI_SELECTION_FILES])(const made *, const char *path, ml_buf *,
                                                      ml_error *) = {make_relevance, make_recipe,
                                                                     make_plot, make_report};

/* Complete on the disk, but without its name. */
static ml_status write_file(const char *path, const ml_buf *text, ml_output **out, ml_error *err) {
  ml_output *file = NULL;
  ml_status status = ml_output_open(path, &file, err);
  if (status == ML_OK) status = ml_output_write(file, text->data, text->n, err);
  if (status == ML_OK) status = ml_output_finish(file, err);
  if (status == ML_OK)
    *out = file;
  else
    ml_output_abort(file);
  return status;
}

/* All files are complete before the first gets its name. Those of the columns come first then,
 * because more can go wrong with them: their reader may be gone. */
static ml_status write_files(const cli_call *cli, const made *m, ml_error *err) {
  const cli_selecting *s = m->s;
  const ml_selection *selection = m->selected->selection;
  cli_file files[CLI_SELECTION_FILES];
  ml_buf texts[CLI_SELECTION_FILES] = {0};
  ml_output *outs[CLI_SELECTION_FILES] = {0};
  ml_status status = ML_OK;
  cli__selection_files(s->given, files);
  for (size_t i = 0; i < CLI_SELECTION_FILES && status == ML_OK; i++)
    if (files[i].path) status = makers[i](m, files[i].path, &texts[i], err);
  for (size_t i = 0; i < CLI_SELECTION_FILES && status == ML_OK; i++)
    if (files[i].path) status = write_file(files[i].path, &texts[i], &outs[i], err);
  if (status == ML_OK)
    status =
        ml_matrix_write_columns(s->features, selection->selected, selection->n_selected, s->output,
                                cli__format(cli, s->output), s->safe_names, s->watch, err);
  for (size_t i = 0; i < CLI_SELECTION_FILES; i++) {
    ml_buf_release(&texts[i]);
    if (status == ML_OK && outs[i])
      status = ml_output_commit(outs[i], err);
    else
      ml_output_abort(outs[i]);
  }
  return status;
}

/* Names are all that a recipe of `select` is made of. */
static void note_kx(cli_call *cli, const cli_selecting *s, const ml_selection *selection) {
  if (s->set || !s->given->recipe) return;
  for (size_t i = 0; i < selection->n_selected; i++) {
    const char *name = s->features->columns[selection->selected[i]];
    if (strstr(name, "__")) continue;
    cli__note(cli,
              "%s: names do not tell kx-strict from kx, which '%s' is taken for; the recipe of "
              "'mltool fresh --target' does",
              s->given->recipe, name);
    return;
  }
}

/* ---- all of it ----------------------------------------------------------------------------- */

ml_status cli__select(cli_call *cli, const cli_selecting *s, ml_selection **selection,
                      ml_error *err) {
  ml_impute_range *ranges = NULL;
  double start = cli__now();
  *selection = NULL;
  relevance__note_target(cli, s);
  ml_status status = impute(cli, s, &ranges, err);
  if (status == ML_OK)
    status = ml_select(s->features, s->target, s->opts, s->exec, s->watch, selection, err);
  double end = cli__now();
  if (status == ML_OK) {
    const cli_pictured selected = {s->input_name, s->features, s->target, s->opts, *selection};
    const made m = {s, &selected, ranges};
    cli__detail(cli, "select: %.3f s", end - start);
    status = write_files(cli, &m, err);
    if (status == ML_OK) cli__detail(cli, "write: %.3f s", cli__now() - end);
    if (status == ML_OK) relevance__note_result(cli, &selected);
    if (status == ML_OK) note_kx(cli, s, *selection);
  }
  free(ranges);
  if (status == ML_OK) return ML_OK;
  ml_selection_free(*selection);
  *selection = NULL;
  return status;
}
