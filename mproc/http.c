/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Requests from any bytes, and the heads of answers. */
#include "http.h"

#include <string.h>
#include <strings.h>

/* Text in the head of a request. */
typedef struct span {
  const char *at;
  size_t n;
} span;

static bool is(span s, const char *text) {
  return s.n == strlen(text) && memcmp(s.at, text, s.n) == 0;
}

static bool is_any_case(span s, const char *text) {
  return s.n == strlen(text) && strncasecmp(s.at, text, s.n) == 0;
}

/* Take what comes before a mark off the front, and the mark. @return false: there is none */
static bool cut(span *s, char mark, span *out) {
  const char *end = s->n ? memchr(s->at, mark, s->n) : NULL;
  if (!end) return false;
  *out = (span){s->at, (size_t)(end - s->at)};
  s->n -= out->n + 1;
  s->at = end + 1;
  return true;
}

/* A line without its end, CR LF or LF alone. */
static bool cut_line(span *s, span *line) {
  if (!cut(s, '\n', line)) return false;
  if (line->n > 0 && line->at[line->n - 1] == '\r') line->n--;
  return true;
}

static bool is_printable(span s) {
  for (size_t i = 0; i < s.n; i++)
    if ((s.at[i] < ' ' || s.at[i] > '~') && s.at[i] != '\t') return false;
  return true;
}

static span trim(span s) {
  while (s.n > 0 && (*s.at == ' ' || *s.at == '\t')) s.at++, s.n--;
  while (s.n > 0 && (s.at[s.n - 1] == ' ' || s.at[s.n - 1] == '\t')) s.n--;
  return s;
}

static bool parse_first_line(span line, http_request *out) {
  span method, target, path;
  if (!is_printable(line) || !cut(&line, ' ', &method) || !cut(&line, ' ', &target)) return false;
  if (!is(line, "HTTP/1.1") && !is(line, "HTTP/1.0")) return false;
  if (method.n == 0 || target.n == 0 || *target.at != '/') return false;
  out->method = is(method, "GET") ? HTTP_GET : is(method, "HEAD") ? HTTP_HEAD : HTTP_OTHER;
  if (!cut(&target, '?', &path)) path = target;
  size_t n = path.n < sizeof out->path - 1 ? path.n : sizeof out->path - 1;
  memcpy(out->path, path.at, n);
  out->path[n] = 0;
  return true;
}

/* Names that mean this machine whoever is asked. Another one may be a page's from elsewhere that
 * has its own name point here (DNS rebinding). The port is that of a tunnel, perhaps. */
static bool is_local(span host) {
  static const char *const names[] = {"localhost", "127.0.0.1", "[::1]"};
  size_t end = host.n;
  while (end > 0 && host.at[end - 1] >= '0' && host.at[end - 1] <= '9') end--;
  if (end > 0 && end < host.n && host.at[end - 1] == ':') host.n = end - 1;
  for (size_t i = 0; i < sizeof names / sizeof *names; i++)
    if (is_any_case(host, names[i])) return true;
  return false;
}

/* @return false when a line is no header, or the second host */
static bool parse_header(span line, bool *has_host, http_request *out) {
  span name;
  if (!is_printable(line) || !cut(&line, ':', &name)) return false;
  if (name.n == 0 || trim(name).n != name.n) return false;
  if (!is_any_case(name, "Host")) return true;
  if (*has_host) return false;
  *has_host = true;
  out->is_local = is_local(trim(line));
  return true;
}

http_verdict http__parse(const char *bytes, size_t n, http_request *out) {
  bool has_host = false;
  span rest = {bytes, n < HTTP_HEAD_MAX ? n : HTTP_HEAD_MAX}, line;
  *out = (http_request){0};
  if (cut_line(&rest, &line)) {
    if (!parse_first_line(line, out)) return HTTP_BAD;
    while (cut_line(&rest, &line)) {
      if (line.n == 0) return has_host ? HTTP_WHOLE : HTTP_BAD;
      if (!parse_header(line, &has_host, out)) return HTTP_BAD;
    }
  }
  return n >= HTTP_HEAD_MAX ? HTTP_TOO_LONG : HTTP_PARTIAL;
}

static const char *words(int code) {
  static const struct {
    int code;
    const char *words;
  } table[] = {
      {200, "OK"},        {400, "Bad Request"},        {403, "Forbidden"},
      {404, "Not Found"}, {405, "Method Not Allowed"}, {431, "Request Header Fields Too Large"}};
  for (size_t i = 0; i < sizeof table / sizeof *table; i++)
    if (table[i].code == code) return table[i].words;
  return "";
}

void http__put(ml_buf *out, const http_answer *a) {
  ml_buf_printf(out,
                "HTTP/1.1 %d %s\r\n"
                "Content-Type: %s\r\n"
                "Content-Length: %zu\r\n"
                "Content-Security-Policy: %s\r\n"
                "%s"
                "Cache-Control: no-store\r\n"
                "X-Content-Type-Options: nosniff\r\n"
                "Cross-Origin-Resource-Policy: same-origin\r\n"
                "Referrer-Policy: no-referrer\r\n"
                "Connection: close\r\n"
                "\r\n",
                a->code, words(a->code), a->type, a->body->n, a->policy,
                a->code == 405 ? "Allow: GET, HEAD\r\n" : "");
  if (a->body->failed) out->failed = true;
  if (!a->is_head) ml_buf_put(out, a->body->data, a->body->n);
}
