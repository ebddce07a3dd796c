// SPDX-License-Identifier: Apache-2.0
// Images of one, two and three dimensions: written, read, copied, filled, mapped, copied from and
// to buffers, and read by a kernel through a sampler.
#include "tests/e2e/programs/check.h"

namespace {

using e2e::Expect;
using e2e::Ok;

constexpr size_t kWidth = 40;
constexpr size_t kHeight = 24;
constexpr size_t kDepth = 5;
constexpr size_t kPixel = 4;
constexpr cl_image_format kFormat = {CL_RGBA, CL_UNSIGNED_INT8};

struct Extent {
  size_t origin[3];
  size_t region[3];

  size_t Bytes() const { return region[0] * region[1] * region[2] * kPixel; }
};

constexpr Extent kWhole2D = {{0, 0, 0}, {kWidth, kHeight, 1}};
constexpr Extent kWhole3D = {{0, 0, 0}, {kWidth, kHeight, kDepth}};
constexpr Extent kPart2D = {{3, 5, 0}, {17, 9, 1}};
constexpr Extent kPart3D = {{3, 5, 1}, {17, 9, 3}};

cl_mem MakeImage(const e2e::Session& session, cl_mem_object_type type, cl_mem_flags flags = 0,
                 void* host = nullptr) {
  cl_image_desc shape = {};
  shape.image_type = type;
  shape.image_width = kWidth;
  shape.image_height = type == CL_MEM_OBJECT_IMAGE1D ? 0 : kHeight;
  shape.image_depth = type == CL_MEM_OBJECT_IMAGE3D ? kDepth : 0;
  cl_int code = CL_SUCCESS;
  cl_mem image = clCreateImage(session.context, flags, &kFormat, &shape, host, &code);
  Ok(code);
  return image;
}

void Write(const e2e::Session& session, cl_mem image, const Extent& extent, const void* data) {
  Ok(clEnqueueWriteImage(session.queue, image, CL_TRUE, extent.origin, extent.region, 0, 0, data, 0,
                         nullptr, nullptr));
}

std::vector<uint8_t> Read(const e2e::Session& session, cl_mem image, const Extent& extent) {
  std::vector<uint8_t> data(extent.Bytes());
  Ok(clEnqueueReadImage(session.queue, image, CL_TRUE, extent.origin, extent.region, 0, 0,
                        data.data(), 0, nullptr, nullptr));
  return data;
}

void PrintImage(const char* label, cl_mem image) {
  size_t sizes[6] = {};
  const cl_image_info names[6] = {CL_IMAGE_ELEMENT_SIZE, CL_IMAGE_ROW_PITCH, CL_IMAGE_SLICE_PITCH,
                                  CL_IMAGE_WIDTH,        CL_IMAGE_HEIGHT,    CL_IMAGE_DEPTH};
  for (size_t i = 0; i < 6; ++i) {
    Ok(clGetImageInfo(image, names[i], sizeof(size_t), &sizes[i], nullptr));
  }
  cl_image_format format = {};
  Ok(clGetImageInfo(image, CL_IMAGE_FORMAT, sizeof format, &format, nullptr));
  cl_mem_object_type type = 0;
  Ok(clGetMemObjectInfo(image, CL_MEM_TYPE, sizeof type, &type, nullptr));
  std::printf("%s: type %x format %x %x element %zu pitches %zu %zu extent %zu %zu %zu\n", label,
              type, format.image_channel_order, format.image_channel_data_type, sizes[0], sizes[1],
              sizes[2], sizes[3], sizes[4], sizes[5]);
}

void RoundTrip(const e2e::Session& session, const char* label, cl_mem_object_type type,
               const Extent& whole, const Extent& part) {
  cl_mem image = MakeImage(session, type);
  PrintImage(label, image);
  const std::vector<uint8_t> all = e2e::Pattern(whole.Bytes(), 1);
  Write(session, image, whole, all.data());
  Expect(Read(session, image, whole) == all, "the whole image comes back");
  const std::vector<uint8_t> some = e2e::Pattern(part.Bytes(), 2);
  Write(session, image, part, some.data());
  Expect(Read(session, image, part) == some, "a part comes back");
  const auto mixed = Read(session, image, whole);
  e2e::PrintChecksum(label, mixed.data(), mixed.size());
  cl_mem copy = MakeImage(session, type);
  Ok(clEnqueueCopyImage(session.queue, image, copy, whole.origin, whole.origin, whole.region, 0,
                        nullptr, nullptr));
  Expect(Read(session, copy, whole) == mixed, "a copy is equal");
  Ok(clReleaseMemObject(copy));
  Ok(clReleaseMemObject(image));
}

void FillAndBuffers(const e2e::Session& session) {
  cl_mem image = MakeImage(session, CL_MEM_OBJECT_IMAGE2D);
  cl_mem buffer = e2e::MakeBuffer(session.context, kWhole2D.Bytes());
  const cl_uint color[4] = {10, 20, 30, 255};
  const cl_uint other[4] = {1, 2, 3, 4};
  Ok(clEnqueueFillImage(session.queue, image, color, kWhole2D.origin, kWhole2D.region, 0, nullptr,
                        nullptr));
  Ok(clEnqueueFillImage(session.queue, image, other, kPart2D.origin, kPart2D.region, 0, nullptr,
                        nullptr));
  const auto filled = Read(session, image, kWhole2D);
  e2e::PrintChecksum("filled", filled.data(), filled.size());
  Ok(clEnqueueCopyImageToBuffer(session.queue, image, buffer, kWhole2D.origin, kWhole2D.region, 0,
                                0, nullptr, nullptr));
  Expect(e2e::ReadAll<uint8_t>(session.queue, buffer, filled.size()) == filled, "into a buffer");
  const std::vector<uint8_t> fresh = e2e::Pattern(kWhole2D.Bytes(), 8);
  Ok(clEnqueueWriteBuffer(session.queue, buffer, CL_TRUE, 0, fresh.size(), fresh.data(), 0, nullptr,
                          nullptr));
  Ok(clEnqueueCopyBufferToImage(session.queue, buffer, image, 0, kWhole2D.origin, kWhole2D.region,
                                0, nullptr, nullptr));
  Expect(Read(session, image, kWhole2D) == fresh, "from a buffer");
  Ok(clReleaseMemObject(buffer));
  Ok(clReleaseMemObject(image));
}

void Maps(const e2e::Session& session) {
  std::vector<uint8_t> data = e2e::Pattern(kWhole2D.Bytes(), 5);
  cl_mem image = MakeImage(session, CL_MEM_OBJECT_IMAGE2D, CL_MEM_COPY_HOST_PTR, data.data());
  size_t row_pitch = 0;
  cl_int code = CL_SUCCESS;
  auto* mapped = static_cast<uint8_t*>(
      clEnqueueMapImage(session.queue, image, CL_TRUE, CL_MAP_READ | CL_MAP_WRITE, kPart2D.origin,
                        kPart2D.region, &row_pitch, nullptr, 0, nullptr, nullptr, &code));
  Ok(code);
  for (size_t y = 0; y < kPart2D.region[1]; ++y) {
    uint8_t* expected = data.data() + ((y + 5) * kWidth + 3) * kPixel;
    Expect(std::memcmp(mapped + y * row_pitch, expected, 17 * kPixel) == 0, "a mapped row");
    std::memset(mapped + y * row_pitch, static_cast<int>(y), 17 * kPixel);
    std::memset(expected, static_cast<int>(y), 17 * kPixel);
  }
  Ok(clEnqueueUnmapMemObject(session.queue, image, mapped, 0, nullptr, nullptr));
  Expect(Read(session, image, kWhole2D) == data, "written through a map");
  std::printf("map: row pitch %zu\n", row_pitch);
  Ok(clReleaseMemObject(image));
}

constexpr const char* kSource = R"(
kernel void turn(read_only image2d_t from, write_only image2d_t to, sampler_t how) {
  const int2 at = (int2)(get_global_id(0), get_global_id(1));
  const uint4 pixel = read_imageui(from, how, (int2)(get_image_width(from) - 1 - at.x, at.y));
  write_imageui(to, at, pixel.wzyx);
}
)";

