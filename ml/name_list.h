/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Some of many names, for messages; never installed. */
#ifndef ML_NAME_LIST_H
#define ML_NAME_LIST_H

#include <ml/csv_internal.h>

enum { NAME_LIST_SHOWN = 5, NAME_LIST_FEW = 3 /* leave room for more in a message */ };
enum { NAME_LIST_MAX = NAME_LIST_SHOWN * (CSV_QUOTE_MAX + 4) + 32 };

/* Names that are collected one by one: `"a", "b" and 3 more`. Zero-initialise it. */
typedef struct name_list {
  char text[NAME_LIST_MAX];
  size_t n, length;
} name_list;

void name_list__add(name_list *list, const char *name);

/* The text of all that were added. */
const char *name_list__text(name_list *list);

#endif
