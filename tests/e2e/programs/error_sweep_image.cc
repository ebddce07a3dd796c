// SPDX-License-Identifier: Apache-2.0
// Error sweep: images and samplers.
#include "tests/e2e/programs/sweep.h"

namespace {

using e2e::Ok;
using e2e::Sweep;
using e2e::SweepInfo;
using e2e::SweepScene;

constexpr cl_image_format kFormat = {CL_RGBA, CL_UNSIGNED_INT8};
constexpr size_t kSide = 16;

cl_image_desc Desc(cl_mem_object_type type, size_t width, size_t height = kSide, size_t depth = 0) {
  cl_image_desc desc = {};
  desc.image_type = type;
  desc.image_width = width;
  desc.image_height = height;
  desc.image_depth = depth;
  return desc;
}

cl_mem MakeImage(cl_context context, cl_mem_flags flags = 0) {
  const cl_image_desc desc = Desc(CL_MEM_OBJECT_IMAGE2D, kSide);
  cl_int code = CL_SUCCESS;
  cl_mem image = clCreateImage(context, flags, &kFormat, &desc, nullptr, &code);
  Ok(code);
  return image;
}

class Creations {
 public:
  explicit Creations(cl_context context) : context_(context) {}

  void Try(const char* what, const cl_image_format* format, const cl_image_desc* desc,
           cl_mem_flags flags = 0, void* host = nullptr) const {
    cl_mem image = create_.Made(what, [&](cl_int* code) {
      return clCreateImage(context_, flags, format, desc, host, code);
    });
    if (image != nullptr) Ok(clReleaseMemObject(image));
  }

