// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <stddef.h>
#include <stdint.h>

typedef struct queue_object* queue_t;
typedef struct kernel_object* kernel_t;
typedef struct event_object* event_t;

extern "C" {
int ordSet(kernel_t kernel, unsigned index, size_t value_size, const void* value);
int ordRun(queue_t queue, kernel_t kernel, unsigned num_waits, const event_t* waits, event_t* event);
int ordRead(queue_t queue, int wait, size_t size, void* data, event_t* event);
int ordFlush(queue_t queue);
int ordFinish(queue_t queue);
}
