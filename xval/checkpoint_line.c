/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Lines of a journal: an item with its scores, as JSON with a check at its end. */
#include <jansson.h>
#include <math.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#define XXH_INLINE_ALL
#include <xxhash.h>

#include "checkpoint_internal.h"

/* ,"check":"0123456789abcdef"} */
static const char check_key[] = ",\"check\":\"";
enum { N_KEY = sizeof check_key - 1, N_CHECK = 16, N_TAIL = N_KEY + N_CHECK + 2 };

static void put_check(ml_buf *line) {
  if (line->failed) return;
  uint64_t check = XXH3_64bits(line->data, line->n);
  ml_buf_printf(line, "%s%016llx\"}\n", check_key, (unsigned long long)check);
}

static bool has_check(const char *line, size_t n) {
  char want[N_CHECK + 1];
  if (n < N_TAIL || memcmp(line + n - N_TAIL, check_key, N_KEY) != 0) return false;
  uint64_t check = XXH3_64bits(line, n - N_TAIL);
  for (size_t i = 0; i < N_CHECK; i++) want[i] = "0123456789abcdef"[check >> (60 - 4 * i) & 15];
  return memcmp(line + n - N_CHECK - 2, want, N_CHECK) == 0 && memcmp(line + n - 2, "\"}", 2) == 0;
}

/* ---- write ----------------------------------------------------------------------------------- */

static const char *put_texts(const char *text, size_t n, ml_buf *line) {
  for (size_t i = 0; i < n; i++) {
    if (i) ml_buf_puts(line, ",");
    ml_buf_json_string(line, text);
    text += strlen(text) + 1;
  }
  return text;
}

static void put_outcome(const xval_outcome *o, size_t n_metrics, ml_buf *line) {
  size_t n_undefined = 0;
  ml_buf_puts(line, "{\"fit\":");
  ml_buf_json_number(line, o->fit_seconds);
  ml_buf_puts(line, ",\"score\":");
  ml_buf_json_number(line, o->score_seconds);
  if (o->is_irrelevant) ml_buf_puts(line, ",\"irrelevant\":true");
  if (o->state == ML_FOLD_FAILED) {
    ml_buf_puts(line, ",\"error\":");
    ml_buf_json_string(line, o->texts);
  } else {
    for (size_t k = 0; k < n_metrics; k++) {
      ml_buf_puts(line, k ? "," : ",\"scores\":[");
      ml_buf_json_number(line, o->scores[k]);
      n_undefined += isnan(o->scores[k]) != 0;
    }
    ml_buf_puts(line, "],\"why\":[");
    put_texts(o->texts, n_undefined, line);
    ml_buf_puts(line, "]");
  }
  ml_buf_puts(line, "}");
}

static size_t rows_of(const xval_run *run, const xval_item *item) {
  return run->plan.scenes[item->scene].folds.folds[item->fold].test.n;
}

/* Bytes in base64, so that they are the same bits when they come back. */
static void put_predictions(const xval_run *run, const item_list *list, const xval_item *item,
                            const ml_block *kept, ml_buf *line) {
  size_t width = plan__width(&run->plan), n = rows_of(run, item) * width;
  ml_buf_puts(line, ",\"predictions\":[");
  for (size_t i = 0; i < item->n; i++) {
    const double *from =
        (const double *)kept->data + list->candidates[item->first + i].place * width;
    size_t size = sodium_base64_encoded_len(n * sizeof *from, sodium_base64_VARIANT_ORIGINAL);
    ml_buf_puts(line, i ? ",\"" : "\"");
    char *to = ml_buf_reserve(line, size);
    if (!to) return;
    sodium_bin2base64(to, size, (const void *)from, n * sizeof *from,
                      sodium_base64_VARIANT_ORIGINAL);
    line->n += size - 1;
    ml_buf_puts(line, "\"");
  }
  ml_buf_puts(line, "]");
}

void journal__put_line(const xval_run *run, const item_list *list, size_t i, const ml_block *kept,
                       const void *out, size_t n_out, ml_buf *line) {
  const xval_item *item = &list->items[i];
  ml_buf aligned = {0};
  ml_buf_put(&aligned, out, n_out);
  if (aligned.failed) line->failed = true;
  wire in = {.at = aligned.data, .left = aligned.n};
  ml_buf_printf(line, "{\"scene\":%zu,\"fold\":%zu,\"candidates\":[", item->scene, item->fold);
  for (size_t k = 0; k < item->n; k++)
    ml_buf_printf(line, "%s%llu", k ? "," : "",
                  (unsigned long long)list->candidates[item->first + k].candidate);
  ml_buf_puts(line, "],\"results\":[");
  for (size_t k = 0; k < item->n && !line->failed; k++) {
    xval_outcome o;
    if (!outcome__get(&in, run->plan.n_metrics, &o)) break; /* it was read before */
    if (k) ml_buf_puts(line, ",");
    put_outcome(&o, run->plan.n_metrics, line);
  }
  ml_buf_puts(line, "]");
  if (kept) put_predictions(run, list, item, kept, line);
  put_check(line);
  ml_buf_release(&aligned);
}

