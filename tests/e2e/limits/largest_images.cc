// SPDX-License-Identifier: Apache-2.0
// Images as large as the device says it can have, in every dimension, and one larger.
#include <algorithm>
#include <array>

#include "tests/e2e/programs/check.h"

namespace {

using e2e::Expect;
using e2e::Ok;

using Size = std::array<size_t, 3>;

constexpr cl_image_format kBytePixels = {.image_channel_order = CL_R,
                                         .image_channel_data_type = CL_UNSIGNED_INT8};

size_t Limit(const e2e::Session& session, cl_device_info what) {
  size_t value = 0;
  Ok(clGetDeviceInfo(session.device, what, sizeof value, &value, nullptr));
  return value;
}

// An image's size in the form that transfers have it: an array's layers are the last dimension that
// counts.
cl_image_desc Describe(cl_mem_object_type type, const Size& size) {
  cl_image_desc desc = {};
  desc.image_type = type;
  desc.image_width = size[0];
  const bool is_1d_array = type == CL_MEM_OBJECT_IMAGE1D_ARRAY;
  if (is_1d_array) {
    desc.image_array_size = size[1];
    return desc;
  }
  desc.image_height = size[1];
  (type == CL_MEM_OBJECT_IMAGE3D ? desc.image_depth : desc.image_array_size) = size[2];
  return desc;
}

cl_mem Make(const e2e::Session& session, cl_mem_object_type type, const Size& size, cl_int& code) {
  const cl_image_desc desc = Describe(type, size);
  return clCreateImage(session.context, CL_MEM_READ_WRITE, &kBytePixels, &desc, nullptr, &code);
}

void AtTheLimit(const e2e::Session& session, const char* what, cl_mem_object_type type,
                const Size& size) {
  cl_int code = CL_SUCCESS;
  cl_mem image = Make(session, type, size, code);
  std::printf("%s, %zu x %zu x %zu: %d\n", what, size[0], size[1], size[2], code);
  if (image == nullptr) return;
  const size_t bytes = size[0] * size[1] * size[2];
  const Size origin = {};
  const std::vector<uint8_t> data = e2e::Pattern(bytes, 3);
  Ok(clEnqueueWriteImage(session.queue, image, CL_TRUE, origin.data(), size.data(), 0, 0,
                         data.data(), 0, nullptr, nullptr));
  std::vector<uint8_t> seen(bytes);
  Ok(clEnqueueReadImage(session.queue, image, CL_TRUE, origin.data(), size.data(), 0, 0,
                        seen.data(), 0, nullptr, nullptr));
  Expect(seen == data, "what was written is read");

  // The last row, mapped.
  const Size last = {0, size[1] - 1, size[2] - 1};
  const Size row = {size[0], 1, 1};
  size_t row_pitch = 0;
  size_t slice_pitch = 0;
  void* mapped =
      clEnqueueMapImage(session.queue, image, CL_TRUE, CL_MAP_READ, last.data(), row.data(),
                        &row_pitch, &slice_pitch, 0, nullptr, nullptr, &code);
  Ok(code);
  Expect(std::equal(data.end() - static_cast<ptrdiff_t>(size[0]), data.end(),
                    static_cast<uint8_t*>(mapped)),
         "the last row is mapped");
  std::printf("  pitches %zu, %zu\n", row_pitch, slice_pitch);
  Ok(clEnqueueUnmapMemObject(session.queue, image, mapped, 0, nullptr, nullptr));
  Ok(clFinish(session.queue));
  Ok(clReleaseMemObject(image));
}

void BeyondTheLimit(const e2e::Session& session, const char* what, cl_mem_object_type type,
                    const Size& size) {
  cl_int code = CL_SUCCESS;
  cl_mem image = Make(session, type, size, code);
  std::printf("%s, %zu x %zu x %zu: %d\n", what, size[0], size[1], size[2], code);
  if (image != nullptr) Ok(clReleaseMemObject(image));
}

void FromTheLargestBuffer(const e2e::Session& session, size_t pixels) {
  cl_mem buffer = e2e::MakeBuffer(session.context, pixels);
  for (const size_t width : {pixels, pixels + 1}) {
    cl_image_desc desc = {};
    desc.image_type = CL_MEM_OBJECT_IMAGE1D_BUFFER;
    desc.image_width = width;
    desc.mem_object = buffer;
    cl_int code = CL_SUCCESS;
    cl_mem image =
        clCreateImage(session.context, CL_MEM_READ_WRITE, &kBytePixels, &desc, nullptr, &code);
    std::printf("an image of a buffer, %zu: %d\n", width, code);
    if (image == nullptr) continue;
    const Size origin = {pixels - 4096, 0, 0};
    const Size region = {4096, 1, 1};
    const std::vector<uint8_t> data = e2e::Pattern(4096, 5);
    Ok(clEnqueueWriteImage(session.queue, image, CL_TRUE, origin.data(), region.data(), 0, 0,
                           data.data(), 0, nullptr, nullptr));
    std::vector<uint8_t> seen(4096);
    Ok(clEnqueueReadBuffer(session.queue, buffer, CL_TRUE, pixels - 4096, 4096, seen.data(), 0,
                           nullptr, nullptr));
    Expect(seen == data, "the image's end is the buffer's");
    Ok(clReleaseMemObject(image));
  }
  Ok(clReleaseMemObject(buffer));
}

}  // namespace

