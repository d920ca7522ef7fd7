/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The names of a matrix, from the JSON beside a .npy file. */
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include <ml/buffer.h>

#include "features_internal.h"
#include "matrix_internal.h"

/* Up to the end of a string that begins here. */
static size_t skip_string(const char *json, size_t n, size_t at) {
  for (at++; at < n && json[at] != '"'; at++)
    if (json[at] == '\\') at++;
  return at < n ? at + 1 : n;
}

/* Ids that are numbers keep their text: 1.50 and 12345678901234567890 are what is written there,
 * and no double. So numbers are made strings before anybody reads them. */
static void quote_numbers(const char *json, size_t n, ml_buf *to) {
  for (size_t at = 0, next; at < n; at = next) {
    bool is_string = json[at] == '"';
    next = is_string ? skip_string(json, n, at) : at + 1;
    while (!is_string && next < n && json[next] && strchr("+-.0123456789eE", json[next]) &&
           (next > at + 1 || strchr("-0123456789", json[at])))
      next++;
    bool is_number = !is_string && matrix__is_json_number(json + at, next - at);
    ml_buf_put(to, "\"", is_number);
    ml_buf_put(to, json + at, next - at);
    ml_buf_put(to, "\"", is_number);
  }
}

static bool is_list_of_strings(const json_t *list) {
  for (size_t i = 0; i < json_array_size(list); i++)
    if (!json_is_string(json_array_get(list, i))) return false;
  return json_is_array(list);
}

/* @return NULL when memory ran out */
static char **copy_list(const json_t *list, size_t *n) {
  *n = json_array_size(list);
  char **names = calloc(*n + 1, sizeof *names);
  for (size_t i = 0; names && i < *n; i++) {
    names[i] = strdup(json_string_value(json_array_get(list, i)));
    if (names[i]) continue;
    while (i > 0) free(names[--i]);
    free(names);
    return NULL;
  }
  return names;
}

static ml_status take_names(const json_t *root, const char *source, npy_names *names,
                            ml_error *err) {
  const json_t *id = json_object_get(root, "id"), *rows = json_object_get(root, "ids"),
               *columns = json_object_get(root, "columns");
  if (!json_is_string(id) || !is_list_of_strings(rows) || !is_list_of_strings(columns))
    return ml_error_at(err, ML_ERR_PARSE, source, 0, 0,
                       "expected {\"id\": NAME, \"ids\": [...], \"columns\": [...]}, as is "
                       "written beside a .npy file");
  names->id = strdup(json_string_value(id));
  names->rows = copy_list(rows, &names->n_rows);
  names->columns = copy_list(columns, &names->n_columns);
  if (names->id && names->rows && names->columns) return ML_OK;
  features__npy_names_release(names);
  return ml_error_memory(err);
}

ml_status features__npy_names(const char *json, size_t n, const char *source, npy_names *names,
                              ml_error *err) {
  ml_buf quoted = {0};
  json_error_t why;
  *names = (npy_names){0};
  quote_numbers(json, n, &quoted);
  if (quoted.failed) {
    ml_buf_release(&quoted);
    return ml_error_memory(err);
  }
  const size_t flags = JSON_REJECT_DUPLICATES;
  json_t *root = json_loadb(quoted.data ? quoted.data : "", quoted.n, flags, &why);
  ml_buf_release(&quoted);
  if (!root) {
    if (json_error_code(&why) == json_error_out_of_memory) return ml_error_memory(err);
    return ml_error_at(err, ML_ERR_PARSE, source, why.line > 0 ? (size_t)why.line : 1, 0,
                       "not JSON: %s", why.text);
  }
  ml_status status = take_names(root, source, names, err);
  json_decref(root);
  return status;
}

void features__npy_names_release(npy_names *names) {
  free(names->id);
  for (size_t i = 0; names->rows && i < names->n_rows; i++) free(names->rows[i]);
  for (size_t j = 0; names->columns && j < names->n_columns; j++) free(names->columns[j]);
  free(names->rows);
  free(names->columns);
  *names = (npy_names){0};
}
