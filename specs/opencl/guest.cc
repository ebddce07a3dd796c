// SPDX-License-Identifier: Apache-2.0
// Guest-side code of opencl.lapis. Included by the generated guest library, behind the metadata
// structures and the declarations of every call.

#include <limits.h>
#include <unistd.h>

#include <cstring>

#include "ava/guest/include_scan.h"

namespace {

std::uint64_t Mix(std::uint64_t hash, std::uint64_t word) {
  hash ^= word + 0x9e3779b97f4a7c15U + (hash << 6U) + (hash >> 2U);
  return hash * 0xff51afd7ed558ccdU;
}

// Names an object for good. Its handle does not: an object that is made after this one was released
// may get the same.
std::uint64_t IdOf(const void* live_handle) { return ava::guest::AsObject(live_handle)->id; }

// What the vendor library looks at in an argument, the value itself apart. 0: no two such arguments
// are alike.
std::uint64_t ArgumentShape(cl_uint index, size_t arg_size, const void* arg_value) {
  const std::uint64_t key = Mix(Mix(1, index), arg_size);
  if (NamesSampler(arg_size, arg_value)) return Mix(key, 3);
  if (!NamesMem(arg_size, arg_value)) return Mix(key, arg_value == nullptr ? 1 : 2);
  const auto* memory = metadata(*static_cast<const cl_mem*>(arg_value));
  if (memory->part_of != nullptr) return 0;
  return Mix(Mix(Mix(key, memory->flags), memory->pixel_bytes), IdOf(memory->context));
}

std::uint64_t LaunchShape(cl_command_queue queue, cl_uint work_dim, const size_t* offset,
                          const size_t* global, const size_t* local) {
  constexpr size_t kPlainMax = size_t{1} << 31U;
  if (global == nullptr || work_dim < 1 || work_dim > 3) return 0;
  std::uint64_t key = Mix(Mix(2, IdOf(queue)), work_dim);
  for (cl_uint i = 0; i < work_dim; ++i) {
    if (global[i] == 0 || global[i] > kPlainMax || (offset != nullptr && offset[i] > kPlainMax))
      return 0;
    if (local != nullptr && (local[i] == 0 || global[i] % local[i] != 0)) return 0;
    key = Mix(key, local == nullptr ? 0 : local[i]);
  }
  return key;
}

void ProveArgument(cl_kernel kernel, cl_uint index, size_t arg_size, const void* arg_value) {
  auto* state = metadata(kernel);
  if (!ArgumentProven(kernel, index, arg_size, arg_value)) state->launches.Clear();
  if (const auto key = ArgumentShape(index, arg_size, arg_value); key != 0)
    state->arguments.Add(key);
}

void ProveLaunch(cl_command_queue queue, cl_kernel kernel, cl_uint work_dim, const size_t* offset,
                 const size_t* global, const size_t* local) {
  if (const auto key = LaunchShape(queue, work_dim, offset, global, local); key != 0)
    metadata(kernel)->launches.Add(key);
}

// Whether a kernel may write to the program's standard output. A program without a source may.
bool MayPrint(const std::string& source) {
  return source.empty() || source.find("printf") != std::string::npos ||
         source.find("include") != std::string::npos;
}

// What it prints belongs where the program's output goes now.
void FollowStdout(cl_kernel kernel) {
  if (metadata(kernel)->prints) ava::guest::Session::Current().FollowStdout();
}

// What could print has ended, as far as a program can know that.
void LetGoOfStdout() { ava::guest::Session::Current().LetGoOfStdout(); }

std::string JoinSource(cl_uint count, const char** strings, const size_t* lengths) {
  std::string text;
  for (cl_uint i = 0; i < count; ++i) {
    if (lengths != nullptr && lengths[i] != 0)
      text.append(strings[i], lengths[i]);
    else
      text.append(strings[i]);
  }
  return text;
}

// Everything that building `program` may read from the program's own file system goes to the worker
// first.
void ShipSources(cl_program program, const char* options) {
  if (!ava::guest::IsAlive(program)) return;
  const char* text = options == nullptr ? "" : options;
  if (char directory[PATH_MAX]; getcwd(directory, sizeof(directory)) != nullptr)
    (void)ava_directory(directory);
  bool shipped = true;
  const std::string absent = ava::guest::CollectIncludes(
      metadata(program)->source, text, [&](const ava::guest::IncludedFile& file) {
        shipped = shipped && ava_put_file(file.absolute_path, file.bytes, file.data) == CL_SUCCESS;
      });
  (void)ava_absent_files(absent.size(), absent.data());
}

cl_int ProgramBinaries(cl_program program, size_t value_size, void* value, size_t* size_ret) {
  size_t bytes = 0;
  cl_int status = clGetProgramInfo(program, CL_PROGRAM_BINARY_SIZES, 0, nullptr, &bytes);
  if (status != CL_SUCCESS) return status;
  std::vector<size_t> sizes(bytes / sizeof(size_t));
  status = clGetProgramInfo(program, CL_PROGRAM_BINARY_SIZES, bytes, sizes.data(), nullptr);
  if (status != CL_SUCCESS) return status;
  if (value != nullptr && value_size < sizes.size() * sizeof(unsigned char*))
    return CL_INVALID_VALUE;
  auto** binaries = static_cast<unsigned char**>(value);
  for (cl_uint i = 0; binaries != nullptr && i < sizes.size() && status == CL_SUCCESS; ++i) {
    if (binaries[i] != nullptr && sizes[i] != 0)
      status = ava_program_binary(program, i, sizes[i], binaries[i]);
  }
  if (size_ret != nullptr) *size_ret = sizes.size() * sizeof(unsigned char*);
  return status;
}

}  // namespace

