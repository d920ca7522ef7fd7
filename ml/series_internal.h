/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a set of series is made of; for libml's own folders, never installed. */
#ifndef ML_SERIES_INTERNAL_H
#define ML_SERIES_INTERNAL_H

#include <ml/buffer.h>
#include <ml/csv.h>
#include <ml/input.h>
#include <ml/series.h>
#include <ml/shard.h>

/* A column of which each id has one text. */
typedef struct series_attribute {
  char *name;   /* NULL: there is no such column */
  uint32_t *of; /* of each id, or of each parent, which of the texts it has; NULL: they were not
                   read */
  char **texts;
  size_t n_texts;
  char *storage; /* what texts point into */
  bool is_id;    /* it is the column of the ids: nothing else is known of it */
} series_attribute;

/* What does not hold for all of some texts, none of which were noted at first. */
typedef struct series_forms {
  bool not_numbers, not_whole; /* whole: sign and digits, nothing else */
  bool not_pairs, not_first_numbers, not_second_numbers;
} series_forms;

/* Series (i, k) is values[start .. start + n] of spans[i * n_kinds + k]. */
typedef struct series_span {
  size_t start, n;
} series_span;

struct ml_series_set {
  size_t n_ids, n_kinds, n_rows;
  ml_clock clock;
  bool ids_are_numbers;
  bool is_single;     /* there was no id column */
  bool is_part;       /* the ids are some of those of the file; there may be none, or no window */
  series_forms forms; /* of all ids of the file; known for windows, shards and parts */
  char *id_name;
  bool is_file;                             /* the columns had names: */
  char *sort_name, *kind_name, *value_name; /* NULL: there is none; wide: no value */
  char **ids;
  char **kinds;
  double *values;
  size_t n_values;
  /* Value v is of the time times[v % n_times]: the kinds of the wide shape share one run of times.
   * Nanoseconds since 1970, or else keys of numbers, which a finished set does not have. */
  int64_t *times;
  size_t n_times;
  series_span *spans; /* n_ids * n_kinds */
  size_t irregular;   /* first id whose step is not constant; SIZE_MAX: none */
  bool is_long;       /* each kind of an id has rows of its own */
  bool times_are_whole;
  char **parents;    /* of windows: the ids of the series they are cut from; NULL: no windows */
  size_t n_parents;  /* there may be some without a window */
  char *parent_text; /* what parents point into */
  uint32_t *parent;  /* of each id */
  char *source;      /* file that it was read from; NULL: none */
  size_t longest;    /* rows of the longest series; windows only */
  series_attribute target;
  series_attribute *attributes; /* n_attributes, as ml_series_opts has them */
  size_t n_attributes;
  char *id_text;        /* what ids point into */
  char *kind_text;      /* what kinds point into */
  uint32_t *kind_first; /* long: the first id, or parent, with rows of each kind, also if they were
                           dropped since, UINT32_MAX: none of this part; NULL: wide */
};

/* ---- which column is what ---- */

typedef struct series_roles {
  size_t id, sort, kind, target; /* column of the file, SIZE_MAX: none */
  size_t *attributes; /* as the options have them; SIZE_MAX: not there, or the column of the ids */
  bool *are_ids;      /* each of them: is it that column? */
  size_t *values;     /* n_values columns: one in the long shape, one for each kind in the wide */
  size_t n_values;
  size_t empty;      /* unnamed column that must be empty; SIZE_MAX: none */
  bool is_guess;     /* one series because nothing speaks against it: times must not repeat */
  bool is_long;      /* the value column was named, by the user or by itself */
  bool values_named; /* the user has chosen the value columns */
} series_roles;

ml_status series__roles(const ml_csv *csv, const ml_series_opts *opts, series_roles *roles,
                        ml_error *err);
void series__roles_release(series_roles *roles);

/* ---- target and attributes ---- */

