/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Names of kinds that are written in more than one way, as 1 and 1.0: the first in the file counts,
 * wherever it is.
 */
#include <stdlib.h>
#include <string.h>

#include <ml/parts_internal.h>

static ml_status rename_kinds(labels *kinds, const series_ranking *ranking, ml_series_set *set,
                              ml_error *err) {
  ml_buf text = {0};
  for (size_t k = 0; k < set->n_kinds; k++) {
    const uint32_t code = labels__put(kinds, set->kinds[k], strlen(set->kinds[k]));
    const char *name =
        code < kinds->n ? labels__text(kinds, ranking->first[ranking->rank[code]]) : set->kinds[k];
    ml_buf_put(&text, name, strlen(name) + 1);
  }
  if (text.failed) {
    ml_buf_release(&text);
    return ml_error_memory(err);
  }
  free(set->kind_text);
  set->kind_text = text.data;
  char *at = text.data;
  for (size_t k = 0; k < set->n_kinds; k++, at += strlen(at) + 1) set->kinds[k] = at;
  return ML_OK;
}

ml_status parts__name_kinds(parts_survey *survey, ml_series_set *set, ml_error *err) {
  labels *kinds = &survey->kinds;
  const series_forms *forms = &survey->told.kinds;
  if (kinds->n < 2 || (forms->not_numbers && forms->not_pairs)) return ML_OK;
  char **texts = malloc(kinds->n * sizeof *texts);
  series_ranking ranking = {0};
  ml_status status = ML_OK;
  for (size_t i = 0; texts && i < kinds->n; i++)
    texts[i] = (char *)(uintptr_t)labels__text(kinds, (uint32_t)i);
  if (!texts || !series__rank_among(texts, kinds->n, forms, &ranking))
    status = ml_error_memory(err);
  else if (ranking.n < kinds->n)
    status = rename_kinds(kinds, &ranking, set, err);
  series__ranking_release(&ranking);
  free(texts);
  return status;
}
