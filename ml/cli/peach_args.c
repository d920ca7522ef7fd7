/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Arguments of peach: words of the command line, or lines of a file, one JSON value each. */
#include "peach.h"

#include <stdlib.h>
#include <string.h>

#define WINDOW   ((size_t)256 << 10)
#define LINE_MAX ((size_t)64 << 20) /* what one argument may have on its way to a worker */

struct peach_args {
  cli_call *cli;
  const char *const *texts; /* NULL: lines of a file */
  size_t n_texts;
  const char *source;
  ml_input *input;
  ml_watch watch;       /* of the input: progress goes to the two figures below */
  const ml_watch *user; /* what else there is to watch */
  double n_read, n_bytes;
  char *window; /* capacity bytes; [at .. n) was not used yet */
  size_t at, n, capacity;
  bool at_end; /* of the input */
  size_t line; /* that was taken last */
  size_t n_taken;
  ml_arena *arena;
};

static bool is_cancelled(void *ctx) {
  const peach_args *args = ctx;
  return ml_watch_cancelled(args->user);
}

static void note_share(void *ctx, const char *step, double done, double total) {
  (void)step;
  peach_args *args = ctx;
  args->n_read = done;
  args->n_bytes = total;
}

ml_status peach__args_open(cli_call *cli, const char *path, const char *const *texts, size_t n,
                           const ml_watch *watch, peach_args **out, ml_error *err) {
  peach_args *args = calloc(1, sizeof *args);
  if (!args) return ml_error_memory(err);
  *args = (peach_args){
      .cli = cli, .texts = path ? NULL : texts, .n_texts = n, .source = path, .user = watch};
  args->watch = (ml_watch){.cancelled = is_cancelled, .progress = note_share, .ctx = args};
  args->arena = ml_arena_new();
  args->window = path ? malloc(WINDOW) : NULL;
  args->capacity = WINDOW;
  ml_status status = ML_OK;
  if (!args->arena || (path && !args->window)) status = ml_error_memory(err);
  if (status == ML_OK && path && !*path)
    status = ml_error_set(err, ML_ERR_IO, "cannot open: the name of the file is empty");
  if (status == ML_OK && path) status = ml_input_open(path, &args->watch, &args->input, err);
  if (status == ML_OK) {
    *out = args;
  } else {
    peach__args_close(args);
  }
  return status;
}

/* Have a whole line in the window: n bytes from window[at] on, without its end. */
static ml_status find_line(peach_args *args, size_t *n, bool *at_end, ml_error *err) {
  for (size_t seen = 0;;) {
    char *start = args->window + args->at;
    size_t have = args->n - args->at;
    const char *end = memchr(start + seen, '\n', have - seen);
    *n = end ? (size_t)(end - start) : have;
    *at_end = !end && args->at_end && have == 0;
    if (end || args->at_end) return ML_OK;
    seen = have;
    if (have >= LINE_MAX)
      return ml_error_at(err, ML_ERR_PARSE, args->source, args->line + 1, 0,
                         "the line is longer than 64 MiB");
    memmove(args->window, start, have);
    args->at = 0;
    args->n = have;
    if (have == args->capacity) {
      char *wider = realloc(args->window, 2 * args->capacity);
      if (!wider) return ml_error_memory(err);
      args->window = wider;
      args->capacity *= 2;
    }
    size_t got;
    ml_status status =
        ml_input_read(args->input, args->window + have, args->capacity - have, &got, err);
    if (status != ML_OK) return status;
    args->n += got;
    args->at_end = got == 0;
  }
}

static bool is_blank(const char *text, size_t n) {
  for (size_t i = 0; i < n; i++)
    if (!strchr(" \t\r", text[i]) || !text[i]) return false;
  return true;
}

/* Blank lines are no arguments, as a file may end in some. */
static ml_status next_line(peach_args *args, ml_value *out, bool *at_end, ml_error *err) {
  for (;;) {
    size_t n;
    ml_status status = find_line(args, &n, at_end, err);
    if (status != ML_OK || *at_end) return status;
    const char *text = args->window + args->at;
    args->at += n + (args->at + n < args->n);
    args->line++;
    size_t mark = args->line == 1 && n >= 3 && memcmp(text, "\xEF\xBB\xBF", 3) == 0 ? 3 : 0;
    if (is_blank(text + mark, n - mark)) continue;
    status = ml_value_from_json(text, n, args->source, args->arena, out, err);
    if (status == ML_ERR_PARSE) err->line = args->line;
    return status;
  }
}

/* What begins as JSON does was hardly meant as a string. */
static void note_string(const peach_args *args, const char *text) {
  if (strchr("[{\"", text[0]) && text[0])
    cli__note(args->cli, "argument %zu is not JSON, and is taken as a string: %s",
              args->n_taken + 1, text);
}

/* A word of the command line is any bytes; a string is UTF-8, which its encoding makes sure of. */
static ml_status check_string(const peach_args *args, const ml_value *v, ml_error *err) {
  ml_buf bytes = {0};
  ml_error why = {0};
  ml_status status = ml_value_encode(v, NULL, 0, &bytes, &why);
  bool is_full = bytes.failed || status == ML_ERR_MEMORY;
  ml_buf_release(&bytes);
  if (is_full) return ml_error_memory(err);
  if (status == ML_OK) return ML_OK;
  return ml_error_set(err, ML_ERR_PARSE, "argument %zu is not UTF-8", args->n_taken + 1);
}

static ml_status next_text(peach_args *args, ml_value *out, bool *at_end, ml_error *err) {
  *at_end = args->n_taken == args->n_texts;
  if (*at_end) return ML_OK;
  const char *text = args->texts[args->n_taken];
  ml_status status = ml_value_from_json(text, strlen(text), NULL, args->arena, out, err);
  if (status != ML_ERR_PARSE) return status;
  *err = (ml_error){0};
  *out = ml_value_string(text);
  note_string(args, text);
  return check_string(args, out, err);
}

ml_status peach__args_next(peach_args *args, ml_value *out, bool *at_end, ml_error *err) {
  ml_arena_reset(args->arena);
  ml_status status =
      args->texts ? next_text(args, out, at_end, err) : next_line(args, out, at_end, err);
  if (status == ML_OK && !*at_end) args->n_taken++;
  return status;
}

double peach__args_expected(const peach_args *args) {
  if (args->texts) return (double)args->n_texts;
  double used =
      args->n_read - (double)(args->n - args->at); /* plain files: packed ones read less */
  if (args->n_bytes <= 0 || used <= 0) return 0;
  return (double)args->n_taken * args->n_bytes / used;
}

void peach__args_close(peach_args *args) {
  if (!args) return;
  ml_input_close(args->input);
  ml_arena_free(args->arena);
  free(args->window);
  free(args);
}
