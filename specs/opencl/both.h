// SPDX-License-Identifier: Apache-2.0
#pragma once

// Facts of the API that both halves of opencl.lapis need: sizes of pixels and images.

#include <CL/cl.h>

// Bytes of one pixel; 0 for a format that OpenCL does not have.
inline size_t FormatBytes(const cl_image_format* format) {
  if (format == nullptr) return 0;
  size_t channels = 4;
  switch (format->image_channel_order) {
    case CL_R: case CL_A: case CL_INTENSITY: case CL_LUMINANCE: case CL_DEPTH: channels = 1; break;
    case CL_RG: case CL_RA: case CL_Rx: channels = 2; break;
    case CL_RGB: case CL_RGx: case CL_sRGB: channels = 3; break;
    default: break;
  }
  switch (format->image_channel_data_type) {
    case CL_UNORM_SHORT_565: case CL_UNORM_SHORT_555: return 2;
    case CL_UNORM_INT_101010: case CL_UNORM_INT_101010_2: return 4;
    case CL_SNORM_INT8: case CL_UNORM_INT8: case CL_SIGNED_INT8: case CL_UNSIGNED_INT8: return channels;
    case CL_SNORM_INT16: case CL_UNORM_INT16: case CL_SIGNED_INT16: case CL_UNSIGNED_INT16: case CL_HALF_FLOAT:
      return channels * 2;
    case CL_SIGNED_INT32: case CL_UNSIGNED_INT32: case CL_FLOAT: return channels * 4;
    default: return 0;
  }
}

// Bytes that an image's host memory spans, its pitches as given or tight.
inline size_t ImageBytes(const cl_image_format* format, const cl_image_desc* desc) {
  if (format == nullptr || desc == nullptr) return 0;
  const auto type = desc->image_type;
  const bool lines = type != CL_MEM_OBJECT_IMAGE1D && type != CL_MEM_OBJECT_IMAGE1D_BUFFER;
  const bool layers = type == CL_MEM_OBJECT_IMAGE1D_ARRAY || type == CL_MEM_OBJECT_IMAGE2D_ARRAY;
  const size_t height = lines && type != CL_MEM_OBJECT_IMAGE1D_ARRAY ? desc->image_height : 1;
  const size_t row = desc->image_row_pitch != 0 ? desc->image_row_pitch : desc->image_width * FormatBytes(format);
  const size_t slice = desc->image_slice_pitch != 0 ? desc->image_slice_pitch : row * height;
  return slice * (type == CL_MEM_OBJECT_IMAGE3D ? desc->image_depth : layers ? desc->image_array_size : 1);
}

// The server keeps a copy of what the program owns: there CL_MEM_USE_HOST_PTR becomes CL_MEM_COPY_HOST_PTR.
inline cl_mem_flags ServerFlags(cl_mem_flags flags) {
  constexpr cl_mem_flags kSources = CL_MEM_USE_HOST_PTR | CL_MEM_COPY_HOST_PTR | CL_MEM_ALLOC_HOST_PTR;
  return (flags & kSources) == CL_MEM_USE_HOST_PTR ? flags ^ (CL_MEM_USE_HOST_PTR | CL_MEM_COPY_HOST_PTR) : flags;
}
