/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Write the pictures of all results of cross-validation into a folder: NAME.svg, NAME.html. */
#include "../shown_cases.h"
#include "save.h"

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
