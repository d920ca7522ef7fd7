/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the data are, on the page of mltool train: series, their kinds and lengths, what is missing,
 * and how the target is distributed. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "picture_bars.h"
#include "train_picture.h"

enum { MOST_CLASSES = 20 };

/* ---- kinds ---------------------------------------------------------------------------------- */

/* The series of one kind. */
typedef struct kind {
  size_t n; /* that have values */
  size_t shortest, longest, n_values, n_missing;
  double median;
} kind;

typedef struct kinds {
  const ml_series_set *set;
  kind *list;
  size_t n;
  size_t n_missing;
} kinds;

static void learn_kind(const ml_series_set *set, size_t k, double *lengths, kind *out) {
  *out = (kind){.shortest = SIZE_MAX, .median = NAN};
  for (size_t i = 0; i < ml_series_n_ids(set); i++) {
    const ml_series s = ml_series_at(set, i, k);
    if (s.n == 0) continue;
    lengths[out->n++] = (double)s.n;
    out->n_values += s.n;
    out->shortest = s.n < out->shortest ? s.n : out->shortest;
    out->longest = s.n > out->longest ? s.n : out->longest;
    for (size_t t = 0; t < s.n; t++) out->n_missing += !isfinite(s.x[t]);
  }
  if (out->n == 0) {
    out->shortest = 0;
    return;
  }
  picture__sort(lengths, out->n);
  out->median = picture__quantile(lengths, out->n, 0.5);
}

static bool learn_kinds(const ml_series_set *set, double *lengths, kinds *out) {
  *out = (kinds){.set = set, .n = ml_series_n_kinds(set)};
  out->list = calloc(out->n + 1, sizeof *out->list);
  for (size_t k = 0; out->list && k < out->n; k++) {
    learn_kind(set, k, lengths, &out->list[k]);
    out->n_missing += out->list[k].n_missing;
  }
  return out->list != NULL;
}

static void put_kind(sheet *to, const void *ctx, size_t k) {
  const kinds *all = ctx;
  const kind *of = &all->list[k];
  sheet__put_words(to, "kind", SHEET_NAME, ml_series_kind(all->set, k));
  sheet__put_count(to, "series", of->n);
  sheet__put_count(to, "shortest", of->shortest);
  if (isnan(of->median))
    ml_buf_puts(&to->text, "\xe2\x80\x93");
  else
    ml_buf_printf(&to->text, "%.10g", of->median);
  sheet__end_cell(to, "", "median", SHEET_NUMBER, of->median);
  sheet__put_count(to, "longest", of->longest);
  sheet__put_count(to, "values", of->n_values);
  sheet__put_count(to, "missing", of->n_missing);
}

/* ---- facts ---------------------------------------------------------------------------------- */

static void put_count_fact(ml_buf *out, const char *name, size_t n) {
  picture__begin_fact(out, name, false);
  ml_buf_printf(out, "%zu", n);
  picture__end_fact(out);
}

static void put_series_facts(const kinds *k, bool has_windows, ml_buf *out) {
  static const char *const clocks[] = {"none", "a number", "dates"};
  put_count_fact(out, has_windows ? "windows" : "series", ml_series_n_ids(k->set));
  put_count_fact(out, "kinds", k->n);
  put_count_fact(out, "rows of the file", ml_series_n_rows(k->set));
  picture__begin_fact(out, "time", false);
  ml_buf_puts(out, clocks[ml_series_clock(k->set)]);
  picture__end_fact(out);
  put_count_fact(out, "missing values of series", k->n_missing);
}

static void put_missing_fact(const ml_dataset *data, ml_buf *out) {
  size_t n = 0, n_features = 0, n_texts = 0;
  for (size_t j = 0; j < data->n_features; j++) {
    size_t of = 0;
    for (size_t i = 0; i < data->n_rows; i++) of += !isfinite(data->x[j * data->n_rows + i]);
    n += of;
    n_features += of > 0;
    n_texts += data->categories && data->categories[j].n > 0;
  }
  picture__begin_fact(out, "missing cells of features", false);
  ml_buf_printf(out, "%zu", n);
  if (n > 0) ml_buf_printf(out, ", in %zu of %zu features", n_features, data->n_features);
  picture__end_fact(out);
  if (n_texts > 0) put_count_fact(out, "features that are texts", n_texts);
}

static void put_number_fact(ml_buf *out, const char *name, double value) {
  picture__begin_fact(out, name, false);
  ml_buf_printf(out, "%.6g", value);
  picture__end_fact(out);
}

/* Sums of halves, since a sum may be larger than any number. */
static void put_target_facts(const double *sorted, size_t n, ml_buf *out) {
  double mean = 0, squares = 0, scale = 0;
  for (size_t i = 0; i < n; i++) mean += sorted[i] / (double)n;
  for (size_t i = 0; i < n; i++) scale = fmax(scale, fabs(sorted[i] / 2 - mean / 2));
  for (size_t i = 0; i < n && scale > 0; i++) {
    double d = (sorted[i] / 2 - mean / 2) / scale;
    squares += d * d / (double)n;
  }
  put_number_fact(out, "least target", sorted[0]);
  put_number_fact(out, "median", picture__quantile(sorted, n, 0.5));
  put_number_fact(out, "greatest", sorted[n - 1]);
  put_number_fact(out, "mean", mean);
  put_number_fact(out, "deviation", 2 * scale * sqrt(squares));
}

