/*
 * The system calls of the native lane, for lib/lane/native/. The protocol is described in docs/LANES.md,
 * under "The native lane's protocol".
 *
 * In the primary: accepts in batches; makes a socket pair and a row of shared memory for each worker;
 * sends frames, reads acks, takes frames back. In a worker: receives frames, sends acks, writes the row,
 * and runs a thread that kills it after its primary has died (parent.h). Nothing but that thread blocks.
 * Every descriptor that is made here is close-on-exec, and has one owner: those passed to a callback
 * belong to JavaScript from then on.
 */
#define _GNU_SOURCE
#define NAPI_VERSION 8
#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include "frame.h"
#include "poller.h"

#ifndef MFD_NOEXEC_SEAL
#define MFD_NOEXEC_SEAL 0x0008U /* since Linux 6.3; some systems reject a memfd without it */
#endif

/*
 * For the tests of the protocol: FD_LANE_STEP names a file. While it contains "<step>:<number>", the first
 * process that reaches that step (and so can remove the file) gets the signal with that number there, or
 * the error, if the step is a system call. With "<step>:<number> always", every process that reaches the
 * step does.
 */
#ifdef FD_LANE_STEPS
static int step_value(const char *name) {
  const char *file = getenv("FD_LANE_STEP");
  size_t length = strlen(name);
  char text[64] = { 0 };
  int fd = file == NULL ? -1 : open(file, O_RDONLY | O_CLOEXEC);
  if (fd == -1) return 0;
  ssize_t size = read(fd, text, sizeof(text) - 1);
  close(fd);
  if (size <= 0 || strncmp(text, name, length) != 0 || text[length] != ':') return 0;
  if (strstr(text, " always") == NULL && unlink(file) != 0) return 0;
  return atoi(text + length + 1);
}
static void step(const char *name) {
  int signal = step_value(name);
  if (signal != 0) raise(signal);
}
static bool fails(const char *name) {
  int error = step_value(name);
  if (error != 0) errno = error;
  return error != 0;
}
/* Steps of functions that the primary calls too. */
static bool in_worker;
static void step_of_worker(const char *name) {
  if (in_worker) step(name);
}
#define mark_worker() ((void) (in_worker = true))
#else
#define step(name) ((void) 0)
#define step_of_worker(name) ((void) 0)
#define fails(name) false
#define mark_worker() ((void) 0)
#endif

#include "parent.h" /* contains a step */
#include "hold.h"
#include "notify.h"
#include "park.h" /* contains steps */

/* ------------------------------------------------------------------ the primary: accept */

/* Errors of a single connection, which is gone by then. accept(2) says to try the next one. */
static bool is_of_connection(int error) {
  switch (error) {
    case EINTR: case ECONNABORTED: case EPROTO: case ENETDOWN: case ENOPROTOOPT: case EHOSTDOWN:
    case ENONET: case EHOSTUNREACH: case EOPNOTSUPP: case ENETUNREACH: case EPERM: return true;
    default: return false;
  }
}

/*
 * Accepts a batch into `fds`. Returns the number of connections, and the error that ended the batch, if
 * any. An error of a single connection uses up one attempt. If a whole batch brings nothing but such
 * errors, the last one counts as the listener's: a filter (seccomp, BPF) may answer every accept with
 * EPERM.
 */
