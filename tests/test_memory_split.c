/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Memory that runs out while rows are split. */
#include "memory.h"

enum { ROWS = 12 };

static const char *scheme;

static ml_status split_rows(ml_error *err) {
  static char *labels[] = {(char *)"0", (char *)"1", (char *)"2"};
  static uint32_t codes[ROWS] = {0, 1, 2, 0, 1, 2, 0, 1, 2, 0, 1, 2},
                  halves[ROWS] = {0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 1, 1};
  static double start[ROWS] = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12};
  static const uint32_t members[] = {0, 1, 2, 3, 4, 6, 7, 8, 9, 10};
  const ml_levels thirds = {labels, 3, codes};
  const ml_dataset data = {.n_rows = ROWS,
                           .classes = {labels, 2, halves},
                           .groups = thirds,
                           .predefined = thirds,
                           .start = start,
                           .end = start};
  ml_folds *folds = NULL;
  ml_status status = ml_split(scheme, &data, members, 10, NULL, &folds, err);
  if (status != ML_OK) assert_null(folds);
  ml_folds_free(folds);
  return status;
}

static void splits(void **state) {
  (void)state;
  static const char *const schemes[] = {"kfold:2",
                                        "shuffled:2",
                                        "stratified:2",
                                        "stratified:2,shuffle",
                                        "group:2",
                                        "loo",
                                        "logo",
                                        "timeseries:2",
                                        "stratified-group:2",
                                        "predefined",
                                        "purged:2",
                                        "kfSplit:2",
                                        "kfShuff:2",
                                        "rolling:train=2,test=1",
                                        "kfStrat:2",
                                        "tsRolls:2",
                                        "tsChain:2",
                                        "pcSplit",
                                        "mcSplit"};
  for (size_t i = 0; i < sizeof schemes / sizeof *schemes; i++) {
    scheme = schemes[i];
    fail_each(scheme, split_rows, 0);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(splits)};
  return cmocka_run_group_tests_name("memory_split", tests, NULL, NULL);
}