void Kernel(const e2e::Session& session) {
  cl_program program = e2e::BuildProgram(session.context, session.device, kSource);
  cl_kernel kernel = e2e::MakeKernel(program, "turn");
  std::vector<uint8_t> data = e2e::Pattern(kWhole2D.Bytes(), 6);
  cl_mem from = MakeImage(session, CL_MEM_OBJECT_IMAGE2D, CL_MEM_READ_ONLY | CL_MEM_COPY_HOST_PTR,
                          data.data());
  cl_mem to = MakeImage(session, CL_MEM_OBJECT_IMAGE2D, CL_MEM_WRITE_ONLY);
  cl_int code = CL_SUCCESS;
  cl_sampler sampler = clCreateSampler(session.context, CL_FALSE, CL_ADDRESS_CLAMP_TO_EDGE,
                                       CL_FILTER_NEAREST, &code);
  Ok(code);
  e2e::SetArg(kernel, 0, from);
  e2e::SetArg(kernel, 1, to);
  e2e::SetArg(kernel, 2, sampler);
  const size_t global[2] = {kWidth, kHeight};
  Ok(clEnqueueNDRangeKernel(session.queue, kernel, 2, nullptr, global, nullptr, 0, nullptr,
                            nullptr));
  const auto seen = Read(session, to, kWhole2D);
  size_t wrong = 0;
  for (size_t i = 0; i < kWidth * kHeight; ++i) {
    const size_t source = (i / kWidth) * kWidth + (kWidth - 1 - i % kWidth);
    for (size_t c = 0; c < kPixel; ++c) {
      wrong += seen[i * kPixel + c] == data[source * kPixel + 3 - c] ? 0U : 1U;
    }
  }
  std::printf("kernel: %zu wrong\n", wrong);
  Expect(wrong == 0, "a kernel turned the image");
  Ok(clReleaseSampler(sampler));
  for (cl_mem image : {from, to}) Ok(clReleaseMemObject(image));
  Ok(clReleaseKernel(kernel));
  Ok(clReleaseProgram(program));
}

}  // namespace

int main() {
  e2e::Begin();
  const e2e::Session session;
  RoundTrip(session, "1D", CL_MEM_OBJECT_IMAGE1D, {{0, 0, 0}, {kWidth, 1, 1}},
            {{3, 0, 0}, {17, 1, 1}});
  RoundTrip(session, "2D", CL_MEM_OBJECT_IMAGE2D, kWhole2D, kPart2D);
  RoundTrip(session, "3D", CL_MEM_OBJECT_IMAGE3D, kWhole3D, kPart3D);
  FillAndBuffers(session);
  Maps(session);
  Kernel(session);
  return e2e::Finish();
}