static int32_t accept_batch(struct poller *poller, int *error) {
  int32_t count = 0;
  int last = 0;
  *error = 0;
  for (int tries = 0; tries < FRAME_SIZE; tries++) {
    int fd = fails("accept") ? -1 : accept4(poller->fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
    if (fd != -1) {
      poller->fds[count++] = fd;
    } else if (errno == EAGAIN || errno == EWOULDBLOCK) {
      return count;
    } else if (is_of_connection(errno)) {
      last = -errno;
    } else {
      *error = -errno;
      return count;
    }
  }
  if (count == 0) *error = last;
  return count;
}

/* Accepts only one batch, so that acks of the workers are handled in between. */
static void on_connections(uv_poll_t *poll, int status, int events) {
  struct poller *poller = poll->data;
  int error = status;
  int32_t count = status < 0 ? 0 : accept_batch(poller, &error);
  /* At EMFILE the listener stays readable, so stop polling. JavaScript resumes it. */
  if (error < 0) uv_poll_stop(poll);
  if (count == 0 && error == 0) return;
  napi_handle_scope scope;
  napi_open_handle_scope(poller->env, &scope);
  call(poller, 2, (napi_value[]) { int32_value(poller->env, count), int32_value(poller->env, error) });
  napi_close_handle_scope(poller->env, scope);
  (void) events;
}

/* accept(listener): accepts a batch now; returns the number of descriptors in its `fds`, or the error if
 * there are none */
static napi_value js_accept(napi_env env, napi_callback_info info) {
  napi_value args[1];
  struct poller *poller;
  int error;
  if (!arguments(env, info, 1, args) || (poller = poller_of(env, args[0])) == NULL) return NULL;
  int32_t count = accept_batch(poller, &error);
  return int32_value(env, count == 0 ? error : count);
}

/* listen(fd, backlog, fds, onConnections(count, error)): returns a poller; throws listen(2)'s error */
static napi_value js_listen(napi_env env, napi_callback_info info) {
  napi_value args[4], object;
  int32_t fd, backlog, *fds;
  struct poller *poller;
  if (!arguments(env, info, 4, args) || !int32_of(env, args[0], &fd) || !int32_of(env, args[1], &backlog) ||
      !fds_of(env, args[2], &fds)) return NULL;
  if (listen(fd, backlog) == -1) return fail(env, "listen", -errno);
  if ((object = poller_open(env, fd, args[3], on_connections, &poller)) == NULL) return NULL;
  poller->fds = fds;
  return keep(poller, args[2], &poller->buffer) ? object : NULL;
}

/* listens(fd): whether it is a socket that listens */
static napi_value js_listens(napi_env env, napi_callback_info info) {
  napi_value args[1], result;
  int32_t fd;
  int accepts = 0;
  socklen_t length = sizeof(accepts);
  if (!arguments(env, info, 1, args) || !int32_of(env, args[0], &fd)) return NULL;
  napi_get_boolean(env, getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &accepts, &length) == 0 && accepts, &result);
  return result;
}

static napi_value js_pause(napi_env env, napi_callback_info info) {
  napi_value args[1];
  struct poller *poller;
  if (arguments(env, info, 1, args) && (poller = poller_of(env, args[0])) != NULL) uv_poll_stop(&poller->poll);
  return NULL;
}

static napi_value js_resume(napi_env env, napi_callback_info info) {
  napi_value args[1];
  struct poller *poller;
  if (arguments(env, info, 1, args) && (poller = poller_of(env, args[0])) != NULL) {
    uv_poll_start(&poller->poll, UV_READABLE, poller->ready);
  }
  return NULL;
}

/* address(fd): returns the peer's address without the port; undefined for a Unix socket, or if the peer is gone */
static napi_value js_address(napi_env env, napi_callback_info info) {
  napi_value args[1], result;
  int32_t fd;
  struct sockaddr_storage peer;
  socklen_t length = sizeof(peer);
  char text[INET6_ADDRSTRLEN];
  if (!arguments(env, info, 1, args) || !int32_of(env, args[0], &fd)) return NULL;
  if (getpeername(fd, (struct sockaddr *) &peer, &length) == -1) return NULL;
  const void *address = peer.ss_family == AF_INET6 ? (void *) &((struct sockaddr_in6 *) &peer)->sin6_addr
                      : peer.ss_family == AF_INET ? (void *) &((struct sockaddr_in *) &peer)->sin_addr : NULL;
  if (address == NULL || inet_ntop(peer.ss_family, address, text, sizeof(text)) == NULL) return NULL;
  napi_create_string_utf8(env, text, NAPI_AUTO_LENGTH, &result);
  return result;
}

