/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Write the pictures of all results of cross-validation into a folder: NAME.svg, NAME.html. */
#include <stdio.h>

#include "../shown_cases.h"

static int save(const char *folder, const char *name, const char *end, ml_buf *buf) {
  char path[4096];
  snprintf(path, sizeof path, "%s/%s.%s", folder, name, end);
  FILE *file = buf->failed ? NULL : fopen(path, "wb");
  int is_wrong = !file || fwrite(buf->data, 1, buf->n, file) != buf->n;
  if (file && fclose(file) != 0) is_wrong = 1;
  if (is_wrong) fprintf(stderr, "cannot write %s\n", path);
  ml_buf_release(buf);
  return is_wrong;
}

int main(int argc, char **argv) {
  int is_wrong = argc != 2;
  for (const shown_case *c = shown_cases; c->name && !is_wrong; c++) {
    shown_made *m = shown_case_make(c->name);
    ml_error err = {0};
    ml_buf svg = {0}, html = {0};
    is_wrong = xval__plot(&m->shown, &svg, &err) != ML_OK;
    is_wrong |= xval__report(&m->shown, &html, &err) != ML_OK;
    is_wrong |= save(argv[1], c->name, "svg", &svg);
    is_wrong |= save(argv[1], c->name, "html", &html);
    shown_case_release(m);
  }
  return is_wrong;
}
