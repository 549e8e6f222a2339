/*
 * Plays everything that touches a lot (lot.h) at the same time, for the sanitizers: an event loop (the main
 * thread), the thread that moves connections, a primary, and clients. Checks that each request is answered
 * exactly once, that nobody reads from a connection of somebody else, and that neither a descriptor nor a
 * registration in the epoll set is left over.
 *
 *     clients ─request→ event loop ─parks→ lot ─rescued→ primary ─given back→ event loop
 *
 * Whatever the threads tell each other beside the lot is in relaxed atomics and pipes, so that it does not
 * order what the lot has to order by itself.
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <pthread.h>
#include <stdint.h>
#include <time.h>

/* Now and then each step takes a while, so that the other threads get there in the middle. */
#define step(name) do { \
  static __thread uint32_t steps_; \
  if (++steps_ % 4 == 0) nanosleep(&(struct timespec) { .tv_nsec = 300000 }, NULL); \
} while (0)
#define fails(name) false
#include "../lot.h"

#define CONNECTIONS 220 /* more than three frames: the readable ones do not all fit into one look */
#define PATIENCE 1000000 /* nanoseconds */
#define HELD 64

enum { OF_NOBODY, OF_LOOP, OF_PRIMARY };

/* A request, and its answer: which connection, which of its requests, and who answers. */
struct message { uint32_t connection, number, by; };

struct connection {
  _Atomic int owner;
  _Atomic bool closing; /* the event loop closes it: a request may be lost with it, as at a keepAliveTimeout */
  _Atomic bool ended;   /* its owner has closed it */
  /* the clients' */
  int client;
  uint32_t sent, answered;
  bool gone;
  /* the event loop's */
  int fd, place;
};

static struct connection connections[CONNECTIONS];
static struct lot *lot;
static int primary_end, to_loop[2];
static atomic_bool over, answered, ended;
static struct { uint64_t loop, unparked, late, moved, closed, rescued, held, wants, again; } counts;

static void check(bool is, const char *what) {
  if (is) return;
  fprintf(stderr, "lot: %s\n", what);
  _exit(1); /* without the handlers of the sanitizers, which wait for threads */
}

/* Each thread has numbers of its own. */
static uint32_t any(uint32_t *seed, uint32_t below) {
  *seed = *seed * 1664525 + 1013904223;
  return (*seed >> 8) % below;
}

static void nap(int64_t time) {
  nanosleep(&(struct timespec) { .tv_nsec = time }, NULL);
}

static void own(struct connection *connection, int from, int to) {
  check(atomic_exchange_explicit(&connection->owner, to, memory_order_relaxed) == from, "a connection has two owners");
}

/* Answers what has arrived. Returns whether the connection is open. */
static bool serve(uint32_t id, int fd, int as, uint32_t *served) {
  struct message message;
  for (;;) {
    ssize_t size = recv(fd, &message, sizeof(message), MSG_DONTWAIT);
    if (size == 0 || (size == -1 && errno == ECONNRESET)) return false;
    if (size == -1) return check(errno == EAGAIN, "a connection cannot be read from"), true;
    check(atomic_load_explicit(&connections[id].owner, memory_order_relaxed) == as, "a connection is read from by somebody else");
    check(size == sizeof(message) && message.connection == id, "a request of another connection");
    message.by = (uint32_t) as;
    (void) !send(fd, &message, sizeof(message), MSG_DONTWAIT | MSG_NOSIGNAL); /* the client may be gone */
    ++*served;
  }
}

/* ------------------------------------------------------------------ the clients */

/* Connects, in place of a connection that has ended. */
static void connects(uint32_t id) {
  struct connection *connection = &connections[id];
  int ends[2];
  check(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, ends) == 0, "no connection");
  connection->client = ends[0];
  connection->sent = connection->answered = 0;
  connection->gone = false;
  atomic_store_explicit(&connection->closing, false, memory_order_relaxed);
  atomic_store_explicit(&connection->ended, false, memory_order_relaxed);
  own(connection, OF_NOBODY, OF_LOOP);
  check(write(to_loop[1], (int[]) { (int) id, ends[1] }, 2 * sizeof(int)) == 2 * sizeof(int), "no pipe");
}