/* close(fd) */
static napi_value js_close(napi_env env, napi_callback_info info) {
  napi_value args[1];
  int32_t fd;
  if (arguments(env, info, 1, args) && int32_of(env, args[0], &fd)) close(fd);
  return NULL;
}

/* end(fd): shuts the connection down in every process that has a copy, and closes this one */
static napi_value js_end(napi_env env, napi_callback_info info) {
  napi_value args[1];
  int32_t fd;
  if (!arguments(env, info, 1, args) || !int32_of(env, args[0], &fd)) return NULL;
  shutdown(fd, SHUT_RDWR);
  close(fd);
  return NULL;
}

/* closeOnExec(fd): fork has cleared the flag for this process */
static napi_value js_close_on_exec(napi_env env, napi_callback_info info) {
  napi_value args[1];
  int32_t fd;
  if (!arguments(env, info, 1, args) || !int32_of(env, args[0], &fd)) return NULL;
  return fcntl(fd, F_SETFD, FD_CLOEXEC) == -1 ? fail(env, "fcntl", -errno) : NULL;
}

/* reset(fd): closes the descriptor, and the kernel sends RST to the peer (socket(7), SO_LINGER); a Unix
 * socket is closed normally */
static napi_value js_reset(napi_env env, napi_callback_info info) {
  napi_value args[1];
  int32_t fd;
  struct linger at_once = { .l_onoff = 1, .l_linger = 0 };
  if (!arguments(env, info, 1, args) || !int32_of(env, args[0], &fd)) return NULL;
  setsockopt(fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof(at_once));
  close(fd);
  return NULL;
}

/* ------------------------------------------------------------------ the primary: one worker */

/* pair(): returns [the primary's end, the worker's end] */
static napi_value js_pair(napi_env env, napi_callback_info info) {
  int ends[2];
  napi_value result;
  if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, ends) == -1) return fail(env, "socketpair", -errno);
  napi_create_array_with_length(env, 2, &result);
  for (uint32_t i = 0; i < 2; i++) napi_set_element(env, result, i, int32_value(env, ends[i]));
  (void) info;
  return result;
}

/* send(lane, number, key, notes, fds, count): returns 0, or the error with which nothing was sent. Both
 * ends use it: the primary for the lane, a worker for the return lane. */
static napi_value js_send(napi_env env, napi_callback_info info) {
  napi_value args[6];
  int32_t lane, *fds, count;
  struct frame frame;
  uint32_t key, notes;
  frame.header.reserved = 0;
  if (!arguments(env, info, 6, args) || !int32_of(env, args[0], &lane) || !number_of(env, args[1], &frame.header.number) ||
      !fds_of(env, args[4], &fds) || !int32_of(env, args[5], &count)) return NULL;
  if (!text_of(env, args[2], frame.text, KEY_SIZE, &key) || !text_of(env, args[3], frame.text + key, NOTES_SIZE, &notes) ||
      count < 0 || count > FRAME_SIZE) {
    napi_throw_range_error(env, "ERR_OUT_OF_RANGE", "fd_lane: the key, the notes or the frame are too long");
    return NULL;
  }
  frame.header.count = (uint32_t) count;
  frame.header.key_length = key;
  frame.header.notes_length = notes;
  memcpy(frame.fds, fds, (size_t) count * sizeof(int));
  step_of_worker("returning");
  int error = frame_send(lane, &frame);
  step_of_worker("returned");
  return int32_value(env, error);
}

/* takeBack(the worker's end, number): returns 1 if the frame was taken back, otherwise 0 or an error, as
 * frame_take_back does */
static napi_value js_take_back(napi_env env, napi_callback_info info) {
  napi_value args[2];
  int32_t end;
  uint64_t number;
  if (!arguments(env, info, 2, args) || !int32_of(env, args[0], &end) || !number_of(env, args[1], &number)) return NULL;
  return int32_value(env, frame_take_back(end, number));
}

