/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The plan of a run, as bytes and back: everything that workers need but the values of features. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <ml/literal.h>
#include <ml/rng.h>

#include "xval_internal.h"

#define MAGIC UINT64_C(0x315f6c6176786c6d) /* "mlxval_1" */

enum { DIGEST = sizeof((model_place *)0)->digest };

/* ---- pack ------------------------------------------------------------------------------------ */

static void put_labels(const ml_levels *levels, ml_buf *out) {
  wire__put_u64(out, levels->n);
  for (size_t i = 0; i < levels->n; i++) wire__put_text(out, levels->labels[i]);
}

void plan__put_data(const xval_plan *plan, ml_buf *out) {
  const ml_dataset *d = &plan->data;
  wire__put_u64(out, d->n_rows);
  wire__put_u64(out, d->n_features);
  if (plan->problem == ML_CLASSIFICATION) {
    put_labels(&d->classes, out);
    wire__put(out, d->classes.codes, d->n_rows * sizeof *d->classes.codes);
  } else {
    wire__put(out, d->y, d->n_rows * sizeof *d->y);
  }
  wire__put_u64(out, d->weights != NULL);
  if (d->weights) wire__put(out, d->weights, d->n_rows * sizeof *d->weights);
  wire__put_u64(out, d->names != NULL);
  for (size_t j = 0; d->names && j < d->n_features; j++) wire__put_text(out, d->names[j]);
  wire__put_u64(out, d->categories != NULL);
  for (size_t j = 0; d->categories && j < d->n_features; j++) put_labels(&d->categories[j], out);
}

static ml_status put_scenes(const xval_plan *plan, ml_buf *out, ml_error *err) {
  wire__put_u64(out, plan->n_scenes);
  for (size_t s = 0; s < plan->n_scenes; s++) {
    const xval_scene *scene = &plan->scenes[s];
    size_t n = ml_folds_packed_size(&scene->folds), padded = (n + 7) / 8 * 8;
    wire__put_u64(out, scene->seed);
    wire__put_u64(out, scene->n_parts);
    wire__put_u64(out, scene->part_bytes);
    wire__put_u64(out, scene->shared_at);
    wire__put_u64(out, n);
    char *to = ml_buf_reserve(out, padded);
    if (!to) return ml_error_memory(err);
    memset(to + n, 0, padded - n);
    ml_folds_pack(&scene->folds, to);
    out->n += padded;
  }
  return ML_OK;
}

static bool is_literal(const ml_model *model, size_t value) {
  return model->params[value % model->n_params].kind == ML_MODEL_LITERAL;
}

/* What words among the candidates mean: nobody else may have said them where they are read. */
static void put_words(const xval_plan *plan, ml_buf *out) {
  const size_t n_values = plan->n_candidates * plan->model->n_params;
  uint64_t n = 0;
  for (size_t pass = 0; pass < 2; pass++) {
    if (pass == 1) wire__put_u64(out, n);
    for (size_t i = 0; i < n_values; i++) {
      const char *text = is_literal(plan->model, i) ? literal__text(plan->candidates[i]) : NULL;
      const bool is_said = i >= plan->model->n_params &&
                           plan->candidates[i] == plan->candidates[i - plan->model->n_params];
      if (!text || is_said) continue;
      if (pass == 1) wire__put_text(out, text);
      n += pass == 0;
    }
  }
}

/* So that the bytes do not move while they grow. */
static size_t size_of(const xval_plan *plan) {
  size_t n = (size_t)1 << 12;
  n += plan->data.n_rows * 2 * sizeof(double);
  n += plan->n_candidates * plan->model->n_params * sizeof(double);
  for (size_t s = 0; s < plan->n_scenes; s++)
    n += ml_folds_packed_size(&plan->scenes[s].folds) + 64;
  return n;
}

