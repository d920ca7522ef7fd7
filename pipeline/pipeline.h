/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a pipeline is made of. */
#ifndef PIPELINE_PIPELINE_H
#define PIPELINE_PIPELINE_H

#include <ml/pipeline.h>
#include <ml/value.h>

enum {
  PIPELINE_SCHEMA = 1,
  PIPELINE_BINS = 10 /* by which the distribution of a feature is kept */
};

/* A file is not read beyond this. */
#define PIPELINE_BYTES_MAX ((size_t)1 << 30)

/* A feature, and how its values were distributed when it was learnt from. */
typedef struct pipeline_feature {
  const char *name;
  bool is_text;
  const char *const *labels; /* texts: n_bins categories, ascending by bytes */
  const double *edges; /* numbers: PIPELINE_BINS + 1 quantiles from the least to the greatest value;
                          NULL: there was no value */
  const int64_t *counts; /* n_bins: rows of each category; or of each bin, those above the first
                            edge up to the second, with the first edge in the first bin */
  size_t n_bins;
  int64_t n_missing;
} pipeline_feature;

/* Everything but model, steps and settings lies in the arena. */
struct ml_pipeline {
  ml_arena *arena;
  ml_value about;

  bool is_series;
  ml_series_opts columns; /* of series: how new ones are read */
  ml_window window;
  const char *id;              /* of a table: column of the ids; NULL: there was none */
  ml_fresh_settings *settings; /* of series */
  const char *recipe;          /* text of n_recipe bytes that they are made of */
  size_t n_recipe;

  pipeline_feature *features; /* n_features */
  const char **names;         /* of them */
  bool *are_texts;
  size_t n_features;

  const char *steps; /* NULL: none */
  ml_prepared *prepared;
  ml_value learnt; /* of the steps, as ml_prepared_save() said */

  const ml_model *model;
  double *params;
  ml_problem problem;
  const char *target;
  const char **classes; /* n_classes */
  size_t n_classes;
  void *fitted;
  const double *importance; /* of each column; NULL: the model does not say it */
  const char *importance_is;
};

/* @return NULL when memory ran out */
ml_pipeline *pipeline__new(void);

/* Copies in the arena. @return NULL when memory ran out */
void *pipeline__alloc(ml_pipeline *p, size_t n, size_t size); /* zeros */
char *pipeline__text(ml_pipeline *p, const char *text);

/* Columns of what the model sees. */
size_t pipeline__n_columns(const ml_pipeline *p);

/* ---- predict.c ---- */

/* @retval ML_ERR_USAGE  these are not the features that it has learnt from */
ml_status pipeline__check_features(const ml_pipeline *p, const ml_dataset *data, ml_error *err);

/* ---- about.c ---- */

/* Say where it comes from. */
ml_status about__make(ml_pipeline *p, const ml_dataset *data, const ml_pipeline_opts *opts,
                      ml_error *err);

/* ---- importance.c ---- */

/* Ask the model that has been fitted. @param view  the rows that it has seen */
ml_status importance__ask(ml_pipeline *p, const ml_view *view, ml_error *err);

/* The member of "about". @param out  stays as it is where the model does not say it */
ml_status importance__make(ml_pipeline *p, ml_value *out, ml_error *err);

/* ---- feature.c ---- */

/* Take a feature of a dataset, with its distribution. @param spare  room for 2 n_rows numbers */
ml_status feature__learn(ml_pipeline *p, const ml_dataset *data, size_t column, double *spare,
                         pipeline_feature *out, ml_error *err);

/* In which of the bins a number is. */
size_t feature__bin(const pipeline_feature *f, double x);

/* ---- input.c ---- */

/* How series like those of a set are read: p->columns, p->window. The recipe is there already. */
ml_status input__of_set(ml_pipeline *p, const ml_series_set *set, const ml_series_opts *asked,
                        ml_error *err);

/* The kinds that the recipe needs, as a list of columns. */
ml_status input__list_kinds(ml_pipeline *p, ml_error *err);

/* Is the shape long: a row has one value? */
bool input__is_long(const ml_pipeline *p);

/* ---- recipe.c ---- */

/* Make the settings of p->features from a set. */
ml_status recipe__of_set(ml_pipeline *p, const ml_pipeline_opts *opts,
                         const ml_impute_range *ranges, ml_error *err);

/* Read the settings of p->recipe, and look whether they give p->features.
 * @param line, column  of the text in its file; 0: nobody knows */
ml_status recipe__read(ml_pipeline *p, const char *source, size_t line, size_t column,
                       ml_error *err);

/* Append the member of the file. */
ml_status recipe__put(const ml_pipeline *p, ml_buf *out, ml_error *err);

/* ---- names of things in files ---- */

extern const char *const pipeline__sections[]; /* NULL behind the last */
extern const char *const pipeline__missing[];  /* of ml_missing; NULL behind the last */

#endif
