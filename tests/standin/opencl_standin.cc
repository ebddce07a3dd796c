// SPDX-License-Identifier: Apache-2.0
//
// A stand-in for a vendor library that has what PoCL 3.1 lacks: pipes, programs from an
// intermediate language with specialisation constants, and queues on the device. It stands in front
// of the real libOpenCL.so.1 and takes over a few functions; whatever it does not define is the
// real one's.
//
// It shows that such calls, their handles, errors and answers come through AvA unchanged. It does
// NOT show that a device could use them: a pipe is a buffer that kernels see as such, the
// intermediate language is OpenCL C behind a mark, a queue on the device is one on the host.

#include <CL/cl.h>
#include <dlfcn.h>

#include <algorithm>
#include <cstring>
#include <map>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

namespace {

constexpr std::string_view kMark = "AVA-STANDIN-IL\n";
constexpr std::string_view kIlVersion = "STANDIN_1.0";
constexpr cl_uint kConstants = 4;       // specialisation constants of each program, of 4 bytes
constexpr cl_uint kQueueBytes = 16384;  // a device queue's size unless it is said

void* Library() {
  static void* const library = dlopen("libOpenCL.so.1", RTLD_NOW | RTLD_LOCAL);
  return library;
}

#define REAL(function) reinterpret_cast<decltype(&::function)>(dlsym(Library(), #function))

struct Pipe {
  cl_uint packet_bytes;
  cl_uint packets_max;
};
struct IlProgram {
  std::string il;
  std::map<cl_uint, cl_uint> constants;
};
struct DeviceQueue {
  cl_command_queue_properties properties;
  cl_uint bytes;
  cl_device_id device;
};

std::mutex g_mutex;
std::map<cl_mem, Pipe> g_pipes;
std::map<cl_program, IlProgram> g_programs;
std::map<cl_command_queue, DeviceQueue> g_queues;
std::map<cl_device_id, cl_command_queue> g_default_queues;

cl_int Answer(const void* answer, size_t bytes, size_t capacity, void* value, size_t* size_ret) {
  if (value != nullptr && capacity < bytes) return CL_INVALID_VALUE;
  if (value != nullptr) std::memcpy(value, answer, bytes);
  if (size_ret != nullptr) *size_ret = bytes;
  return CL_SUCCESS;
}

template <class T>
cl_int Answer(const T& answer, size_t capacity, void* value, size_t* size_ret) {
  return Answer(&answer, sizeof(answer), capacity, value, size_ret);
}

template <class Map, class Key>
auto Find(Map& map, Key key) -> decltype(&map.begin()->second) {
  const auto found = map.find(key);
  return found == map.end() ? nullptr : &found->second;
}

template <class T>
T Refuse(cl_int* place, cl_int error) {
  if (place != nullptr) *place = error;
  return nullptr;
}

}  // namespace

