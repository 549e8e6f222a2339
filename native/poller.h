/*
 * A descriptor that Node's event loop polls, and a JavaScript function to call. It lives until it is
 * closed, even if JavaScript has dropped it.
 */
#ifndef SHARED_FASTIFY_POLLER_H
#define SHARED_FASTIFY_POLLER_H

#include <stdlib.h>
#include "arguments.h"
#include "row.h"

struct poller {
  uv_poll_t poll;
  napi_env env;
  napi_async_cleanup_hook_handle hook;
  bool closing;
  napi_ref callback;
  napi_ref buffer; /* keeps `fds` alive */
  napi_ref memory; /* keeps `row` alive */
  uv_poll_cb ready;
  int fd;
  int32_t *fds;
  struct row *row;
};

/* The environment may end, and this code may be unloaded, as soon as the hook is removed. */
static void poller_free(uv_handle_t *handle) {
  struct poller *poller = handle->data;
  napi_async_cleanup_hook_handle hook = poller->hook;
  free(poller);
  if (hook != NULL) napi_remove_async_cleanup_hook(hook);
}

/* Stops polling before the descriptor is closed, because epoll would keep polling a duplicate of it. */
static void poller_close(struct poller *poller) {
  if (poller->closing) return;
  poller->closing = true;
  if (poller->callback != NULL) napi_delete_reference(poller->env, poller->callback);
  if (poller->buffer != NULL) napi_delete_reference(poller->env, poller->buffer);
  if (poller->memory != NULL) napi_delete_reference(poller->env, poller->memory);
  uv_poll_stop(&poller->poll);
  uv_close((uv_handle_t *) &poller->poll, poller_free);
}

static void poller_cleanup(napi_async_cleanup_hook_handle hook, void *data) {
  poller_close(data);
  (void) hook;
}

static bool is_function(napi_env env, napi_value value) {
  napi_valuetype type;
  return napi_typeof(env, value, &type) == napi_ok && type == napi_function;
}

/* Polls `fd` for reading. Returns an object for the poller, or NULL with an exception pending. */
static napi_value poller_open(napi_env env, int fd, napi_value callback, uv_poll_cb ready, struct poller **out) {
  struct poller *poller = calloc(1, sizeof(*poller));
  uv_loop_t *loop;
  napi_value object;
  if (poller == NULL) return fail(env, "fd_lane: no memory", UV_ENOMEM);
  napi_get_uv_event_loop(env, &loop);
  int error = uv_poll_init(loop, &poller->poll, fd);
  if (error != 0) {
    free(poller);
    return fail(env, "fd_lane: cannot poll", error);
  }
  poller->poll.data = poller;
  poller->env = env;
  poller->ready = ready;
  poller->fd = fd;
  if (is_function(env, callback) &&
      napi_create_reference(env, callback, 1, &poller->callback) == napi_ok &&
      napi_create_object(env, &object) == napi_ok &&
      napi_wrap(env, object, poller, NULL, NULL, NULL) == napi_ok &&
      napi_add_async_cleanup_hook(env, poller_cleanup, poller, &poller->hook) == napi_ok &&
      (error = uv_poll_start(&poller->poll, UV_READABLE, ready)) == 0) return *out = poller, object;
  poller_close(poller);
  if (error == 0) napi_throw_type_error(env, "ERR_INVALID_ARG_TYPE", "fd_lane: not a function");
  else fail(env, "fd_lane: cannot poll", error);
  return NULL;
}

/* Keeps a value alive as long as the poller. On failure, returns false with an exception pending, and the
 * poller is closed. */
static bool keep(struct poller *poller, napi_value value, napi_ref *out) {
  if (napi_create_reference(poller->env, value, 1, out) == napi_ok) return true;
  *out = NULL;
  poller_close(poller);
  fail(poller->env, "fd_lane: no memory", UV_ENOMEM);
  return false;
}

static struct poller *poller_of(napi_env env, napi_value object) {
  struct poller *poller = NULL;
  if (napi_unwrap(env, object, (void **) &poller) == napi_ok) return poller;
  napi_throw_error(env, "ERR_INVALID_STATE", "fd_lane: closed");
  return NULL;
}

/* Calls the function from the event loop, as Node does with its own callbacks. An exception in it is an
 * uncaught exception. */
static void call(struct poller *poller, size_t count, napi_value *args) {
  napi_env env = poller->env;
  napi_value callback, global, error;
  if (napi_get_reference_value(env, poller->callback, &callback) != napi_ok || napi_get_global(env, &global) != napi_ok) return;
  if (napi_make_callback(env, NULL, global, callback, count, args, NULL) != napi_pending_exception) return;
  if (napi_get_and_clear_last_exception(env, &error) == napi_ok) napi_fatal_exception(env, error);
}

/* unpoll(poller): the owner of the descriptor may close it afterwards */
static napi_value js_unpoll(napi_env env, napi_callback_info info) {
  napi_value args[1];
  struct poller *poller;
  if (!arguments(env, info, 1, args) || (poller = poller_of(env, args[0])) == NULL) return NULL;
  napi_remove_wrap(env, args[0], NULL);
  poller_close(poller);
  return NULL;
}

#endif
