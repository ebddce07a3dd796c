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

// What one kind of image is mapped as: its shape and a part of it.
struct Shape {
  const char* label;
  cl_image_desc desc;
  Extent part;
};

cl_image_desc Describe(cl_mem_object_type type, size_t row_pitch = 0, size_t slice_pitch = 0) {
  cl_image_desc desc = {};
  desc.image_type = type;
  desc.image_width = kWidth;
  if (type != CL_MEM_OBJECT_IMAGE1D && type != CL_MEM_OBJECT_IMAGE1D_ARRAY)
    desc.image_height = kHeight;
  if (type == CL_MEM_OBJECT_IMAGE3D) desc.image_depth = kDepth;
  if (type == CL_MEM_OBJECT_IMAGE1D_ARRAY || type == CL_MEM_OBJECT_IMAGE2D_ARRAY)
    desc.image_array_size = kDepth;
  desc.image_row_pitch = row_pitch;
  desc.image_slice_pitch = slice_pitch;
  return desc;
}

const Shape kShapes[] = {
    {"1D", Describe(CL_MEM_OBJECT_IMAGE1D), {{3, 0, 0}, {17, 1, 1}}},
    {"1D array", Describe(CL_MEM_OBJECT_IMAGE1D_ARRAY), {{3, 1, 0}, {17, 3, 1}}},
    {"2D", Describe(CL_MEM_OBJECT_IMAGE2D), kPart2D},
    {"2D, all its rows", Describe(CL_MEM_OBJECT_IMAGE2D), {{0, 2, 0}, {kWidth, 7, 1}}},
    {"2D with a pitch", Describe(CL_MEM_OBJECT_IMAGE2D, 192), kPart2D},
    {"2D array", Describe(CL_MEM_OBJECT_IMAGE2D_ARRAY), kPart3D},
    {"3D", Describe(CL_MEM_OBJECT_IMAGE3D), kPart3D},
    {"3D with pitches", Describe(CL_MEM_OBJECT_IMAGE3D, 192, 192 * 30), kPart3D},
};
constexpr size_t kHostBytes = size_t{192} * 30 * kDepth;  // the largest of them

struct Mapped {
  uint8_t* data = nullptr;
  size_t row_pitch = 0;
  size_t slice_pitch = 0;

  uint8_t* Row(size_t y, size_t z) const { return data + z * slice_pitch + y * row_pitch; }
};

Mapped Map(const e2e::Session& session, cl_mem image, cl_map_flags flags, const Extent& extent,
           cl_bool blocking = CL_TRUE, cl_event* event = nullptr) {
  Mapped mapped;
  cl_int code = CL_SUCCESS;
  mapped.data = static_cast<uint8_t*>(
      clEnqueueMapImage(session.queue, image, blocking, flags, extent.origin, extent.region,
                        &mapped.row_pitch, &mapped.slice_pitch, 0, nullptr, event, &code));
  Ok(code);
  return mapped;
}

void Unmap(const e2e::Session& session, cl_mem image, const Mapped& mapped) {
  Ok(clEnqueueUnmapMemObject(session.queue, image, mapped.data, 0, nullptr, nullptr));
}

// The pixels that the map shows, without what lies between its rows.
std::vector<uint8_t> Pixels(const Mapped& mapped, const Extent& extent) {
  std::vector<uint8_t> pixels;
  for (size_t z = 0; z < extent.region[2]; ++z) {
    for (size_t y = 0; y < extent.region[1]; ++y) {
      const uint8_t* row = mapped.Row(y, z);
      pixels.insert(pixels.end(), row, row + extent.region[0] * kPixel);
    }
  }
  return pixels;
}

void Paint(const Mapped& mapped, const Extent& extent, const std::vector<uint8_t>& pixels) {
  const uint8_t* from = pixels.data();
  const size_t bytes = extent.region[0] * kPixel;
  for (size_t z = 0; z < extent.region[2]; ++z) {
    for (size_t y = 0; y < extent.region[1]; ++y, from += bytes) {
      std::memcpy(mapped.Row(y, z), from, bytes);
    }
  }
}

