/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Pages: a template with marks such as @@plot@@, which are replaced. */
#include "picture.h"

#include <string.h>

void picture__begin_fact(ml_buf *out, const char *name, bool is_wide) {
  ml_buf_printf(out, "<div%s><dt>%s</dt><dd>", is_wide ? " class=\"wide\"" : "", name);
}

void picture__end_fact(ml_buf *out) {
  ml_buf_puts(out, "</dd></div>\n");
}

void picture__json_string(ml_buf *out, const char *text) {
  ml_buf json = {0};
  ml_buf_json_string(&json, text);
  for (size_t i = 0; i < json.n; i++) {
    if (json.data[i] == '<' || json.data[i] == '>' || json.data[i] == '&')
      ml_buf_printf(out, "\\u%04x", json.data[i]);
    else
      ml_buf_put(out, json.data + i, 1);
  }
  if (json.failed) out->failed = true;
  ml_buf_release(&json);
}

void picture__fill(const char *page, const picture_mark *marks, size_t n, void *ctx, ml_buf *out) {
  for (const char *mark; (mark = strstr(page, "@@"));) {
    const char *end = strstr(mark + 2, "@@");
    size_t length = (size_t)(end - mark - 2);
    ml_buf_put(out, page, (size_t)(mark - page));
    for (size_t i = 0; i < n; i++)
      if (strlen(marks[i].name) == length && memcmp(marks[i].name, mark + 2, length) == 0)
        marks[i].put(ctx);
    page = end + 2;
  }
  ml_buf_puts(out, page);
}
