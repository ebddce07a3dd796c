// SPDX-License-Identifier: Apache-2.0
#pragma once

// What the expressions of opencl.lapis name, beside the API itself: calls between the two halves
// that no program sees, and guest-side questions whose answers live in guest.cc.

#include <CL/cl.h>

#include <atomic>
#include <cstdint>
#include <string>
#include <vector>

// A small set of 64-bit keys. Lock-free; forgets when full, which costs a round trip and never an
// answer.
class ProofSet {
 public:
  bool Has(std::uint64_t key) const {
    return slots_[key % kSlots].load(std::memory_order_acquire) == key;
  }
  void Add(std::uint64_t key) { slots_[key % kSlots].store(key, std::memory_order_release); }
  void Clear() {
    for (auto& slot : slots_) slot.store(0, std::memory_order_relaxed);
  }

 private:
  static constexpr std::size_t kSlots = 61;
  std::atomic<std::uint64_t> slots_[kSlots] = {};
};

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
// The binary of the program's device `index`; `bytes` as CL_PROGRAM_BINARY_SIZES said.
cl_int ava_program_binary(cl_program program, cl_uint index, size_t bytes, unsigned char* binary);
}

// Guest: the 8 bytes of a kernel argument name a live object of this kind.
bool NamesMem(size_t arg_size, const void* arg_value);
bool NamesSampler(size_t arg_size, const void* arg_value);
// Guest: they are a handle of ours, but of nothing alive that a kernel can take.
bool NamesGone(size_t arg_size, const void* arg_value);
// Guest: the vendor library has accepted an argument of this shape, a launch of this shape, before;
// it cannot refuse this one, so nobody has to wait for its answer.
bool ArgumentProven(cl_kernel kernel, cl_uint index, size_t arg_size, const void* arg_value);
bool LaunchProven(cl_command_queue queue, cl_kernel kernel, cl_uint work_dim, const size_t* offset,
                  const size_t* global, const size_t* local);
// Guest: nothing in this transfer, or in this wait list, can be refused.
bool TransferSafe(cl_command_queue queue, cl_mem buffer, size_t offset, size_t size,
                  const void* pointer);
bool WaitSafe(cl_command_queue queue, cl_uint count, const cl_event* events);
// Guest: where the program keeps a CL_MEM_USE_HOST_PTR object's contents, or NULL.
void* HostPointer(cl_mem object, size_t offset);
// Guest: the range lies inside the object; a box of such elements is not larger than the object.
// What does not fit is refused before the program's memory is looked at.
bool RangeFits(cl_mem object, size_t offset, size_t size);
bool RegionFits(cl_mem object, const size_t* region, size_t element);
// Both: bytes of `host_ptr` that a creation reads: none without the flags for it or when the size
// will be refused.
size_t HostBytes(cl_context context, cl_mem_flags flags, size_t size);
