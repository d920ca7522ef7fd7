/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Series from a CSV file: its columns are read, and their rows put in order. */
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <ml/csv_internal.h>
#include <ml/iso8601.h>
#include <ml/number.h>
#include <ml/series_internal.h>

/* A file on its way to a set: columns are taken out of the table when they are used up. */
typedef struct building {
  ml_csv *csv;
  const ml_series_opts *opts;
  const series_told *told;
  series_roles roles;
  series_gaps gaps;
  ml_table *table;
  ml_column *id, *sort, *kind, *target, *attributes, *values; /* in the table; NULL: none */
  ml_series_set *set;
  uint32_t *group; /* of each row: id, or id and kind; NULL: one group, or they are in the runs */
  int64_t *key;    /* what rows of a group are sorted by; NULL: nothing */
  series_order order;
  series_forms others; /* ids of other shards; with windows, all */
  ml_error *err;
} building;

static ml_status fail(const building *b, const char *what) {
  return ml_error_at(b->err, ML_ERR_PARSE, ml_csv_source(b->csv), 0, 0, "%s", what);
}

/* ---- columns ---- */

/* The cells of a column of values, with what to do when they are none. */
typedef struct value_hints {
  char *text, *date;
} value_hints;

static bool make_hints(const building *b, value_hints *hints, size_t n) {
  const char *id = b->roles.id == SIZE_MAX && !b->opts->id ? "id" : NULL;
  const char *sort = b->roles.sort == SIZE_MAX && !b->opts->sort ? "sort" : NULL;
  for (size_t k = 0; k < n; k++) {
    const char *name = ml_csv_column(b->csv, b->roles.values[k]);
    hints[k].text = series__hint(name, id);
    hints[k].date = series__hint(name, sort ? sort : id);
    if (!hints[k].text || !hints[k].date) return false;
  }
  return true;
}

/* Is there one to be read? */
static bool has_target(const building *b) {
  return b->roles.target != SIZE_MAX && !b->opts->target_is_elsewhere;
}

static size_t list_wanted(const building *b, const value_hints *hints, size_t n_hints,
                          ml_csv_want *want) {
  const series_roles *roles = &b->roles;
  size_t n = 0;
  if (roles->id != SIZE_MAX)
    want[n++] = (ml_csv_want){.column = roles->id, .type = ML_LABEL, .finite = true};
  if (roles->sort != SIZE_MAX)
    want[n++] = (ml_csv_want){.column = roles->sort, .type = ML_TIME, .finite = true};
  if (roles->kind != SIZE_MAX)
    want[n++] = (ml_csv_want){.column = roles->kind, .type = ML_LABEL, .finite = true};
  if (has_target(b))
    want[n++] = (ml_csv_want){.column = roles->target, .type = ML_LABEL, .finite = true};
  for (size_t a = 0; a < b->opts->n_attributes; a++)
    if (roles->attributes[a] != SIZE_MAX)
      want[n++] = (ml_csv_want){.column = roles->attributes[a], .type = ML_LABEL, .finite = true};
  for (size_t k = 0; k < roles->n_values; k++, n++) {
    want[n] = (ml_csv_want){.column = roles->values[k],
                            .type = ML_NUMBER,
                            .finite = true,
                            .takes_missing = b->gaps.missing != ML_MISSING_ERROR,
                            .takes_infinite = b->gaps.infinite != ML_MISSING_ERROR};
    if (k >= n_hints) continue;
    want[n].hint = hints[k].text;
    want[n].date_hint = hints[k].date;
  }
  return n;
}

/* Is an id of the shard that is asked for? */
static bool takes_id(void *ctx, const char *id) {
  building *b = ctx;
  if (ml_shard_of(id, b->opts->n_shards) == b->opts->shard) return true;
  series__note_forms(&b->others, id);
  return false;
}

static void choose_rows(building *b) {
  if (b->opts->n_shards == 0) return;
  b->csv->takes = takes_id;
  b->csv->takes_ctx = b;
  b->csv->takes_column = b->roles.id;
  b->csv->takes_none = b->roles.id == SIZE_MAX && !takes_id(b, "0");
}

