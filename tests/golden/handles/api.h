// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <stddef.h>
#include <stdint.h>

typedef struct device_object* device_t;
typedef struct buffer_object* buffer_t;
#define BAD_DEVICE (-1)
#define BAD_BUFFER (-2)

extern "C" {
int hGetDevices(unsigned num_entries, device_t* devices, unsigned* num_devices);
buffer_t hCreateBuffer(device_t device, size_t size, int* error);
int hCreateMany(device_t device, unsigned num_buffers, buffer_t* buffers);
int hRetainBuffer(buffer_t buffer);
int hReleaseBuffer(buffer_t buffer);
int hUse(unsigned num_buffers, const buffer_t* buffers, device_t device);
}
