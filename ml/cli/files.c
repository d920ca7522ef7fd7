/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Files of a command, looked at before the long work. */
#include "cli.h"

#include <limits.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

bool cli__is_stdio(const char *path) {
  return strcmp(path, "-") == 0;
}

ml_status cli__find_input(const cli_call *cli, const char *rest, const char **input,
                          ml_error *err) {
  *input = cli->n_args > 0 ? cli->args[0] : "-";
  if (cli->n_args == 0 && isatty(STDIN_FILENO) == 1)
    return ml_error_set(err, ML_ERR_USAGE,
                        "no input: name a CSV file, as in 'mltool %s data.csv %s', or pipe one in",
                        cli->command->name, rest);
  if (!**input) return ml_error_set(err, ML_ERR_IO, "cannot open: the name of the file is empty");
  return ML_OK;
}

static bool stat_stream(const char *path, int stdio_fd, struct stat *st) {
  return (cli__is_stdio(path) ? fstat(stdio_fd, st) : stat(path, st)) == 0;
}

static const char *base_name(const char *path) {
  const char *slash = strrchr(path, '/');
  return slash ? slash + 1 : path;
}

static bool stat_folder(const char *path, struct stat *st) {
  size_t n = (size_t)(base_name(path) - path);
  char folder[PATH_MAX];
  if (n + 2 > sizeof folder) return false;
  memcpy(folder, path, n);
  strcpy(folder + n, ".");
  return stat(folder, st) == 0;
}

/* Of files that are not there: one name in one folder. */
static bool is_same_name(const char *a, const char *b) {
  struct stat in_a, in_b;
  return b && !cli__is_stdio(a) && !cli__is_stdio(b) && strcmp(base_name(a), base_name(b)) == 0 &&
         stat_folder(a, &in_a) && stat_folder(b, &in_b) && in_a.st_dev == in_b.st_dev &&
         in_a.st_ino == in_b.st_ino;
}

static bool is_file(const struct stat *out, const char *path) {
  struct stat st;
  return path && stat_stream(path, STDIN_FILENO, &st) && S_ISREG(st.st_mode) &&
         st.st_dev == out->st_dev && st.st_ino == out->st_ino;
}

ml_status cli__check_output(const cli_file *output, const cli_file *files, size_t n,
                            ml_error *err) {
  const char *path = output->path;
  struct stat out;
  bool is_there = stat_stream(path, STDOUT_FILENO, &out);
  for (size_t i = 0; i < n; i++)
    if (is_there ? is_file(&out, files[i].path) : is_same_name(path, files[i].path))
      return ml_error_set(
          err, ML_ERR_USAGE, "the %s is the %s: %s", output->what, files[i].what,
          cli__is_stdio(path) ? "standard output goes to the file that is read" : path);
  /* Opening a pipe for a try would end its reader. */
  if (cli__is_stdio(path) || (is_there && !S_ISREG(out.st_mode) && !S_ISDIR(out.st_mode)))
    return ML_OK;
  ml_output_sweep(path);
  ml_output *probe = NULL;
  ml_status status = ml_output_open(path, &probe, err);
  ml_output_abort(probe);
  return status;
}

/* What two of them write would be mixed. */
static ml_status check_stdout(const cli_file *outputs, size_t n, ml_error *err) {
  const cli_file *first = NULL;
  for (size_t i = 0; i < n; i++) {
    if (!outputs[i].path || !cli__is_stdio(outputs[i].path)) continue;
    if (first)
      return ml_error_set(err, ML_ERR_USAGE, "the %s and the %s cannot both be standard output",
                          first->what, outputs[i].what);
    first = &outputs[i];
  }
  return ML_OK;
}

ml_status cli__check_outputs(const cli_file *files, size_t n_read, size_t n, ml_error *err) {
  ml_status status = check_stdout(files + n_read, n - n_read, err);
  for (size_t i = n_read; i < n && status == ML_OK; i++)
    if (files[i].path) status = cli__check_output(&files[i], files, i, err);
  return status;
}

bool cli__ends_in(const char *text, const char *end) {
  size_t n = strlen(text), m = strlen(end);
  return n >= m && strcmp(text + n - m, end) == 0;
}

/* The end of a name promises a format, and it is none of the known ones. */
static bool is_strange(const char *path, const char *const *known) {
  const char *name = base_name(path);
  struct stat st;
  for (; *known; known++)
    if (cli__ends_in(name, *known)) return false;
  return strchr(name, '.') && (stat(path, &st) != 0 || S_ISREG(st.st_mode));
}

ml_status cli__check_pictures(const char *plot, const char *report, ml_error *err) {
  static const char *const of_plot[] = {".svg", ".svg.gz", NULL}, *const of_report[] = {
                                                                      ".html", ".html.gz", ".htm",
                                                                      NULL};
  if (plot && is_strange(plot, of_plot))
    return ml_error_set(err, ML_ERR_USAGE,
                        "--plot %s: SVG is what is written, to a file that ends in .svg or .svg.gz",
                        plot);
  if (report && is_strange(report, of_report))
    return ml_error_set(
        err, ML_ERR_USAGE,
        "--report %s: HTML is what is written, to a file that ends in .html or .html.gz", report);
  return ML_OK;
}

ml_format cli__format(const cli_call *cli, const char *output) {
  return cli->common.json && cli__is_stdio(output) ? ML_FORMAT_JSON : ML_FORMAT_AUTO;
}

void cli__note_format(cli_call *cli, const char *output) {
  static const char *const known[] = {".csv",   ".csv.gz",   ".npy", ".json", ".json.gz",
                                      ".jsonl", ".jsonl.gz", ".txt", NULL};
  if (!is_strange(output, known)) return;
  cli__note(cli,
            "%s is written as CSV; .csv, .csv.gz, .npy, .json, .json.gz, .jsonl and .jsonl.gz say "
            "what is meant",
            output);
}

/* A file opens no shared object by itself: who runs the command says which one may. */
ml_status cli__load_pipeline(const char *path, const char *opened, bool trust, ml_pipeline **out,
                             ml_error *err) {
  const ml_model *model = NULL;
  ml_pipeline *pipeline;
  ml_status status = opened ? ml_model_find(opened, NULL, &model, err) : ML_OK;
  if (status == ML_OK)
    status = (trust ? ml_pipeline_load_trusted : ml_pipeline_load)(path, &pipeline, err);
  if (status != ML_OK) return status;
  if (!model || ml_pipeline_model(pipeline) == model) {
    *out = pipeline;
    return ML_OK;
  }
  status = ml_error_set(err, ML_ERR_USAGE, "%.100s has the model '%.60s', and not '%.100s'", path,
                        ml_pipeline_model(pipeline)->name, opened);
  ml_pipeline_free(pipeline);
  return status;
}
