/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Output files are complete or absent, whatever goes wrong. */
#include "support.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

/* A path in the temporary folder; two of them may be in use at a time. */
static const char *in_dir(const char *name) {
  static char paths[2][512];
  static int turn;
  turn = !turn;
  snprintf(paths[turn], sizeof paths[turn], "%s/%s", temp_dir(), name);
  return paths[turn];
}

static size_t n_entries(void) {
  size_t n = 0;
  DIR *dir = opendir(temp_dir());
  assert_non_null(dir);
  for (struct dirent *entry; (entry = readdir(dir));)
    n += strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0;
  closedir(dir);
  return n;
}

static bool exists(const char *path) {
  struct stat st;
  return lstat(path, &st) == 0;
}

static void expect_content(const char *path, const char *want) {
  size_t n;
  char *got = read_file(path, &n);
  assert_string_equal(got, want);
  assert_int_equal(n, strlen(want));
  free(got);
}

static ml_output *open_ok(const char *path) {
  ml_output *out = NULL;
  ml_error err = {0};
  if (ml_output_open(path, &out, &err) != ML_OK) fail_msg("%s: %s", path, err.message);
  return out;
}

static void write_file(const char *path, const char *text) {
  ml_output *out = open_ok(path);
  assert_int_equal(ml_output_write(out, text, strlen(text), NULL), ML_OK);
  assert_int_equal(ml_output_commit(out, NULL), ML_OK);
}

static void expect_refused(const char *path, const char *message) {
  ml_output *out = (ml_output *)1;
  ml_error err = {0};
  assert_int_equal(ml_output_open(path, &out, &err), ML_ERR_IO);
  assert_ptr_equal(out, (ml_output *)1);
  assert_string_equal(err.message, message);
}

static void a_file_appears_at_the_commit(void **state) {
  (void)state;
  size_t n_before = n_entries();
  const char *path = in_dir("new.csv");
  ml_output *out = open_ok(path);
  assert_int_equal(ml_output_write(out, "a,b\n", 4, NULL), ML_OK);
  assert_int_equal(ml_output_write(out, NULL, 0, NULL), ML_OK);
  assert_false(exists(path));
  assert_int_equal(n_entries(), n_before + 1); /* the temporary file lies beside it */
  assert_int_equal(ml_output_commit(out, NULL), ML_OK);
  expect_content(path, "a,b\n");
  assert_int_equal(n_entries(), n_before + 1);
}

static void a_path_without_a_folder_is_in_the_current_one(void **state) {
  (void)state;
  char *here = getcwd(NULL, 0);
  assert_int_equal(chdir(temp_dir()), 0);
  write_file("plain.csv", "x");
  assert_int_equal(chdir(here), 0);
  free(here);
  expect_content(in_dir("plain.csv"), "x");
}

static void an_aborted_file_leaves_nothing(void **state) {
  (void)state;
  write_file(in_dir("kept.csv"), "old");
  size_t n_before = n_entries();
  int lowest = dup(STDOUT_FILENO);
  close(lowest);
  ml_output *out = open_ok(in_dir("kept.csv"));
  assert_int_equal(ml_output_write(out, "new", 3, NULL), ML_OK);
  ml_output_abort(out);
  ml_output_abort(NULL);
  int now_lowest = dup(STDOUT_FILENO);
  close(now_lowest);
  assert_int_equal(lowest, now_lowest); /* no descriptor either */
  expect_content(in_dir("kept.csv"), "old");
  assert_int_equal(n_entries(), n_before);
}

static mode_t mode_of(const char *path) {
  struct stat st;
  assert_int_equal(stat(path, &st), 0);
  return st.st_mode & 07777;
}

static void modes(void **state) {
  (void)state;
  mode_t old = umask(027);
  write_file(in_dir("mode.csv"), "1");
  assert_int_equal(mode_of(in_dir("mode.csv")), 0640);
  chmod(in_dir("mode.csv"), 0606);
  write_file(in_dir("mode.csv"), "22");
  assert_int_equal(mode_of(in_dir("mode.csv")), 0606);
  umask(old);
  expect_content(in_dir("mode.csv"), "22");
}