static void *clients_run(void *data) {
  uint32_t seed = 1, waiting;
  do {
    waiting = 0;
    bool last = atomic_load_explicit(&over, memory_order_relaxed);
    uint32_t burst = any(&seed, 8) == 0 ? 2 : 40; /* now and then most of them have a request */
    for (uint32_t id = 0; id < CONNECTIONS; id++) {
      struct connection *connection = &connections[id];
      struct message message;
      ssize_t size = connection->gone ? 0 : recv(connection->client, &message, sizeof(message), MSG_DONTWAIT);
      if (size == 0 || (size == -1 && errno == ECONNRESET)) {
        if (!connection->gone) {
          check(atomic_load_explicit(&connection->closing, memory_order_relaxed), "a connection was closed");
          close(connection->client);
          connection->gone = true;
        }
        if (!last && atomic_load_explicit(&connection->ended, memory_order_relaxed)) connects(id);
      } else if (size > 0) {
        check(size == sizeof(message) && message.connection == id && message.number == connection->answered, "not the next answer");
        connection->answered++;
      } else if (connection->sent > connection->answered) {
        waiting++;
      } else if (!last && any(&seed, 300) == 0) { /* leaves, and may leave a request behind */
        message = (struct message) { id, connection->sent, 0 };
        if (any(&seed, 2) == 0) (void) !send(connection->client, &message, sizeof(message), MSG_NOSIGNAL);
        close(connection->client);
        connection->gone = true;
      } else if (!last && any(&seed, burst) == 0) {
        message = (struct message) { id, connection->sent, 0 };
        if (send(connection->client, &message, sizeof(message), MSG_NOSIGNAL) > 0) connection->sent++;
      }
    }
    nap(any(&seed, 400000));
  } while (waiting > 0 || !atomic_load_explicit(&over, memory_order_relaxed));
  atomic_store(&answered, true);
  (void) data;
  return NULL;
}

/* ------------------------------------------------------------------ the primary */

static void *primary_run(void *data) {
  struct frame frame;
  struct { uint32_t id; int fd; uint32_t served; } held[HELD];
  uint32_t seed = 2, count = 0;
  while (!atomic_load_explicit(&ended, memory_order_relaxed)) {
    struct pollfd polled = { .fd = primary_end, .events = POLLIN };
    int received = poll(&polled, 1, 1) > 0 ? frame_receive_whole(primary_end, &frame) : -EAGAIN;
    if (received == 1 && frame.header.number == RETURN_WANT) {
      check(frame.header.count == 0, "a want with connections");
      counts.wants++;
      uint32_t answer = any(&seed, 8);
      frame.header.number = answer == 1 ? 1000 : any(&seed, HELD - count + 1) % 9;
      if (answer == 2) nap((LOT_INVITATION + 2) * 1000000); /* too late */
      if (answer != 3) frame_send(primary_end, &frame);
    } else if (received == 1) {
      check(frame.header.number == RETURN_RESCUE && frame.arrived == 1, "not a rescued connection");
      uint32_t id, served = 0;
      check(frame.header.key_length == 3 && memcmp(frame.text, "key", 3) == 0 && frame.header.notes_length == sizeof(id), "not the notes of a connection");
      memcpy(&id, frame.text + 3, sizeof(id));
      own(&connections[id], OF_LOOP, OF_PRIMARY);
      bool open = serve(id, frame.fds[0], OF_PRIMARY, &served);
      check(served > 0, "a connection was moved without a request");
      counts.rescued++;
      if (open && count < HELD) {
        held[count].id = id;
        held[count].fd = frame.fds[0];
        held[count++].served = 0;
      } else if (open) { /* more than invited, by late invitations: back at once */
        own(&connections[id], OF_PRIMARY, OF_LOOP);
        check(write(to_loop[1], (int[]) { (int) id, frame.fds[0] }, 2 * sizeof(int)) > 0, "no pipe");
      } else {
        close(frame.fds[0]);
        own(&connections[id], OF_PRIMARY, OF_NOBODY);
        atomic_store_explicit(&connections[id].ended, true, memory_order_relaxed);
      }
    } else {
      check(received == -EAGAIN, "the return lane is broken");
    }
    for (uint32_t i = count; i-- > 0;) {
      bool open = serve(held[i].id, held[i].fd, OF_PRIMARY, &held[i].served);
      if (open && held[i].served < 2 && any(&seed, 20) != 0) continue;
      struct connection *connection = &connections[held[i].id];
      own(connection, OF_PRIMARY, open ? OF_LOOP : OF_NOBODY);
      counts.held += held[i].served;
      if (open) {
        check(write(to_loop[1], (int[]) { (int) held[i].id, held[i].fd }, 2 * sizeof(int)) > 0, "no pipe");
      } else {
        close(held[i].fd);
        atomic_store_explicit(&connection->ended, true, memory_order_relaxed);
      }
      held[i] = held[--count];
    }
  }
  for (uint32_t i = 0; i < count; i++) close(held[i].fd);
  (void) data;
  return NULL;
}

