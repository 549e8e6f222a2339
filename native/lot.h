/*
 * Idle connections of a worker, parked where a thread can get at them while the event loop is blocked.
 * Plain system calls and threads, without Node: the test for data races uses this file too.
 *
 * Nobody reads from a parked connection. It is in an epoll set, which the event loop and the thread both
 * watch. Either has to claim a connection by compare-and-swap before it may use it:
 *
 *     FREE ─park─→ PARKED ─the loop: claim, unpark─→ FREE
 *                    │ ▲
 *                    │ └─ the send has failed
 *                    └─the thread: claim─→ MOVING ─sent─→ MOVED ─the loop: collect, unpark─→ FREE
 *
 * The descriptor stays open, with its number, until the event loop has made the space free: it waits for a
 * thread that is at MOVING.
 */
#ifndef SHARED_FASTIFY_LOT_H
#define SHARED_FASTIFY_LOT_H

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <time.h>
#include "frame.h"

/* The most parked connections. Further ones stay with the event loop, and are not rescued. */
#define LOT_SIZE 4096
/* A key, and the notes of one connection: a number, and up to 100 characters in JSON. */
#define SPACE_NOTES 704

/* The reasons that frames of the return lane give as their number (REASONS in lib/protocol.ts), and the
 * message "requests wait here", which has no connections. */
enum { RETURN_RESCUE = 2, RETURN_WANT = 3 };

/* Nanoseconds between two looks at an event loop that was waiting for a CPU. */
#define LOT_TICK 500000
/* Milliseconds to wait for an invitation. */
#define LOT_INVITATION 4
/* The longest pause between two messages "requests wait here", in patiences, while nobody has time. */
#define LOT_MOST_PAUSE 16

enum { SPACE_FREE, SPACE_PARKED, SPACE_MOVING, SPACE_MOVED };

struct space {
  _Atomic int state;
  int fd;
  uint32_t key_length, notes_length;
  char key[KEY_SIZE], notes[SPACE_NOTES];
};

struct lot {
  int set;         /* the epoll set; its data are places, or LOT_SIZE for `stop` */
  int lane;        /* the worker's end of the return lane */
  int wake;        /* an eventfd that tells the event loop of moved connections */
  int stop;        /* an eventfd that ends the thread */
  int schedule;    /* the schedstat of the event loop's thread, or -1 */
  int64_t patience; /* nanoseconds */
  atomic_bool stopped;
  _Atomic uint64_t turns; /* of the event loop */
  struct space *spaces;
  uint32_t used;   /* the places below this have been used; for the event loop alone */
};

static int64_t lot_now(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (int64_t) now.tv_sec * 1000000000 + now.tv_nsec;
}

static void lot_close(struct lot *lot) {
  int fds[] = { lot->set, lot->wake, lot->stop, lot->schedule };
  for (unsigned i = 0; i < sizeof(fds) / sizeof(*fds); i++) if (fds[i] != -1) close(fds[i]);
  free(lot->spaces);
  free(lot);
}

/* Makes a lot for the calling thread's event loop. Returns NULL with errno set. */
static struct lot *lot_open(int lane, int64_t patience) {
  struct lot *lot = calloc(1, sizeof(*lot));
  if (lot == NULL) return NULL;
  char path[64];
  snprintf(path, sizeof(path), "/proc/self/task/%d/schedstat", (int) getpid());
  lot->lane = lane;
  lot->patience = patience;
  lot->set = epoll_create1(EPOLL_CLOEXEC);
  lot->wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  lot->stop = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  lot->schedule = open(path, O_RDONLY | O_CLOEXEC);
  lot->spaces = calloc(LOT_SIZE, sizeof(*lot->spaces)); /* most of it is never touched */
  struct epoll_event event = { .events = EPOLLIN, .data.u32 = LOT_SIZE };
  if (lot->set != -1 && lot->wake != -1 && lot->stop != -1 && lot->spaces != NULL &&
      epoll_ctl(lot->set, EPOLL_CTL_ADD, lot->stop, &event) == 0) return lot;
  int error = errno;
  lot_close(lot);
  errno = error;
  return NULL;
}

/* ------------------------------------------------------------------ the event loop */

