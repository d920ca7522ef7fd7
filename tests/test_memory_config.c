/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Memory that runs out in reading and printing a command line as a file, and in writing folders. */
#include "memory.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <ml/cli/config.h>

static const char json[] =
    "{\"schema\": 1, \"command\": \"xval\", \"input\": \"a\", \"set\": [\"a=1\", \"b=2\"],\n"
    "\"seed\": 2, \"k\\u0069nd\": \"x\", \"race\": true}";
static const char yaml[] = "schema: 1\ncommand: xval\nset: [a=1, \"b=2\"]\nseed: 2\n";
static bool is_yaml;

static ml_status read_config(ml_error *err) {
  const char *text = is_yaml ? yaml : json;
  char *argv[] = {(char[]){"mltool"}, (char[]){"--set=c=1"}, NULL};
  const char *args[8];
  const cli_places at = {2, 2};
  cli_call cli = {.args = args};
  ml_buf out = {0};
  void *options = NULL;
  ml_status status = config__parse(text, strlen(text), "f", is_yaml, &cli.config, err);
  if (status == ML_OK) {
    cli.command = cli__config_command(cli.config, err);
    if (!cli.command) status = err->status;
  }
  if (status == ML_OK && !(options = calloc(1, cli.command->options_size)))
    status = ml_error_memory(err);
  if (status == ML_OK) status = cli__parse(&cli, 2, argv, &at, options, err);
  if (status == ML_OK) status = cli__config_print(&cli, false, &out, err);
  if (status == ML_OK && out.failed) status = ml_error_memory(err);
  ml_buf_release(&out);
  if (options) cli__free_options(cli.command, options);
  cli__config_free(cli.config);
  free(cli.given);
  return status;
}

static ml_status write_folder(ml_error *err) {
  static const char *const names[] = {"about", NULL};
  static const ml_folder_kind kind = {names, "{", "a test"};
  char path[256];
  ml_folder *folder = NULL;
  snprintf(path, sizeof path, "%s/folder", temp_dir());
  ml_status status = ml_folder_open(path, &kind, &folder, err);
  if (status == ML_OK) status = ml_folder_add(folder, "about", "{}", 2, err);
  if (status == ML_OK) return ml_folder_commit(folder, err);
  ml_folder_abort(folder);
  return status;
}

static void configs(void **state) {
  (void)state;
  fail_each("json", read_config, 0);
#ifdef ML_HAS_FYAML
  is_yaml = true;
  fail_each("yaml", read_config, 0);
#endif
}

static void folders(void **state) {
  (void)state;
  fail_each("a folder", write_folder, 0);
  fail_each("a folder in place of another", write_folder, 0);
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(configs), cmocka_unit_test(folders)};
  return cmocka_run_group_tests_name("memory_config", tests, NULL, NULL);
}
