/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Splits by name: the table of schemes, and what all of them have in common. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <ml/nearest.h>
#include "split_internal.h"

#define ARG(field) offsetof(split_args, field)

static const split_param of_k[] = {{"k", SPLIT_COUNT, ARG(k)}, {0}},
                         of_share[] = {{"pc", SPLIT_SHARE, ARG(share)}, {0}},
                         of_k_shuffle[] = {{"k", SPLIT_COUNT, ARG(k)},
                                           {"shuffle", SPLIT_WORD, ARG(shuffle)},
                                           {0}},
                         of_series[] = {{"k", SPLIT_COUNT, ARG(k)},
                                        {"gap", SPLIT_ROWS, ARG(gap)},
                                        {"test", SPLIT_COUNT, ARG(test)},
                                        {"max-train", SPLIT_COUNT, ARG(max_train)},
                                        {0}},
                         of_windows[] = {{"train", SPLIT_COUNT, ARG(train)},
                                         {"test", SPLIT_COUNT, ARG(test)},
                                         {"step", SPLIT_COUNT, ARG(step)},
                                         {"gap", SPLIT_ROWS, ARG(gap)},
                                         {0}},
                         of_spans[] = {{"k", SPLIT_COUNT, ARG(k)},
                                       {"embargo", SPLIT_SPAN, ARG(embargo)},
                                       {0}};

static const split_args defaults = {.k = 5, .share = 0.2};

/* How a scheme is repeated: KX repeats what has no chance as it is; scikit-learn's names have
 * variants that draw, if any. */
typedef struct split_scheme {
  ml_scheme shown;
  const split_param *params; /* NULL: none */
  split_fn *split;
  bool repeats_itself;
  const char *drawn; /* what to repeat in its place; NULL: nothing */
} split_scheme;

static const split_scheme schemes[] = {
    {.shown = {.name = "kfold",
               .arguments = ":K,shuffle",
               .summary = "K folds of neighbouring rows; with shuffle, of rows by chance",
               .trains_rest = true},
     .params = of_k_shuffle,
     .split = split__kfold,
     .drawn = "shuffled"},
    {.shown = {.name = "shuffled",
               .arguments = ":K",
               .summary = "K folds of rows by chance",
               .is_random = true,
               .trains_rest = true},
     .params = of_k,
     .split = split__shuffled},
    {.shown = {.name = "stratified",
               .arguments = ":K,shuffle",
               .summary = "K folds with the same share of each class; with shuffle, by chance",
               .needs_classes = true,
               .trains_rest = true},
     .params = of_k_shuffle,
     .split = split__stratified,
     .drawn = "stratified:K,shuffle"},
    {.shown = {.name = "group",
               .arguments = ":K",
               .summary = "K folds of whole groups, about equally large",
               .needs_groups = true,
               .trains_rest = true},
     .params = of_k,
     .split = split__group},
    {.shown = {.name = "stratified-group",
               .arguments = ":K",
               .summary = "K folds of whole groups with much the same share of each class",
               .needs_classes = true,
               .needs_groups = true,
               .trains_rest = true},
     .params = of_k,
     .split = split__stratified_group},
    {.shown = {.name = "loo",
               .arguments = "",
               .summary = "each row is tested alone",
               .trains_rest = true},
     .split = split__loo},
    {.shown = {.name = "logo",
               .arguments = "",
               .summary = "each group is tested alone",
               .needs_groups = true,
               .trains_rest = true},
     .split = split__logo},
    {.shown = {.name = "timeseries",
               .arguments = ":K,gap=ROWS,test=ROWS,max-train=ROWS",
               .summary =
                   "K tests one behind another at the end, each after the rows in front of it"},
     .params = of_series,
     .split = split__timeseries},
    {.shown = {.name = "predefined",
               .arguments = "=COLUMN",
               .summary = "the fold that COLUMN has for each row; -1 is never tested",
               .needs_predefined = true,
               .trains_rest = true},
     .split = split__predefined},
    {.shown = {.name = "rolling",
               .arguments = ":train=ROWS,test=ROWS,step=ROWS,gap=ROWS",
               .summary = "windows of fixed length up to the last row"},
     .params = of_windows,
     .split = split__rolling},
    {.shown = {.name = "purged",
               .arguments = ":K,embargo=SPAN",
               .summary =
                   "K folds by start, without training rows whose labels overlap with the test",
               .needs_times = true},
     .params = of_spans,
     .split = split__purged},
    {.shown = {.name = "kfSplit",
               .arguments = ":K",
               .summary = "KX's K folds of neighbouring rows, the last tested first",
               .trains_rest = true},
     .params = of_k,
     .split = split__kf_split,
     .repeats_itself = true},
    {.shown = {.name = "kfShuff",
               .arguments = ":K",
               .summary = "KX's K folds of rows by chance",
               .is_random = true,
               .trains_rest = true},
     .params = of_k,
     .split = split__kf_shuff},
    {.shown = {.name = "kfStrat",
               .arguments = ":K",
               .summary = "KX's K folds by chance with the same share of each class",
               .is_random = true,
               .needs_classes = true,
               .trains_rest = true},
     .params = of_k,
     .split = split__kf_strat},
    {.shown = {.name = "tsRolls",
               .arguments = ":K",
               .summary = "KX: each of K chunks, tested on the next"},
     .params = of_k,
     .split = split__ts_rolls,
     .repeats_itself = true},
    {.shown = {.name = "tsChain",
               .arguments = ":K",
               .summary = "KX: all chunks up to one, tested on the next"},
     .params = of_k,
     .split = split__ts_chain,
     .repeats_itself = true},
    {.shown = {.name = "pcSplit",
               .arguments = ":PC",
               .summary = "KX: the last share PC of the rows is tested",
               .trains_rest = true},
     .params = of_share,
     .split = split__pc_split,
     .repeats_itself = true},
    {.shown = {.name = "mcSplit",
               .arguments = ":PC",
               .summary = "KX: a share PC of the rows is tested, by chance",
               .is_random = true,
               .trains_rest = true},
     .params = of_share,
     .split = split__mc_split},
};

