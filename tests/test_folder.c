/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Folders appear complete or not at all, and only those of their kind are replaced. */
#include "support.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

static const char *const names[] = {"about", "one", "two", NULL};
static const ml_folder_kind kind = {names, "{\"mark\"", "a test"};

static const char *in_dir(const char *name) {
  static char paths[4][512];
  static int turn;
  turn = (turn + 1) % 4;
  snprintf(paths[turn], sizeof paths[turn], "%s/%s", temp_dir(), name);
  return paths[turn];
}

static size_t n_entries(const char *path) {
  size_t n = 0;
  DIR *dir = opendir(path);
  assert_non_null(dir);
  for (struct dirent *entry; (entry = readdir(dir));)
    n += strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0;
  closedir(dir);
  return n;
}

static void expect_content(const char *path, const char *want) {
  size_t n;
  char *got = read_file(path, &n);
  assert_string_equal(got, want);
  free(got);
}

static void make_file(const char *path, const char *text) {
  FILE *file = fopen(path, "w");
  assert_non_null(file);
  fputs(text, file);
  fclose(file);
}

static ml_folder *open_ok(const char *path) {
  ml_folder *folder = NULL;
  ml_error err = {0};
  if (ml_folder_open(path, &kind, &folder, &err) != ML_OK) fail_msg("%s: %s", path, err.message);
  return folder;
}

static void add(ml_folder *folder, const char *name, const char *text) {
  assert_int_equal(ml_folder_add(folder, name, text, strlen(text), NULL), ML_OK);
}

static void make_folder(const char *path, const char *one) {
  ml_folder *folder = open_ok(path);
  add(folder, "about", "{\"mark\": 1}");
  add(folder, "one", one);
  assert_int_equal(ml_folder_commit(folder, NULL), ML_OK);
}

static void expect_refused(const char *path, const char *message) {
  ml_folder *folder = (ml_folder *)1;
  ml_error err = {0};
  assert_int_equal(ml_folder_open(path, &kind, &folder, &err), ML_ERR_IO);
  assert_ptr_equal(folder, (ml_folder *)1);
  assert_string_equal(err.message, message);
}

static void a_folder_appears_at_the_commit(void **state) {
  (void)state;
  const char *path = in_dir("new");
  size_t n_before = n_entries(temp_dir());
  ml_folder *folder = open_ok(path);
  add(folder, "about", "{\"mark\": 1}");
  add(folder, "one", "1");
  assert_int_equal(access(path, F_OK), -1);
  assert_int_equal(n_entries(temp_dir()), n_before + 1); /* the temporary one lies beside it */
  assert_int_equal(ml_folder_commit(folder, NULL), ML_OK);
  assert_int_equal(n_entries(temp_dir()), n_before + 1);
  assert_int_equal(n_entries(path), 2);
  expect_content(in_dir("new/one"), "1");
}

static void an_old_one_is_replaced_with_all_its_files(void **state) {
  (void)state;
  const char *path = in_dir("twice");
  ml_folder *folder = open_ok(path);
  add(folder, "about", "{\"mark\": 1}");
  add(folder, "two", "2");
  assert_int_equal(ml_folder_commit(folder, NULL), ML_OK);
  size_t n_before = n_entries(temp_dir());
  assert_int_equal(chmod(path, 0700), 0);
  make_folder(in_dir("twice///"), "new");
  expect_content(in_dir("twice/one"), "new");
  assert_int_equal(n_entries(path), 2);
  assert_int_equal(n_entries(temp_dir()), n_before);
  struct stat st;
  assert_int_equal(stat(path, &st), 0);
  assert_int_equal(st.st_mode & 0777, 0700);
}

static void one_that_is_given_up_leaves_nothing(void **state) {
  (void)state;
  make_folder(in_dir("kept"), "old");
  size_t n_before = n_entries(temp_dir());
  int lowest = dup(STDOUT_FILENO);
  close(lowest);
  ml_folder *folder = open_ok(in_dir("kept"));
  add(folder, "one", "new");
  ml_folder_abort(folder);
  ml_folder_abort(NULL);
  int now_lowest = dup(STDOUT_FILENO);
  close(now_lowest);
  assert_int_equal(lowest, now_lowest);
  expect_content(in_dir("kept/one"), "old");
  assert_int_equal(n_entries(temp_dir()), n_before);
}

static void other_folders_are_refused(void **state) {
  (void)state;
  make_folder(in_dir("mine"), "1");
  make_file(in_dir("mine/notes.txt"), "mine");
  expect_refused(in_dir("mine"),
                 "cannot replace it by the folder of a test: it has another file, \"notes.txt\"");
  expect_content(in_dir("mine/notes.txt"), "mine");
  assert_int_equal(mkdir(in_dir("other"), 0777), 0);
  make_file(in_dir("other/one"), "1");
  expect_refused(in_dir("other"),
                 "cannot replace it by the folder of a test: it has no file \"about\"");
  make_file(in_dir("other/about"), "{\"marks\": 1}");
  expect_refused(in_dir("other"),
                 "cannot replace it by the folder of a test: no run has written its \"about\"");
  make_file(in_dir("file"), "");
  expect_refused(in_dir("file"), "cannot replace it by the folder of a test: it is a file");
  expect_refused(in_dir("none/here"), "cannot write: its folder does not exist");
  expect_refused(in_dir("."), "cannot write: the folder of a test has a name of its own");
  expect_refused(in_dir(".."), "cannot write: the folder of a test has a name of its own");
  expect_refused("/", "cannot write: the folder of a test has a name of its own");
  expect_refused("", "cannot write: the name of the folder is empty");
}