/* The caller has filled the space in, and nothing reads from its descriptor. Returns 0, or -errno. */
static int lot_park(struct lot *lot, uint32_t place) {
  struct space *space = &lot->spaces[place];
  struct epoll_event event = { .events = EPOLLIN | EPOLLRDHUP, .data.u32 = place };
  if (place >= lot->used) lot->used = place + 1;
  /* Into the set first. The thread may know this place from an earlier connection: if it claimed this one in
   * between, it would take it out of the set before it is in, and the set would keep it for ever; and it might
   * have sent it when the set rejects it. */
  if (epoll_ctl(lot->set, EPOLL_CTL_ADD, space->fd, &event) == -1) return -errno;
  atomic_store(&space->state, SPACE_PARKED);
  return 0;
}

static bool lot_claim(struct lot *lot, uint32_t place, int into) {
  int parked = SPACE_PARKED;
  return atomic_compare_exchange_strong(&lot->spaces[place].state, &parked, into);
}

/* Makes the space free. Returns whether the connection is still this process's; if not, it has been moved. */
static bool lot_unpark(struct lot *lot, uint32_t place) {
  struct space *space = &lot->spaces[place];
  while (!lot_claim(lot, place, SPACE_FREE)) {
    int state = atomic_load(&space->state);
    if (state == SPACE_MOVED) {
      atomic_store(&space->state, SPACE_FREE);
      return false;
    }
    if (state == SPACE_FREE) return true;
    sched_yield(); /* the thread is sending it, which does not block */
  }
  epoll_ctl(lot->set, EPOLL_CTL_DEL, space->fd, NULL);
  return true;
}

/* Claims those on which something has arrived, and writes their places. Returns their number. */
static uint32_t lot_readable(struct lot *lot, int32_t *places) {
  struct epoll_event ready[FRAME_SIZE];
  uint32_t count = 0;
  int found = epoll_wait(lot->set, ready, FRAME_SIZE, 0);
  for (int i = 0; i < found; i++) {
    uint32_t place = ready[i].data.u32;
    if (place == LOT_SIZE || !lot_claim(lot, place, SPACE_FREE)) continue;
    epoll_ctl(lot->set, EPOLL_CTL_DEL, lot->spaces[place].fd, NULL);
    places[count++] = (int32_t) place;
  }
  return count;
}

/* Makes the spaces of moved connections free, and writes their places. Returns their number, at most a frame's. */
static uint32_t lot_moved(struct lot *lot, int32_t *places) {
  uint32_t count = 0;
  for (uint32_t place = 0; place < lot->used && count < FRAME_SIZE; place++) {
    int moved = SPACE_MOVED;
    if (atomic_compare_exchange_strong(&lot->spaces[place].state, &moved, SPACE_FREE)) places[count++] = (int32_t) place;
  }
  return count;
}

/* ------------------------------------------------------------------ the thread */

/* Sleeps until the lot ends, at the latest: the process waits for the thread when it exits. */
static void lot_sleep(struct lot *lot, int64_t time) {
  struct timespec left = { .tv_sec = time / 1000000000, .tv_nsec = time % 1000000000 };
  struct pollfd stop = { .fd = lot->stop, .events = POLLIN };
  /* An app may close descriptors that it does not own, and then poll does not wait. */
  if (ppoll(&stop, 1, &left, NULL) != 0 && !atomic_load(&lot->stopped)) nanosleep(&left, NULL);
}

/* Nanoseconds that the event loop's thread has waited for a CPU. Always 0 if the kernel does not tell. */
static int64_t lot_waited(const struct lot *lot) {
  char text[96] = { 0 };
  if (lot->schedule == -1 || pread(lot->schedule, text, sizeof(text) - 1, 0) <= 0) return 0;
  char *second = strchr(text, ' ');
  return second == NULL ? 0 : (int64_t) strtoull(second + 1, NULL, 10);
}

/* Waits for the patience. Returns whether the event loop has made no turn in that time, not counting the time in which it waited for a CPU. */
static bool lot_stands_still(struct lot *lot, uint64_t turn) {
  int64_t began = lot_now(), waited = lot_waited(lot);
  for (int64_t time = lot->patience;; time = LOT_TICK) {
    lot_sleep(lot, time);
    if (atomic_load(&lot->turns) != turn || atomic_load(&lot->stopped)) return false;
    if (lot_now() - began - (lot_waited(lot) - waited) >= lot->patience) return true;
  }
}

