// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <stddef.h>

typedef struct queue_object* queue_t;
typedef unsigned format_t;
#define FORMAT_BYTE 1
#define FORMAT_HALF 2
#define FORMAT_FLOAT 3
#define FORMAT_DOUBLE 4

extern "C" {
int famRead(queue_t queue, int wait_read, format_t format, size_t count, void* to);
int famWrite(queue_t queue, int wait_write, format_t format, size_t number, const void* from);
int famWait(queue_t queue);
}
