// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <stddef.h>
#include <stdint.h>

typedef struct device_object* device_t;
typedef unsigned device_info;
typedef intptr_t device_properties;
#define DEVICE_NAME 1
#define DEVICE_PARENT 2
#define DEVICE_FLAGS 3
#define DEVICE_PROPERTIES 4
#define DEVICE_LOAD 5
#define DEVICE_COUNT 6
#define DEVICE_WORDS 7
#define DEVICE_MODE 8
#define DEVICE_MEMORY 12
#define DEVICE_BLOBS 9
#define DEVICE_BLOB_SIZES 10
#define PROPERTY_PARENT 1

extern "C" {
int tabGetDeviceInfo(device_t device, device_info name, size_t value_size, void* value,
                     size_t* value_size_ret);
device_t tabCreateDevice(const device_properties* properties, int* error);
}