cl_mem MakeMapped(const e2e::Session& session, const Shape& shape, cl_mem_flags flags, void* host) {
  cl_int code = CL_SUCCESS;
  cl_mem image = clCreateImage(session.context, flags, &kFormat, &shape.desc, host, &code);
  Ok(code);
  return image;
}

void MapsOf(const e2e::Session& session, const Shape& shape, cl_mem_flags flags) {
  std::vector<uint8_t> host = e2e::Pattern(kHostBytes, 5);
  cl_mem image = MakeMapped(session, shape, flags, host.data());
  const std::vector<uint8_t> before = Read(session, image, shape.part);
  Mapped mapped = Map(session, image, CL_MAP_READ, shape.part);
  std::printf("map of %s: pitches %zu %zu\n", shape.label, mapped.row_pitch, mapped.slice_pitch);
  if ((flags & CL_MEM_USE_HOST_PTR) != 0)
    std::printf("  %td bytes into the program's memory\n", mapped.data - host.data());
  Expect(Pixels(mapped, shape.part) == before, "a map shows the pixels");
  Unmap(session, image, mapped);
  uint32_t seed = 50;
  for (const cl_map_flags write :
       {cl_map_flags{CL_MAP_WRITE}, cl_map_flags{CL_MAP_READ | CL_MAP_WRITE},
        cl_map_flags{CL_MAP_WRITE_INVALIDATE_REGION}}) {
    const std::vector<uint8_t> fresh = e2e::Pattern(shape.part.Bytes(), ++seed);
    mapped = Map(session, image, write, shape.part);
    Paint(mapped, shape.part, fresh);
    Unmap(session, image, mapped);
    Expect(Read(session, image, shape.part) == fresh, "what was painted is in the image");
  }
  mapped = Map(session, image, CL_MAP_READ, shape.part);
  const Extent above = {{0, 0, 0}, {kWidth, 1, 1}};
  const auto row = Read(session, image, above);
  e2e::PrintChecksum("  the row above", row.data(), row.size());
  Unmap(session, image, mapped);
  Ok(clFinish(session.queue));
  Ok(clReleaseMemObject(image));
}

// Not blocking; two parts and the same part twice at once; a plain write map keeps what the
// program does not touch; an unmap that nobody waited to map for changes nothing.
void MapsAtOnce(const e2e::Session& session) {
  std::vector<uint8_t> data = e2e::Pattern(kWhole2D.Bytes(), 5);
  cl_mem image = MakeImage(session, CL_MEM_OBJECT_IMAGE2D, CL_MEM_COPY_HOST_PTR, data.data());
  const Extent lower = {{2, 14, 0}, {30, 6, 1}};
  cl_event events[3] = {};
  const Mapped first = Map(session, image, CL_MAP_READ | CL_MAP_WRITE, kPart2D, CL_FALSE, events);
  const Mapped second = Map(session, image, CL_MAP_WRITE, lower, CL_FALSE, events + 1);
  const Mapped again = Map(session, image, CL_MAP_READ, kPart2D, CL_FALSE, events + 2);
  Ok(clWaitForEvents(3, events));
  for (cl_event event : events) Ok(clReleaseEvent(event));
  cl_uint count = 0;
  Ok(clGetMemObjectInfo(image, CL_MEM_MAP_COUNT, sizeof count, &count, nullptr));
  std::printf("maps at once: %u\n", count);
  Expect(Pixels(first, kPart2D) == Read(session, image, kPart2D), "the first of three maps");
  Expect(Pixels(second, lower) == Read(session, image, lower), "the second");
  Expect(Pixels(again, kPart2D) == Pixels(first, kPart2D), "the same part twice");
  Unmap(session, image, again);
  std::memset(second.Row(1, 0), 7, 8);
  std::memset(data.data() + (15 * kWidth + 2) * kPixel, 7, 8);
  Unmap(session, image, second);
  std::memset(first.Row(0, 0), 9, 4);
  std::memset(data.data() + (5 * kWidth + 3) * kPixel, 9, 4);
  Unmap(session, image, first);
  Expect(Read(session, image, kWhole2D) == data, "both were written, the rest was kept");
  Unmap(session, image, Map(session, image, CL_MAP_WRITE, kPart2D, CL_FALSE));
  Expect(Read(session, image, kWhole2D) == data, "mapped and unmapped at once");
  Ok(clReleaseMemObject(image));
}

