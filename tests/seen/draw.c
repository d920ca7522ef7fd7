/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Write the pictures of all cases into a folder: NAME.svg, NAME.html. */
#include "../picture_cases.h"
#include "save.h"

int main(int argc, char **argv) {
  int is_wrong = argc != 2;
  for (const picture_case *c = picture_cases; c->name && !is_wrong; c++) {
    cli_pictured p = picture_case_make(c->name);
    ml_error err = {0};
    ml_buf svg = {0}, html = {0};
    cli__select_plot(&p, &svg);
    is_wrong = cli__select_report(&p, &html, &err) != ML_OK;
    is_wrong |= save(argv[1], c->name, "svg", &svg);
    is_wrong |= save(argv[1], c->name, "html", &html);
    picture_case_release(&p);
  }
  return is_wrong;
}
