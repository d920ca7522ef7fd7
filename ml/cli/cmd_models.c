/* SPDX-License-Identifier: GPL-3.0-or-later */
/* mltool models: the catalogue of models. */
#include "models.h"

#include <stddef.h>
#include <string.h>
#include <unistd.h>

#define NAME_WIDTH    16
#define PROBLEM_WIDTH 16
#define FIELD_WIDTH   20

static const struct {
  unsigned trait;
  const char *name, *words;
} traits[] = {
    {ML_MODEL_WEIGHTS, "weights", "knows weights of rows"},
    {ML_MODEL_MISSING, "missing", "takes missing values"},
    {ML_MODEL_SCORES, "scores", "gives scores of classes that are no probabilities"},
    {ML_MODEL_RANDOM, "random", "has chance in it, and follows --seed"},
    {ML_MODEL_SCALES, "scales", "depends on the scale of the features: --prep standard"},
    {ML_MODEL_PICKLES, "pickles", "is kept in a pickle, which 'mltool predict --trust' loads"},
    {ML_MODEL_FEATURELESS, "featureless", "looks at no feature, and takes data without any"},
};

enum { N_TRAITS = sizeof traits / sizeof *traits };

const char *models__problem(const ml_model *model) {
  static const char *const words[] = {"", "classes", "numbers", "classes, numbers"};
  return words[model->traits & (ML_MODEL_CLASSIFIES | ML_MODEL_REGRESSES)];
}

/* ---- text ---------------------------------------------------------------------------------- */

static void put_row(ml_buf *out, const char *name, const char *problem, const char *words) {
  size_t width = cli__terminal_width(STDOUT_FILENO), at = NAME_WIDTH + PROBLEM_WIDTH + 4;
  if (width < CLI_WIDTH) width = width > 0 ? CLI_WIDTH : SIZE_MAX;
  ml_buf_printf(out, "%-*s  %-*s  ", NAME_WIDTH, name, PROBLEM_WIDTH, problem);
  cli__wrap(out, words, at, at, width);
}

static ml_status print_all(cli_call *cli, ml_error *err) {
  const ml_model *model;
  const char *name;
  ml_buf out = {0};
  char heading[128];
  if (cli->common.json) {
    models__json_all(&out);
    return cli__print(&out, err);
  }
  snprintf(heading, sizeof heading, "%-*s  %-*s  SUMMARY", NAME_WIDTH, "MODEL", PROBLEM_WIDTH,
           "FOR");
  cli__heading(cli, &out, heading);
  for (size_t i = 0; (model = ml_model_at(i)); i++)
    put_row(&out, model->name, models__problem(model), model->summary);
  for (size_t i = 0; (name = ml_model_name_at(i)); i++) {
    ml_error why = {0};
    if (ml_model_find(name, NULL, &model, &why) == ML_OK)
      put_row(&out, name, models__problem(model), model->summary);
    else
      put_row(&out, name, "not installed", why.message);
  }
  ml_buf_puts(&out,
              "\n'mltool models NAME' says more about one, also about ./mine.so "
              "and\npy:sklearn.linear_model.Ridge\n");
  return cli__print(&out, err);
}

static void put_field(ml_buf *out, const char *label, const char *text) {
  size_t n = strlen(label), at = n + 3 > FIELD_WIDTH ? n + 3 : FIELD_WIDTH;
  ml_buf_printf(out, "  %-*s ", FIELD_WIDTH - 3, label);
  cli__wrap(out, text, at, FIELD_WIDTH, CLI_WIDTH);
}

void models__param_words(const ml_model_param *param, ml_buf *out) {
  ml_buf_printf(out, "%s; ", param->help);
  ml_model_param_takes(param, out);
  ml_buf_puts(out, "; default: ");
  ml_model_param_format(param, param->fallback, out);
}

