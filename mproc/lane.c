/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The lane: a Unix socket between the central process and a worker that carries descriptors. */
#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "mproc_internal.h"

/* Room for the descriptors of one message, aligned as the kernel wants it. */
typedef union control {
  struct cmsghdr align;
  char bytes[CMSG_SPACE(WIRE_BLOCKS_MAX * sizeof(int))];
} control;

bool lane__send(int lane, const void *bytes, size_t n, const int *fds, size_t n_fds) {
  control room = {0};
  struct iovec data = {.iov_base = (void *)bytes, .iov_len = n};
  struct msghdr message = {.msg_iov = &data, .msg_iovlen = 1};
  if (n_fds > 0) {
    message.msg_control = &room;
    message.msg_controllen = CMSG_SPACE(n_fds * sizeof *fds);
    struct cmsghdr *head = CMSG_FIRSTHDR(&message);
    head->cmsg_level = SOL_SOCKET;
    head->cmsg_type = SCM_RIGHTS;
    head->cmsg_len = CMSG_LEN(n_fds * sizeof *fds);
    memcpy(CMSG_DATA(head), fds, n_fds * sizeof *fds);
  }
  return sendmsg(lane, &message, MSG_NOSIGNAL | MSG_DONTWAIT) == (ssize_t)n;
}

/* A plain read() would drop the descriptors of a message without a word. */
static ssize_t receive(int lane, int flags, void *bytes, size_t size, int *fds, size_t n_fds) {
  control room = {0};
  struct iovec data = {.iov_base = bytes, .iov_len = size};
  struct msghdr message = {
      .msg_iov = &data, .msg_iovlen = 1, .msg_control = &room, .msg_controllen = sizeof room};
  ssize_t n;
  do n = recvmsg(lane, &message, MSG_CMSG_CLOEXEC | flags);
  while (n < 0 && errno == EINTR);
  if (n < 0) return -1;

  size_t got = 0;
  int received[WIRE_BLOCKS_MAX];
  struct cmsghdr *head = CMSG_FIRSTHDR(&message);
  if (head && head->cmsg_level == SOL_SOCKET && head->cmsg_type == SCM_RIGHTS) {
    got = (head->cmsg_len - CMSG_LEN(0)) / sizeof(int);
    memcpy(received, CMSG_DATA(head), got * sizeof(int));
  }
  if (got == n_fds && !(message.msg_flags & MSG_CTRUNC)) {
    memcpy(fds, received, got * sizeof(int));
    return n;
  }
  for (size_t i = 0; i < got; i++) close(received[i]);
  return -1;
}

ssize_t lane__receive(int lane, void *bytes, size_t size, int *fds, size_t n_fds) {
  return receive(lane, 0, bytes, size, fds, n_fds);
}

ssize_t lane__receive_now(int lane, void *bytes, size_t size, int *fds, size_t n_fds) {
  return receive(lane, MSG_DONTWAIT, bytes, size, fds, n_fds);
}
