/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The smallest program outside the tree: reads a series, extracts, prints. */
#include <ml/ml.h>
#include <stdio.h>
#include <string.h>

int main(void) {
  static const char text[] = "id,time,value\na,0,1\na,1,3\n";
  ml_error err = {0};
  ml_series_set *set = NULL;
  ml_fresh_settings *settings = NULL;
  ml_matrix *features = NULL;
  bool ok = ml_series_parse(text, strlen(text), "text", NULL, &set, &err) == ML_OK &&
            ml_fresh_settings_features("mean", &settings, &err) == ML_OK &&
            ml_fresh_extract(set, settings, NULL, NULL, &features, &err) == ML_OK;
  if (ok)
    printf("%s %s=%g\n", ml_version(), features->columns[0], features->values[0]);
  else
    fprintf(stderr, "%s\n", err.message);
  ml_matrix_free(features);
  ml_fresh_settings_free(settings);
  ml_series_free(set);
  return ok ? 0 : 1;
}