static ml_status read_columns(building *b) {
  const series_roles *roles = &b->roles;
  size_t n_hints = roles->is_long || roles->values_named ? 0 : roles->n_values;
  ml_csv_want *want = calloc(4 + b->opts->n_attributes + roles->n_values, sizeof *want);
  value_hints *hints = calloc(n_hints + 1, sizeof *hints);
  ml_status status = want && hints && make_hints(b, hints, n_hints) ? ML_OK : ML_ERR_MEMORY;
  if (status == ML_OK) {
    b->csv->empty_column = roles->is_long ? SIZE_MAX : roles->empty;
    b->csv->keep_lines = roles->is_guess || has_target(b) || b->opts->n_attributes > 0;
    b->csv->run_column = roles->id;
    choose_rows(b);
    status = ml_csv_read(b->csv, want, list_wanted(b, hints, n_hints, want), &b->table, b->err);
  } else {
    ml_error_memory(b->err);
  }
  for (size_t k = 0; hints && k < n_hints; k++) {
    free(hints[k].text);
    free(hints[k].date);
  }
  free(hints);
  free(want);
  return status;
}

static void name_columns(building *b) {
  ml_column *next = b->table->columns;
  if (b->roles.id != SIZE_MAX) b->id = next++;
  if (b->roles.sort != SIZE_MAX) b->sort = next++;
  if (b->roles.kind != SIZE_MAX) b->kind = next++;
  if (has_target(b)) b->target = next++;
  b->attributes = next;
  for (size_t a = 0; a < b->opts->n_attributes; a++) next += b->roles.attributes[a] != SIZE_MAX;
  b->values = next;
}

static void drop_column(ml_column *column) {
  if (!column) return;
  free(column->number);
  column->number = NULL;
}

/* ---- ids and kinds ---- */

/* The distinct texts of a column in the order of their ranks; the column loses them. */
static char **take_texts(ml_column *column, const series_ranking *ranking, char **storage) {
  char **texts = malloc(ranking->n * sizeof *texts);
  if (!texts) return NULL;
  for (size_t i = 0; i < ranking->n; i++) texts[i] = column->labels[ranking->first[i]];
  *storage = column->label_text;
  column->label_text = NULL;
  free(column->labels);
  column->labels = NULL;
  return texts;
}

/* Replace the codes of a column, or of its runs, by ranks. @return false when memory ran out */
static bool rank_column(ml_column *column, size_t n_rows, csv_run *runs, size_t n_runs,
                        const series_forms *others, char ***texts, char **storage, size_t *n,
                        bool *are_numbers) {
  series_ranking ranking = {0};
  if (series__rank_among(column->labels, column->n_labels, others, &ranking))
    *texts = take_texts(column, &ranking, storage);
  *n = ranking.n;
  *are_numbers = ranking.are_numbers;
  for (size_t i = 0; *texts && column->label && i < n_rows; i++)
    column->label[i] = ranking.rank[column->label[i]];
  for (size_t i = 0; *texts && i < n_runs; i++) runs[i].code = ranking.rank[runs[i].code];
  series__ranking_release(&ranking);
  return *texts != NULL;
}

static bool set_single_id(ml_series_set *set) {
  set->ids = malloc(sizeof *set->ids);
  set->id_text = strdup("0");
  if (!set->ids || !set->id_text) return false;
  set->ids[0] = set->id_text;
  set->n_ids = 1;
  set->ids_are_numbers = true;
  set->is_single = true;
  return true;
}

static void note_ids(building *b) {
  if (b->opts->n_shards == 0 && !b->opts->window && !b->told->is_part) return;
  for (size_t i = 0; b->id && i < b->id->n_labels; i++)
    series__note_forms(&b->others, b->id->labels[i]);
  if (!b->id) series__note_forms(&b->others, "0");
  b->set->forms = b->others;
}

