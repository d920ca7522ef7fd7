/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Lists of names, which are CSV records themselves. */
#include <string.h>

#include <ml/csv_internal.h>

ml_status csv__open_list(const char *names, const char *option, ml_csv **out, ml_error *err) {
  const ml_csv_opts comma = {.delimiter = ','};
  ml_error why = {0};
  ml_csv *list = NULL;
  if (!names[strspn(names, " \t\r\n")])
    return ml_error_set(err, ML_ERR_USAGE, "%s has no names", option);
  ml_status status = ml_csv_open_bytes(names, strlen(names), option, &comma, &list, &why);
  if (status == ML_OK && list->at + 1 < list->n) {
    ml_csv_close(list);
    return ml_error_set(err, ML_ERR_USAGE, "%s has several lines; commas separate the names",
                        option);
  }
  if (status == ML_OK) *out = list;
  if (status != ML_ERR_PARSE) return status == ML_OK ? ML_OK : ml_error_memory(err);
  return ml_error_set(err, ML_ERR_USAGE, "%s is not a list of names: %s", option, why.message);
}