ml_status plan__pack(const xval_plan *plan, const char *model, const unsigned char *digest,
                     ml_buf *out, ml_error *err) {
  if (!ml_buf_reserve(out, size_of(plan))) return ml_error_memory(err);
  wire__put_u64(out, MAGIC);
  wire__put_text(out, model);
  wire__put_u64(out, digest != NULL);
  if (digest) wire__put(out, digest, DIGEST);
  wire__put_u64(out, plan->problem);
  wire__put_u64(out, plan->is_gcv);
  wire__put_u64(out, plan->fit_unweighted);
  wire__put_u64(out, plan->score_unweighted);
  wire__put(out, &plan->zero_division, sizeof plan->zero_division);
  wire__put_text(out, plan->prep ? ml_prep_text(plan->prep) : NULL);
  wire__put_u64(out, plan->n_metrics);
  for (size_t k = 0; !plan->is_gcv && k < plan->n_metrics; k++) {
    ml_buf name = {0};
    ml_metric_format(&plan->metrics[k], &name);
    ml_buf_put(&name, "", 1);
    if (name.failed) out->failed = true;
    if (!name.failed) wire__put_text(out, name.data);
    ml_buf_release(&name);
  }
  plan__put_data(plan, out);
  put_words(plan, out);
  wire__put_u64(out, plan->n_candidates);
  wire__put(out, plan->candidates,
            plan->n_candidates * plan->model->n_params * sizeof *plan->candidates);
  wire__put_u64(out, plan->n_shared);
  ml_status status = put_scenes(plan, out, err);
  if (status != ML_OK) return status;
  return out->failed ? ml_error_memory(err) : ML_OK;
}

/* ---- data ------------------------------------------------------------------------------------ */

ml_status plan__check_data(const ml_dataset *d, ml_error *err) {
  bool is_class = d->problem == ML_CLASSIFICATION;
  if (d->n_rows == 0 || (d->n_features > 0 && !d->x))
    return ml_error_set(err, ML_ERR_USAGE, "the dataset has no rows");
  if (d->n_rows > UINT32_MAX)
    return ml_error_set(err, ML_ERR_USAGE, "%zu rows are more than %u", d->n_rows, UINT32_MAX);
  if (d->problem == ML_PROBLEM_AUTO || (is_class ? !d->classes.codes : !d->y))
    return ml_error_set(err, ML_ERR_USAGE, "the dataset has no target");
  for (size_t i = 0; is_class && i < d->n_rows; i++)
    if (d->classes.codes[i] >= d->classes.n)
      return ml_error_set(err, ML_ERR_USAGE, "row %zu has class %u, of %zu", i, d->classes.codes[i],
                          d->classes.n);
  for (size_t i = 0; !is_class && i < d->n_rows; i++)
    if (!isfinite(d->y[i]))
      return ml_error_set(err, ML_ERR_USAGE, "the target is not finite in row %zu", i);
  for (size_t i = 0; d->weights && i < d->n_rows; i++)
    if (!(d->weights[i] >= 0) || !isfinite(d->weights[i]))
      return ml_error_set(err, ML_ERR_USAGE, "row %zu has the weight %g", i, d->weights[i]);
  return ML_OK;
}

/* ---- unpack ---------------------------------------------------------------------------------- */

static ml_status malformed(ml_error *err) {
  return ml_error_set(err, ML_ERR_PARSE, "malformed request for a cross-validation");
}

/* A text takes two units or more, so that a number of them is bounded by the bytes there are. */
static char **get_texts(wire *in, uint64_t n) {
  if (in->bad || n > in->left / 16) {
    in->bad = true;
    return NULL;
  }
  char **texts = calloc(n + 1, sizeof *texts);
  for (size_t i = 0; texts && i < n; i++) {
    texts[i] = (char *)wire__text(in);
    if (!texts[i]) in->bad = true;
  }
  return texts;
}