static ml_status make_ids(building *b) {
  ml_series_set *set = b->set;
  set->id_name = strdup(b->id ? b->id->name : "id");
  note_ids(b);
  bool ok = set->id_name &&
            (b->id ? rank_column(b->id, set->n_rows, b->csv->runs, b->csv->n_runs, &b->others,
                                 &set->ids, &set->id_text, &set->n_ids, &set->ids_are_numbers)
                   : set_single_id(set));
  if (b->id) b->group = b->id->label;
  if (b->csv->takes_none) set->n_ids = 0;
  return ok ? ML_OK : ml_error_memory(b->err);
}

/* Which columns had which part, so that other files can be read alike. */
static ml_status name_parts(const building *b) {
  const series_roles *roles = &b->roles;
  const struct {
    size_t column;
    char **name;
  } parts[] = {{roles->sort, &b->set->sort_name},
               {roles->kind, &b->set->kind_name},
               {b->kind ? roles->values[0] : SIZE_MAX, &b->set->value_name}};
  b->set->is_file = true;
  for (size_t k = 0; k < sizeof parts / sizeof *parts; k++)
    if (parts[k].column != SIZE_MAX &&
        !(*parts[k].name = strdup(ml_csv_column(b->csv, parts[k].column))))
      return ml_error_memory(b->err);
  return ML_OK;
}

/* @param column  in the table; NULL: it is not read */
static ml_status make_attribute(const building *b, size_t place, ml_column *column,
                                const char *what, series_attribute *out) {
  out->name = strdup(ml_csv_column(b->csv, place));
  if (!out->name) return ml_error_memory(b->err);
  if (!column) return ML_OK;
  ml_status status = series__make_attribute(b->csv, column, what, b->group, b->set, out, b->err);
  drop_column(column);
  return status;
}

/* Before kinds make other groups of the ids. */
static ml_status make_attributes(building *b) {
  ml_series_set *set = b->set;
  const series_roles *roles = &b->roles;
  ml_column *column = b->attributes;
  ml_status status = ML_OK;
  set->source = strdup(ml_csv_source(b->csv));
  set->attributes = calloc(b->opts->n_attributes + 1, sizeof *set->attributes);
  if (!set->source || !set->attributes) return ml_error_memory(b->err);
  set->n_attributes = b->opts->n_attributes;
  if (roles->target != SIZE_MAX)
    status = make_attribute(b, roles->target, b->target, "the target", &set->target);
  for (size_t a = 0; a < set->n_attributes && status == ML_OK; a++) {
    set->attributes[a].is_id = roles->are_ids[a];
    if (roles->are_ids[a] && !(set->attributes[a].name = strdup(set->id_name)))
      return ml_error_memory(b->err);
    if (roles->attributes[a] == SIZE_MAX) continue;
    status = make_attribute(b, roles->attributes[a], column++, "the column", &set->attributes[a]);
  }
  return status;
}

static ml_status make_wide_kinds(building *b) {
  ml_series_set *set = b->set;
  ml_buf text = {0};
  set->n_kinds = b->roles.n_values;
  set->kinds = malloc(set->n_kinds * sizeof *set->kinds);
  for (size_t k = 0; k < set->n_kinds; k++)
    ml_buf_put(&text, b->values[k].name, strlen(b->values[k].name) + 1);
  set->kind_text = text.data;
  if (!set->kinds || text.failed) return ml_error_memory(b->err);
  char *at = text.data;
  for (size_t k = 0; k < set->n_kinds; k++, at += strlen(at) + 1) set->kinds[k] = at;
  return ML_OK;
}

/* A set has one span for each id and kind, so both together are held against the rows: a column of
 * numbers that is taken for the kind must not cost all memory. */
