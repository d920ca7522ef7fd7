/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Which column of a file of features is the id, the target, a feature. */
#include <stdlib.h>
#include <string.h>

#include <ml/csv_internal.h>
#include <ml/labels.h>
#include <ml/name_list.h>
#include <ml/nearest.h>
#include <ml/series_internal.h>

#include "features_internal.h"

typedef struct deal {
  const features_names *names;
  const features_ask *ask;
  features_roles *roles;
  bool *known; /* has a role, or is left out */
  ml_error *err;
} deal;

static const char *name_at(const void *names, size_t j) {
  return ((const features_names *)names)->names[j];
}

static const char *list_of(const features_names *names, char buf[SERIES_LIST_MAX]) {
  return series__list(names->n, name_at, names, buf);
}

static size_t count_named(const features_names *names, const char *name, size_t *column) {
  size_t n = 0;
  for (size_t j = names->n; j-- > 0;) {
    if (strcmp(names->names[j], name) != 0) continue;
    n++;
    *column = j;
  }
  return n;
}

ml_status features__fail_name(const features_names *names, const char *name, ml_error *err) {
  char shown[CSV_QUOTE_MAX], list[SERIES_LIST_MAX];
  size_t column;
  csv__quote(name, strlen(name), shown);
  if (count_named(names, name, &column) > 1)
    return ml_error_at(err, ML_ERR_USAGE, names->source, 0, 0, "more than one column \"%s\"",
                       shown);
  ml_nearest nearest = ml_nearest_to(name);
  for (size_t j = 0; j < names->n; j++)
    ml_nearest_try(&nearest, names->names[j], strlen(names->names[j]));
  /* Any letter is one edit from any other: the list says more. */
  if (nearest.name && (nearest.distance == 0 || strlen(name) > 1))
    return ml_error_at(err, ML_ERR_USAGE, names->source, 0, 0,
                       "no column \"%s\" (did you mean \"%s\"?)", shown, nearest.name);
  return ml_error_at(err, ML_ERR_USAGE, names->source, 0, 0, "no column \"%s\" (the file has: %s)",
                     shown, list_of(names, list));
}

static ml_status fail_two_parts(const deal *d, const char *name) {
  char shown[CSV_QUOTE_MAX];
  return ml_error_at(d->err, ML_ERR_USAGE, d->names->source, 0, 0,
                     "column \"%s\" is given two parts", csv__quote(name, strlen(name), shown));
}

/* The column of a name that must be there, once, and has no part yet. */
static ml_status take(deal *d, const char *name, size_t *column) {
  if (count_named(d->names, name, column) != 1) return features__fail_name(d->names, name, d->err);
  if (d->known[*column]) return fail_two_parts(d, name);
  d->known[*column] = true;
  return ML_OK;
}

static ml_status exclude(deal *d, const char *names) {
  ml_csv *list = NULL;
  size_t unused;
  ml_status status = csv__open_list(names, "--exclude", &list, d->err);
  for (size_t j = 0; status == ML_OK && j < ml_csv_n_columns(list); j++)
    status = take(d, ml_csv_column(list, j), &unused);
  ml_csv_close(list);
  return status;
}

/* All features have two underscores in a row, which hardly any id has. */
static ml_status deal_id(deal *d) {
  features_roles *roles = d->roles;
  const char *given = d->ask->id, *usual = d->ask->usual_id ? d->ask->usual_id : "id";
  size_t column;
  if (d->names->has_ids) return ML_OK;
  if (given) return *given ? take(d, given, &roles->id) : ML_OK;
  if (count_named(d->names, usual, &column) == 0) {
    column = 0;
    if (!d->ask->first_is_id || d->known[0] || strstr(d->names->names[0], "__")) return ML_OK;
    roles->id_is_guess = true;
  } else if (column == roles->target) {
    return ml_error_at(d->err, ML_ERR_USAGE, d->names->source, 0, 0,
                       "column \"id\" is both the id and the target; --id names the ids, --id "
                       "\"\" says that there are none");
  } else if (d->known[column]) {
    return ML_OK;
  } else if (count_named(d->names, usual, &column) > 1) {
    return features__fail_name(d->names, usual, d->err);
  }
  roles->id = column;
  d->known[column] = true;
  return ML_OK;
}

static ml_status fail_unnamed(const deal *d, size_t column) {
  return ml_error_at(d->err, ML_ERR_PARSE, d->names->source, 0, 0,
                     "column %zu has no name; --exclude '\"\"' leaves it out", column + 1);
}

static ml_status fail_twice(const deal *d, const char *name) {
  char shown[CSV_QUOTE_MAX];
  return ml_error_at(d->err, ML_ERR_PARSE, d->names->source, 0, 0, "more than one column \"%s\"",
                     csv__quote(name, strlen(name), shown));
}

static ml_status fail_no_feature(const features_names *names, ml_error *err) {
  char list[SERIES_LIST_MAX];
  return ml_error_at(err, ML_ERR_PARSE, names->source, 0, 0,
                     "no column of a feature (the file has: %s)", list_of(names, list));
}

