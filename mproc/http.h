/* SPDX-License-Identifier: GPL-3.0-or-later */
/* As much of HTTP as a page that is read on this machine needs. Pure functions over bytes: what
 * they read is hostile. */
#ifndef MPROC_HTTP_H
#define MPROC_HTTP_H

#include <ml/buffer.h>

#define HTTP_HEAD_MAX ((size_t)8 << 10)

typedef enum http_method { HTTP_GET, HTTP_HEAD, HTTP_OTHER } http_method;

typedef struct http_request {
  http_method method;
  char path[64]; /* without its query; a longer one is cut, and no page of ours */
  bool is_local; /* the host it was sent to is this machine by a name that nobody can rebind */
} http_request;

typedef enum http_verdict {
  HTTP_PARTIAL,
  HTTP_WHOLE,
  HTTP_BAD,      /* no request, or none with a host: 400 */
  HTTP_TOO_LONG, /* no end of the head within HTTP_HEAD_MAX: 431 */
} http_verdict;

/** Read the head of a request at the start of n bytes. */
http_verdict http__parse(const char *bytes, size_t n, http_request *out);

typedef struct http_answer {
  int code;
  const char *type;   /* "text/html" */
  const char *policy; /* what the body may do: a Content-Security-Policy */
  const ml_buf *body;
  bool is_head; /* the body is left out */
} http_answer;

void http__put(ml_buf *out, const http_answer *answer);

#endif
