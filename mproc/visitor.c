/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Workers that were started by hand, as the central process sees them: not its children, perhaps on
 * another machine. */
#include <errno.h>
#include <stddef.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <sodium.h>

#include "mproc_internal.h"

socklen_t lane__address(const unsigned char name[WIRE_LANE], struct sockaddr_un *out) {
  static const char prefix[] = "ml-lane-";
  *out = (struct sockaddr_un){.sun_family = AF_UNIX};
  char *at = out->sun_path + 1; /* an abstract name starts with a zero */
  memcpy(at, prefix, sizeof prefix - 1);
  at += sizeof prefix - 1;
  sodium_bin2hex(at, 2 * WIRE_LANE + 1, name, WIRE_LANE);
  return (socklen_t)(offsetof(struct sockaddr_un, sun_path) + sizeof prefix + 2 * WIRE_LANE);
}

static bool is_it(int lane, pid_t pid) {
  struct ucred peer;
  socklen_t n = sizeof peer;
  return getsockopt(lane, SOL_SOCKET, SO_PEERCRED, &peer, &n) == 0 && peer.uid == geteuid() &&
         peer.pid == pid;
}

/* The name is known only to who has proved the token, and reaches only this machine. */
static bool open_lane(slot *s, const handshake *said) {
  struct sockaddr_un to;
  socklen_t n = lane__address(said->lane, &to);
  if (sodium_is_zero(said->lane, WIRE_LANE)) return false;
  s->lane = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (s->lane >= 0 && connect(s->lane, (struct sockaddr *)&to, n) == 0 &&
      is_it(s->lane, (pid_t)said->pid) && (s->pidfd = pidfd_open((pid_t)said->pid, 0)) >= 0 &&
      spawn__hello(s))
    return true;
  if (s->lane >= 0) close(s->lane);
  if (s->pidfd >= 0) close(s->pidfd);
  s->lane = s->pidfd = -1;
  return false;
}

static size_t count_visitors(const ml_mproc *pool) {
  size_t n = 0;
  for (size_t i = 0; i < pool->n_slots; i++) n += pool->slots[i].is_visitor;
  return n;
}

slot *visitor__place(ml_mproc *pool, const handshake *said) {
  slot *s = count_visitors(pool) < VISITORS_MAX ? places__take(pool, NULL) : NULL;
  if (!s) return NULL;
  status_page *page = s->page->data;
  atomic_store(&page->item, PAGE_IDLE);
  atomic_store(&page->last, PAGE_IDLE);
  atomic_store(&page->cancel, PAGE_IDLE);
  atomic_store(&page->rss, 0);
  atomic_store(&page->has_left, 0);
  s->is_visitor = true;
  s->pid = (pid_t)said->pid;
  open_lane(s, said);
  return s;
}

void visitor__register(slot *s, channel *chan) {
  char name[64];
  channel__keep_alive(chan->fd);
  s->pool->stats.workers_joined++;
  slot__name(s, name, sizeof name);
  pool__note(s->pool, "%s has joined%s", name,
             s->lane >= 0 ? "" : ": of another machine or user, it takes no jobs with shared data");
  slot__register(s, chan);
}