/* ---- read ------------------------------------------------------------------------------------ */

static bool get_count(const json_t *object, const char *name, uint64_t *out) {
  const json_t *value = json_object_get(object, name);
  double x = json_is_number(value) ? json_number_value(value) : -1;
  if (!(x >= 0 && x <= 0x1p53)) return false;
  *out = (uint64_t)x;
  return true;
}

static bool get_real(const json_t *value, double *out) {
  const char *text = json_string_value(value);
  if (json_is_null(value)) {
    *out = NAN;
  } else if (text) {
    *out = *text == '-' ? -INFINITY : INFINITY;
    return strcmp(text, "inf") == 0 || strcmp(text, "-inf") == 0;
  } else {
    *out = json_number_value(value);
    return json_is_number(value);
  }
  return true;
}

static bool get_scores(const json_t *result, size_t n_metrics, double *scores) {
  const json_t *list = json_object_get(result, "scores");
  if (json_array_size(list) != n_metrics) return false;
  for (size_t k = 0; k < n_metrics; k++)
    if (!get_real(json_array_get(list, k), &scores[k])) return false;
  return true;
}

/* The bytes that the task gave, once more. */
static bool get_outcome(const json_t *result, size_t n_metrics, double *scores, ml_buf *out) {
  xval_outcome o = {.state = ML_FOLD_DONE,
                    .is_irrelevant = json_is_true(json_object_get(result, "irrelevant")),
                    .scores = scores};
  const char *error = json_string_value(json_object_get(result, "error"));
  const json_t *why = json_object_get(result, "why");
  ml_buf texts = {0};
  bool ok = get_real(json_object_get(result, "fit"), &o.fit_seconds) &&
            get_real(json_object_get(result, "score"), &o.score_seconds);
  if (error) {
    o.state = ML_FOLD_FAILED;
    ml_buf_put(&texts, error, strlen(error) + 1);
  } else {
    ok = ok && get_scores(result, n_metrics, scores);
    for (size_t i = 0; i < json_array_size(why); i++) {
      const char *text = json_string_value(json_array_get(why, i));
      if (text)
        ml_buf_put(&texts, text, strlen(text) + 1);
      else
        ok = false;
    }
  }
  o.texts = texts.data;
  o.n_texts = texts.n;
  if (ok) outcome__put(&o, n_metrics, out);
  if (texts.failed) out->failed = true;
  ml_buf_release(&texts);
  return ok;
}

static bool get_outcomes(const json_t *line, size_t n_metrics, journal_entry *e) {
  const json_t *results = json_object_get(line, "results");
  double *scores = calloc(n_metrics + 1, sizeof *scores);
  bool ok = scores && json_array_size(results) == e->n;
  for (size_t i = 0; i < e->n && ok; i++)
    ok = get_outcome(json_array_get(results, i), n_metrics, scores, &e->outcomes);
  free(scores);
  /* What is read must be what a task may give. */
  wire in = {.at = e->outcomes.data, .left = e->outcomes.n};
  for (size_t i = 0; i < e->n && ok; i++) {
    xval_outcome o;
    ok = outcome__get(&in, n_metrics, &o);
  }
  return ok;
}

static bool get_predictions(const json_t *line, size_t n, journal_entry *e) {
  const json_t *list = json_object_get(line, "predictions");
  if (!list) return true;
  size_t bytes;
  if (json_array_size(list) != e->n || __builtin_mul_overflow(n * sizeof(double), e->n, &bytes))
    return false;
  e->n_predictions = n;
  if (!(e->predictions = malloc(bytes + 1))) return false;
  for (size_t i = 0; i < e->n; i++) {
    const json_t *text = json_array_get(list, i);
    size_t got;
    if (!json_is_string(text) ||
        sodium_base642bin((void *)(e->predictions + i * n), n * sizeof(double),
                          json_string_value(text), json_string_length(text), NULL, &got, NULL,
                          sodium_base64_VARIANT_ORIGINAL) != 0 ||
        got != n * sizeof(double))
      return false;
  }
  return true;
}

