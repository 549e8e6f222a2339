/*
 * The floor: the native lane's primary in C, with only the system calls that the task needs. It
 * accepts in batches, deals round robin to the workers with credit, sends each worker's share in
 * one frame, and closes its descriptors on the ack. Pending connections are shared among all
 * workers, as in lib/primary/dealing/handoff.ts. No worker dies or stalls here.
 *
 * floor <port> <workers>, with the primary's end of each worker's lane from descriptor 3 on.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include "../native/frame.h"

#define KEY "floor"
#define FIRST_LANE 3
#define MOST_WORKERS 64
#define MOST_PENDING 65536 /* a power of two */
#define BACKLOG 511        /* Node's default */

struct worker {
  int lane;
  bool open;           /* it has an un-acked frame: no credit */
  struct frame frame;
};

static struct worker workers[MOST_WORKERS];
static int count;
static unsigned turn;
static int pending[MOST_PENDING];
static unsigned head, tail;

static void die(const char *what) {
  perror(what);
  exit(1);
}

static void push(int fd) {
  if (tail - head == MOST_PENDING) close(fd);
  else pending[tail++ % MOST_PENDING] = fd;
}

/* The next worker with credit that has not had its share, or NULL. */
static struct worker *next(unsigned share) {
  for (int i = 0; i < count; i++) {
    struct worker *worker = &workers[turn++ % (unsigned) count];
    if (!worker->open && worker->frame.header.count < share) return worker;
  }
  return NULL;
}

static void deal(void) {
  struct worker *worker;
  unsigned share = (tail - head + (unsigned) count - 1) / (unsigned) count;
  if (share > FRAME_SIZE) share = FRAME_SIZE;
  while (head != tail && (worker = next(share)) != NULL) {
    worker->frame.fds[worker->frame.header.count++] = pending[head++ % MOST_PENDING];
  }
  for (worker = workers; worker < workers + count; worker++) {
    struct frame *frame = &worker->frame;
    if (worker->open || frame->header.count == 0) continue;
    frame->header.number++;
    if (frame_send(worker->lane, frame) < 0) die("send");
    worker->open = true;
  }
}

static void accept_batch(int listener) {
  for (int i = 0; i < FRAME_SIZE; i++) {
    int fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
    if (fd != -1) push(fd);
    else if (errno == EAGAIN) break;
    else if (errno != EINTR && errno != ECONNABORTED) die("accept4");
  }
}

static void settle(struct worker *worker) {
  struct ack ack;
  int received = ack_receive(worker->lane, &ack);
  if (received == -EAGAIN) return;
  if (received != 1) exit(0); /* the workers are gone */
  for (uint32_t i = 0; i < worker->frame.header.count; i++) {
    if ((ack.refused >> i & 1) == 1) push(worker->frame.fds[i]);
    else close(worker->frame.fds[i]);
  }
  worker->frame.header.count = 0;
  worker->open = false;
}

static int listen_on(int port) {
  struct sockaddr_in address = { .sin_family = AF_INET, .sin_port = htons((uint16_t) port), .sin_addr = { htonl(INADDR_LOOPBACK) } };
  int yes = 1, fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (fd == -1 || setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof(yes)) == -1 ||
      bind(fd, (struct sockaddr *) &address, sizeof(address)) == -1 || listen(fd, BACKLOG) == -1) die("listen");
  return fd;
}

static void watch(int epoll, int fd, struct worker *worker) {
  struct epoll_event event = { .events = EPOLLIN, .data = { .ptr = worker } };
  if (epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event) == -1) die("epoll_ctl");
}

int main(int argc, char **argv) {
  if (argc != 3 || (count = atoi(argv[2])) < 1 || count > MOST_WORKERS) return 2;
  int epoll = epoll_create1(EPOLL_CLOEXEC);
  int listener = listen_on(atoi(argv[1]));
  watch(epoll, listener, NULL);
  for (int i = 0; i < count; i++) {
    workers[i].lane = FIRST_LANE + i;
    workers[i].frame.header.key_length = strlen(KEY);
    memcpy(workers[i].frame.text, KEY, strlen(KEY));
    watch(epoll, workers[i].lane, &workers[i]);
  }
  for (;;) {
    struct epoll_event events[MOST_WORKERS + 1];
    int ready = epoll_wait(epoll, events, MOST_WORKERS + 1, -1);
    for (int i = 0; i < ready; i++) {
      struct worker *worker = events[i].data.ptr;
      if (worker == NULL) accept_batch(listener);
      else settle(worker);
      deal();
    }
  }
}
