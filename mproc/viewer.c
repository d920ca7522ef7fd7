/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Those who look at a pool over HTTP: one request each, and not for long. */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <sodium.h>

#include "http.h"
#include "mproc_internal.h"
#include "viewer.h"

#define VIEWER_TIME (5 * MPROC_SECOND) /* to ask, and again to read the answer */

enum { VIEWERS_MAX = 16, ACCEPTS_PER_TURN = 16, BACKLOG = 64 };

struct viewer {
  viewer *next;
  ml_mproc *pool;
  channel chan;
  uint64_t leaves;
  bool is_answered;
};

static void leave(viewer *v) {
  viewer **at = &v->pool->viewers;
  while (*at != v) at = &(*at)->next;
  *at = v->next;
  v->pool->n_viewers--;
  channel__close(&v->chan);
  free(v);
}

/* ---- what there is to see -------------------------------------------------------------------- */

/* Append the hash of an element's text: the page runs its own script and style, and nothing else.
 */
static void allow(ml_buf *policy, const char *kind, const char *begin, const char *end) {
  const char *from = strstr(viewer__page, begin), *to = from ? strstr(from, end) : NULL;
  unsigned char hash[crypto_hash_sha256_BYTES];
  char text[sodium_base64_ENCODED_LEN(sizeof hash, sodium_base64_VARIANT_ORIGINAL)];
  if (!to) return;
  from += strlen(begin);
  crypto_hash_sha256(hash, (const unsigned char *)from, (unsigned long long)(to - from));
  sodium_bin2base64(text, sizeof text, hash, sizeof hash, sodium_base64_VARIANT_ORIGINAL);
  ml_buf_printf(policy, "; %s 'sha256-%s'", kind, text);
}

static void put_page(const ml_mproc *pool, ml_buf *out, ml_buf *policy) {
  (void)pool;
  ml_buf_puts(out, viewer__page);
  allow(policy, "script-src", "<script>", "</script>");
  allow(policy, "style-src", "<style>", "</style>");
  ml_buf_puts(policy, "; connect-src 'self'; img-src data:");
}

static void put_metrics(const ml_mproc *pool, ml_buf *out, ml_buf *policy) {
  (void)policy;
  report__metrics(pool, out);
}

static void put_status(const ml_mproc *pool, ml_buf *out, ml_buf *policy) {
  (void)policy;
  ml_mproc_describe(pool, out);
}

typedef struct page {
  const char *path, *type;
  void (*put)(const ml_mproc *pool, ml_buf *out, ml_buf *policy);
} page;

static const page pages[] = {{"/", "text/html; charset=utf-8", put_page},
                             {"/metrics", "text/plain; version=0.0.4; charset=utf-8", put_metrics},
                             {"/status.json", "application/json", put_status}};

static const page *find_page(const char *path) {
  for (size_t i = 0; i < sizeof pages / sizeof *pages; i++)
    if (strcmp(pages[i].path, path) == 0) return &pages[i];
  return NULL;
}

/* Why a request gets no page; its words are put into the body. @return 0 when it gets one */
static int refusal(http_verdict verdict, const http_request *r, const page *p, ml_buf *body) {
  const char *text = "";
  int code = 0;
  if (verdict == HTTP_TOO_LONG)
    code = 431, text = "too long\n";
  else if (verdict == HTTP_BAD)
    code = 400, text = "no request\n";
  else if (!r->is_local)
    code = 403, text = "ask for localhost or 127.0.0.1\n";
  else if (!p)
    code = 404, text = "there are /, /metrics and /status.json\n";
  else if (r->method == HTTP_OTHER)
    code = 405, text = "read only\n";
  ml_buf_puts(body, text);
  return code;
}

static void answer(viewer *v, http_verdict verdict, const http_request *r) {
  ml_buf body = {0}, policy = {0};
  const page *p = find_page(r->path);
  http_answer a = {.code = refusal(verdict, r, p, &body),
                   .type = "text/plain; charset=utf-8",
                   .body = &body,
                   .is_head = r->method == HTTP_HEAD};
  ml_buf_puts(&policy,
              "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors "
              "'none'");
  if (a.code == 0) {
    a.code = 200;
    a.type = p->type;
    p->put(v->pool, &body, &policy);
  }
  ml_buf_put(&policy, "", 1);
  if (policy.failed)
    v->chan.out.failed = true;
  else
    a.policy = policy.data, http__put(&v->chan.out, &a);
  ml_buf_release(&body);
  ml_buf_release(&policy);
  v->is_answered = true;
  v->leaves = mproc__now() + VIEWER_TIME;
}