 private:
  cl_context context_;
  Sweep create_{"clCreateImage"};
};

void Create(cl_context context) {
  const Creations images(context);
  std::vector<uint8_t> host(kSide * kSide * 4);
  const cl_image_desc right = Desc(CL_MEM_OBJECT_IMAGE2D, kSide);
  const cl_image_format bad_order = {0x7777, CL_UNSIGNED_INT8};
  const cl_image_format bad_type = {CL_RGBA, 0x7777};
  const cl_image_format bad_pair = {CL_RGBA, CL_UNORM_SHORT_565};
  const cl_image_desc bad_kind = Desc(CL_MEM_OBJECT_BUFFER, kSide);
  const cl_image_desc no_width = Desc(CL_MEM_OBJECT_IMAGE2D, 0);
  const cl_image_desc no_height = Desc(CL_MEM_OBJECT_IMAGE2D, kSide, 0);
  const cl_image_desc too_wide = Desc(CL_MEM_OBJECT_IMAGE2D, 1U << 20U);
  const cl_image_desc no_depth = Desc(CL_MEM_OBJECT_IMAGE3D, kSide, kSide, 0);
  Creations(nullptr).Try("NULL context", &kFormat, &right);
  images.Try("NULL format", nullptr, &right);
  images.Try("NULL description", &kFormat, nullptr);
  images.Try("unknown order", &bad_order, &right);
  images.Try("unknown type", &bad_type, &right);
  images.Try("order and type that do not fit", &bad_pair, &right);
  images.Try("a buffer's kind", &kFormat, &bad_kind);
  images.Try("width 0", &kFormat, &no_width);
  images.Try("height 0", &kFormat, &no_height);
  images.Try("depth 0", &kFormat, &no_depth);
  images.Try("too wide", &kFormat, &too_wide);
  images.Try("read-only and write-only", &kFormat, &right, CL_MEM_READ_ONLY | CL_MEM_WRITE_ONLY);
  images.Try("unknown flag", &kFormat, &right, 1U << 20U);
  images.Try("use without a pointer", &kFormat, &right, CL_MEM_USE_HOST_PTR);
  images.Try("copy without a pointer", &kFormat, &right, CL_MEM_COPY_HOST_PTR);
  images.Try("a pointer without use or copy", &kFormat, &right, 0, host.data());
  cl_image_desc pitched = right;
  pitched.image_row_pitch = kSide * 4;
  images.Try("a pitch without a pointer", &kFormat, &pitched);
  pitched.image_row_pitch = kSide * 4 - 1;
  images.Try("a pitch below a row", &kFormat, &pitched, CL_MEM_COPY_HOST_PTR, host.data());
  pitched.image_row_pitch = kSide * 4 + 1;
  images.Try("a pitch of no whole pixels", &kFormat, &pitched, CL_MEM_COPY_HOST_PTR, host.data());
  // Left out: samples and mip levels. PoCL 3.1 ends the process ("unimplemented").
  images.Try("right", &kFormat, &right, CL_MEM_COPY_HOST_PTR, host.data());
}

void CreateOfBuffer(const SweepScene& scene) {
  const Creations images(scene.session.context);
  cl_image_desc line = Desc(CL_MEM_OBJECT_IMAGE1D_BUFFER, kSide, 0);
  images.Try("a buffer's line without a buffer", &kFormat, &line);
  line.image_width = 2048;
  line.buffer = scene.buffer;
  images.Try("a line past the buffer's end", &kFormat, &line);
}

void CreateWithProperties(cl_context context) {
  const Sweep create("clCreateImageWithProperties");
  const cl_image_desc right = Desc(CL_MEM_OBJECT_IMAGE2D, kSide);
  const cl_image_desc no_width = Desc(CL_MEM_OBJECT_IMAGE2D, 0);
  const cl_image_desc too_wide = Desc(CL_MEM_OBJECT_IMAGE2D, 1U << 20U);
  const cl_mem_properties unknown[] = {0x7777, 1, 0};
  const cl_mem_properties none[] = {0};
  const auto attempt = [&](const char* what, cl_context in, const cl_mem_properties* properties,
                           cl_mem_flags flags, const cl_image_format* format,
                           const cl_image_desc* desc) {
    cl_mem image = create.Made(what, [&](cl_int* code) {
      return clCreateImageWithProperties(in, properties, flags, format, desc, nullptr, code);
    });
    if (image != nullptr) Ok(clReleaseMemObject(image));
  };
  attempt("NULL context", nullptr, none, 0, &kFormat, &right);
  attempt("unknown property", context, unknown, 0, &kFormat, &right);
  attempt("bad flags", context, none, CL_MEM_READ_ONLY | CL_MEM_WRITE_ONLY, &kFormat, &right);
  attempt("NULL format", context, none, 0, nullptr, &right);
  attempt("NULL description", context, none, 0, &kFormat, nullptr);
  attempt("width 0", context, none, 0, &kFormat, &no_width);
  attempt("too wide", context, none, 0, &kFormat, &too_wide);
  attempt("use without a pointer", context, none, CL_MEM_USE_HOST_PTR, &kFormat, &right);
  attempt("right", context, none, 0, &kFormat, &right);
}

struct Region {
  const char* what;
  size_t origin[3];
  size_t region[3];
};

constexpr Region kRegions[] = {
    {"right", {0, 0, 0}, {kSide, kSide, 1}},
    {"past the end in x", {1, 0, 0}, {kSide, kSide, 1}},
    {"past the end in y", {0, 1, 0}, {kSide, kSide, 1}},
    {"past the end in z", {0, 0, 1}, {kSide, kSide, 1}},
    {"depth 2", {0, 0, 0}, {kSide, kSide, 2}},
    {"width 0", {0, 0, 0}, {0, kSide, 1}},
    {"height 0", {0, 0, 0}, {kSide, 0, 1}},
    {"depth 0", {0, 0, 0}, {kSide, kSide, 0}},
};

void ReadAndWrite(const SweepScene& scene) {
  const Sweep read("clEnqueueReadImage");
  const Sweep write("clEnqueueWriteImage");
  cl_command_queue queue = scene.session.queue;
  cl_mem image = MakeImage(scene.session.context);
  cl_mem foreign = MakeImage(scene.other.context);
  uint8_t host[kSide * kSide * 8] = {};
  const size_t* zero = kRegions[0].origin;
  const size_t* whole = kRegions[0].region;
  const auto attempt = [&](const char* what, cl_command_queue on, cl_mem object,
                           const size_t* origin, const size_t* region, size_t row_pitch,
                           void* data) {
    read(what, clEnqueueReadImage(on, object, CL_TRUE, origin, region, row_pitch, 0, data, 0,
                                  nullptr, nullptr));
    write(what, clEnqueueWriteImage(on, object, CL_TRUE, origin, region, row_pitch, 0, data, 0,
                                    nullptr, nullptr));
  };
  for (const Region& it : kRegions) attempt(it.what, queue, image, it.origin, it.region, 0, host);
  attempt("NULL queue", nullptr, image, zero, whole, 0, host);
  attempt("NULL image", queue, nullptr, zero, whole, 0, host);
  attempt("NULL pointer", queue, image, zero, whole, 0, nullptr);
  attempt("NULL origin", queue, image, nullptr, whole, 0, host);
  attempt("NULL region", queue, image, zero, nullptr, 0, host);
  attempt("another context", queue, foreign, zero, whole, 0, host);
  attempt("row pitch below a row", queue, image, zero, whole, kSide * 4 - 4, host);
  const size_t huge[3] = {~size_t{0}, ~size_t{0}, 1};
  attempt("a huge region", queue, image, zero, huge, 0, host);
  for (const cl_mem_flags flags :
       {CL_MEM_HOST_WRITE_ONLY, CL_MEM_HOST_READ_ONLY, CL_MEM_HOST_NO_ACCESS}) {
    cl_mem guarded = MakeImage(scene.session.context, flags);
    attempt(("host flags " + std::to_string(flags)).c_str(), queue, guarded, zero, whole, 0, host);
    Ok(clReleaseMemObject(guarded));
  }
  e2e::SweepWaitLists(read, scene, [&](cl_uint count, const cl_event* list, cl_event* event) {
    return clEnqueueReadImage(queue, image, CL_TRUE, zero, whole, 0, 0, host, count, list, event);
  });
  e2e::SweepWaitLists(write, scene, [&](cl_uint count, const cl_event* list, cl_event* event) {
    return clEnqueueWriteImage(queue, image, CL_TRUE, zero, whole, 0, 0, host, count, list, event);
  });
  for (cl_mem object : {image, foreign}) Ok(clReleaseMemObject(object));
}

void CopyAndFill(const SweepScene& scene) {
  const Sweep copy("clEnqueueCopyImage");
  const Sweep fill("clEnqueueFillImage");
  cl_command_queue queue = scene.session.queue;
  cl_mem from = MakeImage(scene.session.context);
  cl_mem to = MakeImage(scene.session.context);
  cl_mem foreign = MakeImage(scene.other.context);
  const size_t* zero = kRegions[0].origin;
  const size_t* whole = kRegions[0].region;
  const cl_uint color[4] = {1, 2, 3, 4};
  for (const Region& it : kRegions) {
    copy(it.what,
         clEnqueueCopyImage(queue, from, to, it.origin, zero, it.region, 0, nullptr, nullptr));
    fill(it.what, clEnqueueFillImage(queue, to, color, it.origin, it.region, 0, nullptr, nullptr));
  }
  copy("NULL queue", clEnqueueCopyImage(nullptr, from, to, zero, zero, whole, 0, nullptr, nullptr));
  copy("target of another context",
       clEnqueueCopyImage(queue, from, foreign, zero, zero, whole, 0, nullptr, nullptr));
  copy("onto itself",
       clEnqueueCopyImage(queue, from, from, zero, zero, whole, 0, nullptr, nullptr));
  copy("NULL source",
       clEnqueueCopyImage(queue, nullptr, to, zero, zero, whole, 0, nullptr, nullptr));
  copy("NULL target",
       clEnqueueCopyImage(queue, from, nullptr, zero, zero, whole, 0, nullptr, nullptr));
  fill("NULL queue", clEnqueueFillImage(nullptr, to, color, zero, whole, 0, nullptr, nullptr));
  fill("NULL image", clEnqueueFillImage(queue, nullptr, color, zero, whole, 0, nullptr, nullptr));
  fill("NULL color", clEnqueueFillImage(queue, to, nullptr, zero, whole, 0, nullptr, nullptr));
  fill("another context",
       clEnqueueFillImage(queue, foreign, color, zero, whole, 0, nullptr, nullptr));
  e2e::SweepWaitLists(copy, scene, [&](cl_uint count, const cl_event* list, cl_event* event) {
    return clEnqueueCopyImage(queue, from, to, zero, zero, whole, count, list, event);
  });
  e2e::SweepWaitLists(fill, scene, [&](cl_uint count, const cl_event* list, cl_event* event) {
    return clEnqueueFillImage(queue, to, color, zero, whole, count, list, event);
  });
  Ok(clFinish(queue));
  for (cl_mem object : {from, to, foreign}) Ok(clReleaseMemObject(object));
}

void Buffers(const SweepScene& scene) {
  const Sweep out("clEnqueueCopyImageToBuffer");
  const Sweep in("clEnqueueCopyBufferToImage");
  cl_command_queue queue = scene.session.queue;
  cl_mem image = MakeImage(scene.session.context);
  const size_t* zero = kRegions[0].origin;
  const auto attempt = [&](const char* what, cl_mem buffer, const Region& at, size_t offset) {
    out(what, clEnqueueCopyImageToBuffer(queue, image, buffer, at.origin, at.region, offset, 0,
                                         nullptr, nullptr));
    in(what, clEnqueueCopyBufferToImage(queue, buffer, image, offset, at.origin, at.region, 0,
                                        nullptr, nullptr));
  };
  for (const Region& it : kRegions) attempt(it.what, scene.buffer, it, 0);
  attempt("past the buffer's end", scene.buffer, kRegions[0], 4000);
  attempt("a buffer of another context", scene.foreign_buffer, kRegions[0], 0);
  e2e::SweepWaitLists(out, scene, [&](cl_uint count, const cl_event* list, cl_event* event) {
    return clEnqueueCopyImageToBuffer(queue, image, scene.buffer, zero, kRegions[0].region, 0,
                                      count, list, event);
  });
  Ok(clFinish(queue));
  Ok(clReleaseMemObject(image));
}

// A buffer where an image belongs, and the reverse. Left out: an image that is read or written as a
// buffer, which PoCL 3.1 does, and a NULL buffer to copy an image to, which it does not survive.
void Kinds(const SweepScene& scene) {
  cl_command_queue queue = scene.session.queue;
  cl_mem buffer = scene.buffer;
  cl_mem image = MakeImage(scene.session.context);
  uint8_t host[kSide * kSide * 4] = {};
  const size_t* zero = kRegions[0].origin;
  const size_t* whole = kRegions[0].region;
  Sweep("clEnqueueReadImage")("a buffer", clEnqueueReadImage(queue, buffer, CL_TRUE, zero, whole, 0,
                                                             0, host, 0, nullptr, nullptr));
  Sweep("clEnqueueWriteImage")("a buffer", clEnqueueWriteImage(queue, buffer, CL_TRUE, zero, whole,
                                                               0, 0, host, 0, nullptr, nullptr));
  Sweep("clEnqueueFillImage")(
      "a buffer", clEnqueueFillImage(queue, buffer, host, zero, whole, 0, nullptr, nullptr));
  Sweep("clEnqueueFillBuffer")(
      "an image", clEnqueueFillBuffer(queue, image, host, 4, 0, 16, 0, nullptr, nullptr));
  const Sweep rect("clEnqueueCopyBufferRect");
  rect("an image for a source", clEnqueueCopyBufferRect(queue, image, buffer, zero, zero, whole, 0,
                                                        0, 0, 0, 0, nullptr, nullptr));
  rect("an image for a target", clEnqueueCopyBufferRect(queue, buffer, image, zero, zero, whole, 0,
                                                        0, 0, 0, 0, nullptr, nullptr));
  const Sweep copy("clEnqueueCopyImage");
  copy("a buffer for a source",
       clEnqueueCopyImage(queue, buffer, image, zero, zero, whole, 0, nullptr, nullptr));
  copy("a buffer for a target",
       clEnqueueCopyImage(queue, image, buffer, zero, zero, whole, 0, nullptr, nullptr));
  const cl_image_format other_format = {CL_RGBA, CL_SIGNED_INT8};
  const cl_image_desc desc = Desc(CL_MEM_OBJECT_IMAGE2D, kSide);
  cl_int code = CL_SUCCESS;
  cl_mem other = clCreateImage(scene.session.context, 0, &other_format, &desc, nullptr, &code);
  Ok(code);
  copy("another format",
       clEnqueueCopyImage(queue, image, other, zero, zero, whole, 0, nullptr, nullptr));
  Ok(clFinish(queue));
  for (cl_mem object : {image, other}) Ok(clReleaseMemObject(object));
}

void KindsOfBoth(const SweepScene& scene) {
  cl_command_queue queue = scene.session.queue;
  cl_mem buffer = scene.buffer;
  cl_mem image = MakeImage(scene.session.context);
  const size_t* zero = kRegions[0].origin;
  const size_t* whole = kRegions[0].region;
  const auto out = [&](const char* what, cl_command_queue on, cl_mem from, cl_mem to) {
    Sweep("clEnqueueCopyImageToBuffer")(
        what, clEnqueueCopyImageToBuffer(on, from, to, zero, whole, 0, 0, nullptr, nullptr));
  };
  const auto in = [&](const char* what, cl_command_queue on, cl_mem from, cl_mem to) {
    Sweep("clEnqueueCopyBufferToImage")(
        what, clEnqueueCopyBufferToImage(on, from, to, 0, zero, whole, 0, nullptr, nullptr));
  };
  out("NULL queue", nullptr, image, buffer);
  out("NULL image", queue, nullptr, buffer);
  out("a buffer for the image", queue, buffer, buffer);
  out("an image for the buffer", queue, image, image);
  in("NULL queue", nullptr, buffer, image);
  in("NULL image", queue, buffer, nullptr);
  in("NULL buffer", queue, nullptr, image);
  in("a buffer for the image", queue, buffer, buffer);
  in("an image for the buffer", queue, image, image);
  e2e::SweepWaitLists(Sweep("clEnqueueCopyBufferToImage"), scene,
                      [&](cl_uint count, const cl_event* list, cl_event* event) {
                        return clEnqueueCopyBufferToImage(queue, buffer, image, 0, zero, whole,
                                                          count, list, event);
                      });
  Ok(clFinish(queue));
  Ok(clReleaseMemObject(image));
}

void MapFlags(const SweepScene& scene, const Sweep& map) {
  const std::pair<cl_mem_flags, cl_map_flags> cases[] = {
      {0, 0},
      {0, 1U << 10U},
      {0, CL_MAP_READ | CL_MAP_WRITE_INVALIDATE_REGION},
      {CL_MEM_HOST_WRITE_ONLY, CL_MAP_READ},
      {CL_MEM_HOST_READ_ONLY, CL_MAP_WRITE},
      {CL_MEM_HOST_READ_ONLY, CL_MAP_WRITE_INVALIDATE_REGION},
      {CL_MEM_HOST_NO_ACCESS, CL_MAP_READ},
  };
  for (const auto& [image_flags, map_flags] : cases) {
    cl_mem image = MakeImage(scene.session.context, image_flags);
    size_t pitch = 0;
    const std::string what =
        "host flags " + std::to_string(image_flags) + ", map flags " + std::to_string(map_flags);
    void* mapped = map.Made(what.c_str(), [&](cl_int* code) {
      return clEnqueueMapImage(scene.session.queue, image, CL_FALSE, map_flags, kRegions[0].origin,
                               kRegions[0].region, &pitch, nullptr, 0, nullptr, nullptr, code);
    });
    if (mapped != nullptr)
      Ok(clEnqueueUnmapMemObject(scene.session.queue, image, mapped, 0, nullptr, nullptr));
    Ok(clFinish(scene.session.queue));
    Ok(clReleaseMemObject(image));
  }
}

// An image with slices must be asked for their pitch.
void MapVolume(const SweepScene& scene, const Sweep& map) {
  const cl_image_desc desc = Desc(CL_MEM_OBJECT_IMAGE3D, kSide, kSide, 2);
  cl_int created = CL_SUCCESS;
  cl_mem image = clCreateImage(scene.session.context, 0, &kFormat, &desc, nullptr, &created);
  Ok(created);
  size_t pitch = 0;
  map.Made("NULL slice pitch", [&](cl_int* code) {
    return clEnqueueMapImage(scene.session.queue, image, CL_TRUE, CL_MAP_READ, kRegions[0].origin,
                             kRegions[0].region, &pitch, nullptr, 0, nullptr, nullptr, code);
  });
  Ok(clReleaseMemObject(image));
}

void MapImages(const SweepScene& scene) {
  const Sweep map("clEnqueueMapImage");
  cl_command_queue queue = scene.session.queue;
  cl_mem image = MakeImage(scene.session.context);
  const size_t* zero = kRegions[0].origin;
  const size_t* whole = kRegions[0].region;
  size_t pitch = 0;
  const auto attempt = [&](const char* what, cl_command_queue on, cl_mem object,
                           const size_t* origin, const size_t* region, size_t* row_pitch) {
    void* mapped = map.Made(what, [&](cl_int* code) {
      return clEnqueueMapImage(on, object, CL_TRUE, CL_MAP_READ, origin, region, row_pitch, nullptr,
                               0, nullptr, nullptr, code);
    });
    if (mapped != nullptr) Ok(clEnqueueUnmapMemObject(queue, object, mapped, 0, nullptr, nullptr));
  };
  for (const Region& it : kRegions) attempt(it.what, queue, image, it.origin, it.region, &pitch);
  attempt("NULL queue", nullptr, image, zero, whole, &pitch);
  attempt("NULL image", queue, nullptr, zero, whole, &pitch);
  attempt("NULL row pitch", queue, image, zero, whole, nullptr);
  attempt("NULL origin", queue, image, nullptr, whole, &pitch);
  attempt("NULL region", queue, image, zero, nullptr, &pitch);
  attempt("a buffer", queue, scene.buffer, zero, whole, &pitch);
  cl_mem foreign = MakeImage(scene.other.context);
  attempt("another context", queue, foreign, zero, whole, &pitch);
  Ok(clReleaseMemObject(foreign));
  const size_t huge[3] = {~size_t{0}, ~size_t{0}, 1};
  attempt("a huge region", queue, image, zero, huge, &pitch);
  MapFlags(scene, map);
  MapVolume(scene, map);
  e2e::SweepWaitLists(map, scene, [&](cl_uint count, const cl_event* list, cl_event* event) {
    cl_int code = e2e::kUntouched;
    void* mapped = clEnqueueMapImage(queue, image, CL_TRUE, CL_MAP_READ, zero, whole, &pitch,
                                     nullptr, count, list, event, &code);
    if (mapped != nullptr) Ok(clEnqueueUnmapMemObject(queue, image, mapped, 0, nullptr, nullptr));
    return code;
  });
  Ok(clFinish(queue));
  Ok(clReleaseMemObject(image));
}

void Info(const SweepScene& scene) {
  const Sweep info("clGetImageInfo");
  cl_mem image = MakeImage(scene.session.context);
  SweepInfo(
      info,
      {E2E_INFO(CL_IMAGE_WIDTH), E2E_INFO(CL_IMAGE_FORMAT), E2E_INFO(CL_IMAGE_ELEMENT_SIZE),
       E2E_INFO(CL_IMAGE_ROW_PITCH), E2E_INFO(CL_IMAGE_SLICE_PITCH), E2E_INFO(CL_IMAGE_HEIGHT),
       E2E_INFO(CL_IMAGE_DEPTH), E2E_INFO(CL_IMAGE_ARRAY_SIZE), E2E_INFO(CL_IMAGE_BUFFER),
       E2E_INFO(CL_IMAGE_NUM_MIP_LEVELS), E2E_INFO(CL_IMAGE_NUM_SAMPLES), E2E_INFO(CL_MEM_SIZE)},
      [&](cl_uint name, size_t bytes, void* value, size_t* bytes_ret) {
        return clGetImageInfo(image, name, bytes, value, bytes_ret);
      });
  Ok(clReleaseMemObject(image));
  const Sweep formats("clGetSupportedImageFormats");
  cl_image_format room[4];
  cl_uint count = 0;
  cl_context context = scene.session.context;
  formats("NULL context",
          clGetSupportedImageFormats(nullptr, 0, CL_MEM_OBJECT_IMAGE2D, 4, room, &count));
  formats("a buffer's kind",
          clGetSupportedImageFormats(context, 0, CL_MEM_OBJECT_BUFFER, 4, room, &count));
  formats("room for none",
          clGetSupportedImageFormats(context, 0, CL_MEM_OBJECT_IMAGE2D, 0, room, &count));
  formats("bad flags", clGetSupportedImageFormats(context, CL_MEM_READ_ONLY | CL_MEM_WRITE_ONLY,
                                                  CL_MEM_OBJECT_IMAGE2D, 4, room, &count));
}

void Samplers(cl_context context) {
  const Sweep create("clCreateSampler");
  const auto attempt = [&](const char* what, cl_context in, cl_bool normalized,
                           cl_addressing_mode addressing, cl_filter_mode filter) {
    cl_sampler sampler = create.Made(what, [&](cl_int* code) {
      return clCreateSampler(in, normalized, addressing, filter, code);
    });
    if (sampler != nullptr) Ok(clReleaseSampler(sampler));
  };
  attempt("NULL context", nullptr, CL_TRUE, CL_ADDRESS_CLAMP, CL_FILTER_LINEAR);
  attempt("unknown addressing", context, CL_TRUE, 0x7777, CL_FILTER_LINEAR);
  attempt("unknown filter", context, CL_TRUE, CL_ADDRESS_CLAMP, 0x7777);
  attempt("repeat without normalised coordinates", context, CL_FALSE, CL_ADDRESS_REPEAT,
          CL_FILTER_NEAREST);
  const Sweep with("clCreateSamplerWithProperties");
  const cl_sampler_properties unknown[] = {0x7777, 1, 0};
  const cl_sampler_properties bad_value[] = {CL_SAMPLER_FILTER_MODE, 0x7777, 0};
  with.Made("NULL context",
            [](cl_int* code) { return clCreateSamplerWithProperties(nullptr, nullptr, code); });
  const cl_sampler_properties twice[] = {CL_SAMPLER_FILTER_MODE, CL_FILTER_LINEAR,
                                         CL_SAMPLER_FILTER_MODE, CL_FILTER_LINEAR, 0};
  for (const auto& [what, properties] :
       {std::pair<const char*, const cl_sampler_properties*>{"unknown property", unknown},
        {"bad value", bad_value},
        {"a property twice", twice}}) {
    cl_sampler sampler = with.Made(what, [&](cl_int* code) {
      return clCreateSamplerWithProperties(context, properties, code);
    });
    if (sampler != nullptr) Ok(clReleaseSampler(sampler));
  }
  cl_int code = CL_SUCCESS;
  cl_sampler sampler = clCreateSampler(context, CL_TRUE, CL_ADDRESS_CLAMP, CL_FILTER_LINEAR, &code);
  Ok(code);
  const Sweep info("clGetSamplerInfo");
  SweepInfo(info,
            {E2E_INFO(CL_SAMPLER_REFERENCE_COUNT), E2E_INFO(CL_SAMPLER_CONTEXT),
             E2E_INFO(CL_SAMPLER_NORMALIZED_COORDS), E2E_INFO(CL_SAMPLER_ADDRESSING_MODE),
             E2E_INFO(CL_SAMPLER_FILTER_MODE), E2E_INFO(CL_SAMPLER_PROPERTIES)},
            [&](cl_uint name, size_t bytes, void* value, size_t* bytes_ret) {
              return clGetSamplerInfo(sampler, name, bytes, value, bytes_ret);
            });
  cl_uint value = 0;
  info("NULL sampler",
       clGetSamplerInfo(nullptr, CL_SAMPLER_REFERENCE_COUNT, sizeof value, &value, nullptr));
  Sweep("clRetainSampler")("NULL", clRetainSampler(nullptr));
  Sweep("clReleaseSampler")("NULL", clReleaseSampler(nullptr));
  Ok(clReleaseSampler(sampler));
}

}  // namespace

int main() {
  e2e::Begin();
  const SweepScene scene;
  Create(scene.session.context);
  CreateOfBuffer(scene);
  CreateWithProperties(scene.session.context);
  ReadAndWrite(scene);
  CopyAndFill(scene);
  Buffers(scene);
  Kinds(scene);
  KindsOfBoth(scene);
  MapImages(scene);
  Info(scene);
  Samplers(scene.session.context);
  return e2e::Finish();
}
