/*
 * Fuzzes how the two ends of a lane handle a message: any bytes, any number of descriptors, in any number
 * of parts. Checks that a worker accepts only valid frames, that the primary accepts only valid acks, that it
 * accepts a returned frame with all its descriptors or leaves it in the lane, that a take-back succeeds only for
 * the requested frame, and that no descriptor leaks.
 */
#include "../frame.h"
#include <assert.h>
#include <dirent.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>

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

/* The text of the longest frame, and some more. */
#define MOST_TEXT (KEY_SIZE + NOTES_SIZE + 64)

struct sent { uint8_t bytes[sizeof(struct frame_header) + MOST_TEXT]; size_t length; unsigned descriptors; };

/* Any bytes, or a valid header with some fields changed by the rest of the data, and a text that may be too long. */
static const struct sent *make_message(const uint8_t *data, size_t size) {
  static struct sent sent;
  sent.descriptors = data[0] % 254;
  if ((data[1] & 1) == 0) {
    memcpy(sent.bytes, data + 2, sent.length = size - 2);
    return &sent;
  }
  struct frame_header header = { .number = 1, .count = sent.descriptors };
  size_t changed = size - 2 < sizeof(header) ? size - 2 : sizeof(header);
  size_t rest = size - 2 - changed, text = data[1] & 4 ? rest * 80 : rest;
  if (text > MOST_TEXT) text = MOST_TEXT;
  for (size_t i = 0; i < changed; i++) ((uint8_t *) &header)[i] ^= data[2 + i];
  if (data[1] & 2) {
    header.key_length = (uint32_t) (text < data[0] ? text : data[0]);
    header.notes_length = (uint32_t) text - header.key_length;
    if (data[1] & 8) header.reserved = 0;
    if (data[1] & 16) header.count = sent.descriptors;
  }
  memcpy(sent.bytes, &header, sizeof(header));
  for (size_t i = 0; i < text; i++) sent.bytes[sizeof(header) + i] = data[2 + changed + i % rest];
  sent.length = sizeof(header) + text;
  return &sent;
}

static void check_frame(const struct frame *frame, const struct sent *sent) {
  const struct frame_header *header = &frame->header;
  assert(header->count <= FRAME_SIZE && frame->arrived <= header->count && header->reserved == 0);
  assert(header->key_length <= KEY_SIZE && header->notes_length <= NOTES_SIZE);
  assert(sizeof(*header) + header->key_length + header->notes_length == sent->length);
  assert(memcmp(header, sent->bytes, sizeof(*header)) == 0 && memcmp(frame->text, sent->bytes + sizeof(*header), sent->length - sizeof(*header)) == 0);
  for (uint32_t i = 0; i < frame->arrived; i++) assert(fcntl(frame->fds[i], F_GETFD) & FD_CLOEXEC);
}

/* Allows this process so many more descriptors, at most. */
static void limit_room(int room) {
  static struct rlimit limit;
  if (limit.rlim_max == 0) getrlimit(RLIMIT_NOFILE, &limit);
  int lowest = room < 0 ? -1 : fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 0);
  if (lowest != -1) close(lowest);
  struct rlimit now = { .rlim_cur = room < 0 ? limit.rlim_cur : (rlim_t) (lowest + room), .rlim_max = limit.rlim_max };
  assert(setrlimit(RLIMIT_NOFILE, &now) == 0);
}

/* As a worker receives a frame. If there is no room for all descriptors, the first ones arrive. */
static void fuzz_receive(const struct sent *sent, int ends[2]) {
  static struct frame frame;
  send_anything(ends[0], sent->bytes, sent->length, sent->descriptors);
  int received = frame_receive(ends[1], &frame);
  assert(received == (sent->length == 0 ? 0 : 1) || received == -EPROTO);
  if (received == 1) check_frame(&frame, sent);
  else assert(frame.arrived == 0);
  frame_close(&frame);
  assert(frame_receive(ends[1], &frame) == -EAGAIN);
}

/* As the primary receives one: all descriptors arrive, or the frame stays where it is. Another one comes behind it. */
static void fuzz_receive_whole(const struct sent *sent, int room, int ends[2]) {
  static struct frame frame, next = { .header = { .number = 7777, .key_length = 3 }, .text = "key" };
  int before = open_descriptors();
  send_anything(ends[0], sent->bytes, sent->length, sent->descriptors);
  assert(frame_send(ends[0], &next) == 0);
  limit_room(room);
  int received = frame_receive_whole(ends[1], &frame);
  limit_room(-1);
  if (received == -EMFILE) {
    assert(frame.arrived == 0 && open_descriptors() == before && room < (int) sent->descriptors);
    received = frame_receive_whole(ends[1], &frame);
    assert(received == 1 || received == -EPROTO); /* the latter for more descriptors than it may have */
  }
  if (received == 1) {
    check_frame(&frame, sent);
    assert(frame.arrived == frame.header.count && frame.arrived == sent->descriptors);
  } else {
    assert(frame.arrived == 0 && received == -EPROTO); /* also for an empty message, which is no closed end */
  }
  frame_close(&frame);
  assert(open_descriptors() == before);
  assert(frame_receive_whole(ends[1], &frame) == 1 && frame.header.number == 7777 && frame.arrived == 0);
  assert(frame_receive_whole(ends[1], &frame) == -EAGAIN);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  if (size < 2) return 0;
  int ends[2];
  if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, ends) == -1) abort();
  const struct sent *sent = make_message(data, size);
  fuzz_receive(sent, ends); /* the first call opens /dev/null */
  int before = open_descriptors();
  fuzz_receive(sent, ends);
  fuzz_receive_whole(sent, data[1] & 32 ? data[1] >> 6 << 5 | data[0] >> 3 : 512, ends);
  fuzz_take_back(data, size, ends);
  fuzz_ack(data, size, ends);
  assert(open_descriptors() == before);
  shutdown(ends[0], SHUT_RDWR);
  struct frame frame;
  assert(frame_receive_whole(ends[1], &frame) == 0 && frame.arrived == 0);
  close(ends[0]);
  close(ends[1]);
  (void) ack_send;
  return 0;
}
