/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Some of many names, for messages. */
#include <stdio.h>
#include <string.h>

#include <ml/name_list.h>

static void put(name_list *list, const char *text) {
  const size_t room = sizeof list->text - list->length;
  const int n = snprintf(list->text + list->length, room, "%s", text);
  if (n > 0) list->length += (size_t)n < room ? (size_t)n : room - 1;
}

void name_list__add(name_list *list, const char *name) {
  char shown[CSV_QUOTE_MAX];
  if (list->n++ >= NAME_LIST_SHOWN) return;
  put(list, list->n == 1 ? "\"" : ", \"");
  put(list, csv__quote(name, strlen(name), shown));
  put(list, "\"");
}

const char *name_list__text(name_list *list) {
  if (list->n > NAME_LIST_SHOWN)
    snprintf(list->text + list->length, sizeof list->text - list->length, " and %zu more",
             list->n - NAME_LIST_SHOWN);
  return list->text;
}