/* Give each id the text that all its rows have in a column of labels, which loses its texts.
 * @param what      "the target" or "the column", for messages
 * @param id        of each row; NULL: csv has them in runs, or there is one id
 * @param[out] out  has its name already
 * @retval ML_ERR_PARSE  an id has two of them */
ml_status series__make_attribute(const ml_csv *csv, ml_column *column, const char *what,
                                 const uint32_t *id, const ml_series_set *set,
                                 series_attribute *out, ml_error *err);
void series__attribute_release(series_attribute *attribute);

/* ---- words for messages ---- */

/* "a, b, c" of n names, cut to what a message can hold. @return buf */
enum { SERIES_LIST_MAX = 320 };
const char *series__list(size_t n, const char *(*name_at)(const void *of, size_t j), const void *of,
                         char buf[SERIES_LIST_MAX]);

/* Of the columns of a file. */
const char *series__list_columns(const ml_csv *csv, char buf[SERIES_LIST_MAX]);

/* Append the name of a column as it stands in a list: quoted as in CSV when it is empty or has a
 * comma. */
void series__put_name(ml_buf *to, const char *name);

/* What to do when a column of values has no numbers. @param option  "id" or "sort" if the column
 * may be meant for it, or NULL @return text from malloc(), NULL when memory ran out */
char *series__hint(const char *name, const char *option);

/* ---- the order of ids and kinds ---- */

typedef struct series_ranking {
  uint32_t *rank;  /* of each text */
  uint32_t *first; /* n texts: the one that was first of its rank */
  size_t n;
  bool are_numbers;
} series_ranking;

/* Rank texts: as exact decimal numbers if they all are, where 1, 01 and 1.0 are one, else pairs of
 * both parts as such, or else by bytes.
 * @return false when memory ran out */
bool series__rank(char *const *texts, size_t n, series_ranking *ranking);

void series__note_forms(series_forms *forms, const char *text);
void series__add_forms(series_forms *forms, const series_forms *others);

/* series__rank() of texts that are compared as if others were among them. */
bool series__rank_among(char *const *texts, size_t n, const series_forms *others,
                        series_ranking *ranking);

void series__ranking_release(series_ranking *ranking);

/* A hash of what equal ids have in common, whatever the other ids are: two that are one id in some
 * file have the same. XXH64 of bytes, the same on all machines: docs/shards.md has them. */
uint64_t series__id_hash(const char *id, uint64_t seed);

/* The order of two ids of a file whose ids have this form. */
int series__compare_ids(const char *a, const char *b, series_forms form);

/* The second part of the name of a window, with the parenthesis behind it. */
const char *series__window_end(const char *id);

/* Put the ids of a set, or with windows the windows of each, in the order in which their first rows
 * came.
 * @return false when memory ran out */
bool series__by_arrival(ml_series_set *set);

/* ---- parts of a file ---- */

/* What a part of a file has to know of the whole. All zero and ML_LABEL: it is the whole. */
typedef struct series_told {
  bool is_part;
  bool times_have_points; /* as names of windows show them */
  series_forms ids, kinds;
  ml_column_type time_type; /* as in ml_csv */
} series_told;

/* Read the rows that follow, up to csv->max_rows; csv stays open, for csv__read_on(). */
ml_status series__read_rows(ml_csv *csv, const ml_series_opts *opts, const series_told *told,
                            ml_series_set **out, ml_error *err);

/* ---- rows into groups ---- */

typedef struct series_order {
  size_t *starts; /* n_groups + 1: group g has the rows starts[g] .. starts[g + 1] of the order */
  uint32_t *rows; /* which row of the input that is; NULL: the order is that of the input */
} series_order;

/* Order rows by group, by key in a group, and as they came where keys are equal.
 * @param group  n_rows, below n_groups; NULL: all 0
 * @param key    n_rows; NULL: as they came */
ml_status series__order(size_t n_rows, const uint32_t *group, size_t n_groups, const int64_t *key,
                        const ml_watch *watch, series_order *order, ml_error *err);
