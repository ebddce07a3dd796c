// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <stddef.h>
#include <stdint.h>

typedef struct device_object* device_t;
typedef struct graph_object* graph_t;

extern "C" {
int ncGlobalGetOption(int option, void* data, int* dataLength);
int ncAllocateGraph(device_t device, graph_t* graph, size_t graphFileLength, const void* graphFile);
}
