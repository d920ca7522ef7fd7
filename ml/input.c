/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Bytes to be read: a file, standard input or memory, unpacked if they are compressed. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>
#include <zstd.h>

#define XXH_INLINE_ALL
#include <xxhash.h>

#include <ml/input_internal.h>

#define INPUT_SIZE ((size_t)256 << 10)

typedef ml_status unpack(ml_input *, char *to, size_t size, size_t *n, ml_error *err);

struct ml_input {
  const input_maker *maker; /* of what is no file; NULL, and nothing else is used */
  void *made;               /* its ctx */
  const char *name;         /* borrowed */
  const ml_watch *watch;
  int fd; /* -1: memory */
  bool owns_fd;
  double expected;       /* bytes in the file when it was opened; 0 when nobody knows */
  double n_read;         /* bytes taken from fd or memory so far */
  input__reader *reader; /* in place of fd and memory; may be NULL */
  void *reader_ctx;
  XXH3_state_t *digest; /* of what was read; NULL: the bytes are made */
  uint64_t n_digested;
  const char *bytes; /* memory */
  size_t n_bytes;
  char *input; /* what was read ahead, packed or not */
  size_t input_at, input_n;
  unpack *unpack;
  bool mid_stream; /* a compressed stream is open: the input must not end here */
  z_stream gzip;
  bool gzip_on;
  ZSTD_DStream *zstd;
};

static ml_status fail(const ml_input *s, ml_status status, ml_error *err, const char *what) {
  return ml_error_at(err, status, s->name, 0, 0, "%s", what);
}

static ml_status read_file(ml_input *s, char *to, size_t size, size_t *n, ml_error *err) {
  ssize_t got;
  while ((got = read(s->fd, to, size)) < 0) {
    if (errno != EINTR)
      return ml_error_at(err, ML_ERR_IO, s->name, 0, 0, "cannot read: %s", strerror(errno));
    if (ml_watch_cancelled(s->watch)) return fail(s, ML_ERR_CANCELLED, err, "interrupted");
  }
  *n = (size_t)got;
  s->n_read += (double)*n;
  if (*n == 0 && s->n_read < s->expected)
    return fail(s, ML_ERR_IO, err, "the file was cut short while it was read");
  ml_watch_progress(s->watch, "read", s->n_read, s->expected);
  return ML_OK;
}

static ml_status read_memory(ml_input *s, char *to, size_t size, size_t *n) {
  *n = size < s->n_bytes ? size : s->n_bytes;
  if (*n > 0) memcpy(to, s->bytes, *n);
  s->bytes += *n;
  s->n_bytes -= *n;
  s->n_read += (double)*n;
  ml_watch_progress(s->watch, "read", s->n_read, s->expected);
  return ML_OK;
}

static ml_status read_raw(ml_input *s, char *to, size_t size, size_t *n, ml_error *err) {
  ml_status status = s->reader   ? s->reader(s->reader_ctx, to, size, n, err)
                     : s->fd < 0 ? read_memory(s, to, size, n)
                                 : read_file(s, to, size, n, err);
  if (status != ML_OK) return status;
  XXH3_128bits_update(s->digest, to, *n);
  s->n_digested += *n;
  return ML_OK;
}

/* Read ahead until there are `least` bytes or the input ends. */
static ml_status read_ahead(ml_input *s, size_t least, ml_error *err) {
  if (s->input_at > 0) {
    memmove(s->input, s->input + s->input_at, s->input_n - s->input_at);
    s->input_n -= s->input_at;
    s->input_at = 0;
  }
  while (s->input_n < least) {
    size_t got;
    ml_status status = read_raw(s, s->input + s->input_n, INPUT_SIZE - s->input_n, &got, err);
    if (status != ML_OK) return status;
    if (got == 0) break;
    s->input_n += got;
  }
  return ML_OK;
}

static ml_status unpack_plain(ml_input *s, char *to, size_t size, size_t *n, ml_error *err) {
  size_t ahead = s->input_n - s->input_at;
  if (ahead == 0) return read_raw(s, to, size, n, err);
  *n = size < ahead ? size : ahead;
  memcpy(to, s->input + s->input_at, *n);
  s->input_at += *n;
  return ML_OK;
}

