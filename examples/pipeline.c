/* SPDX-License-Identifier: GPL-3.0-or-later */
/* From raw series to a saved model, and from it to predictions: features are extracted, steps and a
 * model are fitted to them, all of it is kept in a file, and the file is what predicts.
 *
 *   pipeline SERIES.csv TARGET.csv COLUMN MODEL.json
 *
 *   cc pipeline.c $(pkg-config --cflags --libs ml) -o pipeline */
#include <ml/ml.h>
#include <stdio.h>
#include <stdlib.h>

/* Everything that a pipeline is made of; what is not there yet is NULL. */
typedef struct parts {
  ml_series_set *set;
  ml_fresh_settings *settings;
  ml_matrix *features;
  ml_target *target;
  ml_dataset *data;
  ml_prep *prep;
  const ml_model *model;
} parts;

static ml_status prepare(parts *p, char **argv, ml_error *err) {
  const ml_target_opts target = {.name = argv[3]};
  ml_status status = ml_series_read(argv[1], NULL, &p->set, err);
  if (status == ML_OK) status = ml_target_read_series(argv[2], &target, p->set, &p->target, err);
  if (status == ML_OK) status = ml_fresh_settings_named("minimal", &p->settings, err);
  if (status == ML_OK)
    status = ml_fresh_extract(p->set, p->settings, NULL, NULL, &p->features, err);
  if (status == ML_OK) status = ml_dataset_of_matrix(p->features, p->target, NULL, &p->data, err);
  if (status == ML_OK) status = ml_prep_parse("impute=median,select-corr=5", &p->prep, err);
  return status == ML_OK ? ml_model_find("random_forest", NULL, &p->model, err) : status;
}

static void release(parts *p) {
  ml_prep_free(p->prep);
  ml_dataset_free(p->data);
  ml_target_free(p->target);
  ml_matrix_free(p->features);
  ml_fresh_settings_free(p->settings);
  ml_series_free(p->set);
}

static ml_status train(char **argv, ml_error *err) {
  parts p = {0};
  ml_pipeline *pipeline = NULL;
  ml_status status = prepare(&p, argv, err);
  if (status == ML_OK) {
    const ml_pipeline_opts opts = {
        .prep = p.prep, .model = p.model, .seed = 1, .set = p.set, .settings = p.settings};
    status = ml_pipeline_fit(p.data, &opts, &pipeline, err);
  }
  if (status == ML_OK) status = ml_pipeline_save(pipeline, argv[4], err);
  ml_pipeline_free(pipeline);
  release(&p);
  return status;
}

static void print_features(const ml_pipeline *pipeline) {
  size_t n;
  const char *const *names = ml_pipeline_features(pipeline, &n);
  for (size_t j = 0; j < n; j++) printf("feature %s\n", names[j]);
}

/* The first rows; of classes, the most likely. */
static void print_predictions(const ml_pipeline *pipeline, const ml_dataset *data,
                              const double *out) {
  size_t n_classes;
  const char *const *classes = ml_pipeline_classes(pipeline, &n_classes);
  for (size_t i = 0; i < data->n_rows && i < 5; i++) {
    if (n_classes == 0) {
      printf("%s: %.6g\n", data->ids[i], out[i]);
      continue;
    }
    const double *row = out + i * n_classes;
    size_t best = 0;
    for (size_t k = 1; k < n_classes; k++)
      if (row[k] > row[best]) best = k;
    printf("%s: %s (%.3f)\n", data->ids[i], classes[best], row[best]);
  }
}

/* This may be done in another program, years later. */
static ml_status predict(char **argv, ml_error *err) {
  ml_pipeline *pipeline = NULL;
  ml_dataset *data = NULL;
  double *out = NULL;
  ml_status status = ml_pipeline_load(argv[4], &pipeline, err);
  if (status == ML_OK) status = ml_pipeline_read(pipeline, argv[1], NULL, NULL, &data, err);
  if (status == ML_OK) {
    size_t n_classes;
    ml_pipeline_classes(pipeline, &n_classes);
    out = calloc(data->n_rows * (n_classes ? n_classes : 1), sizeof *out);
    status = out ? ml_pipeline_predict(pipeline, data, out, err) : ml_error_memory(err);
  }
  if (status == ML_OK) {
    print_features(pipeline);
    print_predictions(pipeline, data, out);
  }
  free(out);
  ml_dataset_free(data);
  ml_pipeline_free(pipeline);
  return status;
}

int main(int argc, char **argv) {
  if (argc < 5) {
    fprintf(stderr, "usage: pipeline SERIES.csv TARGET.csv COLUMN MODEL.json\n");
    return 2;
  }
  ml_error err = {0};
  ml_status status = train(argv, &err);
  if (status == ML_OK) status = predict(argv, &err);
  if (status != ML_OK) {
    char text[1024];
    ml_error_format(&err, text, sizeof text);
    fprintf(stderr, "pipeline: %s\n", text);
  }
  return ml_status_exit_code(status);
}
