// SPDX-License-Identifier: Apache-2.0

// A vendor library for the decoder's fuzzer: it reads all that the server says it may read, writes
// all that it may write, frees objects with their last reference, and calls back at once. A
// sanitizer sees what the server let pass.

#include "tests/fuzz/stub_opencl.h"

#include <CL/cl.h>

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <unordered_set>

#include "tests/fuzz/stub_images.h"

namespace {

// What stands behind every handle. Freed with its last reference, so that a dead handle which
// passes is seen.
struct Object {
  std::uint32_t magic = 0x0b1ec7;
  int references = 1;
  std::size_t pixel_bytes = 0;  // of an image
};
constexpr std::size_t kBufferBytes = 4096;
constexpr cl_ulong kAllocationMax = 1 << 20;
constexpr std::size_t kArgumentBytesMax = 32764;

std::unordered_set<Object*> alive;

unsigned sink;  // keeps reads alive

Object* Of(const void* handle) { return static_cast<Object*>(const_cast<void*>(handle)); }

void Touch(const void* handle) {
  if (handle != nullptr && Of(handle)->magic != 0x0b1ec7) std::abort();
}
template <class T>
T Make() {
  return reinterpret_cast<T>(*alive.insert(new Object).first);
}
template <class T>
T Created(cl_int* error) {
  if (error != nullptr) *error = CL_SUCCESS;
  return Make<T>();
}
cl_int Retain(const void* handle) {
  ++Of(handle)->references;
  return CL_SUCCESS;
}
cl_int Release(const void* handle) {
  Touch(handle);
  if (--Of(handle)->references != 0) return CL_SUCCESS;
  alive.erase(Of(handle));
  delete Of(handle);
  return CL_SUCCESS;
}
void Read(const void* data, std::size_t bytes) {
  const auto* from = static_cast<const unsigned char*>(data);
  for (std::size_t i = 0; from != nullptr && i < bytes; ++i) sink += from[i];
}
void ReadString(const char* text) {
  if (text != nullptr) sink += static_cast<unsigned>(std::strlen(text));
}
template <class T>
void ReadHandles(cl_uint count, const T* handles) {
  for (cl_uint i = 0; handles != nullptr && i < count; ++i) Touch(handles[i]);
}
void ReadProperties(const std::intptr_t* list) {
  for (; list != nullptr && *list != 0; list += 2) sink += static_cast<unsigned>(list[0] + list[1]);
}
cl_int Info(const void* handle, std::size_t size, void* value, std::size_t* size_ret) {
  Touch(handle);
  if (size_ret != nullptr) *size_ret = 8;
  if (value == nullptr) return CL_SUCCESS;
  if (size < 8) return CL_INVALID_VALUE;
  std::memset(value, 0, size);
  return CL_SUCCESS;
}
cl_int Enqueue(const void* queue, cl_uint count, const cl_event* waits, cl_event* event) {
  Touch(queue);
  ReadHandles(count, waits);
  if (event != nullptr) *event = Make<cl_event>();
  return CL_SUCCESS;
}
void Write(void* data, std::size_t bytes) {
  if (data != nullptr && bytes != 0) std::memset(data, 0x5a, bytes);
}
std::size_t BoxBytes(const std::size_t* region) {
  return region == nullptr ? 0 : region[0] * region[1] * region[2];
}

alignas(64) unsigned char mapped[kBufferBytes];

}  // namespace

void* StubObject() { return Make<void*>(); }

void FreeStubObjects() {
  for (Object* object : alive) delete object;
  alive.clear();
}

#define STUB extern "C" __attribute__((visibility("default")))

