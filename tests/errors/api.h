// SPDX-License-Identifier: Apache-2.0
// The API that the bad examples speak of.
#pragma once

#include <stddef.h>

typedef int status_t;
#define OK 0
#define BAD_VALUE (-1)
#define BAD_DEVICE (-2)
#define BAD_BUFFER (-3)

typedef struct device_object* device_t;
typedef struct buffer_object* buffer_t;
typedef unsigned info_t;
#define DEVICE_NAME 1
#define DEVICE_PARENT 2
#define DEVICE_ALIAS 1

typedef struct region {
  size_t offset;
  size_t size;
} region;

typedef void (*notify_fn)(buffer_t buffer, void* data);

extern "C" {
status_t apiOpen(device_t* device);
status_t apiRetainDevice(device_t device);
status_t apiReleaseDevice(device_t device);
status_t apiGetDeviceInfo(device_t device, info_t name, size_t value_size, void* value, size_t* value_size_ret);
buffer_t apiCreateBuffer(device_t device, size_t size, status_t* error);
status_t apiReleaseBuffer(buffer_t buffer);
status_t apiWrite(buffer_t buffer, size_t offset, size_t size, const void* data);
status_t apiRead(buffer_t buffer, size_t offset, size_t size, void* data);
status_t apiRun(device_t device, size_t count, const void* program, notify_fn notify, void* data);
status_t apiSubmit(device_t device, const void* commands);
status_t apiUpdate(buffer_t buffer, const region* where);
void apiFlush(void);
}
