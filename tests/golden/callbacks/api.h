// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <stddef.h>
#include <stdint.h>

typedef struct program_object* program_t;
typedef void (*notify_fn)(program_t program, int status, const void* detail, size_t detail_size, void* data);

extern "C" {
int cbBuild(program_t program, const char* options, notify_fn notify, void* data);
int cbWatch(program_t program, void (*changed)(int what), size_t period);
}
