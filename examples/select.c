/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Read a table of features and a target, test each feature against it, print the best ten.
 *
 *   select FEATURES.csv TARGET.csv NAME
 *
 *   cc select.c $(pkg-config --cflags --libs ml) -o select */
#include <ml/ml.h>
#include <stdio.h>
#include <stdlib.h>

static void print_best(const ml_matrix *features, const ml_selection *selection) {
  size_t n_printed = 0;
  printf("%zu of %zu features selected\n", selection->n_selected, selection->n);
  for (size_t i = 0; i < selection->n && n_printed < 10; i++) { /* ascending by p-value */
    const ml_relevance *r = &selection->features[i];
    if (!r->is_relevant) continue;
    printf("%s %s %.3g\n", features->columns[r->column], r->test, r->p_value);
    n_printed++;
  }
}

/* Features may be NaN, which tests cannot take. */
static ml_status impute(ml_matrix *features, ml_error *err) {
  ml_impute_range *ranges = calloc(features->n_columns, sizeof *ranges);
  if (!ranges) return ml_error_memory(err);
  ml_status status = ml_impute_learn(features, ranges, NULL, NULL, err);
  if (status == ML_OK) ml_impute(features, ranges);
  free(ranges);
  return status;
}

int main(int argc, char **argv) {
  if (argc < 4) {
    fprintf(stderr, "usage: select FEATURES.csv TARGET.csv NAME\n");
    return 2;
  }
  ml_error err = {0};
  ml_matrix *features = NULL;
  ml_target *target = NULL;
  ml_selection *selection = NULL;
  const ml_target_opts of = {.name = argv[3]}; /* all 0: integers are classes, reals numbers */
  const ml_select_opts opts = {.fdr_level = 0.01};

  ml_status status = ml_features_read(argv[1], NULL, NULL, &features, NULL, &err);
  if (status == ML_OK) status = impute(features, &err);
  if (status == ML_OK) status = ml_target_read(argv[2], &of, features, &target, &err);
  if (status == ML_OK) status = ml_select(features, target, &opts, NULL, NULL, &selection, &err);
  if (status == ML_OK) print_best(features, selection);

  if (status != ML_OK) {
    char text[1024];
    ml_error_format(&err, text, sizeof text);
    fprintf(stderr, "select: %s\n", text);
  }
  ml_selection_free(selection);
  ml_target_free(target);
  ml_matrix_free(features);
  return ml_status_exit_code(status);
}
