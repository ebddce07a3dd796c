// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <stddef.h>

typedef struct queue_object* queue_t;
typedef struct kernel_object* kernel_t;
typedef struct buffer_object* buffer_t;

extern "C" {
int proSet(kernel_t kernel, unsigned index, size_t value_size, const void* value);
int proRun(queue_t queue, kernel_t kernel, unsigned dimensions, const size_t* sizes);
int proCopy(queue_t queue, buffer_t from, buffer_t to, size_t size);
}
