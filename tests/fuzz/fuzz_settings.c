/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Settings from JSON: refused with one line, or written and read back to the same text. */
#include <stdlib.h>
#include <string.h>

#include <ml/fresh.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n);

static void check(bool holds) {
  if (!holds) abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n) {
  ml_error err = {0};
  ml_fresh_settings *settings = NULL, *again = NULL;
  ml_buf first = {0}, second = {0};
  if (ml_fresh_settings_parse((const char *)bytes, n, "fuzz", &settings, &err) != ML_OK) {
    check(err.message[0] != 0 && !strchr(err.message, '\n'));
    return 0;
  }
  ml_fresh_settings_json(settings, &first);
  check(ml_fresh_settings_parse(first.data, first.n, "again", &again, &err) == ML_OK);
  ml_fresh_settings_json(again, &second);
  check(first.n == second.n && memcmp(first.data, second.data, first.n) == 0);
  ml_buf_release(&first);
  ml_buf_release(&second);
  ml_fresh_settings_free(settings);
  ml_fresh_settings_free(again);
  return 0;
}