static ml_status get_classes(wire *in, ml_dataset *d, ml_error *err) {
  ml_levels *classes = &d->classes;
  uint64_t n = wire__u64(in);
  classes->labels = get_texts(in, n);
  classes->codes = (uint32_t *)wire__array(in, d->n_rows, sizeof *classes->codes);
  if (in->bad || n == 0) return malformed(err);
  if (!classes->labels) return ml_error_memory(err);
  classes->n = n;
  for (size_t i = 0; i < d->n_rows; i++)
    if (classes->codes[i] >= n) return malformed(err);
  return ML_OK;
}

static ml_status get_categories(wire *in, ml_dataset *d, ml_error *err) {
  if (d->n_features > in->left / 8) return malformed(err);
  d->categories = calloc(d->n_features + 1, sizeof *d->categories);
  if (!d->categories) return ml_error_memory(err);
  for (size_t j = 0; j < d->n_features; j++) {
    uint64_t n = wire__u64(in);
    if (n == 0) continue;
    d->categories[j].labels = get_texts(in, n);
    if (in->bad) return malformed(err);
    if (!d->categories[j].labels) return ml_error_memory(err);
    d->categories[j].n = n;
  }
  return ML_OK;
}

/* Codes of categories are places among labels. */
static bool are_codes(const ml_dataset *d) {
  for (size_t j = 0; d->categories && j < d->n_features; j++) {
    const double *x = d->x + j * d->n_rows;
    double n = (double)d->categories[j].n;
    for (size_t i = 0; n > 0 && i < d->n_rows; i++)
      if (x[i] == x[i] && !(x[i] >= 0 && x[i] < n)) return false;
  }
  return true;
}

static ml_status get_data(wire *in, ml_span x, xval_plan *plan, ml_error *err) {
  ml_dataset *d = &plan->data;
  size_t n, size;
  d->problem = plan->problem;
  d->n_rows = wire__u64(in);
  d->n_features = wire__u64(in);
  d->x = x.data;
  if (in->bad || d->n_rows == 0 || d->n_rows > UINT32_MAX ||
      __builtin_mul_overflow(d->n_rows, d->n_features, &n) ||
      __builtin_mul_overflow(n, sizeof(double), &size) || size > x.size)
    return malformed(err);
  ml_status status = ML_OK;
  if (plan->problem == ML_CLASSIFICATION)
    status = get_classes(in, d, err);
  else
    d->y = (double *)wire__array(in, d->n_rows, sizeof *d->y);
  if (status != ML_OK) return status;
  if (wire__u64(in)) d->weights = (double *)wire__array(in, d->n_rows, sizeof *d->weights);
  if (wire__u64(in) && !(d->names = get_texts(in, d->n_features)) && !in->bad)
    return ml_error_memory(err);
  if (!in->bad && wire__u64(in)) status = get_categories(in, d, err);
  if (status != ML_OK) return status;
  return in->bad || !are_codes(d) ? malformed(err) : plan__check_data(d, err);
}

static ml_status get_metrics(wire *in, xval_plan *plan, ml_error *err) {
  plan->n_metrics = wire__u64(in);
  if (in->bad || plan->n_metrics == 0 || plan->n_metrics > in->left / 8) return malformed(err);
  plan->metrics = calloc(plan->n_metrics, sizeof *plan->metrics);
  if (!plan->metrics) return ml_error_memory(err);
  for (size_t k = 0; !plan->is_gcv && k < plan->n_metrics; k++) {
    const char *name = wire__text(in);
    if (!name) return malformed(err);
    ml_status status = ml_metric_parse(name, &plan->metrics[k], err);
    if (status != ML_OK) return status;
    if (plan->metrics[k].info->problem != plan->problem) return malformed(err);
  }
  return ML_OK;
}

