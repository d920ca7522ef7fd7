/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A command line as a file: what --print-config writes is read back to the same options, for every
 * option of every command that a file can run. */
#include "support.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <ml/cli/cli.h>

/* A call of mltool up to where the command would run. */
typedef struct call {
  cli_call cli;
  void *options;
} call;

static ml_status begin(call *c, const cli_command *command, char **argv, int argc, ml_error *err) {
  const cli_places at = {argc, argc};
  c->cli.command = command;
  c->options = calloc(1, command->options_size);
  c->cli.args = calloc((size_t)argc + 8, sizeof *c->cli.args);
  assert_true(c->options && c->cli.args);
  return cli__parse(&c->cli, argc, argv, &at, c->options, err);
}

static void end(call *c) {
  cli__free_options(c->cli.command, c->options);
  cli__config_free(c->cli.config);
  free(c->cli.args);
  free(c->cli.given);
  *c = (call){0};
}

static void begin_ok(call *c, const cli_command *command, char **argv, int argc) {
  ml_error err = {0};
  *c = (call){0};
  if (begin(c, command, argv, argc, &err) != ML_OK) fail_msg("%s: %s", command->name, err.message);
}

static const char *write_config(const call *c, bool is_of_folder, const char *name) {
  static char path[512];
  ml_buf text = {0};
  ml_error err = {0};
  snprintf(path, sizeof path, "%s/%s", temp_dir(), name);
  if (cli__config_print(&c->cli, is_of_folder, &text, &err) != ML_OK) fail_msg("%s", err.message);
  FILE *file = fopen(path, "w");
  assert_non_null(file);
  fwrite(text.data, 1, text.n, file);
  fclose(file);
  ml_buf_release(&text);
  return path;
}

/* The call that `mltool run PATH` makes. */
static void begin_file(call *c, const char *path) {
  char *argv[] = {(char[]){"mltool"}, NULL};
  ml_error err = {0};
  *c = (call){0};
  if (cli__config_read(path, &c->cli.config, &err) != ML_OK) fail_msg("%s", err.message);
  const cli_command *command = cli__config_command(c->cli.config, &err);
  if (!command) fail_msg("%s", err.message);
  if (begin(c, command, argv, 1, &err) != ML_OK) fail_msg("%s: %s", command->name, err.message);
}

/* ---- options that are the same -------------------------------------------------------------- */

static bool is_same_text(const char *a, const char *b) {
  return a == b || (a && b && strcmp(a, b) == 0);
}

static bool is_same_list(const cli_list *a, const cli_list *b) {
  if (a->n != b->n) return false;
  for (size_t i = 0; i < a->n; i++)
    if (a->items[i].opt != b->items[i].opt || strcmp(a->items[i].value, b->items[i].value) != 0)
      return false;
  return true;
}

static bool is_same_int(const cli_int *a, const cli_int *b) {
  return a->value == b->value && a->given == b->given;
}

static bool is_same_field(const cli_opt *opt, const char *a, const char *b) {
  static const size_t sizes[] = {[CLI_FLAG] = sizeof(bool),
                                 [CLI_REAL] = sizeof(double),
                                 [CLI_CHOICE] = sizeof(int),
                                 [CLI_CHAR] = 1,
                                 [CLI_SIZE] = sizeof(size_t)};
  if (opt->given && *(const bool *)(a + opt->given) != *(const bool *)(b + opt->given))
    return false;
  a += opt->offset;
  b += opt->offset;
  switch (opt->kind) {
    case CLI_TEXT:
      return is_same_text(*(const char *const *)a, *(const char *const *)b);
    case CLI_LIST:
      return is_same_list((const cli_list *)a, (const cli_list *)b);
    case CLI_INT:
    case CLI_WORKERS:
      return is_same_int((const cli_int *)a, (const cli_int *)b);
    default:
      return memcmp(a, b, sizes[opt->kind]) == 0;
  }
}

static void expect_same_call(const call *a, const call *b) {
  const cli_command *command = a->cli.command;
  assert_ptr_equal(command, b->cli.command);
  assert_int_equal(a->cli.n_args, b->cli.n_args);
  for (size_t i = 0; i < a->cli.n_args; i++) assert_string_equal(a->cli.args[i], b->cli.args[i]);
  for (const cli_group *g = command->groups; g->title; g++)
    for (const cli_opt *opt = g->opts; opt->name; opt++)
      if (!is_same_field(opt, (const char *)a->options + g->offset,
                         (const char *)b->options + g->offset))
        fail_msg("%s --%s is not the same", command->name, opt->name);
}