bool NamesMem(size_t arg_size, const void* arg_value) {
  return arg_size == sizeof(cl_mem) && arg_value != nullptr &&
         ava::guest::IsAlive(*static_cast<const cl_mem*>(arg_value));
}

bool NamesSampler(size_t arg_size, const void* arg_value) {
  return arg_size == sizeof(cl_sampler) && arg_value != nullptr &&
         ava::guest::IsAlive(*static_cast<const cl_sampler*>(arg_value));
}

bool NamesGone(size_t arg_size, const void* arg_value) {
  return arg_size == sizeof(cl_mem) && arg_value != nullptr &&
         ava::guest::IsHandle(*static_cast<void* const*>(arg_value)) &&
         !NamesMem(arg_size, arg_value) && !NamesSampler(arg_size, arg_value);
}

bool ArgumentProven(cl_kernel kernel, cl_uint index, size_t arg_size, const void* arg_value) {
  const auto key = ArgumentShape(index, arg_size, arg_value);
  return key != 0 && metadata(kernel)->arguments.Has(key);
}

bool LaunchProven(cl_command_queue queue, cl_kernel kernel, cl_uint work_dim, const size_t* offset,
                  const size_t* global, const size_t* local) {
  const auto key = LaunchShape(queue, work_dim, offset, global, local);
  return key != 0 && metadata(kernel)->launches.Has(key);
}

bool TransferSafe(cl_command_queue queue, cl_mem buffer, size_t offset, size_t size,
                  const void* pointer) {
  const auto* memory = metadata(buffer);
  constexpr cl_mem_flags kHostLimits =
      CL_MEM_HOST_READ_ONLY | CL_MEM_HOST_WRITE_ONLY | CL_MEM_HOST_NO_ACCESS;
  return pointer != nullptr && size != 0 && memory->part_of == nullptr &&
         memory->pixel_bytes == 0 && (memory->flags & kHostLimits) == 0 &&
         memory->context == metadata(queue)->context && offset < memory->size &&
         size <= memory->size - offset;
}

bool WaitSafe(cl_command_queue queue, cl_uint count, const cl_event* events) {
  if ((count == 0) != (events == nullptr)) return false;
  for (cl_uint i = 0; i < count; ++i) {
    if (!ava::guest::IsAlive(events[i]) || metadata(events[i])->context != metadata(queue)->context)
      return false;
  }
  return true;
}

bool RangeFits(cl_mem object, size_t offset, size_t size) {
  const size_t whole = metadata(object)->size;
  return offset <= whole && size <= whole - offset;
}

bool RegionFits(cl_mem object, const size_t* region, size_t element) {
  if (region == nullptr || element == 0) return true;  // the vendor library's to refuse
  __extension__ using Wide = unsigned __int128;
  const size_t whole = metadata(object)->size;
  Wide bytes = element;
  for (int i = 0; i < 3; ++i) {
    bytes *= region[i];
    if (bytes > whole) return false;
  }
  return true;
}

size_t HostBytes(cl_context context, cl_mem_flags flags, size_t size) {
  if ((flags & (CL_MEM_USE_HOST_PTR | CL_MEM_COPY_HOST_PTR)) == 0) return 0;
  auto* state = metadata(context);
  if (state->largest == 0)
    state->largest = LargestAllocation(context, &clGetContextInfo, &clGetDeviceInfo);
  return size <= state->largest ? size : 0;
}

void* HostPointer(cl_mem object, size_t offset) {
  auto* host = static_cast<char*>(metadata(object)->host);
  return host == nullptr ? nullptr : host + offset;
}