/* ---- the target ----------------------------------------------------------------------------- */

static int by_size(const void *a, const void *b, void *counts) {
  size_t i = *(const size_t *)a, j = *(const size_t *)b;
  size_t x = ((const size_t *)counts)[i], y = ((const size_t *)counts)[j];
  if (x != y) return x > y ? -1 : 1;
  return (i > j) - (i < j);
}

static int by_place(const void *a, const void *b) {
  size_t i = *(const size_t *)a, j = *(const size_t *)b;
  return (i > j) - (i < j);
}

/* The largest classes, in their order. */
static void put_class_bars(const ml_dataset *data, size_t *counts, size_t *order, ml_buf *out) {
  picture_bar bars[MOST_CLASSES];
  char texts[MOST_CLASSES][48];
  size_t n = data->classes.n < MOST_CLASSES ? data->classes.n : MOST_CLASSES;
  for (size_t c = 0; c < data->classes.n; c++) order[c] = c;
  qsort_r(order, data->classes.n, sizeof *order, by_size, counts);
  qsort(order, n, sizeof *order, by_place);
  for (size_t k = 0; k < n; k++) {
    size_t count = counts[order[k]];
    snprintf(texts[k], sizeof texts[k], "%zu (%.3g %%)", count,
             100 * (double)count / (double)data->n_rows);
    bars[k] = (picture_bar){data->classes.labels[order[k]], (double)count, texts[k]};
  }
  ml_buf_puts(out, "<figure><figcaption><b>rows of each class</b>");
  if (data->classes.n > n)
    ml_buf_printf(out, "<span>the %zu largest of %zu</span>", n, data->classes.n);
  ml_buf_puts(out, "</figcaption>\n");
  picture__bars(bars, n, PICTURE_GLIMPSE, 110, "rows of each class", out);
  ml_buf_puts(out, "</figure>\n");
}

static void put_histogram(const char *what, double *values, size_t n, ml_buf *out) {
  ml_buf_printf(out, "<figure><figcaption><b>%s</b></figcaption>\n", what);
  size_t n_beyond = picture__histogram(values, n, what, out);
  if (n_beyond > 0)
    ml_buf_printf(out, "<p class=\"note\">%zu further out, in the bars at the edge</p>\n",
                  n_beyond);
  ml_buf_puts(out, "</figure>\n");
}

static ml_status put_classes(const trained *t, ml_buf *out, ml_error *err) {
  const ml_dataset *data = t->shown->result->data;
  size_t *counts = xval__class_counts(t->shown);
  size_t *order = calloc(data->classes.n + 1, sizeof *order);
  bool is_ok = counts && order;
  if (is_ok) put_class_bars(data, counts, order, out);
  free(counts);
  free(order);
  return is_ok ? ML_OK : ml_error_memory(err);
}

/* ---- the section ---------------------------------------------------------------------------- */

/* Each id once, whatever its kinds: the longest of them. */
static size_t id_lengths(const ml_series_set *set, double *lengths) {
  size_t n = ml_series_n_ids(set);
  bool differ = false;
  for (size_t i = 0; i < n; i++) {
    lengths[i] = 0;
    for (size_t k = 0; k < ml_series_n_kinds(set); k++)
      lengths[i] = fmax(lengths[i], (double)ml_series_at(set, i, k).n);
    differ |= lengths[i] != lengths[0];
  }
  return differ ? n : 0;
}

static ml_status put_pictures(const trained *t, double *room, ml_buf *out, ml_error *err) {
  const ml_dataset *data = t->shown->result->data;
  const ml_series_set *set = t->shown->asked->learning.set;
  ml_status status = ML_OK;
  ml_buf_puts(out, "<div class=\"glimpses\">\n");
  if (data->problem == ML_REGRESSION)
    put_histogram("rows by their target", room, data->n_rows, out);
  else
    status = put_classes(t, out, err);
  size_t n = set ? id_lengths(set, room) : 0;
  if (n > 0) put_histogram("series by their length", room, n, out);
  ml_buf_puts(out, "</div>\n");
  return status;
}

ml_status train__put_data(const trained *t, ml_buf *out, ml_error *err) {
  const cli_learning *l = &t->shown->asked->learning;
  const ml_dataset *data = t->shown->result->data;
  size_t n_ids = l->set ? ml_series_n_ids(l->set) : 0;
  double *room = calloc((data->n_rows > n_ids ? data->n_rows : n_ids) + 1, sizeof *room);
  kinds all = {0};
  if (!room || (l->set && !learn_kinds(l->set, room, &all))) {
    free(room);
    return ml_error_memory(err);
  }
  train__begin_section(out, "data", "Data");
  ml_buf_puts(out, "<dl>\n");
  if (l->set) put_series_facts(&all, l->series.window != NULL, out);
  put_missing_fact(data, out);
  if (data->problem == ML_REGRESSION && data->n_rows > 0) {
    memcpy(room, data->y, data->n_rows * sizeof *room);
    picture__sort(room, data->n_rows);
    put_target_facts(room, data->n_rows, out);
  }
  ml_buf_puts(out, "</dl>\n");
  ml_status status = put_pictures(t, room, out, err);
  if (l->set && all.n > 0) {
    const sheet_rows rows = {.n = all.n, .put = put_kind, .ctx = &all};
    train__put_sheet(out, "kinds", NULL, &rows);
  }
  train__end_section(out);
  free(all.list);
  free(room);
  return status;
}
