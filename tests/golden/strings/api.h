// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <stddef.h>
#include <stdint.h>

extern "C" {
int strPut(const char* name);
int strPutMany(unsigned count, const char** strings, const size_t* lengths);
int strPutNames(unsigned num_names, const char** names);
int strPutBlobs(unsigned num_blobs, const size_t* lengths, const unsigned char** blobs, int* blob_status);
int strPutSome(const char* text, size_t text_length);
}