#define N_SCHEMES (sizeof schemes / sizeof *schemes)

const ml_scheme *ml_scheme_at(size_t i) {
  return i < N_SCHEMES ? &schemes[i].shown : NULL;
}

const char *ml_scheme_default(ml_problem problem) {
  return problem == ML_CLASSIFICATION ? "stratified:5" : "kfold:5";
}

/* ---- by name ------------------------------------------------------------------------------- */

static ml_status find_scheme(const char *text, const split_scheme **out, ml_error *err) {
  size_t n = strcspn(text, ":=");
  char name[64];
  snprintf(name, sizeof name, "%.*s", n < sizeof name ? (int)n : (int)sizeof name - 1, text);
  ml_nearest nearest = ml_nearest_to(name);
  for (size_t i = 0; i < N_SCHEMES; i++) {
    const char *one = schemes[i].shown.name;
    if (strlen(one) == n && memcmp(one, text, n) == 0) {
      *out = &schemes[i];
      return ML_OK;
    }
    ml_nearest_try(&nearest, one, strlen(one));
  }
  if (nearest.name)
    return ml_error_set(err, ML_ERR_USAGE, "no scheme of splits '%s' (did you mean '%s'?)", name,
                        nearest.name);
  return ml_error_set(err, ML_ERR_USAGE, "no scheme of splits '%s'", name);
}

ml_status ml_scheme_find(const char *text, const ml_scheme **out, ml_error *err) {
  const split_scheme *found;
  ml_status status = find_scheme(text, &found, err);
  if (status == ML_OK) *out = &found->shown;
  return status;
}

static ml_status read_scheme(const split_scheme *scheme, const char *text, split_args *out,
                             ml_error *err) {
  const char *rest = text + strlen(scheme->shown.name);
  *out = defaults;
  if (scheme->shown.needs_predefined && *rest == '=' && rest[1]) return ML_OK;
  if (scheme->shown.needs_predefined && *rest)
    return ml_error_set(err, ML_ERR_USAGE, "%s: name a column, as in predefined=fold", text);
  return split__read_args(text, rest, scheme->params, out, err);
}