/* Every column that has no other part is a feature. */
static ml_status deal_rest(deal *d) {
  labels seen = {0};
  ml_status status = ML_OK;
  features_roles *roles = d->roles;
  if (d->ask->no_features) return ML_OK;
  for (size_t j = 0; j < d->names->n && status == ML_OK; j++) {
    const char *name = d->names->names[j];
    if (d->known[j]) continue;
    roles->columns[roles->n++] = j;
    if (!*name)
      status = fail_unnamed(d, j);
    else if (labels__put(&seen, name, strlen(name)) == LABELS_FULL)
      status = ml_error_memory(d->err);
    else if (seen.n < roles->n)
      status = fail_twice(d, name);
  }
  labels__release(&seen);
  if (status != ML_OK || roles->n > 0 || d->ask->may_lack_features) return status;
  return fail_no_feature(d->names, d->err);
}

static ml_status fail_missing(const deal *d, name_list *missing) {
  char list[SERIES_LIST_MAX];
  const bool has_room = missing->n <= NAME_LIST_FEW;
  return ml_error_at(d->err, ML_ERR_PARSE, d->names->source, 0, 0, "no column%s %s%s%s%s",
                     missing->n == 1 ? "" : "s", name_list__text(missing),
                     has_room ? " (the file has: " : "", has_room ? list_of(d->names, list) : "",
                     has_room ? ")" : "");
}

/* Where the columns are by their names; codes of labels are those of names in order. A name that is
 * there twice has no place. */
static bool find_places(const features_names *names, labels *seen, size_t *place) {
  for (size_t j = 0; j < names->n; j++) {
    const size_t n = seen->n;
    const uint32_t code = labels__put(seen, names->names[j], strlen(names->names[j]));
    if (code == LABELS_FULL) return false;
    place[code] = seen->n > n ? j : SIZE_MAX;
  }
  return true;
}

static ml_status take_only(deal *d, labels *seen, const size_t *place) {
  features_roles *roles = d->roles;
  name_list missing = {0};
  const size_t n = seen->n;
  for (size_t k = 0; k < d->ask->n_only; k++) {
    const char *name = d->ask->only[k];
    const uint32_t code = labels__put(seen, name, strlen(name));
    if (code == LABELS_FULL) return ml_error_memory(d->err);
    if (code >= n)
      name_list__add(&missing, name);
    else if (place[code] == SIZE_MAX)
      return fail_twice(d, name);
    else if (d->known[place[code]])
      return fail_two_parts(d, name);
    else
      roles->columns[roles->n++] = place[code];
  }
  return missing.n ? fail_missing(d, &missing) : ML_OK;
}

/* Those that are asked for; what else there is may be called as it likes. */
static ml_status deal_only(deal *d) {
  labels seen = {0};
  size_t *place = calloc(d->names->n, sizeof *place);
  size_t *columns = calloc(d->ask->n_only + 1, sizeof *columns);
  free(d->roles->columns);
  d->roles->columns = columns;
  ml_status status = place && columns && find_places(d->names, &seen, place)
                         ? take_only(d, &seen, place)
                         : ml_error_memory(d->err);
  labels__release(&seen);
  free(place);
  return status;
}

static ml_status deal_all(deal *d) {
  const features_ask *ask = d->ask;
  const size_t last = d->names->n - 1;
  ml_status status = ML_OK;
  if (ask->exclude && *ask->exclude) status = exclude(d, ask->exclude);
  if (status == ML_OK && ask->target) status = take(d, ask->target, &d->roles->target);
  for (size_t k = 0; k < FEATURES_MORE_MAX && status == ML_OK; k++)
    if (ask->more[k]) status = take(d, ask->more[k], &d->roles->more[k]);
  if (status == ML_OK) status = deal_id(d);
  if (status == ML_OK && !ask->only && !d->names->has_ids && last > 0 && !d->known[last] &&
      !*d->names->names[last]) {
    d->roles->empty = last;
    d->known[last] = true;
  }
  if (status != ML_OK) return status;
  return ask->only ? deal_only(d) : deal_rest(d);
}

ml_status features__roles(const features_names *names, const features_ask *ask,
                          features_roles *roles, ml_error *err) {
  *roles = (features_roles){.id = SIZE_MAX, .target = SIZE_MAX, .empty = SIZE_MAX};
  for (size_t k = 0; k < FEATURES_MORE_MAX; k++) roles->more[k] = SIZE_MAX;
  if (names->n == 0) return fail_no_feature(names, err);
  deal d = {.names = names, .ask = ask, .roles = roles, .err = err};
  d.known = calloc(names->n, sizeof *d.known);
  roles->columns = calloc(names->n, sizeof *roles->columns);
  ml_status status = d.known && roles->columns ? deal_all(&d) : ml_error_memory(err);
  free(d.known);
  if (status != ML_OK) features__roles_release(roles);
  return status;
}

void features__roles_release(features_roles *roles) {
  free(roles->columns);
  *roles = (features_roles){0};
}
