// SPDX-License-Identifier: Apache-2.0
#pragma once

// Facts of the API that both halves of opencl.lapis need, and its expressions name. Stands behind
// the metadata structures and the tables.

#include <CL/cl.h>

#include <vector>

// No device takes a kernel argument with a larger value: CL_DEVICE_MAX_PARAMETER_SIZE of the most
// generous.
inline constexpr size_t kArgumentBytesMax = 32764;

inline constexpr cl_mem_flags kHostFlags =
    CL_MEM_USE_HOST_PTR | CL_MEM_COPY_HOST_PTR | CL_MEM_ALLOC_HOST_PTR;

// Bytes of one pixel; 0 for a format that OpenCL does not have.
inline size_t PixelBytes(const cl_image_format* format) {
  if (format == nullptr) return 0;
  const size_t packed = PackedBytes(format->image_channel_data_type);
  return packed != 0 ? packed
                     : Channels(format->image_channel_order) *
                           ChannelBytes(format->image_channel_data_type);
}

// Bytes that an image's host memory spans, its pitches as given or, where 0, tight.
inline size_t ImageBytes(const cl_image_format* format, size_t row_pitch, size_t width,
                         size_t height, size_t layers = 1, size_t slice_pitch = 0) {
  const size_t pixel = PixelBytes(format);
  if (pixel == 0 || row_pitch % pixel != 0) return 0;  // it will be refused, unread
  const size_t row = row_pitch != 0 ? row_pitch : width * pixel;
  return (slice_pitch != 0 ? slice_pitch : row * height) * layers;
}

inline size_t ImageBytes(const cl_image_format* format, const cl_image_desc* desc) {
  if (format == nullptr || desc == nullptr) return 0;
  const unsigned dimensions = Dimensions(desc->image_type);
  const bool layered = HasLayers(desc->image_type);
  const size_t layers = dimensions == 3 ? desc->image_depth : desc->image_array_size;
  return ImageBytes(format, desc->image_row_pitch, desc->image_width,
                    dimensions == 1 ? 1 : desc->image_height, layered ? layers : 1,
                    layered ? desc->image_slice_pitch : 0);
}

// Of a context's devices: CL_DEVICE_MAX_MEM_ALLOC_SIZE of the most generous one, and whether all of
// them have the host's memory.
inline void LearnDevices(cl_context context) {
  size_t bytes = 0;
  if (AVA_API(clGetContextInfo)(context, CL_CONTEXT_DEVICES, 0, nullptr, &bytes) != CL_SUCCESS)
    return;
  std::vector<cl_device_id> devices(bytes / sizeof(cl_device_id));
  (void)AVA_API(clGetContextInfo)(context, CL_CONTEXT_DEVICES, bytes, devices.data(), nullptr);
  size_t most = 0;
  for (cl_device_id device : devices) {
    const auto ask = [device](cl_device_info what, auto value) {
      (void)AVA_API(clGetDeviceInfo)(device, what, sizeof(value), &value, nullptr);
      return value;
    };
    const size_t largest = ask(CL_DEVICE_MAX_MEM_ALLOC_SIZE, cl_ulong{0});
    if (largest > most) most = largest;
    if (!ask(CL_DEVICE_HOST_UNIFIED_MEMORY, cl_bool{CL_FALSE})) metadata(context)->unified = false;
  }
  metadata(context)->largest = most;  // Last: who sees it need not learn.
}

// Bytes of `host_ptr` that a creation reads: none without the flags for it or when the size will be
// refused.
inline size_t HostBytes(cl_context context, cl_mem_flags flags, size_t size) {
  if ((flags & (CL_MEM_USE_HOST_PTR | CL_MEM_COPY_HOST_PTR)) == 0) return 0;
  if (metadata(context)->largest == 0) LearnDevices(context);
  return size <= metadata(context)->largest ? size : 0;
}