static void a_link_stays_a_link(void **state) {
  (void)state;
  struct stat st;
  mkdir(in_dir("deep"), 0777);
  write_file(in_dir("deep/target.csv"), "old");
  assert_int_equal(symlink("deep/target.csv", in_dir("link.csv")), 0);
  assert_int_equal(symlink("link.csv", in_dir("link2.csv")), 0);
  write_file(in_dir("link2.csv"), "new");
  expect_content(in_dir("deep/target.csv"), "new");
  assert_int_equal(lstat(in_dir("link2.csv"), &st), 0);
  assert_true(S_ISLNK(st.st_mode));

  assert_int_equal(symlink(in_dir("deep/later.csv"), in_dir("dangling.csv")), 0);
  write_file(in_dir("dangling.csv"), "made");
  expect_content(in_dir("deep/later.csv"), "made");

  assert_int_equal(symlink("round.csv", in_dir("round.csv")), 0);
  expect_refused(in_dir("round.csv"), "cannot write: Too many levels of symbolic links");
}

static void what_cannot_be_written_says_why(void **state) {
  (void)state;
  char name[400];
  size_t n_before = n_entries();
  expect_refused(in_dir("none/x.csv"), "cannot write: its folder does not exist");
  expect_refused(temp_dir(), "cannot write: it is a folder");
  expect_refused(in_dir("none/"), "cannot write: it is a folder");
  expect_refused("", "cannot write: the name of the file is empty");
  write_file(in_dir("file"), "");
  expect_refused(in_dir("file/x.csv"), "cannot write: its folder is a file");
  memset(name, 'n', sizeof name - 1);
  name[sizeof name - 1] = 0;
  expect_refused(in_dir(name), "cannot write: File name too long");
  name[255] = 0; /* the longest that there may be */
  write_file(in_dir(name), "long");
  assert_int_equal(n_entries(), n_before + 2);

  ml_error err = {0};
  ml_output *out;
  assert_int_equal(ml_output_open("/nowhere/x.csv", &out, &err), ML_ERR_IO);
  assert_string_equal(err.source, "/nowhere/x.csv");
}

static void permission_is_respected(void **state) {
  (void)state;
  bool root = geteuid() == 0;
  mkdir(in_dir("locked"), 0777);
  write_file(in_dir("locked/mine.csv"), "old");
  chmod(in_dir("locked/mine.csv"), 0444);
  chmod(temp_dir(), 0755);
  chmod(in_dir("locked"), root ? 0755 : 0555);
  if (root) assert_int_equal(seteuid(65534), 0);
  expect_refused(in_dir("locked/x.csv"), "cannot write: Permission denied");
  if (root) assert_int_equal(seteuid(0), 0);
  chmod(in_dir("locked"), 0777); /* a rename could replace the file now */
  if (root) assert_int_equal(seteuid(65534), 0);
  expect_refused(in_dir("locked/mine.csv"), "cannot write: Permission denied");
  if (root) assert_int_equal(seteuid(0), 0);
}

static void a_full_device_is_an_error(void **state) {
  (void)state;
  struct stat st;
  ml_error err = {0};
  ml_output *out = open_ok(full_device());
  assert_int_equal(ml_output_write(out, "x", 1, &err), ML_OK);
  assert_int_equal(ml_output_commit(out, &err), ML_ERR_IO);
  assert_string_equal(err.source, full_device());
  assert_string_equal(err.message, "cannot write: No space left on device");
  assert_int_equal(stat(full_device(), &st), 0);
  assert_true(S_ISCHR(st.st_mode));

  char *much = calloc(1, 1 << 20);
  out = open_ok(full_device());
  assert_int_equal(ml_output_write(out, much, 1 << 20, NULL), ML_ERR_IO);
  assert_int_equal(ml_output_write(out, "x", 1, NULL), ML_ERR_IO); /* and stays one */
  ml_output_abort(out);
  free(much);
}

