/*
 * The lot (lot.h) in Node: two pollers of the event loop, one for requests on parked connections and one for
 * those that the thread has moved; a count of the event loop's turns; and the thread.
 */
#ifndef SHARED_FASTIFY_PARK_H
#define SHARED_FASTIFY_PARK_H

#include <signal.h>
#include "lot.h"
#include "poller.h"

/* A frame is on the thread's stack. The rest of this is never touched, and uses no memory. */
#define LOT_STACK (256 * 1024)

/* A process has one event loop that serves, and so one lot. */
struct parking {
  struct lot *lot;
  uv_thread_t thread;
  uv_check_t check;
  struct poller *readable, *moved;
};
static struct parking parking;

static void on_turn(uv_check_t *check) {
  atomic_fetch_add_explicit(&parking.lot->turns, 1, memory_order_release);
  (void) check;
}

static void lot_report(struct poller *poller, uint32_t count) {
  if (count == 0) return;
  napi_handle_scope scope;
  napi_open_handle_scope(poller->env, &scope);
  call(poller, 1, (napi_value[]) { uint32_value(poller->env, count) });
  napi_close_handle_scope(poller->env, scope);
}

static void on_lot_readable(uv_poll_t *poll, int status, int events) {
  struct poller *poller = poll->data;
  if (parking.lot != NULL) lot_report(poller, lot_readable(parking.lot, poller->fds));
  (void) status; (void) events;
}

static void on_lot_moved(uv_poll_t *poll, int status, int events) {
  struct poller *poller = poll->data;
  uint64_t number;
  (void) !read(poller->fd, &number, sizeof(number)); /* first, so that what moves from now on is told again */
  for (uint32_t count = FRAME_SIZE; count == FRAME_SIZE && parking.lot != NULL;) lot_report(poller, count = lot_moved(parking.lot, poller->fds));
  (void) status; (void) events;
}

static void lot_run(void *data) {
  sigset_t all;
  sigfillset(&all);
  sigprocmask(SIG_SETMASK, &all, NULL); /* as in parent.h */
  lot_watch(data);
}

/* Called when the environment ends. The pollers have hooks of their own. */
static void parking_stop(void *data) {
  struct lot *lot = parking.lot;
  lot_end(lot);
  uv_thread_join(&parking.thread);
  uv_check_stop(&parking.check);
  uv_close((uv_handle_t *) &parking.check, NULL);
  parking.lot = NULL;
  uv_poll_stop(&parking.readable->poll);
  uv_poll_stop(&parking.moved->poll);
  lot_close(lot);
  (void) data;
}

/*
 * openLot(lane, patience, places, onReadable(count), onMoved(count)): `patience` in milliseconds. `places`
 * has the places of connections that are the event loop's again, or that have been moved; all are free.
 */
static napi_value js_open_lot(napi_env env, napi_callback_info info) {
  napi_value args[5], readable, moved;
  int32_t lane, *places;
  uint64_t patience;
  uv_loop_t *loop;
  if (!arguments(env, info, 5, args) || !int32_of(env, args[0], &lane) || !number_of(env, args[1], &patience) || !fds_of(env, args[2], &places)) return NULL;
  if (parking.lot != NULL) return fail(env, "fd_lane: there is a lot already", UV_EALREADY);
  struct lot *lot = lot_open(lane, (int64_t) patience * 1000000);
  if (lot == NULL) return fail(env, "fd_lane: no lot", -errno);
  if ((readable = poller_open(env, lot->set, args[3], on_lot_readable, &parking.readable)) == NULL) return lot_close(lot), NULL;
  if ((moved = poller_open(env, lot->wake, args[4], on_lot_moved, &parking.moved)) == NULL) {
    poller_close(parking.readable);
    return lot_close(lot), NULL;
  }
  if (!keep(parking.readable, args[2], &parking.readable->buffer)) {
    poller_close(parking.moved);
    return lot_close(lot), NULL;
  }
  parking.readable->fds = parking.moved->fds = places;
  uv_unref((uv_handle_t *) &parking.readable->poll);
  uv_unref((uv_handle_t *) &parking.moved->poll);
  napi_get_uv_event_loop(env, &loop);
  uv_check_init(loop, &parking.check);
  uv_check_start(&parking.check, on_turn);
  uv_unref((uv_handle_t *) &parking.check);
  parking.lot = lot;
  uv_thread_options_t options = { .flags = UV_THREAD_HAS_STACK_SIZE, .stack_size = LOT_STACK };
  int error = uv_thread_create_ex(&parking.thread, &options, lot_run, lot);
  if (error != 0) {
    parking.lot = NULL;
    uv_check_stop(&parking.check);
    uv_close((uv_handle_t *) &parking.check, NULL);
    poller_close(parking.readable);
    poller_close(parking.moved);
    lot_close(lot);
    return fail(env, "fd_lane: no thread", error);
  }
  napi_add_env_cleanup_hook(env, parking_stop, NULL);
  return NULL;
}

/* park(place, fd, key, notes): returns 0, or the error with which it was not parked. The place must be free. */
static napi_value js_park(napi_env env, napi_callback_info info) {
  napi_value args[4];
  int32_t place, fd;
  if (!arguments(env, info, 4, args) || !int32_of(env, args[0], &place) || !int32_of(env, args[1], &fd)) return NULL;
  if (parking.lot == NULL || place < 0 || place >= LOT_SIZE) return fail(env, "fd_lane: no such space", UV_EINVAL);
  struct space *space = &parking.lot->spaces[place];
  if (atomic_load(&space->state) != SPACE_FREE) return fail(env, "fd_lane: the space is not free", UV_EBUSY);
  if (!text_of(env, args[2], space->key, KEY_SIZE, &space->key_length) || !text_of(env, args[3], space->notes, SPACE_NOTES, &space->notes_length)) {
    napi_throw_range_error(env, "ERR_OUT_OF_RANGE", "fd_lane: the key or the notes are too long");
    return NULL;
  }
  space->fd = fd;
  return int32_value(env, lot_park(parking.lot, (uint32_t) place));
}

/* unpark(place): returns whether the connection is still this process's; if not, it has been moved */
static napi_value js_unpark(napi_env env, napi_callback_info info) {
  napi_value args[1], result;
  int32_t place;
  if (!arguments(env, info, 1, args) || !int32_of(env, args[0], &place)) return NULL;
  if (place < 0 || place >= LOT_SIZE) return fail(env, "fd_lane: no such space", UV_EINVAL);
  napi_get_boolean(env, parking.lot == NULL || lot_unpark(parking.lot, (uint32_t) place), &result);
  return result;
}

#endif
