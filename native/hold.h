/*
 * The primary's side of returned connections: receives them from the return lane, and holds them. It never
 * reads from one: an epoll set tells when a request has begun to arrive, or that the client has gone.
 */
#ifndef SHARED_FASTIFY_HOLD_H
#define SHARED_FASTIFY_HOLD_H

#include <sys/epoll.h>
#include "frame.h"
#include "poller.h"

/* What a worker may have sent as a connection. */
enum { CONNECTION_OPEN, CONNECTION_GONE, NO_CONNECTION };

static int connection_state(int fd) {
  int type = 0, domain = 0, listens = 1;
  socklen_t size = sizeof(int);
  struct sockaddr_storage peer;
  if (getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &size) == -1 || type != SOCK_STREAM) return NO_CONNECTION;
  if (getsockopt(fd, SOL_SOCKET, SO_DOMAIN, &domain, &size) == -1 || (domain != AF_INET && domain != AF_INET6 && domain != AF_UNIX)) return NO_CONNECTION;
  if (getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &listens, &size) == -1 || listens != 0) return NO_CONNECTION;
  size = sizeof(peer);
  return getpeername(fd, (struct sockaddr *) &peer, &size) == 0 ? CONNECTION_OPEN : CONNECTION_GONE;
}

/* Checks the connections of a returned frame. Those whose clients have gone are closed, and become -1. */
static bool are_connections(struct frame *frame) {
  bool gone[FRAME_SIZE];
  for (uint32_t i = 0; i < frame->arrived; i++) {
    int state = connection_state(frame->fds[i]);
    if (state == NO_CONNECTION) return false;
    gone[i] = state == CONNECTION_GONE;
  }
  for (uint32_t i = 0; i < frame->arrived; i++) {
    if (!gone[i]) continue;
    close(frame->fds[i]);
    frame->fds[i] = -1;
  }
  return true;
}

/* Receives one frame from a worker and passes it on. Returns what frame_receive_whole does. */
static int return_one(struct poller *poller) {
  struct frame frame;
  int received = frame_receive_whole(poller->fd, &frame);
  /* The worker has exited without having read its last invitation. Said once; then follows what it had sent. */
  if (received == -ECONNRESET) received = frame_receive_whole(poller->fd, &frame);
  if (received == -EAGAIN) return received;
  if (received == 1 && !are_connections(&frame)) {
    frame_close(&frame);
    received = -ENOTSOCK;
  }
  if (received == 0) received = -EPIPE;
  if (received != 1) {
    frame.header.number = frame.header.count = frame.header.key_length = frame.header.notes_length = 0;
    uv_poll_stop(&poller->poll);
  }
  memcpy(poller->fds, frame.fds, frame.header.count * sizeof(int));
  napi_env env = poller->env;
  napi_handle_scope scope;
  napi_value key, notes;
  napi_open_handle_scope(env, &scope);
  napi_create_string_utf8(env, frame.text, frame.header.key_length, &key);
  napi_create_string_utf8(env, frame.text + frame.header.key_length, frame.header.notes_length, &notes);
  call(poller, 5, (napi_value[]) {
    number_value(env, frame.header.number), key, notes, uint32_value(env, frame.header.count), int32_value(env, received < 0 ? received : 0)
  });
  napi_close_handle_scope(env, scope);
  return received;
}

/* Several at a time, since workers may return one by one; not all, so that acks are handled in between. */
static void on_return(uv_poll_t *poll, int status, int events) {
  for (int frames = 0; frames < 16 && !((struct poller *) poll->data)->closing && return_one(poll->data) == 1; frames++);
  (void) status; (void) events;
}

/*
 * returns(the primary's end, fds, onReturn(reason, key, notes, count, error)): returns a poller that does
 * not keep the process alive. `fds` has -1 for a connection whose client has gone. After an error, nothing
 * is read until resume(): EMFILE if there is no room for the descriptors, which stay in the lane; anything
 * else if the worker has sent something that is not a frame of connections.
 */
static napi_value js_returns(napi_env env, napi_callback_info info) {
  napi_value args[3], object;
  int32_t end, *fds;
  struct poller *poller;
  if (!arguments(env, info, 3, args) || !int32_of(env, args[0], &end) || !fds_of(env, args[1], &fds)) return NULL;
  if ((object = poller_open(env, end, args[2], on_return, &poller)) == NULL) return NULL;
  poller->fds = fds;
  uv_unref((uv_handle_t *) &poller->poll);
  return keep(poller, args[1], &poller->buffer) ? object : NULL;
}

