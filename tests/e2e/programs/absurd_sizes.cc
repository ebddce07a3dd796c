// SPDX-License-Identifier: Apache-2.0
// Sizes that no memory has behind them: the native library refuses each without a look at it.
#include <cstdint>

#include "tests/e2e/programs/sweep.h"

namespace {

using e2e::Ok;
using e2e::Sweep;

constexpr cl_uint kMany = 0xffffffffU;
constexpr size_t kHuge = size_t{1} << 45U;
constexpr size_t kAll = ~size_t{0};

constexpr const char* kSource = R"(
kernel void every(global int* memory, int number, local int* scratch, read_only image2d_t image,
                  sampler_t sampler) {
  memory[0] = number + scratch[0] + read_imagei(image, sampler, (int2)(0, 0)).x;
}
kernel void one(global int* memory) { memory[get_global_id(0)] = 1; }
)";

void Arguments(cl_program program) {
  const Sweep set("clSetKernelArg");
  cl_kernel kernel = e2e::MakeKernel(program, "every");
  const cl_int number = 1;
  for (const size_t size : {size_t{100}, size_t{1} << 20U, size_t{1} << 30U, kHuge, kAll}) {
    for (cl_uint index = 0; index < 6; ++index) {
      const std::string what = "argument " + std::to_string(index) + ", " + std::to_string(size);
      set(what.c_str(), clSetKernelArg(kernel, index, size, &number));
    }
  }
  set("right after all", clSetKernelArg(kernel, 1, sizeof number, &number));
  Ok(clReleaseKernel(kernel));
}

void Launches(const e2e::SweepScene& scene, cl_program program) {
  const Sweep launch("clEnqueueNDRangeKernel");
  cl_kernel kernel = e2e::MakeKernel(program, "one");
  Ok(clSetKernelArg(kernel, 0, sizeof scene.buffer, &scene.buffer));
  const size_t sizes[] = {4, 1, 1};
  const size_t large[] = {kAll, 1, 1};
  const auto attempt = [&](const char* what, cl_uint dimensions, const size_t* offset,
                           const size_t* local) {
    launch(what, clEnqueueNDRangeKernel(scene.session.queue, kernel, dimensions, offset, sizes,
                                        local, 0, nullptr, nullptr));
  };
  attempt("4 dimensions", 4, nullptr, nullptr);
  attempt("1000 dimensions", 1000, nullptr, nullptr);
  attempt("2^32 - 1 dimensions", kMany, sizes, sizes);
  attempt("a large group", 1, nullptr, large);
  attempt("right after all", 1, nullptr, nullptr);
  Ok(clFinish(scene.session.queue));
  Ok(clReleaseKernel(kernel));
}

// What such a call returns is the library's affair; what comes after it is not.
void GoneObjects(const e2e::SweepScene& scene, cl_program program) {
  cl_kernel kernel = e2e::MakeKernel(program, "one");
  cl_mem gone = e2e::MakeBuffer(scene.session.context, 4096);
  Ok(clReleaseMemObject(gone));
  (void)clSetKernelArg(kernel, 0, sizeof gone, &gone);
  Ok(clSetKernelArg(kernel, 0, sizeof scene.buffer, &scene.buffer));
  e2e::Launch(scene.session.queue, kernel, 4);
  const auto values = e2e::ReadAll<cl_int>(scene.session.queue, scene.buffer, 4);
  std::printf("after a released buffer: %d %d %d %d\n", values[0], values[1], values[2], values[3]);
  Ok(clReleaseKernel(kernel));
}

void Fills(const e2e::SweepScene& scene) {
  const Sweep fill("clEnqueueFillBuffer");
  const cl_uint pattern[32] = {};
  for (const size_t bytes :
       {size_t{129}, size_t{256}, size_t{1} << 20U, size_t{1} << 30U, kHuge, kAll}) {
    fill(std::to_string(bytes).c_str(),
         clEnqueueFillBuffer(scene.session.queue, scene.buffer, pattern, bytes, 0, 256, 0, nullptr,
                             nullptr));
  }
}