static ml_status check_needs(const ml_scheme *scheme, const ml_dataset *data, const char *text,
                             ml_error *err) {
  const char *lacks = scheme->needs_classes && data->classes.n == 0        ? "classes"
                      : scheme->needs_groups && data->groups.n == 0        ? "groups"
                      : scheme->needs_predefined && !data->predefined.n    ? "given folds"
                      : scheme->needs_times && !(data->start && data->end) ? "starts and ends"
                                                                           : NULL;
  if (!lacks) return ML_OK;
  return ml_error_set(err, ML_ERR_USAGE, "%s: the rows have no %s%s", text, lacks,
                      scheme->needs_classes && data->y ? ": the target is a number" : "");
}

static ml_status check_repeats(const split_scheme *scheme, const split *s, bool is_random,
                               ml_error *err) {
  if (s->n_repeats == 1 || is_random || scheme->repeats_itself) return ML_OK;
  if (scheme->drawn)
    return ml_error_set(err, ML_ERR_USAGE,
                        "%s: every repeat would be the same; repeat '%s', which draws anew",
                        s->text, scheme->drawn);
  return ml_error_set(err, ML_ERR_USAGE, "%s: every repeat would be the same", s->text);
}

/* ---- all repeats --------------------------------------------------------------------------- */

/* Repeats of a scheme without chance are copies of its folds. */
static void copy_folds(split *s) {
  size_t n = s->made->n;
  for (size_t r = 1; r < s->n_repeats; r++)
    for (size_t i = 0; i < n; i++) {
      s->folds[r * n + i] = s->folds[i];
      s->folds[r * n + i].repeat = (uint32_t)r;
    }
  s->made->n = n * s->n_repeats;
}

static ml_status make_folds(const split_scheme *scheme, split *s, bool is_random, uint64_t seed,
                            ml_error *err) {
  ml_status status = ML_OK;
  for (s->repeat = 0; s->repeat < (is_random ? s->n_repeats : 1) && status == ML_OK; s->repeat++) {
    s->rng = ml_rng_seeded(ml_rng_derive(seed, s->repeat));
    status = scheme->split(s, err);
  }
  if (status == ML_OK && !is_random) copy_folds(s);
  return status;
}

static ml_status check_rows(const split *s, ml_error *err) {
  if (s->data->n_rows >= UINT32_MAX || s->n_repeats >= UINT32_MAX)
    return ml_error_set(err, ML_ERR_USAGE, "%s: more than %lu rows or repeats", s->text,
                        (unsigned long)UINT32_MAX - 1);
  if (s->n == 0) return ml_error_set(err, ML_ERR_USAGE, "%s: there are no rows", s->text);
  return ML_OK;
}

ml_status ml_split(const char *text, const ml_dataset *data, const uint32_t *members,
                   size_t n_members, const ml_split_opts *opts, ml_folds **out, ml_error *err) {
  const split_scheme *scheme;
  split s = {.text = text,
             .data = data,
             .members = members,
             .n = members ? n_members : data->n_rows,
             .n_repeats = opts && opts->repeats ? opts->repeats : 1};
  ml_status status = find_scheme(text, &scheme, err);
  if (status == ML_OK) status = read_scheme(scheme, text, &s.args, err);
  bool is_random = status == ML_OK && (scheme->shown.is_random || s.args.shuffle);
  if (status == ML_OK) status = check_repeats(scheme, &s, is_random, err);
  if (status != ML_OK) return status;
  /* From here on it is the rows that do not fit the scheme. */
  status = check_rows(&s, err);
  if (status == ML_OK) status = check_needs(&scheme->shown, data, text, err);
  if (status == ML_OK && !(s.made = calloc(1, sizeof *s.made))) status = ml_error_memory(err);
  if (status == ML_OK) {
    s.made->n_rows = data->n_rows;
    s.made->n_repeats = s.n_repeats;
    status = make_folds(scheme, &s, is_random, opts ? opts->seed : 0, err);
  }
  if (status == ML_OK) {
    *out = s.made;
    return ML_OK;
  }
  ml_error_about(err, data->source);
  ml_folds_free(s.made);
  return status;
}
