/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Files that appear complete or not at all: bytes to a temporary file, a device or a compressor. */
#include <ml/output.h>

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

#include "output_internal.h"

enum { CHUNK = 128 * 1024 };
#define WRITE_BEHIND ((off_t)8 << 20)

struct ml_output {
  char *path; /* as given, for messages */
  output__place place;
  int fd;
  int failure; /* errno of the first write that failed; then nothing is written any more */
  off_t written, started; /* bytes in the file; of these on their way to the disk */
  z_stream *zip;          /* NULL: not compressed */
  size_t n;               /* bytes waiting in chunk */
  unsigned char chunk[CHUNK];
};

static ml_status failed(const ml_output *out, ml_error *err) {
  if (out->failure == ENOMEM) return ml_error_memory(err);
  if (out->failure == EPIPE)
    return ml_error_at(err, ML_ERR_CLOSED, out->path, 0, 0, "the reader closed it");
  return output__error(err, out->path, out->failure);
}

/* ---- bytes to the descriptor --------------------------------------------------------------- */

/* The sync at the end then waits for little. That one tells of what fails. */
static void write_behind(ml_output *out) {
  if (!out->place.temporary || out->written - out->started < WRITE_BEHIND) return;
  (void)sync_file_range(out->fd, out->started, out->written - out->started, SYNC_FILE_RANGE_WRITE);
  out->started = out->written;
}

static void write_through(ml_output *out, const unsigned char *bytes, size_t n) {
  while (n > 0 && !out->failure) {
    ssize_t done = write(out->fd, bytes, n);
    if (done >= 0) {
      bytes += done;
      n -= (size_t)done;
      out->written += done;
      write_behind(out);
    } else if (errno == EAGAIN) { /* standard output that somebody made non-blocking */
      struct pollfd ready = {.fd = out->fd, .events = POLLOUT};
      poll(&ready, 1, -1);
    } else if (errno != EINTR) {
      out->failure = errno;
    }
  }
}

static void flush_chunk(ml_output *out) {
  write_through(out, out->chunk, out->n);
  out->n = 0;
}

static void put(ml_output *out, const unsigned char *bytes, size_t n) {
  if (n > CHUNK - out->n) flush_chunk(out);
  if (n >= CHUNK) {
    write_through(out, bytes, n);
  } else {
    memcpy(out->chunk + out->n, bytes, n);
    out->n += n;
  }
}

/* ---- compression --------------------------------------------------------------------------- */

/* A gzip header of zlib's own has no name and no time: the same bytes for the same content. Level
 * 1: on 17-digit numbers level 6 takes six times as long for a file smaller by a sixteenth. */
static bool start_zip(ml_output *out) {
  enum { GZIP = 16, MEMORY = 8 };
  out->zip = calloc(1, sizeof *out->zip);
  if (!out->zip) return false;
  if (deflateInit2(out->zip, Z_BEST_SPEED, Z_DEFLATED, MAX_WBITS + GZIP, MEMORY,
                   Z_DEFAULT_STRATEGY) == Z_OK)
    return true;
  free(out->zip);
  out->zip = NULL;
  return false;
}

/* Compress straight into the chunk; Z_FINISH until the end of the stream. */
static void deflate_bytes(ml_output *out, const unsigned char *bytes, size_t n, int flush) {
  do {
    size_t part = n < UINT32_MAX ? n : UINT32_MAX;
    out->zip->next_in = (z_const unsigned char *)bytes;
    out->zip->avail_in = (uInt)part;
    do {
      if (out->n == CHUNK) flush_chunk(out);
      out->zip->next_out = out->chunk + out->n;
      out->zip->avail_out = (uInt)(CHUNK - out->n);
      deflate(out->zip, part == n ? flush : Z_NO_FLUSH);
      out->n = CHUNK - out->zip->avail_out;
    } while (out->zip->avail_out == 0 && !out->failure);
    bytes += part;
    n -= part;
  } while (n > 0 && !out->failure);
}

/* ---- the life of an output ----------------------------------------------------------------- */

static void release(ml_output *out) {
  if (out->fd >= 0) close(out->fd);
  if (out->zip) deflateEnd(out->zip);
  free(out->zip);
  output__place_release(&out->place);
  free(out->path);
  free(out);
}

static bool ends_with(const char *text, const char *end) {
  size_t n = strlen(text), m = strlen(end);
  return n >= m && strcmp(text + n - m, end) == 0;
}

ml_status ml_output_open(const char *path, ml_output **out, ml_error *err) {
  ml_output *o = malloc(sizeof *o);
  if (!o) return ml_error_memory(err);
  memset(o, 0, offsetof(ml_output, chunk));
  o->fd = -1;
  o->path = strdup(strcmp(path, "-") == 0 ? "standard output" : path);
  ml_status status = o->path ? output__place_open(&o->place, path, &o->fd, err) : ML_ERR_MEMORY;
  if (status == ML_OK && ends_with(path, ".gz") && !start_zip(o)) status = ML_ERR_MEMORY;
  if (status == ML_ERR_MEMORY) ml_error_memory(err);
  if (status == ML_OK)
    *out = o;
  else
    ml_output_abort(o);
  return status;
}

ml_status ml_output_write(ml_output *out, const void *bytes, size_t n, ml_error *err) {
  if (n > 0 && !out->failure) {
    if (out->zip)
      deflate_bytes(out, bytes, n, Z_NO_FLUSH);
    else
      put(out, bytes, n);
  }
  return out->failure ? failed(out, err) : ML_OK;
}

ml_status ml_output_flush(ml_output *out, ml_error *err) {
  if (!out->failure) flush_chunk(out);
  return out->failure ? failed(out, err) : ML_OK;
}

ml_status ml_output_finish(ml_output *out, ml_error *err) {
  if (out->fd < 0) return out->failure ? failed(out, err) : ML_OK;
  if (out->zip && !out->failure) deflate_bytes(out, NULL, 0, Z_FINISH);
  flush_chunk(out);
  if (!out->failure && out->place.temporary && fsync(out->fd) != 0) out->failure = errno;
  int closed = close(out->fd);
  if (!out->failure && closed != 0 && errno != EINTR) out->failure = errno;
  out->fd = -1;
  return out->failure ? failed(out, err) : ML_OK;
}

const char *output__temporary(const ml_output *out) {
  return out->place.temporary;
}

ml_status output__withdraw(const ml_output *out, ml_error *err) {
  return output__place_clear(&out->place) == 0 ? ML_OK : output__error(err, out->path, errno);
}

ml_status ml_output_commit(ml_output *out, ml_error *err) {
  ml_status status = ml_output_finish(out, err);
  if (status == ML_OK && output__place_rename(&out->place) != 0)
    status = output__error(err, out->path, errno);
  ml_output_abort(out);
  return status;
}

void ml_output_abort(ml_output *out) {
  if (out) release(out);
}
