/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Why an item of peach has no result: for programs, for people, as an exit code. */
#include "peach.h"

#include <inttypes.h>
#include <string.h>

static bool is_of_worker(const ml_failure *failure) {
  return failure->error.status == ML_ERR_WORKER || failure->error.status == ML_ERR_TIMEOUT;
}

int peach__failure_exit(const ml_failure *failure) {
  return ml_status_exit_code(is_of_worker(failure) ? ML_ERR_WORKER : ML_ERR_FUNCTION);
}

static void put_text(ml_buf *out, const char *key, const char *text) {
  if (!text || !*text) return;
  ml_buf_printf(out, ",\"%s\":", key);
  ml_buf_json_string(out, text);
}

/* What a pool says of a lost worker names the call and the attempts, which have places of their own
 * here; and the call need not have the number of its item. */
static void plain_message(const ml_failure *failure, char *out, size_t size) {
  const char *text = failure->error.message;
  if (is_of_worker(failure) && strncmp(text, "item ", 5) == 0) {
    const char *rest = text + 5 + strspn(text + 5, "0123456789");
    if (strncmp(rest, ": ", 2) == 0) text = rest + 2;
  }
  snprintf(out, size, "%s", text);
  char attempts[40];
  snprintf(attempts, sizeof attempts, ", %u attempt%s", failure->attempts,
           cli__plural(failure->attempts));
  size_t n = strlen(out), n_end = strlen(attempts);
  if (is_of_worker(failure) && n > n_end && strcmp(out + n - n_end, attempts) == 0)
    out[n - n_end] = 0;
}

void peach__failure_json(const ml_failure *failure, size_t item, const char *function,
                         ml_buf *out) {
  char message[ML_ERROR_MESSAGE_MAX];
  plain_message(failure, message, sizeof message);
  ml_buf_printf(out, "{\"item\":%zu", item);
  put_text(out, "function", function);
  put_text(out, "status", ml_status_name(failure->error.status));
  ml_buf_puts(out, ",\"message\":");
  ml_buf_json_string(out, message);
  put_text(out, "trace", failure->trace);
  ml_buf_printf(out, ",\"attempts\":%u", failure->attempts);
  if (failure->worker)
    ml_buf_printf(out, ",\"worker\":%zu,\"pid\":%ld", failure->worker, failure->pid);
  if (failure->signal) ml_buf_printf(out, ",\"signal\":%d", failure->signal);
  if (failure->memory) ml_buf_printf(out, ",\"memory\":%" PRIu64, failure->memory);
  put_text(out, "output", failure->output);
  ml_buf_puts(out, "}");
}

ml_status peach__failure_error(const ml_failure *failure, size_t item, const char *function,
                               ml_error *err) {
  char attempts[40] = "", message[ML_ERROR_MESSAGE_MAX];
  plain_message(failure, message, sizeof message);
  ml_status status = is_of_worker(failure) ? failure->error.status : ML_ERR_FUNCTION;
  if (failure->attempts > 1)
    snprintf(attempts, sizeof attempts, ", %u attempts", failure->attempts);
  /* Some messages begin with the name. */
  bool is_named = strncmp(message, "function '", 10) == 0;
  return ml_error_set(err, status, "item %zu: %s%s%s%s%s", item, is_named ? "" : "function '",
                      is_named ? "" : function, is_named ? "" : "': ", message, attempts);
}

static void put_lines(ml_buf *out, const char *text) {
  if (!text || !*text) return;
  ml_buf_puts(out, text);
  if (text[strlen(text) - 1] != '\n') ml_buf_puts(out, "\n");
}

/* A trace of one line, as of a result that has no form, is what the error says already. */
static bool is_said(const char *trace, const char *message) {
  size_t n = trace ? strcspn(trace, "\n") : 0;
  size_t n_message = strlen(message);
  return n > 0 && !trace[n + (trace[n] == '\n')] && n <= n_message &&
         memcmp(message + n_message - n, trace, n) == 0;
}

void peach__failure_details(const ml_failure *failure, ml_buf *out) {
  if (!is_said(failure->trace, failure->error.message)) put_lines(out, failure->trace);
  if (!failure->output || !*failure->output) return;
  ml_buf_printf(out, "the last output of worker %zu (pid %ld):\n", failure->worker, failure->pid);
  put_lines(out, failure->output);
}
