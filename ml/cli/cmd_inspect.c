/* SPDX-License-Identifier: GPL-3.0-or-later */
/* mltool inspect: what a saved model is. */
#include <unistd.h>

#include "inspect.h"

typedef struct inspect_options {
  cli_common common;
  const char *model;
  bool trust;
} inspect_options;

static ml_status find_file(const cli_call *cli, const char **path, ml_error *err) {
  *path = cli->n_args ? cli->args[0] : "-";
  if (!cli->n_args && isatty(STDIN_FILENO) == 1)
    return ml_error_set(err, ML_ERR_USAGE,
                        "no model: name the file that 'mltool train' wrote, as in 'mltool inspect "
                        "model.json'");
  return **path ? ML_OK
                : ml_error_set(err, ML_ERR_IO, "cannot open: the name of the file is empty");
}

static ml_status show(cli_call *cli, inspected *m, ml_error *err) {
  ml_buf out = {0};
  ml_status status = inspect__columns(m->pipeline, &m->columns, err);
  if (status != ML_OK) return status;
  if (cli->common.json)
    inspect__json(m, &out);
  else
    inspect__text(cli, m, &out);
  return cli__print(&out, err);
}

static ml_status run(cli_call *cli, const void *options, ml_error *err) {
  const inspect_options *o = options;
  ml_pipeline *pipeline = NULL;
  inspected m = {0};
  ml_status status = find_file(cli, &m.path, err);
  if (status == ML_OK) status = cli__load_pipeline(m.path, o->model, o->trust, &pipeline, err);
  if (status == ML_OK) {
    m.pipeline = pipeline;
    status = show(cli, &m, err);
  }
  inspect__release(&m.columns);
  ml_pipeline_free(pipeline);
  return status;
}

static const cli_opt inspect_opts[] = {CLI_OPENED_MODEL_OPT(offsetof(inspect_options, model)),
                                       CLI_TRUST_OPT(offsetof(inspect_options, trust)),
                                       {0}};

const cli_command cli__inspect = {
    .name = "inspect",
    .summary = "show what a saved model is",
    .synopsis = "[OPTION]... [MODEL.json]",
    .description =
        "Show what 'mltool train' has saved: the model with its hyper-parameters, what it "
        "predicts, the data that it has learnt from, how it reads new data, its steps, the scores "
        "of its cross-validation, and the features that it needs.\n\n"
        "Columns are what the steps make of the features. Where the model says how much each of "
        "them counts, they are sorted by that, and it is said what the numbers are: of linear "
        "models the size of the coefficient times the standard deviation of the column in "
        "training, of trees the share of the impurity that their splits have taken, say. Columns "
        "of linear models have their coefficient, too; of those of several classes it is the "
        "largest.\n\n"
        "The file is read as 'mltool predict' reads it, and checked as a whole: one that was cut "
        "short or edited, or was written by a newer mltool, is an error that says so. What is "
        "shown fits this mltool.",
    .groups =
        (const cli_group[]){
            {"Model:", inspect_opts, 0}, {"Options of every command:", cli__common_opts, 0}, {0}},
    .options_size = sizeof(inspect_options),
    .max_args = 1,
    .examples =
        (const cli_example[]){{"what a model is", "mltool inspect model.json"},
                              {"all of its columns", "mltool inspect -v model.json"},
                              {"the same for a program", "mltool inspect model.json --json"},
                              {0}},
    .run = run};