// An image over a buffer over the program's memory.
void MapsOfABuffer(const e2e::Session& session) {
  std::vector<uint8_t> host = e2e::Pattern(kWidth * kPixel, 9);
  cl_mem buffer = e2e::MakeBuffer(session.context, host.size(), CL_MEM_USE_HOST_PTR, host.data());
  Shape shape = {"1D buffer", Describe(CL_MEM_OBJECT_IMAGE1D), {{3, 0, 0}, {17, 1, 1}}};
  shape.desc.image_type = CL_MEM_OBJECT_IMAGE1D_BUFFER;
  shape.desc.buffer = buffer;
  cl_mem image = MakeMapped(session, shape, 0, nullptr);
  const Mapped mapped = Map(session, image, CL_MAP_READ | CL_MAP_WRITE, shape.part);
  std::printf("map of a buffer's image: %td bytes into the program's memory\n",
              mapped.data - host.data());
  Expect(std::memcmp(mapped.data, e2e::Pattern(host.size(), 9).data() + 12, 68) == 0, "its pixels");
  std::memset(mapped.data, 3, 68);
  Unmap(session, image, mapped);
  Expect(e2e::ReadAll<uint8_t>(session.queue, buffer, host.size()) == host, "both were written");
  // The image keeps what it lies in, under the name that the program has for it.
  Ok(clReleaseMemObject(buffer));
  cl_mem of[3] = {};
  Ok(clGetMemObjectInfo(image, CL_MEM_ASSOCIATED_MEMOBJECT, sizeof(cl_mem), &of[0], nullptr));
  Ok(clGetMemObjectInfo(image, CL_MEM_ASSOCIATED_MEMOBJECT, sizeof(cl_mem), &of[1], nullptr));
  Ok(clGetImageInfo(image, CL_IMAGE_BUFFER, sizeof(cl_mem), &of[2], nullptr));
  Expect(of[0] == buffer && of[1] == buffer && of[2] == buffer, "the buffer it lies in");
  Ok(clReleaseMemObject(image));
}

void Maps(const e2e::Session& session) {
  for (const Shape& shape : kShapes) {
    MapsOf(session, shape, CL_MEM_COPY_HOST_PTR);
    MapsOf(session, shape, CL_MEM_COPY_HOST_PTR | CL_MEM_ALLOC_HOST_PTR);
    MapsOf(session, shape, CL_MEM_USE_HOST_PTR);
  }
  MapsAtOnce(session);
  MapsOfABuffer(session);
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

// An image without layers has no use for a slice pitch, and a library that takes one reads all rows
// all the same.
void IdleSlicePitch(const e2e::Session& session) {
  constexpr size_t kSide = 1024;
  const cl_image_format format = {.image_channel_order = CL_R,
                                  .image_channel_data_type = CL_UNSIGNED_INT8};
  std::vector<uint8_t> pixels = e2e::Pattern(kSide * kSide, 9);
  cl_image_desc desc = {};
  desc.image_type = CL_MEM_OBJECT_IMAGE2D;
  desc.image_width = kSide;
  desc.image_height = kSide;
  desc.image_slice_pitch = kSide;
  cl_int code = CL_SUCCESS;
  cl_mem image = clCreateImage(session.context, CL_MEM_READ_ONLY | CL_MEM_COPY_HOST_PTR, &format,
                               &desc, pixels.data(), &code);
  std::printf("2D with a slice pitch of one row: %d\n", code);
  if (image == nullptr) return;
  const size_t origin[] = {0, 0, 0};
  const size_t region[] = {kSide, kSide, 1};
  std::vector<uint8_t> seen(pixels.size());
  Ok(clEnqueueReadImage(session.queue, image, CL_TRUE, origin, region, 0, 0, seen.data(), 0,
                        nullptr, nullptr));
  Expect(seen == pixels, "it has all rows");
  Ok(clReleaseMemObject(image));
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
  IdleSlicePitch(session);
  return e2e::Finish();
}