/* ---- a value for every option ---------------------------------------------------------------- */

enum { ROOM = 128, TURNS = 3 };

/* Values that a reader may spoil: the ends of ranges, quotes, what looks like something else.
 * @param turn  0, 1, ...: another one each time */
static void make_value(const cli_opt *opt, size_t turn, char value[ROOM]) {
  static const char *const texts[TURNS] = {"a \"b\"\\ \xC3\xA9,=\t#: x", "", "true"};
  static const char *const chars[TURNS] = {";", "tab", "\\t"};
  static const char *const sizes[TURNS] = {"800M", "2147483648", "3g"};
  static const char *const counts[TURNS] = {"auto", "-3", "007"};
  const double lo = opt->above_lo ? opt->lo + 1e-9 : opt->lo;
  const double hi = opt->below_hi ? opt->hi * 0.999 : opt->hi;
  switch (opt->kind) {
    case CLI_INT:
      snprintf(value, ROOM, "%.0f", turn == 0 ? opt->lo : turn == 1 ? opt->hi : opt->lo + 1);
      break;
    case CLI_REAL:
      snprintf(value, ROOM, "%.17g", turn == 0 ? lo : turn == 1 ? hi : lo + (hi - lo) / 3);
      break;
    case CLI_CHOICE: {
      const char *at = opt->choices;
      for (size_t i = 0; i < turn && strchr(at, '|'); i++) at = strchr(at, '|') + 1;
      snprintf(value, ROOM, "%.*s", (int)strcspn(at, "|"), at);
      break;
    }
    case CLI_CHAR:
      strcpy(value, chars[turn]);
      break;
    case CLI_SIZE:
      strcpy(value, sizes[turn]);
      break;
    case CLI_WORKERS:
      strcpy(value, counts[turn]);
      break;
    default:
      strcpy(value, texts[turn]);
  }
}

static int add_option(const cli_opt *opt, size_t turn, char (*room)[ROOM * 2], char **argv,
                      int argc) {
  char value[ROOM];
  make_value(opt, turn, value);
  if (!opt->placeholder || (opt->bare && turn == TURNS - 1))
    snprintf(room[argc], sizeof *room, "--%s", opt->name);
  else
    snprintf(room[argc], sizeof *room, "--%s=%s", opt->name, value);
  argv[argc] = room[argc];
  return argc + 1;
}

static void check_round(const cli_command *command, char **argv, int argc) {
  call given, from_json, from_yaml;
  begin_ok(&given, command, argv, argc);
  begin_file(&from_json, write_config(&given, false, "config.json"));
  expect_same_call(&given, &from_json);
#ifdef ML_HAS_FYAML
  begin_file(&from_yaml, write_config(&from_json, false, "config.yaml"));
  expect_same_call(&given, &from_yaml);
  end(&from_yaml);
#else
  (void)from_yaml;
#endif
  end(&from_json);
  end(&given);
}

static bool is_taken(const cli_opt *opt, const cli_opt *alone) {
  return !opt->is_answer && (!alone || opt == alone);
}

/* @param alone  NULL: all options at once */
static void check_options(const cli_command *command, const cli_opt *alone, size_t turn) {
  enum { MAX = 256 };
  char(*room)[ROOM * 2] = calloc(MAX, sizeof *room), *argv[MAX] = {(char[]){"mltool"}};
  int argc = 1;
  assert_non_null(room);
  for (const cli_group *g = command->groups; g->title; g++)
    for (const cli_opt *opt = g->opts; opt->name; opt++) {
      if (!is_taken(opt, alone)) continue;
      assert_true(argc + 4 < MAX);
      argc = add_option(opt, turn, room, argv, argc);
      if (opt->kind == CLI_LIST) argc = add_option(opt, (turn + 1) % TURNS, room, argv, argc);
    }
  for (size_t i = 0; command->operands[i] && turn > 0; i++) {
    snprintf(room[argc], sizeof *room, i ? "-" : "a \"file\".csv");
    argv[argc] = room[argc];
    argc++;
  }
  check_round(command, argv, argc);
  free(room);
}

static void every_option_comes_back(void **state) {
  (void)state;
  size_t n_commands = 0, n_options = 0;
  for (size_t i = 0; cli__commands[i]; i++) {
    const cli_command *command = cli__commands[i];
    if (!command->operands) continue;
    n_commands++;
    for (size_t turn = 0; turn < TURNS; turn++) {
      for (const cli_group *g = command->groups; g->title; g++)
        for (const cli_opt *opt = g->opts; opt->name; opt++, n_options++)
          if (!opt->is_answer) check_options(command, opt, turn);
      check_options(command, NULL, turn);
    }
  }
  assert_true(n_commands >= 8);
  assert_true(n_options > 600);
}

