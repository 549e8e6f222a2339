/*
 * Kills this process with SIGKILL if it is still there a number of milliseconds after its parent has died,
 * even if its event loop is blocked. A thread waits for the parent's end.
 *
 * PR_SET_PDEATHSIG does not fit: it leaves no time to finish, and it reports the end of the thread that
 * forked, not of the process (prctl(2)).
 */
#ifndef SHARED_FASTIFY_PARENT_H
#define SHARED_FASTIFY_PARENT_H

#include <poll.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include "arguments.h"

#ifndef SYS_pidfd_open
#define SYS_pidfd_open 434
#endif

/* Milliseconds between two checks of conditions that no descriptor reports: the patience; the parent, if
 * the kernel has no pidfd (before Linux 5.3, or because of a filter); and the stop, if the app has closed
 * our descriptor. */
#define WATCH_LOOK 1000

/* Most of it is never touched, and uses no memory. */
#define WATCH_STACK (256 * 1024)

struct watch {
  uv_thread_t thread;
  pid_t parent;
  int parent_fd;            /* a pidfd, or -1 */
  int stop_fd;              /* an eventfd */
  atomic_bool stopped;
  _Atomic int64_t patience; /* milliseconds after the parent's end */
};

/* Milliseconds of a clock that does not advance while the machine is suspended. */
static int64_t watch_now(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (int64_t) now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* Polls. An error causes a pause, because a filter may return one each time, and this is called in loops. */
static int watch_poll(struct pollfd *polled, nfds_t count, int delay) {
  int ready = poll(polled, count, delay); /* poll() ignores descriptors of -1 */
  if (ready == -1) nanosleep(&(struct timespec) { .tv_sec = WATCH_LOOK / 1000 }, NULL);
  return ready;
}

/* Waits for the end of the parent or of the watch. A process may close descriptors that it does not own,
 * and a lost descriptor reports nothing. */
static void watch_parent(struct pollfd *stop, struct pollfd *parent) {
  struct pollfd polled[2] = { *stop, *parent };
  if (watch_poll(polled, 2, WATCH_LOOK) <= 0) return;
  if (polled[0].revents != 0) stop->fd = -1;
  if (polled[1].revents != 0) parent->fd = -1;
}

static void watch_run(void *data) {
  struct watch *watch = data;
  struct pollfd stop = { .fd = watch->stop_fd, .events = POLLIN };
  struct pollfd parent = { .fd = watch->parent_fd, .events = POLLIN };
  sigset_t all;
  sigfillset(&all);
  sigprocmask(SIG_SETMASK, &all, NULL); /* leaves signals to Node's threads. On Linux this affects this thread only; pthread_sigmask would need glibc 2.32 */
  while (getppid() == watch->parent) {
    watch_parent(&stop, &parent);
    if (atomic_load(&watch->stopped)) return;
  }
  int64_t ended = watch_now();
  for (int64_t left; (left = ended + atomic_load(&watch->patience) - watch_now()) > 0;) {
    if (watch_poll(&stop, 1, (int) (left < WATCH_LOOK ? left : WATCH_LOOK)) > 0) stop.fd = -1;
    if (atomic_load(&watch->stopped)) return;
  }
  kill(getpid(), SIGKILL);
  _exit(1); /* if a filter forbids kill() */
}

static void watch_close(struct watch *watch) {
  if (watch->parent_fd != -1) close(watch->parent_fd);
  if (watch->stop_fd != -1) close(watch->stop_fd);
  free(watch);
}

/* Called when the environment ends. This code may be unloaded afterwards. */
static void watch_stop(void *data) {
  struct watch *watch = data;
  uint64_t one = 1;
  struct stat status;
  atomic_store(&watch->stopped, true);
  /* An eventfd has no file type. If the descriptor has one, the app has closed ours and it belongs to the
   * app: the thread then notices the stop by its own checks. (fstat() would need glibc 2.33.) */
  if (syscall(SYS_fstat, watch->stop_fd, &status) == 0 && (status.st_mode & S_IFMT) == 0) (void) !write(watch->stop_fd, &one, sizeof(one));
  uv_thread_join(&watch->thread);
  watch_close(watch);
}

/* Limits the patience to the longest delay of a Node timer, so that sums with it do not overflow. */
static int64_t watch_patience(uint64_t given) {
  return given < INT32_MAX ? (int64_t) given : INT32_MAX;
}

static struct watch *watch_of(napi_env env, napi_value object) {
  struct watch *watch = NULL;
  if (napi_unwrap(env, object, (void **) &watch) == napi_ok) return watch;
  napi_throw_error(env, "ERR_INVALID_STATE", "fd_lane: no watch");
  return NULL;
}

/* watchParent(pid, patience): returns an object for the watch, which lasts until unwatch(), or until the
 * environment ends */
static napi_value js_watch_parent(napi_env env, napi_callback_info info) {
  napi_value args[2], object;
  int32_t parent;
  uint64_t patience;
  if (!arguments(env, info, 2, args) || !int32_of(env, args[0], &parent) || !number_of(env, args[1], &patience)) return NULL;
  struct watch *watch = calloc(1, sizeof(*watch));
  if (watch == NULL) return fail(env, "fd_lane: no memory", UV_ENOMEM);
  watch->parent = parent;
  atomic_store(&watch->patience, watch_patience(patience));
  watch->stop_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  /* The pid may have been reused by another process. That does no harm, since the parent counts as alive
   * while getppid() returns the pid. */
  watch->parent_fd = fails("pidfd") ? -1 : (int) syscall(SYS_pidfd_open, parent, 0);
  if (watch->stop_fd == -1) {
    int error = -errno;
    watch_close(watch);
    return fail(env, "eventfd", error);
  }
  if (napi_create_object(env, &object) != napi_ok || napi_wrap(env, object, watch, NULL, NULL, NULL) != napi_ok) {
    watch_close(watch);
    return fail(env, "fd_lane: no memory", UV_ENOMEM);
  }
  uv_thread_options_t options = { .flags = UV_THREAD_HAS_STACK_SIZE, .stack_size = WATCH_STACK };
  int error = uv_thread_create_ex(&watch->thread, &options, watch_run, watch);
  if (error != 0) {
    napi_remove_wrap(env, object, NULL);
    watch_close(watch);
    return fail(env, "fd_lane: no thread", error);
  }
  napi_add_env_cleanup_hook(env, watch_stop, watch);
  return object;
}

/* setPatience(watch, patience) */
static napi_value js_set_patience(napi_env env, napi_callback_info info) {
  napi_value args[2];
  uint64_t patience;
  struct watch *watch;
  if (!arguments(env, info, 2, args) || (watch = watch_of(env, args[0])) == NULL || !number_of(env, args[1], &patience)) return NULL;
  atomic_store(&watch->patience, watch_patience(patience));
  return NULL;
}

/* unwatch(watch): ends the thread; the process may outlive its parent */
static napi_value js_unwatch(napi_env env, napi_callback_info info) {
  napi_value args[1];
  struct watch *watch;
  if (!arguments(env, info, 1, args) || (watch = watch_of(env, args[0])) == NULL) return NULL;
  napi_remove_wrap(env, args[0], NULL);
  napi_remove_env_cleanup_hook(env, watch_stop, watch);
  watch_stop(watch);
  return NULL;
}

#endif
