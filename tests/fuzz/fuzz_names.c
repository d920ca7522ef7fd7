/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Lines as names of columns: refused with one line, or settings that read back; and safe names. */
#include <stdlib.h>
#include <string.h>

#include <ml/ml.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n);

enum { MOST = 64 };

static void check(bool holds) {
  if (!holds) abort();
}

static size_t split(char *text, const char **names) {
  size_t n = 0;
  for (char *line = strtok(text, "\n"); line && n < MOST; line = strtok(NULL, "\n"))
    names[n++] = line;
  return n;
}

static void check_settings(const char *const *names, size_t n) {
  ml_error err = {0};
  ml_fresh_settings *settings = NULL, *again = NULL;
  ml_buf first = {0}, second = {0};
  if (ml_fresh_settings_from_names(names, n, "fuzz", &settings, &err) != ML_OK) {
    check(err.status == ML_ERR_PARSE && err.message[0] != 0 && !strchr(err.message, '\n'));
    return;
  }
  ml_fresh_settings_json(settings, &first);
  check(ml_fresh_settings_parse(first.data, first.n, "again", &again, &err) == ML_OK);
  ml_fresh_settings_json(again, &second);
  check(first.n == second.n && memcmp(first.data, second.data, first.n) == 0);
  ml_buf_release(&first);
  ml_buf_release(&second);
  ml_fresh_settings_free(settings);
  ml_fresh_settings_free(again);
}

static void check_safe(const char *const *names, size_t n) {
  char **safe = NULL;
  check(ml_safe_names(names, n, &safe, NULL) == ML_OK);
  for (size_t i = 0; i < n; i++) {
    check(safe[i][0] != 0);
    check(strspn(safe[i], "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_") ==
          strlen(safe[i]));
    for (size_t k = 0; k < i; k++)
      check(strcmp(safe[i], safe[k]) != 0 || strcmp(names[i], names[k]) == 0);
  }
  ml_safe_names_free(safe, n);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n) {
  const char *names[MOST];
  char *text = malloc(n + 1);
  check(text != NULL);
  if (n > 0) memcpy(text, bytes, n);
  text[n] = 0;
  size_t n_names = split(text, names);
  check_settings(names, n_names);
  check_safe(names, n_names);
  free(text);
  return 0;
}
