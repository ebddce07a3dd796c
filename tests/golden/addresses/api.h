// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <stddef.h>
#include <stdint.h>

typedef struct pool_object* pool_t;
typedef struct queue_object* queue_t;
typedef struct event_object* event_t;
#define MAP_WRITE 1
#define MAP_DISCARD 2
#define USE_MEMORY 4

extern "C" {
void* adrAlloc(pool_t pool, size_t size, int flags);
void adrFree(pool_t pool, void* memory);
int adrFreeLater(queue_t queue, unsigned num_memories, void* memories[],
                 void (*done)(queue_t queue, unsigned num_memories, void* memories[], void* data), void* data);
int adrCopy(queue_t queue, int blocking, void* to, const void* from, size_t size, event_t* event);
int adrUse(pool_t pool, int flags, const void* memory, size_t size);
int adrMap(queue_t queue, int blocking_map, int flags, void* memory, size_t size, event_t* event);
int adrUnmap(queue_t queue, void* memory);
int adrTouch(queue_t queue, const void* memory);
}