static ml_status check_product(const building *b) {
  size_t n_ids = b->set->n_ids, n_kinds = b->set->n_kinds, n_rows = b->set->n_rows;
  size_t limit = ((size_t)1 << 20) + 16 * n_rows;
  if (n_ids <= limit / n_kinds && n_ids <= UINT32_MAX / n_kinds) return ML_OK;
  return ml_error_at(b->err, ML_ERR_PARSE, ml_csv_source(b->csv), 0, 0,
                     "%zu ids and %zu kinds in %zu rows: is \"%.60s\" the column of the kinds?",
                     n_ids, n_kinds, n_rows, b->kind->name);
}

static ml_status make_long_kinds(building *b) {
  ml_series_set *set = b->set;
  bool unused;
  if (!rank_column(b->kind, set->n_rows, NULL, 0, &b->told->kinds, &set->kinds, &set->kind_text,
                   &set->n_kinds, &unused))
    return ml_error_memory(b->err);
  ml_status status = check_product(b);
  if (status != ML_OK) return status;
  uint32_t n_kinds = (uint32_t)set->n_kinds, *kind = b->kind->label;
  const csv_run *runs = b->csv->runs;
  for (size_t i = 0; b->group && i < set->n_rows; i++) kind[i] += n_kinds * b->group[i];
  for (size_t r = 0, i = 0; r < b->csv->n_runs; r++)
    for (size_t end = i + runs[r].n; i < end; i++) kind[i] += n_kinds * runs[r].code;
  b->group = kind;
  if (b->id) {
    free(b->id->label);
    b->id->label = NULL;
  }
  return ML_OK;
}

/* ---- time ---- */

static ml_clock make_keys(building *b) {
  if (!b->sort) return ML_CLOCK_NONE;
  bool is_date = b->sort->type == ML_TIME;
  b->set->times_are_whole = b->sort->is_whole && !b->told->times_have_points;
  b->key = is_date ? b->sort->time : series__keys(b->sort->number, b->set->n_rows);
  return is_date ? ML_CLOCK_TIME : ML_CLOCK_NUMBER;
}

/* ---- order ---- */

/* Each id is one run, and they ascend, as the keys of each do. */
static bool are_runs_in_order(const building *b) {
  const csv_run *runs = b->csv->runs;
  for (size_t r = 0, i = 0; r < b->csv->n_runs; r++) {
    if (r > 0 && runs[r].code <= runs[r - 1].code) return false;
    for (size_t end = i++ + runs[r].n; i < end; i++)
      if (b->key && b->key[i] < b->key[i - 1]) return false;
  }
  return true;
}

static ml_status take_runs(building *b) {
  size_t n_runs = b->csv->n_runs;
  b->order.starts = malloc((n_runs + 1) * sizeof *b->order.starts);
  if (!b->order.starts) return ml_error_memory(b->err);
  b->order.starts[0] = 0;
  for (size_t r = 0; r < n_runs; r++)
    b->order.starts[r + 1] = b->order.starts[r] + b->csv->runs[r].n;
  return ML_OK;
}

static ml_status expand_runs(building *b) {
  uint32_t *label = b->id->label = malloc(b->set->n_rows * sizeof *label);
  if (!label) return ml_error_memory(b->err);
  for (size_t r = 0, i = 0; r < b->csv->n_runs; r++)
    for (size_t end = i + b->csv->runs[r].n; i < end; i++) label[i] = b->csv->runs[r].code;
  b->group = label;
  return ML_OK;
}

static ml_status order_rows(building *b, size_t n_groups) {
  bool has_runs = b->csv->n_runs > 0 && !b->kind; /* which are in the kinds, else */
  if (has_runs && are_runs_in_order(b)) return take_runs(b);
  ml_status status = has_runs ? expand_runs(b) : ML_OK;
  if (status != ML_OK) return status;
  return series__order(b->set->n_rows, b->group, n_groups, b->key, b->opts->watch, &b->order,
                       b->err);
}

