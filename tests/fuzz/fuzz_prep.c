/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Steps of preprocessing as text: what is read has a text that says the same, and does to a small
 * dataset what it says or fails with words; what it has learnt does the same when it has been
 * JSON. */
#include <stdlib.h>
#include <string.h>

#include <ml/ml.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n);

static void check(bool holds) {
  if (!holds) abort();
}

static void check_error(ml_status status, const ml_error *err) {
  check(status == ML_ERR_USAGE || status == ML_ERR_NUMERIC);
  check(err->status == status && err->message[0] && !strchr(err->message, '\n'));
}

static ml_prepared *load_again(const ml_prepared *p) {
  static const size_t place[] = {0, 1, 2};
  static const bool are_texts[] = {false, true, false};
  ml_arena *arena = ml_arena_new();
  ml_value value;
  ml_buf text = {0};
  ml_prepared *again = NULL;
  ml_error err = {0};
  check(arena && ml_prepared_save(p, place, arena, &value, &err) == ML_OK);
  check(ml_value_to_json(&value, &text, &err) == ML_OK);
  check(ml_value_from_json(text.data, text.n, NULL, arena, &value, &err) == ML_OK);
  check(ml_prepared_load(&value, 3, are_texts, &again, &err) == ML_OK);
  ml_buf_release(&text);
  ml_arena_free(arena);
  return again;
}

static void use(const ml_prep *prep) {
  static const double x[] = {1, 2, 3, 4, 0, 1, 1, 0, 7, 7, 7, 7};
  static const double y[] = {2, 1, 4, 3};
  static char *names[] = {"a", "colour", "b,c"}, *labels[] = {"blue", "red"};
  static ml_levels categories[] = {{0}, {.labels = labels, .n = 2}, {0}};
  const ml_dataset data = {.n_rows = 4,
                           .n_features = 3,
                           .x = x,
                           .names = names,
                           .categories = categories,
                           .problem = ML_REGRESSION,
                           .y = (double *)(uintptr_t)y};
  ml_error err = {0};
  ml_prepared *p = NULL;
  ml_status status = ml_prep_check(prep, &data, &err);
  if (status == ML_OK) status = ml_prep_fit(prep, &data, NULL, 0, &p, &err);
  if (status != ML_OK) {
    check_error(status, &err);
    return;
  }
  const size_t n = ml_prepared_n_columns(p);
  ml_prepared *again = load_again(p);
  double *out = calloc(n + 1, 4 * sizeof *out), *out_again = calloc(n + 1, 4 * sizeof *out);
  check(out && out_again && n > 0 && ml_prepared_n_columns(again) == n);
  for (size_t j = 0; j < n; j++) check(ml_prepared_name(p, j)[0]);
  check(ml_prepared_apply(p, &data, NULL, 4, out, 4, &err) == ML_OK);
  for (size_t i = 0; i < 4 * n; i++) check(out[i] == out[i]);
  check(ml_prepared_apply(again, &data, NULL, 4, out_again, 4, &err) == ML_OK);
  check(memcmp(out, out_again, 4 * n * sizeof *out) == 0);
  free(out);
  free(out_again);
  ml_prepared_free(again);
  ml_prepared_free(p);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n) {
  char *text = malloc(n + 1);
  ml_prep *prep = NULL, *again = NULL;
  ml_error err = {0};
  if (!text) abort();
  if (n > 0) memcpy(text, bytes, n);
  text[n] = 0;
  ml_status status = ml_prep_parse(text, &prep, &err);
  free(text);
  if (status != ML_OK) {
    check_error(status, &err);
    return 0;
  }
  check(ml_prep_parse(ml_prep_text(prep), &again, &err) == ML_OK);
  check(strcmp(ml_prep_text(prep), ml_prep_text(again)) == 0);
  if (!ml_prep_has(prep, "py:", NULL)) use(prep); /* whatever module is there would run */
  ml_prep_free(prep);
  ml_prep_free(again);
  return 0;
}
