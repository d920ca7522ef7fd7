/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Pictures as files, for the tests that look at them. */
#ifndef TESTS_SEEN_SAVE_H
#define TESTS_SEEN_SAVE_H

#include <ml/buffer.h>
#include <stdio.h>

/* Write FOLDER/NAME.END and release the bytes. @return not 0: it failed, and stderr says so */
static inline int save(const char *folder, const char *name, const char *end, ml_buf *buf) {
  char path[4096];
  snprintf(path, sizeof path, "%s/%s.%s", folder, name, end);
  FILE *file = buf->failed ? NULL : fopen(path, "wb");
  int is_wrong = !file || fwrite(buf->data, 1, buf->n, file) != buf->n;
  if (file && fclose(file) != 0) is_wrong = 1;
  if (is_wrong) fprintf(stderr, "cannot write %s\n", path);
  ml_buf_release(buf);
  return is_wrong;
}

#endif