/* Between the beginning and the commit. */
static void one_that_became_another_is_refused(void **state) {
  (void)state;
  make_folder(in_dir("busy"), "old");
  ml_folder *folder = open_ok(in_dir("busy"));
  add(folder, "about", "{\"mark\": 1}");
  make_file(in_dir("busy/notes.txt"), "mine");
  assert_int_equal(ml_folder_commit(folder, NULL), ML_ERR_IO);
  expect_content(in_dir("busy/notes.txt"), "mine");
  expect_content(in_dir("busy/one"), "old");
}

static void empty_folders_are_taken(void **state) {
  (void)state;
  assert_int_equal(mkdir(in_dir("empty"), 0777), 0);
  make_folder(in_dir("empty"), "1");
  expect_content(in_dir("empty/one"), "1");
}

static void links_are_followed(void **state) {
  (void)state;
  struct stat st;
  make_folder(in_dir("real"), "old");
  assert_int_equal(symlink("real", in_dir("link")), 0);
  make_folder(in_dir("link"), "new");
  expect_content(in_dir("real/one"), "new");
  assert_int_equal(lstat(in_dir("link"), &st), 0);
  assert_true(S_ISLNK(st.st_mode));
}

static void a_name_without_a_folder_is_in_the_current_one(void **state) {
  (void)state;
  char *here = getcwd(NULL, 0);
  assert_int_equal(chdir(temp_dir()), 0);
  make_folder("plain", "1");
  assert_int_equal(chdir(here), 0);
  free(here);
  expect_content(in_dir("plain/one"), "1");
}

/* What a killed process has left goes; what another one writes, and what has other files, stays. */
static void what_was_left_is_removed(void **state) {
  (void)state;
  assert_int_equal(mkdir(in_dir(".left.mltool-abcdef"), 0777), 0);
  make_file(in_dir(".left.mltool-abcdef/one"), "part");
  assert_int_equal(mkdir(in_dir(".left.mltool-aaaaaa"), 0777), 0);
  make_file(in_dir(".left.mltool-aaaaaa/mine"), "mine");
  assert_int_equal(mkdir(in_dir(".left.mltool-ABCDEF"), 0777), 0);
  make_file(in_dir(".left.mltool-bbbbbb"), "of a file");
  ml_folder *alive = open_ok(in_dir("left"));
  size_t n_before = n_entries(temp_dir());
  assert_int_equal(access(in_dir(".left.mltool-abcdef"), F_OK), -1);
  make_folder(in_dir("left"), "second");
  assert_int_equal(n_entries(temp_dir()), n_before + 1);
  add(alive, "about", "{\"mark\": 1}");
  add(alive, "one", "first");
  assert_int_equal(ml_folder_commit(alive, NULL), ML_OK);
  expect_content(in_dir("left/one"), "first");
  assert_int_equal(access(in_dir(".left.mltool-aaaaaa/mine"), F_OK), 0);
  assert_int_equal(access(in_dir(".left.mltool-ABCDEF"), F_OK), 0);
  assert_int_equal(access(in_dir(".left.mltool-bbbbbb"), F_OK), 0);
}

static void what_was_left_of_a_file_is_removed(void **state) {
  (void)state;
  ml_output *alive = NULL;
  make_file(in_dir(".m.json.mltool-abcdef"), "part");
  make_file(in_dir(".m.json.backup"), "mine");
  make_file(in_dir(".x.json.mltool-abcdef"), "of another");
  assert_int_equal(ml_output_open(in_dir("m.json"), &alive, NULL), ML_OK);
  ml_output_sweep(in_dir("m.json"));
  ml_output_sweep("-");
  ml_output_sweep(in_dir("none/at/all"));
  assert_int_equal(access(in_dir(".m.json.mltool-abcdef"), F_OK), -1);
  assert_int_equal(access(in_dir(".m.json.backup"), F_OK), 0);
  assert_int_equal(access(in_dir(".x.json.mltool-abcdef"), F_OK), 0);
  assert_int_equal(ml_output_write(alive, "1", 1, NULL), ML_OK);
  assert_int_equal(ml_output_commit(alive, NULL), ML_OK);
  expect_content(in_dir("m.json"), "1");
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_folder_appears_at_the_commit),
      cmocka_unit_test(an_old_one_is_replaced_with_all_its_files),
      cmocka_unit_test(one_that_is_given_up_leaves_nothing),
      cmocka_unit_test(other_folders_are_refused),
      cmocka_unit_test(one_that_became_another_is_refused),
      cmocka_unit_test(empty_folders_are_taken),
      cmocka_unit_test(links_are_followed),
      cmocka_unit_test(a_name_without_a_folder_is_in_the_current_one),
      cmocka_unit_test(what_was_left_is_removed),
      cmocka_unit_test(what_was_left_of_a_file_is_removed),
  };
  return cmocka_run_group_tests_name("folder", tests, NULL, NULL);
}