void Rects(const e2e::SweepScene& scene) {
  const Sweep write("clEnqueueWriteBufferRect");
  const Sweep read("clEnqueueReadBufferRect");
  const Sweep copy("clEnqueueCopyBufferRect");
  cl_uint host[64] = {};
  const size_t zero[3] = {0, 0, 0};
  const size_t far[3] = {0, kHuge, 0};
  const size_t regions[][3] = {{kHuge, 1, 1},         {1, kHuge, 1},
                               {1, 1, kHuge},         {kAll, kAll, kAll},
                               {1 << 20, 1 << 20, 1}, {size_t{1} << 33U, size_t{1} << 33U, 4},
                               {8192, 1, 1},          {64, 64, 64}};
  int number = 0;
  for (const auto& region : regions) {
    const std::string what = "region " + std::to_string(++number);
    for (const cl_bool blocking : {CL_TRUE, CL_FALSE}) {
      write(what.c_str(),
            clEnqueueWriteBufferRect(scene.session.queue, scene.buffer, blocking, zero, zero,
                                     region, 0, 0, 0, 0, host, 0, nullptr, nullptr));
      read(what.c_str(),
           clEnqueueReadBufferRect(scene.session.queue, scene.buffer, blocking, zero, zero, region,
                                   0, 0, 0, 0, host, 0, nullptr, nullptr));
    }
    copy(what.c_str(),
         clEnqueueCopyBufferRect(scene.session.queue, scene.buffer, scene.buffer, zero, zero,
                                 region, 0, 0, 0, 0, 0, nullptr, nullptr));
  }
  const size_t small[3] = {8, 2, 1};
  write("far in the buffer",
        clEnqueueWriteBufferRect(scene.session.queue, scene.buffer, CL_TRUE, far, zero, small, 0, 0,
                                 0, 0, host, 0, nullptr, nullptr));
  write("a large pitch of the buffer",
        clEnqueueWriteBufferRect(scene.session.queue, scene.buffer, CL_TRUE, zero, zero, small,
                                 kHuge, 0, 0, 0, host, 0, nullptr, nullptr));
  write("right after all",
        clEnqueueWriteBufferRect(scene.session.queue, scene.buffer, CL_TRUE, zero, zero, small, 0,
                                 0, 0, 0, host, 0, nullptr, nullptr));
}

cl_mem MakeImage(cl_context context, cl_int* code, const cl_image_desc& desc, cl_mem_flags flags,
                 void* host) {
  const cl_image_format format = {CL_RGBA, CL_UNORM_INT8};
  return clCreateImage(context, flags, &format, &desc, host, code);
}

void ImageTransfers(const e2e::SweepScene& scene) {
  const Sweep write("clEnqueueWriteImage");
  const Sweep read("clEnqueueReadImage");
  const Sweep buffers("buffer functions on an image");
  cl_int code = CL_SUCCESS;
  cl_image_desc desc = {};
  desc.image_type = CL_MEM_OBJECT_IMAGE2D;
  desc.image_width = 16;
  desc.image_height = 16;
  cl_mem image = MakeImage(scene.session.context, &code, desc, CL_MEM_READ_WRITE, nullptr);
  Ok(code);
  cl_uint host[256] = {};
  const size_t zero[3] = {0, 0, 0};
  const size_t regions[][3] = {{kHuge, 1, 1},      {1, kHuge, 1}, {1, 1, kHuge},
                               {kAll, kAll, kAll}, {17, 1, 1},    {1 << 20, 1 << 20, 1},
                               {16, 1 << 20, 1}};
  int number = 0;
  for (const auto& region : regions) {
    const std::string what = "region " + std::to_string(++number);
    for (const cl_bool blocking : {CL_TRUE, CL_FALSE}) {
      write(what.c_str(), clEnqueueWriteImage(scene.session.queue, image, blocking, zero, region, 0,
                                              0, host, 0, nullptr, nullptr));
      read(what.c_str(), clEnqueueReadImage(scene.session.queue, image, blocking, zero, region, 0,
                                            0, host, 0, nullptr, nullptr));
    }
  }
  const size_t whole[3] = {16, 16, 1};
  for (const size_t pitch : {size_t{64}, kHuge, kAll}) {
    write("slice pitch", clEnqueueWriteImage(scene.session.queue, image, CL_TRUE, zero, whole, 0,
                                             pitch, host, 0, nullptr, nullptr));
  }
  for (const size_t size : {size_t{64}, size_t{1} << 30U, kHuge, kAll}) {
    const std::string what = std::to_string(size);
    buffers(("write " + what).c_str(), clEnqueueWriteBuffer(scene.session.queue, image, CL_TRUE, 0,
                                                            size, host, 0, nullptr, nullptr));
    buffers(("read " + what).c_str(), clEnqueueReadBuffer(scene.session.queue, image, CL_TRUE, 0,
                                                          size, host, 0, nullptr, nullptr));
    cl_int map_code = 77;
    void* mapped = clEnqueueMapBuffer(scene.session.queue, image, CL_TRUE, CL_MAP_READ, 0, size, 0,
                                      nullptr, nullptr, &map_code);
    buffers(("map " + what).c_str(), map_code);
    e2e::Expect(mapped == nullptr, "nothing is mapped");
  }
  buffers("image functions on a buffer",
          clEnqueueWriteImage(scene.session.queue, scene.buffer, CL_TRUE, zero, whole, 0, 0, host,
                              0, nullptr, nullptr));
  Ok(clReleaseMemObject(image));
}

