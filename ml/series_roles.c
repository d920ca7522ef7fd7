/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Which column of a file is the id, the time, the kind, the values. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <ml/csv_internal.h>
#include <ml/name_list.h>
#include <ml/nearest.h>
#include <ml/series_internal.h>

/* What is known of the columns while roles are dealt out. */
typedef struct deal {
  const ml_csv *csv;
  const ml_series_opts *opts;
  series_roles *roles;
  bool *known; /* has a role, or is left out */
  name_list missing;
  ml_error *err;
} deal;

const char *series__list(size_t n, const char *(*name_at)(const void *of, size_t j), const void *of,
                         char buf[SERIES_LIST_MAX]) {
  static const char rest[] = ", ...";
  size_t at = 0;
  ml_buf name = {0};
  buf[0] = 0;
  for (size_t j = 0; j < n; j++) {
    ml_buf_clear(&name);
    ml_buf_puts(&name, j ? ", " : "");
    series__put_name(&name, name_at(of, j));
    if (name.failed || at + name.n + sizeof rest > SERIES_LIST_MAX) {
      strcpy(buf + at, j ? rest : "...");
      break;
    }
    at += (size_t)sprintf(buf + at, "%.*s", (int)name.n, name.data);
  }
  ml_buf_release(&name);
  return buf;
}

static const char *column_at(const void *csv, size_t j) {
  return ml_csv_column(csv, j);
}

const char *series__list_columns(const ml_csv *csv, char buf[SERIES_LIST_MAX]) {
  return series__list(ml_csv_n_columns(csv), column_at, csv, buf);
}

static ml_status fail_list(const deal *d, const char *words, const char *name, const char *tail) {
  char list[SERIES_LIST_MAX];
  return ml_error_at(d->err, ML_ERR_PARSE, ml_csv_source(d->csv), 0, 0,
                     "%s%s%.60s%s (the file has: %s)%s", words, name ? " \"" : "", name ? name : "",
                     name ? "\"" : "", series__list_columns(d->csv, list), tail);
}

static bool is_there(const deal *d, const char *name) {
  size_t unused;
  return csv__count_named(d->csv, name, &unused) > 0;
}

/* The column of a name that must be there, once. */
static ml_status find(const deal *d, const char *name, size_t *column) {
  *column = ml_csv_find(d->csv, name);
  if (*column != SIZE_MAX) return ML_OK;
  return fail_list(d, is_there(d, name) ? "more than one column" : "no column", name, "");
}

static ml_status take(deal *d, const char *name, size_t *column) {
  ml_status status = find(d, name, column);
  if (status != ML_OK) return status;
  if (d->known[*column])
    return ml_error_at(d->err, ML_ERR_USAGE, ml_csv_source(d->csv), 0, 0,
                       "column \"%.60s\" is given two parts", name);
  d->known[*column] = true;
  return ML_OK;
}

/* A role that the user gave to a column, or that a column of the usual name has. */
static ml_status deal_role(deal *d, const char *given, const char *usual, size_t *column) {
  *column = SIZE_MAX;
  if (given) return *given ? take(d, given, column) : ML_OK;
  size_t j = ml_csv_find(d->csv, usual);
  if (j == SIZE_MAX ? !is_there(d, usual) : d->known[j]) return ML_OK;
  return take(d, usual, column);
}

static ml_status add_value(series_roles *roles, size_t column, ml_error *err) {
  size_t *values = reallocarray(roles->values, roles->n_values + 1, sizeof *values);
  if (!values) return ml_error_memory(err);
  roles->values = values;
  values[roles->n_values++] = column;
  return ML_OK;
}

/* Call `each` with the columns of a list. */
static ml_status each_named(deal *d, const char *names, const char *option,
                            ml_status (*each)(deal *, const char *name)) {
  ml_csv *list = NULL;
  ml_status status = csv__open_list(names, option, &list, d->err);
  if (status != ML_OK) return status;
  for (size_t j = 0; status == ML_OK && j < ml_csv_n_columns(list); j++)
    status = each(d, ml_csv_column(list, j));
  ml_csv_close(list);
  return status;
}

static bool is_attribute(const deal *d, size_t column) {
  for (size_t a = 0; a < d->opts->n_attributes; a++)
    if (d->roles->attributes[a] == column) return true;
  return false;
}