/* A file without an id is one series only if no time is there twice. */
static ml_status check_unique_times(const building *b) {
  for (size_t p = 1; p < b->set->n_rows; p++) {
    size_t row = series__row(&b->order, p), before = series__row(&b->order, p - 1);
    char time[ISO8601_MAX > ML_NUMBER_MAX ? ISO8601_MAX : ML_NUMBER_MAX];
    if (b->key[row] != b->key[before]) continue;
    if (b->set->clock == ML_CLOCK_TIME)
      iso8601__format(b->key[row], time);
    else
      ml_number_format(series__key_to_double(b->key[row]), time);
    return ml_error_at(b->err, ML_ERR_PARSE, csv__source_of_row(b->csv, row),
                       csv__line_of_row(b->csv, row), 0,
                       "time %s occurs twice: is there an id column? name it with --id", time);
  }
  return ML_OK;
}

static void find_irregular(building *b, size_t n_groups) {
  size_t group = series__find_irregular(b->key, &b->order, n_groups, b->set->clock);
  b->set->irregular = group == SIZE_MAX || !b->kind ? group : group / b->set->n_kinds;
}

/* The times in order; a column that is in order already becomes theirs. */
static ml_status keep_times(building *b) {
  ml_series_set *set = b->set;
  if (set->clock == ML_CLOCK_NONE) return ML_OK;
  bool keep = b->opts->window || series__gaps_need_times(b->gaps);
  if (set->clock == ML_CLOCK_NUMBER && !keep) return ML_OK;
  if (b->order.rows) {
    set->times = series__sorted_keys(b->key, set->n_rows, &b->order);
  } else {
    set->times = b->key;
    b->sort->time = NULL;
  }
  if (!set->times) return ml_error_memory(b->err);
  set->n_times = set->n_rows;
  return ML_OK;
}

/* ---- values ---- */

/* The values of the rows in order, a column after the other, each freed when it has been used. */
static ml_status make_values(building *b) {
  for (size_t k = 0; k < b->roles.n_values; k++) {
    double *column = b->values[k].number;
    b->values[k].number = NULL;
    if (!series__append(b->set, column, b->set->n_rows, &b->order)) return ml_error_memory(b->err);
  }
  return ML_OK;
}

/* Long: kinds are put in the order in which they appear when ids are gone through in order. */
static ml_status make_long_spans(const building *b) {
  ml_series_set *set = b->set;
  size_t n_kinds = set->n_kinds, n_seen = 0;
  size_t *place = malloc(n_kinds * sizeof *place);
  char **kinds = malloc(n_kinds * sizeof *kinds);
  set->kind_first = malloc(n_kinds * sizeof *set->kind_first);
  if (!place || !kinds || !set->kind_first) {
    free(place);
    free(kinds);
    return ml_error_memory(b->err);
  }
  for (size_t k = 0; k < n_kinds; k++) place[k] = SIZE_MAX;
  for (size_t g = 0; g < set->n_ids * n_kinds && n_seen < n_kinds; g++) {
    size_t k = g % n_kinds;
    if (place[k] != SIZE_MAX || b->order.starts[g] == b->order.starts[g + 1]) continue;
    kinds[n_seen] = set->kinds[k];
    set->kind_first[n_seen] = (uint32_t)(g / n_kinds);
    place[k] = n_seen++;
  }
  for (size_t k = 0; k < n_kinds; k++) { /* none of this shard's ids has such a series */
    if (place[k] != SIZE_MAX) continue;
    kinds[n_seen] = set->kinds[k];
    set->kind_first[n_seen] = UINT32_MAX;
    place[k] = n_seen++;
  }
  for (size_t g = 0; g < set->n_ids * n_kinds; g++)
    set->spans[g - g % n_kinds + place[g % n_kinds]] =
        (series_span){b->order.starts[g], b->order.starts[g + 1] - b->order.starts[g]};
  free(set->kinds);
  set->kinds = kinds;
  free(place);
  return ML_OK;
}

static ml_status make_spans(building *b) {
  ml_series_set *set = b->set;
  set->spans = malloc(set->n_ids * set->n_kinds * sizeof *set->spans);
  if (!set->spans) return ml_error_memory(b->err);
  if (b->kind) return make_long_spans(b);
  series__wide_spans(set, &b->order);
  return ML_OK;
}