/* ------------------------------------------------------------------ the event loop */

static int32_t places[LOT_SIZE]; /* the free ones */
static uint32_t free_places;
static int32_t parked[LOT_SIZE]; /* the connection at each place */

static void loop_close(struct connection *connection) {
  close(connection->fd); /* from now on another thread may get its number */
  connection->fd = -1;
  counts.closed++;
}

/* Its connection is somebody else's by now. Closes this copy, as Node does with a socket that was sent. */
static void loop_moved(struct connection *connection) {
  places[free_places++] = connection->place;
  connection->place = -1;
  loop_close(connection);
  counts.moved++;
}

static void loop_takes(struct connection *connection) {
  places[free_places++] = connection->place;
  connection->place = -1;
  check(atomic_load_explicit(&connection->owner, memory_order_relaxed) == OF_LOOP, "a connection was claimed twice");
}

static void loop_end(struct connection *connection) {
  atomic_store_explicit(&connection->closing, true, memory_order_relaxed);
  own(connection, OF_LOOP, OF_NOBODY);
  loop_close(connection);
  atomic_store_explicit(&connection->ended, true, memory_order_relaxed);
}

static void loop_park(uint32_t id) {
  struct connection *connection = &connections[id];
  int32_t place = places[--free_places];
  struct space *space = &lot->spaces[place];
  space->fd = connection->fd;
  memcpy(space->key, "key", space->key_length = 3);
  memcpy(space->notes, &id, space->notes_length = sizeof(id));
  check(lot_park(lot, (uint32_t) place) == 0, "cannot park");
  connection->place = place;
  parked[place] = (int32_t) id;
}

/* One turn of the event loop, or only its timers. */
static void loop_turn(uint32_t *seed, bool looks) {
  struct pollfd polled[] = { { .fd = lot->set, .events = POLLIN }, { .fd = lot->wake, .events = POLLIN }, { .fd = to_loop[0], .events = POLLIN } };
  int32_t found[FRAME_SIZE];
  int given[2];
  uint64_t number;
  if (looks) poll(polled, 3, 1);
  if (polled[2].revents != 0) while (read(to_loop[0], given, sizeof(given)) == sizeof(given)) {
    struct connection *connection = &connections[given[0]];
    if (connection->place != -1) { /* given back before the news that it was moved */
      counts.again++;
      check(!lot_unpark(lot, (uint32_t) connection->place), "a connection was moved, and was not");
      loop_moved(connection);
    }
    check(connection->fd == -1, "a connection came twice");
    connection->fd = given[1];
    }
  if (polled[0].revents != 0) {
    uint32_t count = lot_readable(lot, found);
    for (uint32_t i = 0; i < count; i++) loop_takes(&connections[parked[found[i]]]);
    counts.loop += count;
  }
  if (polled[1].revents != 0) {
    (void) !read(lot->wake, &number, sizeof(number));
    for (uint32_t count = FRAME_SIZE; count == FRAME_SIZE;) {
      count = lot_moved(lot, found);
      for (uint32_t i = 0; i < count; i++) loop_moved(&connections[parked[found[i]]]);
    }
  }
  uint32_t spared = any(seed, 30) == 0 ? 2 : 200; /* now and then it wants many, as for a drain */
  for (uint32_t id = 0; id < CONNECTIONS; id++) {
    struct connection *connection = &connections[id];
    uint32_t served = 0;
    if (connection->fd == -1) continue;
    if (connection->place != -1) {
      if (any(seed, spared) != 0) continue;
      counts.unparked++;
      if (!lot_unpark(lot, (uint32_t) connection->place)) {
        counts.late++;
        loop_moved(connection);
        continue;
      }
      loop_takes(connection);
    }
    if (any(seed, 5000) == 0 || !serve(id, connection->fd, OF_LOOP, &served)) loop_end(connection);
    else if (served == 0 && any(seed, 3) == 0) loop_park(id);
  }
  atomic_fetch_add_explicit(&lot->turns, 1, memory_order_release);
}

