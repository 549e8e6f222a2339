/*
 * One datagram to the service manager, as sd_notify(3) sends it. Node has no Unix datagram sockets.
 *
 * Never blocks: sd_notify(3) itself would wait until the other end has read earlier datagrams.
 */
#ifndef SHARED_FASTIFY_NOTIFY_H
#define SHARED_FASTIFY_NOTIFY_H

#include <stddef.h>
#include <sys/socket.h>
#include <sys/un.h>
#include "arguments.h"

#define MESSAGE_SIZE 4096

/*
 * `name` is a path, or an abstract name (unix(7)) whose first byte is written as @. Returns 0, or the error.
 * The kernel adds the sender's credentials if the other end asks for them, as systemd does.
 */
static int notify_send(const char *name, size_t length, const char *message, size_t size) {
  struct sockaddr_un address = { .sun_family = AF_UNIX };
  if (length == 0 || length > sizeof(address.sun_path)) return -ENAMETOOLONG;
  memcpy(address.sun_path, name, length);
  if (name[0] == '@') address.sun_path[0] = '\0';
  int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (fd == -1) return -errno;
  ssize_t sent = sendto(fd, message, size, MSG_DONTWAIT | MSG_NOSIGNAL, (struct sockaddr *) &address,
                        (socklen_t) (offsetof(struct sockaddr_un, sun_path) + length));
  int error = sent == -1 ? -errno : 0;
  close(fd);
  return error;
}

/* notify(name, message): returns 0, or the error with which nothing was sent */
static napi_value js_notify(napi_env env, napi_callback_info info) {
  napi_value args[2];
  /* text_of() leaves the last five bytes free. */
  char name[sizeof(((struct sockaddr_un *) NULL)->sun_path) + 5], message[MESSAGE_SIZE + 5];
  uint32_t length, size;
  if (!arguments(env, info, 2, args)) return NULL;
  if (!text_of(env, args[0], name, sizeof(name), &length) || !text_of(env, args[1], message, sizeof(message), &size)) {
    napi_throw_range_error(env, "ERR_OUT_OF_RANGE", "fd_lane: the name or the message are too long");
    return NULL;
  }
  return int32_value(env, notify_send(name, length, message, size));
}

#endif
