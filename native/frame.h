/*
 * The messages between the primary and a worker, over two SOCK_SEQPACKET pairs, so that each message is
 * received as a whole, once. The lane: frames of descriptors to the worker, acks to the primary. The
 * return lane: frames to the primary. Plain system calls without Node: the fuzzer and the benchmark's C
 * floor use this file too.
 *
 * Nothing here blocks, and no descriptor leaks: each one that arrives is either given to the caller or
 * closed. Functions return 0 or more, or -errno.
 */
#ifndef SHARED_FASTIFY_FRAME_H
#define SHARED_FASTIFY_FRAME_H

#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <errno.h>
#include <poll.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

/* The kernel allows 253 descriptors in a message (SCM_MAX_FD). 64 fit into one word of the row. */
#define FRAME_SIZE 64
#define KEY_SIZE 512
#define NOTES_SIZE 32768

struct frame_header {
  uint64_t number;       /* in the lane: never reused for this worker; in the return lane: the reason */
  uint32_t count;        /* number of connections; 0 in the lane: a probe, which is acked like any frame */
  uint32_t key_length;
  uint32_t notes_length; /* the notes follow the key; nothing here reads them */
  uint32_t reserved;     /* 0 */
};

struct frame {
  struct frame_header header;
  char text[KEY_SIZE + NOTES_SIZE]; /* the key, and right behind it the notes */
  int fds[FRAME_SIZE];
  uint32_t arrived;   /* how many of the `count` descriptors have arrived; they are the first ones */
};

struct ack {
  uint64_t number;
  uint64_t refused;   /* a bit for each connection, by its place in the frame */
  uint32_t leaving;   /* 0 or 1 */
  uint32_t reserved;  /* 0 */
};

/* Repeats a call that was interrupted by a signal. Only a few times, since a filter (seccomp) may return
 * EINTR each time. */
#define UNINTERRUPTED(result, call) \
  for (int tries_ = 0; ((result) = (call)) == -1 && errno == EINTR && tries_ < 16; tries_++)

/* Sends a frame, or nothing of it. -EAGAIN: the channel is full. -ETOOMANYREFS: too many descriptors in flight. */
static int frame_send(int lane, const struct frame *frame) {
  const struct frame_header *header = &frame->header;
  struct iovec parts[2] = {
    { .iov_base = (void *) header, .iov_len = sizeof(*header) },
    { .iov_base = (void *) frame->text, .iov_len = (size_t) header->key_length + header->notes_length },
  };
  union { char bytes[CMSG_SPACE(sizeof(frame->fds))]; struct cmsghdr align; } control = { { 0 } };
  struct msghdr message = { .msg_iov = parts, .msg_iovlen = 2 };
  if (header->count > 0) {
    size_t size = header->count * sizeof(int);
    message.msg_control = control.bytes;
    message.msg_controllen = CMSG_SPACE(size);
    struct cmsghdr *rights = CMSG_FIRSTHDR(&message);
    rights->cmsg_level = SOL_SOCKET;
    rights->cmsg_type = SCM_RIGHTS;
    rights->cmsg_len = CMSG_LEN(size);
    memcpy(CMSG_DATA(rights), frame->fds, size);
  }
  ssize_t sent;
  UNINTERRUPTED(sent, sendmsg(lane, &message, MSG_DONTWAIT | MSG_NOSIGNAL));
  return sent == -1 ? -errno : 0;
}

static void frame_close(struct frame *frame) {
  for (uint32_t i = 0; i < frame->arrived; i++) close(frame->fds[i]);
  frame->arrived = 0;
}

/* Reads the next message, whatever it is, with recvmsg(2)'s flags in and out. Returns its length, or -errno. */
static ssize_t frame_read(int lane, struct frame *frame, int *flags) {
  struct iovec parts[2] = {
    { .iov_base = &frame->header, .iov_len = sizeof(frame->header) },
    { .iov_base = frame->text, .iov_len = sizeof(frame->text) },
  };
  union { char bytes[CMSG_SPACE(sizeof(frame->fds))]; struct cmsghdr align; } control;
  struct msghdr message = {
    .msg_iov = parts, .msg_iovlen = 2,
    .msg_control = control.bytes, .msg_controllen = sizeof(control.bytes),
  };
  frame->arrived = 0;
  ssize_t received;
  UNINTERRUPTED(received, recvmsg(lane, &message, *flags | MSG_DONTWAIT | MSG_CMSG_CLOEXEC));
  if (received == -1) return -errno;
  for (struct cmsghdr *part = CMSG_FIRSTHDR(&message); part != NULL; part = CMSG_NXTHDR(&message, part)) {
    if (part->cmsg_level != SOL_SOCKET || part->cmsg_type != SCM_RIGHTS) continue;
    uint32_t count = (uint32_t) ((part->cmsg_len - CMSG_LEN(0)) / sizeof(int));
    const unsigned char *data = CMSG_DATA(part);
    for (uint32_t i = 0; i < count; i++) {
      int fd;
      memcpy(&fd, data + i * sizeof(int), sizeof(fd));
      if (frame->arrived < FRAME_SIZE) frame->fds[frame->arrived++] = fd;
      else close(fd);
    }
  }
  *flags = message.msg_flags;
  return received;
}