static bool get_entry(const xval_run *run, const json_t *line, journal_entry *e) {
  const json_t *candidates = json_object_get(line, "candidates");
  if (!get_count(line, "scene", &e->scene) || !get_count(line, "fold", &e->fold)) return false;
  if (e->scene >= run->plan.n_scenes || e->fold >= run->plan.scenes[e->scene].folds.n) return false;
  e->n = json_array_size(candidates);
  e->candidates = calloc(e->n + 1, sizeof *e->candidates);
  if (e->n == 0 || !e->candidates) return false;
  for (size_t i = 0; i < e->n; i++) {
    const json_t *c = json_array_get(candidates, i);
    double x = json_is_number(c) ? json_number_value(c) : -1;
    if (!(x >= 0 && x < (double)run->plan.n_candidates)) return false;
    e->candidates[i] = (uint64_t)x;
  }
  size_t n_rows = run->plan.scenes[e->scene].folds.folds[e->fold].test.n;
  return get_outcomes(line, run->plan.n_metrics, e) &&
         get_predictions(line, n_rows * plan__width(&run->plan), e);
}

static void release_entry(journal_entry *e) {
  free(e->candidates);
  free(e->predictions);
  ml_buf_release(&e->outcomes);
}

void journal__release_entries(journal *j) {
  for (size_t i = 0; i < j->n; i++) release_entry(&j->entries[i]);
  free(j->entries);
  j->entries = NULL;
  j->n = j->room = 0;
}

static ml_status keep_entry(journal *j, const journal_entry *e, ml_error *err) {
  if (j->n == j->room) {
    size_t room = j->room ? 2 * j->room : 64;
    journal_entry *grown = reallocarray(j->entries, room, sizeof *grown);
    if (!grown) return ml_error_memory(err);
    j->entries = grown;
    j->room = room;
  }
  j->entries[j->n++] = *e;
  return ML_OK;
}

ml_status journal__read_line(xval_run *run, const char *line, size_t n, ml_error *err) {
  journal_entry e = {0};
  json_error_t error;
  if (!has_check(line, n)) return ml_error_set(err, ML_ERR_PARSE, "a line that is not whole");
  json_t *json = json_loadb(line, n, JSON_DECODE_INT_AS_REAL, &error);
  bool ok = json && get_entry(run, json, &e);
  json_decref(json);
  ml_status status = ok ? ML_OK : ml_error_set(err, ML_ERR_PARSE, "a line that is none of ours");
  if (ok && e.outcomes.failed) status = ml_error_memory(err);
  if (status == ML_OK) status = keep_entry(run->journal, &e, err);
  if (status != ML_OK) release_entry(&e);
  return status;
}

/* ---- find ------------------------------------------------------------------------------------ */

static int order(uint64_t a, uint64_t b) {
  return a < b ? -1 : a > b;
}

static int compare(const void *a, const void *b) {
  const journal_entry *x = a, *y = b;
  int result = order(x->scene, y->scene);
  if (result == 0) result = order(x->fold, y->fold);
  if (result == 0) result = order(x->predictions != NULL, y->predictions != NULL);
  if (result == 0) result = order(x->n, y->n);
  for (size_t i = 0; i < x->n && result == 0; i++)
    result = order(x->candidates[i], y->candidates[i]);
  return result;
}

void journal__sort(journal *j) {
  if (j->n) qsort(j->entries, j->n, sizeof *j->entries, compare);
}

bool journal__find(xval_run *run, const item_list *list, size_t i, ml_block *kept, const void **out,
                   size_t *n_out) {
  const xval_item *item = &list->items[i];
  const journal *j = run->journal;
  const xval_fold_candidate *candidates = list->candidates + item->first;
  static double some;
  journal_entry key = {.scene = item->scene,
                       .fold = item->fold,
                       .n = item->n,
                       .predictions = kept ? &some : NULL,
                       .candidates = calloc(item->n + 1, sizeof *key.candidates)};
  if (!key.candidates) return false;
  for (size_t k = 0; k < item->n; k++) key.candidates[k] = candidates[k].candidate;
  const journal_entry *e =
      j->n ? bsearch(&key, j->entries, j->n, sizeof *j->entries, compare) : NULL;
  free(key.candidates);
  if (!e) return false;
  size_t width = plan__width(&run->plan);
  for (size_t k = 0; kept && k < item->n && e->n_predictions; k++)
    memcpy((double *)kept->data + candidates[k].place * width,
           e->predictions + k * e->n_predictions, e->n_predictions * sizeof *e->predictions);
  *out = e->outcomes.data;
  *n_out = e->outcomes.n;
  return true;
}
