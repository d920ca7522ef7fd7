/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the tests of shown results share: the texts that are written of a case. */
#include "shown_texts.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

char *shown_text(void (*put)(const xval_shown *, ml_buf *), const char *name) {
  ml_buf buf = {0};
  shown_made *m = shown_case_make(name);
  put(&m->shown, &buf);
  shown_case_release(m);
  ml_buf_put(&buf, "", 1);
  assert_false(buf.failed);
  return buf.data;
}

char *shown_picture(ml_status (*put)(const xval_shown *, ml_buf *, ml_error *), const char *name) {
  ml_buf buf = {0};
  ml_error err = {0};
  shown_made *m = shown_case_make(name);
  assert_int_equal(put(&m->shown, &buf, &err), ML_OK);
  shown_case_release(m);
  ml_buf_put(&buf, "", 1);
  assert_false(buf.failed);
  return buf.data;
}

size_t count_of(const char *text, const char *what) {
  size_t n = 0;
  for (; (text = strstr(text, what)); text += strlen(what)) n++;
  return n;
}

void expect_words(const expected *cases, size_t n, void (*put)(const xval_shown *, ml_buf *)) {
  for (size_t i = 0; i < n; i++) {
    char *text = shown_text(put, cases[i].name);
    if (!strstr(text, cases[i].words))
      fail_msg("%s: no '%s' in\n%s", cases[i].name, cases[i].words, text);
    free(text);
  }
}

json_t *shown_at(json_t *json, const char *path) {
  char copy[160], *rest = copy;
  snprintf(copy, sizeof copy, "%s", path);
  for (char *key; (key = strsep(&rest, "."));) {
    json =
        json_is_array(json) ? json_array_get(json, (size_t)atoi(key)) : json_object_get(json, key);
    if (!json) fail_msg("no %s of %s", key, path);
  }
  return json;
}
