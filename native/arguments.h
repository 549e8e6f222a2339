/*
 * Helpers for Node-API: read the arguments of a call, make return values, throw errors. Functions that
 * return false or NULL have left an exception pending.
 */
#ifndef SHARED_FASTIFY_ARGUMENTS_H
#define SHARED_FASTIFY_ARGUMENTS_H

#include <stdbool.h>
#include <node_api.h>
#include <uv.h>
#include "frame.h"

static napi_value fail(napi_env env, const char *what, int error) {
  napi_value code, message, object, number;
  napi_create_string_utf8(env, uv_err_name(error), NAPI_AUTO_LENGTH, &code);
  napi_create_string_utf8(env, what, NAPI_AUTO_LENGTH, &message);
  napi_create_error(env, code, message, &object);
  napi_create_int32(env, error, &number);
  napi_set_named_property(env, object, "errno", number);
  napi_throw(env, object);
  return NULL;
}

/* Reads the arguments into `args`. If there are too few, returns false with an exception pending. */
static bool arguments(napi_env env, napi_callback_info info, size_t count, napi_value *args) {
  size_t given = count;
  if (napi_get_cb_info(env, info, &given, args, NULL, NULL) == napi_ok && given >= count) return true;
  napi_throw_type_error(env, "ERR_MISSING_ARGS", "fd_lane: too few arguments");
  return false;
}

static bool int32_of(napi_env env, napi_value value, int32_t *out) {
  if (napi_get_value_int32(env, value, out) == napi_ok) return true;
  napi_throw_type_error(env, "ERR_INVALID_ARG_TYPE", "fd_lane: not an integer");
  return false;
}

static bool number_of(napi_env env, napi_value value, uint64_t *out) {
  int64_t number;
  if (napi_get_value_int64(env, value, &number) == napi_ok && number >= 0) return *out = (uint64_t) number, true;
  napi_throw_type_error(env, "ERR_INVALID_ARG_TYPE", "fd_lane: not a number");
  return false;
}

/* Reads a text as UTF-8 into a buffer of this size. Returns false if it is no text, or does not fit. */
static bool text_of(napi_env env, napi_value value, char *out, size_t size, uint32_t *length) {
  size_t written;
  /* A text that does not fit is truncated, before a character of up to four bytes. */
  if (napi_get_value_string_utf8(env, value, out, size, &written) != napi_ok || written > size - 5) return false;
  *length = (uint32_t) written;
  return true;
}

/* Reads an Int32Array with room for a whole frame. */
static bool fds_of(napi_env env, napi_value value, int32_t **out) {
  napi_typedarray_type type;
  size_t length;
  if (napi_get_typedarray_info(env, value, &type, &length, (void **) out, NULL, NULL) == napi_ok &&
      type == napi_int32_array && length >= FRAME_SIZE) return true;
  napi_throw_type_error(env, "ERR_INVALID_ARG_TYPE", "fd_lane: not an Int32Array of a frame's size");
  return false;
}

static napi_value int32_value(napi_env env, int32_t number) {
  napi_value value;
  napi_create_int32(env, number, &value);
  return value;
}

static napi_value number_value(napi_env env, uint64_t number) {
  napi_value value;
  napi_create_int64(env, (int64_t) number, &value);
  return value;
}

static napi_value uint32_value(napi_env env, uint32_t number) {
  napi_value value;
  napi_create_uint32(env, number, &value);
  return value;
}

#endif