void series__order_release(series_order *order);

/* Row of the input that is at place p of the order. */
static inline size_t series__row(const series_order *order, size_t p) {
  return order->rows ? order->rows[p] : p;
}

/* Turn doubles into integers of the same order (0 and -0 are equal), in place. No NaN. */
int64_t *series__keys(double *time, size_t n);
double series__key_to_double(int64_t key);

/* Keys in order. @return NULL when memory ran out */
int64_t *series__sorted_keys(const int64_t *key, size_t n_rows, const series_order *order);

/* Times of the value v and those behind it; NULL: there are none. */
static inline const int64_t *series__times(const ml_series_set *set, size_t v) {
  return set->n_times ? set->times + v % set->n_times : NULL;
}

/* ---- what is done to a set when its series are in order ---- */

typedef struct series_gaps {
  ml_missing missing, infinite; /* never ML_MISSING_DEFAULT */
} series_gaps;

series_gaps series__gaps(ml_missing missing, ml_missing infinite);

/* Do the times have to be kept for this? */
static inline bool series__gaps_need_times(series_gaps gaps) {
  return gaps.missing == ML_MISSING_INTERPOLATE || gaps.infinite == ML_MISSING_INTERPOLATE;
}

/* Fill what is to be interpolated in. */
void series__interpolate(ml_series_set *set, series_gaps gaps);

/* Take out what is to be dropped, and what no interpolation could fill. */
ml_status series__drop(ml_series_set *set, series_gaps gaps, ml_error *err);

/* All that the options ask for, and away with times that are no dates. */
ml_status series__finish(ml_series_set *set, series_gaps gaps, const ml_window *window,
                         ml_error *err);

/* Add kinds that no id has a series of. @param names  n, borrowed as long as the set lives
 * @return false when memory ran out */
bool series__add_kinds(ml_series_set *set, const char *const *names, size_t n);

/* ---- windows ---- */

/* The rows [from, to) of a series. */
typedef struct series_cut {
  size_t from, to;
} series_cut;

/* Cut a series of n rows into windows, in the order of their ends.
 * @param times  n, ascending; read for windows of time only
 * @param[out] cuts  room for n
 * @return how many there are */
size_t series__cut(const ml_window *window, const int64_t *times, size_t n, series_cut *cuts);

/* Is there anything wrong with the window itself, or with windows of time over this clock? */
ml_status series__check_window(const ml_window *window, ml_clock clock, ml_error *err);

/* The error that there is none. @param longest  rows of the longest series */
ml_status series__fail_windows(const ml_window *window, size_t longest, ml_error *err);

/* Make each window an id of its own, over the same values. */
ml_status series__make_windows(ml_series_set *set, const ml_window *window, ml_error *err);

/* ---- names of windows: Python's repr() of what pandas holds ---- */

typedef enum series_id_form { SERIES_ID_TEXT, SERIES_ID_WHOLE, SERIES_ID_REAL } series_id_form;

/* Sign and digits, nothing else: an id that does not make a column of floats. */
bool series__is_whole(const char *id);

series_id_form series__id_form(char *const *ids, size_t n, bool are_numbers);
void series__put_id(ml_buf *to, const char *id, series_id_form form);

/* @param key  of a number, nanoseconds, or without a clock the place of the row */
void series__put_time(ml_buf *to, int64_t key, ml_clock clock, bool is_whole);

/* The first group whose time goes in steps that are not equal; SIZE_MAX: none.
 * @param key  of the rows as they came; NULL: there is no time */
size_t series__find_irregular(const int64_t *key, const series_order *order, size_t n_groups,
                              ml_clock clock);

/* Fill in the spans where the groups are the ids and each kind has a column of its own. */
void series__wide_spans(ml_series_set *set, const series_order *order);

/* Append a column, in order, to set->values; takes the column, which may become set->values. */
bool series__append(ml_series_set *set, double *column, size_t n_rows, const series_order *order);

#endif