/* ---- connections ----------------------------------------------------------------------------- */

/* The end of our side is sent first: closing with bytes unread would make the peer lose the answer.
 */
static bool send_answer(viewer *v) {
  if (!channel__flush(&v->chan)) return false;
  if (v->chan.out.n == 0) shutdown(v->chan.fd, SHUT_WR);
  return true;
}

static bool on_request(viewer *v) {
  http_request r;
  if (!channel__read(&v->chan, HTTP_HEAD_MAX)) return false;
  if (v->is_answered) {
    v->chan.in_at = v->chan.in.n;
    return true;
  }
  http_verdict verdict =
      http__parse(v->chan.in.data + v->chan.in_at, v->chan.in.n - v->chan.in_at, &r);
  if (verdict == HTTP_PARTIAL) return true;
  answer(v, verdict, &r);
  return send_answer(v);
}

static void on_viewer(void *ctx, int events) {
  viewer *v = ctx;
  bool stays = true;
  if (events & UV_WRITABLE) stays = send_answer(v);
  if (stays && events & UV_READABLE) stays = on_request(v);
  if (!stays) leave(v);
}

static void welcome(ml_mproc *pool, int fd) {
  viewer *v = calloc(1, sizeof *v);
  io *h = v ? io__new(&pool->loop, fd, on_viewer, v) : NULL;
  if (!h) {
    free(v);
    close(fd);
    return;
  }
  v->pool = pool;
  v->chan = (channel){.fd = fd, .io = h};
  v->leaves = mproc__now() + VIEWER_TIME;
  viewer **last = &pool->viewers;
  while (*last) last = &(*last)->next;
  *last = v;
  pool->n_viewers++;
}

static void on_connection(void *ctx, int events) {
  (void)events;
  ml_mproc *pool = ctx;
  for (int i = 0; i < ACCEPTS_PER_TURN; i++) {
    int fd = accept4(pool->viewer_listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (fd >= 0) {
      if (pool->n_viewers >= VIEWERS_MAX) leave(pool->viewers);
      welcome(pool, fd);
    } else if (errno != EINTR && errno != ECONNABORTED) {
      /* Out of descriptors: looked at again by the clock. */
      if (errno != EAGAIN && errno != EWOULDBLOCK) io__want(pool->viewer_io, 0);
      return;
    }
  }
}

void viewer__expire(ml_mproc *pool, uint64_t now) {
  for (viewer *v = pool->viewers, *next; v; v = next) {
    next = v->next;
    if (v->leaves < now) leave(v);
  }
  if (pool->viewer_io) io__want(pool->viewer_io, UV_READABLE);
}

void viewer__close_all(ml_mproc *pool) {
  while (pool->viewers) leave(pool->viewers);
  io__free(pool->viewer_io);
  if (pool->viewer_listener >= 0) close(pool->viewer_listener);
  pool->viewer_io = NULL;
  pool->viewer_listener = -1;
}

ml_status viewer__listen(ml_mproc *pool, ml_error *err) {
  int wanted = pool->opts.metrics_port, yes = 1;
  if (wanted < 0) return ML_OK;
  struct sockaddr_in at = {.sin_family = AF_INET,
                           .sin_port = htons((uint16_t)wanted),
                           .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  socklen_t n = sizeof at;
  int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  pool->viewer_listener = fd;
  if (fd >= 0) setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
  if (fd < 0 || bind(fd, (struct sockaddr *)&at, n) != 0 || listen(fd, BACKLOG) != 0 ||
      getsockname(fd, (struct sockaddr *)&at, &n) != 0)
    return errno == EADDRINUSE
               ? ml_error_set(err, ML_ERR_IO,
                              "port %d for metrics is in use (choose another, or 0 for any free "
                              "port)",
                              wanted)
               : ml_error_set(err, ML_ERR_IO, "cannot listen on 127.0.0.1 port %d for metrics: %s",
                              wanted, strerror(errno));
  pool->metrics_port = ntohs(at.sin_port);
  pool->viewer_io = io__new(&pool->loop, fd, on_connection, pool);
  return pool->viewer_io ? ML_OK : ml_error_memory(err);
}

int ml_mproc_metrics_port(const ml_mproc *pool) {
  return pool->metrics_port;
}