void ImageShapes(const e2e::SweepScene& scene) {
  const Sweep make("clCreateImage");
  std::vector<unsigned char> host(1U << 20U);
  struct Shape {
    const char* what;
    cl_mem_object_type type;
    size_t width, height, depth, layers, row_pitch, slice_pitch;
  };
  const Shape shapes[] = {
      {"plain", CL_MEM_OBJECT_IMAGE2D, 16, 16, 0, 0, 0, 0},
      {"wide", CL_MEM_OBJECT_IMAGE2D, kHuge, 16, 0, 0, 0, 0},
      {"wide as can be", CL_MEM_OBJECT_IMAGE2D, kAll, kAll, 0, 0, 0, 0},
      {"wrapping to 64 bytes", CL_MEM_OBJECT_IMAGE2D, (size_t{1} << 62U) + 16, 1, 0, 0, 0, 0},
      {"no height", CL_MEM_OBJECT_IMAGE2D, 16, 0, 0, 0, 0, 0},
      {"a pitch that is too small", CL_MEM_OBJECT_IMAGE2D, 16, 16, 0, 0, 32, 0},
      {"a slice pitch where there are no slices", CL_MEM_OBJECT_IMAGE2D, 256, 256, 0, 0, 0, 8},
      {"a slice pitch that is too small", CL_MEM_OBJECT_IMAGE3D, 64, 64, 4, 0, 0, 8},
      {"many layers", CL_MEM_OBJECT_IMAGE2D_ARRAY, 16, 16, 0, kHuge, 0, 0},
      {"no layers", CL_MEM_OBJECT_IMAGE2D_ARRAY, 16, 16, 0, 0, 0, 0},
      {"deep", CL_MEM_OBJECT_IMAGE3D, 16, 16, kAll, 0, 0, 0},
      {"of no type", 0, 16, 16, 1, 1, 0, 0},
      {"a buffer's", CL_MEM_OBJECT_BUFFER, 16, 16, 1, 1, 0, 0},
  };
  for (const Shape& shape : shapes) {
    cl_image_desc desc = {};
    desc.image_type = shape.type;
    desc.image_width = shape.width;
    desc.image_height = shape.height;
    desc.image_depth = shape.depth;
    desc.image_array_size = shape.layers;
    desc.image_row_pitch = shape.row_pitch;
    desc.image_slice_pitch = shape.slice_pitch;
    for (const cl_mem_flags flags : {cl_mem_flags{CL_MEM_COPY_HOST_PTR}, cl_mem_flags{0}}) {
      cl_mem image = make.Made(shape.what, [&](cl_int* code) {
        return MakeImage(scene.session.context, code, desc, CL_MEM_READ_ONLY | flags,
                         flags == 0 ? nullptr : host.data());
      });
      if (image != nullptr) Ok(clReleaseMemObject(image));
    }
  }
}

void Buffers(const e2e::SweepScene& scene) {
  const Sweep make("clCreateBuffer");
  const Sweep part("clCreateSubBuffer");
  cl_uint host[64] = {};
  for (const size_t size : {size_t{0}, size_t{1} << 40U, kHuge, kAll}) {
    cl_mem buffer = make.Made(std::to_string(size).c_str(), [&](cl_int* code) {
      return clCreateBuffer(scene.session.context, CL_MEM_COPY_HOST_PTR, size, host, code);
    });
    if (buffer != nullptr) Ok(clReleaseMemObject(buffer));
  }
  for (const auto& [origin, size] : {std::pair{kAll, size_t{1}}, std::pair{kAll - 127, size_t{256}},
                                     std::pair{size_t{0}, kAll}, std::pair{size_t{128}, kAll}}) {
    const cl_buffer_region region = {origin, size};
    cl_mem buffer = part.Made(std::to_string(origin).c_str(), [&](cl_int* code) {
      return clCreateSubBuffer(scene.buffer, 0, CL_BUFFER_CREATE_TYPE_REGION, &region, code);
    });
    if (buffer != nullptr) Ok(clReleaseMemObject(buffer));
  }
}

}  // namespace

int main() {
  e2e::Begin();
  {
    const e2e::SweepScene scene;
    cl_program program = e2e::BuildProgram(scene.session.context, scene.session.device, kSource);
    Arguments(program);
    Launches(scene, program);
    GoneObjects(scene, program);
    Fills(scene);
    Rects(scene);
    ImageTransfers(scene);
    ImageShapes(scene);
    Buffers(scene);
    Ok(clFinish(scene.session.queue));
    Ok(clReleaseProgram(program));
  }
  return e2e::Finish();
}
