// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <stddef.h>
#include <stdint.h>

typedef struct kernel_object* kernel_t;
typedef struct buffer_object* buffer_t;
#define KIND_BUFFER 1

int KindOf(kernel_t kernel, unsigned index);
bool NamesBuffer(size_t size, const void* value);

extern "C" {
int condSet(kernel_t kernel, unsigned index, size_t size, const void* value);
int condSetGuessed(kernel_t kernel, size_t size, const void* value);
}