static void *watch_run(void *data) {
  lot_watch(data);
  return NULL;
}

static unsigned descriptors(void) {
  DIR *folder = opendir("/proc/self/fd");
  unsigned count = 0;
  while (readdir(folder) != NULL) count++;
  closedir(folder);
  return count;
}

/* The number of descriptors in an epoll set. */
static unsigned registered(int set) {
  char path[64], line[256];
  unsigned count = 0;
  snprintf(path, sizeof(path), "/proc/self/fdinfo/%d", set);
  FILE *file = fopen(path, "re");
  while (fgets(line, sizeof(line), file) != NULL) count += strncmp(line, "tfd:", 4) == 0;
  fclose(file);
  return count;
}

int main(int count, char **args) {
  int64_t duration = (int64_t) (count > 1 ? atoi(args[1]) : 5) * 1000000000;
  pthread_t watch, primary, clients;
  int lane[2];
  uint32_t seed = 3;
  unsigned before = descriptors();
  check(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, lane) == 0 && pipe2(to_loop, O_CLOEXEC | O_NONBLOCK) == 0, "no channels");
  primary_end = lane[0];
  lot = lot_open(lane[1], PATIENCE);
  check(lot != NULL, "no lot");
  for (int32_t place = LOT_SIZE; place-- > 0;) places[free_places++] = place;
  for (uint32_t id = 0; id < CONNECTIONS; id++) {
    connections[id].fd = connections[id].place = -1;
    connects(id);
  }
  pthread_create(&watch, NULL, watch_run, lot);
  pthread_create(&primary, NULL, primary_run, NULL);
  pthread_create(&clients, NULL, clients_run, NULL);
  for (int64_t began = lot_now(); !atomic_load_explicit(&answered, memory_order_relaxed);) {
    loop_turn(&seed, any(&seed, 2) == 0);
    if (any(&seed, 10) == 0) nap(1000000 + any(&seed, 12000000)); /* blocked */
    int64_t spent = lot_now() - began;
    if (spent > duration) atomic_store_explicit(&over, true, memory_order_relaxed);
    check(spent < duration + INT64_C(60000000000), "a request was not answered");
  }
  pthread_join(clients, NULL);
  lot_end(lot);
  pthread_join(watch, NULL);
  atomic_store_explicit(&ended, true, memory_order_relaxed);
  pthread_join(primary, NULL);
  loop_turn(&seed, true);
  for (uint32_t id = 0; id < CONNECTIONS; id++) {
    struct connection *connection = &connections[id];
    if (connection->place != -1) lot_unpark(lot, (uint32_t) connection->place);
    if (connection->fd != -1) close(connection->fd);
    if (!connection->gone) close(connection->client);
  }
  check(registered(lot->set) == 1, "the epoll set has kept a connection");
  lot_close(lot);
  for (int i = 0; i < 2; i++) close(lane[i]), close(to_loop[i]);
  check(descriptors() == before, "a descriptor was leaked");
  printf("read by the event loop %lu, unparked %lu (%lu of them moved by then), moved %lu, closed %lu; wants %lu, rescued %lu, given back early %lu, served meanwhile %lu\n",
    counts.loop, counts.unparked, counts.late, counts.moved, counts.closed, counts.wants, counts.rescued, counts.again, counts.held);
  check(counts.loop > 0 && counts.rescued > 0 && counts.moved == counts.rescued, "the thread and the event loop did not both get connections");
  return 0;
}
