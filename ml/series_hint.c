/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Names of columns in messages, and what to do about a column that has no numbers. */
#include <string.h>

#include <ml/series_internal.h>

/* Longer names make no hint, because a part of a name helps nobody. */
enum { HINT_NAME_MAX = 60 };

void series__put_name(ml_buf *to, const char *name) {
  if (*name)
    ml_buf_csv_cell(to, name);
  else
    ml_buf_puts(to, "\"\"");
}

/* What a shell passes on as it is. */
static bool is_plain(char c) {
  return (c & 0x80) || strchr("_.,:/@%+-", c) || (c >= '0' && c <= '9') ||
         ((c | 32) >= 'a' && (c | 32) <= 'z');
}

/* An argument as it is to be typed. */
static void put_argument(ml_buf *to, const char *text, size_t n) {
  size_t n_plain = 0;
  while (n_plain < n && is_plain(text[n_plain])) n_plain++;
  if (n_plain == n) {
    ml_buf_put(to, text, n);
    return;
  }
  ml_buf_puts(to, "'");
  for (size_t i = 0; i < n; i++) {
    if (text[i] == '\'')
      ml_buf_puts(to, "'\\''");
    else
      ml_buf_put(to, text + i, 1);
  }
  ml_buf_puts(to, "'");
}

/* " --exclude NAME": a list of columns is CSV, where some names have quotes. */
static void put_exclude(ml_buf *to, const char *name) {
  ml_buf cell = {0};
  series__put_name(&cell, name);
  ml_buf_puts(to, " --exclude ");
  put_argument(to, cell.data ? cell.data : "", cell.n);
  if (cell.failed) to->failed = true;
  ml_buf_release(&cell);
}

char *series__hint(const char *name, const char *option) {
  ml_buf hint = {0};
  if (strlen(name) <= HINT_NAME_MAX) {
    ml_buf_puts(&hint, ";");
    if (option) {
      ml_buf_printf(&hint, " --%s ", option);
      put_argument(&hint, name, strlen(name));
      ml_buf_puts(&hint, strcmp(option, "id") == 0 ? " if it tells the series apart,"
                                                   : " if it is the time,");
    }
    put_exclude(&hint, name);
    ml_buf_puts(&hint, option ? " leaves it out" : " leaves the column out");
  }
  ml_buf_put(&hint, "", 1);
  if (!hint.failed) return hint.data;
  ml_buf_release(&hint);
  return NULL;
}
