// SPDX-License-Identifier: Apache-2.0
#pragma once

// Facts of the API that both halves of opencl.lapis need: sizes of pixels and images.

#include <CL/cl.h>

#include <vector>

// No device takes a kernel argument with a larger value: CL_DEVICE_MAX_PARAMETER_SIZE of the most
// generous.
inline constexpr size_t kArgumentBytesMax = 32764;

// Bytes of one pixel; 0 for a format that OpenCL does not have.
inline size_t FormatBytes(const cl_image_format* format) {
  if (format == nullptr) return 0;
  size_t channels = 4;
  switch (format->image_channel_order) {
    case CL_R:
    case CL_A:
    case CL_INTENSITY:
    case CL_LUMINANCE:
    case CL_DEPTH:
      channels = 1;
      break;
    case CL_RG:
    case CL_RA:
    case CL_Rx:
      channels = 2;
      break;
    case CL_RGB:
    case CL_RGx:
    case CL_sRGB:
      channels = 3;
      break;
    default:
      break;
  }
  switch (format->image_channel_data_type) {
    case CL_UNORM_SHORT_565:
    case CL_UNORM_SHORT_555:
      return 2;
    case CL_UNORM_INT_101010:
    case CL_UNORM_INT_101010_2:
      return 4;
    case CL_SNORM_INT8:
    case CL_UNORM_INT8:
    case CL_SIGNED_INT8:
    case CL_UNSIGNED_INT8:
      return channels;
    case CL_SNORM_INT16:
    case CL_UNORM_INT16:
    case CL_SIGNED_INT16:
    case CL_UNSIGNED_INT16:
    case CL_HALF_FLOAT:
      return channels * 2;
    case CL_SIGNED_INT32:
    case CL_UNSIGNED_INT32:
    case CL_FLOAT:
      return channels * 4;
    default:
      return 0;
  }
}

// Bytes that an image's host memory spans, its pitches as given or, where 0, tight.
inline size_t PlainImageBytes(const cl_image_format* format, size_t width, size_t height,
                              size_t layers, size_t row_pitch, size_t slice_pitch) {
  const size_t row = row_pitch != 0 ? row_pitch : width * FormatBytes(format);
  return (slice_pitch != 0 ? slice_pitch : row * height) * layers;
}

inline size_t ImageBytes(const cl_image_format* format, const cl_image_desc* desc) {
  if (format == nullptr || desc == nullptr) return 0;
  size_t height = 1, layers = 1;
  switch (desc->image_type) {
    case CL_MEM_OBJECT_IMAGE3D:
      layers = desc->image_depth;
      [[fallthrough]];
    case CL_MEM_OBJECT_IMAGE2D:
      height = desc->image_height;
      break;
    case CL_MEM_OBJECT_IMAGE2D_ARRAY:
      height = desc->image_height;
      [[fallthrough]];
    case CL_MEM_OBJECT_IMAGE1D_ARRAY:
      layers = desc->image_array_size;
      break;
    default:
      break;
  }
  return PlainImageBytes(format, desc->image_width, height, layers, desc->image_row_pitch,
                         desc->image_slice_pitch);
}

// Of a buffer's box in the program's memory. PoCL takes any pitches for an image's.
inline bool PitchesFit(const size_t* region, size_t row_pitch, size_t slice_pitch) {
  if (region == nullptr) return true;
  const size_t row = row_pitch != 0 ? row_pitch : region[0];
  const bool whole = slice_pitch % (row == 0 ? 1 : row) == 0;
  return row >= region[0] && (slice_pitch == 0 || (whole && slice_pitch >= row * region[1]));
}

// CL_DEVICE_MAX_MEM_ALLOC_SIZE of the most generous device of a context.
inline size_t LargestAllocation(cl_context context, decltype(&clGetContextInfo) context_info,
                                decltype(&clGetDeviceInfo) device_info) {
  size_t bytes = 0;
  if (context_info(context, CL_CONTEXT_DEVICES, 0, nullptr, &bytes) != CL_SUCCESS) return 0;
  std::vector<cl_device_id> devices(bytes / sizeof(cl_device_id));
  (void)context_info(context, CL_CONTEXT_DEVICES, bytes, devices.data(), nullptr);
  cl_ulong largest = 0;
  for (cl_device_id device : devices) {
    cl_ulong one = 0;
    (void)device_info(device, CL_DEVICE_MAX_MEM_ALLOC_SIZE, sizeof(one), &one, nullptr);
    if (one > largest) largest = one;
  }
  return largest;
}

// The server keeps a copy of what the program owns: there CL_MEM_USE_HOST_PTR becomes
// CL_MEM_COPY_HOST_PTR.
inline cl_mem_flags ServerFlags(cl_mem_flags flags) {
  constexpr cl_mem_flags kSources =
      CL_MEM_USE_HOST_PTR | CL_MEM_COPY_HOST_PTR | CL_MEM_ALLOC_HOST_PTR;
  return (flags & kSources) == CL_MEM_USE_HOST_PTR
             ? flags ^ (CL_MEM_USE_HOST_PTR | CL_MEM_COPY_HOST_PTR)
             : flags;
}