/* Between two members of a gzip file. Zero bytes may follow the last one (tapes pad with them). */
static ml_status next_gzip_member(ml_input *s, ml_error *err) {
  s->mid_stream = false;
  for (;;) {
    ml_status status = read_ahead(s, 2, err);
    if (status != ML_OK || s->input_n == 0) return status;
    if (s->input[0]) break;
    s->input_at = 1;
  }
  if (s->input_n < 2 || memcmp(s->input, "\x1f\x8b", 2) != 0)
    return fail(s, ML_ERR_PARSE, err, "other bytes follow the gzip data");
  inflateReset(&s->gzip);
  s->mid_stream = true;
  return ML_OK;
}

static ml_status unpack_gzip(ml_input *s, char *to, size_t size, size_t *n, ml_error *err) {
  *n = 0;
  while (*n == 0 && s->mid_stream) {
    ml_status status = read_ahead(s, 1, err);
    if (status != ML_OK) return status;
    if (s->input_n == 0) return fail(s, ML_ERR_PARSE, err, "the gzip data ends too early");
    s->gzip.next_in = (unsigned char *)s->input;
    s->gzip.avail_in = (unsigned)s->input_n;
    s->gzip.next_out = (unsigned char *)to;
    s->gzip.avail_out = (unsigned)(size < 1U << 30 ? size : 1U << 30);
    int result = inflate(&s->gzip, Z_NO_FLUSH);
    *n = (size_t)((char *)s->gzip.next_out - to);
    s->input_at = s->input_n - s->gzip.avail_in;
    if (result == Z_MEM_ERROR) return ml_error_memory(err);
    if (result != Z_OK && result != Z_STREAM_END)
      return ml_error_at(err, ML_ERR_PARSE, s->name, 0, 0, "broken gzip data: %s",
                         s->gzip.msg ? s->gzip.msg : "no progress");
    if (result == Z_STREAM_END && (status = next_gzip_member(s, err)) != ML_OK) return status;
  }
  return ML_OK;
}

static ml_status unpack_zstd(ml_input *s, char *to, size_t size, size_t *n, ml_error *err) {
  ZSTD_outBuffer out = {to, size, 0};
  while (out.pos == 0) {
    /* A frame that is complete may still hold bytes back: then the call below needs no input. */
    ml_status status = read_ahead(s, 1, err);
    if (status != ML_OK) return status;
    if (s->input_n == 0 && !s->mid_stream) break;
    ZSTD_inBuffer in = {s->input, s->input_n, 0};
    size_t result = ZSTD_decompressStream(s->zstd, &out, &in);
    s->input_at = in.pos;
    if (ZSTD_isError(result))
      return ml_error_at(err, ML_ERR_PARSE, s->name, 0, 0, "broken zstd data: %s",
                         ZSTD_getErrorName(result));
    if (s->input_n == 0 && out.pos == 0 && result != 0)
      return fail(s, ML_ERR_PARSE, err, "the zstd data ends too early");
    s->mid_stream = result != 0;
  }
  *n = out.pos;
  return ML_OK;
}

static const char gzip_start[] = "\x1f\x8b", zstd_start[] = "\x28\xb5\x2f\xfd";
enum { GZIP_START = sizeof gzip_start - 1, ZSTD_START = sizeof zstd_start - 1 };

/* Read the first bytes as long as it takes to know how they are packed: more may be long to come.
 */
static ml_status read_start(ml_input *s, ml_error *err) {
  for (size_t n = 1; n <= ZSTD_START; n++) {
    ml_status status = read_ahead(s, n, err);
    if (status != ML_OK || s->input_n < n) return status;
    bool may_be_gzip = n <= GZIP_START && memcmp(s->input, gzip_start, n) == 0;
    if (!may_be_gzip && memcmp(s->input, zstd_start, n) != 0) return ML_OK;
  }
  return ML_OK;
}

/* Look at the first bytes and choose how to unpack. */
static ml_status recognise(ml_input *s, ml_error *err) {
  ml_status status = read_start(s, err);
  if (status != ML_OK) return status;
  if (s->input_n >= GZIP_START && memcmp(s->input, gzip_start, GZIP_START) == 0) {
    if (inflateInit2(&s->gzip, 16 + MAX_WBITS) != Z_OK) return ml_error_memory(err);
    s->gzip_on = s->mid_stream = true;
    s->unpack = unpack_gzip;
  } else if (s->input_n >= ZSTD_START && memcmp(s->input, zstd_start, ZSTD_START) == 0) {
    s->zstd = ZSTD_createDStream();
    if (!s->zstd) return ml_error_memory(err);
    s->unpack = unpack_zstd;
  }
  return ML_OK;
}