// The server keeps a copy of what the program owns: there CL_MEM_USE_HOST_PTR becomes
// CL_MEM_COPY_HOST_PTR.
inline cl_mem_flags ServerFlags(cl_mem_flags flags) {
  return (flags & kHostFlags) == CL_MEM_USE_HOST_PTR
             ? flags ^ (CL_MEM_USE_HOST_PTR | CL_MEM_COPY_HOST_PTR)
             : flags;
}

// A buffer that the program may map cheaply, and gives no memory of its own for.
inline bool MayShare(cl_context context, cl_mem_flags flags, const void* host_ptr) {
  const bool copies = (flags & CL_MEM_COPY_HOST_PTR) != 0;
  if ((flags & (CL_MEM_USE_HOST_PTR | CL_MEM_HOST_NO_ACCESS)) != 0 ||
      copies != (host_ptr != nullptr))
    return false;
  if (metadata(context)->largest == 0) LearnDevices(context);
  return metadata(context)->unified || (flags & CL_MEM_ALLOC_HOST_PTR) != 0;
}

// With them the vendor library is given memory that has the data already.
inline cl_mem_flags SharedFlags(cl_mem_flags flags) {
  return (flags == 0 ? CL_MEM_READ_WRITE : flags & ~kHostFlags) | CL_MEM_USE_HOST_PTR;
}

// The range lies inside the object; a box of such elements is not larger than the object. What does
// not fit is refused before the program's memory is looked at.
inline bool RangeFits(cl_mem object, size_t offset, size_t size) {
  const size_t whole = metadata(object)->size;
  return offset <= whole && size <= whole - offset;
}

inline bool RegionFits(cl_mem object, const size_t* region, size_t element) {
  if (region == nullptr || element == 0) return true;  // the vendor library's to refuse
  double bytes = static_cast<double>(element);         // Exact for all that any object has.
  for (int i = 0; i < 3; ++i) bytes *= static_cast<double>(region[i]);
  return bytes <= static_cast<double>(metadata(object)->size);
}

// Of a buffer's box in the program's memory. PoCL takes any pitches for an image's.
inline bool PitchesFit(const size_t* region, size_t row_pitch, size_t slice_pitch) {
  if (region == nullptr) return true;
  const size_t row = row_pitch != 0 ? row_pitch : region[0];
  const bool whole = slice_pitch % (row == 0 ? 1 : row) == 0;
  return row >= region[0] && (slice_pitch == 0 || (whole && slice_pitch >= row * region[1]));
}

// What follows, the guest asks before it sends. Nothing in this transfer can be refused.
inline bool TransferSafe(cl_command_queue queue, cl_mem buffer, size_t offset, size_t size,
                         const void* pointer) {
  constexpr cl_mem_flags kHostLimits =
      CL_MEM_HOST_READ_ONLY | CL_MEM_HOST_WRITE_ONLY | CL_MEM_HOST_NO_ACCESS;
  const auto* memory = metadata(buffer);
  return pointer != nullptr && size != 0 && memory->part_of == nullptr &&
         memory->pixel_bytes == 0 && (memory->flags & kHostLimits) == 0 &&
         memory->context == metadata(queue)->context && offset < memory->size &&
         size <= memory->size - offset;
}

// Nothing in this wait list can be refused. A dead event has no context.
inline bool WaitSafe(cl_command_queue queue, cl_uint count, const cl_event* events) {
  if ((count == 0) != (events == nullptr)) return false;
  const cl_context context = metadata(queue)->context;
  for (cl_uint i = 0; i < count; ++i) {
    if (context == nullptr || metadata(events[i])->context != context) return false;
  }
  return true;
}

// If one launch with this local size is accepted, so is any other for which this holds.
inline bool WorkFits(cl_uint work_dim, const size_t* offset, const size_t* global,
                     const size_t* local) {
  constexpr size_t kPlainMax = size_t{1} << 31U;
  if (global == nullptr || work_dim < 1 || work_dim > 3) return false;
  for (cl_uint i = 0; i < work_dim; ++i) {
    if (global[i] == 0 || global[i] > kPlainMax || (offset != nullptr && offset[i] > kPlainMax))
      return false;
    if (local != nullptr && (local[i] == 0 || global[i] % local[i] != 0)) return false;
  }
  return true;
}
