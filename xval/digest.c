/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What tells one dataset from another. */
#include <sodium.h>

#include "xval_internal.h"

ml_status ml_dataset_digest(const ml_dataset *data, char out[ML_DIGEST_SIZE], ml_error *err) {
  enum { N_BYTES = (ML_DIGEST_SIZE - 1) / 2 };
  const xval_plan plan = {.problem = data->problem, .data = *data};
  unsigned char digest[N_BYTES];
  crypto_generichash_state state;
  ml_buf bytes = {0};
  ml_status status = plan__check_data(data, err);
  if (status != ML_OK) return status;
  plan__put_data(&plan, &bytes);
  if (bytes.failed) status = ml_error_memory(err);
  if (status == ML_OK) {
    crypto_generichash_init(&state, NULL, 0, N_BYTES);
    crypto_generichash_update(&state, (const void *)bytes.data, bytes.n);
    if (data->n_features > 0)
      crypto_generichash_update(&state, (const void *)data->x,
                                data->n_rows * data->n_features * sizeof *data->x);
    crypto_generichash_final(&state, digest, N_BYTES);
    sodium_bin2hex(out, ML_DIGEST_SIZE, digest, N_BYTES);
  }
  ml_buf_release(&bytes);
  return status;
}