static void put_param(ml_buf *out, const ml_model_param *param) {
  ml_buf words = {0};
  models__param_words(param, &words);
  ml_buf_put(&words, "", 1);
  if (words.failed) out->failed = true;
  if (!words.failed) put_field(out, param->name, words.data);
  ml_buf_release(&words);
}

static void put_shared(ml_buf *out, const ml_model *model) {
  ml_buf names = {0};
  for (size_t i = 0; i < model->n_params; i++)
    if (model->params[i].is_shared)
      ml_buf_printf(&names, "%s%s", names.n ? ", " : "", model->params[i].name);
  ml_buf_put(&names, "", 1);
  if (names.failed) out->failed = true;
  if (!names.failed && names.n > 1) put_field(out, "quick search of", names.data);
  ml_buf_release(&names);
}

static void put_model(const cli_call *cli, ml_buf *out, const ml_model *model) {
  cli__heading(cli, out, model->name);
  put_field(out, "what", model->summary);
  put_field(out, "for", models__problem(model));
  put_field(out, "source", model->source);
  for (size_t i = 0; i < N_TRAITS; i++)
    if (model->traits & traits[i].trait) put_field(out, traits[i].name, traits[i].words);
  put_shared(out, model);
  if (!model->save) put_field(out, "files", "cannot be kept in one: it has no save and load");
  if (model->n_params == 0) return;
  ml_buf_puts(out, "\n");
  cli__heading(cli, out, "Parameters (--set NAME=VALUE):");
  for (size_t i = 0; i < model->n_params; i++) put_param(out, &model->params[i]);
}

const char *models__trait(const ml_model *model, size_t i, const char **words) {
  for (size_t t = 0; t < N_TRAITS; t++)
    if ((model->traits & traits[t].trait) && i-- == 0) {
      if (words) *words = traits[t].words;
      return traits[t].name;
    }
  return NULL;
}

/* ---- the command --------------------------------------------------------------------------- */

typedef struct models_options {
  cli_common common;
  bool markdown;
} models_options;

static ml_status print_one(cli_call *cli, const char *name, ml_error *err) {
  const ml_model *model;
  ml_buf out = {0};
  ml_status status = ml_model_find(name, NULL, &model, err);
  if (status != ML_OK) return status;
  if (cli->common.json) {
    models__json(&out, model);
    ml_buf_puts(&out, "\n");
  } else {
    put_model(cli, &out, model);
  }
  return cli__print(&out, err);
}

static ml_status run(cli_call *cli, const void *options, ml_error *err) {
  const models_options *o = options;
  ml_buf out = {0};
  if (!o->markdown) return cli->n_args ? print_one(cli, cli->args[0], err) : print_all(cli, err);
  if (cli->n_args)
    return ml_error_set(err, ML_ERR_USAGE, "NAME and --markdown exclude one another");
  models__markdown(&out);
  return cli__print(&out, err);
}

static const cli_opt models_opts[] = {{0, "markdown", CLI_FLAG, offsetof(models_options, markdown),
                                       .help = "print the models that are built in as a page"},
                                      {0}};

const cli_command cli__models = {
    .name = "models",
    .summary = "list the models that xval takes, or explain one",
    .synopsis = "[OPTION]... [NAME]",
    .description =
        "List the models that 'mltool xval --model' takes: those that are built in, and those of "
        "libraries that are opened when they are asked for. With NAME, which may be the path of a "
        "shared object with a model of one's own, or a class of Python such as "
        "py:sklearn.linear_model.Ridge: what it is for, where it comes from, and its "
        "hyper-parameters with what they take and their defaults.",
    .groups = (const cli_group[]){{"Instead of the list:", models_opts, 0},
                                  {"Options of every command:", cli__common_opts, 0},
                                  {0}},
    .options_size = sizeof(models_options),
    .max_args = 1,
    .examples =
        (const cli_example[]){
            {"the hyper-parameters of ridge", "mltool models ridge"},
            {"the whole catalogue, for a program", "mltool models --json"},
            {"what a model of one's own says of itself", "mltool models ./mymodel.so"},
            {0}},
    .run = run};