/* A limit on the size of files stands in for a disk that is full. */
static void a_write_that_fails_half_way_leaves_the_old_file(void **state) {
  (void)state;
  struct rlimit old, tight;
  write_file(in_dir("half.csv"), "old");
  size_t n_before = n_entries();
  signal(SIGXFSZ, SIG_IGN);
  getrlimit(RLIMIT_FSIZE, &old);
  tight = (struct rlimit){300000, old.rlim_max};
  char *much = calloc(1, 1 << 20);
  ml_error err = {0};
  for (int compress = 0; compress < 2; compress++) {
    uint64_t seed = 1;
    for (size_t i = 0; i < 1 << 20; i++) much[i] = (char)next_random(&seed);
    ml_output *out = open_ok(in_dir(compress ? "half.csv.gz" : "half.csv"));
    setrlimit(RLIMIT_FSIZE, &tight);
    ml_status wrote = ml_output_write(out, much, 1 << 20, NULL);
    ml_status committed = ml_output_commit(out, &err); /* must not rename what is incomplete */
    setrlimit(RLIMIT_FSIZE, &old);
    assert_int_equal(wrote, ML_ERR_IO);
    assert_int_equal(committed, ML_ERR_IO);
    assert_string_equal(err.message, "cannot write: File too large");
  }
  free(much);
  expect_content(in_dir("half.csv"), "old");
  assert_int_equal(n_entries(), n_before);
}

/* Standard output as another descriptor; returns the real one, for restore_stdout(). */
static int replace_stdout(int fd) {
  fflush(stdout);
  int saved = dup(STDOUT_FILENO);
  assert_int_equal(dup2(fd, STDOUT_FILENO), STDOUT_FILENO);
  return saved;
}

static void restore_stdout(int saved) {
  dup2(saved, STDOUT_FILENO);
  close(saved);
}

static void a_closed_pipe_is_told_apart(void **state) {
  (void)state;
  int ends[2];
  ml_error err = {0};
  signal(SIGPIPE, SIG_IGN); /* as mltool does */
  assert_int_equal(pipe(ends), 0);
  close(ends[0]);
  int saved = replace_stdout(ends[1]);
  close(ends[1]);
  ml_output *out = NULL;
  ml_status opened = ml_output_open("-", &out, NULL);
  ml_status wrote = ml_output_write(out, "x", 1, NULL);
  ml_status committed = ml_output_commit(out, &err);
  restore_stdout(saved);
  assert_int_equal(opened, ML_OK);
  assert_int_equal(wrote, ML_OK);
  assert_int_equal(committed, ML_ERR_CLOSED);
}

static void no_standard_output_is_an_error(void **state) {
  (void)state;
  ml_error err = {0};
  ml_output *out = NULL;
  fflush(stdout);
  int saved = dup(STDOUT_FILENO);
  close(STDOUT_FILENO);
  ml_status status = ml_output_open("-", &out, &err);
  restore_stdout(saved);
  assert_int_equal(status, ML_ERR_IO);
  assert_string_equal(err.source, "standard output");
}

enum { MUCH = 1 << 20 };

/* Reads late and slowly, so that a non-blocking writer finds the pipe full. */
static void *read_slowly(void *fd) {
  static char bytes[MUCH];
  size_t n = 0;
  ssize_t got;
  usleep(20000);
  while ((got = read(*(int *)fd, bytes + n, sizeof bytes - n)) > 0) n += (size_t)got;
  for (size_t i = 0; i < n; i++)
    if (bytes[i] != (char)i) return NULL;
  return n == MUCH ? bytes : NULL;
}