/* readReturns(poller): passes on everything that has been sent by now */
static napi_value js_read_returns(napi_env env, napi_callback_info info) {
  napi_value args[1];
  struct poller *poller;
  if (arguments(env, info, 1, args) && (poller = poller_of(env, args[0])) != NULL) while (!poller->closing && return_one(poller) == 1);
  return NULL;
}

/* Whether a byte can be read: 1, or 0 if not yet, or -1 if the client has gone. */
static int readable(int fd) {
  char byte;
  ssize_t received;
  UNINTERRUPTED(received, recv(fd, &byte, sizeof(byte), MSG_PEEK | MSG_DONTWAIT));
  if (received == 1) return 1;
  return received == -1 && (errno == EAGAIN || errno == EWOULDBLOCK) ? 0 : -1;
}

/* readable(fd): as above */
static napi_value js_readable(napi_env env, napi_callback_info info) {
  napi_value args[1];
  int32_t fd;
  return arguments(env, info, 1, args) && int32_of(env, args[0], &fd) ? int32_value(env, readable(fd)) : NULL;
}

/* createHold(): returns the descriptor of an epoll set */
static napi_value js_create_hold(napi_env env, napi_callback_info info) {
  int set = epoll_create1(EPOLL_CLOEXEC);
  (void) info;
  return set == -1 ? fail(env, "epoll_create1", -errno) : int32_value(env, set);
}

/* Takes those that are ready out of the set, so that nothing of them is left there when they are sent on or closed. */
static void on_held(uv_poll_t *poll, int status, int events) {
  struct poller *poller = poll->data;
  struct epoll_event ready[FRAME_SIZE];
  uint32_t count = 0;
  int found = epoll_wait(poller->fd, ready, FRAME_SIZE, 0);
  for (int i = 0; i < found; i++) {
    int fd = ready[i].data.fd, state = readable(fd);
    if (state == 0 && (ready[i].events & (EPOLLERR | EPOLLHUP)) == 0) continue; /* an error stays, and would be reported for ever */
    epoll_ctl(poller->fd, EPOLL_CTL_DEL, fd, NULL);
    poller->fds[count++] = state == 1 ? fd : -1 - fd;
  }
  (void) status; (void) events;
  if (count == 0) return;
  napi_handle_scope scope;
  napi_open_handle_scope(poller->env, &scope);
  call(poller, 1, (napi_value[]) { uint32_value(poller->env, count) });
  napi_close_handle_scope(poller->env, scope);
}

/* held(set, fds, onReady(count)): returns a poller that does not keep the process alive. `fds` has the
 * descriptors that can be read from, and -1 - fd for those whose clients have gone; all are out of the set. */
static napi_value js_held(napi_env env, napi_callback_info info) {
  napi_value args[3], object;
  int32_t set, *fds;
  struct poller *poller;
  if (!arguments(env, info, 3, args) || !int32_of(env, args[0], &set) || !fds_of(env, args[1], &fds)) return NULL;
  if ((object = poller_open(env, set, args[2], on_held, &poller)) == NULL) return NULL;
  poller->fds = fds;
  uv_unref((uv_handle_t *) &poller->poll);
  return keep(poller, args[1], &poller->buffer) ? object : NULL;
}

/* hold(set, fd): returns 0, or the error */
static napi_value js_hold(napi_env env, napi_callback_info info) {
  napi_value args[2];
  int32_t set, fd;
  if (!arguments(env, info, 2, args) || !int32_of(env, args[0], &set) || !int32_of(env, args[1], &fd)) return NULL;
  struct epoll_event event = { .events = EPOLLIN | EPOLLRDHUP, .data.fd = fd };
  return int32_value(env, epoll_ctl(set, EPOLL_CTL_ADD, fd, &event) == -1 ? -errno : 0);
}

/* release(set, fd): takes it out of the set; must come before the descriptor is closed */
static napi_value js_release(napi_env env, napi_callback_info info) {
  napi_value args[2];
  int32_t set, fd;
  if (arguments(env, info, 2, args) && int32_of(env, args[0], &set) && int32_of(env, args[1], &fd)) epoll_ctl(set, EPOLL_CTL_DEL, fd, NULL);
  return NULL;
}

#endif