/* discard(the worker's end) */
static napi_value js_discard(napi_env env, napi_callback_info info) {
  napi_value args[1];
  int32_t end;
  if (arguments(env, info, 1, args) && int32_of(env, args[0], &end)) frame_discard(end);
  return NULL;
}

static void on_acks(uv_poll_t *poll, int status, int events) {
  struct poller *poller = poll->data;
  struct ack ack;
  int received = status < 0 ? status : ack_receive(poller->fd, &ack);
  if (received == -EAGAIN) return;
  if (received == 0) received = -EPIPE;
  if (received < 0) {
    memset(&ack, 0, sizeof(ack));
    uv_poll_stop(poll);
  }
  napi_env env = poller->env;
  napi_handle_scope scope;
  napi_open_handle_scope(env, &scope);
  call(poller, 5, (napi_value[]) {
    number_value(env, ack.number), uint32_value(env, (uint32_t) ack.refused),
    uint32_value(env, (uint32_t) (ack.refused >> 32)), uint32_value(env, ack.leaving), int32_value(env, received < 0 ? received : 0)
  });
  napi_close_handle_scope(env, scope);
  (void) events;
}

/*
 * acks(the primary's end, onAck(number, refused low, refused high, leaving, error)): returns a poller that
 * does not keep the process alive. A call with an error is the last one: the worker has shut its end down,
 * or sent something that is not an ack.
 */
static napi_value js_acks(napi_env env, napi_callback_info info) {
  napi_value args[2], object;
  int32_t lane;
  struct poller *poller;
  if (!arguments(env, info, 2, args) || !int32_of(env, args[0], &lane)) return NULL;
  if ((object = poller_open(env, lane, args[1], on_acks, &poller)) != NULL) uv_unref((uv_handle_t *) &poller->poll);
  return object;
}

/* ------------------------------------------------------------------ the row */

static void row_unmap(napi_env env, void *data, void *hint) {
  munmap(data, ROW_SIZE);
  (void) env; (void) hint;
}