STUB cl_int clGetPlatformIDs(cl_uint entries, cl_platform_id* platforms, cl_uint* count) {
  static Object platform;
  for (cl_uint i = 0; platforms != nullptr && i < entries && i < 1; ++i) {
    platforms[i] = reinterpret_cast<cl_platform_id>(&platform);
  }
  if (count != nullptr) *count = 1;
  return CL_SUCCESS;
}
STUB cl_int clGetPlatformInfo(cl_platform_id p, cl_platform_info, size_t size, void* value,
                              size_t* ret) {
  return Info(p, size, value, ret);
}
STUB cl_int clGetDeviceIDs(cl_platform_id p, cl_device_type, cl_uint entries, cl_device_id* devices,
                           cl_uint* count) {
  static Object device;
  Touch(p);
  for (cl_uint i = 0; devices != nullptr && i < entries && i < 1; ++i) {
    devices[i] = reinterpret_cast<cl_device_id>(&device);
  }
  if (count != nullptr) *count = 1;
  return CL_SUCCESS;
}
STUB cl_int clGetDeviceInfo(cl_device_id d, cl_device_info name, size_t size, void* value,
                            size_t* ret) {
  const cl_int status = Info(d, size, value, ret);
  if (status != CL_SUCCESS || name != CL_DEVICE_MAX_MEM_ALLOC_SIZE || value == nullptr)
    return status;
  std::memcpy(value, &kAllocationMax, sizeof(kAllocationMax));
  return status;
}
STUB cl_int clCreateSubDevices(cl_device_id d, const cl_device_partition_property* list,
                               cl_uint count, cl_device_id* out, cl_uint* ret) {
  Touch(d);
  ReadProperties(list);
  for (cl_uint i = 0; out != nullptr && i < count; ++i) out[i] = Make<cl_device_id>();
  if (ret != nullptr) *ret = count;
  return CL_SUCCESS;
}
STUB cl_int clRetainDevice(cl_device_id d) { return Retain(d); }
STUB cl_int clReleaseDevice(cl_device_id d) { return Release(d); }
STUB cl_context clCreateContext(const cl_context_properties* list, cl_uint count,
                                const cl_device_id* devices,
                                void(CL_CALLBACK* notify)(const char*, const void*, size_t, void*),
                                void* data, cl_int* error) {
  ReadProperties(list);
  ReadHandles(count, devices);
  if (notify != nullptr) notify("fuzzed", "private", 7, data);
  return Created<cl_context>(error);
}
STUB cl_int clRetainContext(cl_context c) { return Retain(c); }
STUB cl_int clReleaseContext(cl_context c) { return Release(c); }
STUB cl_int clGetContextInfo(cl_context c, cl_context_info name, size_t size, void* value,
                             size_t* ret) {
  if (name == CL_CONTEXT_DEVICES) {
    if (ret != nullptr) *ret = sizeof(cl_device_id);
    if (value != nullptr && size >= sizeof(cl_device_id)) {
      (void)clGetDeviceIDs(nullptr, CL_DEVICE_TYPE_ALL, 1, static_cast<cl_device_id*>(value),
                           nullptr);
    }
    return value != nullptr && size < sizeof(cl_device_id) ? CL_INVALID_VALUE : CL_SUCCESS;
  }
  return Info(c, size, value, ret);
}
STUB cl_command_queue clCreateCommandQueueWithProperties(cl_context c, cl_device_id d,
                                                         const cl_queue_properties* list,
                                                         cl_int* error) {
  Touch(c);
  Touch(d);
  ReadProperties(reinterpret_cast<const std::intptr_t*>(list));
  return Created<cl_command_queue>(error);
}
STUB cl_int clRetainCommandQueue(cl_command_queue q) { return Retain(q); }
STUB cl_int clReleaseCommandQueue(cl_command_queue q) { return Release(q); }
STUB cl_int clGetCommandQueueInfo(cl_command_queue q, cl_command_queue_info, size_t size,
                                  void* value, size_t* ret) {
  return Info(q, size, value, ret);
}
STUB cl_mem clCreateBuffer(cl_context c, cl_mem_flags flags, size_t size, void* host,
                           cl_int* error) {
  Touch(c);
  if (size > kAllocationMax) {
    if (error != nullptr) *error = CL_INVALID_BUFFER_SIZE;
    return nullptr;
  }
  if ((flags & CL_MEM_COPY_HOST_PTR) != 0) Read(host, size);
  return Created<cl_mem>(error);
}
STUB cl_mem clCreateSubBuffer(cl_mem m, cl_mem_flags, cl_buffer_create_type, const void* info,
                              cl_int* error) {
  Touch(m);
  Read(info, sizeof(cl_buffer_region));
  return Created<cl_mem>(error);
}
STUB cl_mem clCreateImage(cl_context c, cl_mem_flags flags, const cl_image_format* format,
                          const cl_image_desc* desc, void* host, cl_int* error) {
  Touch(c);
  Read(format, sizeof(*format));
  Read(desc, sizeof(*desc));
  if (desc != nullptr) Touch(desc->mem_object);
  if (ava::fuzz::ImageBytesOf(format, desc) > kAllocationMax) {
    if (error != nullptr) *error = CL_INVALID_IMAGE_SIZE;
    return nullptr;
  }
  if ((flags & CL_MEM_COPY_HOST_PTR) != 0) Read(host, ava::fuzz::ImageBytesOf(format, desc));
  auto* made = Created<cl_mem>(error);
  Of(made)->pixel_bytes = format == nullptr ? 0 : ava::fuzz::PixelBytesOf(*format);
  return made;
}
STUB cl_int clGetImageInfo(cl_mem m, cl_image_info, size_t size, void* value, size_t* ret) {
  return Info(m, size, value, ret);
}
STUB cl_int clRetainMemObject(cl_mem m) { return Retain(m); }
STUB cl_int clReleaseMemObject(cl_mem m) { return Release(m); }
STUB cl_int clGetMemObjectInfo(cl_mem m, cl_mem_info, size_t size, void* value, size_t* ret) {
  return Info(m, size, value, ret);
}
STUB cl_int clGetSupportedImageFormats(cl_context c, cl_mem_flags, cl_mem_object_type,
                                       cl_uint entries, cl_image_format* formats, cl_uint* count) {
  Touch(c);
  if (formats != nullptr) Write(formats, entries * sizeof(*formats));
  if (count != nullptr) *count = entries;
  return CL_SUCCESS;
}
STUB cl_program clCreateProgramWithSource(cl_context c, cl_uint count, const char** strings,
                                          const size_t* lengths, cl_int* error) {
  Touch(c);
  for (cl_uint i = 0; strings != nullptr && i < count; ++i) {
    if (lengths == nullptr || lengths[i] == 0) {
      ReadString(strings[i]);
    } else {
      Read(strings[i], lengths[i]);
    }
  }
  return Created<cl_program>(error);
}
STUB cl_program clCreateProgramWithBinary(cl_context c, cl_uint count, const cl_device_id* devices,
                                          const size_t* lengths, const unsigned char** binaries,
                                          cl_int* status, cl_int* error) {
  Touch(c);
  ReadHandles(count, devices);
  for (cl_uint i = 0; binaries != nullptr && lengths != nullptr && i < count; ++i)
    Read(binaries[i], lengths[i]);
  if (status != nullptr) Write(status, count * sizeof(*status));
  return Created<cl_program>(error);
}
STUB cl_int clRetainProgram(cl_program p) { return Retain(p); }
STUB cl_int clReleaseProgram(cl_program p) { return Release(p); }
STUB cl_int clBuildProgram(cl_program p, cl_uint count, const cl_device_id* devices,
                           const char* options, void(CL_CALLBACK* notify)(cl_program, void*),
                           void* data) {
  Touch(p);
  ReadHandles(count, devices);
  ReadString(options);
  if (notify != nullptr) notify(p, data);
  return CL_SUCCESS;
}
STUB cl_int clCompileProgram(cl_program p, cl_uint count, const cl_device_id* devices,
                             const char* options, cl_uint headers, const cl_program* programs,
                             const char** names, void(CL_CALLBACK* notify)(cl_program, void*),
                             void* data) {
  Touch(p);
  ReadHandles(count, devices);
  ReadString(options);
  ReadHandles(headers, programs);
  for (cl_uint i = 0; names != nullptr && i < headers; ++i) ReadString(names[i]);
  if (notify != nullptr) notify(p, data);
  return CL_SUCCESS;
}
STUB cl_program clLinkProgram(cl_context c, cl_uint count, const cl_device_id* devices,
                              const char* options, cl_uint inputs, const cl_program* programs,
                              void(CL_CALLBACK* notify)(cl_program, void*), void* data,
                              cl_int* error) {
  Touch(c);
  ReadHandles(count, devices);
  ReadString(options);
  ReadHandles(inputs, programs);
  auto* made = Created<cl_program>(error);
  if (notify != nullptr) notify(made, data);
  return made;
}
STUB cl_int clGetProgramInfo(cl_program p, cl_program_info, size_t size, void* value, size_t* ret) {
  return Info(p, size, value, ret);
}
STUB cl_int clGetProgramBuildInfo(cl_program p, cl_device_id d, cl_program_build_info, size_t size,
                                  void* value, size_t* ret) {
  Touch(d);
  return Info(p, size, value, ret);
}
STUB cl_kernel clCreateKernel(cl_program p, const char* name, cl_int* error) {
  Touch(p);
  ReadString(name);
  return Created<cl_kernel>(error);
}
STUB cl_int clCreateKernelsInProgram(cl_program p, cl_uint count, cl_kernel* kernels,
                                     cl_uint* ret) {
  Touch(p);
  for (cl_uint i = 0; kernels != nullptr && i < count; ++i) kernels[i] = Make<cl_kernel>();
  if (ret != nullptr) *ret = count;
  return CL_SUCCESS;
}
STUB cl_int clRetainKernel(cl_kernel k) { return Retain(k); }
STUB cl_int clReleaseKernel(cl_kernel k) { return Release(k); }
STUB cl_int clSetKernelArg(cl_kernel k, cl_uint, size_t size, const void* value) {
  Touch(k);
  if (value != nullptr && size > kArgumentBytesMax) return CL_INVALID_ARG_SIZE;
  Read(value, size);
  return CL_SUCCESS;
}
STUB cl_int clGetKernelInfo(cl_kernel k, cl_kernel_info, size_t size, void* value, size_t* ret) {
  return Info(k, size, value, ret);
}
STUB cl_int clGetKernelArgInfo(cl_kernel k, cl_uint, cl_kernel_arg_info, size_t size, void* value,
                               size_t* ret) {
  return Info(k, size, value, ret);
}
STUB cl_int clWaitForEvents(cl_uint count, const cl_event* events) {
  ReadHandles(count, events);
  return CL_SUCCESS;
}
// An event is complete when its references are an even number: some complete at once, some when
// they are counted.
STUB cl_int clGetEventInfo(cl_event e, cl_event_info name, size_t size, void* value, size_t* ret) {
  Touch(e);
  if (name != CL_EVENT_COMMAND_EXECUTION_STATUS || value == nullptr || size < sizeof(cl_int)) {
    return Info(e, size, value, ret);
  }
  *static_cast<cl_int*>(value) = Of(e)->references % 2 == 0 ? CL_COMPLETE : CL_QUEUED;
  if (ret != nullptr) *ret = sizeof(cl_int);
  return CL_SUCCESS;
}
STUB cl_event clCreateUserEvent(cl_context c, cl_int* error) {
  Touch(c);
  return Created<cl_event>(error);
}
STUB cl_int clRetainEvent(cl_event e) { return Retain(e); }
STUB cl_int clReleaseEvent(cl_event e) { return Release(e); }
STUB cl_int clSetUserEventStatus(cl_event e, cl_int) {
  Touch(e);
  return CL_SUCCESS;
}
STUB cl_int clSetEventCallback(cl_event e, cl_int,
                               void(CL_CALLBACK* notify)(cl_event, cl_int, void*), void* data) {
  Touch(e);
  if (notify != nullptr) notify(e, CL_COMPLETE, data);
  return CL_SUCCESS;
}
STUB cl_int clFlush(cl_command_queue q) {
  Touch(q);
  return CL_SUCCESS;
}
STUB cl_int clFinish(cl_command_queue q) {
  Touch(q);
  return CL_SUCCESS;
}
STUB cl_int clEnqueueReadBuffer(cl_command_queue q, cl_mem m, cl_bool, size_t, size_t size,
                                void* data, cl_uint count, const cl_event* waits, cl_event* event) {
  Touch(m);
  Write(data, size);
  return Enqueue(q, count, waits, event);
}
STUB cl_int clEnqueueWriteBuffer(cl_command_queue q, cl_mem m, cl_bool, size_t, size_t size,
                                 const void* data, cl_uint count, const cl_event* waits,
                                 cl_event* event) {
  Touch(m);
  Read(data, data == nullptr ? 0 : size);
  return Enqueue(q, count, waits, event);
}
STUB cl_int clEnqueueReadBufferRect(cl_command_queue q, cl_mem m, cl_bool, const size_t* origin,
                                    const size_t*, const size_t* region, size_t, size_t, size_t,
                                    size_t, void* data, cl_uint count, const cl_event* waits,
                                    cl_event* event) {
  Touch(m);
  Read(origin, 3 * sizeof(size_t));
  Write(data, BoxBytes(region));
  return Enqueue(q, count, waits, event);
}
STUB cl_int clEnqueueWriteBufferRect(cl_command_queue q, cl_mem m, cl_bool, const size_t* origin,
                                     const size_t*, const size_t* region, size_t, size_t, size_t,
                                     size_t, const void* data, cl_uint count, const cl_event* waits,
                                     cl_event* event) {
  Touch(m);
  Read(origin, 3 * sizeof(size_t));
  Read(data, data == nullptr ? 0 : BoxBytes(region));
  return Enqueue(q, count, waits, event);
}
STUB cl_int clEnqueueReadImage(cl_command_queue q, cl_mem m, cl_bool, const size_t* origin,
                               const size_t* region, size_t, size_t, void* data, cl_uint count,
                               const cl_event* waits, cl_event* event) {
  Touch(m);
  Read(origin, 3 * sizeof(size_t));
  Write(data, BoxBytes(region) * Of(m)->pixel_bytes);
  return Enqueue(q, count, waits, event);
}
STUB cl_int clEnqueueWriteImage(cl_command_queue q, cl_mem m, cl_bool, const size_t* origin,
                                const size_t* region, size_t, size_t, const void* data,
                                cl_uint count, const cl_event* waits, cl_event* event) {
  Touch(m);
  Read(origin, 3 * sizeof(size_t));
  Read(data, data == nullptr ? 0 : BoxBytes(region) * Of(m)->pixel_bytes);
  return Enqueue(q, count, waits, event);
}
STUB cl_int clEnqueueFillImage(cl_command_queue q, cl_mem m, const void* color,
                               const size_t* origin, const size_t* region, cl_uint count,
                               const cl_event* waits, cl_event* event) {
  Touch(m);
  Read(color, sizeof(cl_uint4));
  Read(origin, 3 * sizeof(size_t));
  Read(region, 3 * sizeof(size_t));
  return Enqueue(q, count, waits, event);
}
STUB cl_int clEnqueueFillBuffer(cl_command_queue q, cl_mem m, const void* pattern, size_t bytes,
                                size_t, size_t, cl_uint count, const cl_event* waits,
                                cl_event* event) {
  Touch(m);
  if (bytes > sizeof(cl_double16)) return CL_INVALID_VALUE;
  Read(pattern, bytes);
  return Enqueue(q, count, waits, event);
}
STUB void* clEnqueueMapBuffer(cl_command_queue q, cl_mem m, cl_bool, cl_map_flags, size_t,
                              size_t size, cl_uint count, const cl_event* waits, cl_event* event,
                              cl_int* error) {
  Touch(m);
  const bool fits = size <= kBufferBytes;
  *error = fits ? Enqueue(q, count, waits, event) : CL_INVALID_VALUE;
  return fits ? mapped : nullptr;
}
STUB cl_int clEnqueueUnmapMemObject(cl_command_queue q, cl_mem m, void* pointer, cl_uint count,
                                    const cl_event* waits, cl_event* event) {
  Touch(m);
  if (pointer != mapped) return CL_INVALID_VALUE;
  return Enqueue(q, count, waits, event);
}
STUB cl_int clEnqueueNDRangeKernel(cl_command_queue q, cl_kernel k, cl_uint dim,
                                   const size_t* offset, const size_t* global, const size_t* local,
                                   cl_uint count, const cl_event* waits, cl_event* event) {
  Touch(k);
  if (dim > 3) return CL_INVALID_WORK_DIMENSION;
  Read(offset, dim * sizeof(size_t));
  Read(global, dim * sizeof(size_t));
  Read(local, dim * sizeof(size_t));
  return Enqueue(q, count, waits, event);
}
STUB cl_int clEnqueueMarkerWithWaitList(cl_command_queue q, cl_uint count, const cl_event* waits,
                                        cl_event* event) {
  return Enqueue(q, count, waits, event);
}
STUB cl_int clEnqueueMigrateMemObjects(cl_command_queue q, cl_uint objects, const cl_mem* mems,
                                       cl_mem_migration_flags, cl_uint count, const cl_event* waits,
                                       cl_event* event) {
  ReadHandles(objects, mems);
  return Enqueue(q, count, waits, event);
}