static bool is_sound(const xval_scene *s, const xval_plan *plan) {
  size_t padded, size;
  if (s->folds.n_rows != plan->data.n_rows || s->folds.n == 0) return false;
  for (size_t f = 0; f < s->folds.n; f++)
    if (ml_folds_n_train(&s->folds, f) == 0) return false;
  if (__builtin_add_overflow(s->part_bytes, 63, &padded) ||
      __builtin_mul_overflow(padded / 64 * 64, s->n_parts, &size))
    return false;
  return s->shared_at % 64 == 0 && s->shared_at <= plan->n_shared &&
         size <= plan->n_shared - s->shared_at;
}

static ml_status get_scenes(wire *in, xval_plan *plan, ml_error *err) {
  plan->n_shared = wire__u64(in);
  uint64_t n = wire__u64(in);
  if (in->bad || n > in->left / 40) return malformed(err);
  plan->scenes = calloc(n + 1, sizeof *plan->scenes);
  if (!plan->scenes) return ml_error_memory(err);
  plan->n_scenes = n;
  for (size_t i = 0; i < n; i++) {
    xval_scene *s = &plan->scenes[i];
    s->seed = wire__u64(in);
    s->n_parts = wire__u64(in);
    s->part_bytes = wire__u64(in);
    s->shared_at = wire__u64(in);
    uint64_t size = wire__u64(in);
    const void *packed = wire__array(in, size, 1);
    if (!packed) return malformed(err);
    ml_status status = ml_folds_unpack(packed, size, &s->folds, err);
    if (status != ML_OK) return status;
    if (!is_sound(s, plan)) return malformed(err);
  }
  return ML_OK;
}

static ml_status get_head(wire *in, uint64_t token, xval_plan *plan, ml_error *err) {
  if (wire__u64(in) != MAGIC) return malformed(err);
  const char *model = wire__text(in);
  const unsigned char *digest = wire__u64(in) ? wire__array(in, DIGEST, 1) : NULL;
  uint64_t problem = wire__u64(in);
  plan->is_gcv = wire__u64(in) != 0;
  plan->fit_unweighted = wire__u64(in) != 0;
  plan->score_unweighted = wire__u64(in) != 0;
  plan->zero_division = wire__real(in);
  const char *prep = wire__text(in);
  if (in->bad || (problem != ML_CLASSIFICATION && problem != ML_REGRESSION)) return malformed(err);
  plan->problem = (ml_problem)problem;
  ml_status status = model__find(model, digest, token, &plan->model, err);
  if (status != ML_OK) return status;
  unsigned trait = problem == ML_CLASSIFICATION ? ML_MODEL_CLASSIFIES : ML_MODEL_REGRESSES;
  if (!(plan->model->traits & trait) || (plan->is_gcv && !plan->model->gcv)) return malformed(err);
  return prep ? ml_prep_parse(prep, &plan->prep, err) : ML_OK;
}

/* The model writes as much as it says, whatever the bytes say. */
static ml_status check_parts(const xval_plan *plan, ml_error *err) {
  const ml_model *model = plan->model;
  bool shares = model->share && model->share_size && !plan->prep && !plan->is_gcv;
  for (size_t s = 0; s < plan->n_scenes; s++) {
    const xval_scene *scene = &plan->scenes[s];
    const ml_cv cv = plan__cv(plan, s, NULL);
    size_t n_parts = 0, part_bytes = 0;
    ml_status status = shares ? model->share_size(&cv, &n_parts, &part_bytes, err) : ML_OK;
    if (status != ML_OK) return status;
    if (n_parts != scene->n_parts || (n_parts > 0 && part_bytes != scene->part_bytes))
      return malformed(err);
  }
  return ML_OK;
}

static ml_status get_words(wire *in, ml_error *err) {
  ml_status status = ML_OK;
  for (uint64_t n = wire__u64(in); n > 0 && status == ML_OK; n--) {
    const char *text = wire__text(in);
    double unused;
    if (!text) return malformed(err);
    status = literal__of(text, &unused, err);
  }
  return status;
}

