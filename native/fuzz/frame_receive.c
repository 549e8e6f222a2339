/*
 * Fuzzes how the two ends of a lane handle a message: any bytes, any number of descriptors, in any number
 * of parts. Checks that a worker accepts only complete frames, that the primary accepts only valid acks,
 * that a take-back succeeds only for the requested frame, and that no descriptor leaks.
 */
#include "../frame.h"
#include <assert.h>
#include <dirent.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>

static int open_descriptors(void) {
  DIR *folder = opendir("/proc/self/fd");
  int count = 0;
  while (readdir(folder) != NULL) count++;
  closedir(folder);
  return count;
}

/* Sends `data` unchanged, with `count` descriptors, which frame_send would never do. */
static void send_anything(int lane, const uint8_t *data, size_t size, unsigned count) {
  static int null = -1;
  if (null == -1) null = open("/dev/null", O_RDONLY | O_CLOEXEC);
  union { char bytes[CMSG_SPACE(253 * sizeof(int))]; struct cmsghdr align; } control = { { 0 } };
  struct iovec part = { .iov_base = (void *) data, .iov_len = size };
  struct msghdr message = { .msg_iov = &part, .msg_iovlen = 1 };
  if (count > 0) {
    message.msg_control = control.bytes;
    message.msg_controllen = CMSG_SPACE(count * sizeof(int));
    struct cmsghdr *rights = CMSG_FIRSTHDR(&message);
    rights->cmsg_level = SOL_SOCKET;
    rights->cmsg_type = SCM_RIGHTS;
    rights->cmsg_len = CMSG_LEN(count * sizeof(int));
    for (unsigned i = 0; i < count; i++) memcpy(CMSG_DATA(rights) + i * sizeof(int), &null, sizeof(int));
  }
  sendmsg(lane, &message, MSG_DONTWAIT | MSG_NOSIGNAL);
}

/* Takes a message back from the worker's end as the frame with some number, with that end shut down or not. */
static void fuzz_take_back(const uint8_t *data, size_t size, int ends[2]) {
  struct frame_header header = { .number = data[0] };
  uint64_t number = data[1] >> 2;
  bool sends = size > 2, shuts = data[1] & 2;
  size_t length = size < sizeof(header) ? size : sizeof(header);
  if (data[1] & 1) memcpy(&header, data, length);
  else length = sizeof(header);
  if (sends) send_anything(ends[0], (uint8_t *) &header, length, data[0] % 254);
  if (shuts) shutdown(ends[1], SHUT_RD);
  int result = frame_take_back(ends[1], number);
  if (sends) assert(result == (length == sizeof(header) && header.number == number ? 1 : -EPROTO));
  else assert(result == (shuts ? 0 : -EAGAIN));
  assert(frame_take_back(ends[1], number) == (shuts ? 0 : -EAGAIN));
  if (!shuts) for (unsigned i = 0; i < data[0] % 8u; i++) send_anything(ends[0], data, size, data[1] % 254);
  frame_discard(ends[1]);
  assert(frame_take_back(ends[1], number) == (shuts ? 0 : -EAGAIN));
}

/* Any bytes, or a valid ack with some fields changed by the data; with descriptors, which an ack never has. */
static void fuzz_ack(const uint8_t *data, size_t size, int ends[2]) {
  uint8_t message[sizeof(struct ack) + 8] = { 0 };
  size_t length = data[1] & 4 ? sizeof(struct ack) : size < sizeof(message) ? size : sizeof(message);
  for (size_t i = 0; i < length && i < size; i++) message[i] ^= data[i];
  send_anything(ends[1], message, length, data[0] % 4);
  struct ack ack, sent;
  memcpy(&sent, message, sizeof(sent));
  int received = ack_receive(ends[0], &ack);
  assert(received == 1 || received == -EPROTO);
  if (received == 1) assert(length == sizeof(ack) && ack.leaving <= 1 && ack.reserved == 0);
  else if (length == sizeof(ack)) assert(sent.leaving > 1 || sent.reserved != 0);
  assert(ack_receive(ends[0], &ack) == -EAGAIN);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  if (size < 2) return 0;
  int ends[2];
  if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, ends) == -1) abort();
  unsigned descriptors = data[0] % 254;
  int before = -1;
  if (data[1] & 1) {
    /* A valid header with some fields changed by the rest of the data. */
    struct frame frame = { .header = { .number = 1, .count = descriptors, .key_length = 0 } };
    size_t length = size - 2 < sizeof(frame.header) ? size - 2 : sizeof(frame.header);
    uint8_t message[sizeof(frame.header) + 1024];
    memcpy(message, &frame.header, sizeof(frame.header));
    for (size_t i = 0; i < length; i++) message[i] ^= data[2 + i];
    size_t key = size - 2 - length < 1024 ? size - 2 - length : 1024;
    memcpy(message + sizeof(frame.header), data + 2 + length, key);
    if (data[1] & 2) ((struct frame_header *) message)->key_length = (uint32_t) key;
    send_anything(ends[0], message, sizeof(frame.header) + key, descriptors);
  } else {
    send_anything(ends[0], data + 2, size - 2, descriptors);
  }
  static int opened = 0; /* the first call opens /dev/null */
  if (opened) before = open_descriptors();
  opened = 1;
  struct frame frame;
  int received = frame_receive(ends[1], &frame);
  assert(received == 1 || received == 0 || received == -EPROTO || received == -EAGAIN);
  if (received == 1) {
    assert(frame.header.count <= FRAME_SIZE && frame.arrived <= frame.header.count);
    assert(frame.header.key_length <= KEY_SIZE);
    for (uint32_t i = 0; i < frame.arrived; i++) assert(fcntl(frame.fds[i], F_GETFD) & FD_CLOEXEC);
    frame_close(&frame);
  } else {
    assert(frame.arrived == 0);
  }
  fuzz_take_back(data, size, ends);
  fuzz_ack(data, size, ends);
  if (before != -1) assert(open_descriptors() == before);
  close(ends[0]);
  close(ends[1]);
  (void) frame_send; (void) ack_send;
  return 0;
}
