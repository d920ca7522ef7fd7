/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What goes to which stream: results to standard output, all else to standard error. */
#include "cli.h"

#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

ml_status cli__print(ml_buf *text, ml_error *err) {
  ml_output *out = NULL;
  ml_status status = text->failed ? ml_error_memory(err) : ml_output_open("-", &out, err);
  if (status == ML_OK) status = ml_output_write(out, text->data, text->n, err);
  if (status == ML_OK) {
    status = ml_output_commit(out, err);
  } else {
    ml_output_abort(out);
  }
  ml_buf_release(text);
  return status;
}

bool cli__has_color(const cli_call *cli, int fd) {
  if (cli->common.color != CLI_AUTO) return cli->common.color == CLI_ALWAYS;
  const char *no_color = getenv("NO_COLOR"), *term = getenv("TERM");
  return !(no_color && no_color[0]) && term && strcmp(term, "dumb") != 0 && cli__is_terminal(fd);
}

void cli__heading(const cli_call *cli, ml_buf *out, const char *text) {
  bool has_color = cli__has_color(cli, STDOUT_FILENO);
  ml_buf_printf(out, has_color ? "\033[1m%s\033[0m\n" : "%s\n", text);
}

/* One write, so that lines of several processes do not mix. Nothing can be done if it fails. */
static void write_line(cli_call *cli, ml_buf *line) {
  cli__progress_clear(cli);
  ml_buf_puts(line, "\n");
  if (!line->failed && write(STDERR_FILENO, line->data, line->n) < 0) cli->progress.is_on = false;
  ml_buf_release(line);
}

static void put_prefix(const cli_call *cli, ml_buf *line, const char *color) {
  if (cli__has_color(cli, STDERR_FILENO)) {
    ml_buf_printf(line, "\033[%smmltool:\033[0m ", color);
  } else {
    ml_buf_puts(line, "mltool: ");
  }
}

/* One line of words; the setter of errors keeps control characters of file names off terminals. */
static ml_error ML_PRINTF(1, 0) words_of(const char *format, va_list args) {
  ml_error text = {0};
  char words[ML_ERROR_MESSAGE_MAX];
  vsnprintf(words, sizeof words, format, args);
  (void)ml_error_set(&text, ML_OK, "%s", words);
  return text;
}

static void note(cli_call *cli, const ml_error *text) {
  ml_buf line = {0};
  if (cli->common.json) {
    ml_buf_puts(&line, "{\"note\": ");
    ml_buf_json_string(&line, text->message);
    ml_buf_puts(&line, "}");
  } else {
    put_prefix(cli, &line, "1");
    ml_buf_puts(&line, text->message);
  }
  write_line(cli, &line);
}

void cli__note(cli_call *cli, const char *format, ...) {
  va_list args;
  va_start(args, format);
  const ml_error text = words_of(format, args);
  va_end(args);
  if (!cli->common.quiet) note(cli, &text);
  if (cli->keeps_log) ml_buf_printf(&cli->log, "%s\n", text.message);
}

void cli__note_now(cli_call *cli, const char *format, ...) {
  va_list args;
  va_start(args, format);
  const ml_error text = words_of(format, args);
  va_end(args);
  if (!cli->common.quiet) note(cli, &text);
}

void cli__detail(cli_call *cli, const char *format, ...) {
  va_list args;
  va_start(args, format);
  const ml_error text = words_of(format, args);
  va_end(args);
  if (cli->common.verbose && !cli->common.quiet) note(cli, &text);
}

static void put_position(ml_buf *line, const char *key, size_t position) {
  ml_buf_printf(line, position ? ", \"%s\": %zu" : ", \"%s\": null", key, position);
}

static void json_error(const ml_error *err, ml_status status, const char *details, ml_buf *line) {
  ml_buf_printf(line, "{\"status\": \"%s\", \"source\": ", ml_status_name(status));
  if (err->source[0]) {
    ml_buf_json_string(line, err->source);
  } else {
    ml_buf_puts(line, "null");
  }
  put_position(line, "line", err->line);
  put_position(line, "column", err->column);
  ml_buf_puts(line, ", \"message\": ");
  ml_buf_json_string(line, err->message);
  if (details) {
    ml_buf_puts(line, ", \"details\": ");
    ml_buf_json_string(line, details);
  }
  ml_buf_puts(line, "}");
}

static void text_error(const cli_call *cli, const ml_error *err, ml_status status, ml_buf *line) {
  char text[ML_ERROR_SOURCE_MAX + ML_ERROR_MESSAGE_MAX + 64];
  const char *name = cli->command ? cli->command->name : NULL;
  ml_error named = *err;
  if (strcmp(named.source, "-") == 0) strcpy(named.source, "standard input");
  ml_error_format(&named, text, sizeof text);
  put_prefix(cli, line, "1;31");
  ml_buf_puts(line, text);
  if (status == ML_ERR_USAGE)
    ml_buf_printf(line, "; see 'mltool %s%s--help'", name ? name : "", name ? " " : "");
}

/* A text without a line end, and without what would change a terminal. @return NULL: none */
static const char *finish_details(ml_buf *details) {
  while (details->n > 0 && details->data[details->n - 1] == '\n') details->n--;
  if (details->n == 0) return NULL;
  for (size_t i = 0; i < details->n; i++) {
    unsigned char c = (unsigned char)details->data[i];
    if ((c < ' ' && c != '\n' && c != '\t') || c == 0x7F) details->data[i] = '?';
  }
  ml_buf_put(details, "", 1);
  return details->failed ? NULL : details->data;
}

int cli__fail(cli_call *cli, ml_status status, const ml_error *err) {
  ml_error copy = *err;
  ml_buf line = {0};
  const char *details = finish_details(&cli->details);
  int signal_number = cli__caught_signal();
  if (signal_number) status = ML_ERR_CANCELLED; /* whatever call it made fail */
  cli__progress_clear(cli);
  if (status == ML_ERR_CLOSED) {
    signal(SIGPIPE, SIG_DFL);
    raise(SIGPIPE);
  }
  if (!copy.message[0]) (void)ml_error_set(&copy, status, "%s", ml_status_text(status));
  if (status == ML_ERR_CANCELLED) (void)ml_error_set(&copy, status, "interrupted");
  if (cli->common.json) {
    json_error(&copy, status, details, &line);
  } else {
    text_error(cli, &copy, status, &line);
    if (details) ml_buf_printf(&line, "\n%s", details);
  }
  /* A launcher ends all ranks when one is lost, and that has been told. */
  bool is_ended = cli->ranks.mpi && signal_number == SIGTERM;
  if (cli__is_mute(cli)) sleep(MUTE_SECONDS);
  if (is_ended)
    ml_buf_release(&line);
  else
    write_line(cli, &line);
  if (cli->exit_code) return cli->exit_code;
  return status == ML_ERR_CANCELLED && signal_number ? 128 + signal_number
                                                     : ml_status_exit_code(status);
}
