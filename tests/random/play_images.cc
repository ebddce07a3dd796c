// SPDX-License-Identifier: Apache-2.0
// Images, what moves their contents, and samplers.
#include <algorithm>

#include "tests/random/enqueue.h"

namespace random_test {

namespace {

constexpr size_t kHostBytes = 1U << 15U;

struct Format {
  cl_image_format format;
  size_t pixel_bytes;
};

struct Shape {
  cl_mem_object_type type;
  size_t extent[3];
};

struct Box {
  size_t origin[3];
  size_t region[3];
};

// What is chosen of an image is inside it, but for the wrong.
Box ChooseBox(Operands& operands, const std::shared_ptr<Memory>& image) {
  const size_t whole[3] = {image ? image->extent[0] : 4, image ? image->extent[1] : 1,
                           image ? image->extent[2] : 1};
  const size_t x = operands.Choose<size_t>({0, whole[0] / 2}, {whole[0], whole[0] + 5});
  const size_t y = operands.Choose<size_t>({0, whole[1] / 2}, {whole[1]});
  const size_t width =
      operands.Choose<size_t>({whole[0] - std::min(x, whole[0] - 1), 1}, {0, whole[0] + 1});
  return {{x, y, 0}, {width, std::max<size_t>(1, whole[1] - std::min(y, whole[1] - 1)), whole[2]}};
}

std::string Text(const Box& box) {
  return fmt::format("{{{} {} {}}} {}x{}x{}", box.origin[0], box.origin[1], box.origin[2],
                     box.region[0], box.region[1], box.region[2]);
}

// PoCL does not look at how many layers an array of images has.
constexpr const char* kLayers = "(left out: PoCL goes on behind the last layer of an array)";
bool LeavesLayers(const Memory& image, size_t origin, size_t region) {
  return image.type == CL_MEM_OBJECT_IMAGE1D_ARRAY && origin + region > image.extent[1];
}
bool LeavesLayers(const Memory& image, const Box& box) {
  return LeavesLayers(image, box.origin[1], box.region[1]);
}

size_t BytesOf(const Box& box, const Memory& image) {
  return box.region[0] * box.region[1] * box.region[2] * image.pixel_bytes;
}

void CheckAccess(Operands& operands, const Memory& image, cl_mem_flags refused) {
  if ((image.flags & (refused | CL_MEM_HOST_NO_ACCESS)) != 0) operands.AddFault();
}

// Contents of an image without any are undefined.
void Define(World& world, const Memory& image) {
  world.CommandMade();
  cl_int code = CL_SUCCESS;
  cl_command_queue queue = clCreateCommandQueueWithProperties(
      image.context->handle, image.context->devices[0], nullptr, &code);
  const cl_uint color[4] = {1, 2, 3, 4};
  const size_t origin[3] = {0, 0, 0};
  clEnqueueFillImage(queue, image.handle, color, origin, image.extent, 0, nullptr, nullptr);
  clFinish(queue);
  clReleaseCommandQueue(queue);
}

template <typename Call>
void Transfer(World& world, Operands operands, const char* function, bool reads, Call call) {
  Enqueue enqueue(world, operands);
  const auto image = operands.Choose(world.memories);
  const Box box = ChooseBox(operands, image);
  const bool blocking = operands.Flag();
  const size_t extra = operands.Choose<size_t>({0, 8}, {});
  if (!image || !image->is_image()) return world.Line("(left out: no image)");
  if (LeavesLayers(*image, box)) return world.Line(kLayers);
  const size_t row = extra == 0 ? 0 : box.region[0] * image->pixel_bytes + extra;
  if (BytesOf(box, *image) + box.region[1] * box.region[2] * extra > kHostBytes)
    return world.Line("(left out: too large)");
  CheckAccess(operands, *image, reads ? CL_MEM_HOST_WRITE_ONLY : CL_MEM_HOST_READ_ONLY);
  enqueue.Touch(image);
  if (!enqueue.Prepare(blocking)) return;
  unsigned char* host = world.HostMemory(kHostBytes);
  const cl_int code =
      call(enqueue.queue(), image->handle, blocking ? CL_TRUE : CL_FALSE, box.origin, box.region,
           row, size_t{0}, host, enqueue.count(), enqueue.list(), enqueue.event());
  enqueue.Done(fmt::format("{}({}, {}, {}, {}", function, image->name, blocking, Text(box), row),
               code);
  if (!reads) return;
  if (blocking) {
    world.Line("  {}", Contents(host, kHostBytes));
  } else {
    world.WatchHostMemory("read from " + image->name, host, kHostBytes);
  }
}

}  // namespace

void Play_create_image(World& world, Operands operands) {
  const auto context = operands.Choose(world.contexts);
  const auto format = operands.Choose<Format>(
      {{{CL_RGBA, CL_UNSIGNED_INT8}, 4},
       {{CL_RGBA, CL_FLOAT}, 16},
       {{CL_R, CL_UNSIGNED_INT32}, 4},
       {{CL_RGBA, CL_UNORM_INT8}, 4},
       {{CL_RGBA, CL_SIGNED_INT16}, 8}},
      {{{77, CL_FLOAT}, 16}, {{CL_RGBA, 77}, 16}, {{CL_RGB, CL_FLOAT}, 12}});
  const auto shape = operands.Choose<Shape>(
      {{CL_MEM_OBJECT_IMAGE2D, {8, 4, 1}},
       {CL_MEM_OBJECT_IMAGE1D, {16, 1, 1}},
       {CL_MEM_OBJECT_IMAGE3D, {4, 3, 2}},
       {CL_MEM_OBJECT_IMAGE2D_ARRAY, {4, 3, 2}},
       {CL_MEM_OBJECT_IMAGE1D_ARRAY, {8, 3, 1}}},
      {{CL_MEM_OBJECT_IMAGE2D, {0, 4, 1}}, {77, {4, 4, 1}}, {CL_MEM_OBJECT_IMAGE3D, {4, 0, 2}}});
  const auto source = operands.Choose<cl_mem_flags>(
      {CL_MEM_COPY_HOST_PTR, 0, CL_MEM_USE_HOST_PTR, CL_MEM_ALLOC_HOST_PTR}, {});
  const auto access =
      operands.Choose<cl_mem_flags>({0, CL_MEM_READ_ONLY, CL_MEM_WRITE_ONLY, CL_MEM_HOST_READ_ONLY,
                                     CL_MEM_HOST_WRITE_ONLY, CL_MEM_HOST_NO_ACCESS},
                                    {CL_MEM_READ_ONLY | CL_MEM_WRITE_ONLY, cl_mem_flags{1} << 40U});
  const bool has_pitch = operands.Choose<bool>({false, true}, {});
  const bool needs_host = (source & (CL_MEM_COPY_HOST_PTR | CL_MEM_USE_HOST_PTR)) != 0;
  const bool has_host = operands.Choose<bool>({needs_host}, {!needs_host});
  if (context && world.IsPart(context->devices[0]) && !has_host)
    return world.Line("(left out: PoCL does not survive a fill on a part of a device)");
  cl_image_desc desc = {};
  desc.image_type = shape.type;
  desc.image_width = shape.extent[0];
  desc.image_height = shape.extent[1];
  desc.image_depth = shape.type == CL_MEM_OBJECT_IMAGE3D ? shape.extent[2] : 1;
  desc.image_array_size = shape.type == CL_MEM_OBJECT_IMAGE2D_ARRAY ? shape.extent[2] : 0;
  if (shape.type == CL_MEM_OBJECT_IMAGE1D_ARRAY) desc.image_array_size = shape.extent[1];
  if (has_pitch && has_host)
    desc.image_row_pitch = shape.extent[0] * format.pixel_bytes + format.pixel_bytes;
  unsigned char* host = has_host ? world.HostMemory(kHostBytes) : nullptr;
  cl_int code = 77;
  cl_mem handle =
      clCreateImage(HandleOf(context), access | source, &format.format, &desc, host, &code);
  std::shared_ptr<Memory> image;
  if (handle != nullptr) {
    image = world.Adopt(world.memories, handle, "image");
    image->context = context;
    image->flags = access | source;
    image->type = shape.type;
    std::copy(shape.extent, shape.extent + 3, image->extent);
    image->pixel_bytes = format.pixel_bytes;
    image->bytes = shape.extent[0] * shape.extent[1] * shape.extent[2] * format.pixel_bytes;
    if (!has_host) Define(world, *image);
  }
  world.Line("clCreateImage({}, {:#x}, {:#x} {:#x}, {:#x} {}x{}x{} {}, {}) = {} {}",
             NameOf(context), access | source, format.format.image_channel_order,
             format.format.image_channel_data_type, shape.type, shape.extent[0], shape.extent[1],
             shape.extent[2], desc.image_row_pitch, has_host ? "memory" : "NULL",
             operands.Code(code), NameOf(image));
}

void Play_write_image(World& world, Operands operands) {
  Transfer(world, operands, "clEnqueueWriteImage", false, clEnqueueWriteImage);
}

void Play_read_image(World& world, Operands operands) {
  Transfer(world, operands, "clEnqueueReadImage", true, clEnqueueReadImage);
}

void Play_fill_image(World& world, Operands operands) {
  Enqueue enqueue(world, operands);
  const auto image = operands.Choose(world.memories);
  const Box box = ChooseBox(operands, image);
  const cl_uint seed = operands.Next();
  if (!image || !image->is_image()) return world.Line("(left out: no image)");
  if (image->type == CL_MEM_OBJECT_IMAGE1D_BUFFER)
    return world.Line("(left out: PoCL does not survive a fill of an image over a buffer)");
  if (LeavesLayers(*image, box)) return world.Line(kLayers);
  enqueue.Touch(image);
  if (!enqueue.Prepare(false)) return;
  const cl_uint color[4] = {seed, 2, 0x3f800000, 4};
  const cl_int code =
      clEnqueueFillImage(enqueue.queue(), image->handle, color, box.origin, box.region,
                         enqueue.count(), enqueue.list(), enqueue.event());
  enqueue.Done(fmt::format("clEnqueueFillImage({}, {}, {}", image->name, seed, Text(box)), code);
}

void Play_copy_image(World& world, Operands operands) {
  Enqueue enqueue(world, operands);
  const auto from = operands.Choose(world.memories);
  const auto to = operands.Choose(world.memories);
  const Box box = ChooseBox(operands, from);
  if (!from || !to || !from->is_image() || !to->is_image())
    return world.Line("(left out: no image)");
  for (int i = 0; i < 3; ++i) {
    if (box.region[i] > to->extent[i]) operands.AddFault();
  }
  if (&WholeOf(*from) == &WholeOf(*to) && from != to)
    return world.Line("(left out: both over one buffer)");
  if (LeavesLayers(*from, box) || LeavesLayers(*to, 0, box.region[1])) return world.Line(kLayers);
  if (from == to || from->pixel_bytes != to->pixel_bytes) operands.AddFault();
  enqueue.Touch(from);
  enqueue.Touch(to);
  if (!enqueue.Prepare(false)) return;
  const size_t zero[3] = {0, 0, 0};
  const cl_int code =
      clEnqueueCopyImage(enqueue.queue(), from->handle, to->handle, box.origin, zero, box.region,
                         enqueue.count(), enqueue.list(), enqueue.event());
  enqueue.Done(fmt::format("clEnqueueCopyImage({}, {}, {}", from->name, to->name, Text(box)), code);
}

void Play_copy_image_buffer(World& world, Operands operands) {
  Enqueue enqueue(world, operands);
  const auto image = operands.Choose(world.memories);
  const auto buffer = operands.Choose(world.memories);
  const bool back = operands.Flag();
  const Box box = ChooseBox(operands, image);
  const auto offset = operands.Choose<size_t>({0, 16}, {100000});
  if (!image || !buffer || !image->is_image() || buffer->is_image() || buffer->is_part())
    return world.Line("(left out: no image, or no buffer)");
  if (image->type == CL_MEM_OBJECT_IMAGE1D_BUFFER)
    return world.Line("(left out: PoCL does not survive such a copy of an image over a buffer)");
  if (LeavesLayers(*image, box)) return world.Line(kLayers);
  if (offset + BytesOf(box, *image) > buffer->bytes) operands.AddFault();
  enqueue.Touch(image);
  enqueue.Touch(buffer);
  if (!enqueue.Prepare(false)) return;
  const cl_int code =
      back ? clEnqueueCopyBufferToImage(enqueue.queue(), buffer->handle, image->handle, offset,
                                        box.origin, box.region, enqueue.count(), enqueue.list(),
                                        enqueue.event())
           : clEnqueueCopyImageToBuffer(enqueue.queue(), image->handle, buffer->handle, box.origin,
                                        box.region, offset, enqueue.count(), enqueue.list(),
                                        enqueue.event());
  enqueue.Done(
      fmt::format("clEnqueueCopy{}({}, {}, {}, {}", back ? "BufferToImage" : "ImageToBuffer",
                  image->name, buffer->name, Text(box), offset),
      code);
}

void Play_create_sampler(World& world, Operands operands) {
  const auto context = operands.Choose(world.contexts);
  const auto normalized = operands.Choose<cl_bool>({CL_FALSE, CL_TRUE}, {});
  const auto addressing = operands.Choose<cl_addressing_mode>(
      {CL_ADDRESS_CLAMP, CL_ADDRESS_NONE, CL_ADDRESS_CLAMP_TO_EDGE}, {77});
  const auto filter = operands.Choose<cl_filter_mode>({CL_FILTER_NEAREST, CL_FILTER_LINEAR}, {77});
  const bool old = operands.Choose<bool>({true, false}, {});
  const cl_sampler_properties properties[] = {CL_SAMPLER_NORMALIZED_COORDS,
                                              normalized,
                                              CL_SAMPLER_ADDRESSING_MODE,
                                              addressing,
                                              CL_SAMPLER_FILTER_MODE,
                                              filter,
                                              0};
  cl_int code = 77;
  cl_sampler handle =
      old ? clCreateSampler(HandleOf(context), normalized, addressing, filter, &code)
          : clCreateSamplerWithProperties(HandleOf(context), properties, &code);
  std::shared_ptr<Sampler> sampler;
  if (handle != nullptr) {
    sampler = world.Adopt(world.samplers, handle, "sampler");
    sampler->context = context;
  }
  world.Line("clCreateSampler{}({}, {}, {:#x}, {:#x}) = {} {}", old ? "" : "WithProperties",
             NameOf(context), normalized, addressing, filter, operands.Code(code), NameOf(sampler));
}

}  // namespace random_test
