/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The folder of --run-dir. What is in it depends on the options, the data and this mltool alone: no
 * times, and nothing of the machine or of how many processes took part. */
#include "run_folder.h"
#include "train_picture.h"

#include <stdlib.h>
#include <string.h>

/* In the order that they are written in; the first tells what the folder is. */
enum { VERSIONS, CONFIG, METRICS, RESULTS, FEATURES, MODEL, REPORT, LOG, N_FILES };
static const char *const names[] = {[VERSIONS] = "versions.json",
                                    [CONFIG] = "config.json",
                                    [METRICS] = "metrics.json",
                                    [RESULTS] = "results.csv",
                                    [FEATURES] = "features.json",
                                    [MODEL] = "model.json",
                                    [REPORT] = "report.html",
                                    [LOG] = "log",
                                    "model.json.*.pickle",
                                    ".model.json*.mltool-??????",
                                    NULL};
static const ml_folder_kind kind = {names, "{\"mltool_run\": ", "a run"};

ml_status run_folder__check(cli_call *cli, const char *path, ml_error *err) {
  ml_folder *probe = NULL;
  if (!path) return ML_OK;
  ml_status status = ml_folder_open(path, &kind, &probe, err);
  if (status == ML_OK) ml_folder_abort(probe);
  cli->keeps_log = true;
  return status;
}

/* ---- files ----------------------------------------------------------------------------------- */

/* A version, without what libraries add to it about this machine. */
static void put_version(const ml_component *c, bool is_whole, ml_buf *out) {
  char word[64];
  size_t n = is_whole ? strlen(c->version) : strcspn(c->version, " ");
  snprintf(word, sizeof word, "%.*s", (int)n, c->version);
  ml_buf_json_string(out, word);
}

static void put_versions(ml_buf *out) {
  size_t n;
  const ml_component *components = ml_components(&n);
  ml_buf_printf(out, "%s1", kind.mark);
  ml_buf_puts(out, ",\n\"mltool\": ");
  ml_buf_json_string(out, ml_version());
  ml_buf_puts(out, ",\n\"build\": ");
  ml_buf_json_string(out, ml_build_id());
  for (size_t i = 0; i < n; i++) {
    ml_buf_puts(out, ",\n");
    ml_buf_json_string(out, components[i].name);
    ml_buf_puts(out, ": ");
    put_version(&components[i], i == 0, out); /* the compiler, and then libraries */
  }
  ml_buf_puts(out, "}\n");
}

static ml_status put_features(const trained *t, ml_buf *out, ml_error *err) {
  train_features *features = NULL;
  ml_status status = features__new(t, NULL, &features, err);
  if (status == ML_OK) features__json(features, out);
  features__free(features);
  return status;
}

/* Notes as they were printed, or would have been; then what stands below the result. */
static void put_log(const cli_call *cli, const xval_shown *s, ml_buf *out) {
  ml_buf_put(out, cli->log.data, cli->log.n);
  out->failed |= cli->log.failed;
  xval__put_remarks(s, out);
}

static ml_status make_texts(const cli_call *cli, const xval_shown *s, const trained *t,
                            ml_buf texts[N_FILES], ml_error *err) {
  put_versions(&texts[VERSIONS]);
  run_folder__metrics(s, &texts[METRICS]);
  xval__csv(s, &texts[RESULTS]);
  put_log(cli, s, &texts[LOG]);
  ml_status status = cli__config_print(cli, true, &texts[CONFIG], err);
  if (status == ML_OK && t) status = put_features(t, &texts[FEATURES], err);
  if (status == ML_OK)
    status = t ? train__report(t, &texts[REPORT], err) : xval__report(s, &texts[REPORT], err);
  for (size_t i = 0; i < N_FILES && status == ML_OK; i++)
    if (texts[i].failed) status = ml_error_memory(err);
  return status;
}

/* The model writes itself, with a pickle beside it if it has one. */
static ml_status save_model(const ml_folder *folder, const ml_pipeline *pipeline, ml_error *err) {
  char *path;
  if (asprintf(&path, "%s/%s", ml_folder_path(folder), names[MODEL]) < 0)
    return ml_error_memory(err);
  ml_status status = ml_pipeline_save(pipeline, path, err);
  free(path);
  return status;
}

/* Without folds there are no candidates to list. */
static bool is_written(size_t i, const xval_shown *s, const trained *t) {
  if (i == RESULTS) return s->result->n_candidates > 0;
  return i != MODEL && (t || i != FEATURES);
}

static ml_status write_texts(const char *path, const xval_shown *s, const trained *t,
                             const ml_buf texts[N_FILES], ml_error *err) {
  ml_folder *folder = NULL;
  ml_status status = ml_folder_open(path, &kind, &folder, err);
  if (status != ML_OK) return status;
  for (size_t i = 0; i < N_FILES && status == ML_OK; i++)
    if (is_written(i, s, t))
      status = ml_folder_add(folder, names[i], texts[i].data, texts[i].n, err);
  if (status == ML_OK && t) status = save_model(folder, t->pipeline, err);
  if (status == ML_OK) return ml_folder_commit(folder, err);
  ml_folder_abort(folder);
  return status;
}

ml_status run_folder__write(const cli_call *cli, const char *path, const xval_shown *shown,
                            const trained *t, ml_error *err) {
  ml_buf texts[N_FILES] = {0};
  xval_shown untimed = *shown;
  trained same = t ? *t : (trained){0};
  untimed.has_times = false;
  same.shown = &untimed;
  ml_status status = make_texts(cli, &untimed, t ? &same : NULL, texts, err);
  if (status == ML_OK) status = write_texts(path, &untimed, t ? &same : NULL, texts, err);
  for (size_t i = 0; i < N_FILES; i++) ml_buf_release(&texts[i]);
  return status;
}