/* mapRow(fd): returns the row's memory as an ArrayBuffer; the descriptor may be closed afterwards */
static napi_value js_map_row(napi_env env, napi_callback_info info) {
  napi_value args[1], buffer;
  int32_t fd;
  if (!arguments(env, info, 1, args) || !int32_of(env, args[0], &fd)) return NULL;
  void *memory = mmap(NULL, ROW_SIZE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  if (memory == MAP_FAILED) return fail(env, "mmap", -errno);
  if (napi_create_external_arraybuffer(env, memory, ROW_SIZE, row_unmap, NULL, &buffer) == napi_ok) return buffer;
  munmap(memory, ROW_SIZE);
  return fail(env, "fd_lane: no ArrayBuffer", UV_ENOMEM);
}

/* createRow(): returns the descriptor of a new row, all zero */
static napi_value js_create_row(napi_env env, napi_callback_info info) {
  int fd = memfd_create("shared-fastify-row", MFD_CLOEXEC | MFD_ALLOW_SEALING | MFD_NOEXEC_SEAL);
  if (fd == -1 && errno == EINVAL) fd = memfd_create("shared-fastify-row", MFD_CLOEXEC | MFD_ALLOW_SEALING); /* before Linux 6.3 */
  if (fd == -1) return fail(env, "memfd_create", -errno);
  /* Sealed, because a worker that truncated it would make the primary die of SIGBUS when it reads the row. */
  if (ftruncate(fd, ROW_SIZE) == -1 || fcntl(fd, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL) == -1) {
    int error = -errno;
    close(fd);
    return fail(env, "fd_lane: no row", error);
  }
  (void) info;
  return int32_value(env, fd);
}

/* ------------------------------------------------------------------ a worker */

static bool is_unix(int fd) {
  int domain = 0;
  socklen_t length = sizeof(domain);
  return getsockopt(fd, SOL_SOCKET, SO_DOMAIN, &domain, &length) == 0 && domain == AF_UNIX;
}

/* A bit for each connection of a Unix socket: a listener may have both kinds. */
static uint64_t unix_ones(const struct frame *frame) {
  uint64_t mask = 0;
  for (uint32_t i = 0; i < frame->arrived; i++) if (is_unix(frame->fds[i])) mask |= UINT64_C(1) << i;
  return mask;
}

static void on_frame(uv_poll_t *poll, int status, int events) {
  struct poller *poller = poll->data;
  struct frame frame;
  int received = status < 0 ? status : frame_receive(poller->fd, &frame);
  if (received == -EAGAIN || received == -EPROTO) return;
  /* Either the primary is gone, and the IPC channel ends too; or this end is broken, and the primary
   * notices the missing ack. */
  if (received != 1) {
    uv_poll_stop(poll);
    return;
  }
  step("received");
  /* The order matters: if the process dies in between, the marks of an earlier frame must not apply to this one. */
  atomic_store_explicit(&poller->row->taken, 0, memory_order_seq_cst);
  step("cleared");
  atomic_store_explicit(&poller->row->frame, frame.header.number, memory_order_seq_cst);
  step("stored");
  memcpy(poller->fds, frame.fds, frame.arrived * sizeof(int));
  napi_env env = poller->env;
  napi_handle_scope scope;
  napi_value key, notes;
  uint64_t pipes = unix_ones(&frame);
  napi_open_handle_scope(env, &scope);
  napi_create_string_utf8(env, frame.text, frame.header.key_length, &key);
  napi_create_string_utf8(env, frame.text + frame.header.key_length, frame.header.notes_length, &notes);
  call(poller, 7, (napi_value[]) {
    number_value(env, frame.header.number), key, notes, uint32_value(env, frame.header.count), uint32_value(env, frame.arrived),
    uint32_value(env, (uint32_t) pipes), uint32_value(env, (uint32_t) (pipes >> 32))
  });
  napi_close_handle_scope(env, scope);
  (void) events;
}

/* receive(lane, row, fds, onFrame(number, key, notes, count, arrived, pipesLow, pipesHigh)): returns a poller that
 * does not keep the process alive */
static napi_value js_receive(napi_env env, napi_callback_info info) {
  napi_value args[4], object;
  int32_t lane, *fds;
  void *memory;
  size_t length;
  struct poller *poller;
  if (!arguments(env, info, 4, args) || !int32_of(env, args[0], &lane) || !fds_of(env, args[2], &fds)) return NULL;
  if (napi_get_arraybuffer_info(env, args[1], &memory, &length) != napi_ok || length < sizeof(struct row)) {
    napi_throw_type_error(env, "ERR_INVALID_ARG_TYPE", "fd_lane: not a row");
    return NULL;
  }
  if ((object = poller_open(env, lane, args[3], on_frame, &poller)) == NULL) return NULL;
  poller->fds = fds;
  poller->row = memory;
  if (!keep(poller, args[2], &poller->buffer) || !keep(poller, args[1], &poller->memory)) return NULL;
  uv_unref((uv_handle_t *) &poller->poll);
  mark_worker();
  return object;
}

/* take(receiver, place): from now on the connection belongs to this process, whether it lives or dies */
static napi_value js_take(napi_env env, napi_callback_info info) {
  napi_value args[2];
  struct poller *poller;
  int32_t place;
  if (!arguments(env, info, 2, args) || (poller = poller_of(env, args[0])) == NULL || !int32_of(env, args[1], &place)) return NULL;
  atomic_fetch_or_explicit(&poller->row->taken, UINT64_C(1) << (place & (FRAME_SIZE - 1)), memory_order_seq_cst);
  step("taken");
  return NULL;
}

/* takeOnly(receiver, place): marks only this connection of the current frame as taken; the others return
 * to the primary when this process has died */
static napi_value js_take_only(napi_env env, napi_callback_info info) {
  napi_value args[2];
  struct poller *poller;
  int32_t place;
  if (!arguments(env, info, 2, args) || (poller = poller_of(env, args[0])) == NULL || !int32_of(env, args[1], &place)) return NULL;
  atomic_store_explicit(&poller->row->taken, UINT64_C(1) << (place & (FRAME_SIZE - 1)), memory_order_seq_cst);
  return NULL;
}

/* ack(lane, number, refused low, refused high, leaving): returns 0, or the error */
static napi_value js_ack(napi_env env, napi_callback_info info) {
  napi_value args[5];
  int32_t lane;
  struct ack ack = { 0 };
  uint32_t low, high;
  bool leaving;
  if (!arguments(env, info, 5, args) || !int32_of(env, args[0], &lane) || !number_of(env, args[1], &ack.number)) return NULL;
  if (napi_get_value_uint32(env, args[2], &low) != napi_ok || napi_get_value_uint32(env, args[3], &high) != napi_ok ||
      napi_get_value_bool(env, args[4], &leaving) != napi_ok) {
    napi_throw_type_error(env, "ERR_INVALID_ARG_TYPE", "fd_lane: not an ack");
    return NULL;
  }
  ack.refused = (uint64_t) high << 32 | low;
  ack.leaving = leaving;
  int error = ack_send(lane, &ack);
  step("acked");
  return int32_value(env, error);
}

#ifdef FD_LANE_STEPS
/* shutdown(fd, how): something that an app might do to a descriptor that it does not own */
static napi_value js_shutdown(napi_env env, napi_callback_info info) {
  napi_value args[2];
  int32_t fd, how;
  if (!arguments(env, info, 2, args) || !int32_of(env, args[0], &fd) || !int32_of(env, args[1], &how)) return NULL;
  if (shutdown(fd, how) == -1) return fail(env, "shutdown", -errno);
  return NULL;
}
#endif

/* ------------------------------------------------------------------ the module */

#define METHOD(name, function) { name, NULL, function, NULL, NULL, NULL, napi_enumerable, NULL }

NAPI_MODULE_INIT() {
  napi_property_descriptor methods[] = {
    METHOD("listen", js_listen), METHOD("listens", js_listens), METHOD("accept", js_accept), METHOD("pause", js_pause), METHOD("resume", js_resume), METHOD("unpoll", js_unpoll),
    METHOD("address", js_address), METHOD("close", js_close), METHOD("end", js_end), METHOD("closeOnExec", js_close_on_exec), METHOD("reset", js_reset),
    METHOD("pair", js_pair), METHOD("send", js_send), METHOD("takeBack", js_take_back), METHOD("discard", js_discard), METHOD("acks", js_acks),
    METHOD("returns", js_returns), METHOD("readReturns", js_read_returns),
    METHOD("createHold", js_create_hold), METHOD("held", js_held), METHOD("hold", js_hold), METHOD("release", js_release), METHOD("readable", js_readable),
    METHOD("openLot", js_open_lot), METHOD("park", js_park), METHOD("unpark", js_unpark),
    METHOD("createRow", js_create_row), METHOD("mapRow", js_map_row),
    METHOD("receive", js_receive), METHOD("take", js_take), METHOD("takeOnly", js_take_only), METHOD("ack", js_ack),
    METHOD("watchParent", js_watch_parent), METHOD("setPatience", js_set_patience), METHOD("unwatch", js_unwatch),
    METHOD("notify", js_notify),
#ifdef FD_LANE_STEPS
    METHOD("shutdown", js_shutdown),
#endif
  };
  napi_value size;
  napi_define_properties(env, exports, sizeof(methods) / sizeof(*methods), methods);
  napi_create_int32(env, FRAME_SIZE, &size);
  napi_set_named_property(env, exports, "FRAME_SIZE", size);
  napi_create_int32(env, LOT_SIZE, &size);
  napi_set_named_property(env, exports, "LOT_SIZE", size);
  return exports;
}
