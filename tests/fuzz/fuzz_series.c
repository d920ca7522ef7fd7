/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Series with gaps, windows and a target. The first byte chooses what becomes of the gaps and
 * whether "y" is the target, the second the windows; the rest is the file. */
#include <assert.h>
#include <stdlib.h>

#include <ml/ml.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static double touch(const ml_series_set *set) {
  double sum = 0;
  for (size_t i = 0; i < ml_series_n_ids(set); i++)
    for (size_t k = 0; k < ml_series_n_kinds(set); k++) {
      ml_series series = ml_series_at(set, i, k);
      assert(ml_series_parent(set, i) && ml_series_id(set, i));
      assert(!ml_series_target(set, i) == !ml_series_target_name(set));
      for (size_t j = 0; j < series.n; j++)
        sum += series.x[j] + (series.times ? (double)series.times[j] : 0);
    }
  return sum;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  static volatile double sink;
  if (size < 2) return 0;
  const ml_window window = {.rows = data[1] & 1 ? 1 + (data[1] >> 1 & 3) : 0,
                            .span = data[1] & 1 ? 0 : INT64_C(1000000000) << (data[1] >> 1 & 15),
                            .min_rows = data[1] >> 5 & 1,
                            .stride = data[1] >> 6};
  const ml_series_opts opts = {.target = data[0] & 64 ? "y" : NULL,
                               .missing = (ml_missing)(data[0] % 5),
                               .infinite = (ml_missing)(data[0] / 5 % 5),
                               .window = data[0] & 128 ? &window : NULL};
  ml_series_set *set = NULL;
  ml_error err;
  if (ml_series_parse(data + 2, size - 2, "fuzz", &opts, &set, &err) != ML_OK) return 0;
  sink = touch(set);
  (void)sink;
  ml_series_free(set);
  return 0;
}