/* Whether a message of this length is a frame. Some of its descriptors may not have arrived. */
static bool frame_is(const struct frame *frame, ssize_t length) {
  const struct frame_header *header = &frame->header;
  return (size_t) length >= sizeof(*header) && header->reserved == 0 &&
    header->key_length <= KEY_SIZE && header->notes_length <= NOTES_SIZE &&
    (size_t) header->key_length + header->notes_length == (size_t) length - sizeof(*header) &&
    header->count <= FRAME_SIZE && header->count >= frame->arrived;
}

/*
 * Receives a frame. Returns 1 if there is one, 0 if the other end is closed, -EAGAIN if there is none,
 * -EPROTO if the message is not a frame; its descriptors are closed then. If this process has no room for
 * all descriptors, the first ones arrive in order and the kernel closes the rest (MSG_CTRUNC).
 */
static int frame_receive(int lane, struct frame *frame) {
  int flags = 0;
  ssize_t received = frame_read(lane, frame, &flags);
  if (received < 0) return (int) received;
  if (received > 0 && (flags & MSG_TRUNC) == 0 && frame_is(frame, received)) return 1;
  frame_close(frame);
  return received == 0 ? 0 : -EPROTO;
}

/*
 * Receives a frame with all its descriptors, or leaves it where it is. The sender has closed its own
 * copies, so a descriptor for which there is no room must not be dropped: the frame is looked at
 * (MSG_PEEK, which makes the descriptors too), and consumed when everything is there. Returns as
 * frame_receive does, and -EMFILE if this process has no room for it now.
 */
static int frame_receive_whole(int lane, struct frame *frame) {
  int flags = MSG_PEEK;
  char byte;
  ssize_t received = frame_read(lane, frame, &flags), consumed;
  if (received <= 0) {
    frame_close(frame); /* an empty message looks like a closed end, and may have descriptors */
    struct pollfd end = { .fd = lane, .events = POLLIN };
    if (received < 0 || poll(&end, 1, 0) != 1 || (end.revents & POLLHUP) != 0) return (int) received;
    (void) !recv(lane, &byte, sizeof(byte), MSG_DONTWAIT);
    return -EPROTO;
  }
  bool valid = (flags & MSG_TRUNC) == 0 && frame_is(frame, received);
  bool whole = (flags & MSG_CTRUNC) == 0 && frame->arrived == frame->header.count;
  if (valid && (flags & MSG_CTRUNC) != 0 && frame->arrived < frame->header.count) {
    frame_close(frame);
    return -EMFILE;
  }
  UNINTERRUPTED(consumed, recv(lane, &byte, sizeof(byte), MSG_DONTWAIT));
  if (valid && whole && consumed == 1) return 1;
  frame_close(frame);
  return -EPROTO;
}

/*
 * Takes back the frame with this number if the other process has not received it: receives it from that
 * process's end of the pair, without room for descriptors, so that the kernel drops them. The sender still
 * has its own. Returns 1 if it was taken back; -EAGAIN if the other process has received it; 0 if it has,
 * and has shut its end down; -EPROTO if another frame was there, so the other process has acked that one
 * unread, and nobody can tell where the requested one is.
 */
static int frame_take_back(int other_end, uint64_t number) {
  struct frame_header header = { 0 };
  struct iovec part = { .iov_base = &header, .iov_len = sizeof(header) };
  struct msghdr message = { .msg_iov = &part, .msg_iovlen = 1 };
  ssize_t received;
  UNINTERRUPTED(received, recvmsg(other_end, &message, MSG_DONTWAIT | MSG_CMSG_CLOEXEC));
  if (received == -1) return -errno;
  if (received == 0) return 0;
  return received == sizeof(header) && header.number == number ? 1 : -EPROTO;
}

/* Discards all frames that the other process has not received. No more arrive, since only this process sends any. */
static void frame_discard(int other_end) {
  char byte;
  while (recv(other_end, &byte, sizeof(byte), MSG_DONTWAIT) > 0);
}

static int ack_send(int lane, const struct ack *ack) {
  ssize_t sent;
  UNINTERRUPTED(sent, send(lane, ack, sizeof(*ack), MSG_DONTWAIT | MSG_NOSIGNAL));
  return sent == -1 ? -errno : 0;
}

/* Returns 1 if there is an ack, 0 if the other end is closed, -EAGAIN if there is none, -EPROTO if the
 * message is not an ack. */
static int ack_receive(int lane, struct ack *ack) {
  ssize_t received; /* with MSG_TRUNC, the size of the message, even if it is larger than the buffer */
  UNINTERRUPTED(received, recv(lane, ack, sizeof(*ack), MSG_DONTWAIT | MSG_TRUNC));
  if (received == -1) return -errno;
  if (received == 0) return 0;
  return received == sizeof(*ack) && ack->leaving <= 1 && ack->reserved == 0 ? 1 : -EPROTO;
}

#endif