static void a_slow_reader_gets_everything(void **state) {
  (void)state;
  int ends[2];
  pthread_t reader;
  assert_int_equal(pipe2(ends, O_NONBLOCK), 0);
  fcntl(ends[0], F_SETFL, 0);
  char *bytes = malloc(MUCH);
  for (size_t i = 0; i < MUCH; i++) bytes[i] = (char)i;
  assert_int_equal(pthread_create(&reader, NULL, read_slowly, &ends[0]), 0);
  int saved = replace_stdout(ends[1]);
  close(ends[1]);
  ml_output *out = NULL;
  ml_status status = ml_output_open("-", &out, NULL);
  for (size_t at = 0; at < MUCH && status == ML_OK; at += MUCH / 16)
    status = ml_output_write(out, bytes + at, MUCH / 16, NULL);
  ml_status committed = ml_output_commit(out, NULL);
  restore_stdout(saved);
  void *read = NULL;
  pthread_join(reader, &read);
  close(ends[0]);
  free(bytes);
  assert_int_equal(status, ML_OK);
  assert_int_equal(committed, ML_OK);
  assert_non_null(read);
}

/* Pieces of all sizes around the buffer, against the bytes in memory. */
static void pieces_come_out_in_order(void **state) {
  (void)state;
  enum { N = 1500000 };
  static unsigned char bytes[N];
  uint64_t seed = 7;
  for (size_t i = 0; i < N; i++) bytes[i] = (unsigned char)(next_random(&seed) % 11);
  static const char *names[] = {"small.bin", "pieces.bin", "pieces.bin.gz", "again.bin.gz"};
  static const size_t largest[] = {10, 300000, 300000, 1000};
  for (size_t k = 0; k < 4; k++) {
    ml_output *out = open_ok(in_dir(names[k]));
    for (size_t at = 0, n; at < N; at += n) {
      n = next_random(&seed) % largest[k];
      if (n > N - at) n = N - at;
      assert_int_equal(ml_output_write(out, bytes + at, n, NULL), ML_OK);
    }
    assert_int_equal(ml_output_commit(out, NULL), ML_OK);
  }
  size_t n, n_again;
  char *plain = NULL;
  for (size_t k = 0; k < 2; k++) {
    free(plain);
    plain = read_file(in_dir(names[k]), &n);
    assert_int_equal(n, N);
    assert_memory_equal(plain, bytes, N);
  }

  gzFile gz = gzopen(in_dir("pieces.bin.gz"), "rb");
  assert_int_equal(gzread(gz, plain, N), N);
  assert_memory_equal(plain, bytes, N);
  assert_int_equal(gzread(gz, plain, 1), 0);
  assert_int_equal(gzclose(gz), Z_OK);
  free(plain);

  char *zipped = read_file(in_dir("pieces.bin.gz"), &n);
  char *again = read_file(in_dir("again.bin.gz"), &n_again);
  assert_memory_equal(zipped + 4, "\0\0\0\0", 4); /* no time */
  assert_true(n < N * 3 / 4);
  assert_int_equal(n, n_again);
  assert_memory_equal(zipped, again, n);
  free(zipped);
  free(again);
}

static void an_empty_gz_is_a_gz(void **state) {
  (void)state;
  char byte;
  write_file(in_dir("empty.gz"), "");
  gzFile gz = gzopen(in_dir("empty.gz"), "rb");
  assert_int_equal(gzread(gz, &byte, 1), 0);
  assert_false(gzdirect(gz));
  gzclose(gz);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_file_appears_at_the_commit),
      cmocka_unit_test(a_path_without_a_folder_is_in_the_current_one),
      cmocka_unit_test(an_aborted_file_leaves_nothing),
      cmocka_unit_test(modes),
      cmocka_unit_test(a_link_stays_a_link),
      cmocka_unit_test(what_cannot_be_written_says_why),
      cmocka_unit_test(permission_is_respected),
      cmocka_unit_test(a_full_device_is_an_error),
      cmocka_unit_test(a_write_that_fails_half_way_leaves_the_old_file),
      cmocka_unit_test(a_closed_pipe_is_told_apart),
      cmocka_unit_test(no_standard_output_is_an_error),
      cmocka_unit_test(a_slow_reader_gets_everything),
      cmocka_unit_test(pieces_come_out_in_order),
      cmocka_unit_test(an_empty_gz_is_a_gz),
  };
  return cmocka_run_group_tests_name("output", tests, NULL, NULL);
}
