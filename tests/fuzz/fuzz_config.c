/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Files of mltool run: the first byte is Y for YAML, else JSON follows. Refused with an error, or
 * printed as a file that is read back to the same. */
#include <stdlib.h>
#include <string.h>

#include <ml/cli/config.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n);

static void check(bool holds) {
  if (!holds) abort();
}

typedef struct call {
  cli_call cli;
  void *options;
} call;

static void end(call *c) {
  if (c->options) cli__free_options(c->cli.command, c->options);
  cli__config_free(c->cli.config);
  free(c->cli.args);
  free(c->cli.given);
}

static ml_status begin(call *c, const char *text, size_t n, bool is_yaml, ml_error *err) {
  char *argv[] = {(char[]){"mltool"}, NULL};
  const cli_places at = {1, 1};
  ml_status status = config__parse(text, n, "f", is_yaml, &c->cli.config, err);
  if (status != ML_OK) return status;
  c->cli.command = cli__config_command(c->cli.config, err);
  if (!c->cli.command) return err->status;
  c->options = calloc(1, c->cli.command->options_size);
  c->cli.args = calloc(8, sizeof *c->cli.args);
  check(c->options && c->cli.args);
  return cli__parse(&c->cli, 1, argv, &at, c->options, err);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n) {
  call c = {0}, again = {0};
  ml_buf text = {0}, same = {0};
  ml_error err = {0};
  const bool is_yaml = n > 0 && bytes[0] == 'Y';
  char *copy = calloc(n + 1, 1);
  check(copy != NULL);
  if (n > 1) memcpy(copy, bytes + 1, n - 1);
  ml_status status = begin(&c, copy, n > 0 ? n - 1 : 0, is_yaml, &err);
  if (status != ML_OK) {
    check(status == ML_ERR_PARSE || (is_yaml && status == ML_ERR_USAGE));
    check(err.message[0] != 0 && !strchr(err.message, '\n'));
  } else {
    check(cli__config_print(&c.cli, false, &text, &err) == ML_OK);
    ml_buf_put(&text, "", 1);
    check(!text.failed);
    check(begin(&again, text.data, text.n - 1, false, &err) == ML_OK);
    check(cli__config_print(&again.cli, false, &same, &err) == ML_OK);
    check(same.n == text.n - 1 && memcmp(same.data, text.data, same.n) == 0);
  }
  end(&c);
  end(&again);
  ml_buf_release(&text);
  ml_buf_release(&same);
  free(copy);
  return 0;
}