/* Tells the primary that requests wait here. Returns how many connections it invites, or -1 if it is gone. */
static int lot_ask(struct lot *lot) {
  struct frame frame;
  int received;
  while ((received = frame_receive(lot->lane, &frame)) == 1) frame_close(&frame); /* outdated invitations */
  if (received != -EAGAIN) return -1;
  memset(&frame.header, 0, sizeof(frame.header));
  frame.header.number = RETURN_WANT;
  if (frame_send(lot->lane, &frame) != 0) return 0;
  struct pollfd polled = { .fd = lot->lane, .events = POLLIN };
  if (poll(&polled, 1, LOT_INVITATION) <= 0) return 0;
  received = frame_receive(lot->lane, &frame);
  if (received == -EAGAIN) return 0;
  if (received != 1) return -1;
  frame_close(&frame);
  return (int) (frame.header.number > FRAME_SIZE ? FRAME_SIZE : frame.header.number);
}

/* Whether a request waits there. If the client is gone, or has closed its half, none does. */
static bool lot_waits(int fd) {
  struct pollfd polled = { .fd = fd, .events = POLLIN | POLLRDHUP };
  return poll(&polled, 1, 0) == 1 && polled.revents == POLLIN;
}

static bool lot_move(struct lot *lot, uint32_t place) {
  struct space *space = &lot->spaces[place];
  if (!lot_claim(lot, place, SPACE_MOVING)) return false;
  step("claimed");
  /* The event loop may have run, and parked another connection here. The set does not tell: with more
   * requests than fit into one look, it shows others each time. */
  if (!lot_waits(space->fd)) {
    atomic_store(&space->state, SPACE_PARKED);
    return false;
  }
  struct frame frame;
  memset(&frame.header, 0, sizeof(frame.header));
  frame.header.number = RETURN_RESCUE;
  frame.header.count = 1;
  frame.header.key_length = space->key_length;
  frame.header.notes_length = space->notes_length;
  memcpy(frame.text, space->key, space->key_length);
  memcpy(frame.text + space->key_length, space->notes, space->notes_length);
  frame.fds[0] = space->fd;
  if (frame_send(lot->lane, &frame) != 0) {
    atomic_store(&space->state, SPACE_PARKED);
    return false;
  }
  step("moving");
  epoll_ctl(lot->set, EPOLL_CTL_DEL, space->fd, NULL);
  atomic_store(&space->state, SPACE_MOVED);
  step("moved");
  return true;
}

/* Moves connections on which requests have waited, as many as are invited. Returns the number moved, or -1 if the primary is gone. */
static int lot_rescue(struct lot *lot, uint64_t turn, const uint32_t *places, int count) {
  int invited = count > 0 ? lot_ask(lot) : 0, moved = 0;
  if (invited <= 0) return invited;
  for (int i = 0; i < count && moved < invited && atomic_load(&lot->turns) == turn; i++) if (lot_move(lot, places[i])) moved++;
  uint64_t one = 1;
  if (moved > 0) (void) !write(lot->wake, &one, sizeof(one));
  return moved;
}

/* The places among `ready` whose clients are there. Returns their number. */
static int lot_places(const struct epoll_event *ready, int found, uint32_t *places) {
  int count = 0;
  for (int i = 0; i < found; i++) {
    if (ready[i].data.u32 != LOT_SIZE && (ready[i].events & (EPOLLRDHUP | EPOLLHUP | EPOLLERR)) == 0) places[count++] = ready[i].data.u32;
  }
  return count;
}

/* Waits for requests on parked connections, and moves them if the event loop does not take them. */
static void lot_watch(struct lot *lot) {
  struct epoll_event ready[FRAME_SIZE];
  uint32_t places[FRAME_SIZE];
  int pause = 0;
  while (!atomic_load(&lot->stopped)) {
    int found = epoll_wait(lot->set, ready, FRAME_SIZE, -1);
    if (found == -1) lot_sleep(lot, lot->patience); /* a filter, or an app that has closed the set, would let this spin */
    if (found <= 0 || atomic_load(&lot->stopped)) continue;
    uint64_t turn = atomic_load(&lot->turns);
    if (!lot_stands_still(lot, turn)) continue;
    int moved = lot_rescue(lot, turn, places, lot_places(ready, found, places));
    if (moved < 0) return;
    pause = moved > 0 ? 0 : pause == 0 ? 1 : pause < LOT_MOST_PAUSE ? pause * 2 : pause;
    for (int i = 0; i < pause && atomic_load(&lot->turns) == turn && !atomic_load(&lot->stopped); i++) lot_sleep(lot, lot->patience);
  }
}

static void lot_end(struct lot *lot) {
  uint64_t one = 1;
  atomic_store(&lot->stopped, true);
  (void) !write(lot->stop, &one, sizeof(one));
}

#endif
