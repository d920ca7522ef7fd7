/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Write the pages of all trainings into a folder: NAME.html. */
#include "../train_cases.h"
#include "save.h"

#include <stdlib.h>
#include <string.h>

int main(int argc, char **argv) {
  int is_wrong = argc != 2;
  for (const train_case *c = train_cases; c->name && !is_wrong; c++) {
    char *page = train_case_page(c->name);
    ml_buf html = {0};
    ml_buf_puts(&html, page);
    free(page);
    is_wrong = save(argv[1], c->name, "html", &html);
  }
  return is_wrong;
}
