#ifndef SHARED_FASTIFY_ROW_H
#define SHARED_FASTIFY_ROW_H

#include <stdatomic.h>
#include <stdint.h>

/*
 * A worker's row: written by that worker alone, read by the primary when the worker is dead. What
 * lies behind these two words, JavaScript alone reads and writes (lib/lane/row.ts).
 */
struct row {
  _Atomic uint64_t frame; /* the number of the frame that the worker is in, or was in last */
  _Atomic uint64_t taken; /* which of its connections the worker has taken */
};
#define ROW_SIZE 64

#endif
