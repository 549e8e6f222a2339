#ifndef SHARED_FASTIFY_ROW_H
#define SHARED_FASTIFY_ROW_H

#include <stdatomic.h>
#include <stdint.h>

/*
 * A worker's row. Only that worker writes it; the primary reads it when the worker is dead. The memory
 * after these two words is used by JavaScript only (lib/lane/row.ts).
 */
struct row {
  _Atomic uint64_t frame; /* the number of the worker's current frame, or of its last one */
  _Atomic uint64_t taken; /* the connections of that frame that the worker has taken */
};
#define ROW_SIZE 64

#endif
