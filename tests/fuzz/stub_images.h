// SPDX-License-Identifier: Apache-2.0
#pragma once

// Sizes of images as the stub library knows them: its own knowledge, as a vendor's is, and not that
// of the server which it is there to judge.

#include <CL/cl.h>

#include <cstddef>

namespace ava::fuzz {

inline std::size_t ChannelsOf(cl_channel_order order) {
  switch (order) {
    case CL_R:
    case CL_A:
    case CL_INTENSITY:
    case CL_LUMINANCE:
    case CL_DEPTH:
      return 1;
    case CL_RG:
    case CL_RA:
    case CL_Rx:
      return 2;
    case CL_RGB:
    case CL_RGx:
    case CL_sRGB:
      return 3;
    default:
      return 4;
  }
}

// 0: no such format.
inline std::size_t PixelBytesOf(const cl_image_format& format) {
  const std::size_t channels = ChannelsOf(format.image_channel_order);
  const cl_channel_type type = format.image_channel_data_type;
  if (type == CL_UNORM_SHORT_565 || type == CL_UNORM_SHORT_555) return 2;
  if (type == CL_UNORM_INT_101010 || type == CL_UNORM_INT_101010_2) return 4;
  if (type == CL_SNORM_INT8 || type == CL_UNORM_INT8) return channels;
  if (type == CL_SIGNED_INT8 || type == CL_UNSIGNED_INT8) return channels;
  if (type == CL_SNORM_INT16 || type == CL_UNORM_INT16) return channels * 2;
  if (type == CL_SIGNED_INT16 || type == CL_UNSIGNED_INT16) return channels * 2;
  if (type == CL_HALF_FLOAT) return channels * 2;
  if (type == CL_SIGNED_INT32 || type == CL_UNSIGNED_INT32) return channels * 4;
  return type == CL_FLOAT ? channels * 4 : 0;
}

inline std::size_t ImageBytesOf(const cl_image_format* format, const cl_image_desc* desc) {
  if (format == nullptr || desc == nullptr) return 0;
  const cl_mem_object_type type = desc->image_type;
  std::size_t rows = 1;
  std::size_t layers = 1;
  if (type == CL_MEM_OBJECT_IMAGE2D || type == CL_MEM_OBJECT_IMAGE2D_ARRAY ||
      type == CL_MEM_OBJECT_IMAGE3D) {
    rows = desc->image_height;
  }
  if (type == CL_MEM_OBJECT_IMAGE3D) layers = desc->image_depth;
  if (type == CL_MEM_OBJECT_IMAGE1D_ARRAY || type == CL_MEM_OBJECT_IMAGE2D_ARRAY) {
    layers = desc->image_array_size;
  }
  const std::size_t row = desc->image_row_pitch != 0 ? desc->image_row_pitch
                                                     : desc->image_width * PixelBytesOf(*format);
  return (desc->image_slice_pitch != 0 ? desc->image_slice_pitch : row * rows) * layers;
}

}  // namespace ava::fuzz
