// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <stddef.h>
#include <stdint.h>

typedef struct device_object* device_t;

extern "C" {
int stateOpen(const char* path, device_t* device);
void* stateFunction(const char* name);
int stateFork(device_t device, void* argument);
int stateExtra(device_t device);
}

extern "C" int state_put_file(const char* path, size_t bytes, const void* data);

extern "C" int not_exported(int x);
