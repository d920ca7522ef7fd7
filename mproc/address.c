/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Internet addresses as a person writes them: 127.0.0.1, ::1, localhost. */
#include <arpa/inet.h>
#include <netdb.h>
#include <stdio.h>
#include <string.h>

#include "mproc_internal.h"

static void set_port(address *a, int port) {
  if (a->any.sa_family == AF_INET6)
    a->v6.sin6_port = htons((uint16_t)port);
  else
    a->v4.sin_port = htons((uint16_t)port);
}

bool address__parse(const char *host, int port, address *out) {
  memset(out, 0, sizeof *out);
  if (!host || strcmp(host, "localhost") == 0) host = "127.0.0.1";
  if (inet_pton(AF_INET, host, &out->v4.sin_addr) == 1)
    out->any.sa_family = AF_INET;
  else if (inet_pton(AF_INET6, host, &out->v6.sin6_addr) == 1)
    out->any.sa_family = AF_INET6;
  else
    return false;
  set_port(out, port);
  return true;
}

socklen_t address__size(const address *a) {
  return a->any.sa_family == AF_INET6 ? sizeof a->v6 : sizeof a->v4;
}

int address__port(const address *a) {
  return ntohs(a->any.sa_family == AF_INET6 ? a->v6.sin6_port : a->v4.sin_port);
}

bool address__is_loopback(const address *a) {
  if (a->any.sa_family == AF_INET6) return IN6_IS_ADDR_LOOPBACK(&a->v6.sin6_addr);
  return ntohl(a->v4.sin_addr.s_addr) >> 24 == IN_LOOPBACKNET;
}

static bool is_every(const address *a) {
  if (a->any.sa_family == AF_INET6) return IN6_IS_ADDR_UNSPECIFIED(&a->v6.sin6_addr);
  return a->v4.sin_addr.s_addr == htonl(INADDR_ANY);
}

void address__to_call(const address *bound, char host[ADDRESS_TEXT]) {
  bool is_v6 = bound->any.sa_family == AF_INET6;
  if (is_every(bound))
    strcpy(host, is_v6 ? "::1" : "127.0.0.1");
  else if (is_v6)
    inet_ntop(AF_INET6, &bound->v6.sin6_addr, host, ADDRESS_TEXT);
  else
    inet_ntop(AF_INET, &bound->v4.sin_addr, host, ADDRESS_TEXT);
}

ml_status address__find(const char *host, int port, address *out, ml_error *err) {
  struct addrinfo hints = {.ai_socktype = SOCK_STREAM}, *found;
  if (address__parse(host, port, out)) return ML_OK;
  int rc = getaddrinfo(host, NULL, &hints, &found);
  if (rc != 0)
    return ml_error_set(err, ML_ERR_IO, "cannot find host '%s': %s", host, gai_strerror(rc));
  memcpy(out, found->ai_addr, found->ai_addrlen < sizeof *out ? found->ai_addrlen : sizeof *out);
  freeaddrinfo(found);
  set_port(out, port);
  return ML_OK;
}
