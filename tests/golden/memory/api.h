// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <stddef.h>
#include <stdint.h>

typedef struct buffer_object* buffer_t;
typedef struct event_object* event_t;
#define MAP_WRITE 1
#define MAP_DISCARD 2

void* HostPointer(buffer_t buffer);
void* SharedPointer(buffer_t buffer);

extern "C" {
int memReadBox(buffer_t buffer, const size_t* region, const size_t* origin, size_t row_pitch, size_t slice_pitch,
               void* box, event_t* event);
int memWriteImage(buffer_t buffer, const size_t* region, size_t row_pitch, const void* pixels);
void* memMap(buffer_t buffer, int flags, size_t size, int* error);
void* memMapImage(buffer_t image, int flags, const size_t* origin, const size_t* region, size_t* row_pitch,
                  size_t* slice_pitch, int* error);
int memUnmap(buffer_t buffer, void* mapped);
int memRead(buffer_t buffer, int blocking, size_t size, void* data, event_t* event);
buffer_t memCreate(size_t size, const void* data, int* error);
typedef void (*end_fn)(buffer_t buffer, void* data);
int memOnEnd(buffer_t buffer, end_fn told, void* data);
}