/* What is said of an id is no kind anyway. */
static ml_status exclude(deal *d, const char *name) {
  size_t column = ml_csv_find(d->csv, name);
  if (column != SIZE_MAX && (column == d->roles->target || is_attribute(d, column))) return ML_OK;
  return take(d, name, &column);
}

/* Of several that are not there all are named. */
static ml_status choose(deal *d, const char *name) {
  size_t column;
  if (!is_there(d, name)) {
    name_list__add(&d->missing, name);
    return ML_OK;
  }
  ml_status status = take(d, name, &column);
  return status == ML_OK ? add_value(d->roles, column, d->err) : status;
}

static ml_status fail_chosen(deal *d) {
  char list[SERIES_LIST_MAX];
  const bool has_room = d->missing.n <= NAME_LIST_FEW;
  return ml_error_at(d->err, ML_ERR_PARSE, ml_csv_source(d->csv), 0, 0, "no column%s %s%s%s%s",
                     d->missing.n == 1 ? "" : "s", name_list__text(&d->missing),
                     has_room ? " (the file has: " : "",
                     has_room ? series__list_columns(d->csv, list) : "", has_room ? ")" : "");
}

static ml_status fail_near(const deal *d, const char *name) {
  ml_nearest nearest = ml_nearest_to(name);
  char tail[128] = "";
  for (size_t j = 0; j < ml_csv_n_columns(d->csv); j++)
    ml_nearest_try(&nearest, ml_csv_column(d->csv, j), strlen(ml_csv_column(d->csv, j)));
  if (nearest.name && (nearest.distance == 0 || strlen(name) > 1))
    snprintf(tail, sizeof tail, "; did you mean \"%.*s\"?", (int)nearest.n, nearest.name);
  return fail_list(d, "no column", name, tail);
}

/* First of all, so that no other part falls to it. */
static ml_status deal_target(deal *d) {
  const ml_series_opts *o = d->opts;
  d->roles->target = SIZE_MAX;
  if (!o->target) return ML_OK;
  if (is_there(d, o->target)) return take(d, o->target, &d->roles->target);
  return o->target_is_elsewhere ? ML_OK : fail_near(d, o->target);
}

static bool is_id(const deal *d, const char *name) {
  const char *id = d->opts->id ? d->opts->id : "id";
  return *id && strcmp(name, id) == 0;
}

static ml_status deal_attribute(deal *d, const char *name, size_t a) {
  series_roles *roles = d->roles;
  roles->attributes[a] = SIZE_MAX;
  if (!is_there(d, name)) return d->opts->attributes_may_lack ? ML_OK : fail_near(d, name);
  roles->are_ids[a] = is_id(d, name);
  return roles->are_ids[a] ? ML_OK : take(d, name, &roles->attributes[a]);
}

static ml_status deal_attributes(deal *d) {
  const ml_series_opts *o = d->opts;
  ml_status status = ML_OK;
  d->roles->attributes = calloc(o->n_attributes + 1, sizeof *d->roles->attributes);
  d->roles->are_ids = calloc(o->n_attributes + 1, sizeof *d->roles->are_ids);
  if (!d->roles->attributes || !d->roles->are_ids) return ml_error_memory(d->err);
  for (size_t a = 0; a < o->n_attributes && status == ML_OK; a++)
    status = deal_attribute(d, o->attributes[a], a);
  return status;
}

static size_t count_unknown(const deal *d, size_t *last) {
  size_t n = 0;
  for (size_t j = 0; j < ml_csv_n_columns(d->csv); j++) {
    if (d->known[j]) continue;
    n++;
    *last = j;
  }
  return n;
}

/* A delimiter behind the last name makes a column that is nothing, if its cells are empty. */
static void deal_empty(deal *d) {
  size_t last = ml_csv_n_columns(d->csv) - 1;
  if (last == 0 || *ml_csv_column(d->csv, last) || d->known[last]) return;
  d->roles->empty = last;
  d->known[last] = true;
}

/* pandas writes its index so. */
static ml_status fail_unnamed(const deal *d, size_t column) {
  bool is_only = ml_csv_find(d->csv, "") != SIZE_MAX;
  return ml_error_at(d->err, ML_ERR_PARSE, ml_csv_source(d->csv), 0, 0,
                     "column %zu has no name; %schoose the value columns with --columns",
                     column + 1, is_only ? "--exclude '\"\"' leaves it out, or " : "");
}