static ml_status start(ml_input *s, ml_input **out, ml_error *err) {
  s->unpack = unpack_plain;
  s->input = malloc(INPUT_SIZE);
  s->digest = XXH3_createState();
  if (s->digest) XXH3_128bits_reset(s->digest);
  ml_status status = s->input && s->digest ? recognise(s, err) : ml_error_memory(err);
  if (status == ML_OK)
    *out = s;
  else
    ml_input_close(s);
  return status;
}

ml_status ml_input_open(const char *path, const ml_watch *watch, ml_input **out, ml_error *err) {
  ml_input *s = calloc(1, sizeof *s);
  if (!s) return ml_error_memory(err);
  bool is_stdin = strcmp(path, "-") == 0;
  s->name = path;
  s->watch = watch;
  s->owns_fd = !is_stdin;
  s->fd = is_stdin ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC);
  if (s->fd < 0) {
    int why = errno;
    free(s);
    return ml_error_at(err, ML_ERR_IO, path, 0, 0, "cannot open: %s", strerror(why));
  }
  struct stat st;
  if (!is_stdin && fstat(s->fd, &st) == 0 && S_ISREG(st.st_mode)) s->expected = (double)st.st_size;
  return start(s, out, err);
}

ml_status ml_input_open_bytes(const void *bytes, size_t n, const char *name, const ml_watch *watch,
                              ml_input **out, ml_error *err) {
  ml_input *s = calloc(1, sizeof *s);
  if (!s) return ml_error_memory(err);
  s->name = name;
  s->watch = watch;
  s->fd = -1;
  s->bytes = bytes;
  s->n_bytes = n;
  s->expected = (double)n;
  return start(s, out, err);
}

ml_status input__open_reader(input__reader *reader, void *ctx, const char *name,
                             const ml_watch *watch, ml_input **out, ml_error *err) {
  ml_input *s = calloc(1, sizeof *s);
  if (!s) return ml_error_memory(err);
  s->name = name;
  s->watch = watch;
  s->fd = -1;
  s->reader = reader;
  s->reader_ctx = ctx;
  return start(s, out, err);
}

ml_status input__make(const input_maker *maker, void *ctx, ml_input **out, ml_error *err) {
  ml_input *s = calloc(1, sizeof *s);
  if (!s) {
    maker->close(ctx);
    return ml_error_memory(err);
  }
  s->maker = maker;
  s->made = ctx;
  *out = s;
  return ML_OK;
}

ml_status ml_input_read(ml_input *source, char *to, size_t size, size_t *n, ml_error *err) {
  if (source->maker) return source->maker->read(source->made, to, size, n, err);
  return source->unpack(source, to, size, n, err);
}

double ml_input_share(const ml_input *s) {
  if (s->maker) return s->maker->share(s->made);
  return s->expected > 0 ? (s->n_read - (double)(s->input_n - s->input_at)) / s->expected : 0;
}

uint64_t ml_input_digest(const ml_input *s, char out[ML_INPUT_DIGEST_SIZE]) {
  while (s && s->maker) s = s->maker->inner ? s->maker->inner(s->made) : NULL;
  *out = 0;
  if (!s) return 0;
  const XXH128_hash_t digest = XXH3_128bits_digest(s->digest);
  snprintf(out, ML_INPUT_DIGEST_SIZE, "%016llx%016llx", (unsigned long long)digest.high64,
           (unsigned long long)digest.low64);
  return s->n_digested;
}

int ml_input_waits_for(const ml_input *s) {
  if (s->maker) return s->maker->waits_for(s->made);
  struct pollfd fd = {.fd = s->fd, .events = POLLIN};
  bool is_plain = s->fd >= 0 && s->unpack == unpack_plain && s->input_n == s->input_at;
  return is_plain && poll(&fd, 1, 0) == 0 ? s->fd : -1;
}

void ml_input_close(ml_input *source) {
  if (!source) return;
  if (source->maker) source->maker->close(source->made);
  if (source->owns_fd) close(source->fd);
  if (source->gzip_on) inflateEnd(&source->gzip);
  ZSTD_freeDStream(source->zstd);
  free(source->input);
  XXH3_freeState(source->digest);
  free(source);
}
