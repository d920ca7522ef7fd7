/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What becomes of a candidate in a fold, as bytes. */
#include <string.h>

#include "xval_internal.h"

void outcome__put(const xval_outcome *o, size_t n_metrics, ml_buf *out) {
  wire__put_u64(out, o->state);
  wire__put_u64(out, o->is_irrelevant);
  ml_buf_put(out, &o->fit_seconds, sizeof o->fit_seconds);
  ml_buf_put(out, &o->score_seconds, sizeof o->score_seconds);
  if (o->state == ML_FOLD_DONE) wire__put(out, o->scores, n_metrics * sizeof *o->scores);
  wire__put_u64(out, o->n_texts);
  wire__put(out, o->texts, o->n_texts);
}

/* One text for each score that is NaN, or one error. */
static bool has_texts(const xval_outcome *o, size_t n_metrics) {
  size_t want = 0, n = 0;
  if (o->state == ML_FOLD_FAILED) want = 1;
  for (size_t k = 0; o->state == ML_FOLD_DONE && k < n_metrics; k++)
    want += o->scores[k] != o->scores[k];
  for (size_t i = 0; i < o->n_texts; i++) n += o->texts[i] == 0;
  return n == want && (o->n_texts == 0 || o->texts[o->n_texts - 1] == 0);
}

bool outcome__get(wire *in, size_t n_metrics, xval_outcome *o) {
  uint64_t state = wire__u64(in), is_irrelevant = wire__u64(in);
  *o = (xval_outcome){.state = (ml_fold_state)state, .is_irrelevant = is_irrelevant};
  o->fit_seconds = wire__real(in);
  o->score_seconds = wire__real(in);
  if (state == ML_FOLD_DONE) o->scores = wire__array(in, n_metrics, sizeof *o->scores);
  o->n_texts = wire__u64(in);
  o->texts = wire__array(in, o->n_texts, 1);
  return !in->bad && state <= ML_FOLD_FAILED && is_irrelevant <= 1 && has_texts(o, n_metrics);
}