/* ---- the tables ------------------------------------------------------------------------------ */

static void no_key_means_two_things(void **state) {
  (void)state;
  for (size_t i = 0; cli__commands[i]; i++) {
    const cli_command *command = cli__commands[i];
    size_t n_operands = 0;
    assert_ptr_equal(cli__find_command(command->name, NULL), command); /* listed once */
    for (size_t k = 0; k < i; k++) assert_ptr_not_equal(cli__commands[k], command);
    if (!command->operands) continue;
    for (; command->operands[n_operands]; n_operands++) {
    }
    assert_int_equal(n_operands, command->max_args == CLI_MANY ? 1 : command->max_args);
    for (const cli_group *g = command->groups; g->title; g++)
      for (const cli_opt *opt = g->opts; opt->name; opt++) {
        assert_string_not_equal(opt->name, "schema");
        assert_string_not_equal(opt->name, "command");
        for (size_t k = 0; k < n_operands; k++)
          assert_string_not_equal(opt->name, command->operands[k]);
      }
  }
}

/* The option itself is there where a file can run a command, and nowhere else. */
static void commands_of_files_print_them(void **state) {
  (void)state;
  for (size_t i = 0; cli__commands[i]; i++) {
    bool prints = false;
    for (const cli_group *g = cli__commands[i]->groups; g->title; g++)
      prints |= g->opts == cli__config_opts;
    assert_int_equal(prints, cli__commands[i]->operands != NULL);
  }
}

/* ---- what takes the place of what -------------------------------------------------------------
 */

static const cli_command *find(const char *name) {
  const cli_command *command = cli__find_command(name, NULL);
  assert_non_null(command);
  return command;
}

static void expect_printed(const call *c, bool is_of_folder, const char *want) {
  ml_buf text = {0};
  assert_int_equal(cli__config_print(&c->cli, is_of_folder, &text, NULL), ML_OK);
  ml_buf_put(&text, "", 1);
  assert_string_equal(text.data, want);
  ml_buf_release(&text);
}

static void the_last_one_counts(void **state) {
  (void)state;
  call c;
  char *argv[] = {(char[]){"mltool"},          (char[]){"--no-progress"}, (char[]){"--seed=1"},
                  (char[]){"--progress=auto"}, (char[]){"--seed=2"},      (char[]){"x"}};
  begin_ok(&c, find("xval"), argv, 6);
  expect_printed(&c, false,
                 "{\n  \"schema\": 1,\n  \"command\": \"xval\",\n  \"input\": \"x\",\n"
                 "  \"seed\": 2,\n  \"progress\": \"auto\"\n}\n");
  end(&c);
}

/* How it is run is no part of what it was. */
static void a_folder_tells_nothing_of_the_manner(void **state) {
  (void)state;
  call c;
  char *argv[] = {(char[]){"mltool"}, (char[]){"--workers=2"}, (char[]){"--port=0"},
                  (char[]){"-v"},     (char[]){"--set=a=1"},   (char[]){"--set=b=2"}};
  begin_ok(&c, find("xval"), argv, 6);
  expect_printed(
      &c, true,
      "{\n  \"schema\": 1,\n  \"command\": \"xval\",\n  \"set\": [\"a=1\", \"b=2\"]\n}\n");
  end(&c);
}

/* Bytes that are no text cannot be written, and are not written as others. */
static void what_is_not_utf8_is_refused(void **state) {
  (void)state;
  call c;
  ml_buf text = {0};
  ml_error err = {0};
  char *argv[] = {(char[]){"mltool"}, (char[]){"--target=\xFF"}};
  begin_ok(&c, find("xval"), argv, 2);
  assert_int_equal(cli__config_print(&c.cli, false, &text, &err), ML_ERR_USAGE);
  assert_string_equal(err.message, "what is given for 'target' is not UTF-8: no file can say it");
  ml_buf_release(&text);
  end(&c);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(every_option_comes_back),
      cmocka_unit_test(no_key_means_two_things),
      cmocka_unit_test(commands_of_files_print_them),
      cmocka_unit_test(the_last_one_counts),
      cmocka_unit_test(a_folder_tells_nothing_of_the_manner),
      cmocka_unit_test(what_is_not_utf8_is_refused),
  };
  return cmocka_run_group_tests_name("config", tests, NULL, NULL);
}
