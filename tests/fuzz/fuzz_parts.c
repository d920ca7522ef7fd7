/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A file in parts against the file at once: as many ids, rows and values, or an error in both. The
 * first two bytes choose the options, the memory and the way; the rest is the file. */
#include <assert.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <ml/parts_internal.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

typedef struct counts {
  size_t ids, rows, values;
  uint64_t bits; /* of all values, in any order */
} counts;

static void count(const ml_series_set *set, counts *c) {
  c->ids += ml_series_n_ids(set);
  c->rows += ml_series_n_rows(set);
  for (size_t i = 0; i < ml_series_n_ids(set); i++)
    for (size_t k = 0; k < ml_series_n_kinds(set); k++) {
      const ml_series series = ml_series_at(set, i, k);
      c->values += series.n;
      for (size_t j = 0; j < series.n; j++) {
        uint64_t bits = 0;
        if (!isnan(series.x[j])) memcpy(&bits, &series.x[j], sizeof bits);
        c->bits += bits;
      }
    }
}

static ml_status read_parts(const char *path, const ml_parts_opts *opts, const parts_tuning *tuning,
                            counts *c, ml_error *err) {
  ml_parts *parts = NULL;
  ml_status status = parts__open(&path, 1, opts, tuning, &parts, err);
  while (status == ML_OK) {
    ml_series_set *set = NULL;
    status = ml_parts_next(parts, &set, err);
    if (status != ML_OK || !set) break;
    count(set, c);
    ml_series_free(set);
  }
  ml_parts_close(parts);
  return status;
}

/* Errors that reading at once does not have. */
static bool is_own(const ml_error *err) {
  return err->status == ML_ERR_MEMORY || strstr(err->message, "comes back after other ids") ||
         strstr(err->message, "is it the column of the kinds") ||
         strstr(err->message, "is \"") /* a product of ids and kinds, or too many kinds */;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  if (size < 2) return 0;
  const ml_window window = {.rows = 2, .min_rows = 1, .stride = 1 + (data[0] >> 6)};
  const ml_parts_opts opts = {.series = {.target = data[0] & 8 ? "y" : NULL,
                                         .missing = (ml_missing)(data[0] % 5),
                                         .window = data[0] & 16 ? &window : NULL},
                              .is_stream = data[0] & 32};
  const parts_tuning tuning = {.set = 400 + 40 * data[1],
                               .seen = 1 << 20,
                               .n_shelves = 2 + data[1] % 3,
                               .block = 16 + data[1],
                               .text = data[1]};
  const int fd = memfd_create("fuzz", MFD_CLOEXEC);
  char path[64];
  if (fd < 0 || write(fd, data + 2, size - 2) != (ssize_t)(size - 2)) abort();
  snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
  counts whole = {0}, parts = {0};
  ml_error err = {0}, of_parts = {0};
  ml_series_set *set = NULL;
  const ml_status at_once = ml_series_read(path, &opts.series, &set, &err);
  if (at_once == ML_OK) count(set, &whole);
  ml_series_free(set);
  const ml_status in_parts = read_parts(path, &opts, &tuning, &parts, &of_parts);
  close(fd);
  if (in_parts != ML_OK && is_own(&of_parts)) return 0;
  const bool may_differ = opts.is_stream; /* 1 and 1.0 in front of a text, and names of windows */
  if ((at_once == ML_OK) != (in_parts == ML_OK) && !may_differ) {
    fprintf(stderr, "at once: %s; in parts: %s\n", err.message, of_parts.message);
    abort();
  }
  if (at_once == ML_OK && !may_differ && memcmp(&whole, &parts, sizeof whole) != 0) abort();
  return 0;
}
