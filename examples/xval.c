/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Search a hyper-parameter by cross-validation, score the winner, and call a function of one's own
 * for each fold.
 *
 *   xval DATA.csv TARGET
 *
 *   cc xval.c $(pkg-config --cflags --libs ml) -o xval */
#include <ml/ml.h>
#include <stdio.h>

/* Mean of the target where it is trained on, and where it is tested. */
static ml_status compare_means(void *ctx, size_t fold, const ml_view *train, const ml_view *test,
                               ml_error *err) {
  const ml_view *views[] = {train, test};
  double means[2];
  (void)ctx, (void)err;
  for (size_t k = 0; k < 2; k++) {
    double sum = 0;
    for (size_t i = 0; i < views[k]->n; i++) sum += views[k]->y[ml_view_row(views[k], i)];
    means[k] = sum / (double)views[k]->n;
  }
  printf("fold %zu: mean of %zu training rows %.4g, of %zu test rows %.4g\n", fold, train->n,
         means[0], test->n, means[1]);
  return ML_OK;
}

static void print_result(const ml_xval_result *r) {
  for (size_t c = 0; c < r->n_candidates; c++) {
    const ml_candidate_result *one = &r->candidates[c];
    printf("alpha %g: ", one->params[r->varied[0]]);
    for (size_t k = 0; k < r->n_metrics; k++)
      printf("%s %.4f +- %.4f ", r->metrics[k].info->name, one->mean[k], one->sd[k]);
    printf("%s\n", c == r->best ? "<- best" : "");
  }
  if (r->holdout) printf("holdout: %s %.4f\n", r->metrics[0].info->name, r->holdout->scores[0]);
}

static ml_status search(const ml_dataset *data, ml_xval_result **out, ml_error *err) {
  static const char *const grid[] = {"alpha=log:1e-4:1:5"};
  const ml_model *ridge;
  ml_candidates *candidates = NULL;
  ml_metric metrics[2];
  double fixed[16];
  ml_xval_opts opts = {
      .cv = "shuffled:5", .seed = 1, .holdout = 0.2, .metrics = metrics, .n_metrics = 2};
  ml_status status = ml_model_find("ridge", NULL, &ridge, err);
  if (status != ML_OK) return status;
  ml_model_defaults(ridge, fixed);                    /* it has a few parameters only */
  status = ml_metric_parse("rmse", &metrics[0], err); /* the first decides */
  if (status == ML_OK) status = ml_metric_parse("r2", &metrics[1], err);
  if (status == ML_OK) status = ml_candidates_make(ridge, fixed, grid, 1, NULL, &candidates, err);
  if (status == ML_OK) status = ml_xval(data, ridge, candidates, NULL, &opts, NULL, NULL, out, err);
  ml_candidates_free(candidates);
  return status;
}

int main(int argc, char **argv) {
  if (argc < 3) {
    fprintf(stderr, "usage: xval DATA.csv TARGET\n");
    return 2;
  }
  ml_error err = {0};
  ml_dataset *data = NULL;
  ml_folds *folds = NULL;
  ml_xval_result *result = NULL;
  const ml_dataset_opts opts = {.target = argv[2], .problem = ML_REGRESSION};

  ml_status status = ml_dataset_read(argv[1], &opts, NULL, &data, &err);
  if (status == ML_OK) status = ml_split("kfold:3", data, NULL, 0, NULL, &folds, &err);
  if (status == ML_OK) status = ml_xv_apply(folds, data, compare_means, NULL, &err);
  if (status == ML_OK) status = search(data, &result, &err);
  if (status == ML_OK) print_result(result);

  if (status != ML_OK) {
    char text[1024];
    ml_error_format(&err, text, sizeof text);
    fprintf(stderr, "xval: %s\n", text);
  }
  ml_xval_free(result);
  ml_folds_free(folds);
  ml_dataset_free(data);
  return ml_status_exit_code(status);
}