extern "C" {
#pragma GCC visibility push(default)

cl_int clGetDeviceInfo(cl_device_id device, cl_device_info what, size_t capacity, void* value,
                       size_t* size_ret) {
  switch (what) {
    case CL_DEVICE_PIPE_SUPPORT:
      return Answer(cl_bool{CL_TRUE}, capacity, value, size_ret);
    case CL_DEVICE_MAX_PIPE_ARGS:
      return Answer(cl_uint{16}, capacity, value, size_ret);
    case CL_DEVICE_PIPE_MAX_PACKET_SIZE:
      return Answer(cl_uint{1024}, capacity, value, size_ret);
    case CL_DEVICE_MAX_ON_DEVICE_QUEUES:
      return Answer(cl_uint{1}, capacity, value, size_ret);
    case CL_DEVICE_QUEUE_ON_DEVICE_PREFERRED_SIZE:
      return Answer(kQueueBytes, capacity, value, size_ret);
    case CL_DEVICE_IL_VERSION:
      return Answer(kIlVersion.data(), kIlVersion.size() + 1, capacity, value, size_ret);
    default:
      return REAL(clGetDeviceInfo)(device, what, capacity, value, size_ret);
  }
}

// Pipes ------------------------------------------------------------------------------------------

cl_mem clCreatePipe(cl_context context, cl_mem_flags flags, cl_uint packet_bytes,
                    cl_uint packets_max, const cl_pipe_properties* properties, cl_int* error) {
  if (packet_bytes == 0 || packet_bytes > 1024 || packets_max == 0)
    return Refuse<cl_mem>(error, CL_INVALID_PIPE_SIZE);
  if (properties != nullptr && properties[0] != 0) return Refuse<cl_mem>(error, CL_INVALID_VALUE);
  cl_mem pipe =
      REAL(clCreateBuffer)(context, flags, size_t{packet_bytes} * packets_max, nullptr, error);
  if (pipe == nullptr) return nullptr;
  const std::lock_guard lock(g_mutex);
  g_pipes.insert_or_assign(pipe, Pipe{.packet_bytes = packet_bytes, .packets_max = packets_max});
  return pipe;
}

cl_int clGetPipeInfo(cl_mem pipe, cl_pipe_info what, size_t capacity, void* value,
                     size_t* size_ret) {
  const std::lock_guard lock(g_mutex);
  const Pipe* known = Find(g_pipes, pipe);
  if (known == nullptr) return CL_INVALID_MEM_OBJECT;
  switch (what) {
    case CL_PIPE_PACKET_SIZE:
      return Answer(known->packet_bytes, capacity, value, size_ret);
    case CL_PIPE_MAX_PACKETS:
      return Answer(known->packets_max, capacity, value, size_ret);
    case CL_PIPE_PROPERTIES:
      return Answer(nullptr, 0, capacity, nullptr, size_ret);
    default:
      return CL_INVALID_VALUE;
  }
}

cl_int clGetMemObjectInfo(cl_mem memory, cl_mem_info what, size_t capacity, void* value,
                          size_t* size_ret) {
  {
    const std::lock_guard lock(g_mutex);
    if (what == CL_MEM_TYPE && g_pipes.contains(memory))
      return Answer(cl_mem_object_type{CL_MEM_OBJECT_PIPE}, capacity, value, size_ret);
  }
  return REAL(clGetMemObjectInfo)(memory, what, capacity, value, size_ret);
}

cl_int clReleaseMemObject(cl_mem memory) {
  {
    const std::lock_guard lock(g_mutex);
    cl_uint references = 0;
    const bool last = g_pipes.contains(memory) &&
                      REAL(clGetMemObjectInfo)(memory, CL_MEM_REFERENCE_COUNT, sizeof references,
                                               &references, nullptr) == CL_SUCCESS &&
                      references == 1;
    if (last) g_pipes.erase(memory);
  }
  return REAL(clReleaseMemObject)(memory);
}

// Programs from an intermediate language ---------------------------------------------------------

cl_program clCreateProgramWithIL(cl_context context, const void* il, size_t bytes, cl_int* error) {
  const std::string_view text(static_cast<const char*>(il), il == nullptr ? 0 : bytes);
  if (!text.starts_with(kMark)) return Refuse<cl_program>(error, CL_INVALID_VALUE);
  const char* source = text.data() + kMark.size();
  const size_t source_bytes = text.size() - kMark.size();
  cl_program program = REAL(clCreateProgramWithSource)(context, 1, &source, &source_bytes, error);
  if (program == nullptr) return nullptr;
  const std::lock_guard lock(g_mutex);
  g_programs.insert_or_assign(program, IlProgram{.il = std::string(text), .constants = {}});
  return program;
}

cl_int clSetProgramSpecializationConstant(cl_program program, cl_uint id, size_t bytes,
                                          const void* value) {
  const std::lock_guard lock(g_mutex);
  IlProgram* known = Find(g_programs, program);
  if (known == nullptr) return CL_INVALID_PROGRAM;
  if (id >= kConstants) return CL_INVALID_SPEC_ID;
  if (bytes != sizeof(cl_uint) || value == nullptr) return CL_INVALID_VALUE;
  std::memcpy(&known->constants[id], value, bytes);
  return CL_SUCCESS;
}

cl_int clBuildProgram(cl_program program, cl_uint count, const cl_device_id* devices,
                      const char* options, void(CL_CALLBACK* notify)(cl_program, void*),
                      void* data) {
  std::string all = options == nullptr ? "" : options;
  {
    const std::lock_guard lock(g_mutex);
    const IlProgram* known = Find(g_programs, program);
    for (cl_uint id = 0; known != nullptr && id < kConstants; ++id) {
      const auto found = known->constants.find(id);
      const cl_uint chosen = found == known->constants.end() ? 0 : found->second;
      all += " -DCONSTANT_" + std::to_string(id) + "=" + std::to_string(chosen);
    }
  }
  return REAL(clBuildProgram)(program, count, devices, all.c_str(), notify, data);
}

cl_int clGetProgramInfo(cl_program program, cl_program_info what, size_t capacity, void* value,
                        size_t* size_ret) {
  if (what == CL_PROGRAM_IL) {
    const std::lock_guard lock(g_mutex);
    const IlProgram* known = Find(g_programs, program);
    if (known != nullptr)
      return Answer(known->il.data(), known->il.size(), capacity, value, size_ret);
  }
  return REAL(clGetProgramInfo)(program, what, capacity, value, size_ret);
}

// Queues on the device ---------------------------------------------------------------------------

cl_command_queue clCreateCommandQueueWithProperties(cl_context context, cl_device_id device,
                                                    const cl_queue_properties* properties,
                                                    cl_int* error) {
  cl_command_queue_properties asked = 0;
  cl_uint bytes = kQueueBytes;
  for (const cl_queue_properties* p = properties; p != nullptr && *p != 0; p += 2) {
    if (p[0] == CL_QUEUE_PROPERTIES) asked = p[1];
    if (p[0] == CL_QUEUE_SIZE) bytes = static_cast<cl_uint>(p[1]);
  }
  if ((asked & CL_QUEUE_ON_DEVICE) == 0)
    return REAL(clCreateCommandQueueWithProperties)(context, device, properties, error);
  if ((asked & CL_QUEUE_OUT_OF_ORDER_EXEC_MODE_ENABLE) == 0)
    return Refuse<cl_command_queue>(error, CL_INVALID_VALUE);
  const cl_queue_properties plain[] = {0};
  cl_command_queue queue = REAL(clCreateCommandQueueWithProperties)(context, device, plain, error);
  if (queue == nullptr) return nullptr;
  const std::lock_guard lock(g_mutex);
  g_queues.insert_or_assign(queue,
                            DeviceQueue{.properties = asked, .bytes = bytes, .device = device});
  if ((asked & CL_QUEUE_ON_DEVICE_DEFAULT) != 0) g_default_queues[device] = queue;
  return queue;
}

cl_int clSetDefaultDeviceCommandQueue(cl_context, cl_device_id device, cl_command_queue queue) {
  const std::lock_guard lock(g_mutex);
  if (!g_queues.contains(queue)) return CL_INVALID_COMMAND_QUEUE;
  g_default_queues[device] = queue;
  return CL_SUCCESS;
}

cl_int clGetCommandQueueInfo(cl_command_queue queue, cl_command_queue_info what, size_t capacity,
                             void* value, size_t* size_ret) {
  {
    const std::lock_guard lock(g_mutex);
    const DeviceQueue* known = Find(g_queues, queue);
    if (known != nullptr && what == CL_QUEUE_PROPERTIES)
      return Answer(known->properties, capacity, value, size_ret);
    if (known != nullptr && what == CL_QUEUE_SIZE)
      return Answer(known->bytes, capacity, value, size_ret);
    if (what == CL_QUEUE_DEVICE_DEFAULT) {
      cl_device_id device = nullptr;
      REAL(clGetCommandQueueInfo)(queue, CL_QUEUE_DEVICE, sizeof device, &device, nullptr);
      const auto found = g_default_queues.find(device);
      return Answer(found == g_default_queues.end() ? cl_command_queue{} : found->second, capacity,
                    value, size_ret);
    }
  }
  return REAL(clGetCommandQueueInfo)(queue, what, capacity, value, size_ret);
}

#pragma GCC visibility pop
}  // extern "C"