static ml_status get_candidates(wire *in, xval_plan *plan, ml_error *err) {
  const ml_model *model = plan->model;
  size_t n_values;
  ml_status status = get_words(in, err);
  if (status != ML_OK) return status;
  plan->n_candidates = wire__u64(in);
  if (plan->n_candidates == 0 ||
      __builtin_mul_overflow(plan->n_candidates, model->n_params, &n_values))
    return malformed(err);
  plan->candidates = wire__array(in, n_values, sizeof *plan->candidates);
  if (in->bad) return malformed(err);
  for (size_t i = 0; i < n_values; i++)
    if (ml_model_param_check(&model->params[i % model->n_params], plan->candidates[i], NULL) !=
        ML_OK)
      return malformed(err);
  return ML_OK;
}

ml_status plan__unpack(const void *bytes, size_t n, ml_span x, uint64_t token, xval_plan *out,
                       ml_error *err) {
  wire in = {.at = bytes, .left = n};
  *out = (xval_plan){0};
  ml_status status = get_head(&in, token, out, err);
  if (status == ML_OK) status = get_metrics(&in, out, err);
  if (status == ML_OK) status = get_data(&in, x, out, err);
  if (status == ML_OK) status = get_candidates(&in, out, err);
  if (status == ML_OK) status = get_scenes(&in, out, err);
  if (status == ML_OK && out->prep) status = ml_prep_check(out->prep, &out->data, err);
  if (status == ML_OK && (in.bad || in.left)) status = malformed(err);
  return status == ML_OK ? check_parts(out, err) : status;
}

void plan__release(xval_plan *plan) {
  ml_dataset *d = &plan->data;
  for (size_t j = 0; d->categories && j < d->n_features; j++) free(d->categories[j].labels);
  free(d->categories);
  free(d->names);
  free(d->classes.labels);
  ml_prep_free(plan->prep);
  free(plan->metrics);
  free(plan->scenes);
  *plan = (xval_plan){0};
}

/* ---- what models see ------------------------------------------------------------------------- */

/* Steps make other columns of each fold, so that nothing of the rows it tests is known beforehand.
 */
bool plan__wants_squares(const xval_plan *plan) {
  if (plan->problem != ML_REGRESSION || !(plan->model->traits & ML_MODEL_SQUARES) || plan->prep ||
      plan->data.weights || plan->is_gcv)
    return false;
  for (size_t k = 0; k < plan->n_metrics; k++)
    if (!plan->metrics[k].info->is_of_squares) return false;
  return plan->n_metrics > 0;
}

ml_cv plan__cv(const xval_plan *plan, size_t scene, const void *cancel) {
  const xval_scene *s = &plan->scenes[scene];
  ml_view all = ml_dataset_view(&plan->data);
  if (plan->fit_unweighted) all.weights = NULL;
  if (s->folds.members) {
    all.rows = s->folds.members;
    all.n = s->folds.n_members;
  }
  return (ml_cv){.all = all,
                 .folds = &s->folds,
                 .candidates = plan->candidates,
                 .n_candidates = plan->n_candidates,
                 .seed = s->seed,
                 .cancel = cancel};
}

/* x with x ^ x >> shift == y. */
static uint64_t unshift(uint64_t y, unsigned shift) {
  uint64_t x = y;
  for (unsigned done = shift; done < 64; done += shift) x = y ^ (x >> shift);
  return x;
}

/* The inverse of ml_rng_mix(): its multipliers are odd, and have inverses modulo 2^64. */
static uint64_t unmix(uint64_t x) {
  x = unshift(x, 31) * UINT64_C(0x319642b2d24d8ec3);
  x = unshift(x, 27) * UINT64_C(0x96de1b173f119089);
  return unshift(x, 30) - UINT64_C(0x9e3779b97f4a7c15);
}

uint64_t plan__seed_of_one(uint64_t seed, size_t i) {
  return unmix(ml_rng_mix(seed) ^ i);
}
