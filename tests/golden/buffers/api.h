// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <stddef.h>
#include <stdint.h>

extern "C" {
int bufWrite(size_t size, const void* data);
int bufRead(size_t size, void* data);
int bufReadSome(size_t data_size, void* data, size_t* written);
int bufIds(unsigned num_ids, unsigned* ids, unsigned* num_found);
int bufSum(unsigned num_values, const float* values, float* sum);
int bufUpdate(int* value);
}