/* ---- the whole ---- */

static ml_status finish(const building *b) {
  b->set->is_long = b->kind != NULL;
  ml_status status = series__finish(b->set, b->gaps, b->opts->window, b->err);
  if (status != ML_OK && b->err && !b->err->source[0])
    snprintf(b->err->source, sizeof b->err->source, "%s", ml_csv_source(b->csv));
  return status;
}

static ml_status build(building *b) {
  b->set = calloc(1, sizeof *b->set);
  if (!b->set) return ml_error_memory(b->err);
  b->set->n_rows = b->table->n_rows;
  b->set->is_part = b->told->is_part || b->opts->n_shards > 0;
  if (b->set->n_rows == 0 && b->csv->n_left_out == 0) return fail(b, "no rows");
  ml_status status = make_ids(b);
  if (status == ML_OK) status = name_parts(b);
  if (status == ML_OK) status = make_attributes(b);
  if (status == ML_OK) status = b->kind ? make_long_kinds(b) : make_wide_kinds(b);
  if (status != ML_OK) return status;
  b->set->clock = make_keys(b);
  size_t n_groups = b->set->n_ids * (b->kind ? b->set->n_kinds : 1);
  status = order_rows(b, n_groups);
  if (status == ML_OK && b->roles.is_guess) status = check_unique_times(b);
  if (status == ML_OK) {
    find_irregular(b, n_groups);
    status = keep_times(b);
  }
  drop_column(b->id);
  drop_column(b->kind);
  drop_column(b->sort);
  if (status == ML_OK) status = make_values(b);
  if (status == ML_OK) status = make_spans(b);
  return status == ML_OK ? finish(b) : status;
}

ml_status series__read_rows(ml_csv *csv, const ml_series_opts *opts, const series_told *told,
                            ml_series_set **out, ml_error *err) {
  building b = {.csv = csv,
                .opts = opts,
                .told = told,
                .others = told->ids,
                .gaps = series__gaps(opts->missing, opts->infinite),
                .err = err};
  csv->time_type = told->time_type;
  ml_status status = series__roles(csv, opts, &b.roles, err);
  if (status == ML_OK) status = read_columns(&b);
  if (status == ML_OK) {
    name_columns(&b);
    status = build(&b);
  }
  if (status == ML_OK) {
    *out = b.set;
    b.set = NULL;
  }
  ml_series_free(b.set);
  series__order_release(&b.order);
  ml_table_free(b.table);
  series__roles_release(&b.roles);
  return status;
}

/* Takes csv. */
static ml_status read_csv(ml_csv *csv, const ml_series_opts *opts, ml_series_set **out,
                          ml_error *err) {
  static const series_told whole = {.time_type = ML_LABEL};
  ml_status status = series__read_rows(csv, opts, &whole, out, err);
  ml_csv_close(csv);
  return status;
}

static const ml_series_opts defaults;

ml_status ml_series_read(const char *path, const ml_series_opts *opts, ml_series_set **out,
                         ml_error *err) {
  assert(path && out);
  if (!opts) opts = &defaults;
  ml_csv_opts csv_opts = {.delimiter = opts->delimiter, .watch = opts->watch};
  ml_csv *csv;
  ml_status status = ml_csv_open(path, &csv_opts, &csv, err);
  return status == ML_OK ? read_csv(csv, opts, out, err) : status;
}

ml_status ml_series_parse(const void *bytes, size_t n, const char *source,
                          const ml_series_opts *opts, ml_series_set **out, ml_error *err) {
  assert((bytes || n == 0) && source && out);
  if (!opts) opts = &defaults;
  ml_csv_opts csv_opts = {.delimiter = opts->delimiter, .watch = opts->watch};
  ml_csv *csv;
  ml_status status = ml_csv_open_bytes(bytes, n, source, &csv_opts, &csv, err);
  return status == ML_OK ? read_csv(csv, opts, out, err) : status;
}