/* Every column that has no other part holds values. */
static ml_status deal_rest(deal *d) {
  for (size_t j = 0; j < ml_csv_n_columns(d->csv); j++) {
    const char *name = ml_csv_column(d->csv, j);
    if (d->known[j]) continue;
    if (!*name) return fail_unnamed(d, j);
    size_t column;
    ml_status status = find(d, name, &column);
    if (status == ML_OK) status = add_value(d->roles, column, d->err);
    if (status != ML_OK) return status;
  }
  if (d->roles->n_values) return ML_OK;
  if (d->roles->target != SIZE_MAX)
    return fail_list(d, "no column of values beside the target", d->opts->target, "");
  return fail_list(d, "no column of values", NULL, "");
}

static ml_status deal_values(deal *d) {
  const ml_series_opts *o = d->opts;
  series_roles *roles = d->roles;
  if (roles->values_named) {
    ml_status status = each_named(d, o->columns, "--columns", choose);
    if (status == ML_OK && d->missing.n > 0) status = fail_chosen(d);
    deal_empty(d);
    return status;
  }
  size_t value, only = SIZE_MAX;
  ml_status status = deal_role(d, o->value, "value", &value);
  bool has_kind = o->kind ? *o->kind != 0 : value != SIZE_MAX;
  if (status == ML_OK && has_kind) status = deal_role(d, o->kind, "kind", &roles->kind);
  deal_empty(d);
  if (status != ML_OK) return status;
  if (roles->kind != SIZE_MAX && value == SIZE_MAX) {
    if (count_unknown(d, &only) != 1)
      return fail_list(d, "no column", "value", "; name it with --value");
    d->known[value = only] = true;
  }
  roles->is_long = value != SIZE_MAX;
  return roles->is_long ? add_value(roles, value, d->err) : ML_OK;
}

/* Without an id column: is the file clearly one series? */
static ml_status check_single(deal *d) {
  series_roles *roles = d->roles;
  size_t unused;
  if (roles->id != SIZE_MAX || d->opts->id || count_unknown(d, &unused) == 0) return ML_OK;
  roles->is_guess = roles->sort != SIZE_MAX && !roles->is_long;
  if (roles->is_guess) return ML_OK;
  return fail_list(d, "no column", "id",
                   "; name it with --id, or give --id \"\" for a single series");
}

static ml_status deal_all(deal *d) {
  const ml_series_opts *o = d->opts;
  d->roles->values_named = o->columns && *o->columns;
  if (d->roles->values_named && ((o->value && *o->value) || (o->kind && *o->kind)))
    return ml_error_set(d->err, ML_ERR_USAGE,
                        "--columns is for the wide format, --kind and --value for the long one");
  ml_status status = deal_target(d);
  if (status == ML_OK) status = deal_attributes(d);
  if (status == ML_OK && o->exclude && *o->exclude)
    status = each_named(d, o->exclude, "--exclude", exclude);
  if (status == ML_OK) status = deal_role(d, o->id, "id", &d->roles->id);
  if (status == ML_OK) status = deal_role(d, o->sort, "time", &d->roles->sort);
  if (status == ML_OK) status = deal_values(d);
  if (status == ML_OK) status = check_single(d);
  if (status == ML_OK && d->roles->n_values == 0) status = deal_rest(d);
  return status;
}

ml_status series__roles(const ml_csv *csv, const ml_series_opts *opts, series_roles *roles,
                        ml_error *err) {
  *roles = (series_roles){.kind = SIZE_MAX, .empty = SIZE_MAX};
  deal d = {.csv = csv, .opts = opts, .roles = roles, .err = err};
  d.known = calloc(ml_csv_n_columns(csv), sizeof *d.known);
  ml_status status = d.known ? deal_all(&d) : ml_error_memory(err);
  free(d.known);
  if (status != ML_OK) series__roles_release(roles);
  return status;
}

void series__roles_release(series_roles *roles) {
  free(roles->values);
  free(roles->attributes);
  free(roles->are_ids);
  *roles = (series_roles){0};
}