int main() {
  e2e::Begin();
  const e2e::Session session;
  const size_t width = Limit(session, CL_DEVICE_IMAGE2D_MAX_WIDTH);
  const size_t height = Limit(session, CL_DEVICE_IMAGE2D_MAX_HEIGHT);
  const size_t width3 = Limit(session, CL_DEVICE_IMAGE3D_MAX_WIDTH);
  const size_t height3 = Limit(session, CL_DEVICE_IMAGE3D_MAX_HEIGHT);
  const size_t depth = Limit(session, CL_DEVICE_IMAGE3D_MAX_DEPTH);
  const size_t layers = Limit(session, CL_DEVICE_IMAGE_MAX_ARRAY_SIZE);

  AtTheLimit(session, "2D", CL_MEM_OBJECT_IMAGE2D, {width, height, 1});
  AtTheLimit(session, "3D, wide and high", CL_MEM_OBJECT_IMAGE3D, {width3, height3, 16});
  AtTheLimit(session, "3D, deep", CL_MEM_OBJECT_IMAGE3D, {64, 64, depth});
  AtTheLimit(session, "2D array", CL_MEM_OBJECT_IMAGE2D_ARRAY, {128, 128, layers});
  AtTheLimit(session, "1D array", CL_MEM_OBJECT_IMAGE1D_ARRAY, {width, layers, 1});
  FromTheLargestBuffer(session, Limit(session, CL_DEVICE_IMAGE_MAX_BUFFER_SIZE));

  BeyondTheLimit(session, "2D, too wide", CL_MEM_OBJECT_IMAGE2D, {width + 1, 1, 1});
  BeyondTheLimit(session, "2D, too high", CL_MEM_OBJECT_IMAGE2D, {1, height + 1, 1});
  BeyondTheLimit(session, "3D, too deep", CL_MEM_OBJECT_IMAGE3D, {1, 1, depth + 1});
  BeyondTheLimit(session, "2D array, too many", CL_MEM_OBJECT_IMAGE2D_ARRAY, {1, 1, layers + 1});
  BeyondTheLimit(session, "1D array, too many", CL_MEM_OBJECT_IMAGE1D_ARRAY, {1, layers + 1, 1});
  BeyondTheLimit(session, "3D, beyond all memory", CL_MEM_OBJECT_IMAGE3D, {width3, height3, depth});
  return e2e::Finish();
}
