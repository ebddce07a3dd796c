// SPDX-License-Identifier: Apache-2.0
#pragma once

// Calls between the two halves that no program sees.

#include <CL/cl.h>

#include <atomic>

extern "C" {
// What clinfo asks Debian's loader: its name, vendor and version. The answer is the server's
// loader's.
cl_int clGetICDLoaderInfoOCLICD(cl_uint param_name, size_t param_value_size, void* param_value,
                                size_t* param_value_size_ret);
// Stores a file that a build will read where the worker's compiler finds it. `path` is absolute.
cl_int ava_put_file(const char* path, size_t bytes, const void* data);
// Files that a build would read if they were there; each path ends with a NUL.
cl_int ava_absent_files(size_t bytes, const char* paths);
// The worker works where the program does: where its compiler looks for './x.h'. `path` is
// absolute.
cl_int ava_directory(const char* path);
}
